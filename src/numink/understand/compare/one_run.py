"""One run of a comparison: trained in a process of its own, judged, its figures left in a file beside its folder."""

import csv
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

from numink.data.digits import Digits, Part
from numink.errors import RunError, TrainingError
from numink.files import write_text
from numink.model import Model
from numink.recipe import Recipe
from numink.run import HISTORY, RECIPE, begin, resume
from numink.training.callbacks import INTERRUPTED, Callback
from numink.training.record import read_record

if TYPE_CHECKING:
    from numink.training.trainer import Trainer

SECONDS_BETWEEN = 0.1

Source: TypeAlias = tuple[tuple[str, ...], str]
"""What digits are read by: the names of the sources, and what becomes of empty cells."""


@dataclass(frozen=True)
class Job:
    """A run that a comparison is to make, or has made."""

    variant: str
    recipe: Recipe
    seed: int
    folder: Path

    @property
    def figures(self) -> Path:
        """The file that tells what became of it."""
        return self.folder.with_name(f"{self.folder.name}.json")


@dataclass(frozen=True)
class PartFigures:
    """How well a run's network reads one part of the digits."""

    images: int
    accuracy: float
    squared_error: float
    """Summed over images and classes: probabilities against one-hot labels."""
    cross_entropy: float
    """The mean, in nats."""

    @property
    def squared_error_per_image(self) -> float:
        """So that parts of different sizes can be compared."""
        return self.squared_error / self.images


@dataclass(frozen=True)
class RunFigures:
    """What a run came to, with the weights that it keeps: those of the best epoch on the validation images."""

    variant: str
    seed: int
    parameters: int
    epochs: int
    steps: int
    seconds: float
    """Of training, in a process beside others: it depends on how many work at once."""
    data: str
    fingerprint: str
    """Of the data before they were split, the same for all seeds."""
    version: str
    """numink's."""
    arithmetic: str
    """The libraries that did the matrix products, as blas.py describes them."""
    final: float | None
    """The accuracy on the validation images after the last epoch; the other figures are of the best one."""
    training: PartFigures
    validation: PartFigures | None
    test: PartFigures | None

    @property
    def made_with(self) -> str:
        """By what its numbers are decided to the last bit."""
        return f"numink {self.version}, {self.arithmetic}"


@dataclass(frozen=True)
class RunFailure:
    """A run that has no figures: the kind of the error, and what it said."""

    variant: str
    seed: int
    kind: str
    line: str


def source_of(recipe: Recipe) -> Source:
    """What the digits of this recipe are read by."""
    return recipe.data.sources, recipe.data.missing


def train_one(data: Mapping[Source, Digits], job: Job, say: Callable[[float], bool]) -> RunFigures:
    """Begin the run or go on with it, judge its network on all parts, and write its figures.

    data: the digits of every recipe, not split yet. say(share of the steps done): False where the run is to stop.
    """
    whole, settings = data[source_of(job.recipe)], job.recipe.data
    digits = whole.split(settings.validation, job.seed, settings.stratify)
    watch = [_Watch(say)]
    try:
        if (job.folder / RECIPE).exists():
            ended = resume(job.folder, workers=1, callbacks=watch, digits=digits)
        else:
            ended = begin(job.recipe, digits, seed=job.seed, workers=1, out=job.folder, callbacks=watch)
    except TrainingError as error:  # it would diverge again
        _write(job, {"failed": {"kind": type(error).__name__, "line": str(error)}})
        raise
    if ended.interrupted:
        raise RunError("it was interrupted; the same command goes on with it")
    training = _judged(ended.model, digits.train)
    assert training is not None
    figures = RunFigures(
        job.variant,
        job.seed,
        ended.model.parameters,
        ended.state.epoch,
        ended.state.steps,
        round(ended.state.seconds, 3),
        whole.name,
        whole.fingerprint,
        **_told_by(job.folder),
        training=training,
        validation=_judged(ended.model, digits.validation),
        test=_judged(ended.model, digits.test),
    )
    _write(job, {"figures": asdict(figures)})
    return figures


def known(job: Job) -> RunFigures | RunFailure | None:
    """What became of the run, where that is settled already."""
    with suppress(OSError, ValueError, KeyError, TypeError, RunError):  # half a file, or none: the run tells it again
        found = json.loads(job.figures.read_text("utf-8"))
        if not (job.folder / RECIPE).exists():  # whoever deletes a run wants it anew
            return None
        if failed := found.get("failed"):
            return RunFailure(job.variant, job.seed, str(failed["kind"]), str(failed["line"]))
        if not (job.folder / HISTORY).exists():
            return None
        figures = found["figures"]
        figures |= {} if "final" in figures else _told_by(job.folder)  # the first comparisons did not store it
        parts = {part: figures[part] and PartFigures(**figures[part]) for part in ("training", "validation", "test")}
        return RunFigures(**figures | parts | {"variant": job.variant})
    return None


def _told_by(folder: Path) -> dict[str, Any]:
    """What else a run's figures say, from the run's own files."""
    facts = read_record(folder / RECIPE)[0].facts
    *_, last = csv.DictReader((folder / HISTORY).read_text("utf-8").splitlines())
    final = float(last["validation_accuracy"]) if last["validation_accuracy"] else None
    return {"version": facts.version, "arithmetic": facts.arithmetic, "final": final}


def _write(job: Job, outcome: dict[str, Any]) -> None:
    write_text(job.figures, json.dumps(outcome, indent=1) + "\n")


def _judged(model: Model, part: Part | None) -> PartFigures | None:
    if part is None or part.labels is None or not len(part):
        return None
    scores = model.test(part)
    return PartFigures(scores.images, scores.accuracy, scores.squared_error, scores.loss)


class _Watch(Callback):
    """Tells how far the training is, and stops it where nobody listens any more."""

    def __init__(self, say: Callable[[float], bool]) -> None:
        self.say, self._said = say, 0.0

    def on_step_end(self, trainer: "Trainer") -> None:
        """Ten times a second at most."""
        if perf_counter() - self._said >= SECONDS_BETWEEN:
            self._said = perf_counter()
            if not self.say(trainer.state.steps / trainer.all_steps):
                trainer.state.stop = trainer.state.stop or INTERRUPTED
