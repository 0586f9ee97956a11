"""Lines taken out of a sheet like paper that is darker there; where strokes crossed them, the strokes go on.

What lies on a line of print shows through it: light is the product of what ink and line let pass, so that dividing by
the line's own light gives the stroke back. On a line as dark as ink nothing can be seen; there a stroke that comes in
above and goes out below is drawn on from edge to edge.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from numink.data.digits import Bytes
from numink.reader.rulings import Line
from numink.reader.runs import Flags
from numink.reader.strip import Strip

_BESIDE_PX = 2.6  # from a line's edge: what is dark there and no line comes in
_HIDING = 0.45  # of a stroke's darkness: a line as dark as that hides it
_CLEAR = 0.3  # of a line's darkness: what remains above that is no remainder of the line
_NEAR = 0.4  # of a line's width: rests of it lie no further beside it
_DARKER = 2.0  # times as dark as a line, and ink: no other line across it alone
_STRIKING = 0.7  # strokes crossed in a digit's height of way, from which on a line strikes out


def without_lines(
    dark: Bytes, level: Sequence[Line], upright: Sequence[Line], least: float, digit_px: float
) -> tuple[Bytes, Bytes, list[bool]]:
    """The darkness without the lines, uint8 (h, w). `upright` are level lines of the sheet turned over its diagonal.

    least: the darkness from which it may be ink. digit_px: about how high digits are. The second is uint8 (h, w), how
    wide the lines are that lay at each pixel; the third, which of the level lines were taken out: those that strike
    something out were not.
    """
    level_near, upright_near = np.zeros_like(dark), np.zeros_like(dark.T, order="C")
    for near, lines in ((level_near, level), (upright_near, upright)):
        for line in lines:
            mark(near, line)
    if not level and not upright:
        return dark, level_near, []
    clean, across = dark.copy(), np.ascontiguousarray(upright_near.T)
    gone = [take_out(clean, dark, across, line, least, digit_px) for line in level]
    turned = np.ascontiguousarray(clean.T)
    before, across_turned = turned.copy(), np.ascontiguousarray(level_near.T)
    for line in upright:
        take_out(turned, before, across_turned, line, least, digit_px)
    beside = 2 * round(_NEAR * max(line.width_px for line in (*level, *upright))) + 1
    around = cv2.dilate(cv2.max(level_near, across), np.ones((beside, beside), np.uint8))
    return np.ascontiguousarray(turned.T), np.asarray(around, np.uint8), gone


def mark(near: Bytes, line: Line) -> None:
    """Write a line's width to all of its pixels."""
    strip = Strip.of(near, line, 1 + int(np.ceil(line.width_px / 2)))
    near[strip.rows[:, line.drawn], strip.columns[:, line.drawn]] = min(255, int(np.ceil(line.width_px)))


def take_out(clean: Bytes, dark: Bytes, across: Bytes, line: Line, least: float, digit_px: float) -> bool:
    """Take one line out of `clean`, by what `dark` shows, and say whether that was done.

    What lies on lines `across` it is no stroke, unless it is much darker.
    """
    strip = Strip.of(dark, line, 4 + int(np.ceil(1.1 * line.width_px)))
    profiles, window = strip.profiles(dark, digit_px)
    peak = profiles.max(axis=0)[window]
    top, bottom, alone = strip.edges(peak, least)
    inner = (strip.away >= top) & (strip.away <= bottom) & (line.drawn & (peak > 0.5 * least))
    busy = np.flatnonzero(~alone)
    away, seen, rows, columns = strip.away[:, busy], strip.dark[:, busy], strip.rows[:, busy], strip.columns[:, busy]
    own = strip.own(profiles, window, busy)

    enough = np.maximum(least, _CLEAR * own)
    stroke = (seen > enough) & (across[rows, columns] == 0)
    above, below = np.zeros_like(alone), np.zeros_like(alone)
    above[busy] = (stroke & (away < top[busy]) & (away > top[busy] - _BESIDE_PX)).any(axis=0)
    below[busy] = (stroke & (away > bottom[busy]) & (away < bottom[busy] + _BESIDE_PX)).any(axis=0)
    bridge, crossings = bridged(strip, inner, above, below)
    if line.loose and crossings >= max(2.0, _STRIKING * line.drawn.sum() / digit_px):
        return False

    inside = inner[:, busy]
    rest = 255 - (255 - seen.astype(np.float32)) * 255 / np.maximum(255 - own, 24)
    rest[rest < enough] = 0
    entered, written = np.zeros_like(alone), above | below
    entered[busy] = ((rest > 0) & inside).any(axis=0)
    darker = _DARKER * own.max(axis=0, initial=0) + least  # than where two lines cross
    written[busy] |= (inside & (seen > darker)).any(axis=0)  # no wider than the line, or where another one crosses
    rest *= runs_with(entered, written)[busy]
    beside = np.where(stroke & ~inside, seen, 0).max(axis=0, initial=0)
    core = np.maximum.reduce([np.roll(beside, by) for by in range(-2, 3)]) if len(busy) else beside  # not its grey edge
    hidden = bridge[:, busy] & (own > _HIDING * core)
    rest = np.where(hidden, np.maximum(rest, beside), rest)

    left = np.zeros_like(strip.dark)
    left[:, busy] = rest.clip(0, 255)
    place = clean[strip.rows, strip.columns]
    clean[strip.rows, strip.columns] = np.where(inner, np.minimum(place, left), place)
    return True


def bridged(strip: Strip, inner: Flags, above: Flags, below: Flags) -> tuple[Flags, int]:
    """The pixels (k, n) of a line between where strokes come in above and go out below, and how many strokes do so.

    inner: (k, n), what is the line's. above, below: (n,), where strokes touch it.
    """
    reach = int(inner.sum(axis=0).max(initial=0)) + 2  # a stroke crosses at 45 degrees or steeper
    bridge, crossings = np.zeros_like(inner), 0
    depth = np.clip(strip.away / (2 * strip.reach) + 0.5, 0, 1)
    bottoms = runs_of(below)
    for left, right in runs_of(above):
        for start, stop in bottoms:
            if left - reach <= stop and start <= right + reach:
                crossings += 1
                x = np.arange(min(left, start), max(right, stop))
                part = depth[:, x]
                bridge[:, x] |= (x >= left + (start - left) * part) & (x < right + (stop - right) * part)
    return bridge & inner, crossings


def runs_of(flags: Flags) -> list[tuple[int, int]]:
    """Where flags (n,) are set: from, to."""
    changes = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return list(zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True))


def runs_with(flags: Flags, touched: Flags) -> Flags:
    """The runs of flags (n,) that hold, or lie beside, a place that is touched."""
    kept = np.zeros_like(flags)
    for start, stop in runs_of(flags):
        kept[start:stop] = touched[max(0, start - 1) : stop + 1].any()
    return kept
