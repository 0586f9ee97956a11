"""How many training steps a second has the "simple convnet" of Keras' examples, against PyTorch? Batch 128, Adam."""

from benchmarks import common  # first: it makes the start fair

from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

from benchmarks.steps import BATCH, images, steady
from numink.data.digits import Part
from numink.model import initial_weights, network_of
from numink.nn.layers import Pixels
from numink.recipe import Recipe
from numink.training.trainer import Trainer
from numink.crew import Crew

LAYERS = ["conv 32 3x3", "relu", "pool 2x2", "conv 64 3x3", "relu", "pool 2x2", "flatten", "dropout 0.5", "dense 10"]
# A maximum and ReLU commute. numink finds that by itself; in PyTorch one may write it so by hand
POOL_FIRST = [LAYERS[at] for at in (0, 2, 1, 3, 5, 4, 6, 7, 8)]
STEPS, ROUNDS = 25, 3
IMAGES = STEPS * BATCH
WORKERS = THREADS = (1, 2)
LAYOUTS = ("contiguous", "channels-last")
LEAST, AIM = 1.5, 2.0
PEERS = {
    "eager": "PyTorch, float32, eager",
    "pool-first": "the same, written with ReLU after the pool",
    "compiled": "PyTorch, float32, `torch.compile`",
    "bfloat16": "PyTorch, bfloat16 (autocast)",
}


def recipe_of(layers: list[str] = LAYERS, batch_size: int = BATCH) -> Recipe:
    settings = [f"network.layers={layers}", f"train.batch_size={batch_size}", "train.epochs=100000", "train.shards=2"]
    return Recipe().with_settings(settings)


def numink_epoch(U: np.ndarray, y: np.ndarray, crew: Crew, recipe: Recipe) -> Callable[[], None]:
    """What trains an epoch on these images uint8 (n, 28, 28)."""
    part, nobody, batch_size = Part(U, y), Part(U[:0], y[:0]), int(recipe.train.batch_size)
    theta = initial_weights(recipe, Pixels(), 0)
    trainer = Trainer(network_of(recipe, Pixels()), recipe.train, part, nobody, theta, 0, crew)

    def epoch() -> None:
        order = trainer.order(trainer.state.epoch)
        for first in range(0, len(U), batch_size):
            trainer.take_step(order, first, first + batch_size)
        trainer.close_epoch()

    return epoch


def torch_epoch(X, y, layout: str, fused: bool, way: str = "eager", batch_size: int = BATCH) -> Callable[[], None]:
    """The same in PyTorch, on tensors that lie ready. `way`: eager, compiled, bfloat16 (autocast), pool-first."""
    import torch

    from benchmarks.peer import same_network

    network = same_network(recipe_of(POOL_FIRST if way == "pool-first" else LAYERS), Pixels(), 0, layout)
    optimizer = torch.optim.Adam(network.parameters(), 0.003, fused=fused)
    forward = torch.compile(network) if way == "compiled" else network
    loss = torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        order = torch.randperm(len(X))
        for first in range(0, len(X), batch_size):
            rows = order[first : first + batch_size]
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=way == "bfloat16"):
                mean_loss = loss(forward(X[rows]), y[rows])
            mean_loss.backward()
            optimizer.step()

    return epoch


def numink(workers: int) -> dict[str, float]:
    with Crew(workers) as crew:
        return steady(numink_epoch(*(array[:IMAGES] for array in images()), crew, recipe_of()), STEPS)


def torch(layout: str, threads: int, fused: bool, way: str = "eager") -> dict[str, float]:
    import torch

    from benchmarks.peer import tensor_of

    torch.set_num_threads(threads)
    U, y = (array[:IMAGES] for array in images())
    X, y = tensor_of(U, Pixels(), layout), torch.from_numpy(y).long()
    return steady(torch_epoch(X, y, layout, fused, way), STEPS)


