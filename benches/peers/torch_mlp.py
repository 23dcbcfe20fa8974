"""One training step of 784-30-10 on a batch of 64 with PyTorch, as a user's first program has it."""
import sys

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
model = nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10))
rule = torch.optim.SGD(model.parameters(), lr=0.1)
x, target = torch.rand(64, 784), torch.arange(64) % 10
loss = nn.functional.cross_entropy(model(x), target)
loss.backward()
rule.step()
print(loss.item())
