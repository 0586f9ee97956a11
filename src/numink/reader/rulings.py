"""The straight lines of ruled and squared paper, tables, forms and boxes, told from strokes by how far they go on."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.runs import BLOCK_PX, Flags, Floats, Runs, chains, common_slope, find_runs, ridges
from numink.reader.size import reduced

LONG = 2.2
"""Heights of a digit that no straight stroke of a digit reaches."""
WIDEST = 12
"""Heights of a digit that a line under a number, or through it, may be long."""
SIDE = 0.85
"""Heights of a digit: the least side of a box for one."""

_WIDEST = 0.22  # heights of a digit: a line drawn with a marker
_REACH = 0.4  # heights of a digit, to both sides, over which a line drawn by hand is smoothed
_ROW = 0.67  # of a row is side, of the sides of boxes: digits below each other fill less
_SPLIT = 0.1  # heights of a digit between two sides that were drawn one by one
_AS_LONG = 0.7  # of the longest of them each is, for boxes of one form are alike
_BENT = 0.15  # of a line that is off its bow: then it was drawn by hand
_ASKEW = 0.1  # of a hand-drawn box's side, against the sheet's lines
_ENOUGH = 3_000_000  # pixels that lines are looked for on
_NOISY = 12  # levels: fainter lines than that drown in noise,
_EVEN = 0.1  # heights of a digit: over so much of them it is evened out,
_FAINTER = -0.35  # and falls with the pixels taken together by this power: its grain is coarser than a pixel
_PIECE = 0.6  # heights of a digit: the shortest run that is looked at


@dataclass(frozen=True, eq=False)
class Line:
    """A level line: it begins at x = start; middle: float32 (n,), its y at each x from there; how wide it is.

    drawn: bool (n,), where it is there: it may have gaps. loose: no longer than numbers are, and held by no other line:
    it may be a line that somebody drew under a number, or through it.
    """

    start: int
    middle: NDArray[np.float32]
    width_px: float
    drawn: Flags
    loose: bool

    @property
    def stop(self) -> int:
        """Where it has ended."""
        return self.start + len(self.middle)

    def enlarged(self, times: int, width_px: int) -> "Line":
        """The same on a sheet that is `times` as large, and `width_px` wide."""
        start, stop = self.start * times, min(self.stop * times, width_px)
        at = (np.arange(start, stop) + 0.5) / times - 0.5
        middle = np.interp(at, np.arange(self.start, self.stop), self.middle) * times + (times - 1) / 2
        return Line(
            start,
            middle.astype(np.float32),
            self.width_px * times,
            np.repeat(self.drawn, times)[: stop - start],
            self.loose,
        )


def find_lines(dark: Bytes, least: float, digit_px: float) -> tuple[list[Line], list[Line]]:
    """The level lines of a sheet, and the upright ones as level ones of the sheet turned over its diagonal.

    dark: uint8 (h, w), 0 = paper. least: how much darker than paper a line is. digit_px: about how high digits are.
    """
    step = max(1, round((dark.size / _ENOUGH) ** 0.5))
    if step > 1:
        lines = find_lines(reduced(dark, step), least, digit_px / step)
        height, width = dark.shape
        return [line.enlarged(step, width) for line in lines[0]], [line.enlarged(step, height) for line in lines[1]]
    sides = []
    even_px = round(_EVEN * digit_px) | 1 if least > _NOISY else 1
    widest_px = max(6, round(_WIDEST * digit_px))
    for turned in (dark, np.ascontiguousarray(dark.T)):
        even = np.asarray(cv2.blur(turned, (even_px, 1)), np.uint8)
        mask = ridges(even, least * even_px**_FAINTER, widest_px)
        runs = find_runs(mask, turned, max(8, round(_PIECE * digit_px)), widest_px)
        sides.append((runs, chains(runs, digit_px)))
    (level, level_line), (upright, upright_line) = sides
    level_sure = goes_on(level, level_line, digit_px)
    upright_sure = goes_on(upright, upright_line, digit_px)
    level_kept, upright_kept = closed(level, level_sure, upright, upright_sure, digit_px)
    level_held = held(level, upright, upright_kept, digit_px) | carries(level, upright, upright_kept, digit_px)
    return (
        followed(level, level_line, level_kept, level_held, digit_px),
        followed(upright, upright_line, upright_kept, np.ones(len(upright), bool), digit_px),
    )


def goes_on(runs: Runs, line: NDArray[np.intp], digit_px: float) -> Flags:
    """Which pieces are of lines that go on as no writing does: one long piece, or many along one line."""
    if not len(runs):
        return np.zeros(0, bool)
    n = int(line.max()) + 1
    covered = np.bincount(line, runs.length, minlength=n)
    start, stop = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(start, line, runs.start)
    np.maximum.at(stop, line, runs.stop)
    side = runs.length > SIDE * digit_px
    sides = np.bincount(line, side, minlength=n)
    mean = np.bincount(line, runs.length * side, minlength=n) / np.maximum(sides, 1)
    spread = np.bincount(line, side * (runs.length - mean[line]) ** 2, minlength=n) / np.maximum(sides, 1)
    longest = np.zeros(n)
    straight = np.abs(runs.slope - common_slope(runs, digit_px)) < _ASKEW
    np.maximum.at(longest, line, runs.length * straight)
    long = longest >= LONG * digit_px
    row = (sides >= 3) & (covered >= _ROW * (stop - start)) & (spread < (0.25 * mean) ** 2)
    return np.asarray((long | row)[line] & straight & (side | long[line]))


def closed(level: Runs, level_sure: Flags, upright: Runs, upright_sure: Flags, digit_px: float) -> tuple[Flags, Flags]:
    """With the sure pieces those that have both ends on others across: the sides of boxes, and of tables' cells."""
    level_kept = level_sure | (level.length > SIDE * digit_px)
    upright_kept = upright_sure | (upright.length > SIDE * digit_px)
    while True:
        level_held = level_sure | level_kept & held(level, upright, upright_kept, digit_px)
        upright_held = upright_sure | upright_kept & held(upright, level, level_held, digit_px)
        if (level_held == level_kept).all() and (upright_held == upright_kept).all():
            return level_kept, upright_kept
        level_kept, upright_kept = level_held, upright_held


