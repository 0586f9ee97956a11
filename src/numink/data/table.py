"""Tables of digits: CSV with a row for each image, of its label and 784 pixels, packed with gzip or not.

Kaggle's train.csv ("label,pixel0,...") and test.csv ("pixel0,...", no labels), the label-first CSV with a
header or without, and any header that names its label column, wherever that stands.

NumPy's own reader takes Kaggle's 77 MB as fast as polars, faster than pyarrow and pandas, and in a fraction
of their memory. It is strict: a block of rows that it refuses is gone through cell by cell.
"""

import csv
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Literal, TextIO, get_args

import numpy as np

from numink.data.digits import CLASSES, MOST_IMAGES, PIXELS, SIDE_PX, Bytes, Part
from numink.data.labels import digit_from_text
from numink.data.look import opened
from numink.errors import DataError

Missing = Literal["error", "zero", "drop"]

_LABEL_NAMES = {"label", "labels", "class", "digit", "target", "y"}
_ID_NAMES = {"", "id", "imageid", "index", "unnamed: 0"}  # a first column of these would pass for labels
_EMPTY_CELLS = {"", "na", "n/a", "nan", "null", "none", "?"}
_EMPTY, _WRONG = -1, -2  # what stands for a cell without a value, and for one that cannot be used

_BLOCK_ROWS = 1024
_LONGEST_LINE = 1 << 16  # characters: ten times what 785 cells need


@dataclass(frozen=True)
class _Layout:
    """What the first line tells: how many columns, their names, if any, and where the label is."""

    path: Path
    columns: int
    label: int | None
    names: list[str] | None

    def place(self, row: int, column: int) -> str:
        """Where a cell stands, as a person finds it: rows and columns counted from 1, columns by name."""
        return f"{self.path}, row {row}, column {repr(self.names[column]) if self.names else column + 1}"


def read(path: Path, missing: Missing = "error") -> tuple[Part, int]:
    """Read the table at `path`: its images with their labels, if it has any, and how many cells were empty.

    An empty cell is an error; with `missing="zero"` an empty pixel is 0, and with "drop" a row with an
    empty cell is left out. Raises DataError, which names row (a line of the file, from 1) and column, also
    for a cell that is no whole number from 0 to 255, a label that is no digit, and a row of another length.
    """
    if missing not in get_args(Missing):
        raise DataError(f"missing: expected {', '.join(get_args(Missing))}, came {missing!r}")
    images: list[Bytes] = []
    labels: list[Bytes] = []
    empty = count = 0
    with _opened_text(path) as text:
        lines = _lines(path, text)
        first = next(lines, "")
        layout = _layout(path, first)
        row = 1 if layout.names is None else 2
        lines = chain([first], lines) if layout.names is None else lines
        while block := list(islice(lines, _BLOCK_ROWS)):
            values = _by_numpy(layout, block)
            if values is None:
                values, found = _by_cell(layout, block, row, missing)
                empty += found
            images.append(values if layout.label is None else np.delete(values, layout.label, axis=1))
            labels.append(values[:, layout.label or 0])
            row += len(block)
            count += len(values)
            if count > MOST_IMAGES:
                raise DataError(f"{path}: expected at most {MOST_IMAGES:,} rows, came more; cut it into pieces")
    if not count:
        raise DataError(f"{path}: expected a row for each image, came none")
    return (
        Part(
            np.concatenate(images).reshape(-1, SIDE_PX, SIDE_PX),
            None if layout.label is None else np.concatenate(labels),
        ),
        empty,
    )


def count_columns(path: Path) -> int:
    """How many cells the first line of `path` has."""
    with _opened_text(path) as text:
        return len(_cells(text.readline(_LONGEST_LINE)))


