"""What does each idea of docs/speed.md bring? It is left out, and the step of the "simple convnet" timed again.

The ways that are compared take turns in one process, each thread with one BLAS thread. A way that arranges the network
anew must first give the gradient that its plain layers give. Names of sections as arguments renew these alone.
"""

from benchmarks import common  # first: it makes the start fair

import sys
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from math import floor, log10, prod
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.convnet import products, recipe_of
from benchmarks.steps import BATCH, images
from benchmarks.stopwatch import table_of_parts
from benchmarks.variants import (
    Copy,
    Plan,
    by_gather,
    by_scatter,
    channels_first,
    each_conv,
    gradient_of_images,
    one_by_one,
    pool_then_relu,
)
from numink.data.digits import Part
from numink.model import initial_weights, network_of
from numink.nn import conv
from numink.nn.conv import FastConv
from numink.nn.layers import Layer, Pixels
from numink.nn.maps import Conv2d
from numink.nn.network import Gradient, Network
from numink.nn.params import Array, Views
from numink.nn.plan import plan
from numink.nn.work import Work
from numink.optim.update import Updater
from numink.training.trainer import Trainer
from numink.crew import Crew

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
ROUNDS, CALLS = 5, 6
IMAGES = 60_000
SECOND = Conv2d(32, 64, (3, 3))  # the second convolution, for which 13 x 13 maps of 32 channels come in
CREWS = ("a step, one thread", "a step, two threads")
MEMORY = ("memory of a worker",)
ONE_SHARD = ("64 images, one thread",)


@dataclass(frozen=True)
class Arranged(Network):
    """The same network, run by another plan, in pieces of another size."""

    arrange: Plan = plan
    of_images: int = 0

    @cached_property
    def plan(self) -> tuple[Layer, ...]:
        """The layers that are run."""
        return tuple(self.arrange(self.layers))

    @cached_property
    def piece(self) -> int:
        """How many images are worked on at once."""
        return self.of_images or super().piece


@dataclass
class Way:
    """One of the ways that are compared: what to time, a call for each column, and within what circumstances."""

    name: str
    calls: Sequence[Callable[[], object]]
    within: Callable[[], AbstractContextManager[Any]] = nullcontext
    more: tuple[str, ...] = ()


def timed(ways: Sequence[Way]) -> Array:
    """The median milliseconds of each way (rows) and each of its calls (columns)."""
    columns = range(len(ways[0].calls))
    seconds: dict[tuple[int, int], list[float]] = {(row, column): [] for row in range(len(ways)) for column in columns}
    for _ in range(ROUNDS):
        for (row, column), taken in seconds.items():
            call = ways[row].calls[column]
            with ways[row].within():
                call()  # its own numbers come into the cache
                for _ in range(CALLS):
                    start = perf_counter()
                    call()
                    taken.append(perf_counter() - start)
    return 1000 * np.array([np.median(taken) for taken in seconds.values()]).reshape(len(ways), -1)


def shown(ms: float) -> str:
    """Milliseconds with three digits that count.

    >>> shown(1234.5), shown(18.04), shown(0.0431)
    ('1234 ms', '18.0 ms', '0.0431 ms')
    """
    return f"{ms:.{max(0, 2 - floor(log10(ms)))}f} ms"


def table_of(ways: Sequence[Way], what: Sequence[str] = CREWS, more: tuple[str, ...] = ()) -> str:
    """Time them: a table whose first line is numink's way, with ratios to that line."""
    first, *others = zip(ways, timed(ways), strict=True)
    rows = [[first[0].name, *map(shown, first[1]), *first[0].more]]
    for way, line in others:
        ratios = [f"{shown(ms)}, **{ms / numink:.2f}**" for ms, numink in zip(line, first[1], strict=True)]
        rows.append([way.name, *ratios, *way.more])
    return common.table(["", *what, *more], rows)


