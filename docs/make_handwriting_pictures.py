"""Draws the pictures of docs/strokes.md, all from the pen model: `make docs` runs it. It takes no data."""

from dataclasses import replace
from pathlib import Path
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from numink.data import augment
from numink.data.normalise import normalise
from numink.data.strokes import FORMS, PENS, Form, Page, Photo, Writer, draw, draw_images, draw_writer, page, pen_named
from numink.data.strokes.others import KINDS
from numink.evaluate.look import PALETTE, png, styled

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
HEIGHT_PX, CELL_PX = 84, 130
DIGITS = range(10)
FELT_PEN = pen_named("felt pen")


def cell(form: Form, writer: Writer, rng: np.random.Generator, larger: float = 1) -> np.ndarray:
    """One shape in the middle of a square, 0..1, 1 being ink."""
    side_px, height_px = round(CELL_PX * larger), HEIGHT_PX * larger
    while max((drawing := draw(form, writer, height_px, rng)).box[2:]) > side_px:
        height_px *= 0.9  # written large, or wide
    x, y, width, height = drawing.box
    square = np.zeros((side_px, side_px), np.float32)
    top, left = (side_px - height) // 2, (side_px - width) // 2
    square[top : top + height, left : left + width] = drawing.coverage[y : y + height, x : x + width]
    return square


def show(axes: Axes, ink: np.ndarray, caption: str = "") -> None:
    """An image, ink dark on white, with a caption above it."""
    axes.imshow(ink, cmap="gray_r", vmin=0, vmax=255 if ink.dtype == np.uint8 else 1)
    axes.set_title("\n".join(wrap(caption, 14)), loc="center", fontsize=9, fontweight="normal", pad=2)
    axes.set_axis_off()


def rows_of(pictures: dict[str, list[np.ndarray]], inches: float, margin_inches: float = 1.4) -> Figure:
    """A row of images for each name, the name in the margin at its left."""
    columns = max(map(len, pictures.values()))
    figure = Figure(figsize=(inches * columns + margin_inches, inches * len(pictures)), facecolor="white")
    grid = figure.subplots(
        len(pictures), columns, squeeze=False,
        gridspec_kw={"left": margin_inches / figure.get_figwidth(), "right": 0.995, "top": 0.995, "bottom": 0.005,
                     "wspace": 0.04, "hspace": 0.04},
    )  # fmt: skip
    for (name, images), line in zip(pictures.items(), grid, strict=True):
        for axes, image in zip(line, images, strict=True):
            show(axes, image)
        line[0].text(-0.1, 0.5, name, transform=line[0].transAxes, ha="right", va="center", color=PALETTE["ink"])
    return figure


@styled
def letterforms() -> Figure:
    """Every letterform, by one careful writer with a felt pen."""
    writer = even_writer()
    most = max(map(len, FORMS.values()))
    figure = Figure(figsize=(most * 1.15, 10 * 1.3), facecolor="white")
    grid = figure.subplots(10, most, gridspec_kw={"left": 0, "right": 1, "top": 0.97, "bottom": 0, "hspace": 0.28})
    for line, forms in zip(grid, FORMS.values(), strict=True):
        for axes in line:
            axes.set_axis_off()
        for axes, form in zip(line, forms, strict=False):
            show(axes, cell(form, writer, np.random.default_rng(4)), form.name)
    return figure


@styled
def writers() -> Figure:
    """Five writers, two rows of digits each."""
    pictures = {}
    for number, seed in enumerate((1, 2, 4, 5, 8), start=1):
        rng = np.random.default_rng(seed)
        writer = draw_writer(rng)
        for row in range(2):
            name = f"writer {number}\n{writer.pen.name}" if row == 0 else f"again {number}"
            pictures[name] = [cell(writer.form_for(str(digit), rng), writer, rng) for digit in DIGITS]
    return rows_of(pictures, 0.8)


