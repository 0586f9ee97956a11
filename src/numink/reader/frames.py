"""The pages of a picture file: one, or several of a TIFF or a GIF, upright and none larger than it need be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from numink.data.picture import NotReadableError, TooManyPixelsError, decoding, open_picture, pixels, turn_upright
from numink.reader.pictures import Failure, Limits, Picture, share_worked_on

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_TERMINAL = Lock()  # one thread at a time may turn it away, or it would not come back
_NEW_SUBFILE_TYPE, _REDUCED_COPY = 254, 1  # the tag and the bit by which TIFF marks a smaller copy of another page


def count(path: Path, limits: Limits) -> int:
    """How many pages a file has; one more than the limit stands for all beyond it. Raises as `pages` does."""
    with _bounded(limits), open_picture(path) as file:
        return len(_frames(file, limits))


def pages(path: Path, limits: Limits, wanted: range) -> Iterator[Picture | Failure]:
    """The wanted ones of a file's pages. Raises NotReadableError or OSError where the file cannot be read."""
    with _bounded(limits):
        file = open_picture(path)
    with file:
        with _bounded(limits):
            frames = _frames(file, limits)
        for page in range(wanted.start, min(wanted.stop, len(frames))):
            if page == limits.pages:
                yield Failure(str(path), limits.too_many_pages())
                return
            try:
                with _bounded(limits), _silent(file):
                    file.seek(frames[page])
                    limits.require(file.width * file.height)
                    picture = _picture(str(path), page, file)
            except NotReadableError as error:
                if len(frames) == 1:
                    raise
                yield Failure(str(path), f"page {page + 1}: {error}")
                continue
            if page == len(frames) - 1:
                file.close()  # its own copy of the pixels is not needed any more
            yield picture


@contextmanager
def _bounded(limits: Limits) -> Iterator[None]:
    """Pillow's decoding within the limits, by which it refuses what a file only claims to need."""
    try:
        with decoding(round(limits.megapixels * 1e6)):
            yield
    except TooManyPixelsError as error:
        limits.require(error.pixels)
        raise


@contextmanager
def _silent(file: "ImageFile") -> Iterator[None]:
    """Without the lines that libtiff writes to the terminal by itself about damaged files."""
    if file.format != "TIFF":
        yield
        return
    with _TERMINAL, Path(os.devnull).open("wb") as nowhere:
        terminal = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def _frames(file: "ImageFile", limits: Limits) -> list[int]:
    """The numbers of the images that are pages: the first, or all of a TIFF or a GIF but smaller copies of others."""
    if file.format not in ("TIFF", "GIF"):
        return [0]
    numbers = range(min(getattr(file, "n_frames", 1), limits.pages + 1))
    return [number for number in numbers if not _is_reduced_copy(file, number)] or [0]


def _is_reduced_copy(file: "ImageFile", number: int) -> bool:
    if file.format != "TIFF":
        return False
    file.seek(number)
    return bool(int(getattr(file, "tag_v2", {}).get(_NEW_SUBFILE_TYPE, 0)) & _REDUCED_COPY)


def _picture(name: str, page: int, file: "ImageFile") -> Picture:
    width, height = file.size
    share = share_worked_on(width, height)
    if share < 1:
        file.draft(None, (round(width * share), round(height * share)))  # JPEG alone: decoded at 1/2, 1/4 or 1/8
    lying = file.size
    turn_upright(file)
    if file.size != lying:
        width, height = height, width
    return Picture(name, page, pixels(reduced(file)), width, height)


def reduced(image: "Image") -> "Image":
    """The image, no larger than what is worked on."""
    share = share_worked_on(image.width, image.height)
    if share == 1:
        return image
    from PIL.Image import Resampling

    if image.mode in ("1", "P", "PA", "LAB"):  # levels that have no mean
        image = image.convert("L" if image.mode == "1" else "RGBA" if image.has_transparency_data else "RGB")
    return image.resize((max(1, int(image.width * share)), max(1, int(image.height * share))), Resampling.BOX)
