"""A picture file as grey levels: the formats, colours and depths that Pillow reads by itself."""

import errno
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from numink.data.digits import Bytes
from numink.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")  # not EPS, for which Pillow runs Ghostscript


def read_grey(path: Path, allow: Callable[[int, int], None]) -> Bytes | None:
    """The picture as one looks at it, uint8 (height, width), 0 = black and 255 = white; None where it is none.

    Colour becomes grey, what is transparent white, and it is turned as the camera noted (EXIF). `allow(width_px,
    height_px)` is called before anything is decoded, and raises where the size is not wanted. Raises DataError, which
    names the file, for one that is damaged, larger than Pillow takes or has more than 16 bits; OSError for one that
    may not be read.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of large sizes and odd metadata: `allow` checks the size
            with Image.open(path, formats=FORMATS) as file:
                allow(*file.size)
                if file.mode in ("I", "F"):
                    raise DataError(f"{path}: expected 8 or 16 bits a pixel, came more; convert it to grey first")
                image = ImageOps.exif_transpose(file)
                if image.mode.startswith("I;16"):  # which Pillow would cut off at 255
                    return (np.asarray(image) >> 8).astype(np.uint8)
                if image.has_transparency_data:
                    paper = Image.new("RGBA", image.size, "white")
                    image = Image.alpha_composite(paper, image.convert("RGBA"))
                return np.array(image.convert("L"))
    except UnidentifiedImageError:
        return None
    except (DataError, MemoryError):
        raise
    except Image.DecompressionBombError as error:  # by the header; Pillow looks before `allow` can
        came, most = (f"{int(number):,}" for number in re.findall(r"\d+", str(error))[:2])
        raise DataError(f"{path} has {came} pixels, and at most {most} are read; cut the digit out first") from error
    except Exception as error:  # decoders of foreign formats raise whatever they like on damaged files
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # not of what is in the file
            error.filename = error.filename or str(path)
            raise
        reason = " ".join(str(error).split())[:100]
        raise DataError(f"{path} is a damaged image: {reason}; copy it again or remove it") from error
