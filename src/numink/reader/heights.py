"""How high digits are on a page, place by place, and how far they lean: what all other sizes are relative to."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.reader.candidates import Candidate
from numink.reader.shapes import Shape

Floats = NDArray[np.float64]

SURE = 0.8
"""The probability from which a shape tells how high digits are."""
REACH = 3.0
"""Heights: the distance at which a digit counts a third of what it does where it stands."""
OWN = 0.5
"""How much a shape itself counts, beside the others around it."""
STEEPEST = 0.8


def usual_height(shapes: Sequence[Shape], stroke_px: float) -> float:
    """The height of most ink, in pixels. Dust and dashes count little, and something huge no more than a digit."""
    heights = np.array([shape.height for shape in shapes], float)
    weights = np.minimum(heights / max(stroke_px, 1.0), 20) ** 2
    order = np.argsort(heights)
    sums = np.cumsum(weights[order])
    return float(heights[order[int(np.searchsorted(sums, 0.5 * sums[-1]))]])


def local_heights(shapes: Sequence[Shape], alone: Mapping[int, Candidate], usual: float) -> Floats:
    """How high digits are at each shape (n,), in pixels, by the sure digits around it.

    alone: what some of the shapes are by themselves. Those much smaller or larger than the others around them, such as
    a comma that reads as a 1, are left out of the second round.
    """
    heights = np.full(len(shapes), usual)
    places = np.array([(shape.x + shape.width / 2, shape.y + shape.height / 2) for shape in shapes])
    for least in (0.35, 0.55):
        like = {n: least < shapes[n].height / heights[n] < 1 / least for n in alone}
        sure = [n for n, candidate in alone.items() if like[n] and candidate.confidence > SURE]
        if not sure:
            break
        known = np.array([shapes[n].height for n in sure], float)
        distances = np.hypot(*(places[:, None] - places[sure]).transpose(2, 0, 1)) / float(np.median(known))
        weights = (np.exp(-distances / REACH) + 1e-4) * known**2  # by their areas: a sure comma is a small 1
        weights[sure, np.arange(len(sure))] *= OWN
        heights = np.exp((weights * np.log(known)).sum(axis=1) / weights.sum(axis=1))
    return heights


def usual_slant(shapes: Sequence[Shape]) -> float:
    """How far digits lean to the right on their way up, in heights: the median of what their moments say."""
    slants = [0.0]
    for shape in shapes:
        moments = cv2.moments(shape.coverage)
        if moments["mu02"] > 0:
            slants.append(-moments["mu11"] / moments["mu02"])
    return float(np.clip(np.median(slants), -STEEPEST, STEEPEST))
