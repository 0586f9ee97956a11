"""Lines across a picture of one digit: the sides of a cell that was cut out of a form, the ruling of a notebook.

They are looked for by their sums of ink, at each slope: a line is one also where it is torn, dotted or crossed.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes

FOUND_IN_PX = 160
"""The longer side of the copy in which lines are looked for."""
TILTS = np.linspace(-0.08, 0.08, 17)
"""The slopes of lines: a cell is never cut out straight."""
MARGIN = 0.2
"""The share of a picture, at each side, in which a line is likely one of a cell."""
FULL, FULL_INSIDE, FULL_FREE, EDGE = 0.75, 0.9, 0.87, 0.5
"""How much of a line is inked, at least: in the margin, elsewhere, if it reaches no border, and of its edges."""
END = 0.04
"""The share of the picture's side within which it reaches the border."""
SHORTEST = 0.5
"""Of the picture's side: a line that leaves through a corner is shorter than it."""
BROADEST = 0.12
"""Of the picture's shorter side: what is broader is no line."""
DASH = 0.03
"""Half of the widest gap between dashes, by the picture's side."""
PALE = 80
"""The coverage from which ink may be of a line."""


def find_lines(coverage: Bytes) -> list[NDArray[np.bool_]]:
    """Where the ink, uint8 (height, width), is nothing but lines across all of the picture, a little askew or not.

    First those near its sides, then all of them, where there are more; [] where there are none. What crosses a line is
    no part of it.
    """
    height, width = coverage.shape
    scale = min(1.0, FOUND_IN_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    inked = (np.asarray(cv2.resize(coverage, size, interpolation=cv2.INTER_AREA)) > PALE * scale).astype(np.uint8)
    outer, inner, level = (np.zeros_like(inked) for _ in range(3))
    for upright in (False, True):
        ink, near_sides, inside, others = (one.T if upright else one for one in (inked, outer, inner, level))
        for band, breadth, in_margin in _bands(np.ascontiguousarray(ink)):
            over = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * breadth + 3, 2 * breadth + 3))
            crossing = np.asarray(cv2.morphologyEx(ink & (1 - band), cv2.MORPH_CLOSE, over), np.uint8)
            lines = near_sides if in_margin else inside
            lines |= band & (others | (1 - crossing))  # where two lines cross, both go
            if not upright:
                level |= band
    found = [outer] if outer.any() else []
    if inner.any():
        found.append(outer | inner)
    return [cv2.resize(lines, (width, height), interpolation=cv2.INTER_NEAREST) > 0 for lines in found]


def _bands(inked: Bytes) -> Iterator[tuple[Bytes, int, bool]]:
    """Each line from left to right, the clearest first: where it lies, uint8 (height, width) of 0 and 1, with its soft
    edges; its breadth without them; and whether it lies in the margin.
    """
    height, width = inked.shape
    columns, rows = np.arange(width), np.arange(height)
    room = int(np.ceil(TILTS.max() * width / 2)) + 1
    dash = np.ones((1, 2 * round(DASH * width) + 1), np.uint8)
    closed = np.asarray(cv2.morphologyEx(inked, cv2.MORPH_CLOSE, dash), np.uint8)
    ink, inside = (np.pad(one, ((room, room), (0, 0))) for one in (closed, np.ones_like(inked)))
    drops = np.rint(TILTS[:, None] * (columns - width / 2)).astype(np.intp)
    places = room + rows[:, None] + drops[:, None, :]
    lengths = inside[places, columns].sum(axis=2)
    shares = ink[places, columns].sum(axis=2) / np.maximum(lengths, 1)
    in_margin = np.abs((rows + 0.5) / height - 0.5) >= 0.5 - MARGIN
    shares[lengths < SHORTEST * width] = 0
    shares[:, ~in_margin] *= FULL / FULL_INSIDE
    end = max(2, round(END * width))
    free = ~ink[places[..., :end], columns[:end]].any(axis=2) & ~ink[places[..., -end:], columns[-end:]].any(axis=2)
    shares[free] *= FULL / FULL_FREE
    while shares.max() >= FULL:
        tilt, row = (int(place) for place in np.unravel_index(int(shares.argmax()), shares.shape))
        pale = np.flatnonzero(shares[tilt] < EDGE)
        first, stop = int(pale[pale < row].max(initial=-1)) + 1, int(pale[pale > row].min(initial=height))
        soft = 1 + (stop - first) // 3
        here = np.s_[max(first - soft, 0) : stop + soft]
        shares[:, here] = 0
        if stop - first <= max(3, BROADEST * min(height, width)):
            band = np.zeros_like(ink)
            band[places[tilt, here], columns] = 1
            yield band[room : room + height], stop - first, bool(in_margin[(first + stop) // 2])
