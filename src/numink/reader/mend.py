"""Lines taken out of a sheet like paper that is darker there; where strokes crossed them, the strokes go on.

What lies on a line of print shows through it: light is the product of what ink and line let pass, so that dividing by
the line's own light gives the stroke back. On a line as dark as ink nothing can be seen; there a stroke that comes in
above and goes out below is drawn on from edge to edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.rulings import Line
from numink.reader.runs import Flags
from numink.reader.strip import Strip
from numink.reader.threshold import fullest, usual_darkness

HIDING = 128
"""What is added to a line's width where it hides what lies on it."""

Numbers = NDArray[np.uint16]

_BESIDE_PX = 2.6  # from a line's edge: what is dark there and no line comes in
_HIDING = 0.45  # of a stroke's darkness: a line as dark as that hides it
_CLEAR = 0.3  # of a line's darkness: what remains above that is no remainder of the line
_NEAR = 0.4  # of a line's width: rests of it lie no further beside it
_DARKER = 2.0  # times as dark as a line, and ink: no other line across it alone
_OPAQUE = 0.6  # of the darkest ink around: what lies on a line as dark as that cannot be told from it
_FUZZ = 0.5  # of the darkest ink around: beside such a line what is paler is its edge
_STRIKING = 0.7  # strokes crossed in a digit's height of way, from which on a line strikes out


@dataclass(frozen=True, eq=False)
class Seen:
    """What lines are taken out by; arrays are (h, w).

    dark: uint8, what is seen now, and whole, before any line was taken out. full: uint8, how dark the ink around is at
    most. lines: which line of this direction lies there; across: whether one of the other direction does. least: the
    darkness from which it may be ink. digit_px: about how high digits are.
    """

    dark: Bytes
    whole: Bytes
    full: Bytes
    lines: Numbers
    across: Flags
    least: float
    digit_px: float


