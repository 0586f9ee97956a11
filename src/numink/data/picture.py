"""Picture files as arrays: every format, colour and depth that Pillow reads, and HEIC through pi_heif.

What a decoder raises on a damaged file becomes one line; what a picture would need is known before it is decoded.
"""

import errno
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from numink.data.digits import Bytes
from numink.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF")  # not EPS, for which Pillow runs Ghostscript
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
_HEIF_MOST_BYTES = 500_000_000  # pi_heif takes the whole file into memory
_LIGHT = 160  # of 255: on white paper such ink is hardly seen


class NotReadableError(DataError):
    """A file that gives no picture. The text is a noun that says what it is: "a damaged image: ..."."""


class NoPictureError(NotReadableError):
    """A file of another kind."""


class TooManyPixelsError(NotReadableError):
    """A picture of more pixels than Pillow was told to take, by its header. `most` is how many that is."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.pixels, self.most = (int(number) for number in re.findall(r"\d+", text)[:2])


@contextmanager
def decoding(most_pixels: int | None = None) -> Iterator[None]:
    """What Pillow raises in this block becomes NotReadableError, or OSError where a file may not be read.

    most_pixels: takes the place of Pillow's own limit, which refuses pictures of twice that number.
    """
    from PIL import Image, UnidentifiedImageError

    limit = Image.MAX_IMAGE_PIXELS
    try:
        Image.MAX_IMAGE_PIXELS = most_pixels or limit
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large sizes, which the caller looks at, and of odd metadata
            yield
    except UnidentifiedImageError as error:
        raise NoPictureError("no picture") from error
    except (DataError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise TooManyPixelsError(str(error)) from error
    except Exception as error:  # decoders of foreign formats raise whatever they like on damaged files
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # not of what is in the file
            raise
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise NotReadableError(f"a damaged image: {reason}; copy it again or remove it") from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def open_picture(path: Path) -> "ImageFile":
    """The picture file, its header read and nothing decoded. To be called within `decoding`."""
    from PIL import Image

    formats = list(FORMATS)
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:] in _HEIF_BRANDS:
        if path.stat().st_size > _HEIF_MOST_BYTES:
            raise NotReadableError(f"a HEIC file of more than {_HEIF_MOST_BYTES:,} bytes; save it as JPEG first")
        try:
            from pi_heif import register_heif_opener
        except ImportError as error:
            raise NotReadableError('a HEIC picture, which pi_heif reads: pip install "numink[read]"') from error
        register_heif_opener()
        formats.append("HEIF")
    return Image.open(path, formats=formats)


def turn_upright(image: "ImageFile") -> None:
    """Decode the image and turn it as its camera noted (EXIF). To be called within `decoding`."""
    from PIL import ImageOps

    image.load()
    with suppress(Exception):  # cameras and editors note anything, and no picture is worse for it
        ImageOps.exif_transpose(image, in_place=True)


def pixels(image: "Image") -> Bytes:
    """An image as one looks at it: uint8 (height, width), or (height, width, 3) where it has colour.

    What is transparent is paper: white, or black where all that is drawn on it is light. 16 bits become 8. To be called
    within `decoding`; NotReadableError for 32 bits.
    """
    from PIL import Image

    deep = np.asarray(image) if image.mode.startswith("I") else None  # of which Pillow would cut off what exceeds 255
    if image.mode == "F" or (deep is not None and (deep.min() < 0 or deep.max() >= 1 << 16)):
        raise NotReadableError("a picture of 32 bits a pixel, expected 8 or 16 bits; convert it to grey first")
    if deep is not None:  # in mode I too, as which Pillow opens a PGM of 16 bits
        return (deep >> (8 if deep.max(initial=0) >= 1 << 12 else 4)).astype(np.uint8)  # cameras give 12 of the 16 bits
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "black" if _drawn_light(image) else "white")
        image = Image.alpha_composite(paper, image).convert("RGB")
    if image.mode == "LAB":
        image = image.getchannel("L")
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _drawn_light(image: "Image") -> bool:
    """Whether nothing of an RGBA image could be seen on white paper."""
    small = image.resize((min(image.width, 256), min(image.height, 256)))
    drawn = np.asarray(small.convert("L"))[np.asarray(small.getchannel("A")) > 127]
    return bool(len(drawn)) and bool(np.quantile(drawn, 0.002) > _LIGHT)


def read_grey(path: Path, allow: Callable[[int, int], None]) -> Bytes | None:
    """The picture as one looks at it, uint8 (height, width), 0 = black and 255 = white; None where it is none.

    Colour becomes grey, what is transparent paper, and it is turned as the camera noted (EXIF). `allow(width_px,
    height_px)` is called before anything is decoded, and raises where the size is not wanted. Raises DataError, which
    names the file, for one that is damaged, larger than Pillow takes or has more than 16 bits; OSError for one that
    may not be read.
    """
    from PIL import Image

    try:
        with decoding(), open_picture(path) as file:
            allow(*file.size)
            turn_upright(file)
            return np.array(Image.fromarray(pixels(file)).convert("L"))
    except NoPictureError:
        return None
    except TooManyPixelsError as error:  # Pillow looks before `allow` can
        text = f"{path} has {error.pixels:,} pixels, and at most {error.most:,} are read; cut the digit out first"
        raise DataError(text) from error
    except NotReadableError as error:
        raise DataError(f"{path} is {error}") from error
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
