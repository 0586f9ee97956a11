"""One digit in a picture, whatever its size: the ways to see it, and the network's choice among them.

A photograph goes the way of a page, through find_sheet and find_ink; the pieces of its ink are put together in several
ways, with and without what looked like a ruling. A small picture has no paper to speak of: its darkest and its lightest
level are ink and paper, or the other way round. A network that gives ten even probabilities to what is no digit tells
which way is the right one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import CLASSES, Bytes
from numink.reader.compose import AllInk, compositions, line_like
from numink.reader.digit import to_image
from numink.reader.ink import Ink, find_ink
from numink.reader.lines import find_lines
from numink.reader.numbers import Candidate, Classify, Other, Word
from numink.reader.page import Sheet, find_sheet
from numink.reader.plain import contrast, flattened, grey_of, light_on_dark, plain_ink, views
from numink.reader.results import Box
from numink.reader.shapes import find_shapes, join

SMALL_PX = 64
"""The longer side up to which a picture's levels say what is ink."""
FAINT = 60
"""Levels of contrast below which a picture that shows nothing like a digit is blank."""
LIKE_NOTHING = 0.3
"""The largest probability, at most, of what is nothing like a digit."""
WORKED_ON_PX = 112, 800
"""The longer side, least and most, of a picture in which pieces of ink are looked for: more brings nothing."""
FRAMED_PX = 18
"""The shorter side from which a picture may hold a cell's lines around its digit."""
LINES = 0.15
"""How likely it is that lines across a picture are none of its digit."""
CROWDED = 0.3
"""The share of ink in a picture from which it may be the paper, seen in the gaps of a digit that fills its frame."""
DOUBTFUL = 0.95
"""Below this confidence a small picture is looked at as a large one, too."""
FIRST = 4
"""Views by level that are looked at first: both polarities, as wide as they are and narrower."""
MOST_PIECES = 6
"""Of a digit; the largest are looked at."""

Found: TypeAlias = tuple[Sheet, Ink, tuple[Word, ...], tuple[Other, ...]]
"""Sheet and ink as the best guess sees them, the digit (none where the picture is blank), and what else there is."""


@dataclass(frozen=True, eq=False)
class Guess:
    """One way to see the digit: its box on a sheet, and its image (28, 28).

    weight: how likely this way is among all before it is read. plausible: whether it may be a digit at all, 0 to 1.
    """

    sheet: Sheet
    ink: Ink
    box: Box
    image: Bytes
    weight: float
    plausible: float = 1.0


def find_singles(images: Sequence[Bytes], classify: Classify) -> list[Found]:
    """The digit of each picture, uint8 (height, width) or (height, width, 3); all are read at once.

    Those that are doubtful then are looked at in further ways.
    """
    guesses = [list(first_look(image)) if contrast(grey_of(image)) else [] for image in images]
    P = _read(guesses, classify)
    doubtful = [
        place for place, (some, each) in enumerate(zip(guesses, P, strict=True)) if 0 < _sure(some, each) < DOUBTFUL
    ]
    more = [list(second_look(images[place])) for place in doubtful]
    for place, others, P_others in zip(doubtful, more, _read(more, classify), strict=True):
        guesses[place] += others
        P[place] = np.concatenate([P[place], P_others])
    return [_chosen(*all_) for all_ in zip(images, guesses, P, strict=True)]


def first_look(image: Bytes) -> Iterator[Guess]:
    """The ways to see a digit that usually are enough."""
    if max(image.shape[:2]) <= SMALL_PX:
        return islice(_by_levels(image), FIRST)
    sheet = _flat_sheet(image)
    crowded = float((plain_ink(sheet.grey).coverage > 127).mean()) > CROWDED
    either = (replace(one, weight=1.0) for one in islice(_by_levels(image), FIRST)) if crowded else ()
    return chain(either, _by_shapes(sheet))


def second_look(image: Bytes) -> Iterator[Guess]:
    """Others, for what is doubtful."""
    if max(image.shape[:2]) > SMALL_PX:
        return _by_shapes(*_straight_sheet(image))
    shapes = _by_shapes(_flat_sheet(image)) if min(image.shape[:2]) >= FRAMED_PX else ()
    return chain(islice(_by_levels(image), FIRST, None), shapes)


def _read(guesses: Sequence[Sequence[Guess]], classify: Classify) -> list[NDArray[np.floating]]:
    """The probabilities (number of guesses, 10) of each picture."""
    pictures = [one.image for several in guesses for one in several]
    P = classify(np.stack(pictures)) if pictures else np.zeros((0, CLASSES))
    return np.split(P, np.cumsum([len(several) for several in guesses])[:-1]) if guesses else []


