"""Where does a training step's time go? A stopwatch for each layer, and for the functions of NumPy that it calls."""

from benchmarks import common  # first: it makes the start fair

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.variants import Plan
from numink.nn import conv, layers
from numink.nn.conv import FastConv
from numink.nn.layers import Base, Layer
from numink.nn.params import Array, Views
from numink.nn.plan import plan
from numink.nn.work import Work

KINDS = {"matmul": "products", "copyto": "copies"} | dict.fromkeys(
    ("greater", "maximum", "add", "multiply", "sum"), "pool, bias"
)
COLUMNS = ("products", "copies", "pool, bias")
OWNERS = ("first convolution", "second convolution", "pixels, dropout, dense")


class Stopwatch:
    """NumPy as the layers see it, but with the time counted of some functions, for whichever layer is at work."""

    def __init__(self) -> None:
        self.seconds: Counter[tuple[str, str]] = Counter()
        self.owner = ""

    def __getattr__(self, name: str) -> Any:
        function, kind = getattr(np, name), KINDS.get(name)
        if kind is None:
            return function

        def counted(*arguments: Any, **keywords: Any) -> Any:
            with self.counting(kind):
                return function(*arguments, **keywords)

        return counted

    @contextmanager
    def counting(self, kind: str) -> Iterator[None]:
        """Count this time for the owner."""
        start = perf_counter()
        yield
        self.seconds[self.owner, kind] += perf_counter() - start


@dataclass(frozen=True)
class Watched(Base):
    """A layer with a stopwatch."""

    layer: Layer
    owner: str
    watch: Stopwatch

    @property
    def reads(self) -> frozenset[str]:  # type: ignore[override]
        """What the layer's backward reads."""
        return self.layer.reads

    def forward(self, X: Array, p: Views, work: Work) -> Any:
        """What the layer does."""
        self.watch.owner = self.owner
        with self.watch.counting("all"):
            Z, back = self.layer.forward(X, p, work)

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            self.watch.owner = self.owner
            with self.watch.counting("all"):
                return back(dZ, g, want_dX)

        return Z, backward


def table_of_parts(step_of: Callable[[Plan], Callable[[], None]], count: int) -> str:
    """The milliseconds of each kind of work in each layer, means of `count` steps.

    `step_of(arrange)` gives what takes a step of the network in that arrangement.
    """
    watch, convolutions = Stopwatch(), iter(OWNERS)

    def watched(plain: Sequence[Layer]) -> Sequence[Layer]:
        return [
            Watched(layer, next(convolutions) if isinstance(layer, FastConv) else OWNERS[-1], watch)
            for layer in plan(plain)
        ]

    step = step_of(watched)
    with ExitStack() as patches:
        for module in (conv, layers):
            patches.enter_context(patch.object(module, "np", watch))
        step()
        watch.seconds.clear()
        start = perf_counter()
        for _ in range(count):
            step()
        whole = perf_counter() - start
    parts = {owner: [watch.seconds[owner, kind] for kind in COLUMNS] for owner in OWNERS}
    for owner, line in parts.items():
        line.append(watch.seconds[owner, "all"] - sum(line))
    parts["drawing the batch, loss, Adam"] = [0, 0, 0, whole - sum(map(sum, parts.values()))]
    ms = {owner: [1000 * seconds / count for seconds in line] for owner, line in parts.items()}
    sums = [sum(column) for column in zip(*ms.values(), strict=True)]
    rows = [[owner, *(f"{n:.2f}" if n else "" for n in line), f"{sum(line):.2f}"] for owner, line in ms.items()]
    rows.append(["together", *(f"{n:.2f}" for n in sums), f"{sum(sums):.2f}"])
    rows.append(["share", *(f"**{n / sum(sums):.0%}**" for n in sums), ""])
    return common.table(["milliseconds, one thread", *COLUMNS, "the rest", "together"], rows)
