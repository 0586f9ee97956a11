"""Candidates: ink that may be a digit, as the network sees it and with what the network says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.digit import to_image
from numink.reader.results import Box
from numink.reader.shapes import Shape

Classify = Callable[[Bytes], NDArray[np.floating]]
"""classify(images uint8 (n, 28, 28)) gives probabilities (n, 10), about ten equal ones for what is no digit."""

ACCEPTED = 0.5
"""The largest probability from which a shape is a digit. Two digits that are as likely as each other stay below."""


LIFTED: Bytes = np.round(255 * (np.arange(256) / 255) ** 0.7).astype(np.uint8)
"""What each coverage becomes for the network: the faint end of a ballpoint's stroke counts, as it does for the eye."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """Ink that may be a digit: its box on the sheet, its image (28, 28) and its probabilities (10,)."""

    box: Box
    image: Bytes
    P: NDArray[np.floating]

    @property
    def confidence(self) -> float:
        """The largest probability."""
        return float(self.P.max())

    @property
    def is_digit(self) -> bool:
        """Whether it is taken for a digit."""
        return self.confidence >= ACCEPTED

    @property
    def digit(self) -> str:
        """The likeliest digit, "0" to "9"."""
        return str(int(self.P.argmax()))

    @property
    def text(self) -> str:
        """The likeliest digit, or "?" for what is none."""
        return self.digit if self.is_digit else "?"


def classified(shapes: Sequence[Shape], classify: Classify) -> list[Candidate]:
    """Each shape as a candidate; the network sees all of them in one batch."""
    if not shapes:
        return []
    images = np.stack([to_image(LIFTED[shape.coverage]) for shape in shapes])
    return [Candidate(shape.box, image, p) for shape, image, p in zip(shapes, images, classify(images), strict=True)]
