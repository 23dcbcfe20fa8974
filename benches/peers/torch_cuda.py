"""PyTorch on the GPU, asked by `cargo xtask bench gpu` for the time of the shapes that it measures itself.

`pip install torch`. Single precision is single precision: no TF32.
"""
from asked import answer_all, say

try:
    import torch
    from torch import nn
    from torch.nn import functional
    from torch_networks import cnn, resnet18
except ImportError:
    say({"missing": "PyTorch is not installed"})
    raise SystemExit
if not torch.cuda.is_available():
    say({"missing": "PyTorch finds no GPU"})
    raise SystemExit

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True
GPU = torch.device("cuda")
DTYPES = {"f32": torch.float32, "f16": torch.float16}


def normal(*shape, dtype="f32"):
    return torch.randn(*shape, device=GPU).to(DTYPES[dtype])


def matmul(request):
    n, dtype = request["n"], request["dtype"]
    a, b = normal(n, n, dtype=dtype), normal(n, n, dtype=dtype)
    return lambda: a @ b


def conv(request):
    batch, channels, plane, out = (request[key] for key in ("batch", "channels", "plane", "out"))
    kernel, stride, dtype = request["kernel"], request["stride"], request["dtype"]
    padding = kernel // 2
    x = normal(batch, channels, plane, plane, dtype=dtype)
    weight = normal(out, channels, kernel, kernel, dtype=dtype)
    y = functional.conv2d(x, weight, None, stride, padding)
    gradient = torch.randn_like(y)
    if request["direction"] == "forward":
        return lambda: functional.conv2d(x, weight, None, stride, padding)
    of_input = request["direction"] == "input gradient"
    backward = torch.ops.aten.convolution_backward
    return lambda: backward(
        gradient, x, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1,
        [of_input, not of_input, False],
    )


def elementwise(request):
    rows, dtype = request["rows"], request["dtype"]
    a, b, row = normal(rows, rows, dtype=dtype), normal(rows, rows, dtype=dtype), normal(rows, dtype=dtype)
    return {
        "add": lambda: a + b,
        "add row": lambda: a + row,
        "add transposed": lambda: a + b.t(),
        "relu": lambda: torch.relu(a),
        "gelu": lambda: functional.gelu(a),
        "copy transposed": lambda: a.t().contiguous(),
    }[request["what"]]


def total(request):
    x = normal(request["rows"], request["rows"])
    dims = {"all": (0, 1), "rows": (1,), "columns": (0,)}[request["over"]]
    return lambda: x.sum(dims)


def batch_norm(request):
    x, gradient = normal(*request["shape"]), normal(*request["shape"])
    channels = request["shape"][1]
    weight, bias = normal(channels), normal(channels)
    forward = lambda: torch.ops.aten.native_batch_norm(x, weight, bias, None, None, True, 0.1, 1e-5)
    if request["what"] == "training":
        return forward
    _, mean, invstd = forward()
    backward = torch.ops.aten.native_batch_norm_backward
    return lambda: backward(gradient, x, weight, None, None, mean, invstd, True, 1e-5, [True] * 3)


def mlp(_, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, classes))


def network(request):
    channels, size, batch = request["channels"], request["size"], request["batch"]
    model = {"mlp": mlp, "cnn": cnn, "resnet18": resnet18}[request["network"]](channels, request["classes"]).to(GPU)
    x = normal(batch, channels, size, size)
    if not request["training"]:
        model.eval()
        return torch.no_grad()(lambda: model(x))
    target = torch.arange(batch, device=GPU) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        functional.cross_entropy(model(x), target).backward()
        optimizer.step()

    return step


KINDS = {
    "matmul": matmul, "conv": conv, "elementwise": elementwise, "sum": total, "batch_norm": batch_norm,
    "network": network,
}


def make(request):
    once = KINDS[request["kind"]](request)

    def run(times):
        for _ in range(times):
            once()
        torch.cuda.synchronize()

    return run


answer_all(f"PyTorch {torch.__version__} on {torch.cuda.get_device_name(0)}", make)
