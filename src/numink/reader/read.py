"""`numink.read`: from places to what is read there."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from numink.data.digits import Bytes
from numink.errors import DataError
from numink.model import Predictor
from numink.reader.load import find_files, pictures
from numink.reader.pictures import Failure, Picture
from numink.reader.results import PageReading, Reading

if TYPE_CHECKING:
    from numink.reader.reader import Reader

Place: TypeAlias = str | Path | Bytes
"""A file, a folder, or an image."""


def read(
    place: "Place | Sequence[Place]",
    *,
    single: bool = False,
    model: str | Path | Predictor | None = None,
    max_error_rate: float | None = None,
) -> Reading:
    """Read the handwritten numbers in pictures of pages; where `single`, the one digit in each picture.

    place: a picture's file, a folder of them, a PDF, an image as uint8 (height, width) or (height, width, 3), or a list
    of such. model: a name, a path or a model; "cnn-best" by default. max_error_rate: accept as many numbers as keep the
    risk among them at most this high, with 95 % confidence on pages like those of the calibration; without it, numbers
    of a confidence of 0.9 and more are accepted. No photograph is sure to be like the calibration's pages.

    Files that cannot be read are listed in the result's `failed`, and the others are read. DataError, one line, where
    nothing of the one place that was given can be read; ModelError where the model or the rate is of no use.
    """
    reader = make_reader(model, single=single, max_error_rate=max_error_rate)
    places = [place] if isinstance(place, str | Path | np.ndarray) else list(place)
    results = list(reader.read_all(_found(places)))
    failed = tuple(one for one in results if isinstance(one, Failure))
    pages = tuple(one for one in results if isinstance(one, PageReading))
    if failed and not pages and len(places) == 1:
        others = f" (and {len(failed) - 1:,} more that cannot be read)" if len(failed) > 1 else ""
        raise DataError(f"{failed[0].file} is {failed[0].reason}{others}")
    return Reading(pages, failed)


def picture_of(image: Bytes) -> Picture:
    """An image as a picture without a file. DataError for an array of another kind."""
    if (
        image.dtype != np.uint8
        or image.ndim not in (2, 3)
        or (image.ndim == 3 and image.shape[2] != 3)
        or not image.size
    ):
        raise DataError(
            "expected an image as uint8 (height, width) or (height, width, 3), 0 = black to 255 = white, came "
            f"{image.dtype} {image.shape}; give one image, or a list of them"
        )
    return Picture("", 0, image, image.shape[1], image.shape[0])


def make_reader(
    model: str | Path | Predictor | None = None, *, single: bool = False, max_error_rate: float | None = None
) -> "Reader":
    """A reader, made once for many pictures; DataError, one line, where OpenCV is missing."""
    try:
        from numink.reader.reader import Reader
    except ModuleNotFoundError as error:
        raise DataError(
            f'reading pictures needs OpenCV ({error}): pip install "numink[read]"; in a clone: make install'
        ) from None
    return Reader(model, single=single, max_error_rate=max_error_rate)


def _found(places: "Sequence[Place]") -> Iterator[Picture | Failure]:
    """The pictures of all places, each decoded as it is asked for."""
    for place in places:
        if isinstance(place, np.ndarray):
            yield picture_of(place)
            continue
        for file in find_files([place]):
            if isinstance(file, Failure):
                yield file
            else:
                yield from pictures(file)
