"""Where numbers stand on a sheet: the cells of rows, columns, boxes, tables and free positions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from numink.data.strokes.pages.view import SMALLEST_SHARE, Box
from numink.errors import DataError
from numink.schema import unknown

SMALLEST_DIGIT_PX = 20
LARGEST_DIGIT_PX = 110

Texts = Sequence[Sequence[str]]
Heights = NDArray[np.float64]
"""Lengths as multiples of a digit's height."""


@dataclass(frozen=True)
class Spacing:
    """The least room of a layout, in heights of its digits.

    character: the width of each. gap: beside each number. pitch: from line to line. aligned: whether numbers stand in
    columns. loose: how much wider than need be it may become.
    """

    name: str
    character: float
    gap: float
    pitch: float
    aligned: bool
    loose: float


LAYOUTS = {
    spacing.name: spacing
    for spacing in (
        Spacing("rows", 1.05, 1.0, 1.7, False, 0.6),
        Spacing("columns", 1.05, 1.0, 1.6, True, 1.5),
        Spacing("boxes", 1.35, 0.8, 1.9, True, 0.8),
        Spacing("table", 1.05, 0.7, 1.7, True, 1.2),
        Spacing("free", 1.05, 1.3, 2.2, False, 3.0),
    )
}


@dataclass(frozen=True)
class Cell:
    """The place of one number, in pixels of the sheet: it stands on the base line, with room for as many `boxes`."""

    text: str
    row: int
    boxes: int
    left_px: float
    top_px: float
    width_px: float
    height_px: float
    baseline_px: float

    def moved(self, x_px: int, y_px: int) -> "Cell":
        """The same further to the right and down."""
        left_px, top_px, baseline_px = self.left_px + x_px, self.top_px + y_px, self.baseline_px + y_px
        return replace(self, left_px=left_px, top_px=top_px, baseline_px=baseline_px)


@dataclass(frozen=True)
class Layout:
    """Cells for numbers with digits of one height, line by line.

    box_px: the width of each character's box, 0 where it has none. align: 0 where numbers stand at the left of their
    cells, 1 where they stand at the right. lines_x, lines_y: where a table has its lines.
    """

    digit_px: float
    character: float
    pitch_px: float
    box_px: float
    cells: tuple[Cell, ...]
    align: float
    lines_x: tuple[float, ...] = ()
    lines_y: tuple[float, ...] = ()

    def moved(self, x_px: int, y_px: int) -> "Layout":
        """The same further to the right and down."""
        return replace(
            self,
            cells=tuple(cell.moved(x_px, y_px) for cell in self.cells),
            lines_x=tuple(line + x_px for line in self.lines_x),
            lines_y=tuple(line + y_px for line in self.lines_y),
        )


def layout_named(name: str) -> Spacing:
    """The layout of this name; DataError names the known ones."""
    if name not in LAYOUTS:
        raise DataError(unknown("layout", name, list(LAYOUTS)))
    return LAYOUTS[name]


def require_room(spacing: Spacing, texts: Texts, height_px: int, width_px: int) -> None:
    """Raise DataError, which says the smallest size, where a page would be too small for its text."""
    high, wide = (ceil(SMALLEST_DIGIT_PX * need / SMALLEST_SHARE) + 4 for need in _needed(spacing, texts))
    if height_px < high or width_px < wide:
        raise DataError(
            f"a page of {height_px} x {width_px} px is too small for its text: expected at least {high} x {wide} px"
            " (height x width)"
        )


def room_for(rng: np.random.Generator, spacing: Spacing, area: Box) -> tuple[int, int]:
    """How many rows and columns of usual numbers (5 characters) an area takes, or fewer: both 1 at least."""
    digit_px = np.clip(min(area[2:]) * 0.02 * 8 ** rng.random(), SMALLEST_DIGIT_PX, LARGEST_DIGIT_PX / 1.3)
    rows = area[3] / (1.3 * digit_px * spacing.pitch)
    columns = area[2] / (1.3 * digit_px * (5 * spacing.character + spacing.gap))
    return max(1, int(min(rows, 24) * rng.uniform(0.4, 1))), max(1, int(min(columns, 8) * rng.uniform(0.4, 1)))


