"""One training run from recipe to report: what `numink train` and `numink.train` call.

A run is a folder: recipe.toml (with seed, version and the data's fingerprint, all that resuming needs),
checkpoint.safetensors, history.csv, model.safetensors, report.html.
"""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from numink import __version__, blas
from numink import recipe as recipes
from numink.data import sources
from numink.data.digits import Digits
from numink.data.download import Progress
from numink.data.table import Missing
from numink.errors import RecipeError, RunError, TrainingError
from numink.files import write_text
from numink.model import Model, network_of
from numink.nn.init import initialise
from numink.nn.layers import Pixels
from numink.recipe import Recipe
from numink.training.callbacks import INTERRUPTED, Callback, Checkpoint, EarlyStop, Interrupt
from numink.training.checkpoint import load_checkpoint
from numink.training.state import COLUMNS, TrainState
from numink.training.trainer import Trainer
from numink.training.workers import Crew, processors

if TYPE_CHECKING:
    from numink.nn.params import Array
    from numink.scores import Scores

RECIPE, CHECKPOINT, HISTORY = "recipe.toml", "checkpoint.safetensors", "history.csv"
MODEL, REPORT = "model.safetensors", "report.html"

Say = Callable[[str], None]


@dataclass(frozen=True)
class RunResult:
    """What a run ended with."""

    model: Model
    state: TrainState
    summary: dict[str, Any]
    """What `numink train --json` prints."""
    scores: "Scores | None" = None
    """On the test part, where the source has one."""

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it."""
        return self.state.stop == INTERRUPTED


def train(
    digits: Digits | str | Path = "auto",
    recipe: Recipe | str | Path = "mlp",
    *,
    seed: int = 0,
    workers: int | None = None,
    out: str | Path | None = None,
) -> Model:
    """Train a network on digits (loaded ones, or the name or path of a source) and return it.

    recipe: a recipe's name, path or object. seed: of the split, the initial weights and all that is random; the same
    recipe, seed and data give the same weights, bit for bit, whatever the number of `workers` (threads; by default
    one for each processor). With `out` the whole run is written to that folder, with its report.

    Raises NuminkError's children, one line each, where something of this cannot be used, and TrainingError where the
    loss is no longer finite.
    """
    plan = recipes.load(recipe)
    if not isinstance(digits, Digits):
        plan = plan.with_source(str(digits))
        digits = load_digits(plan, seed)
    return begin(plan, digits, seed=seed, workers=workers, out=out).model


def load_digits(recipe: Recipe, seed: int, progress: Progress | None = None) -> Digits:
    """The digits that a recipe names, split as it says."""
    data = recipe.data
    return sources.load(
        data.source,
        validation=data.validation,
        seed=seed,
        stratify=data.stratify,
        missing=cast(Missing, data.missing),
        progress=progress,
    )


def begin(
    recipe: Recipe,
    digits: Digits,
    *,
    seed: int = 0,
    workers: int | None = None,
    out: str | Path | None = None,
    start: Model | None = None,
    callbacks: Sequence[Callback] = (),
) -> RunResult:
    """Begin a run; with `start`, from that model's parameters, its pixels prepared as they were for it."""
    pixels = start.pixels if start else pixels_for(recipe, digits)
    if start and start.network.layers != network_of(recipe, pixels).layers:
        raise RecipeError(
            f"the model to go on from has the layers {list(start.recipe.network.layers)}, but the recipe has "
            f"{list(recipe.network.layers)}; leave the recipe out to take the model's own"
        )
    facts = {
        "seed": seed,
        "version": __version__,
        "fingerprint": digits.fingerprint,
        "factor": pixels.factor,
        "shift": pixels.shift,
        "arithmetic": blas.description(),
    }
    folder = None if out is None else Path(out)
    if folder is not None:
        if (folder / RECIPE).exists() or (folder / MODEL).exists():
            raise RunError(f"{folder} holds a run already; choose another folder, or go on with --resume {folder}")
        run = "\n".join(["[run]", *(f"{key} = {recipes.toml_value(value)}" for key, value in facts.items())])
        write_text(folder / RECIPE, f"{recipe.to_toml()}\n{run}\nname = {recipes.toml_value(recipe.name)}\n")
    theta = start.theta.copy() if start else initial_weights(recipe, pixels, seed)
    return _go(recipe, digits, pixels, theta, seed, workers, folder, callbacks, resumed=False)


def resume(
    folder: str | Path,
    *,
    workers: int | None = None,
    callbacks: Sequence[Callback] = (),
    say: Say = lambda line: None,
    digits: Digits | None = None,
) -> RunResult:
    """Go on with the run in this folder; it ends with the same weights as if it had never been interrupted.

    Raises RunError where the folder holds no run, or the data are no longer those that it was begun with.
    """
    folder = Path(folder)
    if not (folder / RECIPE).is_file():
        raise RunError(f"there is no run to resume in {folder}: expected the file {folder / RECIPE}")
    try:
        tables = tomllib.loads((folder / RECIPE).read_text("utf-8"))
        facts = tables["run"]
        seed, fingerprint, pixels = (
            facts["seed"],
            facts["fingerprint"],
            Pixels(facts["factor"], facts["shift"]),
        )
        recipe = recipes.from_tables(tables, Recipe(facts["name"]))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise RunError(f"{folder / RECIPE} cannot be used to resume: {error}; begin a new run") from None
    if facts.get("arithmetic") != blas.description():
        say(
            f"begun with {facts.get('arithmetic')}, going on with {blas.description()}: "
            "the result will be as good, but not the same to the last bit"
        )
    digits = digits or load_digits(recipe, seed)
    if digits.fingerprint != fingerprint:
        raise RunError(
            f"the data are not those that the run in {folder} was begun with "
            f"(fingerprint {digits.fingerprint}, then {fingerprint}); restore {recipe.data.source} or begin a new run"
        )
    theta = initial_weights(recipe, pixels, seed)
    return _go(recipe, digits, pixels, theta, seed, workers, folder, callbacks, resumed=True)


