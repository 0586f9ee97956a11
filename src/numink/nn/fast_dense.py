"""A dense layer with few units, made wide: what `plan.py` puts in the place of a Dense with 1 to 31 units.

BLAS computes 16 columns at a time, and what is left over one by one: a product with 15 columns takes twice as long as
one with 16, a product with 10 takes a third longer. So the weights get columns of zeros up to the next multiple, as
long as there is enough to compute; the copies cost a tenth of what they save.
"""

from dataclasses import dataclass

import numpy as np

from numink.nn.layers import Backward, Dense
from numink.nn.params import Array, Views
from numink.nn.work import Work

COLUMNS = 16
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
