"""One training run from recipe to report: what `numink train` and `numink.train` call.

A run is a folder: recipe.toml (with seed, version and the data's fingerprint, all that resuming needs),
checkpoint.safetensors, history.csv, model.safetensors, report.html. The checkpoint of the start is written first and
then recipe.toml, so that a folder with a recipe.toml can always be resumed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from numink import __version__, blas
from numink import recipe as recipes
from numink.crew import Crew, processors
from numink.data import drawn, sources
from numink.data.augment import parse
from numink.data.digits import Digits
from numink.data.table import Missing
from numink.errors import RecipeError, RunError, TrainingError
from numink.files import write_text
from numink.model import Model, initial_weights, network_of
from numink.nn.build import written
from numink.recipe import Recipe
from numink.training.callbacks import INTERRUPTED, Callback, Checkpoint, EarlyStop, Interrupt
from numink.training.checkpoint import load_checkpoint, save_checkpoint
from numink.training.pixels import pixels_for
from numink.training.record import Facts, Record, read_record
from numink.training.state import TrainState
from numink.training.summary import facts_of, summary_of
from numink.training.trainer import Trainer

if TYPE_CHECKING:
    from numink.data.download import Progress
    from numink.nn.params import Array
    from numink.scores import Scores

RECIPE, CHECKPOINT, HISTORY = "recipe.toml", "checkpoint.safetensors", "history.csv"
MODEL, REPORT = "model.safetensors", "report.html"


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
    digits: "Digits | sources.Source | None" = None,
    recipe: Recipe | str | Path = "cnn",
    *,
    seed: int = 0,
    workers: int | None = None,
    out: str | Path | None = None,
) -> Model:
    """Train a network on digits (loaded ones, or a source as `load` takes it; by default the recipe's) and return it.

    recipe: a recipe's name, path or object. seed: of the split, the initial weights and all that is random; the same
    recipe, seed and data give the same weights, bit for bit, whatever the number of `workers` (threads; by default
    one for each processor). With `out` the whole run is written to that folder, with its report.

    Raises NuminkError's children, one line each, where something of this cannot be used, and TrainingError where the
    loss is no longer finite. Ctrl-C finishes the step and then is a KeyboardInterrupt, as everywhere in Python.
    """
    plan = recipes.load(recipe)
    if not isinstance(digits, Digits):
        plan = plan if digits is None else plan.with_source(*sources.names_of(digits))
        digits = load_digits(plan, seed)
    result = begin(plan, digits, seed=seed, workers=workers, out=out)
    if result.interrupted:
        raise KeyboardInterrupt
    return result.model


def require_new(folder: Path) -> None:
    """RunError where the folder holds a run already: none is ever written over."""
    if (folder / RECIPE).exists() or (folder / MODEL).exists():
        raise RunError(f"{folder} holds a run already; choose another folder, or go on with --resume {folder}")


def load_digits(recipe: Recipe, seed: int, progress: "Progress | None" = None) -> Digits:
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
    if seed < 0:
        raise RunError(f"the seed should be 0 or more, but {seed} came")
    folder = None if out is None else Path(out)
    if folder is not None:
        require_new(folder)
    if recipe.train.early_stop and not len(digits.validation):
        raise RecipeError("train.early_stop watches the validation images, but data.validation is 0; set one of them")
    pixels = start.pixels if start else pixels_for(recipe.data.scale, digits.train)
    if start and start.network.layers != network_of(recipe, pixels).layers:
        raise RecipeError(
            f"the model to go on from has the layers {_layers(start.recipe)}, but the recipe has {_layers(recipe)}; "
            "leave the recipe out to take the model's own"
        )
    theta = start.theta.astype(recipe.network.dtype) if start else initial_weights(recipe, pixels, seed)
    data, arithmetic, origin = digits.fingerprint, blas.description(), start.recipe.name if start else ""
    split_seed = seed if digits.split_seed is None else digits.split_seed
    facts = Facts(
        recipe.name, seed, split_seed, __version__, data, pixels.factor, pixels.shift, arithmetic, digits.reason, origin
    )
    split = {"validation": len(digits.validation), "stratify": digits.stratified}
    recipe = recipes.from_tables({"data": split}, recipe.with_source(*sources.anchored(digits)))
    return _go(Record(recipe, facts), digits, theta, workers, folder, callbacks)


def resume(
    folder: str | Path,
    *,
    workers: int | None = None,
    callbacks: Sequence[Callback] = (),
    say: Callable[[str], None] = lambda line: None,
    progress: "Progress | None" = None,
    digits: Digits | None = None,
) -> RunResult:
    """Go on with the run in this folder; it ends with the same weights as if it had never been interrupted.

    Raises RunError where the folder holds no run, or the data are no longer those that it was begun with.
    """
    folder = Path(folder)
    if not (folder / RECIPE).is_file():
        raise RunError(f"there is no run to resume in {folder}: expected the file {folder / RECIPE}")
    record, text = read_record(folder / RECIPE)
    recipe, facts = record.recipe, record.facts
    digits = replace(digits or load_digits(recipe, facts.split_seed, progress), reason=facts.reason)
    if digits.fingerprint != facts.fingerprint:
        raise RunError(
            f"the data are not those that the run in {folder} was begun with (fingerprint {digits.fingerprint}, "
            f"then {facts.fingerprint}); {_advice(folder, recipe)}"
        )
    begun, now = f"numink {facts.version}, {facts.arithmetic}", f"numink {__version__}, {blas.description()}"
    if begun != now:
        say(f"begun with {begun}, going on with {now}: the result will be as good, but not the same to the last bit")
    for left in folder.glob(".*.part"):  # half a file, by a kill
        left.unlink()
    theta = initial_weights(recipe, record.pixels, facts.seed)
    return _go(record, digits, theta, workers, folder, callbacks, resumed=text)


def _go(
    record: Record,
    digits: Digits,
    theta: "Array",
    workers: int | None,
    folder: Path | None,
    callbacks: Sequence[Callback],
    resumed: str | None = None,
) -> RunResult:
    """Train, test, report. `resumed` is the text of the run's recipe.toml, where it is not a new one."""
    recipe, seed, network = record.recipe, record.facts.seed, network_of(record.recipe, record.pixels)
    watching: list[Callback] = [EarlyStop(recipe.train.early_stop)] if recipe.train.early_stop else []
    watching += callbacks
    with Crew(max(1, min(workers or processors(), recipe.train.shards))) as crew, Interrupt() as interrupt:
        augment = parse(recipe.data.augment) if recipe.data.augment else None
        trainer = Trainer(network, recipe.train, digits.train, digits.validation, theta, seed, crew, augment=augment)
        if folder is not None:
            begun = {"begun": resumed or record.to_toml()}
            if resumed:
                _restore(folder, trainer.state, begun)
            else:
                save_checkpoint(folder / CHECKPOINT, trainer.state, begun)
                write_text(folder / RECIPE, begun["begun"])
            watching.append(Checkpoint(folder / CHECKPOINT, begun))
        state = trainer.run([*watching, interrupt])
    model = Model(recipe, record.pixels, state.best_theta, facts_of(digits, state, seed))
    summary = {"model": str(folder / MODEL) if folder else None} | summary_of(recipe.name, digits, trainer)
    if folder is not None and state.epoch:
        write_text(folder / HISTORY, state.history_csv())
    if folder is not None and state.best_epoch:
        model.save(folder / MODEL)
    if state.diverged:
        kept = f"the weights of epoch {state.best_epoch} are kept" if state.best_epoch else "no weights are kept"
        raise TrainingError(
            f"{state.stop} after step {state.steps}: lower train.learning_rate (now "
            f"{recipe.train.learning_rate:g}, try {recipe.train.learning_rate / 10:g}); {kept}"
            + (f" in {folder / MODEL}" if folder and state.best_epoch else "")
        )
    if state.stop == INTERRUPTED:
        return RunResult(model, state, summary)
    scores = None
    if digits.test is not None and digits.test.labels is not None:
        scores = model.test(digits.test)
        summary |= {"tested_on": f"the test part of {digits.main_source}", "test_accuracy": scores.accuracy}
        found = {"images": scores.images, "accuracy": scores.accuracy, "interval_95": list(scores.interval_95)}
        model.facts["scores"]["test"] = found
    if folder is not None:
        from numink.evaluate.run_report import run_report

        model.save(folder / MODEL)
        speed = summary["images_per_second"]
        write_text(folder / REPORT, run_report(model, digits, state, trainer.all_steps, speed, scores, folder))
        summary["report"] = str(folder / REPORT)
    return RunResult(model, state, summary, scores)


def _advice(folder: Path, recipe: Recipe) -> str:
    """What to do where a run's data are no longer those that it was begun with."""
    steps = [f"restore {name}" for name in recipe.data.sources if not drawn.kind_of(name)]
    if names := " and ".join(filter(None, map(drawn.kind_of, recipe.data.sources))):
        why = f"another processor or another numink draws {names} a little differently"
        steps.append(f"go on where the run was begun ({why})")
    keeping = f", with --from {folder} to keep what it has learned" if (folder / MODEL).exists() else ""
    return f"{' and '.join(steps)}, or begin a new run{keeping}"


def _restore(folder: Path, state: TrainState, begun: dict[str, str]) -> None:
    if load_checkpoint(folder / CHECKPOINT, state) != begun:
        raise RunError(
            f"{folder / RECIPE} is not as it was when the run was begun; undo the change, "
            f"or begin a new run with --from {folder}"
        )
    if state.stop == INTERRUPTED:
        state.stop = None


def _layers(recipe: Recipe) -> str:
    return f"{written(recipe.network.layers)} with {recipe.network.activation}"
