"""Which light shows the ink best: blue ink is darkest in red, red ink in green, and a ruling vanishes in its own."""

import cv2
import numpy as np

from numink.data.digits import Bytes
from numink.reader.light import is_light_on_dark, paper_of
from numink.reader.shrink import shrunk

_WORKED_ON_PX = 300
"""The picture's longer side while its bands are compared."""
_FAINTEST = 0.12  # ink, as a part of the paper's brightness
_CLEARER = 1.25  # than the brightness must a colour show the ink, to be taken for it
_NOT_FAINTER = 0.9  # of the brightness's own: the faintest tenth of the ink in that colour


def clearest_band(image: Bytes) -> Bytes:
    """The band of a picture in which its ink stands out most: uint8 (h, w, 3) -> (h, w). Grey ones stay as they are.

    It is the brightness, unless in red, green or blue alone all ink is about as dark as in that, or darker, and stands
    out more from what else strays: paper, ruling and noise. So a second ink of another colour is never lost.
    """
    if image.ndim == 2:
        return image
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    colours, scale = shrunk(image, _WORKED_ON_PX)
    bands = [shrunk(grey, _WORKED_ON_PX)[0], *(np.ascontiguousarray(colours[..., band]) for band in range(3))]
    papers = [paper_of(band, scale) for band in bands]
    if is_light_on_dark(bands[0], papers[0]):
        return grey
    dark = 1 - np.stack(bands) / np.maximum(papers, 1.0)
    darkest = dark.max(axis=0)
    full = float(np.quantile(darkest, 0.998))
    ink = darkest > max(_FAINTEST, 0.5 * full)
    bare = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    if not ink.any() or not bare.any():
        return grey
    faintest = np.quantile(dark[:, ink], 0.1, axis=1)
    clear = dark[:, ink].mean(axis=1) / (dark[:, bare].std(axis=1) + 0.01)
    best = int(np.where(faintest >= _NOT_FAINTER * faintest[0], clear, 0).argmax())
    return grey if clear[best] < _CLEARER * clear[0] else np.ascontiguousarray(image[..., best - 1])
