"""What loading gives: pictures and failures, and the limits of both."""

from dataclasses import dataclass
from math import ceil, sqrt

from numink.data.digits import Bytes
from numink.data.picture import NotReadableError

MOST_WORKED_ON = 13_000_000
"""Pixels: a telephone's usual picture. A digit of 3 mm on a sheet of A4 is 40 of them high, twice what it needs."""
LONGEST_PX = 32_000
"""OpenCV's warps count to 32,767."""


def share_worked_on(width: float, height: float) -> float:
    """By how much a picture is made smaller, 1 at most, so that it is no larger than what is worked on."""
    return min(1.0, sqrt(MOST_WORKED_ON / (width * height)), LONGEST_PX / max(width, height))


@dataclass(frozen=True)
class Limits:
    """The largest picture that is taken, and the most pages of one file. About 12 bytes a pixel are the most memory."""

    megapixels: float = 100.0
    pages: int = 500

    def require(self, pixels: float) -> None:
        """NotReadableError, which names the flag, where a picture has too many pixels."""
        if pixels > self.megapixels * 1e6:
            raise NotReadableError(
                f"{pixels / 1e6:,.1f} megapixels, of which at most {self.megapixels:g} are read; "
                f"--max-megapixels {ceil(pixels / 1e6)} takes it"
            )

    def too_many_pages(self) -> str:
        """Why the rest of a file is left out."""
        return f"more than {self.pages} pages, the others are left out; --max-pages takes more"


@dataclass(frozen=True, eq=False)
class Picture:
    """One upright picture. image: uint8 (h, w), or (h, w, 3) as red, green and blue; it may be a smaller copy.

    page: counted from 0 within its file. width, height: of the original in pixels, upright.
    """

    file: str
    page: int
    image: Bytes
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the original for one pixel of the image, 1 at least."""
        return max(1.0, float(self.width / self.image.shape[1]))


@dataclass(frozen=True)
class Failure:
    """A file, or a page of it, that gave no picture, and why: one line."""

    file: str
    reason: str
