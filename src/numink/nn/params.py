"""All parameters of a network in one flat vector, and the names by which its layers know them.

A layer asks for arrays by name and shape; the network lays them end to end in one vector. A step of an
optimiser is then a few passes over one stretch of memory, a checkpoint is one array, and adding the gradients
of two shards is one addition.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]


class Views(SimpleNamespace):
    """One layer's arrays by name, such as `p.W` and `p.b`: views into a flat vector, never copies."""

    def inner(self, index: int) -> "Views":
        """The arrays of layer `index` of a branch: what is "0.W" of the branch is W of its layer 0."""
        mark = f"{index}."
        return Views(**{n.removeprefix(mark): array for n, array in vars(self).items() if n.startswith(mark)})

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Array: ...


@dataclass(frozen=True)
class Layout:
    """Where each layer's arrays lie in the flat vector.

    Arrays of two and more dimensions (weights) come first, then vectors (biases and the like), each group in the order
    of the layers, so that weight decay, which spares the biases, acts on one slice: `vector[:weights]`. What is learnt
    ends at `size`. Behind it lie the buffers, the running averages that are used but not learnt; in the vector of a
    gradient, that is the place of the statistics that they average. So one vector is all that a network knows.
    """

    shapes: tuple[Mapping[str, Shape], ...]
    buffers: tuple[Mapping[str, Shape], ...] = ()

    @cached_property
    def size(self) -> int:
        """The number of parameters that are learnt."""
        return sum(prod(shape) for layer in self.shapes for shape in layer.values())

    @cached_property
    def length(self) -> int:
        """The length of the flat vector: parameters and buffers."""
        return self.size + sum(prod(shape) for layer in self.buffers for shape in layer.values())

    @cached_property
    def weights(self) -> int:
        """How many of the first parameters are weights, the rest being biases and the like."""
        return sum(prod(shape) for layer in self.shapes for shape in layer.values() if len(shape) > 1)

    def places(self) -> Iterator[tuple[int, str, int, Shape]]:
        """Every array, in the order of the vector: its layer's index, its name, where it starts, its shape."""
        start = 0
        for group, is_weight in ((self.shapes, True), (self.shapes, False), (self.buffers, False)):
            for index, layer in enumerate(group):
                for name, shape in layer.items():
                    if (len(shape) > 1) == is_weight:
                        yield index, name, start, shape
                        start += prod(shape)

    def zeros(self, dtype: npt.DTypeLike) -> Array:
        """A flat vector (length,) of zeros: parameters and buffers, or a gradient."""
        return np.zeros(self.length, dtype)

    def views(self, vector: Array) -> Sequence[Views]:
        """`vector` (length,) by layer and name. Writing into a view writes into the vector."""
        layers = [Views() for _ in self.shapes]
        for index, name, start, shape in self.places():
            setattr(layers[index], name, vector[start : start + prod(shape)].reshape(shape))
        return layers
