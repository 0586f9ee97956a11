"""Pieces of what is dark on a sheet: which are ink, and what the others are: specks, holes, edges, rests of lines."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.mend import HIDING
from numink.reader.runs import Flags, Floats
from numink.reader.size import reduced

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

_WEAK = 45  # of 255: so dark are the palest parts of a piece of ink,
_SEED = 100  # and somewhere it is as dark as that
_SPECK = 0.3  # of the square of a stroke's width: a point that a pen makes is as wide as its strokes
_REST = 0.75  # of a piece's pixels lie where a line was
_EDGE = 0.012  # of the sheet's longer side: what lies as close to its edge as that is the edge itself
_FRAME = 4  # heights of a digit that something dark goes on along the edge
_HOLE_WIDTHS = 2.5  # of a stroke: a pen's point is smaller than a hole
_HOLE_MARGIN = 0.12  # of the sheet's side, in which holes are
_SMALL_PX = 64  # a side of a sheet that may hold a digit alone
_LEAST_PX = 6  # on larger sheets digits are higher than that
_ENOUGH = 3_000_000  # pixels that pieces are told on


@dataclass(frozen=True, eq=False)
class Pieces:
    """What hangs together on a sheet; entry 0 is the paper.

    labels: int32 (rows, columns), the piece at each place of the sheet reduced by `step`. boxes: (pieces, 4), x, y,
    width, height in pixels of the sheet. ink: how many pixels they fill, grey ones by their part. seeded: which are as
    dark as ink somewhere. line_px: how wide a line was where they lie, on_lines: how much of them lies there, hidden:
    how much of them lies where a line hid what lay on it.
    """

    step: int
    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    ink: Floats
    seeded: Flags
    line_px: Floats
    hidden: Floats
    on_lines: Floats


def without_dirt(
    coverage: Bytes, near: Bytes | None, stroke_px: float, digit_px: float
) -> tuple[Bytes, list[tuple[str, Box]]]:
    """The coverage without what is no writing, and what that was.

    coverage: uint8 (h, w). near: uint8 (h, w), how wide the lines are that were taken out around there. stroke_px,
    digit_px: how wide strokes and how high digits are. What is nowhere as dark as ink is left out without a word.
    """
    pieces = pieces_of(coverage, near)
    kept, removed = pieces.seeded.copy(), []
    kept[0] = False
    for kind, those in kinds_of(pieces, coverage.shape, stroke_px, digit_px).items():
        removed += [(kind, (int(x), int(y), int(w), int(h))) for x, y, w, h in pieces.boxes[those & kept]]
        kept &= ~those
    if (
        min(coverage.shape) > _SMALL_PX
        and not (np.maximum(pieces.boxes[:, 2], pieces.boxes[:, 3])[kept] > _LEAST_PX).any()
    ):
        kept[:] = False  # nothing on the sheet is large enough to be read
    area = cv2.dilate(kept[pieces.labels] * np.uint8(255), np.ones((3, 3), np.uint8))  # with the grey edges
    if pieces.step > 1:
        area = cv2.resize(area, None, fx=pieces.step, fy=pieces.step, interpolation=cv2.INTER_NEAREST)
    height, width = coverage.shape
    return np.where(area[:height, :width], coverage, 0).astype(np.uint8), removed


def pieces_of(coverage: Bytes, near: Bytes | None) -> Pieces:
    """The pieces of a coverage, uint8 (h, w), and how they lie to the lines that were `near`, uint8 (h, w)."""
    step = max(1, round((coverage.size / _ENOUGH) ** 0.5))
    small = reduced(coverage, step)
    lines = np.zeros_like(small) if near is None else reduced(near, step)
    mask = (small > _WEAK).view(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    ys, xs = np.nonzero(mask)
    piece, dark, line = labels[ys, xs].astype(np.intp), small[ys, xs], lines[ys, xs]
    line_px = np.zeros(count, np.uint8)
    np.maximum.at(line_px, piece, line)
    return Pieces(
        step,
        np.asarray(labels, np.int32),
        stats[:, :4] * step,
        np.bincount(piece, dark, minlength=count) * step**2 / 255,
        np.bincount(piece[dark > _SEED], minlength=count) > 0,
        (line_px % HIDING).astype(float),
        np.bincount(piece[line >= HIDING], minlength=count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1),
        np.bincount(piece[line > 0], minlength=count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1),
    )


def kinds_of(pieces: Pieces, shape: tuple[int, ...], stroke_px: float, digit_px: float) -> dict[str, Flags]:
    """Which of the pieces are no ink, by what they are. shape: height and width of the sheet."""
    x, y, w, h = pieces.boxes.T
    height_px, width_px = shape[:2]
    aside = np.minimum(np.minimum(x, width_px - x - w), np.minimum(y, height_px - y - h))  # from the nearest edge
    depth = np.minimum(np.minimum(x + w, width_px - x), np.minimum(y + h, height_px - y))  # from there to the far side
    edge_px = int(_EDGE * max(shape))
    small, large = np.minimum(w, h), np.maximum(w, h)
    thin = (small < 0.5 * digit_px) | (pieces.ink < stroke_px * (w + h))  # around a corner, too
    strip = (large > max(_FRAME * digit_px, 0.3 * max(shape))) & thin
    around = (w > 0.95 * width_px) & (h > 0.95 * height_px) & (min(shape[:2]) > _FRAME * digit_px)
    frame = (aside <= 1) & (strip | around)
    disc = (large < 1.25 * small) & (pieces.ink > 0.68 * w * h) & (pieces.ink < 0.9 * w * h)
    margin = (np.minimum(x, width_px - x - w) < _HOLE_MARGIN * width_px) | (
        np.minimum(y, height_px - y - h) < _HOLE_MARGIN * height_px
    )
    sliver = small < 0.7 * stroke_px  # a decimal point on a line is as wide as strokes
    bar = (small <= 1.2 * pieces.line_px + pieces.step) & (large > 4 * small)
    wedge = (pieces.hidden >= _REST) & (small <= 2 * pieces.line_px + pieces.step)  # of two sides that nearly meet
    return {
        "rest of a line": (pieces.on_lines >= _REST) & (sliver | bar | wedge),
        "edge of the sheet": (depth <= edge_px) | frame,
        "speck": pieces.ink < max(1.0, _SPECK * stroke_px**2),
        "punch hole": disc & margin & (small > _HOLE_WIDTHS * stroke_px) & (small > 0.4 * digit_px),
    }
