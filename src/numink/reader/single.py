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
from numink.reader.compose import AllInk, compositions
from numink.reader.digit import to_image
from numink.reader.ink import Ink, find_ink
from numink.reader.numbers import Candidate, Classify, Other, Word
from numink.reader.page import Sheet, find_sheet
from numink.reader.plain import LARGE_PX, contrast, flattened, grey_of, light_on_dark, plain_ink, views, without_lines
from numink.reader.results import Box
from numink.reader.shapes import find_shapes, join

SMALL_PX = 64
"""The longer side up to which a picture's levels say what is ink."""
FAINT = 60
"""Levels of contrast below which a picture that shows nothing like a digit is blank."""
LIKE_NOTHING = 0.3
"""The largest probability, at most, of what is nothing like a digit."""
WORKED_ON_PX = 800
"""The longer side of a photograph of one digit: more brings nothing."""
CROWDED = 0.3
"""The share of ink in a picture from which it may be the paper, seen in the gaps of a digit that fills its frame."""
DOUBTFUL = 0.95
"""Below this confidence a small picture is looked at as a large one, too."""
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
    doubtful = [place for place, each in enumerate(P) if len(each) and each.max() < DOUBTFUL]
    more = [list(second_look(images[place])) for place in doubtful]
    for place, others, P_others in zip(doubtful, more, _read(more, classify), strict=True):
        guesses[place] += others
        P[place] = np.concatenate([P[place], P_others])
    return [_chosen(*all_) for all_ in zip(images, guesses, P, strict=True)]


def first_look(image: Bytes) -> Iterator[Guess]:
    """The ways to see a digit that usually are enough."""
    if max(image.shape[:2]) <= SMALL_PX:
        return islice(_by_levels(image), 2)
    sheet = _flat_sheet(image)
    crowded = float((plain_ink(sheet.grey).coverage > 127).mean()) > CROWDED
    either = (replace(one, weight=1.0) for one in islice(_by_levels(image), 2)) if crowded else ()
    return chain(either, _by_shapes(sheet))


def second_look(image: Bytes) -> Iterator[Guess]:
    """Others, for what is doubtful."""
    if max(image.shape[:2]) > SMALL_PX:
        return _by_shapes(*_straight_sheet(image))
    shapes = _by_shapes(_flat_sheet(image)) if min(image.shape[:2]) >= LARGE_PX else ()
    return chain(islice(_by_levels(image), 2, None), shapes)


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
    surest = P.max(axis=1)
    evidence = (surest - 0.99 / CLASSES) * np.sqrt(surest / (1.001 - surest))
    weights = np.array([one.weight for one in guesses]) * evidence + 1e-12
    weights /= weights.sum()
    plausible = float(weights @ [one.plausible for one in guesses])
    mean = plausible * (weights @ P) + (1 - plausible) / CLASSES
    digit = int(mean.argmax())
    best = guesses[int((weights * P[:, digit]).argmax())]
    found = Candidate(best.box, best.image, mean)
    return best.sheet, best.ink, (Word(str(digit), 0, best.box, (found,)),), ()


def _by_levels(image: Bytes) -> Iterator[Guess]:
    """All between the lightest and the darkest level, in both polarities, and then both in further views."""
    light = light_on_dark(grey_of(image))
    edge = np.concatenate([light[0], light[-1], light[1:-1, 0], light[1:-1, -1]])
    dark_paper, light_ink = 1 - float(edge.mean()) / 255, 1 - float(light.mean()) / 255
    ways = [(light, dark_paper * light_ink), (255 - light, (1 - dark_paper) * (1 - light_ink))]
    for several in zip(*(views(coverage) for coverage, _ in ways), strict=False):
        for (coverage, weight), (view, box) in zip(ways, several, strict=True):
            yield Guess(Sheet(255 - coverage, np.eye(3)), Ink(coverage, 1.0), box, to_image(view), weight)


def _flat_sheet(image: Bytes) -> Sheet:
    """The picture as a sheet, no larger than it need be."""
    small, scale = _reduced(image)
    return Sheet(flattened(grey_of(small)), np.diag([scale, scale, 1]))


def _straight_sheet(image: Bytes) -> tuple[Sheet, Sheet]:
    """The sheet as the reader of pages finds it, and one that shows all ink: its own light may hollow a broad blot."""
    small, scale = _reduced(image)
    sheet = find_sheet(small)
    moved = not np.array_equal(sheet.to_picture, np.eye(3))
    sheet = Sheet(sheet.grey, np.diag([scale, scale, 1]) @ sheet.to_picture)
    return sheet, sheet if moved else _flat_sheet(image)


def _reduced(image: Bytes) -> tuple[Bytes, float]:
    """The picture, its longer side no more than WORKED_ON_PX, and how much smaller it became."""
    height, width = image.shape[:2]
    scale = max(1.0, max(height, width) / WORKED_ON_PX)
    if scale == 1:
        return image, scale
    size = max(1, round(width / scale)), max(1, round(height / scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _by_shapes(sheet: Sheet, judge: Sheet | None = None) -> Iterator[Guess]:
    """The pieces of ink in several compositions, of all that is dark, and of what the reader of pages takes for ink.

    How plausible each is, by what it leaves out, is judged on a sheet that may be another.
    """
    judge = judge or sheet
    if not contrast(judge.grey):
        return
    plain = plain_ink(sheet.grey)
    all_ink = AllInk.of(plain_ink(judge.grey).coverage)
    for ink in (plain, find_ink(sheet), Ink(without_lines(plain.coverage), plain.stroke_px)):
        for chosen in compositions(find_shapes(ink.coverage, 1.0)[:MOST_PIECES]):
            shape = join(chosen)
            weight, plausible = all_ink.share(shape) ** 4, all_ink.plausible(shape)
            yield Guess(sheet, ink, shape.box, to_image(shape.coverage), weight, plausible)
