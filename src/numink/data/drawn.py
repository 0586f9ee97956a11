"""The sources that numink draws: strokes, which are digits, and non-digits, which are what a reader must not read."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from numink.data.digits import MOST_IMAGES, Digits, Part
from numink.errors import DataError

if TYPE_CHECKING:
    from numink.data.download import Progress

STROKES, NON_DIGITS = "strokes", "non-digits"
IMAGES = {STROKES: 60_000, NON_DIGITS: 30_000}
"""How many images each has to train on, unless told."""


def kind_of(name: str) -> str | None:
    """Which of them a source is, "strokes" for "strokes 30000", or None.

    >>> kind_of("non-digits 500"), kind_of("./strokes")
    ('non-digits', None)
    """
    first = name.split()[:1]
    return first[0] if first and first[0] in IMAGES else None


def wanted(name: str) -> int:
    """How many images to train on the source asks for. Raises DataError where it asks for none that can be.

    >>> wanted("strokes 30000"), wanted("non-digits")
    (30000, 30000)
    """
    kind, *number = name.split()
    with suppress(ValueError):
        count = int(" ".join(number)) if number else IMAGES[kind]
        if 1 <= count <= MOST_IMAGES:
            return count
    raise DataError(
        f"{kind} takes the number of images to train on, 1 to {MOST_IMAGES:,}, as in {kind} {IMAGES[kind]}, but "
        f"{name!r} came; a file of that name is .{os.sep}{name}"
    )


def draw(name: str, progress: "Progress | None" = None, testing: bool = False) -> Digits:
    """The source of this name; `testing` leaves the training images of strokes out. Raises DataError."""
    kind, count = kind_of(name), wanted(name)
    named = kind if name == kind else f"{kind} {count}"
    if kind == NON_DIGITS:
        from numink.data.strokes import no_digits  # the pen model, which other runs do not need

        train, test = no_digits.read(count, progress=progress), None
    else:
        from numink.data.strokes import source

        train, test = source.read(0 if testing else count, progress=progress)
    assert train.labels is not None
    return Digits(str(named), train, Part(train.images[:0], train.labels[:0]), test)
