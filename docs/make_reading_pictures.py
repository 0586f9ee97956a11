"""Draws the pictures of docs/reading.md, from a page that numink writes itself. `make docs` runs it, without data."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from numink.data import strokes
from numink.evaluate.look import PALETTE, styled
from numink.reader import stages
from numink.reader.annotate import annotated, write_picture
from numink.reader.numbers import Word
from numink.reader.pictures import Picture
from numink.reader.reader import Reader, Steps

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
TEXTS = [["128", "-3.5", "47"], ["906", "18", "250"], ["6", "", "71.4"], ["39", "502", "8"]]
SHOWN = "71.4"
"""The number whose way is drawn."""


def photographed() -> strokes.Page:
    """A ruled table on squared paper, photographed on a dark desk, with a few things on it that are no numbers."""
    rng = np.random.default_rng(58)
    photo = strokes.Photo.draw(rng, 0.8)
    return strokes.page(
        rng, texts=TEXTS, layout="table", paper="squared", photo=photo, strays=5, height_px=900, width_px=1200
    )


@styled
def the_stages(steps: Steps, accepted: list[bool]) -> Figure:
    """The picture, the sheet, the ink, and what was found in it."""
    pictures = {
        "1. The picture": stages.picture_with_sheet(steps),
        "2. The sheet": stages.reduced(steps.sheet.grey),
        "3. The ink": stages.ink_and_gone(stages.reduced(steps.sheet.grey), stages.reduced(steps.ink.coverage)),
        "4. Digits, numbers and rows": stages.digits_found(steps, accepted),
    }
    figure = Figure(figsize=(11, 8.6), facecolor="white", layout="constrained")
    for axes, (title, picture) in zip(figure.subplots(2, 2).flat, pictures.items(), strict=True):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axes.set_title(title)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(True)
    return figure


@styled
def one_number(steps: Steps, word: Word) -> Figure:
    """A number on the sheet, its ink as it was cut, and its digits as the network saw them, with what it said."""
    figure = Figure(figsize=(11, 1.9), facecolor="white", layout="constrained")
    widths = [2.2, 2.2, *[1, 1] * len(word.digits)]
    ways = figure.subplots(1, len(widths), width_ratios=widths)
    for axes, title, picture in (
        (ways[0], "on the sheet", stages.cutting(steps.sheet.grey, word.box)),
        (ways[1], "its ink, cut", stages.digits_cut(steps, word, [*(one.box for one in word.digits), *word.signs])),
    ):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axes.set_title(title, fontsize=10, fontweight="normal")
    for digit, seen, chances in zip(word.digits, ways[2::2], ways[3::2], strict=True):
        seen.imshow(digit.image, cmap="gray_r", vmin=0, vmax=255)
        seen.set_title("28 x 28", fontsize=10, fontweight="normal")
        best = int(digit.P.argmax())
        colours = [PALETTE["blue"] if place == best else PALETTE["muted"] for place in range(10)]
        chances.bar(range(10), digit.P, color=colours, width=0.8)
        chances.set(xticks=range(10), yticks=[], ylim=(0, 1.05))
        chances.tick_params(labelsize=7, length=0)
        chances.set_title(f"{best}", fontsize=10, fontweight="normal")
        chances.grid(visible=False)
        chances.set_box_aspect(1)
    for axes in (*ways[:2], *ways[2::2]):
        axes.set(xticks=[], yticks=[])
        axes.grid(visible=False)
    return figure


def main() -> None:
    """Read the page and draw it all."""
    image = photographed().image
    reader = Reader()
    steps = reader.look(image)
    reading = reader.reading(steps, Picture("page.jpg", 0, image, image.shape[1], image.shape[0]))
    as_jpeg = {"dpi": 110, "pil_kwargs": {"quality": 85}}
    the_stages(steps, [number.accepted for number in reading.numbers]).savefig(FOLDER / "reading-stages.jpg", **as_jpeg)
    word = next(word for word in steps.words if word.text == SHOWN)
    one_number(steps, word).savefig(FOLDER / "reading-number.png", dpi=110)
    write_picture(FOLDER / "reading-annotated.jpg", annotated(image, reading))


if __name__ == "__main__":
    main()