def without_lines(
    dark: Bytes, level: Sequence[Line], upright: Sequence[Line], least: float, digit_px: float
) -> tuple[Bytes, Bytes, list[bool]]:
    """The darkness without the lines, uint8 (h, w). `upright` are level lines of the sheet turned over its diagonal.

    least: the darkness from which it may be ink. digit_px: about how high digits are. The second is uint8 (h, w), how
    wide the lines are that lay at each pixel, and HIDING more where they hid what lay on them; the third, which of the
    level lines were taken out: those that strike something out were not.
    """
    if not level and not upright:
        return dark, np.zeros_like(dark), []
    full = fullest(dark, np.full((1, 1), least / 4, np.float32), 2 * digit_px)
    on_level, on_upright = numbered(dark, level), numbered(dark.T, upright)
    clean = dark.copy()
    seen = Seen(dark, dark, full, on_level, np.array(on_upright.T > 0), least, digit_px)
    level_dark = [take_out(clean, seen, line, number) for number, line in enumerate(level, 1)]
    before, turned, whole, full = (np.array(one.T) for one in (clean, clean, dark, full))
    seen = Seen(before, whole, full, on_upright, np.array(on_level.T > 0), least, digit_px)
    upright_dark = [take_out(turned, seen, line, number) for number, line in enumerate(upright, 1)]
    clean = np.array(turned.T)
    hiding = _OPAQUE * usual_darkness(clean, least)
    upright_near = np.array(widths(on_upright, upright, upright_dark, hiding).T)
    near = cv2.max(widths(on_level, level, level_dark, hiding), upright_near)
    beside = 2 * round(_NEAR * max(line.width_px for line in (*level, *upright))) + 1
    around = cv2.dilate(near % HIDING, np.ones((beside, beside), np.uint8)) + HIDING * (near // HIDING)
    return clean, np.asarray(around, np.uint8), [darkness is not None for darkness in level_dark]


def numbered(dark: Bytes, lines: Sequence[Line]) -> Numbers:
    """Which line lies at each pixel of a sheet: uint16 (h, w), counted from 1, 0 where none does."""
    numbers = np.zeros(dark.shape, np.uint16)
    for number, line in enumerate(lines, 1):
        strip = Strip.of(dark, line, 1 + int(np.ceil(line.width_px / 2)))
        numbers[strip.rows[:, line.drawn], strip.columns[:, line.drawn]] = number
    return numbers


def widths(numbers: Numbers, lines: Sequence[Line], darkness: Sequence[float | None], hiding: float) -> Bytes:
    """How wide the lines at each pixel are, in whole pixels, and HIDING more from a darkness on: uint8 (h, w)."""
    each = [min(HIDING - 1, int(np.ceil(line.width_px))) for line in lines]
    hides = [dark is not None and dark > hiding for dark in darkness]
    return np.array([0, *(width + HIDING * hid for width, hid in zip(each, hides, strict=True))], np.uint8)[numbers]


def take_out(clean: Bytes, seen: Seen, line: Line, number: int) -> float | None:
    """Take one line, of that number, out of `clean`, by what is seen, and say how dark it was.

    None where it was left, since it strikes something out.
    What lies on other lines is no stroke, unless it is much darker.
    """
    dark, least, digit_px = seen.dark, seen.least, seen.digit_px
    strip = Strip.of(dark, line, 4 + int(np.ceil(1.1 * line.width_px)))
    profiles, window = strip.profiles(seen.whole, digit_px)
    peak = profiles.max(axis=0)[window]
    top, bottom, alone = strip.edges(peak, least)
    inner = (strip.away >= top) & (strip.away <= bottom) & (line.drawn & (peak > 0.5 * least))
    busy = np.flatnonzero(~alone)
    away, level, rows, columns = strip.away[:, busy], strip.dark[:, busy], strip.rows[:, busy], strip.columns[:, busy]
    own = strip.own(profiles, window, busy)

    enough = np.maximum(least, _CLEAR * own)
    owner = seen.lines[rows, columns]
    stroke = (level > enough) & ~seen.across[rows, columns] & ((owner == number) | (owner == 0))
    above, below = np.zeros_like(alone), np.zeros_like(alone)
    above[busy] = (stroke & (away < top[busy]) & (away > top[busy] - _BESIDE_PX)).any(axis=0)
    below[busy] = (stroke & (away > bottom[busy]) & (away < bottom[busy] + _BESIDE_PX)).any(axis=0)
    bridge, crossings = bridged(strip, inner, above, below)
    if line.loose and crossings >= max(2.0, _STRIKING * line.drawn.sum() / digit_px):
        return None

    inside = inner[:, busy]
    rest = 255 - (255 - level.astype(np.float32)) * 255 / np.maximum(255 - own, 24)
    full = seen.full[rows, columns]
    rest[(rest < enough) | (own > _OPAQUE * full)] = 0
    entered, written = np.zeros_like(alone), above | below
    entered[busy] = ((rest > 0) & inside).any(axis=0)
    darker = _DARKER * own.max(axis=0, initial=0) + least  # than where two lines cross
    written[busy] |= (inside & (level > darker)).any(axis=0)  # no wider than the line, or where another one crosses
    rest *= runs_with(entered, written)[busy]
    beside = np.where(stroke & ~inside, level, 0).max(axis=0, initial=0)
    core = np.maximum.reduce([np.roll(beside, by) for by in range(-2, 3)]) if len(busy) else beside  # not its grey edge
    hidden = bridge[:, busy] & (own > _HIDING * core)
    rest = np.where(hidden, np.maximum(rest, beside), rest)

    left = np.zeros_like(strip.dark)
    left[:, busy] = rest.clip(0, 255)
    place = clean[strip.rows, strip.columns]
    full = seen.full[strip.rows, strip.columns]
    fuzz = (peak > _OPAQUE * full) & (np.abs(strip.away) < line.width_px / 2 + _BESIDE_PX) & (strip.dark < _FUZZ * full)
    place[fuzz] = 0
    clean[strip.rows, strip.columns] = np.where(inner, np.minimum(place, left), place)
    return float(np.median(peak))


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
