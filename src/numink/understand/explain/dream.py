"""What image would please each class most: from a grey cloud uphill, until the network is sure (Simonyan et al. 2014).

Climbing alone ends in specks that no eye can read. Three habits of digits are therefore asked for: strokes are smooth
(the slope is blurred, less and less; a Gaussian, as in Yosinski et al. 2015), a digit stays the same where it is moved
(each step is taken for the image moved by a pixel or two, "jitter"), and most of a sheet is paper (ink fades as by L2,
fastest at the rim, where no digit is).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from numink.model import Model
from numink.nn.params import Array
from numink.understand.explain.saliency import FULL_INK, Probe

STEPS = 60
MOST_JITTER_PX = 2
BLUR_PX = (2.0, 0.7)
"""The deviation of the blur, in the first and in the last step."""
STEP_INK = (25.0, 5.0)
"""How far a step goes, root mean square over the pixels, in grey levels of 255: in the first and in the last step."""
FADING, FADING_AT_THE_RIM = 0.02, 0.17
"""The share of its ink that each pixel loses in a step."""
INNER = 2 / 3
"""How far out the rim begins, as a share of the way from the middle to the border."""
CLOUD_INK, CLOUD = 80.0, 0.43
"""The cloud's ink in the middle, and its deviation, as a share of that way."""
SPECKLED_INK = 4.0


class Dream(NamedTuple):
    """An image uint8 (28, 28) for each class, and the probability (classes,) that the model then gives to it."""

    images: Array
    probabilities: Array


def dream(model: Model, say: Callable[[str], None], seed: int = 0) -> Dream:
    """The images that please the classes of a model, 0 to 9. The same seed gives the same images."""
    probe, rng = Probe(model), np.random.default_rng(seed)
    classes, shape = np.arange(model.network.classes), model.network.in_shape
    down, across = (np.linspace(-1, 1, side_px) for side_px in shape)
    cloud = CLOUD_INK * np.exp(-np.add.outer(down**2, across**2) / (2 * CLOUD**2))
    out = np.maximum.outer(abs(down), abs(across))
    kept = 1 - np.interp(out, (INNER, 1), (FADING, FADING_AT_THE_RIM))
    images = (cloud + rng.normal(0, SPECKLED_INK, (len(classes), *shape))).clip(0, FULL_INK)
    for step in range(STEPS):
        say(f"looking for what would please each digit most: step {step + 1} of {STEPS}")
        done = step / (STEPS - 1)
        deviation_px = BLUR_PX[0] * (BLUR_PX[1] / BLUR_PX[0]) ** done
        move = rng.integers(-MOST_JITTER_PX, MOST_JITTER_PX + 1, 2)
        slopes = np.roll(probe.slopes(np.roll(images, move, axis=(1, 2)), classes), -move, axis=(1, 2))
        slopes = _blur(shape[0], deviation_px) @ slopes @ _blur(shape[1], deviation_px).T
        size = np.sqrt(np.square(slopes).mean(axis=(1, 2), keepdims=True))
        ink = STEP_INK[0] + (STEP_INK[1] - STEP_INK[0]) * done
        images = (images * kept + ink * slopes / np.maximum(size, 1e-30)).clip(0, FULL_INK)
    pictures = images.round().astype(np.uint8)
    return Dream(pictures, model.probabilities(pictures)[classes, classes])


def _blur(side_px: int, deviation_px: float) -> Array:
    """The matrix (side, side) that blurs along one axis."""
    places = np.arange(side_px)
    weights = np.exp(-np.square(places[:, np.newaxis] - places) / (2 * deviation_px**2))
    blur: Array = weights / weights.sum(axis=1, keepdims=True)
    return blur
