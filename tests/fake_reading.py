"""A picture that was read, put together by hand: a sure 12, a doubtful 7 below it, and a scribble beside that."""

import numpy as np

from numink.reader.candidates import Candidate
from numink.reader.confidence import factors
from numink.reader.ink import Ink
from numink.reader.numbers import Other, Word
from numink.reader.page import Sheet
from numink.reader.reader import Steps
from numink.reader.results import Digit, Number, PageReading, Rejected

HEIGHT, WIDTH = 120, 200
BOXES = {"1": (20, 20, 6, 30), "2": (32, 20, 20, 30), "7": (20, 70, 18, 30), "scribble": (150, 70, 24, 28)}
THRESHOLD = 0.9


def chances(digit: int, confidence: float) -> np.ndarray:
    """Ten probabilities with the rest shared by the next digit (two thirds) and the others."""
    P = np.full(10, (1 - confidence) / 27)
    P[(digit + 1) % 10] = 18 * (1 - confidence) / 27
    P[digit] = confidence
    return P / P.sum()


def candidate(digit: int, confidence: float) -> Candidate:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10:18] = 25 * digit + 5
    return Candidate(BOXES[str(digit)], image, chances(digit, confidence))


def steps() -> Steps:
    """What the stages made of it."""
    coverage = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x, y, width, height in BOXES.values():
        coverage[y : y + height, x : x + width] = 230
    grey = 255 - coverage
    grey[110:112] = 100  # a ruling that was taken away
    words = (
        Word(text="12", row=0, box=(20, 20, 32, 30), digits=(candidate(1, 0.999), candidate(2, 0.98))),
        Word(text="7", row=1, box=BOXES["7"], digits=(candidate(7, 0.6),), cut=0.7, second="11"),
    )
    return Steps(
        image=np.repeat(grey[..., None], 3, axis=2),
        sheet=Sheet(grey, np.eye(3)),
        ink=Ink(coverage, 6.0),
        words=words,
        others=(Other(BOXES["scribble"], "letter or symbol"),),
        confidences=(0.98, 0.6),
        factors=tuple(factors(words, (), (0.97, 0.2))),
    )


def reading(scale: int = 1, file: str = "notes/page.jpg", page: int = 0) -> PageReading:
    """What was read, in pixels of an original that is `scale` times as large."""

    def box(*sides: int) -> tuple[int, ...]:
        return tuple(scale * side for side in sides)

    made = steps()
    numbers = []
    for word, confidence in zip(made.words, made.confidences, strict=True):
        digits = tuple(Digit(int(d.P.argmax()), box(*d.box), float(d.P.max()), ()) for d in word.digits)
        numbers.append(Number(word.text, word.row, box(*word.box), confidence, confidence >= THRESHOLD, digits))
    rejected = (Rejected(box(*BOXES["scribble"]), "letter or symbol"),)
    return PageReading(file, page, scale * WIDTH, scale * HEIGHT, tuple(numbers), rejected)
