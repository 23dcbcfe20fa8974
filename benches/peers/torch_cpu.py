"""PyTorch on the CPU, asked by `cargo xtask bench cpu` for the time of the shapes that it measures itself.

`pip install torch`. Arguments: seconds of a round, threads, `processor` to count
the processor's time instead of the clock's, `compile` to try that too. What can be done in
several ways (memory formats, kinds of optimiser) is measured in the fastest.
"""
import os
import sys

THREADS = sys.argv[2] if len(sys.argv) > 2 else "1"
COMPILE = "compile" in sys.argv
os.environ.setdefault("OMP_NUM_THREADS", THREADS)

from asked import answer_all, say

try:
    import torch
    from torch import nn
    from torch.nn import functional
    from torch_networks import cnn, resnet18
except ImportError:
    say({"missing": "PyTorch is not installed"})
    raise SystemExit

torch.set_num_threads(int(THREADS))
FORMATS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}


def normal(*shape):
    return torch.randn(*shape)


def matmul(request):
    m, n, k = request["m"], request["n"], request["k"]
    a, b, out = normal(m, k), normal(k, n), torch.empty(m, n)
    return {"": lambda: torch.mm(a, b, out=out), "fresh result": lambda: a @ b}


def function(request):
    a, b = normal(request["count"]), normal(request["count"])
    positive = a.abs()
    return {"": {
        "add": lambda: a + b,
        "relu": lambda: torch.relu(a),
        "sigmoid": lambda: torch.sigmoid(a),
        "exp": lambda: torch.exp(a),
        "tanh": lambda: torch.tanh(a),
        "log": lambda: torch.log(positive),
    }[request["what"]]}


def matrix(request):
    x, row = normal(request["rows"], request["columns"]), normal(request["columns"])
    return {"": {
        "add a row": lambda: x + row,
        "add the transpose": lambda: x + x.t(),
        "sum of rows": lambda: x.sum(1),
        "sum of columns": lambda: x.sum(0),
        "sum of all": lambda: x.sum(),
        "softmax": lambda: torch.softmax(x, 1),
    }[request["what"]]}


def batch_norm(request):
    channels = request["shape"][1]
    weight, bias = normal(channels), normal(channels)

    def way(memory_format):
        x = normal(*request["shape"]).to(memory_format=memory_format)
        return lambda: torch.ops.aten.native_batch_norm(x, weight, bias, None, None, True, 0.1, 1e-5)

    return {name: way(memory_format) for name, memory_format in FORMATS.items()}


def conv(request):
    batch, channels, plane, out = (request[key] for key in ("batch", "channels", "plane", "out"))
    kernel, stride, direction = request["kernel"], request["stride"], request["direction"]
    padding = kernel // 2

    def way(memory_format):
        x = normal(batch, channels, plane, plane).to(memory_format=memory_format)
        weight = normal(out, channels, kernel, kernel).to(memory_format=memory_format)
        y = functional.conv2d(x, weight, None, stride, padding)
        gradient = torch.randn_like(y)
        if direction == "forward":
            return lambda: functional.conv2d(x, weight, None, stride, padding)
        of_input = direction == "input gradient"
        return lambda: torch.ops.aten.convolution_backward(
            gradient, x, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1,
            [of_input, not of_input, False],
        )

    return {name: way(memory_format) for name, memory_format in FORMATS.items()}


def mlp(_, classes):
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, classes))


def simple(*_):
    return nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 1))


def resnet18_in_place(channels, classes):
    return resnet18(channels, classes, inplace=True)


MODELS = {"simple": simple, "mlp": mlp, "cnn": cnn, "resnet18": resnet18_in_place}
IMAGES = ("cnn", "resnet18")


def network(request):
    """Ways by optimiser for the networks of flat inputs, by memory format for those of images; or one by name."""
    formats = FORMATS if request["network"] in IMAGES else {"": torch.contiguous_format}
    optimizers = ("fused",) if request["network"] in IMAGES else ("by hand", "fused")
    if not request["training"]:
        optimizers = ("",)
    ways = {}
    for compiled in (False, True) if COMPILE else (False,):
        for memory_format in formats:
            for optimizer in optimizers:
                words = (memory_format, optimizer, "compiled" if compiled else "")
                name = ", ".join(word for word in words if word)
                if request.get("way", name) == name:
                    ways[name] = one_way(request, formats[memory_format], optimizer, compiled)
    return ways


def network_in_bf16(request):
    """In mixed precision, or with parameters of bf16."""
    channels, size, batch, classes = (request[key] for key in ("channels", "size", "batch", "classes"))
    ways = {}
    for name, memory_format in FORMATS.items():
        for narrow in (False, True):
            model = MODELS[request["network"]](channels, classes).to(memory_format=memory_format).eval()
            x = normal(batch, channels, size, size).to(memory_format=memory_format)
            if narrow:
                model, x = model.bfloat16(), x.bfloat16()
            way = f"{name}, {'parameters too' if narrow else 'mixed'}"
            if request.get("way", way) == way:
                ways[way] = looking_in_bf16(model, x, narrow)
    return ways


def looking_in_bf16(model, x, narrow):
    @torch.no_grad()
    def look():
        with torch.autocast("cpu", torch.bfloat16, enabled=not narrow):
            model(x)

    return look


def distance(predictions, sides):
    predictions = predictions.sigmoid()
    return torch.where(sides == 1, 1 - predictions, predictions).mean()


def one_way(request, memory_format, optimizer, compiled):
    channels, size, batch, classes = (request[key] for key in ("channels", "size", "batch", "classes"))
    model = MODELS[request["network"]](channels, classes).to(memory_format=memory_format)
    x = normal(batch, channels, size, size).to(memory_format=memory_format)
    if request["network"] not in IMAGES:
        x = x.flatten(1)
    model.train(request["training"])
    run = torch.compile(model, dynamic=False) if compiled else model
    if not request["training"]:
        return torch.no_grad()(lambda: run(x))
    if request["network"] == "simple":
        loss, target = distance, torch.arange(batch).unsqueeze(1) % 2
    else:
        loss, target = functional.cross_entropy, torch.arange(batch) % classes
    parameters = list(model.parameters())
    if optimizer == "by hand":
        return lambda: by_hand(loss(run(x), target), parameters)
    rule = torch.optim.SGD(parameters, lr=0.01, momentum=request["momentum"], fused=True)

    def step():
        rule.zero_grad()
        loss(run(x), target).backward()
        rule.step()

    return step


def by_hand(loss, parameters):
    loss.backward()
    with torch.no_grad():
        for parameter in parameters:
            parameter.sub_(parameter.grad, alpha=0.01)
            parameter.grad = None


KINDS = {
    "matmul": matmul, "function": function, "matrix": matrix, "batch_norm": batch_norm, "conv": conv,
    "network": network, "network in bf16": network_in_bf16,
}


def repeated(once):
    def run(times):
        for _ in range(times):
            once()

    return run


def make(request):
    ways = KINDS[request["kind"]](request)
    return {way: repeated(once) for way, once in ways.items()}


answer_all(f"PyTorch {torch.__version__} on {THREADS} threads", make)
