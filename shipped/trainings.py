"""The trainings behind a model: each is a run of its own, that may be interrupted and gone on with."""

from pathlib import Path
from typing import TYPE_CHECKING

from numink.cli.console import reading
from numink.ensemble import Ensemble
from numink.errors import RunError
from numink.model import Model, Predictor
from numink.model_file import load_one
from numink.recipe import Recipe
from numink.run import RECIPE, REPORT, begin, load_digits, resume
from numink.training.progress import Progress
from numink.training.record import read_record
from shipped.manifest import Entry

if TYPE_CHECKING:
    from rich.console import Console


def trained(entry: Entry, runs: Path, console: "Console") -> Predictor:
    """The model, trained as far as it is not yet. KeyboardInterrupt where Ctrl-C ended a training."""
    members = []
    for seed in entry.seeds:
        found = run(entry.recipe, seed, runs / f"{entry.recipe.name}-{seed}", console)
        used = found.recipe.with_settings([f"use.{key}={value}" for key, value in vars(entry.recipe.use).items()])
        members.append(Model(used, found.pixels, found.theta, found.facts))
    return members[0] if len(members) == 1 else Ensemble(members)


def run(recipe: Recipe, seed: int, folder: Path, console: "Console") -> Model:
    """The model of the run in this folder: finished before, gone on with, or begun. RunError where it is another's."""
    begun = (folder / RECIPE).is_file()
    if begun:
        require_same(folder, recipe, seed)
        if (folder / REPORT).is_file():  # what a run writes last
            console.print(f"{folder} is finished", markup=False)
            return load_one(folder)
    title = f"{folder}: {recipe.name} with the seed {seed}"
    with reading(console) as progress, Progress(console, title) as bar:
        if begun:
            result = resume(folder, callbacks=[bar], say=console.print, progress=progress)
        else:
            digits = load_digits(recipe, seed, progress)
            result = begin(recipe, digits, seed=seed, out=folder, callbacks=[bar])
    if result.interrupted:
        raise KeyboardInterrupt
    return result.model


def require_same(folder: Path, recipe: Recipe, seed: int) -> None:
    """RunError, naming what differs, unless the run in this folder trains by this recipe, with this seed."""
    record, _ = read_record(folder / RECIPE)
    there, here = _settings(record.recipe, record.facts.seed), _settings(recipe, seed)
    differ = [key for key in {**there, **here} if there.get(key) != here.get(key)]
    if differ:
        shown = "; ".join(f"{key} is {there.get(key)} there, {here.get(key)} here" for key in differ)
        raise RunError(f"the run in {folder} is another one: {shown}. Move it away, or change models.toml")


def _settings(recipe: Recipe, seed: int) -> dict[str, object]:
    """All that decides what a training gives."""
    named = recipe.with_source(*recipe.data.sources)  # one source may be written as a list
    tables = {name: table for name, table in named.tables().items() if name != "use"}
    return {f"{name}.{key}": value for name, table in tables.items() for key, value in table.items()} | {"seed": seed}
