"""One pen writes lines of one width: much thinner and paler ones, left of a ruling or a box, are no writing.

They are what reads as a 1, a 4, a 7, a sign or a mark where squared paper was not taken away whole.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from numink.reader.clusters import Found, Item
from numink.reader.shapes import INKED, Shape

CURVED = frozenset("0235689")
"""What no piece of a ruling reads as."""
FEWEST, SURE = 4, 0.9
"""How many sure digits of these it takes to know the pen."""
THINNEST_PEN = 15
"""The percentile of their strength that counts: there may be two pens on a page."""
THIN = 0.5
"""The part of that strength below which a line is none of the pen's."""
LINE = 5
"""Widths of a stroke: what is shorter is a point, whose outline does not tell how long it is."""


def strength(shape: Shape) -> float:
    """The ink for each pixel of a line's length: its width in pixels times its darkness, 0 to 1."""
    inked = (shape.coverage >= INKED).astype(np.uint8)
    outlines, _ = cv2.findContours(inked, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    length = sum(cv2.arcLength(outline, True) for outline in outlines) / 2
    return float(shape.coverage.sum()) / 255 / max(length, 1.0)


def without_thin_lines(found: Found) -> tuple[Found, list[Shape]]:
    """What there is on a page without what the pen of its digits cannot have written, and that."""
    known = [strength(item.shape) for item in found.items if _is_curved(item)]
    if len(known) < FEWEST:
        return found, []
    pen = float(np.percentile(known, THINNEST_PEN))
    lines = [item.shape for item in found.items if not _is_curved(item)] + found.pluses
    lines += [bit for bit in found.bits if max(bit.width, bit.height) > LINE * pen]
    thin = [shape for shape in lines if strength(shape) < THIN * pen]
    if not thin:
        return found, []
    gone = {id(shape) for shape in thin}
    items = [item for item in found.items if id(item.shape) not in gone]
    return Found(items, _without(found.pluses, gone), _without(found.bits, gone)), thin


def _is_curved(item: Item) -> bool:
    return item.candidate is not None and item.candidate.confidence > SURE and item.digit in CURVED


def _without(shapes: Sequence[Shape], gone: set[int]) -> list[Shape]:
    return [shape for shape in shapes if id(shape) not in gone]
