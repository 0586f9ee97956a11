"""Layers on maps (n, height, width, channels): convolution, and dropout of whole maps. Pooling is in pool.py.

The plain form, to be read: each place of a kernel meets one slice of the maps, shifted by that place. nn/conv.py
computes the same faster, and is what runs in a network (docs/speed.md).
"""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from numink.errors import RecipeError
from numink.nn.layers import INPUT, NEITHER, Backward, Base, Dropout
from numink.nn.params import Array, Shape, Views
from numink.nn.work import Work

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Maps(Base):
    """Each image as one map: (n, height, width) -> (n, height, width, 1). Only the shape changes."""

    reads: ClassVar[frozenset[str]] = NEITHER

    def out_shape(self, shape: Shape) -> Shape:
        """(height, width, 1); RecipeError unless `shape` is (height, width)."""
        if len(shape) != 2:
            raise RecipeError(f"an image of height x width is needed, but {shape_text(shape)} came")
        return (*shape, 1)

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, height, width) to (n, height, width, 1), a view."""

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            return dZ[..., 0]

        return X[..., np.newaxis], backward


@dataclass(frozen=True)
class Conv2d(Base):
    """The same small weights at every place of the maps: Z[y, x] = sum over i, j of X[y s + i, x s + j] @ W[i, j] + b.

    X (n, height, width, channels_in)   W (k_h, k_w, channels_in, channels_out)   b (channels_out,)
    ->   Z (n, rows, columns, channels_out)

    `padding` ((top, bottom), (left, right)) is the margin of zeros that X is given first. There are as many rows as
    the kernel has places to stand, `stride` apart: (top + height + bottom - k_h) // stride + 1.
    """

    channels_in: int
    channels_out: int
    kernel: Pair
    stride: int = 1
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    reads: ClassVar[frozenset[str]] = INPUT

    def params(self) -> dict[str, Shape]:
        """W (k_h, k_w, channels_in, channels_out) and b (channels_out,)."""
        return {"W": (*self.kernel, self.channels_in, self.channels_out), "b": (self.channels_out,)}

    def out_shape(self, shape: Shape) -> Shape:
        """(rows, columns, channels_out); RecipeError where `shape` is no (height, width, channels_in) or too small."""
        check_maps(shape, self.kernel)
        if shape[2] != self.channels_in:
            raise RecipeError(f"maps of {self.channels_in} channels are needed, but {shape_text(shape)} came")
        rows, columns = (
            (before + size + behind - k) // self.stride + 1
            for size, k, (before, behind) in zip(shape, self.kernel, self.padding, strict=False)
        )
        return rows, columns, self.channels_out

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X (n, height, width, channels_in) to Z (n, rows, columns, channels_out)."""
        n, height, width, _ = X.shape
        rows, columns, _ = self.out_shape(X.shape[1:])
        (top, bottom), (left, right) = self.padding
        inside = np.s_[:, top : top + height, left : left + width]
        padded = work.array("padded", (n, top + height + bottom, left + width + right, self.channels_in))
        padded[...] = 0
        padded[inside] = X

        def met(maps: Array, i: int, j: int) -> Array:
            """What W[i, j] meets: for each place of the output, the channels at that place shifted by i, j."""
            s = self.stride
            return maps[:, i : i + s * rows : s, j : j + s * columns : s]

        def as_rows(maps: Array) -> Array:
            """The maps as one matrix, a row of channels for each place, for one large product."""
            matrix = work.array("rows", maps.shape)
            np.copyto(matrix, maps)
            return matrix.reshape(-1, self.channels_in)

        Z = work.array("Z", (n, rows, columns, self.channels_out))
        product = work.array("product", Z.shape).reshape(-1, self.channels_out)
        Z[...] = p.b  # eq. 51
        for i, j in np.ndindex(self.kernel):
            Z += np.matmul(as_rows(met(padded, i, j)), p.W[i, j], out=product).reshape(Z.shape)  # eq. 51

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            dZ = dZ.reshape(-1, self.channels_out)
            for i, j in np.ndindex(self.kernel):
                np.matmul(as_rows(met(padded, i, j)).T, dZ, out=g.W[i, j])  # eq. 52: W[i, j] met these channels
            np.sum(dZ, axis=0, out=g.b)  # eq. 53: b was added at every place
            if not want_dX:
                return None
            dX = work.array("dX", padded.shape)
            dX[...] = 0
            back = work.array("rows", (n, rows, columns, self.channels_in))
            for i, j in np.ndindex(self.kernel):
                np.matmul(dZ, p.W[i, j].T, out=back.reshape(-1, self.channels_in))
                shifted = met(dX, i, j)
                shifted += back  # eq. 54: a place of X hands its share to each W[i, j] that met it
            return dX[inside]

        return Z, backward


@dataclass(frozen=True)
class DropMaps(Dropout):
    """Dropout of whole maps (n, height, width, channels): one draw for each map of each image (Tompson et al. 2015).

    Neighbours in a map say nearly the same, so that silencing single numbers hides little.
    """

    def out_shape(self, shape: Shape) -> Shape:
        """The shape that came; RecipeError where it is no maps."""
        check_maps(shape)
        return shape

    def mask_shape(self, shape: Shape) -> Shape:
        """(n, 1, 1, channels)."""
        return shape[0], 1, 1, shape[3]


def check_maps(shape: Shape, kernel: Pair = (1, 1)) -> None:
    """RecipeError, unless `shape` is that of maps and a kernel of this size finds room in them."""
    if len(shape) != 3:
        raise RecipeError(
            f"maps of height x width x channels are needed, but {shape_text(shape)} came; "
            'put it before "flatten", "global-pool" and "dense"'
        )
    if kernel[0] > shape[0] or kernel[1] > shape[1]:
        raise RecipeError(
            f"maps of at least {shape_text(kernel)} are needed, but {shape_text(shape)} came; make the kernel smaller, "
            "or let the layers before it shrink the maps less"
        )


def shape_text(shape: Shape) -> str:
    """A shape as messages show it.

    >>> shape_text((28, 28, 1))
    '28 x 28 x 1'
    """
    return " x ".join(map(str, shape))
