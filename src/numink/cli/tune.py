"""`numink tune`."""

import sys
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import AsJson, Bar, Source, messages, print_json, program, reading, results, say_why, table

if TYPE_CHECKING:
    from rich.console import Console

    from numink.understand.tune.study import Tried, Tuned

STATES = {
    "done": "trained to the end",
    "pruned": "stopped early, being behind",
    "failed": "failed",
    "running": "begun by other processes and not ended",
}


def tune(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name (see numink recipes) or TOML file.")],
    trials: Annotated[
        int, typer.Option(metavar="N", min=1, help="Trials in all, those of earlier calls and other processes too.")
    ] = 30,
    space: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What is varied, in TOML; by default NAME.space.toml beside NAME.toml, otherwise numink's own space.",
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the study is kept, for any number of terminals and machines that give the same command: "
            "sqlite:///FILE, another URL that Optuna takes, or a file NAME.log; by default study.log in DIR.",
        ),
    ] = None,
    data: Source = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="TABLE.KEY=VALUE", help="Change a key of the recipe, such as train.epochs=5."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the split and the trainings, the same for all trials.")
    ] = 0,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes side by side; by default one a processor.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder; by default runs/tune-RECIPE-, and what it is of.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search for a better recipe around one, by its accuracy on validation images, never on the test part.

    The same command goes on where it was stopped, and in a second terminal it works on the same study.
    """
    from numink import recipe as recipes
    from numink.run import load_digits
    from numink.understand.tune.search import folder_of, require_folder
    from numink.understand.tune.search import tune as search
    from numink.understand.tune.space import load_space

    console, again = messages(), f"{program()} {join(sys.argv[1:])}"
    if out is not None:
        require_folder(out)
    plan = recipes.load(recipe).with_settings(settings or [])
    if data is not None:
        plan = plan.with_source(data)
    around = load_space(plan, recipe, space)
    with reading(console) as progress:
        digits = load_digits(plan, seed, progress)
    say_why(console, digits)
    folder = out or folder_of(around, digits, seed)
    title = (
        f"tuning {plan.name} on {digits.name}: {len(digits.train):,} training, {len(digits.validation):,} validation "
        f"images; {len(around.axes)} keys, {trials} trials in all"
    )
    shown = Shown(console, title, trials)
    try:
        with shown:
            tuned = search(
                around,
                digits,
                out=folder,
                trials=trials,
                seed=seed,
                workers=workers,
                storage=storage,
                again=again,
                heard=shown.heard,
            )
    except KeyboardInterrupt:
        best = f", the best so far, {shown.best:.2%}, in {folder / 'best.toml'}" if shown.best else ""
        typer.echo(f"numink: stopped; {shown.ended} trials are kept{best}; go on with: {again}", err=True)
        raise typer.Exit(130) from None
    if as_json:
        import json

        print_json(json.loads((folder / "tune.json").read_text("utf-8")))
    else:
        _tell(tuned, folder, seed)


class Shown(Bar):
    """What one sees of a search: a line for each trial that ends, and on a terminal a bar below them."""

    def __init__(self, console: "Console", title: str, trials: int) -> None:
        super().__init__(console)
        self.title, self.trials = title, trials
        self.best, self.ended = 0.0, 0
        self._has_headings = False

    def heard(self, tuned: "Tuned", share: float, ended: "Tried | None") -> None:
        """Show that the study goes on, or a trial that has just ended."""
        counts = tuned.counts()
        self.ended = sum(counts.values()) - counts["running"]
        if not self._has_headings:
            self._has_headings = True
            self._headings()
        if ended is not None:
            self._line(tuned, ended)
        self.best = (tuned.best and tuned.best.accuracy) or 0.0
        self.move(share, f"{self.ended}/{self.trials} trials", f"best {self.best:.2%}" if self.best else "")

    def _headings(self) -> None:
        self.console.print(self.title, markup=False)
        if self.ended:
            self.console.print(f"{self.ended} trials are done already")
        self.console.print("trial  accuracy  what it changed")

    def _line(self, tuned: "Tuned", trial: "Tried") -> None:
        """One line, which a terminal breaks with a hanging indent where it is too narrow."""
        from rich.table import Table
        from rich.text import Text

        from numink.understand.tune.page import told

        is_best = trial == tuned.best and not trial.is_default
        accuracy = f"{trial.accuracy:.2%}" if trial.accuracy is not None else ""
        colour = "bold green" if is_best else "" if trial.state == "done" else "dim"
        first = "new best: " if is_best else "stopped early: " if trial.state == "pruned" else ""
        last = f"; failed: {trial.why}" if trial.state == "failed" else ""
        row = (
            Text(f"{trial.number:>5}{accuracy:>10}", style="bold green" if is_best else ""),
            Text(f"{first}{told(tuned, trial)}{last}", style=colour),
        )
        if self.console.is_terminal:
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_row(*row)
            self.console.print(grid)
        else:
            self.console.print(Text("  ").join(row), soft_wrap=True)


def _tell(tuned: "Tuned", folder: Path, seed: int) -> None:
    from numink.understand.tune.page import changed
    from numink.understand.tune.search import next_commands, next_note

    console, best, default, name = results(), tuned.best, tuned.default, tuned.space.recipe.name
    assert best is not None
    counts = tuned.counts()
    also = [f"{counts[state]} {word}" for state, word in STATES.items() if counts[state]]
    console.print(f"{len(tuned.trials)} trials: {', '.join(also)}.")
    if best.is_default:
        console.print(f"[bold]No trial was better than {name} itself[/], {best.accuracy:.2%}.", soft_wrap=True)
    else:
        itself = f"; {name} itself {default.accuracy:.2%}" if default else ""
        console.print(f"[bold]Best validation accuracy {best.accuracy:.2%}[/] (trial {best.number}){itself}.\n")
        listed = table("key", name, "best")
        for row in changed(tuned, best):
            listed.add_row(*row)
        console.print(listed, soft_wrap=False)
    typer.echo(f"\nRecipe: {folder / 'best.toml'}\nPage:   {folder / 'tune.html'}\n\nTry next:")
    for line in next_commands(folder, tuned, seed, program()):
        typer.echo(f"  {line}")
    if note := next_note(tuned, seed):
        console.print(note, markup=False)
