"""What the diagnoses are told of a training, and what that comes to: does it suffer, does the loss move or jump?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan, sqrt

from numink.recipe import Recipe, Train
from numink.training.probe import Probe
from numink.training.vitals import Vitals

POOR = 0.5
"""Accuracy below which a training suffers: what hurts nobody is no fault. Tiny healthy networks pass it soon."""
GOOD = 0.9
"""Accuracy above which not even dead or saturated units hurt, nor a rate that is not the best."""
EARLY, FEW_STEPS = 0.25, 20
"""Before this share of the steps, and so many, it is too early to say that nothing moves: schedules begin with small
rates."""
HARDLY = 0.3
"""A loss that loses less than this share of itself in a whole training hardly moves."""
JUMP = 1.05
"""A loss that is so many times the one before has jumped: the noise of batches is smaller (measured: 2 %, and 8 %
where the loss is next to nothing, where the falls outweigh it a hundred times)."""
BLOWN_UP, LARGE = 3.0, 1.0
"""So many times its start a loss does not reach by chance, where that is more than small change. A start below the
second is that of a network that had learned already: then the loss cannot fall, and goes up and down a little."""
DEVIATIONS, CLEARLY = 3, 0.1
"""So many standard deviations are no chance; and by so much another rate must do better, with fewer steps."""


@dataclass(frozen=True)
class Tried:
    """Another learning rate, after a few steps from the start that the run had."""

    rate: float
    steps: int
    accuracy: float


@dataclass(frozen=True)
class Evidence:
    """What is known of a training: all of it at hand while it runs, and in its folder afterwards."""

    recipe: Recipe
    losses: Sequence[float]
    """The mean loss of each epoch, the first before the others; that of the first batch before them, if known."""
    accuracy: float
    """On validation images, or where there are none, on training images."""
    chance: float
    """The share of the commonest class."""
    steps: int
    """Taken so far."""
    all_steps: int
    now: Vitals
    longer: Callable[[], Probe]
    """What longer steps would do (probe.py); called only where the loss hardly moves."""
    start: Vitals | None = None
    """At the first step; None where nobody knows."""
    broken: str = ""
    """Where the loss is no longer finite: when that was, a clause."""
    learned: float = nan
    """The accuracy on training images, of the last epoch or by the weights that are kept."""
    best: float = nan
    """The accuracy on validation images by the best weights."""
    images: tuple[int, int] = (0, 0)
    """How many training and validation images gave these two."""
    ended: str = ""
    """Why it stopped by itself before all steps were taken, as early stopping does; empty where it did not."""
    others: Callable[[], Tried | None] = lambda: None
    """The best of some other rates; called only where the accuracy is not good, and None where that takes long."""

    @property
    def settings(self) -> Train:
        """How the weights are found."""
        return self.recipe.train

    @property
    def progress(self) -> float:
        """The share of the steps that were taken; all of them, where it stopped by itself."""
        return 1.0 if self.ended else self.steps / self.all_steps

    @property
    def judged(self) -> bool:
        """Whether it has come far enough to be judged by its accuracy."""
        return self.progress >= EARLY and self.steps >= FEW_STEPS

    @property
    def poor(self) -> bool:
        """Whether the training suffers from something."""
        return bool(self.broken) or (self.judged and self.accuracy < POOR)

    @property
    def hardly_moves(self) -> bool:
        """Whether the loss, at this pace, will have lost next to nothing at the end."""
        first, last = self.losses[0], self.losses[-1]
        return self.poor and first - last < HARDLY * first * self.progress

    @property
    def rises(self) -> list[tuple[float, float]]:
        """Losses with the next one, where that is so much larger that the noise of batches does not explain it."""
        small = max(self.losses[0], LARGE) / 10
        pairs = zip(self.losses, self.losses[1:], strict=False)
        return [(before, after) for before, after in pairs if after > max(JUMP * before, before + small)]

    @property
    def jumps(self) -> bool:
        """Whether the loss goes up about as much as it goes down, or went far above its start."""
        fallen = sum(max(before - after, 0) for before, after in zip(self.losses, self.losses[1:], strict=False))
        up_and_down = len(self.rises) > 1 and sum(after - before for before, after in self.rises) > fallen / 2
        blown_up = max(self.losses) > max(BLOWN_UP * self.losses[0], LARGE)
        return up_and_down or (blown_up and (self.poor or self.losses[-1] > self.losses[0]))

    @cached_property
    def better(self) -> Tried | None:
        """Another rate with which a few steps lead clearly farther than this training came."""
        most = max(self.accuracy, self.best)  # in this order, for the second may be nan
        if self.broken or not self.judged or most > GOOD or (tried := self.others()) is None:
            return None
        deviation = sqrt(2 * most * (1 - most) / min(self.images)) if all(self.images) else 0.0
        return tried if tried.accuracy - most > max(CLEARLY, DEVIATIONS * deviation) else None
