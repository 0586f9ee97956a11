"""What the commands share: consoles for people, JSON for programs, and a bar while digits are fetched or drawn."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shlex import quote
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from numink.data.digits import Digits

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
MODELS = "A model's file, a run's folder, or a name (see numink models)."
SOURCES = "mnist, strokes, auto, or a path: a CSV, an npz, a folder of IDX files or of images."
SECONDS_TO_TELL = 2.0
"""Before that nobody knows how long the rest will take."""
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
                bar.add_task(f"Drawing {name}" if name in ("strokes", "non-digits") else f"Fetching {name}")
            bar.update(bar.task_ids[0], completed=done, total=total)
            if done >= total:  # a terminal has room for one bar, and training shows its own
                open_bar.close()
                bar = None

        yield progress


class Bar:
    """On a terminal, one bar over all that is to be done, with the time that is left; elsewhere nothing.

    It is there from the first `move` on, and no sooner: a terminal has room for one bar, and reading digits may show
    another. Leaving takes it away.
    """

    def __init__(self, console: "Console") -> None:
        self.console = console
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Take it away."""
        if self._bar is not None:
            self._bar.stop()

    def move(self, share: float, place: str, fact: str = "") -> None:
        """Show that this share (0..1) of all is done. place stands before the bar, fact behind it."""
        if not self.console.is_terminal:
            return
        if self._bar is None:
            from rich.progress import BarColumn, Progress, TextColumn

            columns = TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.fields[facts]}")
            self._bar = Progress(*columns, console=self.console, transient=True)
            self._bar.add_task("", total=1, facts="")
            self._bar.start()
            self._start_seconds, self._start_share = perf_counter(), share
        seconds, since = perf_counter() - self._start_seconds, share - self._start_share
        left = f"{clock(seconds * (1 - share) / since)} left" if since > 0 and seconds > SECONDS_TO_TELL else ""
        facts = "  ".join(filter(None, (fact, left)))
        self._bar.update(self._bar.task_ids[0], completed=share, description=place, facts=facts)


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(192.4)
    '3:12'
    """
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"


def say_why(console: "Console", digits: "Digits") -> None:
    """One line on what auto came to, and why; nothing where the source was named."""
    if digits.reason:
        console.print(f"auto: {digits.name}, because {digits.reason}", markup=False)
