"""The activations: A = g(Z), number by number, and dZ = dA * g'(Z) on the way back (eq. 23).

Each writes over its input where the network allows it, and says what it reads on the way back. Most derivatives
are cheapest in terms of the output: sigmoid' = A (1 - A), tanh' = 1 - A^2, ReLU' = (A > 0).
"""

from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

import numpy as np

from numink.nn.layers import INPUT, OUTPUT, Backward, Base
from numink.nn.params import Array, Views
from numink.nn.work import Work


@dataclass(frozen=True)
class Sigmoid(Base):
    """A = 1 / (1 + exp(-Z)), as (1 + tanh(Z / 2)) / 2, which no finite Z makes overflow."""

    reads: ClassVar[frozenset[str]] = OUTPUT

    def forward(self, Z: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """Z to A in 0..1."""
        A = np.multiply(Z, 0.5, out=work.over(Z))
        np.tanh(A, out=A)
        A += 1
        A *= 0.5  # eq. 3

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            dA *= A
            dA *= np.subtract(1, A, out=work.array("slope", A.shape))  # eq. 24
            return dA

        return A, backward


@dataclass(frozen=True)
class Tanh(Base):
    """A = tanh(Z)."""

    reads: ClassVar[frozenset[str]] = OUTPUT

    def forward(self, Z: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """Z to A in -1..1."""
        A = np.tanh(Z, out=work.over(Z))  # eq. 4

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            slope = np.square(A, out=work.array("slope", A.shape))
            dA *= np.subtract(1, slope, out=slope)  # eq. 25
            return dA

        return A, backward


@dataclass(frozen=True)
class ReLU(Base):
    """A = max(Z, 0). Its slope at exactly 0 is taken as 0."""

    reads: ClassVar[frozenset[str]] = OUTPUT

    def forward(self, Z: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """Z to A, 0 and above."""
        A = np.maximum(Z, 0, out=work.over(Z))  # eq. 5

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            dA *= np.greater(A, 0, out=work.array("slope", A.shape, bool))  # eq. 26
            return dA

        return A, backward


@dataclass(frozen=True)
class LeakyReLU(Base):
    """A = max(Z, 0.01 Z): ReLU with a way back for units that are off (Maas et al. 2013)."""

    SLOPE: ClassVar[float] = 0.01
    reads: ClassVar[frozenset[str]] = OUTPUT

    def forward(self, Z: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """Z to A of the same sign."""
        small = np.multiply(Z, self.SLOPE, out=work.array("small", Z.shape))
        A = np.maximum(Z, small, out=work.over(Z))  # eq. 6

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            off = np.less_equal(A, 0, out=work.array("off", A.shape, bool))
            return np.multiply(dA, self.SLOPE, out=dA, where=off)  # eq. 27

        return A, backward


@dataclass(frozen=True)
class ELU(Base):
    """A = Z where Z > 0, else exp(Z) - 1 (Clevert et al. 2016, alpha = 1)."""

    reads: ClassVar[frozenset[str]] = OUTPUT

    def forward(self, Z: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """Z to A above -1."""
        below = np.minimum(Z, 0, out=work.array("below", Z.shape))
        np.expm1(below, out=below)
        A = np.maximum(Z, below, out=work.over(Z))  # eq. 7: exp(Z) - 1 >= Z, and it was computed for Z <= 0 only

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            slope = np.minimum(A, 0, out=work.array("slope", A.shape))
            slope += 1
            dA *= slope  # eqs. 23 and 28: the slope of exp(Z) - 1 is itself + 1
            return dA

        return A, backward


@dataclass(frozen=True)
class GELU(Base):
    """A = Z * Phi(Z), Phi the normal distribution function (Hendrycks and Gimpel 2016).

    Phi in the paper's approximation by tanh: (1 + T) / 2 with T = tanh(k (Z + 0.044715 Z^3)), k = sqrt(2 / pi).
    NumPy has no error function, and the networks of the literature use this form.
    """

    K: ClassVar[float] = sqrt(2 / pi)
    CUBIC: ClassVar[float] = 0.044715
    reads: ClassVar[frozenset[str]] = INPUT

    def forward(self, Z: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """Z to A above -0.18."""
        T = np.square(Z, out=work.array("T", Z.shape))
        T *= self.K * self.CUBIC
        T += self.K
        T *= Z
        np.tanh(T, out=T)
        A = np.add(T, 1, out=work.array("A", Z.shape))
        A *= Z
        A *= 0.5  # eq. 8

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            # dA/dZ = (1 + T) / 2 + Z (1 - T^2) (k + 3 k c Z^2) / 2
            inner = np.square(Z, out=work.array("inner", Z.shape))
            inner *= 3 * self.K * self.CUBIC
            inner += self.K
            inner *= Z
            slope = np.square(T, out=work.array("slope", Z.shape))
            np.subtract(1, slope, out=slope)
            slope *= inner
            slope += T
            slope += 1
            slope *= 0.5
            dA *= slope  # eqs. 23 and 29
            return dA

        return A, backward


@dataclass(frozen=True)
class SiLU(Base):
    """A = Z * S with S = sigmoid(Z) (Elfwing et al. 2017; also known as swish)."""

    reads: ClassVar[frozenset[str]] = OUTPUT

    def forward(self, Z: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """Z to A above -0.28."""
        S = np.multiply(Z, 0.5, out=work.array("S", Z.shape))
        np.tanh(S, out=S)
        S += 1
        S *= 0.5
        A = np.multiply(Z, S, out=work.over(Z))  # eq. 9

        def backward(dA: Array, g: Views, want_dX: bool = True) -> Array | None:
            slope = np.subtract(1, S, out=work.array("slope", A.shape))
            slope *= A
            slope += S
            dA *= slope  # eqs. 23 and 30: S + A (1 - S)
            return dA

        return A, backward