def initial_weights(recipe: Recipe, pixels: Pixels, seed: int) -> "Array":
    """The flat vector that a training with this recipe and seed starts from."""
    plan = recipe.network
    scheme, *deviation = plan.init.split()
    network = network_of(recipe, pixels)
    return initialise(network.layout, scheme, float(deviation[0]) if deviation else 1.0, seed, plan.dtype)


def pixels_for(recipe: Recipe, digits: Digits) -> Pixels:
    """How this recipe turns the pixels of these training images into numbers."""
    if recipe.data.scale == "raw":
        return Pixels(1.0)
    if recipe.data.scale == "unit":
        return Pixels()
    counts = np.zeros(256)
    for start in range(0, len(digits.train), 1000):  # in parts: bincount makes 8 bytes of each pixel
        counts += np.bincount(digits.train.images[start : start + 1000].ravel(), minlength=256)
    values, share = np.arange(256), counts / counts.sum()
    mean = float(values @ share)
    deviation = float(np.sqrt((values - mean) ** 2 @ share)) or 1.0
    return Pixels(1 / deviation, -mean / deviation)


def _go(
    recipe: Recipe,
    digits: Digits,
    pixels: Pixels,
    theta: "Array",
    seed: int,
    workers: int | None,
    folder: Path | None,
    callbacks: Sequence[Callback],
    resumed: bool,
) -> RunResult:
    network = network_of(recipe, pixels)
    with Crew(min(workers or processors(), recipe.train.shards)) as crew:
        trainer = Trainer(network, recipe.train, digits.train, digits.validation, theta, seed, crew)
        watching: list[Callback] = []
        if recipe.train.early_stop:
            watching.append(EarlyStop(recipe.train.early_stop))
        watching += [*callbacks]
        if folder is not None:
            if resumed:
                load_checkpoint(folder / CHECKPOINT, trainer.state)
                if trainer.state.stop == INTERRUPTED:
                    trainer.state.stop = None
            watching.append(Checkpoint(folder / CHECKPOINT, {"seed": seed}))
        watching.append(Interrupt())
        state = trainer.run(watching)
    model = Model(recipe, pixels, state.best_theta, _facts(digits, state, seed))
    summary: dict[str, Any] = {
        "model": str(folder / MODEL) if folder else None,
        "recipe": recipe.name,
        "seed": seed,
        "parameters": model.theta.size,
        "epochs": state.epoch,
        "seconds": round(state.seconds, 3),
        "images_per_second": round(_images_seen(state, trainer) / state.seconds) if state.seconds else None,
        "validation_accuracy": state.best_accuracy if len(digits.validation) and state.epoch else None,
    }
    if folder is not None and state.epoch:
        _write_history(folder / HISTORY, state)
        model.save(folder / MODEL)
    if state.diverged:
        kept = f"the weights of epoch {state.best_epoch} are kept" if state.best_epoch else "no weights are kept"
        raise TrainingError(
            f"{state.stop} at epoch {state.epoch + 1}, step {state.step + 1}: lower train.learning_rate (now "
            f"{recipe.train.learning_rate:g}, try {recipe.train.learning_rate / 10:g}); {kept}"
            + (f" in {folder / MODEL}" if folder and state.best_epoch else "")
        )
    if state.stop == INTERRUPTED:
        return RunResult(model, state, summary)
    scores = None
    if digits.test is not None and digits.test.labels is not None:
        scores = model.test(digits.test)
        summary["test_accuracy"] = scores.accuracy
        model.facts["scores"]["test"] = {"images": scores.images, "accuracy": scores.accuracy}
        model.facts["scores"]["test"]["interval_95"] = list(scores.interval_95)
    if folder is not None:
        from numink.evaluate.run_report import run_report

        model.save(folder / MODEL)
        write_text(folder / REPORT, run_report(model, digits, state, trainer.all_steps, scores, folder))
        summary["report"] = str(folder / REPORT)
    return RunResult(model, state, summary, scores)


def _images_seen(state: TrainState, trainer: Trainer) -> int:
    return state.epoch * len(trainer.train) + state.seen


def _facts(digits: Digits, state: TrainState, seed: int) -> dict[str, Any]:
    sizes = {"train": len(digits.train), "validation": len(digits.validation)}
    return {
        "data": {"name": digits.name, "fingerprint": digits.fingerprint, **sizes},
        "seed": seed,
        "training": {
            "epochs": state.epoch,
            "best_epoch": state.best_epoch,
            "seconds": round(state.seconds, 3),
        },
        "scores": {"validation_accuracy": state.best_accuracy if len(digits.validation) else None},
    }


def _write_history(path: Path, state: TrainState) -> None:
    rows = zip(*(state.history[name] for name in COLUMNS), strict=True)
    lines = [",".join(COLUMNS), *(",".join(f"{value:.9g}" for value in row) for row in rows)]
    write_text(path, "\n".join(lines) + "\n")
