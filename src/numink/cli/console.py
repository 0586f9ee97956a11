"""What the commands share: consoles for people, JSON for programs, and a bar for downloads."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Source = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="mnist, or a path: a CSV, an npz, a folder of IDX files or of images.",
    ),
]


def messages() -> "Console":
    """The console for progress and messages: stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def results() -> "Console":
    """The console for results: stdout."""
    from rich.console import Console

    return Console(highlight=False)


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    typer.echo(json.dumps(value))


@contextmanager
def downloading(console: "Console") -> Iterator[Callable[[str, int, int], None]]:
    """A function for `progress` of numink.data.sources, which shows a bar for each file that is fetched."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn("{task.description}"), BarColumn(24), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name)
            bar.update(tasks[name], completed=done, total=total)

        yield progress
