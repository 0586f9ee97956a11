"""From shapes to what stands in lines: digits and what is none, by cutting and joining ink that is near together."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numink.reader import lattice
from numink.reader.candidates import Candidate, Classify, classified
from numink.reader.cuts import cut, cut_across, without_underline
from numink.reader.heights import Floats, local_heights, usual_height, usual_slant
from numink.reader.lattice import Piece, Span
from numink.reader.near import gathered
from numink.reader.results import Box
from numink.reader.shapes import Shape, join
from numink.reader.signs import is_plus

BIT = 0.45
"""Heights: what is smaller both ways, or less than two thirds of it high, is no digit by itself."""
SMALLEST = 0.4
"""Heights: no digit is smaller."""
CRUMB = 0.4
"""Heights: what is no digit and lower is a crumb of one or a line, and no letter."""
TALL = 1.45
"""Heights: what is taller may be two digits one above the other."""
SURE = 0.9
"""The probability from which a shape is neither joined with another such nor, if it is not wide, cut."""
TALLER = 2.5
"""Heights of the page's digits from which on a shape tells nothing of them."""


@dataclass(frozen=True, eq=False)
class Item:
    """What stands in a line: a digit, or something of a digit's size that is none, or a sign (then without candidate).

    height_px: of the digits there. cut: how sure it is which ink makes which digit, 0 to 1. second, second_boxes: the
    reading of its neighbourhood that comes next, and how that cuts the ink. sign: "+", "-", "." or ",". comma: how much
    a mark looks like one, as log odds.
    """

    shape: Shape
    candidate: Candidate | None
    height_px: float
    cut: float = 1.0
    second: str = ""
    second_boxes: tuple[Box, ...] = ()
    sign: str = ""
    comma: float = 0.0

    @property
    def is_digit(self) -> bool:
        """Whether it is a digit for sure."""
        return self.candidate is not None and self.candidate.is_digit

    @property
    def digit(self) -> str:
        """The digit that it is, or would be."""
        return self.candidate.digit if self.candidate else ""


@dataclass(frozen=True, eq=False)
class Found:
    """What there is on a page: what stands in lines, plus signs, and bits too small to be anything but signs."""

    items: list[Item]
    pluses: list[Shape]
    bits: list[Shape]

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """x, y, right and bottom of the pluses and the bits (4, n)."""
        boxes = [(shape.x, shape.y, shape.right, shape.bottom) for shape in (*self.pluses, *self.bits)]
        return np.array(boxes, int).reshape(-1, 4).T

    def between(self, before: Item | None, item: Item, far_px: float) -> list[Shape]:
        """The pluses and the bits that stand between two neighbours, or not farther before the first of a line."""
        room_px = 0.1 * item.height_px  # writing that leans overlaps a little
        start = item.shape.x - far_px if before is None else before.shape.middle
        x, y, right, bottom = self._places
        inside = (x > start) & (right < item.shape.middle + room_px)
        inside &= (y < item.shape.bottom + 0.5 * item.height_px) & (bottom > item.shape.y)
        both = (*self.pluses, *self.bits)
        return [both[n] for n in np.flatnonzero(inside)]


def find_items(shapes: Sequence[Shape], stroke_px: float, classify: Classify, digit_px: float = 0.0) -> Found:
    """Cut and join the shapes of a page into what stands in lines. digit_px: about how high digits are, 0 if not known.

    The network is asked twice, each time with all of the page: for the shapes as they are, which tells how high digits
    are here and which need no more, and for the pieces and joins of the others.
    """
    if not shapes:
        return Found([], [], [])
    writing = [shape for shape in shapes if shape.height < TALLER * digit_px]  # and no pen that lies on the sheet
    usual = usual_height(writing or shapes, stroke_px)
    alone = asked(shapes, 0.3 * usual, classify)
    heights = local_heights(shapes, alone, usual)
    shapes, alone, heights = _parted(shapes, alone, heights, stroke_px, classify)
    slant = usual_slant([shapes[n] for n, candidate in alone.items() if candidate.confidence > SURE])
    pluses = {
        n
        for n, shape in enumerate(shapes)
        if not (n in alone and alone[n].is_digit) and is_plus(shape, heights[n], slant)
    }
    alone = {n: candidate for n, candidate in alone.items() if n not in pluses}
    bits = {n for n in range(len(shapes)) if n not in alone or is_bit(shapes[n], heights[n])}
    bits -= {n for n in bits & set(alone) if stands_in_line(n, shapes, alone, heights)}
    clusters = [
        Cluster.of([n for n in members if n not in pluses], shapes, alone, bits, heights, stroke_px, slant)
        for members in gathered(shapes, heights)
        if any(n in alone for n in members)
    ]
    wanted = [(cluster, span) for cluster in clusters for span in cluster.unknown]
    joined = [join([piece.shape for piece in cluster.pieces[slice(*span)]]) for cluster, span in wanted]
    for (cluster, span), candidate in zip(wanted, classified(joined, classify), strict=True):
        cluster.candidates[span] = candidate
    items: list[Item] = []
    used: set[int] = set()
    for cluster in clusters:
        way, share, second, other_way = lattice.best_way(cluster.pieces, cluster.candidates, cluster.height_px)
        second_boxes = tuple(slot.candidate.box for slot in other_way if slot.candidate is not None)
        for slot in way:
            if slot.candidate is not None:
                pieces = cluster.pieces[slice(*slot.span)]
                shape = join([piece.shape for piece in pieces])
                if slot.candidate.is_digit or shape.height > CRUMB * cluster.height_px:
                    used |= {piece.component for piece in pieces}
                    items.append(Item(shape, slot.candidate, cluster.height_px, share, second, second_boxes))
    left = [n for n in range(len(shapes)) if n not in used]
    return Found(items, [shapes[n] for n in left if n in pluses], [shapes[n] for n in left if n not in pluses])


