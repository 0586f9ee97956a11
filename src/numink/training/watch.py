"""The doctor's checks while a network learns: one line when something is wrong, and silence otherwise.

Nothing that it does reaches the training: it reads weights and figures, and draws no random numbers of the run's.
"""

from collections.abc import Callable
from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from numink.nn.params import Array
from numink.training.callbacks import Callback
from numink.training.diagnose import Evidence, diagnose
from numink.training.finding import Finding
from numink.training.probe import probe
from numink.training.vitals import Vitals, vitals

if TYPE_CHECKING:
    from numink.training.trainer import Trainer

FEW, MORE = 64, 1024
"""Training images for a look, and for the second one before anything is said: by chance a unit is silent for a few."""
SOON, BETWEEN = 2_000, 40_000
"""Images learned from before the second look, and at most between two looks. A look costs as much as learning from
about 400 images: all of them together cost 1 to 2 % of the training."""


class Watch(Callback):
    """Looks at the network after the first step and then ever more seldom; `say` hears each finding once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.said: set[str] = set()

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Look at the weights of the start, where this is the start."""
        self._next = 0
        self._start = self._look(trainer, FEW) if trainer.state.steps == 0 else None
        self._losses: list[float] = []
        self._chance = float(np.bincount(trainer.feed.labels).max() / len(trainer.train))

    def on_step_end(self, trainer: "Trainer") -> None:
        """Look, where enough images have been learned from since the last time."""
        state = trainer.state
        if state.steps == 1:  # the loss of the start, on the whole first batch
            self._losses = [state.loss_sum / state.seen]
        learned = state.epoch * len(trainer.train) + state.seen
        if learned < self._next or state.diverged:
            return
        self._next = min(max(4 * learned, SOON), learned + BETWEEN)
        if self._new(trainer, FEW):
            for finding in self._new(trainer, MORE):
                self.said.add(finding.name)
                self.say(f"{finding.seen}: {finding.change}")

    def _new(self, trainer: "Trainer", images: int) -> list[Finding]:
        """The causes that have not been said yet, as so many images show them."""
        state, history = trainer.state, trainer.state.history
        judged = history["validation_accuracy"][-1:]
        evidence = Evidence(
            settings=trainer.settings,
            losses=[*self._losses, *history["loss"], state.loss_sum / state.seen],
            accuracy=judged[0] if judged and not isnan(judged[0]) else state.right / state.seen,
            chance=self._chance,
            steps=state.steps,
            progress=state.steps / trainer.all_steps,
            now=self._look(trainer, images),
            longer=lambda: probe(trainer.network, state.theta, trainer.settings, *_batch(trainer, images)),
            start=self._start,
        )
        return [finding for finding in diagnose(evidence) if not finding.after and finding.name not in self.said]

    def _look(self, trainer: "Trainer", images: int) -> Vitals:
        return vitals(trainer.network, trainer.state.theta, *_batch(trainer, images))


def _batch(trainer: "Trainer", images: int) -> tuple[Array, Array, tuple[int, ...]]:
    """Images and labels, evenly from all that there are, and a key for the dropout of this look alone."""
    count = len(trainer.train)
    rows = np.linspace(0, count - 1, min(images, count)).astype(int)
    return trainer.feed.images[rows], trainer.feed.labels[rows], (trainer.seed, *b"watch")