class Steps:
    """Training steps of the network, in any arrangement."""

    def __init__(self, crews: Sequence[Crew]) -> None:
        self.crews = crews
        self.part = Part(*images())

    def network(self, arrange: Plan = plan, piece: int = 0) -> Arranged:
        """The network, run by this plan, in pieces of this size (numink's own, where it is 0)."""
        plain = network_of(recipe_of(), Pixels())
        return Arranged(plain.layers, plain.loss, plain.in_shape, plain.dtype, arrange, piece)

    def step(
        self, crew: Crew, arrange: Plan = plan, piece: int = 0, shards: int = 2, batch: int = BATCH
    ) -> Callable[[], None]:
        """What takes one step: draws the batch, computes the shards' gradients, lets Adam update."""
        recipe = recipe_of(batch_size=batch).with_settings([f"train.shards={shards}"])
        nobody, theta = Part(self.part.images[:0], self.part.labels[:0]), initial_weights(recipe, Pixels(), 0)
        trainer = Trainer(self.network(arrange, piece), recipe.train, self.part, nobody, theta, 0, crew)
        order = trainer.order(0)

        def step() -> None:
            trainer.state.step = 0
            trainer.take_step(order, 0, batch)

        return step

    def on_each(self, *arguments: Any, **keywords: Any) -> list[Callable[[], None]]:
        """Such a step on one thread, and on two."""
        return [self.step(crew, *arguments, **keywords) for crew in self.crews]

    def gradient(self, arrange: Plan = plan, piece: int = 0, count: int = BATCH) -> tuple[Array, float]:
        """The gradient of some images, and the MB of scratch memory that the worker holds afterwards."""
        network = self.network(arrange, piece)
        theta, biases = initial_weights(recipe_of(), Pixels(), 0), slice(network.layout.weights, None)
        # They start at 0, where none would be missed
        theta[biases] = np.random.default_rng(0).normal(0, 0.1, theta[biases].shape)
        gradient, p = Gradient(network), network.layout.views(theta)
        tracemalloc.start()
        worker = network.worker()
        worker.gradient(self.part.images, self.part.labels, slice(0, count), count, p, (0, 0, 0, 0), gradient)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return gradient.vector, held / 2**20

    def ways(self, arrangements: dict[str, Plan]) -> list[Way]:
        """Each of these plans, once it is clear that it computes what the plain layers compute."""
        right, _ = self.gradient(list)
        ways = []
        for name, arrange in arrangements.items():
            gradient, memory_mb = self.gradient(arrange)
            error = np.abs(gradient - right).max() / np.abs(right).max()
            if error > 1e-5:
                raise SystemExit(f"{name}: the gradient is not that of the plain layers, but differs by {error:.1e}")
            ways.append(Way(name, self.on_each(arrange), more=(f"{memory_mb:.1f} MB",)))
        return ways


def idea_plan(steps: Steps) -> str:
    return table_of(steps.ways({"numink's plan": plan, "the layers as they are read": list}), more=MEMORY)


