"""Normalisation in few passes over the maps: what `plan.py` puts in the place of a Norm.

With few channels, an array's last axis is short, and NumPy is slow at many short rows. So an image is one long row
here, and what belongs to a channel is spread along it: a number of its own for each number of an image. Sums over the
images are products, which BLAS adds up. X-hat is never formed: 1 / sigma goes into the factors of its neighbours, and
a pass over the maps is saved each time.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from numink.nn.layers import Backward
from numink.nn.norm import EPSILON, Norm
from numink.nn.params import Array, Views
from numink.nn.work import Work


@dataclass(frozen=True)
class FastNorm(Norm):
    """Z = gamma * X-hat + beta, as Norm computes it, with the same parameters and buffers.

    X (n, ..., channels) -> Z (n, ..., channels)
    """

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X to Z."""
        rows = X.reshape(len(X), prod(X.shape[1:]))
        m, training = rows.size // self.channels, work.training

        def total(values: Array) -> Array:
            """The sum over all images and places, channel by channel."""
            sums: Array = values.reshape(-1, self.channels).sum(axis=0)
            return sums

        def spread(name: str, values: Array) -> Array:
            """A number for each channel as one for each number of an image."""
            row = work.array(name, (rows.shape[1] // self.channels, self.channels))
            row[...] = values
            return row.ravel()

        ones = work.array("ones", (len(rows),))
        ones[...] = 1  # a product with ones adds rows up, four times as fast as np.sum
        mean = total(ones @ rows) / m if training else p.mean  # eq. 61
        D = np.subtract(rows, spread("mean", mean), out=work.over(rows))
        variance = total(np.einsum("ij,ij->j", D, D)) / m if training else p.variance  # eq. 62
        scale = 1 / np.sqrt(variance + EPSILON)  # eq. 63: X-hat = scale * D, which is never formed
        Z = np.multiply(D, spread("slope", p.gamma * scale), out=work.array("Z", rows.shape))  # eq. 64
        Z += spread("beta", p.beta)  # eq. 64

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            dZ = dZ.reshape(rows.shape)
            np.multiply(total(np.einsum("ij,ij->j", dZ, D)), scale, out=g.gamma)  # eq. 66
            g.beta[...] = total(ones @ dZ)  # eq. 67
            g.mean[...], g.variance[...] = mean, variance  # for the running averages (eq. 65)
            if not want_dX:
                return None
            if training:  # each number moved the mean and the variance too
                dZ -= np.multiply(D, spread("share", scale * g.gamma / m), out=work.array("dD", D.shape))  # eq. 68
                dZ -= spread("mean", g.beta / m)  # eq. 68
            dZ *= spread("slope", p.gamma * scale)  # eq. 68
            return dZ.reshape(X.shape)

        return Z.reshape(X.shape), backward
