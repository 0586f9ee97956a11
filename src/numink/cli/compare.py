"""`numink compare`."""

import sys
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import SOURCES, AsJson, Bar, messages, print_json, program, reading, results, table

if TYPE_CHECKING:
    from numink.understand.compare.comparison import Comparison
    from numink.understand.compare.one_run import RunFailure, RunFigures
    from numink.understand.compare.significance import Spread


def compare(
    recipes: Annotated[
        list[str], typer.Argument(metavar="RECIPE...", help="Recipes' names (see numink recipes) or TOML files.")
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TABLE.KEY=A,B,C",
            help="Try each of these values, such as network.activation=sigmoid,tanh,relu. Several give the grid.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, help="Runs of each variant, by the seeds 0 to N - 1.")] = 5,
    data: Annotated[str | None, typer.Option(metavar="SOURCE", help=f"{SOURCES} By default each recipe's own.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="TABLE.KEY=VALUE", help="Change a key of all recipes, such as train.epochs=5."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Runs at once; by default one a processor.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder; by default one named after what is compared.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train recipes, or variants of one, from several seeds, and say which is better, and whether that is chance.

    The same command goes on where it was stopped; with more seeds it makes only the new runs.
    """
    from numink.understand.compare.experiment import compare as make

    console = messages()
    try:
        with reading(console) as progress, Watching(console) as watching:
            found = make(
                recipes,
                vary or [],
                seeds=seeds,
                source=data,
                settings=settings or [],
                out=out,
                workers=workers,
                watch=watching.watch,
                progress=progress,
                say=lambda line: console.print(line, markup=False),
            )
    except KeyboardInterrupt:
        typer.echo(f"numink: stopped; go on with: {program()} {join(sys.argv[1:])}", err=True)
        raise typer.Exit(130) from None
    if as_json:
        print_json(found.to_json())
    else:
        _tell(found)
    if found.failed:
        failed = f"{len(found.failed)} of {len(found.failed) + len(found.runs)} runs failed"
        console.print(f"{failed}: {found.failed[0].line}", markup=False)
        raise typer.Exit(2)


class Watching(Bar):
    """What one sees of the runs: on a terminal one bar over all, elsewhere a line for each that ends."""

    def watch(self, done: int, under_way: float, total: int, ended: "RunFigures | RunFailure | None") -> None:
        """Move the bar; tell of a run that has ended, on a terminal only if it failed."""
        self.move((done + under_way) / total, f"{done} of {total} runs")
        if ended is None:
            return
        from numink.understand.compare.one_run import RunFailure

        place = f"{ended.variant}, seed {ended.seed}"
        if isinstance(ended, RunFailure):
            self.console.print(f"{place} failed: {ended.line}", style="red", markup=False)
        elif not self.console.is_terminal:
            part = "validation" if ended.validation else "training"
            judged = ended.validation or ended.training
            told = (
                f"{'best ' if ended.validation else ''}{part} accuracy {judged.accuracy:.2%} in {ended.seconds:.1f} s"
            )
            self.console.print(f"{done} of {total}: {place}: {told}", markup=False)


def _tell(found: "Comparison") -> None:
    from rich.text import Text

    console = results()
    accuracy = table("accuracy, %", *found.parts, "runs", "seconds", numbers_from=1)
    errors = table("error sum", *found.parts, "parameters", numbers_from=1)
    intervals: list[Spread] = []
    for variant in found.variants:
        runs = found.runs_of(variant.name)
        if not runs:
            accuracy.add_row(Text(variant.name), "failed")
            continue
        shares, sums = [
            [found.spread(variant.name, part, measure) for part in found.parts]
            for measure in ("accuracy", "squared_error")
        ]
        intervals += shares
        best = "bold" if variant is found.best else ""
        seconds = sum(run.seconds for run in runs) / len(runs)
        accuracy.add_row(
            Text(variant.name, best),
            *(Text(_spread(share, 100, 2), best) for share in shares),
            str(len(runs)),
            f"{seconds:.1f}",
        )
        told = [_spread(sum_, 1, 0) for sum_ in sums]
        errors.add_row(Text(variant.name, best), *told, f"{runs[0].parameters:,}")
    for column in (*accuracy.columns[1:], *errors.columns[1:]):
        column.no_wrap = True  # rather the name is broken
    console.print(accuracy, soft_wrap=False)
    console.print()
    console.print(errors, soft_wrap=False)
    console.print()
    if any(figure.interval_95 for figure in intervals):
        console.print("± is the 95 % interval of the mean over the seeds.")
    console.print(
        "The error sum adds up the squared differences between probabilities and labels.\n"
        f"The best is chosen by {found.judged_by} accuracy."
    )
    if found.judged_by == "validation":
        console.print("The figures are of each run's best epoch on the validation images.")
    console.print()
    if found.variants[0].meaning:
        for variant in found.variants:
            console.print(f"{variant.name}: {variant.meaning}", markup=False)
        console.print()
    console.print(found.sentence, markup=False, style="bold")
    typer.echo(f"\nPage: {found.folder / 'compare.html'}")


def _spread(figure: "Spread", scale: float, decimals: int) -> str:
    """A mean and the half of its 95 % interval; of one run alone there is none."""
    half = f" ± {scale * figure.half_width:,.{decimals}f}" if figure.interval_95 else ""
    return f"{scale * figure.mean:,.{decimals}f}{half}"