def second_input() -> Array:
    return np.random.default_rng(0).random((BATCH // 2, 13, 13, 32), np.float32)


def second_kernel() -> Views:
    draw = np.random.default_rng(1).random
    return Views(W=draw((3, 3, 32, 64), np.float32), b=np.zeros(64, np.float32))


def second_forward(layer: Layer) -> Callable[[], Array]:
    """The second convolution's forward pass alone, for the images of a shard."""
    X, p, work = second_input(), second_kernel(), Work(np.float32)
    return lambda: layer.forward(X, p, work)[0]


def idea_product(steps: Steps) -> str:
    one, nine = second_forward(FastConv(SECOND)), second_forward(SECOND)
    np.testing.assert_allclose(one(), nine(), rtol=1e-4)
    return table_of([Way("one product over copied windows", [one]), Way("nine products on slices", [nine])], ONE_SHARD)


def idea_layout(steps: Steps) -> str:
    last = second_forward(FastConv(SECOND))
    X = np.ascontiguousarray(second_input().transpose(0, 3, 1, 2))
    W, work = np.ascontiguousarray(second_kernel().W.transpose(3, 2, 0, 1)), Work(np.float32)

    def first() -> Array:
        return channels_first(X, W, work)

    np.testing.assert_allclose(last(), first().transpose(0, 2, 3, 1), rtol=1e-4)
    return table_of(
        [Way("(n, height, width, channels)", [last]), Way("(n, channels, height, width)", [first])], ONE_SHARD
    )


def idea_blocks(steps: Steps) -> str:
    sizes = [conv.BLOCK_BYTES, *(1 << power for power in range(19, 25) if 1 << power != conv.BLOCK_BYTES), 1 << 62]
    ways = []
    for size in sizes:

        def within(size: int = size) -> AbstractContextManager[Any]:
            return patch.object(conv, "BLOCK_BYTES", size)

        with within():
            _, memory_mb = steps.gradient()
        name = "all at once" if size == sizes[-1] else f"{size / 2**20:g} MiB"
        ways.append(Way(name, steps.on_each(), within, (f"{memory_mb:.1f} MB",)))
    return table_of(ways, more=MEMORY)


def idea_pool(steps: Steps) -> str:
    arrangements = {
        "one layer: numink": plan,
        "one layer (the benchmark's copy)": each_conv(Copy),
        "the same, bias and ReLU before the largest is taken": each_conv(lambda c, pool: Copy(c, pool, early=True)),
        "three layers: convolution, pool, ReLU": pool_then_relu,
        "three layers: convolution, ReLU, pool": one_by_one,
    }
    return table_of(steps.ways(arrangements), more=MEMORY)


def idea_back(steps: Steps) -> str:
    arrangements = {
        "along rows: numink": plan,
        "along rows (the benchmark's copy)": each_conv(Copy),
        "scatter: nine strided adds": each_conv(lambda c, pool: Copy(c, pool, adding=by_scatter)),
        "gather: one product with the turned kernel": each_conv(lambda c, pool: Copy(c, pool, adding=by_gather)),
    }
    return table_of(steps.ways(arrangements), more=MEMORY)


def idea_again(steps: Steps) -> str:
    arrangements = {
        "copied again: numink": plan,
        "copied again (the benchmark's copy)": each_conv(Copy),
        "kept": each_conv(lambda c, pool: Copy(c, pool, keep=True)),
    }
    return table_of(steps.ways(arrangements), more=MEMORY)


def idea_images(steps: Steps) -> str:
    return table_of(steps.ways({"left out": plan, "computed": gradient_of_images}), more=MEMORY)


def idea_scratch(steps: Steps) -> str:
    def fresh(work: Work, name: str, shape: tuple[int, ...], dtype: Any = None) -> Array:
        return np.empty(shape, dtype or work.dtype)

    def without() -> AbstractContextManager[Any]:
        return patch.object(Work, "array", fresh)

    return table_of([Way("used again", steps.on_each()), Way("fresh arrays", steps.on_each(), without)])


def idea_adam(steps: Steps) -> str:
    layout = steps.network().layout
    theta, *shards = np.random.default_rng(0).standard_normal((3, layout.size), np.float32)
    arrays = [slice(start, start + prod(shape)) for _, _, start, shape in layout.places()]

    def update_of(parts: Sequence[slice]) -> list[Callable[[], None]]:
        own = [theta[part].copy() for part in parts]
        gradients = [[shard[part].copy() for shard in shards] for part in parts]
        updaters = [Updater("adam", 0, array, 0) for array in own]

        def update() -> None:
            for updater, array, gradient in zip(updaters, own, gradients, strict=True):
                updater.update(array, gradient, 0.001, 1)

        return [update]

    ways = [
        Way("one flat vector", update_of([slice(0, layout.size)])),
        Way(f"{len(arrays)} arrays, one after the other", update_of(arrays)),
    ]
    return table_of(ways, ["the update alone"])


def idea_threads(steps: Steps) -> str:
    one, two = steps.crews
    ways = [
        Way("two shards side by side, a thread for each", [steps.step(two)]),
        Way("one shard, two BLAS threads", [steps.step(one, shards=1)], lambda: threadpool_limits(2, user_api="blas")),
        Way("one shard, one thread", [steps.step(one, shards=1)]),
    ]
    return table_of(ways, ["a step"])


def idea_pieces(steps: Steps) -> str:
    own, batch = steps.network().piece, 4 * BATCH
    ways = []
    for piece in [own, *(size for size in (16, 32, 64, 128, 256) if size != own)]:
        _, memory_mb = steps.gradient(piece=piece, count=batch // 2)
        ways.append(Way(f"{piece} images", steps.on_each(piece=piece, batch=batch), more=(f"{memory_mb:.1f} MB",)))
    return table_of(ways, [f"{head}, {batch} images" for head in CREWS], MEMORY)


def idea_bytes(steps: Steps) -> str:
    rng = np.random.default_rng(0)
    U = rng.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    floats = U.astype(np.float32) / 255
    batches = cycle(np.split(rng.permutation(IMAGES)[: IMAGES // BATCH * BATCH], IMAGES // BATCH))
    taken, X = np.empty((BATCH, 28, 28), np.uint8), np.empty((BATCH, 28, 28), np.float32)

    def from_bytes() -> None:
        np.copyto(X, np.take(U, next(batches), axis=0, out=taken, mode="clip"))
        np.multiply(X, 1 / 255, out=X)

    def from_floats() -> None:
        np.take(floats, next(batches), axis=0, out=X, mode="clip")

    held = [(f"{array.nbytes / 2**20:.0f} MB",) for array in (U, floats)]
    ways = [Way("uint8", [from_bytes], more=held[0]), Way("float32", [from_floats], more=held[1])]
    return table_of(ways, ["drawing a batch"], (f"{IMAGES:,} images",))


def parts(steps: Steps) -> str:
    return table_of_parts(lambda arrange: steps.step(steps.crews[0], arrange), ROUNDS * CALLS)


def least(steps: Steps) -> str:
    piece = 32
    operands = products(piece, 26, 10)  # sides of the maps that the pools leave of 26 and 11

    def alone() -> None:
        for _ in range(BATCH // piece):
            for A, B, C in operands:
                np.matmul(A, B, out=C)

    (step_ms,), (floor_ms,) = timed([Way("step", [steps.step(steps.crews[0])]), Way("floor", [alone])])
    rows = [
        ["a step", f"{step_ms:.1f} ms", ""],
        ["its matrix products alone, operands ready", f"{floor_ms:.1f} ms", f"**{floor_ms / step_ms:.0%}**"],
    ]
    return common.table(["one thread", "time", "share"], rows)


SECTIONS: dict[str, Callable[[Steps], str]] = {
    "parts": parts,
    "floor": least,
    "plan": idea_plan,
    "product": idea_product,
    "layout": idea_layout,
    "blocks": idea_blocks,
    "pool": idea_pool,
    "back": idea_back,
    "again": idea_again,
    "images": idea_images,
    "scratch": idea_scratch,
    "adam": idea_adam,
    "threads": idea_threads,
    "pieces": idea_pieces,
    "bytes": idea_bytes,
}


def fill(name: str, text: str) -> None:
    """Put a table into docs/speed.md, between the marks of this name, and print it."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    page = PAGE.read_text()
    before, after = page.split(start)[0], page.split(end)[1]
    PAGE.write_text(f"{before}{start}\n{text}\n{end}{after}")
    print(f"\n{name}\n\n{text}", flush=True)


def main() -> None:
    started = perf_counter()
    with Crew(1) as one, Crew(2) as two:
        steps = Steps([one, two])
        for name in sys.argv[1:] or SECTIONS:
            fill(name, SECTIONS[name](steps))
    fill("machine", f"`python -m benchmarks.ablation`, on {common.machine()}.")
    print(f"{perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
