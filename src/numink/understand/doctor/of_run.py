"""The course of a run, from its folder: history, last weights, and the steps that it did not take."""

import csv
from math import isfinite
from pathlib import Path

import numpy as np

from numink.crew import Crew
from numink.data.augment import parse
from numink.data.digits import CLASSES, Digits
from numink.errors import RunError
from numink.model import initial_weights, network_of
from numink.nn.residual import Residual
from numink.run import CHECKPOINT, HISTORY
from numink.training.callbacks import INTERRUPTED, Callback
from numink.training.checkpoint import load_checkpoint
from numink.training.evidence import Evidence
from numink.training.probe import Probe, probe
from numink.training.record import Record
from numink.training.state import COLUMNS
from numink.training.trainer import Trainer
from numink.training.vitals import THOROUGH, Vitals, sample, vitals
from numink.understand.doctor.other_rates import try_other_rates

REPLAYED, WORK = 50, 8e9
"""Steps of an unfinished run that are taken again, to see whether they lead anywhere: so many, or fewer where they are
so many multiplications forwards, which is about two seconds."""

History = dict[str, list[float]]


def course(folder: Path, record: Record, digits: Digits | None, unseen: list[str]) -> Evidence | None:
    """What the diagnoses ask about the run in this folder: None where it left no trace.

    Without digits the history alone is looked at. `unseen` hears what could not be.
    """
    history = _history(folder / HISTORY, unseen)
    if digits is None or digits.train.labels is None:
        return _by_history(record, history) if history["loss"] else None
    theta = initial_weights(record.recipe, record.pixels, record.facts.seed)
    start = None if record.facts.start else theta.copy()
    network, settings = network_of(record.recipe, record.pixels), record.recipe.train
    augment = parse(record.recipe.data.augment) if record.recipe.data.augment else None
    with Crew(1) as crew:
        trainer = Trainer(
            network, settings, digits.train, digits.validation, theta, record.facts.seed, crew, augment=augment
        )
        try:
            load_checkpoint(folder / CHECKPOINT, trainer.state)
        except RunError as error:
            unseen.append(f"the last weights: {error}")
            return _by_history(record, history) if history["loss"] else None
        if len(history["loss"]) < len(trainer.state.history["loss"]):
            history = {name: list(column) for name, column in trainer.state.history.items()}
        batch = sample(network, digits.train.images, digits.train.labels, THOROUGH, record.facts.seed)
        last = trainer.state.theta.copy()
        begun = vitals(network, start, *batch) if start is not None else None
        now = vitals(network, last, *batch)
        steps, stop = trainer.state.steps, trainer.state.stop
        broken = _broken(history, bool(len(digits.validation))) or _replayed(trainer, unseen)
    if any(isinstance(layer, Residual) for layer in network.layers):
        unseen.append("inside the residual branches: of each as a whole, its gradient is known")
    parts = (digits.train, digits.validation)
    # The first epoch's loss is that of the start where the epoch is one step; else it is well on its way already.
    losses = [begun.loss] if begun and trainer.steps_per_epoch > 1 else []
    losses += history["loss"] or [now.loss]
    return Evidence(
        recipe=record.recipe,
        losses=losses,
        accuracy=_accuracy(history, now.accuracy),
        chance=float(np.bincount(digits.train.labels).max() / len(digits.train)),
        steps=steps,
        all_steps=trainer.all_steps,
        now=now,
        longer=lambda: probe(network, last, settings, *batch),
        start=begun,
        broken=broken,
        ended=stop if stop and stop != INTERRUPTED else "",
        others=lambda: (
            None
            if start is None
            else try_other_rates(network, settings, parts, start, record.facts.seed, steps, augment)
        ),
    )


def _by_history(record: Record, history: History) -> Evidence:
    """The same where the images are not at hand."""
    train, steps = record.recipe.train, int(history["step"][-1])
    all_steps = train.iterations or train.epochs * steps // len(history["loss"])
    nothing = Vitals(history["loss"][-1], history["accuracy"][-1], 1.0, ())
    return Evidence(
        recipe=record.recipe,
        losses=history["loss"],
        accuracy=_accuracy(history, nothing.accuracy),
        chance=1 / CLASSES,
        steps=steps,
        all_steps=all_steps,
        now=nothing,
        longer=lambda: Probe(1, nothing.loss, nothing.loss),
        broken=_broken(history, record.recipe.data.validation > 0),
    )


def _history(path: Path, unseen: list[str]) -> History:
    """The columns of history.csv; empty ones where there is none, as of a run that was killed."""
    columns: History = {name: [] for name in COLUMNS}
    if not path.is_file():
        return columns
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                numbers = [float(row[name] or "nan") for name in COLUMNS]
                for name, number in zip(COLUMNS, [int(row["epoch"]), int(row["step"]), *numbers[2:]], strict=True):
                    columns[name].append(number)
        if columns["step"] != sorted({step for step in columns["step"] if step > 0}):
            raise ValueError("its steps do not go up from row to row")
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        unseen.append(f"the history: {path} is not as numink writes it ({error})")
        return {name: [] for name in COLUMNS}
    return columns


def _accuracy(history: History, otherwise: float) -> float:
    """The last on the validation images; on training images where there are none."""
    known = [history[name][-1] for name in ("validation_accuracy", "accuracy") if history[name]]
    return next((accuracy for accuracy in known if isfinite(accuracy)), otherwise)


def _broken(history: History, validated: bool) -> str:
    """When the loss was no longer finite, a clause; empty where it always was."""
    for epoch, (loss, judged) in enumerate(zip(history["loss"], history["validation_loss"], strict=True), start=1):
        if not (isfinite(loss) and (isfinite(judged) or not validated)):
            return f"the loss was {history['loss'][0]:.3g} in epoch 1, and no longer finite after epoch {epoch}"
    return ""


def _replayed(trainer: Trainer, unseen: list[str]) -> str:
    """What the next steps of a run that did not come to its end would lead to, where that is no number."""
    state = trainer.state
    if state.steps >= trainer.all_steps or state.stop not in (None, INTERRUPTED):
        return ""
    steps = min(REPLAYED, int(WORK / (trainer.network.multiplications * trainer.batch_size)))
    if not steps:
        unseen.append("the steps after the last checkpoint: one of them takes too long to try it")
        return ""
    state.stop = None
    trainer.run([_StopAfter(steps)])
    return f"{state.stop} after step {state.steps}, of {trainer.all_steps:,}" if state.diverged else ""


class _StopAfter(Callback):
    """Stops a training after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def on_step_end(self, trainer: Trainer) -> None:
        """Count."""
        self.left -= 1
        if not self.left:
            trainer.state.stop = "enough"