@styled
def pens() -> Figure:
    """The same hand with every pen."""
    hand = replace(even_writer(), slant=0.15, speed=0.6, tremor=0.008)
    pictures = {}
    for pen in PENS:
        writer = replace(hand, pen=pen, line=(pen.thinnest * pen.widest) ** 0.5)
        rngs = [np.random.default_rng([digit, 3]) for digit in DIGITS]
        pictures[pen.name] = [cell(FORMS[str(digit)][0], writer, rng, 1.4) for digit, rng in enumerate(rngs)][2:]
    return rows_of(pictures, 1.1)


@styled
def small() -> Figure:
    """What a network sees: 28 x 28, twenty of each digit by other writers each time."""
    rng = np.random.default_rng(0)
    labels = np.repeat(DIGITS, 20)
    images = draw_images(labels.tolist(), [draw_writer(rng) for _ in labels], rng)
    return rows_of({str(digit): list(images[labels == digit]) for digit in DIGITS}, 0.5, margin_inches=0.3)


@styled
def augmentations() -> Figure:
    """Each augmentation at the strength of its example: twelve digits before, and after."""
    rng = np.random.default_rng(2)
    labels = [*DIGITS, 2, 5]
    images = draw_images(labels, [draw_writer(rng, FELT_PEN) for _ in labels], rng)
    pictures = {"as drawn": list(images)}
    for kind in augment.KINDS.values():
        pictures[kind.example] = list(augment.parse([kind.example])(images, np.random.default_rng(3)))
    return rows_of(pictures, 0.62)


@styled
def others() -> Figure:
    """What is no digit, as networks see it: a row for each kind."""
    pictures = {}
    for name, (_, drawn) in KINDS.items():
        rng = np.random.default_rng(6)
        images = drawn([draw_writer(rng) for _ in range(15)], rng)
        pictures[name] = [normalise(np.ascontiguousarray(image)) for image in images]
    return rows_of(pictures, 0.5)


def photographed() -> Page:
    """A ruled table with a few strays, photographed in poor light."""
    rng = np.random.default_rng(43)
    photo = Photo.draw(rng, 0.7)
    return page(rng, layout="table", paper="plain", height_px=600, width_px=800, photo=photo, strays=3)


def scanned() -> Page:
    """Numbers in rows on squared paper, scanned."""
    rng = np.random.default_rng(12)
    return page(
        rng, layout="columns", paper="squared", height_px=600, width_px=800, photo=Photo.draw(rng, 0.1), strays=4
    )


@styled
def pages() -> Figure:
    """Two pages, each beside its truth."""
    figure = Figure(figsize=(11, 8.4), facecolor="white")
    grid = figure.subplots(
        2, 2, gridspec_kw={"left": 0, "right": 1, "top": 1, "bottom": 0, "wspace": 0.02, "hspace": 0.02}
    )
    for (left, right), made in zip(grid, (photographed(), scanned()), strict=True):
        left.imshow(made.image)
        right.imshow(made.image, alpha=0.45)
        for number in made.numbers:
            frame(right, number.box, PALETTE["blue"], number.text)
        for other in made.others:
            if other.kind != "print":
                frame(right, other.box, PALETTE["red"], other.kind)
        left.set_axis_off()
        right.set_axis_off()
    return figure


def frame(axes: Axes, box: tuple[int, int, int, int], colour: str, caption: str) -> None:
    """A box with a caption above it."""
    x, y, width, height = box
    axes.add_patch(Rectangle((x - 2, y - 2), width + 4, height + 4, fill=False, edgecolor=colour))
    axes.text(x, y - 5, caption, color=colour, fontsize=7, va="bottom")


def even_writer() -> Writer:
    """A writer without habits of her own, so that forms can be compared."""
    writer = draw_writer(np.random.default_rng(0), FELT_PEN)
    return replace(
        writer, slant=0, tilt=0, breadth=1, size=1, roundness=0.6, tremor=0, speed=0.3, care=1, line=0.09,
        bends=0 * writer.bends, habits=0 * writer.habits,
    )  # fmt: skip


def main() -> None:
    """Draw them all."""
    for figure in (letterforms, writers, pens, small, others, augmentations):
        (FOLDER / f"strokes-{figure.__name__}.png").write_bytes(png(figure(), dots_per_inch=110))
    pages().savefig(FOLDER / "strokes-pages.jpg", dpi=110, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main()
