"""The ways that docs/speed.md argues against: layers that give what numink's give, each without one idea.

Written for the network of ablation.py alone: no padding, stride 1, and ReLU and a 2 x 2 pool behind each convolution.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from numink.nn import conv as fast
from numink.nn.conv import FastConv
from numink.nn.layers import INPUT, Backward, Base, Layer
from numink.nn.maps import Conv2d
from numink.nn.params import Array, Views
from numink.nn.plan import plan
from numink.nn.pool import MaxPool
from numink.nn.work import Work

Plan: TypeAlias = Callable[[Sequence[Layer]], Sequence[Layer]]
"""From the layers of a recipe to those that are run."""


@dataclass(frozen=True)
class AlsoOfImages(Base):
    """A layer whose dX is computed whether anybody wants it or not."""

    layer: Layer
    reads: ClassVar[frozenset[str]] = INPUT

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X to what the layer makes of it."""
        Z, backward = self.layer.forward(X, p, work)
        return Z, lambda dZ, g, want_dX=True: backward(dZ, g, True)


def windows_of(maps: Array, k_h: int, k_w: int) -> Array:
    """All windows (n, rows, columns, k_h, k_w, channels), a view."""
    return sliding_window_view(maps, (k_h, k_w), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)


def laid_out(dcandidates: Array, work: Work, frame: tuple[int, int]) -> Array:
    """Gradients in the order of the pool's places, as maps (n, rows, columns, channels) in a frame of zeros."""
    _, _, n, height, width, channels = dcandidates.shape
    down, across = frame
    maps = work.array("maps", (n, 2 * height + 2 * down, 2 * width + 2 * across, channels))
    if down or across:
        maps.fill(0)
    for i, j in np.ndindex(2, 2):
        maps[:, down + i :: 2, across + j :: 2][:, :height, :width] = dcandidates[i, j]
    return maps


def along_rows(dcandidates: Array, W: Array, dX: Array, work: Work) -> None:
    """numink's way: windows of dZ along rows, one product for each row of the kernel, whole stretches added up."""
    k_h, k_w, channels_in, _ = W.shape
    windows = windows_of(laid_out(dcandidates, work, (0, k_w - 1)), 1, k_w)
    _, rows, across = windows.shape[:3]
    copied = work.array("copied", windows.shape)
    np.copyto(copied, windows)
    part = work.array("part", (*windows.shape[:3], channels_in))
    for down in range(k_h):
        turned = np.ascontiguousarray(W[down, ::-1].transpose(0, 2, 1)).reshape(-1, channels_in)
        np.matmul(copied.reshape(-1, len(turned)), turned, out=part.reshape(-1, channels_in))
        dX[:, down : down + rows, :across] += part


def by_scatter(dcandidates: Array, W: Array, dX: Array, work: Work) -> None:
    """The gradient of all windows at once, and each of their nine places added to where it came from ("col2im")."""
    k_h, k_w, channels_in, channels_out = W.shape
    dZ = laid_out(dcandidates, work, (0, 0))
    _, rows, columns, _ = dZ.shape
    dwindows = work.array("dwindows", (*dZ.shape[:3], k_h, k_w, channels_in))
    W = W.reshape(-1, channels_out)
    np.matmul(dZ.reshape(-1, channels_out), W.T, out=dwindows.reshape(-1, len(W)))
    for i, j in np.ndindex(k_h, k_w):
        dX[:, i : i + rows, j : j + columns] += dwindows[:, :, :, i, j]


def by_gather(dcandidates: Array, W: Array, dX: Array, work: Work) -> None:
    """A convolution of dZ in a frame of zeros with the turned kernel, as one product over all its windows."""
    k_h, k_w, channels_in, _ = W.shape
    windows = windows_of(laid_out(dcandidates, work, (k_h - 1, k_w - 1)), k_h, k_w)
    copied = work.array("copied", windows.shape)
    np.copyto(copied, windows)
    turned = np.ascontiguousarray(W[::-1, ::-1].transpose(0, 1, 3, 2)).reshape(-1, channels_in)
    made = work.array("made", (*windows.shape[:3], channels_in))
    np.matmul(copied.reshape(-1, len(turned)), turned, out=made.reshape(-1, channels_in))
    dX[:, : windows.shape[1], : windows.shape[2]] = made


