"""Scratch memory: where a pass through the network puts its intermediate results.

A layer owns no arrays, so that any number of workers can use it at once. What it needs on the way it takes
from its `work`, which belongs to one worker and one layer and is used again at every step: a training step
allocates nothing (augmentation, where there is one, aside).
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np
import numpy.typing as npt

from numink.nn.params import Array, Shape


class Randomness:
    """The random numbers of one pass: none while the network is used, reproducible ones while it is trained.

    The generator is made when a layer first asks: making one costs 9 microseconds, and most passes need none.
    """

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, key: tuple[int, ...] | None) -> None:
        """Start a pass: `key` (seed, epoch, step, shard) while training, None while using."""
        self._key = key
        self._generator: np.random.Generator | None = None

    @property
    def training(self) -> bool:
        """Whether this pass trains the network."""
        return self._key is not None

    @property
    def generator(self) -> np.random.Generator | None:
        """The pass's generator; None where the network is used and not trained."""
        if self._generator is None and self._key is not None:
            self._generator = np.random.default_rng(self._key)
        return self._generator


@dataclass
class Work:
    """The scratch memory of one worker for one layer.

    `in_place` says whether the layer may write over what it is handed: the network knows whether anybody reads
    that array again on the way back (`network.py`).
    """

    dtype: npt.DTypeLike
    in_place: bool = False
    randomness: Randomness = field(default_factory=Randomness)
    _memory: dict[str, Array] = field(default_factory=dict)
    _views: dict[str, Array] = field(default_factory=dict)
    _inner: dict[int, "Work"] = field(default_factory=dict)

    @property
    def training(self) -> bool:
        """Whether this pass trains the network: norm and the like ask it."""
        return self.randomness.training

    @property
    def rng(self) -> np.random.Generator | None:
        """A Generator while training, None while using: dropout and the like ask it."""
        return self.randomness.generator

    def array(self, name: str, shape: Shape, dtype: npt.DTypeLike | None = None) -> Array:
        """An array of this shape whose content is undefined; the same memory for the same name every time."""
        view = self._views.get(name)
        if view is None or view.shape != shape:
            view = self._views[name] = self._cut(name, shape, dtype or self.dtype)
        return view

    def over(self, X: Array) -> Array:
        """An array for a result of X's shape: X itself where nobody needs X any more, else memory of its own."""
        return X if self.in_place else self.array("out", X.shape)

    def inner(self, index: int, in_place: bool) -> "Work":
        """The scratch memory of layer `index` of a branch, which may write over its input where `in_place`."""
        work = self._inner.get(index)
        if work is None:
            work = self._inner[index] = Work(self.dtype, in_place, self.randomness)
        return work

    def _cut(self, name: str, shape: Shape, dtype: npt.DTypeLike) -> Array:
        size = prod(shape)
        memory = self._memory.get(name)
        if memory is None or memory.size < size:
            memory = self._memory[name] = np.empty(size, dtype)
        return memory[:size].reshape(shape)
