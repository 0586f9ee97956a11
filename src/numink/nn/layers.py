"""The layers: each a frozen dataclass of sizes, with forward and backward side by side.

`forward(X, p, work)` returns its output and the function that undoes it. Parameters come in as `p`, gradients
go out through `g` (the same names), scratch memory comes from `work`. Rows are examples; `dV` is the derivative
of the mean loss with regard to V and has V's shape. A layer may write over the gradient that it is handed:
nobody else holds it. The numbers of equations are those of docs/backprop.md.

To add a layer, see CONTRIBUTING.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Protocol, TypeAlias

import numpy as np

from numink.errors import RecipeError
from numink.nn.params import Array, Shape, Views
from numink.nn.work import Work

# backward(dZ, g, want_dX) fills g and returns dX, or None where nobody wants it.
Backward: TypeAlias = Callable[[Array, Views, bool], Array | None]

INPUT = frozenset({"input"})
OUTPUT = frozenset({"output"})
NEITHER: frozenset[str] = frozenset()


class Layer(Protocol):
    """What the network asks of a layer."""

    reads: ClassVar[frozenset[str]]
    """What backward reads of the forward pass: its "input", its "output", both or neither. Whatever is not
    read, a neighbour may write over."""

    def params(self) -> Mapping[str, Shape]:
        """The names and shapes of its parameters."""
        ...

    def buffers(self) -> Mapping[str, Shape]:
        """The names and shapes of its running averages, which are used but not learnt."""
        ...

    def out_shape(self, shape: Shape) -> Shape:
        """The shape of one example after this layer; RecipeError where `shape` does not fit."""
        ...

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """The output for the batch X, and the function that takes its gradient back."""
        ...


class Base:
    """What most layers share: nothing to learn, nothing to average, the shape that came. A layer says what differs."""

    def params(self) -> Mapping[str, Shape]:
        """No parameters."""
        return {}

    def buffers(self) -> Mapping[str, Shape]:
        """No running averages."""
        return {}

    def out_shape(self, shape: Shape) -> Shape:
        """The shape that came."""
        return shape


@dataclass(frozen=True)
class Pixels(Base):
    """Pixels to numbers: X = factor * U + shift.

    U (n, ...) uint8   ->   X (n, ...) float. Images stay uint8, a quarter of the memory, until a piece of a batch
    is formed. To 0..1: factor = 1/255. To mean 0 and deviation 1: factor = 1/s, shift = -m/s.
    """

    factor: float = 1 / 255
    shift: float = 0.0
    reads: ClassVar[frozenset[str]] = NEITHER

    def forward(self, U: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """U uint8 to X float."""
        X = work.array("X", U.shape)
        np.copyto(X, U)
        X *= self.factor  # eq. 1
        if self.shift:
            X += self.shift  # eq. 1

        def backward(dX: Array, g: Views, want_dX: bool = True) -> Array | None:
            if not want_dX:
                return None
            dX *= self.factor
            return dX

        return X, backward


@dataclass(frozen=True)
class Dense(Base):
    """Affine map of every row of the batch: Z = X @ W + b.

    X (n, d_in)   W (d_in, d_out)   b (d_out,)   ->   Z (n, d_out)
    """

    d_in: int
    d_out: int
    reads: ClassVar[frozenset[str]] = INPUT

    def params(self) -> Mapping[str, Shape]:
        """W (d_in, d_out) and b (d_out,)."""
        return {"W": (self.d_in, self.d_out), "b": (self.d_out,)}

    def out_shape(self, shape: Shape) -> Shape:
        """(d_out,); RecipeError unless `shape` is (d_in,)."""
        if shape != (self.d_in,):
            raise RecipeError(f"dense {self.d_out} needs {self.d_in} numbers for each example, but {shape} came")
        return (self.d_out,)

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, d_in) to Z (n, d_out)."""
        Z = np.matmul(X, p.W, out=work.array("Z", (len(X), self.d_out)))  # eq. 2
        Z += p.b  # eq. 2

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            np.matmul(X.T, dZ, out=g.W)  # eq. 20: W met every row of X
            np.sum(dZ, axis=0, out=g.b)  # eq. 21: b was added to every row, so its rows add up
            if not want_dX:  # nobody reads the gradient of the pixels
                return None
            return np.matmul(dZ, p.W.T, out=work.array("dX", X.shape))  # eq. 22

        return Z, backward


@dataclass(frozen=True)
class Flatten(Base):
    """Each image or stack of maps as one row: (n, height, width, ...) -> (n, d). Only the shape changes."""

    reads: ClassVar[frozenset[str]] = NEITHER

    def out_shape(self, shape: Shape) -> Shape:
        """(d,), d being the product of `shape`."""
        return (prod(shape),)

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, ...) to (n, d), a view."""

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            return dZ.reshape(X.shape)

        return X.reshape(len(X), prod(X.shape[1:])), backward


@dataclass(frozen=True)
class Dropout(Base):
    """While training, silences each number with probability `rate` and scales the others by 1 / (1 - rate).

    So that the mean stays what it is when the network is used, where dropout does nothing (Srivastava et al.
    2014, in the "inverted" form).
    """

    rate: float
    reads: ClassVar[frozenset[str]] = NEITHER

    def mask_shape(self, shape: Shape) -> Shape:
        """The shape of M for a batch of this shape: a draw for each number."""
        return shape

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X to X * M, with a mask M (0 or 1 / (1 - rate)) that is drawn anew each time."""
        if work.rng is None or self.rate == 0:
            return X, _pass_on
        M = work.array("M", self.mask_shape(X.shape))
        work.rng.random(out=M, dtype=M.dtype.type)
        np.greater_equal(M, self.rate, out=M)
        M *= 1 / (1 - self.rate)
        A = np.multiply(X, M, out=work.over(X))  # eqs. 10 and 71

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            return np.multiply(dA, M, out=dA)  # eqs. 31 and 72

        return A, backward


def _pass_on(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
    return dA