@dataclass(frozen=True)
class Copy(Base):
    """numink's FastConv written a second time, so that one thing in it can be changed."""

    conv: Conv2d
    pool: tuple[int, int]
    early: bool = False
    """Bias and ReLU for all numbers, and not for the largest alone."""
    keep: bool = False
    """The windows are kept, and not copied again on the way back."""
    adding: Callable[[Array, Array, Array, Work], None] = along_rows
    reads: ClassVar[frozenset[str]] = INPUT

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X to the largest of each window of the pool, + b."""
        channels, W = self.conv.channels_out, p.W.reshape(-1, self.conv.channels_out)
        rows, columns, _ = self.conv.out_shape(X.shape[1:])
        Z = work.array("Z", (len(X), rows // 2, columns // 2, channels))
        won = [work.array(f"won {place}", Z.shape, bool) for place in range(3)]
        widest = max(len(W), self.conv.kernel[1] * channels)
        size = max(fast.BLOCK_BYTES // (4 * prod(Z.shape[1:3]) * widest * Z.itemsize), 1)
        blocks = [slice(start, min(start + size, len(Z))) for start in range(0, len(Z), size)]
        for block in blocks:
            met = self._columns(X, Z, block, work)
            candidates = work.array("candidates", (len(met), channels))
            np.matmul(met, W, out=candidates)
            if self.early:
                candidates += p.b
                np.maximum(candidates, 0, out=candidates)
            first, *others = candidates.reshape(4, *Z[block].shape)
            for other, wins in zip(others, won, strict=True):
                np.greater(other, first, out=wins[block])
                np.maximum(first, other, out=first)
            np.add(first, 0 if self.early else p.b, out=Z[block])

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            np.sum(dZ.reshape(len(dZ), -1).sum(axis=0).reshape(-1, channels), axis=0, out=g.b)
            g.W.fill(0)
            dX = work.array("dX", X.shape) if want_dX else None
            if dX is not None:
                dX.fill(0)
            for block in blocks:
                met = self._columns(X, Z, block, work, again=True)
                dcandidates, left = work.array("candidates", (len(met), channels)), dZ[block]
                first, *others = dcandidates.reshape(4, *left.shape)
                for other, wins in zip(reversed(others), reversed(won), strict=True):
                    np.multiply(left, wins[block], out=other)
                    left -= other
                np.copyto(first, left)
                dW = np.matmul(met.T, dcandidates, out=work.array("dW", W.shape))
                g.W += dW.reshape(g.W.shape)
                if dX is not None:
                    self.adding(dcandidates.reshape(2, 2, *left.shape), p.W, dX[block], work)
            return dX

        return Z, backward

    def _columns(self, X: Array, Z: Array, block: slice, work: Work, again: bool = False) -> Array:
        """The block's windows in the order of the pool's places, (windows, k_h * k_w * channels_in)."""
        k_h, k_w, channels = *self.conv.kernel, self.conv.channels_in
        n, height, width, _ = Z[block].shape
        windows = windows_of(X[block], k_h, k_w)[:, : 2 * height, : 2 * width]
        windows = windows.reshape(n, height, 2, width, 2, k_h, k_w, channels).transpose(2, 4, 0, 1, 3, 5, 6, 7)
        inner, short = k_h * k_w * channels, k_w * channels < fast.SHORTEST_RUN
        shape = (inner, 4 * n * height * width) if short else (4 * n * height * width, inner)
        columns = work.array(f"columns {block.start if self.keep else ''}", shape)
        if not (again and self.keep):
            view = windows.transpose(5, 6, 7, 0, 1, 2, 3, 4) if short else windows
            np.copyto(columns.reshape(view.shape), view)
        return columns.T if short else columns


def each_conv(make: Callable[[Conv2d, tuple[int, int]], Layer]) -> Plan:
    """numink's plan, with other layers in the place of its convolutions."""

    def arrange(plain: Sequence[Layer]) -> Sequence[Layer]:
        return [make(layer.conv, layer.pool) if isinstance(layer, FastConv) else layer for layer in plan(plain)]

    return arrange


def one_by_one(plain: Sequence[Layer]) -> Sequence[Layer]:
    """Each layer by itself; the convolutions as one product, as in numink's plan."""
    return [FastConv(layer) if isinstance(layer, Conv2d) else layer for layer in plain]


def pool_then_relu(plain: Sequence[Layer]) -> Sequence[Layer]:
    """Each layer by itself, but every max pool in front of the ReLU before it."""
    planned = list(one_by_one(plain))
    for index, layer in enumerate(planned):
        if isinstance(layer, MaxPool):
            planned[index - 1 : index + 1] = [layer, planned[index - 1]]
    return planned


def gradient_of_images(plain: Sequence[Layer]) -> Sequence[Layer]:
    """numink's plan, and the gradient of the pixels, which nobody reads."""
    first = next(index for index, layer in enumerate(plain) if layer.params())
    return [AlsoOfImages(layer) if index == first else layer for index, layer in enumerate(plan(plain))]


def channels_first(X: Array, W: Array, work: Work) -> Array:
    """A convolution in the layout (n, channels, height, width): X and Z; W (channels_out, channels_in, k_h, k_w)."""
    windows = sliding_window_view(X, W.shape[2:], axis=(2, 3)).transpose(0, 1, 4, 5, 2, 3)
    columns = work.array("columns", windows.shape)
    np.copyto(columns, windows)
    n, inner, rows, width = len(X), prod(W.shape[1:]), *windows.shape[-2:]
    Z = work.array("Z", (n, len(W), rows * width))
    return np.matmul(W.reshape(len(W), -1), columns.reshape(n, inner, -1), out=Z).reshape(n, len(W), rows, width)