def products(count: int, side_1: int, side_2: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The matrix products of a step with `count` images, when the convolutions give maps of these sides."""
    places_1, places_2 = count * side_1**2, count * side_2**2
    sizes = [
        (places_1, 9, 32),  # first convolution: every place's 3x3 surroundings by the 32 kernels
        (9, places_1, 32),  # its dW; its dX, of the pixels, nobody needs
        (places_2, 288, 64),  # second convolution: 3x3x32 surroundings
        (288, places_2, 64),  # its dW
        (places_2, 64, 288),  # its dX
        (count, 1600, 10),  # dense, its dW, its dX
        (1600, count, 10),
        (count, 10, 1600),
    ]
    draw = np.random.default_rng(0).random
    return [
        (draw((rows, inner), np.float32), draw((inner, columns), np.float32), np.empty((rows, columns), np.float32))
        for rows, inner, columns in sizes
    ]


def floor() -> dict[str, float]:
    """Milliseconds of a step's matrix products alone, by NumPy, in the pieces and the threads that are fastest."""
    best = {}
    with Crew(2) as crew:
        for name, sides in {"whole_ms": (26, 11), "needed_ms": (26, 10)}.items():
            taken = []
            for workers in WORKERS:
                for piece in (64, 32, 16, 8):
                    own = [products(piece, *sides) for _ in range(workers)]

                    def share(part: int, worker: int, own=own, times: int = BATCH // workers // piece) -> None:
                        for _ in range(times):
                            for A, B, C in own[part]:
                                np.matmul(A, B, out=C)

                    taken.append(1000 * seconds(lambda share=share, parts=workers: crew.share(share, parts)))
            best[name] = min(taken)
    return best


def seconds(call: Callable[[], object]) -> float:
    """The median of 25 calls, after one that does not count."""
    call()
    taken = []
    for _ in range(25):
        start = perf_counter()
        call()
        taken.append(perf_counter() - start)
    return float(np.median(taken))


JOBS: dict[str, Callable[[], dict[str, float]]] = {"floor": floor}
JOBS |= {f"numink workers={workers}": partial(numink, workers) for workers in WORKERS}
JOBS |= {
    f"eager {layout} threads={threads} {adam} Adam": partial(torch, layout, threads, adam == "fused")
    for layout in LAYOUTS
    for threads in THREADS
    for adam in ("default", "fused")
}
JOBS |= {
    f"{way} {layout} threads={threads}": partial(torch, layout, threads, True, way)
    for way in ("pool-first", "compiled", "bfloat16")
    for layout in LAYOUTS
    for threads in THREADS
}


def main() -> None:
    screened = common.once("benchmarks.convnet", [job for job in JOBS if job.split()[0] in PEERS])

    def fastest(way: str, results: dict[str, dict[str, float]]) -> list[str]:
        jobs = [job for job in results if job.startswith(way)]
        return sorted(jobs, key=lambda job: -results[job]["steps_per_second"])

    # The ratios are to eager PyTorch: the best two settings of each order of its layers are timed again
    finalists = [job for way in ("eager", "pool-first") for job in fastest(way, screened)[:2]]
    results = {job: figures for job, figures in screened.items() if job.startswith(("compiled", "bfloat16"))}
    ours = [job for job in JOBS if job.split()[0] not in PEERS]
    results |= common.in_turns("benchmarks.convnet", [*ours, *finalists], ROUNDS)
    whole_ms, needed_ms = (results["floor"][name] for name in ("whole_ms", "needed_ms"))
    best = {way: job for way in ("numink", *PEERS) for job in fastest(way, results)[:1]}
    speeds = {way: results[job]["steps_per_second"] for way, job in best.items()}
    speed, eager = speeds["numink"], speeds["eager"]
    rows = [["numink", f"{speed:.1f}", f"{1000 / speed:.1f} ms", "", best["numink"].split(" ", 1)[1]]]
    for way, name in PEERS.items():
        if way in best:
            its, setting = speeds[way], best[way].split(" ", 1)[1]
            rows.append([name, f"{its:.1f}", f"{1000 / its:.1f} ms", f"**{speed / its:.2f}**", setting])
        else:
            rows.append([name, "does not run here", "", "", ""])
    others = "; ".join(f"{job} {screened[job]['steps_per_second']:.1f}" for job in fastest("eager", screened))
    text = (
        f"numink takes **{speed / eager:.2f} times** as many steps a second as eager PyTorch with the layers in this "
        f"order (at least {LEAST}, aim {AIM}), and **{speed / speeds['pool-first']:.2f} times** as many as with ReLU "
        "written after the pool, as numink arranges it by itself.\n\n"
        f"`{', '.join(LAYERS)}`: 34,826 parameters, batch {BATCH}, Adam, images drawn at random, the same in every "
        "row. In numink's step and in PyTorch's: drawing the batch (numink's images lie in memory as uint8, PyTorch's "
        "ready as float32, in the layout that the row names), dropout, the loss, all gradients but that of the "
        "pixels, the update. In numink's alone: from uint8 to float32, how many were recognised, and the loss as a "
        "number, which PyTorch is not asked for. Both start from the same weights, and give the same probabilities, "
        f"or the benchmark stops. Each process warms up for an epoch of {STEPS} steps (`torch.compile` compiles "
        "there); the median of five more counts. Each setting of PyTorch ran once; numink, the floor, and the best "
        f"two of eager PyTorch, in either order of its layers, {ROUNDS} times in turns: their medians of these "
        "stand here.\n\n"
        + common.table(["", "steps a second", "a step", "numink to it", "best setting"], rows)
        + f"\n\nEager settings, run once: {others}. The last three rows are with fused Adam.\n\n"
        "**Share of the floor.** The matrix products of such a step by themselves (`np.matmul`, its operands ready, in "
        f"the pieces and on the one or two threads that are fastest) take {whole_ms:.1f} ms: forward, dW and dX of "
        "the second convolution with all its 11 x 11 places, forward and dW of the first, and the dense layer. That "
        f"is **{whole_ms * speed / 1000:.0%}** of numink's step, and {whole_ms * eager / 1000:.0%} of PyTorch's. A "
        "2 x 2 pool of 11 x 11 places drops the last row and the last column; numink leaves these out (100 of 121 "
        f"places). The floor of what it computes is {needed_ms:.1f} ms, "
        f"{needed_ms * speed / 1000:.0%} of its step."
    )
    common.publish("convnet", "A convolutional network: training steps", "python -m benchmarks.convnet", text)


if __name__ == "__main__" and not common.run_job(JOBS):
    main()
