"""`numink predict`."""

import csv
import io
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import MODELS, messages, reading, say_why
from numink.errors import DataError

if TYPE_CHECKING:
    from numink.data.table import Missing
    from numink.nn.params import Array

KAGGLE_IMAGES = 28_000


class Format(StrEnum):
    """How the answers are written."""

    csv = "csv"
    json = "json"
    kaggle = "kaggle"


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODELS)],
    digits: Annotated[
        str,
        typer.Argument(
            metavar="INPUT", help="What to read, labelled or not: a CSV, an npz, IDX files, images (28 x 28)."
        ),
    ],
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write; by default stdout.")] = None,
    form: Annotated[
        Format, typer.Option("--format", help="csv and json give the confidence; kaggle is ImageId,Label.")
    ] = Format.csv,
) -> None:
    """Read digits: one class and its probability for each image. Where there is a test part, it is read."""
    from numink.data.sources import read
    from numink.files import write_text
    from numink.model_file import load_model

    console = messages()
    loaded = load_model(model)
    with reading(console) as progress:
        # A dropped row would shift the numbers of all answers behind it.
        missing: Missing = "zero" if loaded.recipe.data.missing == "zero" else "error"
        source = read(digits, missing=missing, progress=progress, testing=True)
    say_why(console, source)
    part = source.train if source.test is None else source.test
    text = _text(loaded.probabilities(part.images), form)
    if form is Format.kaggle:
        check_submission(text, len(part))
        if len(part) != KAGGLE_IMAGES:
            console.print(f"Kaggle's competition expects {KAGGLE_IMAGES:,} rows, and these are {len(part):,}.")
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
        console.print(f"Wrote {len(part):,} answers to {output}", markup=False, soft_wrap=True)


def _text(probabilities: "Array", form: Format) -> str:
    classes, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    if form is Format.json:
        answers = [
            {"image": number, "digit": int(digit), "confidence": round(float(sure), 6)}
            for number, (digit, sure) in enumerate(zip(classes, confidence, strict=True))
        ]
        return json.dumps({"images": answers}) + "\n"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if form is Format.kaggle:
        writer.writerow(["ImageId", "Label"])
        writer.writerows(enumerate(classes.tolist(), start=1))
    else:
        writer.writerow(["image", "digit", "confidence"])
        writer.writerows((n, d, f"{c:.6f}") for n, (d, c) in enumerate(zip(classes, confidence, strict=True)))
    return out.getvalue()


def check_submission(text: str, images: int) -> None:
    """DataError unless `text` is a submission as Kaggle takes it: the header, ids 1 to `images`, labels 0 to 9."""
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or rows[0] != ["ImageId", "Label"]:
        raise DataError("a submission begins with the line ImageId,Label; this one does not: nothing was written")
    if [row[:1] for row in rows[1:]] != [[str(number)] for number in range(1, images + 1)]:
        raise DataError(f"a submission has the ids 1 to {images}, each once; this one has not: nothing was written")
    if not all(len(row) == 2 and row[1] in set("0123456789") for row in rows[1:]):
        raise DataError("a submission has a label from 0 to 9 for each id; this one has not: nothing was written")
