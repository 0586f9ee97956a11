"""Pooling: maps (n, height, width, channels) made smaller, channel by channel."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numink.nn.layers import NEITHER, Backward, Base
from numink.nn.maps import Pair, check_maps
from numink.nn.params import Array, Shape, Views
from numink.nn.work import Work


@dataclass(frozen=True)
class Pool(Base):
    """What pools by windows of `kernel` share: they do not overlap, and what is left over at the border is left out."""

    kernel: Pair
    reads: ClassVar[frozenset[str]] = NEITHER

    def out_shape(self, shape: Shape) -> Shape:
        """(height // k_h, width // k_w, channels); RecipeError where `shape` is no maps or too small."""
        check_maps(shape, self.kernel)
        return shape[0] // self.kernel[0], shape[1] // self.kernel[1], shape[2]


@dataclass(frozen=True)
class MaxPool(Pool):
    """The largest number of each window, map by map: (n, height, width, channels) -> (n, rows, columns, channels).

    The windows do not overlap; what is left over at the lower and right border is left out, so that 11 x 11 pooled
    2 x 2 gives 5 x 5. Of equal numbers the first (row by row) wins, and gets the whole gradient: on blank paper all
    are equal.
    """

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, height, width, channels) to Z (n, rows, columns, channels)."""
        Z = work.array("Z", (len(X), *self.out_shape(X.shape[1:])))
        first, *others = _places(X, self.kernel)
        np.copyto(Z, first)
        won = work.array("won", (len(others), *Z.shape), bool)
        for larger, other in zip(won, others, strict=True):
            np.greater(other, Z, out=larger)  # and not greater_equal: the first of equals stays
            np.maximum(Z, other, out=Z)  # eq. 55

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            if not want_dX:
                return None
            dX = _without_windows(X, self.kernel, work)
            first, *others = _places(dX, self.kernel)
            for larger, other in zip(won[::-1], others[::-1], strict=True):
                np.multiply(dZ, larger, out=other)  # eq. 56: who was larger last has won
                dZ -= other  # and nothing is left for those before
            np.copyto(first, dZ)  # eq. 56
            return dX

        return Z, backward


@dataclass(frozen=True)
class AveragePool(Pool):
    """The mean of each window, map by map; windows as in MaxPool."""

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, height, width, channels) to Z (n, rows, columns, channels)."""
        Z = work.array("Z", (len(X), *self.out_shape(X.shape[1:])))
        share = 1 / (self.kernel[0] * self.kernel[1])
        Z[...] = 0
        for place in _places(X, self.kernel):
            Z += place  # eq. 57
        Z *= share  # eq. 57

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            if not want_dX:
                return None
            dX = _without_windows(X, self.kernel, work)
            for place in _places(dX, self.kernel):
                np.multiply(dZ, share, out=place)  # eq. 58
            return dX

        return Z, backward


@dataclass(frozen=True)
class GlobalPool(Base):
    """The mean of each whole map: (n, height, width, channels) -> (n, channels)."""

    reads: ClassVar[frozenset[str]] = NEITHER

    def out_shape(self, shape: Shape) -> Shape:
        """(channels,); RecipeError where `shape` is no maps."""
        check_maps(shape)
        return (shape[2],)

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, height, width, channels) to Z (n, channels)."""
        n, height, width, channels = X.shape
        Z = np.mean(X, axis=(1, 2), out=work.array("Z", (n, channels)))  # eq. 59

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            if not want_dX:
                return None
            dX = work.array("dX", X.shape)
            dX[...] = dZ[:, np.newaxis, np.newaxis]
            dX *= 1 / (height * width)  # eq. 60
            return dX

        return Z, backward


def _without_windows(X: Array, kernel: Pair, work: Work) -> Array:
    """An array of X's shape, 0 where no window lies and undefined inside of them."""
    dX = work.array("dX", X.shape)
    dX[:, X.shape[1] // kernel[0] * kernel[0] :] = 0
    dX[:, :, X.shape[2] // kernel[1] * kernel[1] :] = 0
    return dX


def _places(X: Array, kernel: Pair) -> list[Array]:
    """The first number of every window, the second of every window, and so on, row by row: views of X."""
    (k_h, k_w), (height, width) = kernel, X.shape[1:3]
    bottom, right = height // k_h * k_h, width // k_w * k_w
    return [X[:, i:bottom:k_h, j:right:k_w] for i, j in np.ndindex(kernel)]
