"""The images of each shard: rows of the training images, or what augmentation makes of them.

Augmentation takes as long as a step of a network of dense layers. So those of the next step are made while this one
is computed, by a thread beside the crew, where there is one; what it has not begun in time, the worker who needs it
makes itself; so it is with the whole first step of an epoch, whose order is drawn only then. Each shard's randomness is
a stream of its own, so that nothing depends on who made it or when. Rows alone are copied in a hundredth of a step,
which is left to the worker.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TypeAlias

import numpy as np

from numink.crew import Crew
from numink.nn.params import Array

Rows: TypeAlias = Array | slice
"""Which images: indices, or a slice where they lie side by side."""
Place: TypeAlias = tuple[int, int, int]
"""(seed, epoch, step)."""
Key: TypeAlias = tuple[int, int, int, int]
"""(seed, epoch, step, shard)."""
Augment: TypeAlias = Callable[[Array, np.random.Generator], Array]
"""augment(images, rng) gives new images of the same shape."""


class Feed:
    """Hands out what each shard learns from: images (N, ...) uint8 and labels (N,)."""

    def __init__(self, images: Array, labels: Array, augment: Augment | None, crew: Crew) -> None:
        self.images, self.labels, self.augment, self.crew = images, labels, augment, crew
        self._begun: dict[Key, Future[Array]] = {}

    def prepare(self, shards: Sequence[Rows], place: Place) -> None:
        """Say that these shards will be asked for at the next step."""
        for part, rows in enumerate(shards):
            begun = self.crew.beside(partial(self._augmented, rows, (*place, part)))
            if begun is not None:
                self._begun[*place, part] = begun

    def take(self, rows: Rows, key: Key) -> tuple[Array, Array, Rows]:
        """Images, labels, and the rows of both that are this shard. Raises what augmentation raised."""
        if self.augment is None:
            return self.images, self.labels, rows
        begun = self._begun.pop(key, None)
        images = self._augmented(rows, key) if begun is None or begun.cancel() else begun.result()
        return images, self.labels[rows], slice(0, len(images))

    def _augmented(self, rows: Rows, key: Key) -> Array:
        assert self.augment is not None
        return self.augment(self.images[rows], np.random.default_rng([*key, *b"augment"]))
