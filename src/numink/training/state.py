"""All that training knows at one moment: what a checkpoint holds, and so what a resumed run starts from.

Randomness is no part of it: every random number is drawn from a generator that is seeded by [seed, epoch, step,
shard], so that a place in the training is enough to draw it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isnan
from typing import Any

from numink.nn.params import Array

COLUMNS = (
    "epoch",
    "step",
    "seconds",
    "learning_rate",
    "loss",
    "accuracy",
    "validation_loss",
    "validation_accuracy",
)
"""The columns of the history: one row for each epoch. loss and accuracy are means over the epoch's batches, as
they were when each was used; seconds count from the first batch."""

VECTORS = ("theta", "best_theta", "memory", "average")
"""The fields of the state that are vectors; all others are numbers, texts and lists of them."""


@dataclass
class TrainState:
    """Where a training stands."""

    theta: Array
    """The parameters and, behind them, the buffers (length,), changed in place."""
    memory: Mapping[str, Array]
    """The optimiser's vectors (size,), one number for each parameter, changed in place."""
    best_theta: Array
    """What `used` was after the epoch with the best accuracy on the validation images so far."""
    average: Array | None = None
    """The average of theta over the steps so far (length,), changed in place; None where none is taken."""
    epoch: int = 0
    """Epochs completed."""
    step: int = 0
    """Steps completed in this epoch."""
    steps: int = 0
    """Steps completed in all."""
    loss_sum: float = 0.0
    """Sum over this epoch's steps of each batch's loss times its images."""
    right: int = 0
    """How many of this epoch's images so far were recognised."""
    seen: int = 0
    """How many images this epoch has seen so far."""
    seconds: float = 0.0
    """Wall clock from the first batch on, all sessions of a resumed run together."""
    best_epoch: int = 0
    best_accuracy: float = -1.0
    stop: str | None = None
    """Why training is to stop after this step; a callback sets it."""
    diverged: bool = False
    """Whether it stopped because the loss was no longer finite."""
    history: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    @property
    def used(self) -> Array:
        """The weights that are judged on the validation images, and kept: their average, where one is taken."""
        return self.theta if self.average is None else self.average

    def arrays(self) -> dict[str, Array]:
        """The vectors by name, for a checkpoint."""
        memory = {f"memory.{name}": vector for name, vector in self.memory.items()}
        average = {} if self.average is None else {"average": self.average}
        return {"theta": self.theta, "best_theta": self.best_theta, **memory, **average}

    def numbers(self) -> dict[str, Any]:
        """All the rest, as JSON can hold it."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in VECTORS}

    def history_csv(self) -> str:
        """The history as a table: a line of names, and one for each epoch."""
        rows = zip(*(self.history[name] for name in COLUMNS), strict=True)
        return "".join(f"{line}\n" for line in (",".join(COLUMNS), *map(_cells, rows)))

    def restore(self, arrays: Mapping[str, Array], numbers: Mapping[str, Any]) -> None:
        """Take over what `arrays()` and `numbers()` gave. The vectors' memory stays where it is."""
        for name, vector in self.arrays().items():
            vector[:] = arrays[name]
        for name, value in numbers.items():
            setattr(self, name, value)


def _cells(row: tuple[float, ...]) -> str:
    return ",".join("" if isnan(value) else f"{value:.9g}" for value in row)
