"""From pictures to readings: the stages in a row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.model import Predictor
from numink.reader.again import read_twice
from numink.reader.confidence import BEST, Factors, factors, trust_in
from numink.reader.ink import Ink, find_ink
from numink.reader.numbers import Candidate, Other, Word, find_numbers
from numink.reader.orientation import upright
from numink.reader.page import Sheet, find_sheet
from numink.reader.pictures import Failure, Picture
from numink.reader.results import Box, Digit, Number, PageReading, Rejected
from numink.reader.single import find_singles
from numink.reader.table import find_table

MODEL = "cnn-best"
"""The shipped model that reads where none is named."""

DECIMALS = 6
"""Of a probability that is told: the last digits of a float32 depend on how many threads summed it up."""

TOGETHER = 500_000
"""Pixels of pictures of one digit that are looked at in one go."""
MOST_TOGETHER = 500
"""Such pictures, at most."""
TOO_LITTLE_MEMORY = "there is not enough memory to read it; make it smaller"

LEAST_LIKELY = 0.5
"""A digit that stands alone and is less probable is none."""
UNSURE = "not sure enough to be a digit"


@dataclass(frozen=True, eq=False)
class Steps:
    """What each stage made of one picture.

    image: the picture, uint8 (height, width) or (height, width, 3). sheet, ink: as these stages found them. words, with
    their confidences (the probabilities that their texts are right) and what these come from, and others: what was
    found on the sheet; boxes are the sheet's own.
    """

    image: Bytes
    sheet: Sheet
    ink: Ink
    words: tuple[Word, ...]
    others: tuple[Other, ...]
    confidences: tuple[float, ...]
    factors: tuple[Factors, ...]


class Reader:
    """Reads one picture after the other: a model, what is expected in a picture, and what is accepted.

    model: a name, a path or a model; numink's own `cnn-best` by default. single: each picture holds one digit.
    max_error_rate: accept what keeps the risk below it; ModelError where that cannot be promised. It can be pickled.
    """

    def __init__(
        self,
        model: str | Path | Predictor | None = None,
        *,
        single: bool = False,
        max_error_rate: float | None = None,
    ) -> None:
        from numink.model_file import load_model

        self.model = model if isinstance(model, Predictor) else load_model(MODEL if model is None else model)
        self.single = single
        self.trust = trust_in(self.model)
        self.threshold = self.trust.threshold(max_error_rate, single=single)

    def look(self, image: Bytes) -> Steps:
        """All stages for one picture, uint8 (height, width) or (height, width, 3)."""
        return self.look_at_all([image])[0]

    def look_at_all(self, images: Sequence[Bytes]) -> list[Steps]:
        """The same for several; pictures of single digits are classified together, which is quicker."""
        classify = self.model.probabilities
        if self.single:
            found = find_singles(images, classify)
            return [_single(image, *one) for image, one in zip(images, found, strict=True)]
        steps = []
        for image in images:
            sheet = find_sheet(image)
            sheet, ink = upright(image, sheet, find_ink(sheet), classify)
            words, others = known(*find_numbers(ink, classify))
            twice = read_twice(words, sheet, ink.digit_px, classify)
            words = [word for word, _ in twice]
            about = tuple(factors(words, others, [again for _, again in twice]))
            confidences = tuple(map(self.trust.confidence, about))
            steps.append(Steps(image, sheet, ink, tuple(words), tuple(others), confidences, about))
        return steps

    def reading(self, steps: Steps, picture: Picture) -> PageReading:
        """What the steps came to: numbers[i] is words[i], rejected[i] is others[i], in pixels of the original."""
        to_picture = np.diag([picture.scale, picture.scale, 1]) @ steps.sheet.to_picture
        size = picture.width, picture.height
        numbers = []
        for word, confidence in zip(steps.words, steps.confidences, strict=True):
            digits = tuple(_digit(to_picture, size, one) for one in word.digits)
            box, accepted = _through(to_picture, size, word.box), confidence >= self.threshold
            numbers.append(Number(word.text, word.row, box, round(confidence, DECIMALS), accepted, digits))
        rejected = tuple(Rejected(_through(to_picture, size, other.box), other.reason) for other in steps.others)
        table = find_table([word.box for word in steps.words], [word.row for word in steps.words], steps.ink.rulings)
        return PageReading(picture.file, picture.page, *size, tuple(numbers), rejected, table)

    def read(self, picture: Picture) -> PageReading:
        """What is read in one picture."""
        return self.reading(self.look(picture.image), picture)

    def read_all(self, found: Iterable[Picture | Failure]) -> Iterator[PageReading | Failure]:
        """What is read in each picture, in their order, and the failures among them."""
        for one in self.look_through(found):
            yield one if isinstance(one, Failure) else self.reading(one[1], one[0])

    def look_through(self, found: Iterable[Picture | Failure]) -> Iterator[tuple[Picture, Steps] | Failure]:
        """Each picture with its steps, in their order, and the failures among them: pictures too large for memory too.

        Pictures of single digits are looked at in batches.
        """
        waiting: list[Picture | Failure] = []
        pixels = 0
        for one in found:
            waiting.append(one)
            pixels += one.image.size if isinstance(one, Picture) else 0
            if not self.single or pixels > TOGETHER or len(waiting) >= MOST_TOGETHER:
                yield from self._look_together(waiting)
                waiting, pixels = [], 0
        yield from self._look_together(waiting)

    def _look_together(self, some: Sequence[Picture | Failure]) -> Iterator[tuple[Picture, Steps] | Failure]:
        try:
            steps = iter(self.look_at_all([one.image for one in some if isinstance(one, Picture)]))
        except MemoryError:
            yield from (one if isinstance(one, Failure) else Failure(one.file, TOO_LITTLE_MEMORY) for one in some)
            return
        for one in some:
            yield one if isinstance(one, Failure) else (one, next(steps))


def known(words: Sequence[Word], others: Sequence[Other]) -> tuple[list[Word], list[Other]]:
    """The numbers without those of one digit that is likelier none, and what is no number with these."""
    unsure = [word for word in words if len(word.digits) == 1 and word.digits[0].P.max() < LEAST_LIKELY]
    kept = [word for word in words if word.digits and word not in unsure]
    return kept, [*others, *(Other(word.box, UNSURE) for word in unsure)]


def _single(image: Bytes, sheet: Sheet, ink: Ink, words: Sequence[Word], others: Sequence[Other]) -> Steps:
    """The steps of a picture of one digit, which is as sure as the network says: nothing else speaks against it."""
    sure = tuple(float(word.digits[0].P.max()) for word in words)
    about = tuple({**BEST, "digits": one} for one in sure)
    return Steps(image, sheet, ink, tuple(words), tuple(others), sure, about)


def _digit(to_picture: NDArray[np.float64], size: tuple[int, int], one: Candidate) -> Digit:
    P = one.P.astype(np.float64).round(DECIMALS)
    first, *rest = (int(digit) for digit in np.argsort(-P, kind="stable"))
    alternatives = tuple((digit, float(P[digit])) for digit in rest)
    return Digit(first, _through(to_picture, size, one.box), float(P[first]), alternatives)


def _through(to_picture: NDArray[np.float64], size: tuple[int, int], box: Box) -> Box:
    """The smallest box of whole pixels of the original, of this width and height, that holds a box of the sheet."""
    x, y, w, h = box
    corners = np.array([[x, y, 1], [x + w, y, 1], [x, y + h, 1], [x + w, y + h, 1]]) @ to_picture.T
    places = (corners[:, :2] / corners[:, 2:]).clip(0, size)
    (left, top), (right, bottom) = np.floor(places.min(axis=0) + 1e-6), np.ceil(places.max(axis=0) - 1e-6)
    return int(left), int(top), int(right - left), int(bottom - top)