def lay_out(rng: np.random.Generator, spacing: Spacing, texts: Texts, area: Box) -> Layout:
    """Cells for the texts, of a size that the area has room for; what has no text has no cell."""
    left_px, top_px, width_px, height_px = area
    high, wide = _needed(spacing, texts)
    fitting_px = min(height_px / high, width_px / wide)
    digit_px = min(fitting_px * rng.uniform(0.65, 1), rng.uniform(40, LARGEST_DIGIT_PX))
    digit_px = max(digit_px, min(fitting_px, SMALLEST_DIGIT_PX))
    # From here on all is in heights of a digit. Of the room to spare some goes between the numbers, some around them.
    width, height, most = width_px / digit_px, height_px / digit_px, max(len(line) for line in texts)
    pitch = spacing.pitch + min((height - high) / len(texts), spacing.loose) * rng.random()
    gap = spacing.gap + min((width - wide) / most, spacing.loose) * rng.random()
    left, top = rng.random(2) ** 2 * (width - wide - (gap - spacing.gap) * most, height - pitch * len(texts))
    below = 0.3 + (pitch - 1.6) / 3  # the room under a base line
    columns = [column + gap for column in _columns(spacing, texts)]
    cells: list[Cell] = []
    row = 0  # of those that have text
    for line, words in enumerate(texts):
        widths = columns[: len(words)] if spacing.aligned else [_width(spacing, word) + gap for word in words]
        starts = left + np.cumsum([0, *widths[:-1]])[: len(words)]
        right, down = _freedom(rng, spacing, starts - left, max(0.0, width - left - sum(widths)))
        tops = np.clip(top + pitch * line + down, 0, height - pitch)
        for word, x, y, cell_width in zip(words, starts + right, tops, widths, strict=True):
            if word:
                px = digit_px * np.array([x, y, cell_width, pitch, y + pitch - below]) + (left_px, top_px, 0, 0, top_px)
                cells.append(Cell(word, row, round((cell_width - gap) / spacing.character), *px.tolist()))
        row += any(words)
    lined = spacing.name == "table"
    lines_x = left_px + digit_px * (left + np.cumsum([0, *columns]))
    lines_y = top_px + digit_px * (top + pitch * np.arange(len(texts) + 1))
    return Layout(
        float(digit_px),
        spacing.character,
        float(pitch * digit_px),
        spacing.character * float(digit_px) if spacing.name == "boxes" else 0.0,
        tuple(cells),
        float(rng.choice([0, 0.5, 1])) if spacing.aligned else 0.0,
        tuple(lines_x.tolist() if lined else ()),
        tuple(lines_y.tolist() if lined else ()),
    )


def _freedom(rng: np.random.Generator, spacing: Spacing, starts: Heights, slack: float) -> tuple[Heights, Heights]:
    """How far each number of a line stands to the right of its place, `slack` at most, and how far below it."""
    if spacing.name == "free":
        return np.sort(rng.uniform(0, slack, len(starts))), rng.uniform(-0.3, 0.3, len(starts))
    if spacing.name == "rows":  # a line begins a little late, and climbs or falls
        late, climb = rng.uniform(0, min(slack, 0.6)), rng.normal(0, 0.025)
        return np.full(len(starts), late), np.clip(climb * starts, -0.25, 0.25)
    return np.zeros(len(starts)), np.zeros(len(starts))


def that_fit(spacing: Spacing, texts: Texts, area: Box) -> list[list[str]]:
    """The first rows and columns of the texts, as many as an area has room for; of long numbers the last digit."""
    width_px, height_px = area[2:]
    lines = max(1, int(height_px / (SMALLEST_DIGIT_PX * spacing.pitch) + 1e-6))
    rows = [list(line) for line in texts[:lines]]
    for columns in range(max(len(line) for line in rows), 0, -1):
        rows = [line[:columns] for line in rows]
        if SMALLEST_DIGIT_PX * _needed(spacing, rows)[1] <= width_px + 1e-6:
            return rows
    return [[word[-1:] for word in line] for line in rows]


def _width(spacing: Spacing, text: str) -> float:
    """The least width of a number, in heights of its digits."""
    return max(1, len(text)) * spacing.character


def _columns(spacing: Spacing, texts: Texts) -> list[float]:
    """The least width of each column."""
    return [
        max(_width(spacing, line[i]) for line in texts if i < len(line))
        for i in range(max(len(line) for line in texts))
    ]


def _needed(spacing: Spacing, texts: Texts) -> tuple[float, float]:
    """The least height and width of all the texts, in heights of the digits."""
    lines = (
        [_columns(spacing, texts)] if spacing.aligned else [[_width(spacing, word) for word in line] for line in texts]
    )
    return spacing.pitch * len(texts), max(sum(line) + spacing.gap * len(line) for line in lines)
