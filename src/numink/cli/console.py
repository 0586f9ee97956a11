"""What the commands share: consoles for people, JSON for programs, and a bar while digits are fetched or drawn."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from numink.data.digits import Digits

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
MODELS = "A model's file, a run's folder, or a name (see numink models)."
SOURCES = "mnist, strokes, auto, or a path: a CSV, an npz, a folder of IDX files or of images."
Source = Annotated[str | None, typer.Option("--data", metavar="SOURCE", help=SOURCES)]


def program() -> str:
    """How this program is called from here: by its path, such as .venv/bin/numink, where its name leads nowhere."""
    by_path = Path(sys.argv[0]).stem == "numink" and shutil.which("numink") is None
    return quote(os.path.relpath(sys.argv[0])) if by_path else "numink"


def messages() -> "Console":
    """The console for progress and messages: stderr. Only a terminal has lines broken to its width."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def results() -> "Console":
    """The console for results: stdout. Only a terminal has lines broken to its width."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def table(*headings: str, numbers_from: int | None = None) -> "Table":
    """A table without lines, to print with `soft_wrap=False`; columns from `numbers_from` on are flush right."""
    from rich.table import Table

    made = Table(*headings, box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    if numbers_from is not None:
        for column in made.columns[numbers_from:]:
            column.justify = "right"
    return made


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    typer.echo(json.dumps(value))


@contextmanager
def reading(console: "Console") -> Iterator[Callable[[str, int, int], None]]:
    """A function for `progress` of numink.data.sources: on a terminal, a bar for what is being fetched or drawn."""
    with ExitStack() as open_bar:
        bar: Progress | None = None

        def progress(name: str, done: int, total: int) -> None:
            nonlocal bar
            if not console.is_terminal:
                return
            if bar is None:  # only where there is something to wait for
                from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

                columns = TextColumn("{task.description}"), BarColumn(24), TaskProgressColumn(), TimeRemainingColumn()
                bar = open_bar.enter_context(Progress(*columns, console=console, transient=True))
                bar.add_task("Drawing strokes" if name == "strokes" else f"Fetching {name}")
            bar.update(bar.task_ids[0], completed=done, total=total)
            if done >= total:  # a terminal has room for one bar, and training shows its own
                open_bar.close()
                bar = None

        yield progress


def say_why(console: "Console", digits: "Digits") -> None:
    """One line on what auto came to, and why; nothing where the source was named."""
    if digits.reason:
        console.print(f"auto: {digits.name}, because {digits.reason}", markup=False)
