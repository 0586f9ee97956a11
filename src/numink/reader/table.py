"""The rows and columns of a page: by the lines of a table where it has some, or by how its numbers stand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
Place = tuple[float, float, float, float]
"""A straight line: x1, y1, x2, y2."""

FEWEST_ROWS, FEWEST_COLUMNS = 3, 2
FILLED = 0.6
"""So much of a table without lines has numbers in it; where it is less, they stand below each other by chance."""
FEWEST_LINES = 3
"""Upright and level: a frame alone is no table."""
LONG = 0.35
"""Of the longest line in its direction; shorter ones belong to something else."""
WITHIN = 0.7
"""Of the numbers, so many stand in the cells of a table. On squared paper they stand across its lines."""
FEWEST_FILLED = 0.15
"""Of the cells that lines make; where fewer have a number, it is paper and no table."""
EDGE = 0.15
"""So much of a number may reach over a line, or over the next column."""


@dataclass(frozen=True)
class Table:
    """How many rows and columns a page has, and where each of its numbers stands: (row, column), counted from 0."""

    rows: int
    columns: int
    cells: tuple[tuple[int, int], ...]

    def filled(self, texts: Sequence[str]) -> list[list[str]]:
        """The texts of the numbers, each in its cell; what shares a cell is parted by a blank, an empty one is "".

        >>> Table(2, 2, ((0, 0), (1, 1), (1, 1))).filled(["7", "12", "5"])
        [['7', ''], ['', '12 5']]
        """
        rows = [[""] * self.columns for _ in range(self.rows)]
        for (row, column), text in zip(self.cells, texts, strict=True):
            rows[row][column] = f"{rows[row][column]} {text}".strip()
        return rows


def find_table(boxes: Sequence[Box], rows: Sequence[int], rulings: Sequence[Place] = ()) -> Table | None:
    """The table that numbers stand in, or None where they stand in none.

    boxes: of the numbers, in pixels of the sheet, which is straight. rows: the line of writing of each. rulings: the
    straight lines on the sheet. Where these make a table it has the rows and columns that were drawn, be they empty;
    else numbers that stand below each other are a column.
    """
    return ruled(boxes, rulings) or aligned(boxes, rows)


def ruled(boxes: Sequence[Box], rulings: Sequence[Place]) -> Table | None:
    """Each number in the cell that its middle lies in; None where the lines make no table, or not for these numbers.

    A table that is open at a side ends where the lines across end. What stands beyond, such as a date above it, has a
    row or column of its own.
    """
    if not boxes:
        return None
    places = np.array(boxes, float)
    apart = 0.5 * float(np.median(places[:, 3]))
    upright, level = [[line for line in rulings if _is_upright(line) is way] for way in (True, False)]
    xs, ys = _middles(upright, 0, apart), _middles(level, 1, apart)
    if min(len(xs), len(ys)) < FEWEST_LINES:
        return None
    xs, ys = _closed(xs, level, 0, apart), _closed(ys, upright, 1, apart)
    columns, inside_x = _cells(xs, places[:, 0], places[:, 2])
    rows, inside_y = _cells(ys, places[:, 1], places[:, 3])
    cells, ends = np.stack([rows, columns], axis=1), np.array([len(ys), len(xs)])
    if (inside_x & inside_y).mean() < WITHIN or len(np.unique(cells, axis=0)) < FEWEST_FILLED * np.prod(ends - 1):
        return None
    first = np.minimum(cells.min(axis=0), 1)
    count = np.maximum(cells.max(axis=0), ends - 1) - first + 1
    return Table(int(count[0]), int(count[1]), tuple((int(row), int(column)) for row, column in cells - first))


def _is_upright(line: Place) -> bool:
    return abs(line[3] - line[1]) > abs(line[2] - line[0])


def _middles(lines: Sequence[Place], axis: int, apart: float) -> NDArray[np.float64]:
    """Where the long ones of parallel lines are, across them (axis 0: x, 1: y), in order; double lines once."""
    middles = sorted((line[axis] + line[axis + 2]) / 2 for line in _long(lines, 1 - axis))
    return np.array([place for n, place in enumerate(middles) if n == 0 or place - middles[n - 1] > apart])


def _closed(places: NDArray[np.float64], across: Sequence[Place], axis: int, apart: float) -> NDArray[np.float64]:
    """The places of parallel lines, with those where the long lines across them begin and end further out."""
    ends = np.sort([[line[axis], line[axis + 2]] for line in _long(across, axis)])
    start, stop = np.median(ends, axis=0)
    first, last = [start] if start < places[0] - apart else [], [stop] if stop > places[-1] + apart else []
    return np.concatenate([first, places, last])


def _long(lines: Sequence[Place], axis: int) -> list[Place]:
    """Those of parallel lines that are long along the axis."""
    lengths = [abs(line[axis + 2] - line[axis]) for line in lines]
    longest = max(lengths, default=0.0)
    return [line for line, length in zip(lines, lengths, strict=True) if length >= LONG * longest]


def _cells(
    lines: NDArray[np.float64], start: NDArray[np.float64], length: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Behind how many lines the middle of each number is, and whether it stands between two of them."""
    cells = np.searchsorted(lines, start + length / 2)
    first, last = (np.searchsorted(lines, start + share * length) for share in (EDGE, 1 - EDGE))
    return cells, (first == last) & (cells > 0) & (cells < len(lines))


def aligned(boxes: Sequence[Box], rows: Sequence[int]) -> Table | None:
    """Columns of numbers that stand below each other, never two of one row; None where they do not."""
    columns: list[tuple[float, float, list[int]]] = []
    for place in sorted(range(len(boxes)), key=lambda place: boxes[place][0]):
        x, _, width, _ = boxes[place]
        left, right = x + EDGE * width, x + (1 - EDGE) * width
        if columns and left < columns[-1][1]:
            start, end, members = columns.pop()
            columns.append((start, max(end, right), [*members, place]))
        else:
            columns.append((left, right, [place]))
    lines = sorted(set(rows))
    crowded = any(len({rows[place] for place in members}) < len(members) for *_, members in columns)
    if crowded or len(lines) < FEWEST_ROWS or len(columns) < FEWEST_COLUMNS:
        return None
    if len(boxes) < FILLED * len(lines) * len(columns):
        return None
    column_of = {place: number for number, (*_, members) in enumerate(columns) for place in members}
    return Table(
        len(lines), len(columns), tuple((lines.index(row), column_of[place]) for place, row in enumerate(rows))
    )
