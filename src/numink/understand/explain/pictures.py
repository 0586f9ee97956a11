"""Numbers as pictures: red above 0, blue below, nothing at 0, so that they fit light pages and dark ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from numink.evaluate.look import PALETTE
from numink.evaluate.page import picture
from numink.nn.params import Array
from numink.understand.explain.words import alike, number, span

MOST_CELLS = 32
"""A row of numbers up to so long is written out."""
MOST_MAPS = 32
ROW_PX, ALONE_PX, CELL_PX = 448, 168, 16
"""About how wide on the page a row of maps is, or a long row of numbers; one map alone; a number of a matrix."""
LEVELS = 48
"""How many shades there are of each colour: few make small files, and more cannot be told apart."""
FRAME = (128, 128, 128, 110)


@dataclass(frozen=True)
class Shown:
    """How an array is shown: as numbers or as a picture, whose full colour is the `largest` of them, or minus that.

    cells: for each number its place, its text and its share of the largest; all are times 10 to the `power`.
    """

    span: str
    largest: str
    cells: Sequence[tuple[int, str, float]] = ()
    power: int = 0
    src: str = ""
    width_px: int = 0
    height_px: int = 0
    maps: int = 1
    all_maps: int = 1


def show(values: Array) -> Shown:
    """A short row as numbers, a long one as a strip, an image or maps (height, width, n) as pictures on one scale."""
    full = float(np.abs(values).max())
    if values.ndim == 1 and len(values) <= MOST_CELLS:
        texts, power = alike(values)
        shares = values / (full or 1)
        cells = [(place, text, float(share)) for place, (text, share) in enumerate(zip(texts, shares, strict=True))]
        return Shown(span(values), number(full), cells, power)
    if values.ndim == 1:
        return _drawn(values, strip(values, full), ROW_PX)
    maps = values if values.ndim == 3 else values[..., np.newaxis]
    count = maps.shape[-1]
    columns = 1 if count == 1 else 8 if count > 25 else 5 if count % 5 == 0 else 4
    enlarged = max(round((ROW_PX / columns if count > 1 else ALONE_PX) / (maps.shape[1] + 2)), 1)
    sheet = mosaic(maps[..., :MOST_MAPS], full, enlarged, columns)
    return _drawn(values, sheet, sheet.shape[1], min(count, MOST_MAPS), count)


def show_matrix(values: Array) -> Shown:
    """A matrix, its rows as lines."""
    return _drawn(values, diverging(values, float(np.abs(values).max())), CELL_PX * values.shape[1])


def show_over(values: Array) -> Shown:
    """Numbers (height, width) to be laid over an image."""
    return _drawn(values, diverging(values, float(np.abs(values).max())), values.shape[1])


def _drawn(values: Array, sheet: Array, width_px: int, maps: int = 1, all_maps: int = 1) -> Shown:
    height_px = round(width_px * sheet.shape[0] / sheet.shape[1])
    largest = number(np.abs(values).max())
    return Shown(span(values), largest, (), 0, picture(sheet), width_px, height_px, maps, all_maps)


def diverging(values: Array, full: float) -> Array:
    """Colours uint8 (height, width, 4) for numbers (height, width): opaque from `full` on, transparent at 0."""
    red, blue = (tuple(bytes.fromhex(PALETTE[name][1:])) for name in ("red", "blue"))
    picture = np.empty((*values.shape, 4), np.uint8)
    picture[..., :3] = np.where((values > 0)[..., np.newaxis], red, blue)
    strength = np.minimum(np.abs(values) / (full or 1), 1)
    picture[..., 3] = 255 * (np.ceil(strength * LEVELS) / LEVELS)
    return picture


def mosaic(maps: Array, full: float, enlarged: int, columns: int) -> Array:
    """Maps (height, width, n), each number `enlarged` pixels wide, side by side on one scale: uint8 (..., ..., 4)."""
    maps = maps.repeat(enlarged, axis=0).repeat(enlarged, axis=1)
    height_px, width_px, count = maps.shape
    columns = min(count, columns)
    sheet = np.zeros((-(-count // columns) * (height_px + 2), columns * (width_px + 2), 4), np.uint8)
    for place in range(count):
        y, x = place // columns * (height_px + 2), place % columns * (width_px + 2)
        sheet[y : y + height_px + 2, x : x + width_px + 2] = FRAME
        sheet[y + 1 : y + height_px + 1, x + 1 : x + width_px + 1] = diverging(maps[..., place], full)
    return sheet


def strip(row: Array, full: float) -> Array:
    """Numbers (d,), line by line, in a picture about four times as wide as high: uint8 (lines, width, 4)."""
    width = min(len(row), max(32, ceil(2 * sqrt(len(row)))))
    lines = -(-len(row) // width)
    padded = np.zeros(lines * width)
    padded[: len(row)] = row
    return diverging(padded.reshape(lines, width), full)
