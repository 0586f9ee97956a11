"""One digit to explain: a picture file of any size, or an image of a source by its number."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from numink.data.digits import SIDE_PX, Bytes, Digits
from numink.data.normalise import normalise
from numink.data.picture import read_grey
from numink.data.sources import read
from numink.errors import DataError

HOW = "a picture file, or an image of a source by its number from 0, as in mnist:17 or mnist:train:17"

_MOST_PIXELS = 80_000_000  # a telephone's largest pictures have 50 million
_LEAST_CONTRAST = 32  # grey levels between paper and ink: below, it is the camera's noise
_WORKED_ON_PX = 400  # a longer side brings nothing but noise: the digit becomes 20 pixels high


@dataclass(frozen=True, eq=False)
class Picked:
    """A digit: image uint8 (28, 28), its label where it is known, what it is called, and what was done to it.

    `source` are the digits that it was found among, where there are any.
    """

    image: Bytes
    label: int | None
    name: str
    done: str
    source: Digits | None = None


def pick(place: str, progress: Callable[[str, int, int], None] | None = None) -> Picked:
    """The digit that a command's IMAGE names. DataError, one line, where there is none.

    A file goes before a number. SOURCE:17 is an image of the test part where the source has one, and else of the
    training part; SOURCE:train:17 and SOURCE:test:17 say which.
    """
    numbered = re.fullmatch(r"(.+?)(?::(train|test))?:(\d{1,9})", place, re.DOTALL)
    if numbered and not _exists(place):
        return _from_source(numbered[1], numbered[2], int(numbered[3]), progress)
    if not _exists(place):
        raise DataError(f'there is neither a picture "{place}" nor an image of that number; expected {HOW}')
    return _from_picture(Path(place))


def _exists(place: str) -> bool:
    try:
        return Path(place).exists()
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return False


def _from_source(
    source: str, part_name: str | None, number: int, progress: Callable[[str, int, int], None] | None
) -> Picked:
    digits = read(source, progress=progress, testing=part_name != "train")
    part = digits.train if part_name == "train" or (part_name is None and digits.test is None) else digits.test
    if part is None:
        raise DataError(f"{digits.name} has no test part; name the image as {source}:{number}")
    word = "training" if part is digits.train else "test"
    if number >= len(part):
        raise DataError(f"the {word} part of {digits.name} has the images 0 to {len(part) - 1}, but {number} came")
    label = None if part.labels is None else int(part.labels[number])
    done = f"image {number} of the {word} part, as it is"
    named = f":{part_name}" if part_name else ""
    return Picked(part.images[number], label, f"{digits.name}{named}:{number}", done, digits)


def _from_picture(path: Path) -> Picked:
    from PIL import Image

    def allow(width_px: int, height_px: int) -> None:
        if width_px * height_px > _MOST_PIXELS:
            raise DataError(
                f"{path} has {width_px} x {height_px} pixels, and at most {_MOST_PIXELS:,} are read; cut the digit out "
                "first"
            )

    if not path.is_file():
        raise DataError(f"{path} is no file; expected {HOW}")
    levels = read_grey(path, allow)
    if levels is None:
        raise DataError(f"{path} is no picture; expected {HOW}")
    grey = Image.fromarray(levels)
    grey.thumbnail((_WORKED_ON_PX, _WORKED_ON_PX))
    small = levels.shape == (SIDE_PX, SIDE_PX)
    paper = np.median(_border(levels))
    plain = small and paper in (0, 255)  # as MNIST stores them: to be taken as they are
    ink = np.abs(levels - paper).astype(np.uint8) if plain else ink_of(np.asarray(grey))
    if ink is None or ink.max() < _LEAST_CONTRAST:
        raise DataError(f"{path} shows no ink that stands out from its paper; expected one digit on plain paper")
    done = f"a picture of {levels.shape[1]} x {levels.shape[0]}"
    if plain:
        done += ", as it is" if paper == 0 else ", turned into its negative: ink is 255"
        return Picked(ink, None, path.name, done)
    done += f" with {'light' if paper > 127 else 'dark'} paper: its ink taken out"
    if small:
        return Picked(ink, None, path.name, f"{done}, its size and place left as they are")
    digit = _as_read(levels)
    done += (
        ", scaled into 20 x 20 with its proportions kept, and put with its centre of mass on the middle of 28 x 28, as "
        "MNIST's were"
    )
    return Picked(normalise(ink) if digit is None else digit, None, path.name, done)


def _as_read(levels: Bytes) -> Bytes | None:
    """The digit as `numink read --single` takes it out of a picture; None without OpenCV, or where it sees none."""
    try:
        from numink.reader.reader import Reader
    except ModuleNotFoundError:
        return None
    words = Reader(single=True).look(levels).words
    return words[0].digits[0].image if words else None


def _border(grey: Bytes) -> Bytes:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def ink_of(grey: Bytes) -> Bytes | None:
    """The ink of a grey picture (height, width), 0 = paper and 255 = ink; None where nothing stands out.

    What lies along the border is taken for paper: its median is its grey, and what strays no further than it does is
    paper too.
    """
    border = _border(grey).astype(float)
    paper = np.median(border)
    away = (paper - grey.astype(float)) * (1 if paper > 127 else -1)
    strays = np.abs(border - paper)
    noise = np.quantile(strays, 0.95)
    full = np.quantile(away, 0.995)
    if full - noise < _LEAST_CONTRAST:
        full = away.max()  # a thin stroke on a large sheet
    if full - noise < _LEAST_CONTRAST:
        return None
    ink: Bytes = (255 * (away - noise) / (full - noise)).clip(0, 255).round().astype(np.uint8)
    return ink
