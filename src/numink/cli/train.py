"""`numink train`."""

from datetime import datetime
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import SOURCES, AsJson, messages, print_json, program, reading, results, say_why
from numink.errors import RunError

if TYPE_CHECKING:
    from rich.console import Console

    from numink.run import RunResult

DEFAULT_RECIPE = "cnn"


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE", help=f"A recipe's name (see numink recipes) or TOML file; {DEFAULT_RECIPE} by default."
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option("--data", metavar="SOURCE", help=f"{SOURCES} Others after the first add training images to it."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="TABLE.KEY=VALUE", help="Change a key of the recipe, such as train.epochs=5."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Decides all that is random; 0 by default.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Threads; by default one a processor. Never changes the result."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder; by default runs/RECIPE-DATE-TIME.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="MODEL", help="Go on from this model's parameters.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with an interrupted run. Takes no other option.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network by a recipe, test it, and write its model and report to a folder."""
    console, warned = messages(), list[str]()
    folder = resume or out or Path("runs", f"{_short(recipe, start)}-{datetime.now():%Y%m%d-%H%M%S}")
    if resume is not None and [recipe, data, settings, seed, workers, out, start] != [None] * 7:
        raise RunError(f"--resume takes no other option than --json: all is in {resume}")
    try:
        if resume is not None:
            outcome = _resume(resume, console, warned)
        else:
            outcome = _begin(recipe, data, settings or [], seed, workers, folder, start, console, warned)
    except KeyboardInterrupt:  # a second Ctrl-C, or one while the report was made
        from numink.run import RECIPE

        if (folder / RECIPE).exists():
            raise _stopped("stopped at once", folder) from None
        raise
    if outcome.interrupted:
        from numink.evaluate.page import counted

        steps = f", {counted(outcome.state.step, 'step')}" if outcome.state.step else ""
        raise _stopped(f"saved after {counted(outcome.state.epoch, 'epoch')}{steps}", folder)
    if as_json:
        print_json(outcome.summary)
    else:
        _tell(outcome, folder, warned)


def _stopped(how: str, folder: Path) -> typer.Exit:
    typer.echo(f"numink: {how}; go on with: {program()} train --resume {quote(str(folder))}", err=True)
    return typer.Exit(130)


def _begin(
    recipe: str | None,
    data: list[str] | None,
    settings: list[str],
    seed: int | None,
    workers: int | None,
    folder: Path,
    start: str | None,
    console: "Console",
    warned: list[str],
) -> "RunResult":
    from numink import recipe as recipes
    from numink.model import network_of
    from numink.model_file import load_one
    from numink.nn.layers import Pixels
    from numink.run import begin, load_digits, require_new
    from numink.training.progress import Progress
    from numink.training.watch import Watch

    model = load_one(start) if start else None
    plan = model.recipe if model and recipe is None else recipes.load(recipe or DEFAULT_RECIPE)
    plan = plan.with_settings(settings)
    if data is not None:
        plan = plan.with_source(*data)
    if seed is None:  # another seed would set other images aside: some that the model has learned from
        seed = model.facts.get("seed", 0) if model else 0
    require_new(folder)  # what can be refused is refused before the data are read
    network_of(plan, Pixels())
    with reading(console) as progress:
        digits = load_digits(plan, seed, progress)
    say_why(console, digits)
    test = f", {len(digits.test):,} test" if digits.test else ""
    title = (
        f"{plan.name} on {digits.name}: {len(digits.train):,} training, "
        f"{len(digits.validation):,} validation{test} images"
    )
    if len(digits.validation) > len(digits.train):
        share = (len(digits.train) + len(digits.validation)) // 10
        line = f"more images are set aside than learned from; fewer are enough: --set data.validation={share}"
        console.print(f"numink: {line}", style="yellow", markup=False)
    with Progress(console, title) as progress_bar:
        watching = [progress_bar, Watch(partial(_warn, console, warned), plan)]
        return begin(plan, digits, seed=seed, workers=workers, out=folder, start=model, callbacks=watching)


def _resume(folder: Path, console: "Console", warned: list[str]) -> "RunResult":
    from numink.recipe import Recipe
    from numink.run import RECIPE, resume
    from numink.training.progress import Progress
    from numink.training.record import read_record
    from numink.training.watch import Watch

    # Where there is no run, resume says so.
    plan = read_record(folder / RECIPE)[0].recipe if (folder / RECIPE).is_file() else Recipe()
    with reading(console) as progress, Progress(console, f"going on with {folder}") as progress_bar:
        watching = [progress_bar, Watch(partial(_warn, console, warned), plan)]
        return resume(folder, callbacks=watching, say=partial(console.print, markup=False), progress=progress)


def _warn(console: "Console", warned: list[str], line: str) -> None:
    warned.append(line)
    console.print(f"numink: {line}", style="yellow", markup=False)


def _tell(outcome: "RunResult", folder: Path, warned: list[str]) -> None:
    from rich.markup import escape

    from numink.data.sources import is_strokes
    from numink.evaluate.page import counted
    from numink.evaluate.report import DRAWN_NOTE
    from numink.evaluate.run_report import next_commands

    console, summary, scores = results(), outcome.summary, outcome.scores
    console.print(
        f"Trained {summary['parameters']:,} parameters on {summary['data']} for {counted(summary['epochs'], 'epoch')} "
        f"in {summary['seconds']:.1f} s ({summary['images_per_second']:,} images/s).",
        markup=False,
    )
    if outcome.state.stop:
        console.print(f"Stopped early: {outcome.state.stop}.", markup=False)
    if scores is not None:
        low, high = scores.interval_95
        console.print(
            f"[bold]Test accuracy {scores.accuracy:.2%}[/] (95 % interval {low:.2%} to {high:.2%}): "
            f"{counted(scores.errors, 'error')} in {counted(scores.images, 'image')} that it had never seen, "
            f"{escape(summary['tested_on'])}."
        )
        if is_strokes(outcome.model.recipe.data.sources[0]):
            console.print(DRAWN_NOTE)
    elif summary["validation_accuracy"] is not None:
        console.print(f"[bold]Validation accuracy {summary['validation_accuracy']:.2%}[/]")
    typer.echo(f"Report: {summary['report']}\n\nTry next:")
    commands = next_commands(folder, outcome.model.recipe, program())
    if warned:  # going on with such weights would help nobody
        commands = [f"{program()} doctor {quote(str(folder))}"]
    for line in commands:
        typer.echo(f"  {line}")


def _short(recipe: str | None, start: str | None) -> str:
    """What a run's folder is called after."""
    if recipe is None:
        return "continued" if start else DEFAULT_RECIPE
    return Path(recipe).name.removesuffix(".toml")
