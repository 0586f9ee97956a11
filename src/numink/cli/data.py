"""`numink data fetch` and `numink data info`."""

from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from numink.cli.console import AsJson, downloading, messages, print_json, results, table

app = typer.Typer(help="Fetch data, or look at what a source holds.", rich_markup_mode=None)
SHOWN = 20


@app.command()
def fetch(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The data set: mnist.")] = "mnist",
) -> None:
    """Download a data set into the cache folder, unless it is there already."""
    from numink.data.sources import find_mnist, read
    from numink.errors import DataError

    if source not in ("mnist", "auto"):
        raise DataError(f"mnist can be fetched, but {source!r} came; a path needs no fetching")
    console = messages()
    with downloading(console) as progress:
        digits = read(source, progress=progress)
    typer.echo(f"{len(digits.train):,} + {len(digits.test or []):,} images in {find_mnist()}")


@app.command()
def info(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="mnist, or a path.")],
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the contact sheet to this picture as well.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count and draw what a source holds: images of each digit, missing values, duplicates, range, polarity."""
    from numink.data.describe import describe
    from numink.data.sources import read
    from numink.errors import DataError
    from numink.evaluate import sheet
    from numink.files import replacing

    with downloading(messages()) as progress:
        try:
            digits = read(source, missing="zero", progress=progress)
        except DataError:  # a missing label: its row cannot be counted to a digit
            digits = read(source, missing="drop", progress=progress)
    described = describe(digits)
    images, labels = digits.train.images[:SHOWN], digits.train.labels
    captions = [""] * len(images) if labels is None else [str(label) for label in labels[:SHOWN]]
    if picture is not None:
        buffer = BytesIO()
        sheet.picture(images, captions).save(buffer, "PNG")
        with replacing(picture) as file:
            file.write(buffer.getvalue())
    if as_json:
        print_json(described.to_json())
        return
    console = results()
    parts = described.parts.values()
    counted = table("digit", *described.parts, numbers_from=1)
    for digit in range(10):
        counted.add_row(str(digit), *("-" if part.classes is None else f"{part.classes[digit]:,}" for part in parts))
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
    console.print(sheet.terminal(images, captions))
