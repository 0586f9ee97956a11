"""What a set of digits is like: counts, gaps, repetitions, range and polarity, for `numink data info`."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import CLASSES, Bytes, Digits, Part

Polarity = Literal["ink bright", "ink dark", "unclear"]

_BRIGHT = 128  # the middle of 0..255
_LOPSIDED = 2  # largest over smallest class, from where on it is worth a note
_IMAGES_AT_ONCE = 4096


@dataclass(frozen=True)
class PartDescription:
    """One part: how many images, how many of each class 0 to 9 (None where it has no labels), and of no digit."""

    images: int
    classes: tuple[int, ...] | None
    none: int = 0


@dataclass(frozen=True)
class Description:
    """What is known of a set of digits.

    missing counts empty cells. repeated counts training images that equal an earlier one, in_test those
    that equal a test image. lowest and highest are the extreme pixel values of the training part; ink is
    the share of its pixels that are ink: the bright ones, or the dark ones where polarity is "ink dark".
    notes are lines for a person.
    """

    name: str
    parts: dict[str, PartDescription]
    missing: int
    repeated: int
    in_test: int
    lowest: int
    highest: int
    ink: float
    polarity: Polarity
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as a dictionary that `json.dumps` takes."""
        return asdict(self)


def describe(digits: Digits) -> Description:
    """Describe `digits`: classes for each part, pixels and repetitions for the training part."""
    named = {"train": digits.train, "validation": digits.validation, "test": digits.test}
    parts = {name: _describe_part(part) for name, part in named.items() if part is not None and len(part)}
    train = digits.train.digests()
    test = set(digits.test.digests()) if digits.test is not None else set()
    histogram = _histogram(digits.train.images)
    values = np.flatnonzero(histogram)
    bright = float(histogram[_BRIGHT:].sum() / histogram.sum())
    polarity = _polarity(digits.train.images, bright)
    described = Description(
        name=digits.name,
        parts=parts,
        missing=digits.missing,
        repeated=len(train) - len(set(train)),
        in_test=sum(digest in test for digest in train),
        lowest=int(values[0]),
        highest=int(values[-1]),
        ink=1 - bright if polarity == "ink dark" else bright,
        polarity=polarity,
        notes=(),
    )
    return replace(described, notes=tuple(_notes(described)))


def _describe_part(part: Part) -> PartDescription:
    if part.labels is None:
        return PartDescription(len(part), None)
    *classes, none = np.bincount(part.labels, minlength=CLASSES + 1).tolist()
    return PartDescription(len(part), tuple(classes), none)


def _histogram(images: Bytes) -> NDArray[np.int64]:
    """How many pixels have each value 0 to 255. In pieces, since bincount makes eight bytes of each pixel."""
    histogram = np.zeros(256, np.int64)
    for start in range(0, len(images), _IMAGES_AT_ONCE):
        histogram += np.bincount(images[start : start + _IMAGES_AT_ONCE].ravel(), minlength=256)
    return histogram


def _polarity(images: Bytes, bright: float) -> Polarity:
    """Which of bright and dark is ink, where `bright` is the share of bright pixels.

    Paper reaches the border and ink seldom does, and there is more paper than ink. So ink is bright where
    less than a quarter of the border pixels and less than half of all pixels are bright, dark where more
    than three quarters and more than half are; where the two disagree it is unclear.
    """
    border = (images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1])
    bright_border = np.mean(np.concatenate(border, axis=1) >= _BRIGHT)
    if bright_border < 1 / 4 and bright < 1 / 2:
        return "ink bright"
    if bright_border > 3 / 4 and bright > 1 / 2:
        return "ink dark"
    return "unclear"


def _notes(described: Description) -> Iterator[str]:
    if described.missing:
        yield f"{described.missing:,} cells are empty"
    for name, part in described.parts.items():
        if part.classes is None:
            yield f"{name} has no labels: it can be predicted, not trained or tested on"
            continue
        absent = [str(digit) for digit, count in enumerate(part.classes) if not count]
        if absent:
            yield f"{name} has no image of {', '.join(absent)}"
        elif max(part.classes) >= _LOPSIDED * min(part.classes):
            yield f"{name} has {max(part.classes):,} images of one class and {min(part.classes):,} of another"
    if described.repeated:
        yield f"{described.repeated:,} training images repeat another"
    if described.in_test:
        yield f"{described.in_test:,} training images occur in the test part and flatter its accuracy"
    if described.highest <= 1:
        yield f"pixels end at {described.highest}: numink expects ink up to 255, multiply them by 255"
    if described.polarity == "ink dark":
        yield "the ink is dark: numink expects bright ink on dark paper, invert the images (255 - pixel)"
    if described.polarity == "unclear":
        yield "whether ink is bright or dark is unclear: look, numink expects bright ink on dark paper"
