"""ncnn on Vulkan in single precision, asked by `cargo xtask bench gpu` for the time of a matrix product and
of a convolution, data there and back included. `pip install ncnn numpy`.
"""
import struct
import tempfile
from pathlib import Path

from asked import answer_all, say

try:
    import ncnn
    import numpy as np
except ImportError:
    say({"missing": "ncnn is not installed"})
    raise SystemExit
if ncnn.get_gpu_count() == 0:
    say({"missing": "ncnn finds no Vulkan device"})
    raise SystemExit

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def network(layers, weights=b""):
    """A network of these lines, in nothing but single precision."""
    net = ncnn.Net()
    net.opt.use_vulkan_compute = True
    for option in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage", "int8_inference"):
        setattr(net.opt, f"use_{option}", False)
    blobs = len({word for line in layers for word in line.split()[4:] if "=" not in word})
    with tempfile.TemporaryDirectory() as folder:
        param, model = Path(folder, "net.param"), Path(folder, "net.bin")
        param.write_text("\n".join(["7767517", f"{len(layers)} {blobs}", *layers, ""]))
        model.write_bytes(weights)
        if net.load_param(str(param)) != 0 or net.load_model(str(model)) != 0:
            raise RuntimeError("ncnn does not take the network")
    return net


def matmul(request):
    n = request["n"]
    layers = [f"Input a 0 1 a 0={n} 1={n}", f"Input b 0 1 b 0={n} 1={n}", "Gemm product 2 1 a b y 2=0 3=0"]
    inputs = {"a": normal(n, n), "b": normal(n, n)}
    return network(layers), inputs, inputs["a"] @ inputs["b"]


def conv(request):
    channels, plane = request["channels"], request["plane"]
    weight = normal(channels, channels, 3, 3)
    layers = [
        f"Input a 0 1 a 0={plane} 1={plane} 2={channels}",
        f"Convolution conv 1 1 a y 0={channels} 1=3 3=1 4=1 5=0 6={weight.size}",
    ]
    return network(layers, struct.pack("<I", 0) + weight.tobytes()), {"a": normal(channels, plane, plane)}, None


def make(request):
    net, inputs, right = {"matmul": matmul, "conv": conv}[request["kind"]](request)
    inputs = {name: ncnn.Mat(value).clone() for name, value in inputs.items()}

    def once():
        extractor = net.create_extractor()
        for name, value in inputs.items():
            extractor.input(name, value)
        return extractor.extract("y")[1]

    if right is not None and np.abs(np.array(once()) - right).max() > 1e-2:
        raise RuntimeError("ncnn's product is wrong")

    def run(times):
        for _ in range(times):
            once()

    return run


answer_all(f"ncnn {ncnn.__version__} on {ncnn.get_gpu_info(0).device_name()}", make)
