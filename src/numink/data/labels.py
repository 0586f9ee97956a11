"""Labels as people write them: digits as text or as words, and none."""

from collections.abc import Sequence

import numpy as np

from numink.data.digits import CLASSES, NO_DIGIT, Bytes
from numink.errors import DataError

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def labels_from_text(values: Sequence[object]) -> Bytes:
    """Categorical labels to numbers, uint8 (n,). Raises DataError at the first that names no digit.

    >>> labels_from_text(["7", "7.0", " 7 ", "seven", "Seven"])
    array([7, 7, 7, 7, 7], dtype=uint8)
    """
    labels = [digit_from_text(str(value)) for value in values]
    if None in labels:
        index = labels.index(None)
        raise DataError(f"label {index} is {values[index]!r}: expected 0 to 9, or zero to nine")
    return np.array(labels, np.uint8)


def digit_from_text(text: str) -> int | None:
    """The digit that a text such as "7", "7.0" or "Seven" names, or None."""
    text = text.strip().lower()
    if text in _WORDS:
        return _WORDS.index(text)
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number in range(CLASSES) else None


def shown(label: int) -> str:
    """A label as a person reads it.

    >>> shown(7), shown(10)
    ('7', 'none')
    """
    return "none" if label == NO_DIGIT else str(label)