@contextmanager
def _opened_text(path: Path) -> Iterator[TextIO]:
    with opened(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace") as text:
        yield text


def _lines(path: Path, text: TextIO) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise DataError(f"{path}: expected lines of 784 or 785 cells, came one of {_LONGEST_LINE:,} characters")
        yield line


def _cells(line: str) -> list[str]:
    return next(csv.reader([line]), [])


def _layout(path: Path, first: str) -> _Layout:
    cells = _cells(first)
    if len(cells) not in (PIXELS, PIXELS + 1):
        raise DataError(
            f"{path}: expected 784 pixels in columns separated by commas, or a label and 784 pixels,"
            f" came {len(cells)} columns"
        )
    # Most cells, not all: "label,0,1,...,783" is a header too, and a row with a stray word is none
    if sum(_pixel(cell) == _WRONG for cell in cells) <= len(cells) // 2:
        return _Layout(path, len(cells), 0 if len(cells) > PIXELS else None, None)
    names = [cell.strip() for cell in cells]
    if len(cells) == PIXELS:
        return _Layout(path, PIXELS, None, names)
    label = next((i for i, name in enumerate(names) if name.lower() in _LABEL_NAMES), 0)
    if names[label].lower() in _ID_NAMES:
        raise DataError(f"{path}: expected a column named label, came {names[0]!r} first; rename or remove it")
    return _Layout(path, len(cells), label, names)


def _by_numpy(layout: _Layout, lines: list[str]) -> Bytes | None:
    """The rows, uint8 (n, columns), or None where a cell is anything but a plain number that fits."""
    if not all(map(str.isascii, lines)):  # of which some make NumPy crash (numpy/numpy#31586)
        return None
    if all(map(str.isspace, lines)):
        return np.empty((0, layout.columns), np.uint8)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # before 2.4, NumPy turns "7.5" into 7 with no more than a warning
            values = np.loadtxt(lines, np.uint8, comments=None, delimiter=",", quotechar='"', ndmin=2)
    except ValueError:
        return None
    if values.shape[1] != layout.columns:
        return None
    if layout.label is not None and values[:, layout.label].max() >= CLASSES:
        return None
    return values


def _by_cell(layout: _Layout, lines: list[str], first_row: int, missing: Missing) -> tuple[Bytes, int]:
    """The rows, uint8 (n, columns), and how many cells were empty. Raises DataError at the first bad one."""
    rows, empty = [], 0
    for row, line in enumerate(lines, first_row):
        if line.isspace():
            continue
        cells = _cells(line)
        if len(cells) != layout.columns:
            raise DataError(f"{layout.path}, row {row}: expected {layout.columns} columns, came {len(cells)}")
        values = [_pixel(cell) for cell in cells]
        if layout.label is not None:
            values[layout.label] = _label(cells[layout.label])
        if min(values) < 0:
            _require_only_gaps(layout, row, cells, values, missing)
            empty += values.count(_EMPTY)
            if missing == "drop":
                continue
            values = [max(value, 0) for value in values]
        rows.append(values)
    return np.array(rows, np.uint8).reshape(-1, layout.columns), empty


def _require_only_gaps(layout: _Layout, row: int, cells: list[str], values: list[int], missing: Missing) -> None:
    """Raise DataError unless all that the row lacks are cells whose absence `missing` allows."""
    for column, value in enumerate(values):
        is_label = column == layout.label
        if value == _WRONG:
            expected = "a label from 0 to 9" if is_label else "a whole number from 0 to 255"
            raise DataError(f"{layout.place(row, column)}: expected {expected}, came {cells[column][:40]!r}")
        if value == _EMPTY and (missing == "error" or (missing == "zero" and is_label)):
            remedy = '"drop"' if is_label else '"zero" or "drop"'
            raise DataError(f"{layout.place(row, column)} is empty: fill it, or choose missing = {remedy}")


@lru_cache(maxsize=4096)
def _pixel(cell: str) -> int:
    text = cell.strip().lower()
    if text in _EMPTY_CELLS:
        return _EMPTY
    try:
        value = float(text)
    except ValueError:
        return _WRONG
    return int(value) if value.is_integer() and 0 <= value <= 255 else _WRONG


@lru_cache(maxsize=4096)
def _label(cell: str) -> int:
    if cell.strip().lower() in _EMPTY_CELLS:
        return _EMPTY
    digit = digit_from_text(cell)
    return _WRONG if digit is None else digit
