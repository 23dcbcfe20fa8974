"""ONNX Runtime or OpenVINO on the CPU, asked by `cargo xtask bench cpu` for the time of the networks that it looks
through itself.

`pip install torch onnx onnxruntime openvino`. Arguments: seconds of a round, threads, `processor` to count the
processor's time instead of the clock's, and last the engine's name. Networks come from PyTorch, with fresh weights.
"""
import io
import sys

from asked import answer_all, say

THREADS = int(sys.argv[2])
ENGINE = sys.argv[-1]

try:
    import torch
    from torch_networks import cnn, resnet18

    if ENGINE == "openvino":
        import openvino
    else:
        import onnxruntime
except ImportError as why:
    say({"missing": f"{ENGINE}: {why}"})
    raise SystemExit

MODELS = {"cnn": cnn, "resnet18": resnet18}


def exported(request):
    """The network as ONNX, and images."""
    channels, size, batch, classes = (request[key] for key in ("channels", "size", "batch", "classes"))
    model = MODELS[request["network"]](channels, classes).eval()
    x = torch.randn(batch, channels, size, size)
    written = io.BytesIO()
    torch.onnx.export(model, x, written, dynamo=False, opset_version=17)
    return written.getvalue(), x.numpy()


def of_onnxruntime(request, narrow):
    if narrow:
        raise KeyError("no bf16 on the CPU")
    model, x = exported(request)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: x})


def of_openvino(request, narrow):
    model, x = exported(request)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(io.BytesIO(model)), "CPU", {
        "INFERENCE_NUM_THREADS": THREADS, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "bf16" if narrow else "f32",
    })
    inference = compiled.create_infer_request()
    return lambda: inference.infer({0: x})


def make(request):
    narrow = request["kind"] == "network in bf16"
    if not narrow and request["kind"] != "network" or request["training"]:
        raise KeyError("only inference of networks")
    once = {"openvino": of_openvino, "onnxruntime": of_onnxruntime}[ENGINE](request, narrow)

    def run(times):
        for _ in range(times):
            once()

    return {"": run}


NAMES = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}
version = openvino.__version__.split("-")[0] if ENGINE == "openvino" else onnxruntime.__version__
answer_all(f"{NAMES[ENGINE]} {version} on {THREADS} threads", make)
