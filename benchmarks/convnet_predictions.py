"""How many predictions a second does the "simple convnet" make, and how long does one image take, against PyTorch and
ONNX Runtime?"""

from benchmarks import common  # first: it makes the start fair

from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import steps
from benchmarks.convnet import LAYERS, LAYOUTS, THREADS, recipe_of
from benchmarks.predictions import timed

BATCH = 256
ROUNDS = 3
AIM_ONE_MS = 0.3
PEERS = {
    "eager": "PyTorch, eager",
    "frozen": "PyTorch, traced, frozen, `optimize_for_inference`",
    "compiled": "PyTorch, `torch.compile`",
    "ONNX": "ONNX Runtime",
}


FIGURES = ("per_second", "per_second_from_float", "one_ms")


def images() -> np.ndarray:
    return steps.images()[0][:BATCH]


def untrained():
    """numink's model with the weights it starts from: those of all three."""
    from numink.model import Model, initial_weights
    from numink.nn.layers import Pixels

    return Model(recipe_of(), Pixels(), initial_weights(recipe_of(), Pixels(), 0))


def figures(call: Callable, float_call: Callable | None, many, one, ready=None) -> dict[str, float]:
    """Images a second from uint8 and from float32 that lies ready, and milliseconds of one image."""
    result = {"per_second": BATCH / timed(lambda: call(many), 5), "one_ms": 1000 * timed(lambda: call(one), 100)}
    if float_call is not None:
        result["per_second_from_float"] = BATCH / timed(lambda: float_call(ready), 5)
    return result


def numink() -> dict[str, float]:
    model = untrained()
    return figures(model.probabilities, None, images(), images()[:1])


def torch(way: str, layout: str, threads: int) -> dict[str, float]:
    import torch

    from benchmarks.peer import same_network, tensor_of
    from numink.nn.layers import Pixels

    torch.set_num_threads(threads)
    network = torch.nn.Sequential(same_network(recipe_of(), Pixels(), 0, layout), torch.nn.Softmax(1)).eval()
    many, ready = torch.from_numpy(images()), tensor_of(images(), Pixels(), layout)

    def from_uint8(U: torch.Tensor) -> torch.Tensor:
        return network(U.unsqueeze(1).float().mul_(1 / 255))

    with torch.inference_mode():
        expected = network(ready)
        if way == "frozen":
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, ready)))
        calls = [from_uint8, network]
        if way == "compiled":
            calls = [torch.compile(call) for call in calls]
        torch.testing.assert_close(calls[0](many), expected, atol=1e-4, rtol=0)
        return figures(*calls, many, many[:1], ready)


def onnx_runtime(threads: int) -> dict[str, float]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    model, U = untrained(), images()
    X = U[:, None].astype(np.float32) / 255
    sessions = {
        name: onnxruntime.InferenceSession(onnx_graph(model, name), options, providers=["CPUExecutionProvider"])
        for name in ("uint8", "float")
    }
    from_uint8, from_float = (
        lambda images, s=session: s.run(None, {"images": images})[0] for session in sessions.values()
    )
    if not all(np.allclose(model.probabilities(U), given, atol=1e-4) for given in (from_uint8(U), from_float(X))):
        raise SystemExit("ONNX Runtime's network is not the same as numink's")
    return figures(from_uint8, from_float, U, U[:1], X)


