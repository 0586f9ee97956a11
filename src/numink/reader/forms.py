"""One hand writes each digit in a form or two: what looks like a page's sevens is most likely one of them.

Each digit of a page is weighed once more by how near it lies, as an image, to those that the network takes for a 0, a
1 ... on the same page: for each kind the density of its images there (Parzen, "On estimation of a probability density
function and mode", 1962), against that of any hand's. What they are taken for changes with it, so it is done again.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.clusters import Item

Floats = NDArray[np.float64]

PLAIN = 0.8
"""The probability of its two likeliest readings together from which a shape is a digit, and only may be another."""
BLUR_PX = 1.5
"""Images are as near as their strokes: blurred so much, they need not lie on each other."""
WIDTH = 0.2
"""How far the images of one form lie apart, where 1.4 is the distance of images without common ink."""
OTHER_HANDS, FAR = 3.0, 0.05
"""As how many images of each kind other hands' count, and the density there."""
WEIGHT = 1.5
"""How much the page counts, where the network counts 1."""
ROUNDS = 3


def told_by_forms(items: Sequence[Item]) -> list[Item]:
    """The items of a page, their probabilities weighed by what else the same hand wrote there."""
    told = list(items)
    plain = {n: item.candidate for n, item in enumerate(items) if item.candidate and _is_plain(item.candidate.P)}
    if len(plain) < 2:
        return told
    candidates = list(plain.values())
    weighed = by_forms(np.stack([one.image for one in candidates]), np.stack([one.P for one in candidates]))
    for n, candidate, P in zip(plain, candidates, weighed, strict=True):
        told[n] = replace(items[n], candidate=replace(candidate, P=P))
    return told


def by_forms(images: Bytes, P: NDArray[np.floating]) -> Floats:
    """Probabilities (n, 10) of the images (n, 28, 28) of one hand, weighed by their likeness to each other."""
    blurred = np.stack([cv2.GaussianBlur(image, (0, 0), BLUR_PX) for image in images]).reshape(len(images), -1)
    vectors = blurred / np.linalg.norm(blurred, axis=1, keepdims=True).clip(1)
    near = np.exp((vectors @ vectors.T - 1).clip(max=0) / WIDTH**2)
    np.fill_diagonal(near, 0)  # none speaks for itself
    own = np.log(np.maximum(P, 1e-4))
    told: Floats = P.astype(np.float64)
    for _ in range(ROUNDS):
        others = told.sum(axis=0) - told
        density = (near @ told + OTHER_HANDS * FAR) / (others + OTHER_HANDS)
        score = own + WEIGHT * np.log(density / FAR)
        told = np.exp(score - score.max(axis=1, keepdims=True))
        told /= told.sum(axis=1, keepdims=True)
    return told


def _is_plain(P: NDArray[np.floating]) -> bool:
    return bool(np.sort(P)[-2:].sum() > PLAIN)
