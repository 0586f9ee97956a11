"""`numink train`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import AsJson, Source, downloading, messages, print_json, results
from numink.errors import RunError

if TYPE_CHECKING:
    from rich.console import Console

    from numink.run import RunResult

DEFAULT_RECIPE = "mlp"


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help=f"A recipe's name (see numink recipes) or TOML file; {DEFAULT_RECIPE} by default."),
    ] = None,
    data: Source = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="TABLE.KEY=VALUE", help="Change a key of the recipe, such as train.epochs=5."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Decides all that is random; 0 by default.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads; by default one a processor. Never changes the result.")
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
    console = messages()
    if resume is not None:
        if [recipe, data, settings, seed, workers, out, start] != [None] * 7:
            raise RunError(f"--resume takes no other option than --json: all is in {resume}")
        outcome = _resume(resume, console)
        folder = resume
    else:
        folder = out or Path("runs", f"{_short(recipe or start)}-{datetime.now():%Y%m%d-%H%M%S}")
        outcome = _begin(recipe, data, settings or [], seed or 0, workers, folder, start, console)
    if outcome.interrupted:
        state = outcome.state
        typer.echo(
            f"numink: stopped at epoch {state.epoch + 1}, step {state.step}; all is saved. "
            f"Go on with: numink train --resume {folder}",
            err=True,
        )
        raise typer.Exit(130)
    if as_json:
        print_json(outcome.summary)
    else:
        _tell(outcome, folder)


def _begin(
    recipe: str | None,
    data: str | None,
    settings: list[str],
    seed: int,
    workers: int | None,
    folder: Path,
    start: str | None,
    console: "Console",
) -> "RunResult":
    from numink import recipe as recipes
    from numink.model import load_model
    from numink.run import begin, load_digits
    from numink.training.progress import Progress

    model = load_model(start) if start else None
    plan = model.recipe if model and recipe is None else recipes.load(recipe or DEFAULT_RECIPE)
    plan = plan.with_settings(settings)
    if data is not None:
        plan = plan.with_source(data)
    with downloading(console) as progress:
        digits = load_digits(plan, seed, progress)
    test = f", {len(digits.test):,} to test" if digits.test else ""
    console.print(
        f"[bold]{plan.name}[/] on {digits.name}: {len(digits.train):,} images to train on, "
        f"{len(digits.validation):,} set aside{test}"
    )
    return begin(plan, digits, seed=seed, workers=workers, out=folder, start=model, callbacks=[Progress(console)])


def _resume(folder: Path, console: "Console") -> "RunResult":
    from numink.run import resume
    from numink.training.progress import Progress

    return resume(folder, callbacks=[Progress(console)], say=console.print)


def _tell(outcome: "RunResult", folder: Path) -> None:
    console, summary, scores = results(), outcome.summary, outcome.scores
    console.print(
        f"Trained {summary['parameters']:,} parameters for {summary['epochs']} epochs in {summary['seconds']:.1f} s "
        f"({summary['images_per_second']:,} images/s)."
    )
    if outcome.state.stop:
        console.print(f"Stopped early: {outcome.state.stop}.")
    if scores is not None:
        low, high = scores.interval_95
        console.print(
            f"[bold]Test accuracy {scores.accuracy:.2%}[/] (95 % interval {low:.2%} to {high:.2%}): "
            f"{scores.errors:,} errors in {scores.images:,} images that it had never seen."
        )
    elif summary["validation_accuracy"] is not None:
        console.print(f"[bold]Validation accuracy {summary['validation_accuracy']:.2%}[/]")
    console.print(f"Report: {summary['report']}", soft_wrap=True)
    console.print("\nTry next:")
    for line in (
        f"numink test {folder} --show 10",
        f"numink predict {folder} test.csv --format kaggle --output submission.csv",
        f"numink train --from {folder} --set train.learning_rate=0.0005",
    ):
        console.print(f"  {line}", soft_wrap=True)


def _short(recipe: str | None) -> str:
    return Path(recipe or DEFAULT_RECIPE).stem