def onnx_graph(model, pixels: str) -> bytes:
    """LAYERS with this model's weights as an ONNX file, from images uint8 (n, 28, 28) or float (n, 1, 28, 28)."""
    from onnx import TensorProto, checker, helper, numpy_helper

    first, second, dense = (views for views in model.network.layout.views(model.theta) if vars(views))
    arrays = {
        "W1": first.W.transpose(3, 2, 0, 1),  # ONNX: (maps, channels, height, width)
        "b1": first.b,
        "W2": second.W.transpose(3, 2, 0, 1),
        "b2": second.b,
        "W3": dense.W.reshape(5, 5, 64, 10).transpose(2, 0, 1, 3).reshape(1600, 10),  # rows channel by channel
        "b3": dense.b,
        "scale": np.float32(1 / 255),
        "shape": np.array([-1, 1, 28, 28]),
    }
    nodes = [
        ("Conv", ["X", "W1", "b1"], "Z1", {}),
        ("Relu", ["Z1"], "A1", {}),
        ("MaxPool", ["A1"], "P1", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Conv", ["P1", "W2", "b2"], "Z2", {}),
        ("Relu", ["Z2"], "A2", {}),
        ("MaxPool", ["A2"], "P2", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Flatten", ["P2"], "rows", {}),
        ("Gemm", ["rows", "W3", "b3"], "Z3", {}),
        ("Softmax", ["Z3"], "P", {"axis": 1}),
    ]
    if pixels == "uint8":
        nodes[:0] = [
            ("Reshape", ["images", "shape"], "U", {}),
            ("Cast", ["U"], "raw", {"to": TensorProto.FLOAT}),
            ("Mul", ["raw", "scale"], "X", {}),
        ]
        comes = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 28, 28])
    else:
        nodes[0][1][0] = "images"
        comes = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 1, 28, 28])
    used = {name for _, inputs, _, _ in nodes for name in inputs}
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **options) for kind, inputs, output, options in nodes],
        "convnet",
        [comes],
        [helper.make_tensor_value_info("P", TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items() if name in used],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(made)
    return made.SerializeToString()


JOBS: dict[str, Callable[[], dict[str, float]]] = {"numink": numink}
JOBS |= {
    f"{way} {layout} threads={threads}": partial(torch, way, layout, threads)
    for way in ("eager", "frozen", "compiled")
    for layout in LAYOUTS
    for threads in THREADS
}
JOBS |= {f"ONNX threads={threads}": partial(onnx_runtime, threads) for threads in THREADS}


def best(way: str, figure: str, results: dict[str, dict[str, float]]) -> str:
    """The job of this way with the best figure; "" where there is none."""
    jobs = [job for job in results if job.startswith(way)]
    if figure == "one_ms":
        return min(jobs, key=lambda job: results[job][figure], default="")
    return max(jobs, key=lambda job: results[job][figure], default="")


def main() -> None:
    always = ("numink", "ONNX")
    screened = common.once("benchmarks.convnet_predictions", [job for job in JOBS if not job.startswith(always)])
    # Of eager and frozen PyTorch, the settings that are best in one of the figures are timed again
    finalists = {best(way, figure, screened) for way in ("eager", "frozen") for figure in FIGURES}
    again = [job for job in JOBS if job in finalists or job.startswith(always)]
    results = {job: figures for job, figures in screened.items() if job.startswith("compiled")}
    results |= common.in_turns("benchmarks.convnet_predictions", again, ROUNDS)
    ours = results["numink"]
    rows = [["numink", f"{ours['per_second']:,.0f}", "", f"{ours['one_ms']:.2f} ms ({AIM_ONE_MS})", ""]]
    for way, name in PEERS.items():
        job, float_job, one_job = (best(way, figure, results) for figure in FIGURES)
        if not job:
            rows.append([name, "does not run here", "", "", ""])
            continue
        per_second, from_float = results[job]["per_second"], results[float_job]["per_second_from_float"]
        one_ms = results[one_job]["one_ms"]
        cells = [
            f"{per_second:,.0f}, **{ours['per_second'] / per_second:.2f}**",
            f"{from_float:,.0f}, {ours['per_second'] / from_float:.2f}",
            f"{one_ms:.2f} ms, {one_ms / ours['one_ms']:.2f}",
        ]
        rows.append([name, *cells, ", one image ".join(chosen.split(" ", 1)[1] for chosen in (job, one_job))])
    header = [
        "",
        f"images a second, batches of {BATCH}; numink to it (aim 1)",
        "its images float32 beforehand; numink to it",
        "one image (aim); how many times as fast numink is",
        "best setting",
    ]
    text = (
        f"`{', '.join(LAYERS)}`, from uint8 images to probabilities; numink by `model.probabilities`, checks of its "
        f"input included. For {BATCH} images it gathers, in each call, a crew of as many threads as there are "
        "processors, each with a BLAS of one thread; for one image it leaves BLAS the threads that it has by itself. "
        "PyTorch (inference mode) and ONNX Runtime in the best of their settings for each figure: 1 and 2 threads, "
        "PyTorch contiguous and channels-last; `torch.compile` compiles uint8 to float32 too. All have the same "
        "weights and give the same probabilities, or they do not run. Where theirs are float32 beforehand, numink is "
        "still measured from uint8. Medians of nine series after a first call; each setting of PyTorch ran once, and "
        "numink, ONNX Runtime and the best settings of eager and frozen PyTorch "
        f"{ROUNDS} times in turns: their medians of these stand here.\n\n" + common.table(header, rows)
    )
    command = "python -m benchmarks.convnet_predictions"
    common.publish("convnet_predictions", "A convolutional network: predictions", command, text)


if __name__ == "__main__" and not common.run_job(JOBS):
    main()