def asked(shapes: Sequence[Shape], least_px: float, classify: Classify) -> dict[int, Candidate]:
    """The shapes that are large enough, by their numbers, as they are."""
    large = [n for n, shape in enumerate(shapes) if max(shape.width, shape.height) >= least_px]
    return dict(zip(large, classified([shapes[n] for n in large], classify), strict=True))


def _parted(
    shapes: Sequence[Shape], alone: dict[int, Candidate], heights: Floats, stroke_px: float, classify: Classify
) -> tuple[list[Shape], dict[int, Candidate], Floats]:
    """The same with what is no digit cut across: where lines of writing touch, and above underlines."""
    parts: list[tuple[int, list[Shape]]] = []
    for n, candidate in alone.items():
        shape, height_px, halves = shapes[n], heights[n], [shapes[n]]
        if candidate.confidence > SURE:
            continue
        if shape.width > 0.7 * height_px:
            halves = without_underline(shape, height_px, stroke_px)
        if len(halves) == 1 and TALL * height_px < shape.height < 6 * height_px:
            halves = cut_across(shape, max(2.5 * stroke_px, 0.2 * height_px), 0.5 * height_px)
        if len(halves) > 1:
            parts.append((n, halves))
    gone = {n for n, _ in parts}
    kept = [n for n in range(len(shapes)) if n not in gone]
    new = [half for _, halves in parts for half in halves]
    known = {i: alone[n] for i, n in enumerate(kept) if n in alone}
    known |= dict(zip(range(len(kept), len(kept) + len(new)), classified(new, classify), strict=True))
    origins = kept + [n for n, halves in parts for _ in halves]
    return [shapes[n] for n in kept] + new, known, heights[origins]


@dataclass(frozen=True, eq=False)
class Cluster:
    """Shapes so near to each other that they may be parts of one digit, as pieces, and what is known about their spans.

    unknown: the spans that the network is still to be asked about.
    """

    pieces: list[Piece]
    candidates: dict[Span, Candidate]
    unknown: list[Span]
    height_px: float

    @classmethod
    def of(
        cls,
        members: Sequence[int],
        shapes: Sequence[Shape],
        alone: Mapping[int, Candidate],
        bits: Set[int],
        heights: Floats,
        stroke_px: float,
        slant: float,
    ) -> "Cluster":
        """The shapes with these numbers, those of them cut that may be several digits."""
        height_px = float(np.median(heights[[n for n in members if n in alone]]))
        pieces: list[Piece] = []
        for n in members:
            bit = n in bits
            whole = bit or not may_be_several(shapes[n], alone[n], height_px)
            parts = [shapes[n]] if whole else cut(shapes[n], max(2.5 * stroke_px, 0.2 * height_px), slant)
            pieces += [Piece(part, n, bit) for part in parts]
        pieces.sort(key=lambda piece: piece.shape.x + piece.shape.width / 2)
        candidates: dict[Span, Candidate] = {}
        unknown = []
        for i, piece in enumerate(pieces):
            if piece.shape is shapes[piece.component] and not piece.bit:
                candidates[i, i + 1] = alone[piece.component]
            elif not piece.bit:
                unknown.append((i, i + 1))
        sure = {n for n in members if n in alone and alone[n].confidence > SURE}
        return cls(pieces, candidates, unknown + lattice.spans(pieces, sure, height_px), height_px)


def is_bit(shape: Shape, height_px: float) -> bool:
    """Whether a shape is too small to be a digit by itself: a sign, a mark, a part of a digit, or dirt.

    What is narrow must be higher: a small 0 or 6 may stand among large digits, but a small 1 is a comma.
    """
    higher = 1.2 if shape.width < 0.5 * shape.height else 1.0
    return max(shape.width, shape.height) < higher * BIT * height_px or shape.height < SMALLEST * height_px


def stands_in_line(n: int, shapes: Sequence[Shape], alone: Mapping[int, Candidate], heights: Floats) -> bool:
    """Whether a small shape that reads as a digit is half way up a larger one beside it: a small 1, and no comma."""
    shape, height_px = shapes[n], heights[n]
    if not alone[n].is_digit or shape.height < SMALLEST * height_px:
        return False
    centre = shape.y + shape.height / 2
    for other, candidate in alone.items():
        beside = shapes[other]
        if candidate.confidence > SURE and beside.height > 0.7 * height_px:
            level = abs(beside.y + beside.height / 2 - centre) < 0.25 * height_px
            if level and abs(beside.middle - shape.middle) < 3 * height_px:
                return True
    return False


def may_be_several(shape: Shape, candidate: Candidate, height_px: float) -> bool:
    """Whether a shape may be several digits that touch."""
    wide = shape.width > 0.95 * height_px
    doubtful = candidate.confidence < SURE and shape.width > 0.45 * height_px
    return (wide or doubtful) and 0.5 * height_px < shape.height < 2.5 * height_px
