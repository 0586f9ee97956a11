"""Normalisation: each channel to mean 0 and variance 1 over the images of a shard (Ioffe and Szegedy 2015)."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from numink.nn.layers import NEITHER, Backward, Base
from numink.nn.params import Array, Shape, Views
from numink.nn.work import Work

EPSILON = 1e-5  # so that a channel that is the same everywhere is divided by something


@dataclass(frozen=True)
class Norm(Base):
    """X-hat = (X - mean) / sqrt(variance + 1e-5), channel by channel; Z = gamma * X-hat + beta.

    X (n, ..., channels)   gamma, beta, mean, variance (channels,)   ->   Z (n, ..., channels)

    While training, mean and variance are those of the shard, over all axes but the last: its images share them, so
    each image's answer depends a little on the others, and the gradients of two shards do not add up exactly to
    that of the whole batch. Running averages of both are kept in the buffers, and are what is used afterwards, when
    each image is answered by itself. The variance is the mean square deviation (divided by m, not m - 1), in the
    buffers too.
    """

    channels: int
    reads: ClassVar[frozenset[str]] = NEITHER

    def params(self) -> dict[str, Shape]:
        """Gamma (channels,), which starts at 1, and beta (channels,)."""
        return {"gamma": (self.channels,), "beta": (self.channels,)}

    def buffers(self) -> dict[str, Shape]:
        """The running averages of mean (channels,) and variance (channels,)."""
        return {"mean": (self.channels,), "variance": (self.channels,)}

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, ..., channels) to Z of the same shape."""
        rows = X.reshape(len(X), prod(X.shape[1:]))  # long rows: NumPy is slow at many short ones
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
