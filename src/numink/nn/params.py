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

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Array: ...


@dataclass(frozen=True)
class Layout:
    """Where each layer's arrays lie in the flat vector.

    Arrays of two and more dimensions (weights) come first and vectors (biases) last, each group in the order of
    the layers, so that weight decay, which spares the biases, acts on one slice: `vector[:weights]`.
    """

    shapes: tuple[Mapping[str, Shape], ...]

    @cached_property
    def size(self) -> int:
        """The number of parameters."""
        return sum(prod(shape) for layer in self.shapes for shape in layer.values())

    @cached_property
    def weights(self) -> int:
        """How many of the first parameters are weights, the rest being biases."""
        return sum(prod(shape) for layer in self.shapes for shape in layer.values() if len(shape) > 1)

    def _places(self) -> Iterator[tuple[int, str, int, Shape]]:
        start = 0
        for is_weight in (True, False):
            for index, layer in enumerate(self.shapes):
                for name, shape in layer.items():
                    if (len(shape) > 1) == is_weight:
                        yield index, name, start, shape
                        start += prod(shape)

    def zeros(self, dtype: npt.DTypeLike) -> Array:
        """A flat vector (size,) of zeros: parameters, a gradient, or an optimiser's memory."""
        return np.zeros(self.size, dtype)

    def views(self, vector: Array) -> Sequence[Views]:
        """`vector` (size,) by layer and name. Writing into a view writes into the vector."""
        layers = [Views() for _ in self.shapes]
        for index, name, start, shape in self._places():
            setattr(layers[index], name, vector[start : start + prod(shape)].reshape(shape))
        return layers
