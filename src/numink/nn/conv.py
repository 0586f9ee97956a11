"""Convolution as one matrix product, with the max pool behind it: what `plan.py` puts in the place of a Conv2d.

The windows of some images at a time are copied side by side ("im2col"), so that the sum over a window is one row of a
product with the kernel's weights. In front of a max pool they are ordered by their place in the pool's window: first
all that are top left, then all top right, ... The pool is then a comparison of whole stretches of memory, and what it
would leave out (the last row of 11 x 11 under 2 x 2) is never computed. On the way back the windows are copied once
more: that is as quick as keeping them, for a block of them stays in the cache, and takes less memory. docs/speed.md
measures each step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import as_strided

from numink.nn.layers import INPUT, Backward, Base
from numink.nn.maps import Conv2d
from numink.nn.params import Array, Shape, Views
from numink.nn.work import Work

# How much is worked on at once: few enough windows to stay in the cache until they are used.
BLOCK_BYTES = 1 << 21

# A row of a window is copied at once. Where it has fewer numbers than this, all windows' first numbers are copied at
# once, then all their second numbers, and so on.
SHORTEST_RUN = 8


@dataclass(frozen=True)
class FastConv(Base):
    """Z = the largest of (X * W) over each window of the pool, + b: Conv2d and MaxPool in one.

    X (n, height, width, channels_in) -> (n, height', width', channels_out)
    """

    conv: Conv2d
    pool: tuple[int, int] = (1, 1)
    reads: ClassVar[frozenset[str]] = INPUT

    def params(self) -> Mapping[str, Shape]:
        """Those of the convolution."""
        return self.conv.params()

    def out_shape(self, shape: Shape) -> Shape:
        """(height', width', channels_out) behind the pool."""
        height, width, channels = self.conv.out_shape(shape)
        return height // self.pool[0], width // self.pool[1], channels

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X to Z."""
        places, W = prod(self.pool), p.W.reshape(-1, self.conv.channels_out)
        framed = self._framed(X, work)
        Z = work.array("Z", (len(X), *self.out_shape(X.shape[1:])))
        won = [work.array(f"won {place}", Z.shape, bool) for place in range(1, places)]
        for block in self._blocks(Z):
            columns = self._columns(framed[block], Z, work)
            candidates = work.array("candidates", (len(columns), len(p.b)))
            np.matmul(columns, W, out=candidates)  # eq. 51
            first, *others = candidates.reshape(places, *Z[block].shape)
            for other, wins in zip(others, won, strict=True):
                np.greater(other, first, out=wins[block])  # of equal ones the first wins
                np.maximum(first, other, out=first)  # eq. 55
            np.add(first, p.b, out=Z[block])  # eqs. 51 and 75: + b, once for each of the largest

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            np.sum(dZ.sum(axis=0).reshape(-1, len(g.b)), axis=0, out=g.b)  # eq. 53
            dW = g.W.reshape(W.shape)
            dX = work.array("dX", framed.shape) if want_dX else None
            if dX is not None:
                dX.fill(0)
            for block in self._blocks(Z):
                columns = self._columns(framed[block], Z, work)
                dcandidates = work.array("candidates", (len(columns), len(p.b)))
                left = dZ[block]
                first, *others = dcandidates.reshape(places, *left.shape)
                for other, wins in zip(reversed(others), reversed(won), strict=True):
                    np.multiply(left, wins[block], out=other)  # eq. 56
                    left -= other
                np.copyto(first, left)
                if block.start == 0:
                    np.matmul(columns.T, dcandidates, out=dW)  # eq. 52
                else:
                    dW += np.matmul(columns.T, dcandidates, out=work.array("dW", W.shape))
                if dX is not None:
                    self._turned_back(dcandidates.reshape(*self.pool, *left.shape), p.W, dX[block], work)
            return None if dX is None else self._unframed(dX, X, work)

        return Z, backward

    def _blocks(self, Z: Array) -> Iterator[slice]:
        """The images, so many at a time that what is laid out of them fits the cache: one block where there are none.

        For each place that is the window on the way forward, and a row of the kernel's gradients on the way back.
        """
        k_h, k_w = self.conv.kernel
        laid_out = k_w * max(k_h * self.conv.channels_in, self.conv.channels_out)
        numbers = prod(self.pool) * prod(Z.shape[1:3]) * laid_out
        size = max(BLOCK_BYTES // (numbers * Z.itemsize), 1)
        for start in range(0, max(len(Z), 1), size):
            yield slice(start, min(start + size, len(Z)))

    def _framed(self, X: Array, work: Work) -> Array:
        """X within its border of zeros."""
        (top, bottom), (left, right) = self.conv.padding
        if not (top or bottom or left or right):
            return X
        n, height, width, channels = X.shape
        framed = work.array("framed", (n, top + height + bottom, left + width + right, channels))
        framed[:, :top], framed[:, top + height :] = 0, 0
        framed[:, :, :left], framed[:, :, left + width :] = 0, 0
        framed[:, top : top + height, left : left + width] = X
        return framed

    def _unframed(self, dX: Array, X: Array, work: Work) -> Array:
        """dX without its border."""
        if dX.shape == X.shape:
            return dX
        (top, _), (left, _) = self.conv.padding
        inside = work.array("unframed", X.shape)
        np.copyto(inside, dX[:, top : top + X.shape[1], left : left + X.shape[2]])
        return inside

    def _columns(self, X: Array, Z: Array, work: Work) -> Array:
        """All windows (windows, k_h * k_w * channels_in), ordered by place in the pool, image, row, column."""
        (k_h, k_w), stride, (p_h, p_w) = self.conv.kernel, self.conv.stride, self.pool
        image, row, column = X.strides[:3]
        places = (p_h, p_w, len(X), *Z.shape[1:3])
        steps = (stride * row, stride * column, image, p_h * stride * row, p_w * stride * column)
        channels = X.shape[-1]
        number = column // channels  # and not X.strides[3], which may be anything where there is one channel
        if k_w * channels >= SHORTEST_RUN:
            windows = as_strided(X, (*places, k_h, k_w * channels), (*steps, row, number))
            columns = work.array("columns", (prod(places), k_h * k_w * channels))
            np.copyto(columns.reshape(windows.shape), windows)
            return columns
        windows = as_strided(X, (k_h, k_w, channels, *places), (row, column, number, *steps))
        columns = work.array("columns", (k_h * k_w * channels, prod(places)))
        np.copyto(columns.reshape(windows.shape), windows)
        return columns.T

    def _turned_back(self, dcandidates: Array, W: Array, dX: Array, work: Work) -> None:
        """Add to dX what each of its places is due from all windows that it was in.

        That is a convolution as well, of dZ with the kernel turned about. Along rows, windows of dZ are copied side by
        side; down the columns, one product for each row of the kernel is added, a row further down each time: whole
        stretches of memory at once, where adding up single windows (col2im) goes in steps of a few numbers.
        """
        k_h, k_w, channels_in, channels_out = W.shape
        stride, (p_h, p_w, n, height, width, _) = self.conv.stride, dcandidates.shape
        rows, across = (p_h * height - 1) * stride + 1, (p_w * width - 1) * stride + k_w
        spread = work.array("spread", (n, rows, across + k_w - 1, channels_out))
        spread.fill(0)
        for i, j in product(range(p_h), range(p_w)):
            places = spread[:, i * stride :: p_h * stride, k_w - 1 + j * stride :: p_w * stride]
            places[:, :height, :width] = dcandidates[i, j]
        image, row, column, number = spread.strides
        windows = as_strided(spread, (n, rows, across, k_w * channels_out), (image, row, column, number))
        dZ = work.array("dZ", windows.shape)
        np.copyto(dZ, windows)
        part = work.array("part", (n, rows, across, channels_in))
        turned = work.array("turned", (k_w, channels_out, channels_in))
        for down in range(k_h):
            np.copyto(turned, W[down, ::-1].transpose(0, 2, 1))
            into = dX[:, down : down + rows, :across]
            into += np.matmul(
                dZ.reshape(-1, k_w * channels_out),
                turned.reshape(-1, channels_in),
                out=part.reshape(-1, channels_in),
            ).reshape(part.shape)  # eq. 54
