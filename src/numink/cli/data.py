"""`numink data fetch` and `numink data info`."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import AsJson, messages, print_json, reading, results, say_why, table

if TYPE_CHECKING:
    from numink.data.augment import Augment
    from numink.data.describe import Description
    from numink.data.digits import Digits, Part
    from numink.nn.params import Array

app = typer.Typer(help="Fetch data, or look at what a source holds.", rich_markup_mode=None)
SHOWN = 20
BEFORE_AND_AFTER = {"terminal": (4, 5), "picture": (10, 10)}
"""Rows of a sheet, and how many images stand in each: a digit, and to its right what augmentation makes of it."""


@app.command()
def fetch(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The data set: mnist.")] = "mnist",
) -> None:
    """Download a data set into the cache folder, unless it is there already."""
    from numink.data import drawn
    from numink.data.mnist import find_mnist
    from numink.data.sources import read
    from numink.errors import DataError

    if kind := drawn.kind_of(source):
        drawn.wanted(source)  # which refuses a number that cannot be
        typer.echo(f"{kind} need no fetching: numink draws them when they are asked for")
        return
    if source not in ("mnist", "auto"):
        raise DataError(f"mnist can be fetched, but {source!r} came; a path needs no fetching")
    with reading(messages()) as progress:
        digits = read("mnist", progress=progress)
    typer.echo(f"{len(digits.train):,} + {len(digits.test or []):,} images in {find_mnist()}")


@app.command()
def info(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="mnist, strokes, auto, or a path; several are mixed as in training, behind them non-digits.",
        ),
    ],
    augment: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help='Show what augmentation makes of the digits, such as "rotate 10"; may be given several times.',
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the contact sheet to this picture as well.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count and draw what a source holds: images of each digit, missing values, duplicates, range, polarity."""
    from numink.data.augment import parse
    from numink.data.describe import describe
    from numink.errors import DataError
    from numink.evaluate import sheet
    from numink.files import replacing

    if augment and as_json and picture is None:
        raise DataError("--augment is shown in the contact sheet, and --json prints none; add --picture FILE")
    change = parse(augment) if augment else None
    digits = _read(sources)
    say_why(messages(), digits)
    if picture is not None:
        buffer = BytesIO()
        sheet.picture(*_shown(digits.train, change, "picture")).save(buffer, "PNG")
        with replacing(picture) as file:
            file.write(buffer.getvalue())
    described = describe(digits)
    if as_json:
        print_json(described.to_json())
        return
    _tell(described)
    results().print(sheet.terminal(*_shown(digits.train, change, "terminal")))


def _read(names: list[str]) -> "Digits":
    from numink.data.sources import read
    from numink.errors import DataError, DownloadError

    with reading(messages()) as progress:
        try:
            return read(names, missing="zero", progress=progress)
        except DownloadError:  # asking again would only cost time
            raise
        except DataError:  # a missing label: its row cannot be counted to a digit
            return read(names, missing="drop", progress=progress)


def _tell(described: "Description") -> None:
    console = results()
    parts = described.parts.values()
    counted = table("digit", *described.parts, numbers_from=1)
    for digit in range(10):
        counted.add_row(str(digit), *("-" if part.classes is None else f"{part.classes[digit]:,}" for part in parts))
    if any(part.none for part in parts):
        counted.add_row("none", *(f"{part.none:,}" for part in parts))
    counted.add_row("all", *(f"{part.images:,}" for part in parts), style="bold")
    console.print(counted, soft_wrap=False)
    console.print(f"Pixels {described.lowest} to {described.highest}, {described.ink:.1%} ink, {described.polarity}.")
    console.print(
        f"Missing cells: {described.missing:,}. Repeated images: {described.repeated:,}. "
        f"In training and test part: {described.in_test:,}."
    )
    for note in described.notes:
        console.print(note, style="yellow", markup=False)
    console.print()


def _shown(part: "Part", change: "Augment | None", where: str) -> tuple["Array", list[str]]:
    """The images of a sheet with their captions; with `change`, each before what this makes of it."""
    import numpy as np

    from numink.data.labels import shown

    rows, abreast = (SHOWN, 1) if change is None else BEFORE_AND_AFTER[where]
    chosen = np.linspace(0, len(part) - 1, min(rows, len(part))).astype(int)  # a folder has all its zeros first
    images = part.images[chosen]
    names = [""] * len(images) if part.labels is None else [shown(label) for label in part.labels[chosen]]
    captions = [caption for name in names for caption in [name] + [f"{name} changed".strip()] * (abreast - 1)]
    every = images.repeat(abreast, axis=0)
    if change is not None:
        after = np.arange(len(every)) % abreast > 0
        every[after] = change(every[after], np.random.default_rng(0))
    return every, captions
