"""What stands on a sheet: ink and print of any colour, printed lines, and the frames, boxes and labels of forms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numink.data.strokes.pages.fields import Field, smooth_noise
from numink.data.strokes.pages.layout import Layout
from numink.data.strokes.pages.view import Points

Sheet = NDArray[np.uint8]
"""uint8 (height, width, 3), red, green and blue."""

Colour = tuple[int, int, int]
Place = tuple[float, float]
"""x and y on the sheet, in pixels."""

PRINTS: tuple[Colour, ...] = (
    (150, 170, 205),
    (110, 140, 200),
    (160, 160, 160),
    (90, 90, 95),
    (235, 150, 90),
    (225, 130, 140),
    (130, 185, 150),
)
LABELS = (
    "Name",
    "Date",
    "Total",
    "Amount",
    "Room",
    "Weight",
    "Nr.",
    "Ref.",
    "Datum",
    "Betrag",
    "Summe",
    "Menge",
    "Prix",
)

SEEN = 0.25
"""The coverage from which a pixel counts as inked."""


@dataclass(frozen=True, eq=False)
class Trace:
    """What was put on a sheet: what it shows or is, and its inked pixels, by their centres (n, 2) as x, y."""

    kind: str
    points: Points


@dataclass(frozen=True)
class Print:
    """What is drawn in one colour, with lines of one width; by hand they stray `unsteady_px` from their way."""

    colour: Colour
    width_px: float
    unsteady_px: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator, digit_px: float) -> "Print":
        """A colour, and lines that suit digits of this height."""
        return cls(PRINTS[rng.integers(len(PRINTS))], max(0.8, digit_px * rng.uniform(0.015, 0.04)))


def stamp(sheet: Sheet, coverage: Field, left_px: int, top_px: int, colour: Colour) -> None:
    """Put ink of a colour, which takes away light, onto the sheet: coverage (h, w), 0 to 1, cut off at its edges."""
    height, width = sheet.shape[:2]
    top, left = max(0, -top_px), max(0, -left_px)
    part = coverage[top : max(0, height - top_px), left : max(0, width - left_px)]
    y, x = top_px + top, left_px + left
    place = sheet[y : y + part.shape[0], x : x + part.shape[1]]
    place[...] = place * (1 - part[..., None] * (1 - np.array(colour, np.float32) / 255)) + 0.5


def seen_from(coverage: Field) -> float:
    """The coverage from which a pixel counts as inked: SEEN, or less where all of it is pale."""
    most = float(coverage.max())
    return SEEN if most >= SEEN else most / 2


def inked(coverage: Field, left_px: int, top_px: int) -> Points:
    """The pixels that a coverage put there has inked, by their centres (n, 2) as x, y."""
    return np.argwhere(coverage >= seen_from(coverage))[:, ::-1] + (left_px + 0.5, top_px + 0.5)


def rule(rng: np.random.Generator, sheet: Sheet, start: Place, end: Place, look: Print) -> None:
    """Draw a line, level or upright, from one point to another, with soft edges."""
    (x0, y0), (x1, y1) = start, end
    upright = y1 - y0 > x1 - x0
    middle, low, high = (x0, y0, y1) if upright else (y0, x0, x1)
    way = np.full((max(1, round(high) - round(low)), 1), middle, np.float32)
    if look.unsteady_px:
        way += np.float32(look.unsteady_px) * smooth_noise(rng, len(way), 1, max(len(way) / 6, 20 * look.width_px))
    half = look.width_px / 2
    across = np.arange(int(way.min() - half - 1), int(way.max() + half + 2))
    coverage = np.clip(half + 0.5 - np.abs(across + np.float32(0.5) - way), 0, 1)
    if upright:
        stamp(sheet, coverage, int(across[0]), round(low), look.colour)
    else:
        stamp(sheet, coverage.T, round(low), int(across[0]), look.colour)


def frame(rng: np.random.Generator, sheet: Sheet, corner: Place, opposite: Place, look: Print) -> None:
    """Draw a rectangle from its upper left to its lower right corner."""
    (left, top), (right, bottom) = corner, opposite
    for x in (left, right):
        rule(rng, sheet, (x, top), (x, bottom), look)
    for y in (top, bottom):
        rule(rng, sheet, (left, y), (right, y), look)


def label(sheet: Sheet, text: str, corner: Place, size_px: float, look: Print) -> Trace:
    """Print a word with its upper left corner there."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(max(9.0, size_px))
    left, top, right, bottom = (round(side) for side in font.getbbox(text))
    word = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(word).text((1 - left, 1 - top), text, 255, font)
    coverage = np.asarray(word, np.float32) / np.float32(255)
    x, y = round(corner[0]), round(corner[1])
    stamp(sheet, coverage, x, y, look.colour)
    return Trace("print", inked(coverage, x, y))


def print_layout(rng: np.random.Generator, sheet: Sheet, layout: Layout, look: Print) -> None:
    """Draw what belongs to the layout itself: the lines of a table, or a box for each character."""
    for column in layout.lines_x:
        rule(rng, sheet, (column, layout.lines_y[0]), (column, layout.lines_y[-1]), look)
    for line in layout.lines_y:
        rule(rng, sheet, (layout.lines_x[0], line), (layout.lines_x[-1], line), look)
    gap = rng.choice([0, 0.15]) * layout.box_px  # combs of boxes side by side, or boxes apart
    for cell in layout.cells if layout.box_px else ():
        top, bottom = cell.baseline_px - 1.28 * layout.digit_px, cell.baseline_px + 0.22 * layout.digit_px
        for i in range(cell.boxes):
            left = cell.left_px + i * layout.box_px
            frame(rng, sheet, (left, top), (left + layout.box_px - gap, bottom), look)


def print_fields(rng: np.random.Generator, sheet: Sheet, layout: Layout) -> list[Trace]:
    """Print a form: a frame or a line for each number, most of them with a label in the upper corner."""
    look, framed = Print.draw(rng, layout.digit_px), rng.random() < 0.5
    bare = not layout.box_px and not layout.lines_x  # boxes and tables have lines of their own
    margin = 0.06 * layout.digit_px
    labels = []
    for cell in layout.cells:
        left, top = cell.left_px + margin, cell.top_px + margin
        right, bottom = cell.left_px + cell.width_px - margin, cell.top_px + cell.height_px - margin
        if bare and framed:
            frame(rng, sheet, (left, top), (right, bottom), look)
        elif bare:
            below = cell.baseline_px + 2 * margin
            rule(rng, sheet, (left, below), (right, below), look)
        if rng.random() < 0.8 and cell.width_px > 2 * layout.digit_px:
            word = LABELS[rng.integers(len(LABELS))]
            labels.append(label(sheet, word, (left + 2 * margin, top + margin), 0.28 * layout.digit_px, look))
    return labels
