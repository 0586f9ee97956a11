"""The doctor's checks while a network learns: one line when something is wrong, and silence otherwise.

Nothing that it does reaches the training: it reads weights and figures, and draws no random numbers of the run's.
"""

from collections.abc import Callable
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from numink.data.digits import Part
from numink.recipe import Recipe
from numink.training.callbacks import INTERRUPTED, Callback
from numink.training.diagnose import diagnose
from numink.training.evidence import Evidence
from numink.training.finding import Finding
from numink.training.probe import Probe, probe
from numink.training.vitals import QUICK, THOROUGH, Batch, Vitals, sample, vitals

if TYPE_CHECKING:
    from numink.training.trainer import Trainer

SOON, BETWEEN = 2_000, 60_000
"""Images learned from before the second look, and at most between two looks. A look costs as much as learning from 100
to 400 images (measured): about a tenth of a run over 15,000 images, which is some milliseconds, and below 1 % of one
over a million. Only what it suspects is looked at thoroughly, which costs as much as some thousand images."""
SCORED = 1000
"""Images of each part that a suspicion of overfitting is tested on."""
FAILS, READS = 0.3, 0.6
"""A model that is right in so few images does not know them as they are; in so many, it knows them."""


class Watch(Callback):
    """Looks at the network after the first step and then ever more seldom; `say` hears each finding once."""

    def __init__(self, say: Callable[[str], None], recipe: Recipe) -> None:
        self.say, self.recipe = say, recipe
        self.said: set[str] = set()

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Look at the weights of the start, where this is the start."""
        self._next = 0
        self._start = self._look(trainer, QUICK) if trainer.state.steps == 0 else None
        self._losses: list[float] = []
        if self._start and self._start.accuracy < FAILS:
            self._ask_inverted(trainer, self._start.accuracy)
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
        self._tell(trainer)

    def on_train_end(self, trainer: "Trainer") -> None:
        """The last look."""
        if trainer.state.steps and not trainer.state.diverged:
            self._tell(trainer)

    def _tell(self, trainer: "Trainer") -> None:
        if self._new(trainer, QUICK):
            for finding in self._new(trainer, THOROUGH):
                self.said.add(finding.name)
                self.say(f"{finding.seen}: {finding.change}")

    def _new(self, trainer: "Trainer", most: tuple[int, int]) -> list[Finding]:
        """The causes that have not been said yet, as so many images show them."""
        state, history = trainer.state, trainer.state.history
        judged = [accuracy for accuracy in history["validation_accuracy"] if not isnan(accuracy)]
        now = [(state.loss_sum / state.seen, state.right / state.seen)] if state.seen else []  # of an epoch's part
        learned, best = (history["accuracy"][-1], max(judged)) if judged else (nan, nan)
        if judged and most == THOROUGH:  # the epoch's figure is of other weights, batch by batch
            learned, best = (self._scored(trainer, part) for part in (trainer.train, trainer.validation))
        evidence = Evidence(
            recipe=self.recipe,
            losses=[*self._losses, *history["loss"], *(loss for loss, _ in now)],
            accuracy=[*(accuracy for _, accuracy in now), *history["accuracy"][-1:], *judged][-1],
            chance=self._chance,
            steps=state.steps,
            all_steps=trainer.all_steps,
            now=self._look(trainer, most),
            longer=lambda: self._probe(trainer, most),
            start=self._start,
            learned=learned,
            best=best,
            images=(min(len(trainer.train), SCORED), min(len(trainer.validation), SCORED)),
            ended=state.stop if state.stop and state.stop != INTERRUPTED else "",
        )
        return [finding for finding in diagnose(evidence) if not finding.after and finding.name not in self.said]

    def _ask_inverted(self, trainer: "Trainer", plain: float) -> None:
        """Whether a model that training goes on from knows the images, but with ink and paper exchanged."""
        images, labels, key = _batch(trainer, QUICK)
        inverted = vitals(trainer.network, trainer.state.theta, 255 - images, labels, key).accuracy
        if inverted > READS:
            self.say(
                f"opposite polarity: the model to go on from reads {plain:.0%} of the training images "
                f"as they are, and {inverted:.0%} with ink and paper exchanged: give it 255 - pixel"
            )

    def _probe(self, trainer: "Trainer", most: tuple[int, int]) -> Probe:
        """What longer steps would do; once it was said, what they would have done then, for it costs much."""
        if "learning rate too small" not in self.said:
            batch = _batch(trainer, most)
            self._longer = probe(trainer.network, trainer.state.theta, trainer.settings, *batch)
        return self._longer

    def _scored(self, trainer: "Trainer", part: Part) -> float:
        """The accuracy now, without dropout and augmentation, on some images of a part."""
        images, labels, _ = sample(
            trainer.network, part.images, np.asarray(part.labels), (SCORED, SCORED), trainer.seed
        )
        return trainer.judge(images, labels)[1]

    def _look(self, trainer: "Trainer", most: tuple[int, int]) -> Vitals:
        return vitals(trainer.network, trainer.state.theta, *_batch(trainer, most))


def _batch(trainer: "Trainer", most: tuple[int, int]) -> Batch:
    return sample(trainer.network, trainer.feed.images, trainer.feed.labels, most, trainer.seed)