def held(runs: Runs, across: Runs, kept: Flags, digit_px: float) -> Flags:
    """Which pieces have both of their ends on one of the pieces across that are kept, and are as dark and thin."""
    if not kept.any():
        return np.zeros(len(runs), bool)
    near_px = 2 + 0.06 * digit_px
    start, stop, dark, width_px = across.start[kept], across.stop[kept], across.dark[kept], across.width_px[kept]
    middle, slope, centre = across.middle[kept], across.slope[kept], (start + stop) / 2
    alike = (runs.dark[:, None] < 1.4 * dark + 5) & (runs.width_px[:, None] < 1.4 * width_px + 1)
    ends = []
    for x in (runs.start, runs.stop):
        y = runs.y(x)[:, None]
        touches = (y > start - near_px) & (y < stop + near_px)
        touches &= np.abs(middle + slope * (y - centre) - x[:, None]) < near_px
        ends.append((touches & alike).any(axis=1))
    return np.asarray(ends[0] & ends[1])


def carries(runs: Runs, across: Runs, kept: Flags, digit_px: float) -> Flags:
    """On which pieces two or more of the pieces across that are kept begin or end."""
    near_px = 2 + 0.06 * digit_px
    kept = kept & (across.length > 1.15 * digit_px)  # no stroke of a digit that was struck out
    count = np.zeros(len(runs), int)
    for end in (across.start, across.stop):
        x, at = end[kept], across.y(end)[kept]
        inside = (at > runs.start[:, None] - near_px) & (at < runs.stop[:, None] + near_px)
        y = runs.middle[:, None] + runs.slope[:, None] * (at - ((runs.start + runs.stop) / 2)[:, None])
        count += (inside & (np.abs(y - x) < near_px + runs.width_px[:, None])).sum(axis=1)
    return count >= 2


def followed(runs: Runs, line: NDArray[np.intp], kept: Flags, fixed: Flags, digit_px: float) -> list[Line]:
    """The lines of the pieces that are kept, each in one bow where it is that straight, and else side by side.

    The sides of boxes that were drawn by hand one below the other share no line.
    """
    lines = []
    for number in np.unique(line[kept]):
        members = np.flatnonzero(kept & (line == number))
        held_fast = bool(fixed[members].any())
        whole, straight = traced(runs, members, held_fast, digit_px)
        if straight:
            lines.append(whole)
            continue
        members = members[np.argsort(runs.start[members])]
        apart = runs.start[members[1:]] - np.maximum.accumulate(runs.stop[members])[:-1] > _SPLIT * digit_px
        sides = np.split(members, np.flatnonzero(apart) + 1)
        spans = np.array([runs.stop[side].max() - runs.start[side].min() for side in sides])
        by_hand = spans.min() > max(SIDE * digit_px, _AS_LONG * spans.max())
        lines += [traced(runs, side, held_fast, digit_px)[0] for side in sides] if by_hand else [whole]
    return lines


def traced(runs: Runs, members: NDArray[np.intp], fixed: bool, digit_px: float) -> tuple[Line, bool]:
    """The line of some pieces, in one bow where it is that straight, and else block by block; and whether it is."""
    start, stop = int(runs.start[members].min()), int(runs.stop[members].max())
    counts, sums = runs.counts[members].sum(axis=0), runs.sums[members].sum(axis=0)
    whole = np.flatnonzero(counts)
    width_px = float(np.quantile(counts[whole[1:-1]] if len(whole) > 4 else counts[whole], 0.35)) / BLOCK_PX
    x, heights = ((whole + 0.5) * BLOCK_PX - 0.5 - start) / (stop - start), sums[whole] / counts[whole]
    along = np.arange(stop - start) / (stop - start)
    curve = bow(x, heights)
    local = smoothed(heights, max(1, round(_REACH * digit_px / BLOCK_PX)))
    bent = np.abs(local - np.polyval(curve, x)) > 0.7 + 0.1 * width_px
    straight = bool(bent.mean() < _BENT)
    middle = np.polyval(curve, along) if straight else np.interp(along, x, local)
    loose = stop - start < WIDEST * digit_px and not fixed
    drawn = np.zeros(stop - start, bool)
    for member in members:
        drawn[int(runs.start[member]) - start : int(runs.stop[member]) - start] = True
    return Line(start, middle.astype(np.float32), max(1.0, width_px), drawn, loose), straight


def bow(x: Floats, heights: Floats) -> Floats:
    """The parabola through most of the heights at x, which runs from 0 to 1: its coefficients."""
    kept = np.ones(len(x), bool)
    degree = min(2, (len(x) - 1) // 4)
    for _ in range(4):
        curve = np.polyfit(x[kept], heights[kept], degree)
        off = np.abs(heights - np.polyval(curve, x))
        kept = off <= max(0.3, 2 * float(np.median(off)))
    return np.asarray(curve, float)


def smoothed(heights: Floats, reach: int) -> Floats:
    """The heights without what strokes that run along the line add to it here and there."""
    reach = min(reach, (len(heights) - 1) // 2)
    if reach < 1:
        return np.full(len(heights), np.median(heights))
    padded = np.pad(heights, reach, "reflect", reflect_type="odd")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1))
