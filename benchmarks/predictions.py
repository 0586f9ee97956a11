"""How many predictions a second, and how long does one image take, against PyTorch? 784-128-10."""

from benchmarks import common  # first: it makes the start fair

from collections.abc import Callable
from time import perf_counter

import numpy as np

BATCH = 1000


def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (BATCH, 28, 28), dtype=np.uint8)


def timed(call: Callable[[], object], times: int) -> float:
    """Seconds a call: the median of nine series."""
    call()
    series = []
    for _ in range(9):
        start = perf_counter()
        for _ in range(times):
            call()
        series.append((perf_counter() - start) / times)
    return float(np.median(series))


def numink() -> dict[str, float]:
    from numink.model import Model
    from numink.nn.layers import Pixels
    from numink.recipe import Recipe
    from numink.run import initial_weights

    recipe = Recipe()
    model = Model(recipe, Pixels(), initial_weights(recipe, Pixels(), 0))
    many, one = images(), images()[:1]
    return {
        "per_second": BATCH / timed(lambda: model.probabilities(many), 50),
        "one_us": 1e6 * timed(lambda: model.probabilities(one), 1000),
    }


def torch(threads: int) -> dict[str, float]:
    import torch

    torch.set_num_threads(threads)
    network = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)).eval()
    many, one = torch.from_numpy(images()), torch.from_numpy(images()[:1])
    ready = many.reshape(-1, 784).float() / 255

    def probabilities(U: torch.Tensor) -> torch.Tensor:
        return torch.softmax(network(U.reshape(-1, 784).float() / 255), 1)

    with torch.inference_mode():
        return {
            "per_second": BATCH / timed(lambda: probabilities(many), 50),
            "per_second_from_float": BATCH / timed(lambda: torch.softmax(network(ready), 1), 50),
            "one_us": 1e6 * timed(lambda: probabilities(one), 1000),
        }


JOBS = {"numink": numink, "torch threads=1": lambda: torch(1), "torch threads=2": lambda: torch(2)}


def main() -> None:
    results = common.in_turns("benchmarks.predictions", list(JOBS))
    ours = results.pop("numink")
    theirs = {key: max(figures[key] for figures in results.values()) for key in ("per_second", "per_second_from_float")}
    theirs["one_us"] = min(figures["one_us"] for figures in results.values())
    rows = [
        ["numink", f"{ours['per_second']:,.0f}", f"{ours['one_us']:.0f} µs (50)"],
        ["PyTorch", f"{theirs['per_second']:,.0f}", f"{theirs['one_us']:.0f} µs"],
        ["PyTorch, its images float32 beforehand", f"{theirs['per_second_from_float']:,.0f}", ""],
        ["numink to PyTorch (aim)", f"**{ours['per_second'] / theirs['per_second']:.2f}** (1)", ""],
    ]
    text = "784-128-10, from uint8 images to probabilities; PyTorch the better of 1 and 2 threads.\n\n" + common.table(
        ["", "images a second, batches of 1000", "one image (aim)"], rows
    )
    common.publish("predictions", "Predictions", "python -m benchmarks.predictions", text)


if __name__ == "__main__" and not common.run_job(JOBS):
    main()