def _chosen(image: Bytes, guesses: Sequence[Guess], P: NDArray[np.floating]) -> Found:
    """The guess that is likeliest a digit; its probabilities are the mean over all guesses, as likely as each is."""
    grey = grey_of(image)
    if not guesses or (P.max() < LIKE_NOTHING and contrast(grey) < FAINT):
        return Sheet(grey, np.eye(3)), Ink(np.zeros_like(grey), 1.0), (), ()
    weights, mean = _weighed(guesses, P)
    digit = int(mean.argmax())
    best = guesses[int((weights * P[:, digit]).argmax())]
    found = Candidate(best.box, best.image, mean)
    return best.sheet, best.ink, (Word(str(digit), 0, best.box, (found,)),), ()


def _weighed(guesses: Sequence[Guess], P: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How likely each guess is, their probabilities (guesses, 10) at hand; and the picture's own (10,)."""
    surest = P.max(axis=1)
    evidence = (surest - 0.99 / CLASSES) * np.sqrt(surest / (1.001 - surest))
    weights = np.array([one.weight for one in guesses]) * evidence + 1e-12
    weights /= weights.sum()
    plausible = float(weights @ [one.plausible for one in guesses])
    return weights, plausible * (weights @ P) + (1 - plausible) / CLASSES


def _sure(guesses: Sequence[Guess], P: NDArray[np.floating]) -> float:
    """The confidence in what is read, 0 where nothing is."""
    return float(_weighed(guesses, P)[1].max()) if guesses else 0.0


def _by_levels(image: Bytes) -> Iterator[Guess]:
    """All between the lightest and the darkest level, in both polarities, and then both in further views."""
    light = light_on_dark(grey_of(image))
    edge = np.concatenate([light[0], light[-1], light[1:-1, 0], light[1:-1, -1]])
    dark_paper, light_ink = 1 - float(edge.mean()) / 255, 1 - float(light.mean()) / 255
    ways = [(light, dark_paper * light_ink), (255 - light, (1 - dark_paper) * (1 - light_ink))]
    for several in zip(*(views(coverage) for coverage, _ in ways), strict=False):
        for (coverage, weight), (view, box) in zip(ways, several, strict=True):
            digit = 0.0 if line_like(box, coverage.shape) else 1.0
            yield Guess(Sheet(255 - coverage, np.eye(3)), Ink(coverage, 1.0), box, to_image(view), weight, digit)


def _flat_sheet(image: Bytes) -> Sheet:
    """The picture as a sheet, as large as is worked on."""
    sized, scale = _sized(image)
    return Sheet(flattened(grey_of(sized)), np.diag([scale, scale, 1]))


def _straight_sheet(image: Bytes) -> tuple[Sheet, Sheet | None]:
    """The sheet as the reader of pages finds it, and where it has not moved it, the flat one."""
    sized, scale = _sized(image)
    sheet = find_sheet(sized)
    moved = not np.array_equal(sheet.to_picture, np.eye(3))
    sheet = Sheet(sheet.grey, np.diag([scale, scale, 1]) @ sheet.to_picture)
    return sheet, None if moved else _flat_sheet(image)


def _sized(image: Bytes) -> tuple[Bytes, float]:
    """The picture as large as WORKED_ON_PX says, and how much smaller it became."""
    height, width = image.shape[:2]
    longer = max(height, width)
    scale = longer / min(max(longer, WORKED_ON_PX[0]), WORKED_ON_PX[1])
    if scale == 1:
        return image, scale
    size = max(1, round(width / scale)), max(1, round(height / scale))
    how = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8), scale


def _by_shapes(sheet: Sheet, flat: Sheet | None = None) -> Iterator[Guess]:
    """The pieces of ink in several compositions, of all that is dark, and of what the reader of pages takes for ink.

    How plausible each is, is judged by what it leaves out. Lines across the picture may be none of it: then what is
    left is all ink. A sheet whose light was evened here and there may show but the outline of a blot: one that is flat
    tells it.
    """
    if not contrast(sheet.grey):
        return
    plain = plain_ink(sheet.grey)
    all_ink = AllInk.of(plain.coverage)
    blots = None if flat is None else AllInk.of(plain_ink(flat.grey).coverage)
    ways = [(plain, all_ink, 1.0)]
    for number, lines in enumerate(find_lines(plain.coverage), 1):
        bare = plain_ink(np.where(lines, 255, sheet.grey).astype(np.uint8))
        ways.append((bare, AllInk.of(bare.coverage), LINES**number))
    ways.append((find_ink(sheet), *ways[-1][1:]))
    for ink, judged, likely in ways:
        for chosen in compositions(find_shapes(ink.coverage, 1.0)[:MOST_PIECES]):
            shape = join(chosen)
            plausible = 0.0 if blots and blots.hollow(shape) else judged.plausible(shape)
            yield Guess(sheet, ink, shape.box, to_image(shape.coverage), likely * judged.weight(shape), plausible)
