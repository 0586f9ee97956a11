"""A dense layer made wide: what `plan.py` puts in the place of a Dense whose units nearly fill BLAS's columns.

BLAS computes so many columns at a time, 16 with AVX-512 and 8 with AVX2, and what is left over one by one: a product
with 15 columns takes twice as long as one with 16 (AVX2: 1.4 times). So the weights get columns of zeros up to the
next multiple, where few are missing: with 10 or 12 columns it pays on one kind of processor and costs on the other.
"""

from dataclasses import dataclass

import numpy as np

from numink.nn.layers import Backward, Dense
from numink.nn.params import Array, Views
from numink.nn.work import Work

COLUMNS = 16
MOST_MISSING = 3
MOST_UNITS = 2 * COLUMNS  # of more, the columns that are left over are few
WORTH_WIDENING = 100_000
"""So many numbers must come in, in all: with fewer the copies cost more than they save."""


@dataclass(frozen=True)
class FastDense(Dense):
    """Z = X @ W + b, as Dense computes it, with the same parameters.

    X (n, d_in)   W (d_in, d_out)   b (d_out,)   ->   Z (n, d_out)
    """

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, d_in) to Z (n, d_out)."""
        if X.size < WORTH_WIDENING:
            return super().forward(X, p, work)
        units, wide = self.d_out, -(-self.d_out // COLUMNS) * COLUMNS

        def widened(name: str, values: Array) -> Array:
            array = work.array(name, (len(values), wide))
            array[:, :units], array[:, units:] = values, 0
            return array

        product = np.matmul(X, widened("W", p.W), out=work.array("XW", (len(X), wide)))  # eq. 2
        Z = np.add(product[:, :units], p.b, out=work.array("Z", (len(X), units)))  # eq. 2

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            dW = np.matmul(X.T, widened("dZ", dZ), out=work.array("dW", (self.d_in, wide)))  # eq. 20
            g.W[...] = dW[:, :units]
            np.sum(dZ, axis=0, out=g.b)  # eq. 21
            if not want_dX:
                return None
            return np.matmul(dZ, p.W.T, out=work.array("dX", X.shape))  # eq. 22

        return Z, backward


def worth_widening(units: int) -> bool:
    """Whether a dense layer with so many units is faster made wide.

    >>> [units for units in range(1, 100) if worth_widening(units)]
    [13, 14, 15, 29, 30, 31]
    """
    return units < MOST_UNITS and 0 < -units % COLUMNS <= MOST_MISSING
