"""One digit of any size to the 28 x 28 that networks see, as NIST and LeCun did for MNIST.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998), section III: the
digit is scaled into a box of 20 x 20 with its proportions kept, and its centre of mass is put on the middle of 28 x 28.
Every digit that numink draws, and every picture that it cuts out by itself, passes here.
"""

import numpy as np

from numink.data.digits import SIDE_PX, Bytes
from numink.errors import DataError

BOX_PX = 20
MIDDLE_PX = SIDE_PX // 2  # MNIST's centres of mass lie on pixel 14, counted from 0: half a pixel below the true middle
FAINT = 16  # below a sixteenth of the darkest ink it is noise: it neither widens the box nor is seen outside it


def normalise(ink: Bytes) -> Bytes:
    """Scale the ink into 20 x 20 pixels and centre it in 28 x 28: uint8 (height, width) -> uint8 (28, 28).

    ink: 0 = paper, 255 = ink, of any size from 1 x 1, with one digit and no dirt that is as dark as the digit's edges.
    The box is the smallest that holds every pixel of more than a sixteenth of the darkest one. Its longer side becomes
    20 pixels, antialiased; then it is moved by whole pixels, its centre of mass to pixel (14, 14), but never beyond the
    border. An image without ink gives zeros. MNIST's own images come back as they are.

    Raises DataError for an array of another kind.

    >>> pen = np.zeros((120, 90), np.uint8)
    >>> pen[10:110, 40:50] = 255  # a bar, 100 pixels high and 10 wide, becomes one of 20 and 2
    >>> (normalise(pen)[:, 11:17] == 255).sum(axis=0)
    array([ 0,  0, 20, 20,  0,  0])
    """
    from PIL import Image

    if ink.dtype != np.uint8 or ink.ndim != 2 or not ink.size:
        raise DataError(f"expected ink as uint8 (height, width), 0 = paper to 255 = ink, came {ink.dtype} {ink.shape}")
    inked = ink > ink.max() // FAINT
    columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
    image: Bytes = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    if not len(rows):
        return image
    left, right, top, bottom = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    scale = BOX_PX / max(right - left, bottom - top)
    width_px, height_px = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    digit = ink[top:bottom, left:right]
    if scale != 1:
        # Hamming keeps edges as sharp as averaging does, and does not shift them as averaging of uneven pieces would
        digit = np.asarray(Image.fromarray(digit).resize((width_px, height_px), Image.Resampling.HAMMING))
    x, y = _start(digit.sum(axis=0), width_px), _start(digit.sum(axis=1), height_px)
    image[y : y + height_px, x : x + width_px] = digit
    return image


def _start(profile: "np.ndarray[tuple[int], np.dtype[np.unsignedinteger]]", length_px: int) -> int:
    """Where the box begins along one axis, from the ink in each of its columns or rows."""
    centre = float(profile @ np.arange(length_px)) / float(profile.sum())
    return min(max(MIDDLE_PX - int(centre + 0.5), 0), SIDE_PX - length_px)
