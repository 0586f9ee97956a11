"""What the commands share: consoles for people, JSON for programs, and a bar for downloads."""

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

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Source = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="mnist, or a path: a CSV, an npz, a folder of IDX files or of images.",
    ),
]


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
def downloading(console: "Console") -> Iterator[Callable[[str, int, int], None]]:
    """A function for `progress` of numink.data.sources, which shows a bar for each file that is fetched."""
    with ExitStack() as open_bar:
        bar: Progress | None = None
        tasks: dict[str, Any] = {}

        def progress(name: str, done: int, total: int) -> None:
            nonlocal bar
            if bar is None:  # only where there is something to fetch
                from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

                columns = TextColumn("{task.description}"), BarColumn(24), DownloadColumn(), TransferSpeedColumn()
                bar = open_bar.enter_context(Progress(*columns, console=console, transient=True))
            if name not in tasks:
                tasks[name] = bar.add_task(name)
            bar.update(tasks[name], completed=done, total=total)

        yield progress
