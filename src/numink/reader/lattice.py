"""Which pieces of ink belong together: the likeliest way through all joins of neighbouring pieces.

Pieces are ordered from left to right. A span of neighbouring pieces, joined, is a candidate for a digit; a way cuts
all of them into spans, and is worth the sum of its spans' log probabilities, less what its cuts and joins cost. All
ways that read the same count together, as in the prefix search of Graves et al., "Connectionist temporal
classification" (2006), so that the share of the best reading tells how doubtful the cutting is.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import exp, hypot, log

import numpy as np

from numink.reader.candidates import Candidate
from numink.reader.shapes import Shape

Span = tuple[int, int]
"""The first piece, and the first one after the last."""

MOST_COMPONENTS = 4
MOST_READINGS = 8
WIDEST, FARTHEST = 1.7, 0.4
"""Heights of a digit: wider joins are no digits, and what lies further apart is not joined."""
LOW, BROAD = 0.7, 0.3
"""Heights: what is lower, and no 1, may be a part of a digit although it reads as one, as the left of an open 4 may."""
USUAL_WIDTH = 0.8
"""Heights: of a digit with its gap."""
CUT = 2.0
"""What a cut through ink costs, as a log probability; from 1 to 3 it is all the same to the pages of strokes."""
JOIN, APART = 0.15, 2.5
"""What a join of ink that lies apart costs, and that for each height between its parts."""
SKIPPED, LEFT_OUT = 0.1, 1.2
"""What leaving out a bit of ink costs, and that for each height of its longer side."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A shape, the number of the component that it was cut from, and whether it is too small for a digit."""

    shape: Shape
    component: int
    bit: bool


@dataclass(frozen=True, eq=False)
class Slot:
    """A part of the best way: the pieces first to last, and the candidate that they are; None for a bit left out."""

    span: Span
    candidate: Candidate | None


def spans(pieces: Sequence[Piece], sure: Set[int], digit_px: float) -> list[Span]:
    """The joins of two pieces or more that could be a digit. sure: which components are one without a doubt."""
    found = []
    for first, start in enumerate(pieces):
        left, right = start.shape.x, start.shape.right
        components = {start.component}
        for last in range(first + 1, len(pieces)):
            piece = pieces[last]
            left, right = min(left, piece.shape.x), max(right, piece.shape.right)
            components.add(piece.component)
            wide = right - left > WIDEST * digit_px
            if len(components) > MOST_COMPONENTS or apart(pieces[last - 1].shape, piece.shape) > FARTHEST * digit_px:
                break
            whole = len(components) == 1 and last - first + 1 == sum(p.component in components for p in pieces)
            low = any(_is_low(p.shape, digit_px) for p in pieces[first : last + 1])
            if whole or not (wide or (len(components & sure) > 1 and not low)):
                found.append((first, last + 1))
    return found


def _is_low(shape: Shape, digit_px: float) -> bool:
    return shape.height < LOW * digit_px and shape.width > BROAD * digit_px


def apart(one: Shape, other: Shape) -> float:
    """The distance of their boxes, in pixels; 0 where they overlap."""
    across = max(one.x, other.x) - min(one.right, other.right)
    down = max(one.y, other.y) - min(one.bottom, other.bottom)
    return hypot(max(across, 0), max(down, 0))


def best_way(
    pieces: Sequence[Piece], candidates: Mapping[Span, Candidate], digit_px: float
) -> tuple[list[Slot], float, str, list[Slot]]:
    """The likeliest way through the pieces, the share of all ways that read the same, 0 to 1, and what the next best
    one reads, with its way; "" and [] where there is none.
    """
    ending: list[list[Span]] = [[] for _ in range(len(pieces) + 1)]
    for span in candidates:
        ending[span[1]].append(span)
    # For each number of pieces: reading -> (log of the sum over its ways, its best way's score, that way)
    readings: list[dict[str, tuple[float, float, tuple[Slot, ...]]]] = [{"": (0.0, 0.0, ())}]
    for stop in range(1, len(pieces) + 1):
        here: dict[str, tuple[float, float, tuple[Slot, ...]]] = {}
        steps: list[tuple[Span, Candidate | None, float]] = [
            (span, candidates[span], worth(pieces, span, candidates[span], digit_px)) for span in ending[stop]
        ]
        if pieces[stop - 1].bit:
            steps.append(((stop - 1, stop), None, -leaving_out(pieces, stop - 1, digit_px)))
        for span, candidate, score in steps:
            for text, (total, best, way) in readings[span[0]].items():
                longer = text + (candidate.text if candidate else "")
                longer = longer.replace("??", "?")
                one = (total + score, best + score, (*way, Slot(span, candidate)))
                here[longer] = _both(here[longer], one) if longer in here else one
        kept = sorted(here, key=lambda text: -here[text][0])[:MOST_READINGS]
        readings.append({text: here[text] for text in kept})
    last = readings[-1]
    first, second = (*sorted(last, key=lambda text: -last[text][0]), "")[:2]
    share = 1 / sum(exp(total - last[first][0]) for total, _, _ in last.values())
    return list(last[first][2]), share, second, list(last[second][2]) if second else []


def worth(pieces: Sequence[Piece], span: Span, candidate: Candidate, digit_px: float) -> float:
    """The log probability of a span, less what it costs to cut it out and to join it.

    What is no digit stands for as many as have room in it.
    """
    first, stop = span
    width, height = (side / digit_px for side in candidate.box[2:])
    score = log(max(candidate.confidence, 1e-6))
    if candidate.is_digit:
        score -= 10 * max(0.0, abs(log(height)) - 0.3) ** 2 + 4 * max(0.0, width - 1.1) ** 2
    else:
        score *= max(1.0, width / USUAL_WIDTH)
    for before, after in zip(pieces[first:stop], pieces[first + 1 : stop], strict=False):
        if before.component != after.component:
            score -= JOIN + APART * apart(before.shape, after.shape) / digit_px
    if first > 0 and pieces[first - 1].component == pieces[first].component:
        score -= CUT
    return score


def leaving_out(pieces: Sequence[Piece], number: int, digit_px: float) -> float:
    """What it costs to leave a bit out: little where it stands beside its neighbours as signs and marks do.

    That is half way up or at the base line: what is further up is the flag of a 5 or the start of a 7.
    """
    shape = pieces[number].shape
    whole = SKIPPED + LEFT_OUT * max(shape.width, shape.height) / digit_px
    for neighbour in (*pieces[max(0, number - 1) : number], *pieces[number + 1 : number + 2]):
        beside = neighbour.shape
        shared = min(shape.right, beside.right) - max(shape.x, beside.x)
        high = shape.y + shape.height / 2 < beside.y + 0.3 * beside.height
        if shared > 0.5 * min(shape.width, beside.width) or (high and apart(shape, beside) < 0.25 * digit_px):
            return whole
    return SKIPPED


def _both(
    one: tuple[float, float, tuple[Slot, ...]], other: tuple[float, float, tuple[Slot, ...]]
) -> tuple[float, float, tuple[Slot, ...]]:
    """Two sets of ways with one reading: their sum, and the better of their best ways."""
    total = float(np.logaddexp(one[0], other[0]))
    better = max(one, other, key=lambda ways: ways[1])
    return total, better[1], better[2]
