"""Batch normalisation: each channel to mean 0 and variance 1 over the images of a shard (Ioffe and Szegedy 2015).

The plain form, to be read: a line for each equation. nn/fast_norm.py computes the same in fewer passes over the maps,
and is what runs in a network.
"""

from dataclasses import dataclass
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
        places, training = tuple(range(X.ndim - 1)), work.training  # all axes but the channels'
        m = X.size // self.channels
        mean = X.mean(axis=places) if training else p.mean  # eq. 61
        D = X - mean
        variance = (D * D).mean(axis=places) if training else p.variance  # eq. 62
        sigma = np.sqrt(variance + EPSILON)  # eq. 63
        X_hat = D / sigma  # eq. 63
        Z = p.gamma * X_hat + p.beta  # eq. 64

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            g.gamma[...] = (dZ * X_hat).sum(axis=places)  # eq. 66: gamma met X-hat everywhere
            g.beta[...] = dZ.sum(axis=places)  # eq. 67: beta was added everywhere
            g.mean[...], g.variance[...] = mean, variance  # for the running averages (eq. 65)
            if not want_dX:
                return None
            if training:  # each number moved the mean and the variance too
                dZ = dZ - X_hat * g.gamma / m - g.beta / m  # eq. 68
            dX: Array = p.gamma / sigma * dZ  # eq. 68
            return dX

        return Z, backward
