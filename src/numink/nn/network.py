"""The network: a chain of layers and a loss, and the workers that take batches through it and back.

The network itself is sizes only: it can be shared by any number of workers. A worker owns the scratch memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeAlias

import numpy as np

from numink.nn import chain
from numink.nn.layers import Layer
from numink.nn.losses import Loss
from numink.nn.params import Array, Layout, Shape, Views
from numink.nn.plan import plan
from numink.nn.work import Randomness, Work

# backward(dZ, g, want_dX) for the whole chain; want_dX asks for the gradient of the images.
BackwardAll: TypeAlias = Callable[..., Array | None]

# One piece of a shard: few enough rows that memory stays small, whatever the batch (but where the network normalises: a
# shard is one piece there), and enough that the matrix products and not Python take the time, for two threads meet at
# Python's lock between the products. Full batch of 784-10-10 on two cores: 52 ms a step with pieces of 128 rows, 35
# with 256, 27 with 512, 25 with 1024, 23 with 2048, no less with 4096.
PIECE_BYTES = 1 << 23
SMALLEST_PIECE, LARGEST_PIECE = 64, 2048


@dataclass(frozen=True)
class Network:
    """Layers from uint8 images to Z (n, classes), and the loss that judges Z.

    `in_shape` is one image's, such as (28, 28).
    """

    layers: tuple[Layer, ...]
    loss: Loss
    in_shape: Shape
    dtype: str = "float32"

    @cached_property
    def layout(self) -> Layout:
        """Where the parameters lie in the flat vector."""
        params = tuple(layer.params() for layer in self.layers)
        return Layout(params, tuple(layer.buffers() for layer in self.layers))

    @cached_property
    def plan(self) -> tuple[Layer, ...]:
        """The layers that are really run: the same network, arranged to be fast (plan.py)."""
        return plan(self.layers)

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape of one example before the first layer, between the layers and after the last.

        Raises RecipeError where a layer does not fit what comes.
        """
        shapes = [self.in_shape]
        for layer in self.layers:
            shapes.append(layer.out_shape(shapes[-1]))
        return tuple(shapes)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return self.shapes[-1][0]

    @cached_property
    def multiplications(self) -> int:
        """How many multiplications the matrix products of one image take on the way forward."""
        return sum(places * inputs * outputs for places, inputs, outputs in self._products())

    @cached_property
    def normalises(self) -> bool:
        """Whether a layer takes statistics of the images that are worked on together."""
        return self.layout.length > self.layout.size

    @cached_property
    def piece(self) -> int:
        """How many examples are worked on at once: a power of two, fixed by the sizes and not by the machine."""
        made = sum(places * (inputs + 2 * outputs) for places, inputs, outputs in self._products())
        row_bytes = (prod(self.in_shape) + made) * np.dtype(self.dtype).itemsize
        fitting = max(PIECE_BYTES // row_bytes, 1)
        return min(max(1 << (fitting.bit_length() - 1), SMALLEST_PIECE), LARGEST_PIECE)

    def _products(self) -> Iterator[tuple[int, int, int]]:
        """The matrix products for one image: places where it is done, numbers in, numbers out at each."""
        for layer, shape in zip(self.layers, self.shapes[1:], strict=True):
            for weights in layer.params().values():
                if len(weights) > 1:
                    yield prod(shape[:-1]), prod(weights[:-1]), weights[-1]

    @cached_property
    def in_place(self) -> tuple[bool, ...]:
        """For each layer of the plan, and last for the loss, whether it may write over its input (chain.py)."""
        return chain.in_place(self.plan)

    def worker(self) -> "Worker":
        """A new worker, with scratch memory of its own."""
        return Worker(self)

    def right(self, Z: Array, y: Array) -> int:
        """How many of the outputs Z (n, classes) are right: the class y (n,) stands out.

        Where y says none of the classes (losses.py), right is what gives none of them more than one half.
        """
        right = int(np.count_nonzero(Z.argmax(axis=1) == y))
        undecided = Z[y == self.classes]  # a copy, which the loss may write over
        if len(undecided):
            right += int(np.count_nonzero(self.loss.probabilities(undecided).max(axis=1) <= 0.5))
        return right

    def logits(self, images: Array, p: Sequence[Views], worker: "Worker") -> Array:
        """Z (n, classes) for images (n, height, width) uint8, piece by piece, as the network is used."""
        Z = np.empty((len(images), self.classes), self.dtype)
        for start in range(0, len(images), self.piece):
            piece = slice(start, start + self.piece)
            Z[piece], _ = worker.forward(images[piece], p)
        return Z


class Gradient:
    """One shard's share of a step: the sums over its examples of the gradient, of the loss, and of right answers."""

    def __init__(self, network: Network) -> None:
        self.vector = network.layout.zeros(network.dtype)
        self.views = network.layout.views(self.vector)
        self.loss = 0.0
        self.right = 0


class Worker:
    """Takes images through the network and gradients back, in scratch memory of its own: for one thread at a time."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._randomness = Randomness()
        *in_place, over_Z = network.in_place
        self._works = [Work(network.dtype, allowed, self._randomness) for allowed in in_place]
        self.loss_work = Work(network.dtype, over_Z)
        self._images = Work(np.uint8)
        self._passes = 0
        sizes = [len(layer.params()) for layer in network.layers]
        self._first_to_learn = next((index for index, size in enumerate(sizes) if size), len(sizes))

    @cached_property
    def _piece(self) -> Gradient:
        return Gradient(self.network)

    def forward(
        self, images: Array, p: Sequence[Views], key: tuple[int, ...] | None = None
    ) -> tuple[Array, BackwardAll]:
        """Z (n, classes) for images (n, ...) uint8, and the function that takes dZ back.

        `key` seeds the randomness of training (dropout); None uses the network. Z and all that backward reads are
        scratch memory: they live until this worker's next forward, and a backward called after that raises.
        """
        self._randomness.begin(key)
        return self._forward(images, p)

    def _forward(self, X: Array, p: Sequence[Views]) -> tuple[Array, BackwardAll]:
        self._passes += 1
        this_pass = self._passes
        X, way_back = chain.forward(self.network.plan, X, p, self._works)
        Z = self.loss_work.over(X)  # what the loss will write over
        if Z is not X:
            np.copyto(Z, X)

        def backward(dZ: Array, g: Sequence[Views], want_dX: bool = False) -> Array | None:
            """Fill g from dZ, which is written over; where it is wanted, return the gradient of the images."""
            if this_pass != self._passes:
                raise RuntimeError("backward was called after another forward of the same worker")
            first = 0 if want_dX else self._first_to_learn  # nothing below it has parameters
            return chain.backward(way_back, dZ, g, want_dX, first)

        return Z, backward

    def gradient(
        self,
        images: Array,
        labels: Array,
        rows: Array | slice,
        batch: int,
        p: Sequence[Views],
        key: tuple[int, ...],
        into: Gradient,
    ) -> None:
        """The gradient of one shard, worked through in pieces that are added in order.

        In one piece where the network normalises: its statistics are those of the shard.

        images (N, ...) uint8, labels (N,): all of them; `rows` are this shard's: indices, or a slice where they lie
        side by side. `batch` is the size of the whole batch, by which everything is divided.
        """
        self._randomness.begin(key)
        count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        into.loss, into.right = 0.0, 0
        if count == 0:
            into.vector[:] = 0
        size = max(count, 1) if self.network.normalises else self.network.piece
        for start in range(0, count, size):
            U, y = self._take(images, labels, rows, start, min(start + size, count))
            Z, backward = self._forward(U, p)
            into.right += self.network.right(Z, y)
            loss, dZ = self.network.loss(Z, y, batch, self.loss_work)
            into.loss += loss
            if start == 0:
                backward(dZ, into.views)
            else:
                backward(dZ, self._piece.views)
                into.vector += self._piece.vector

    def _take(self, images: Array, labels: Array, rows: Array | slice, start: int, stop: int) -> tuple[Array, Array]:
        if isinstance(rows, slice):
            piece = slice(rows.start + start, rows.start + stop)
            return images[piece], labels[piece]
        chosen = rows[start:stop]
        U = self._images.array("U", (stop - start, *images.shape[1:]))
        # mode="clip" lets take write straight into U; the indices are always valid
        return np.take(images, chosen, axis=0, out=U, mode="clip"), labels[chosen]
