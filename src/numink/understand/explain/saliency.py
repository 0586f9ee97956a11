"""The pixels that speak for and against a digit: what covering them costs, and which way the answer leans on each.

Both are told by the lead of a digit, not by its probability: a network that is sure stays at 100 % whatever one
covers, while its lead still falls.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from numink.model import Model
from numink.nn.params import Array

PATCH_PX = 5
"""The side of the paper that is laid on the digit: a little wider than a stroke."""
FULL_INK = 255


def lead(Z: Array, digits: Array) -> tuple[Array, Array]:
    """How far each digit's output is ahead of all the others together, and the derivative of that by Z.

    Z (n, classes), digits (n,) -> (n,) and (n, classes). The lead is Z_y - log of the sum of exp(Z_k) over the other
    classes k. For softmax that is log(P_y / (1 - P_y)), the logarithm of the odds: 0 is 50 %, 2.2 is 90 %, 4.6 is 99 %.

    >>> value, slope = lead(np.array([[0.0, 0.0, 0.0]]), np.array([1]))
    >>> value.round(3).tolist(), slope.tolist()
    ([-0.693], [[-0.5, 1.0, -0.5]])
    """
    rows = np.arange(len(Z))
    others = Z.copy()
    others[rows, digits] = -np.inf
    largest = others.max(axis=1)
    E = np.exp(others - largest[:, np.newaxis])
    total = E.sum(axis=1)
    slope = -E / total[:, np.newaxis]
    slope[rows, digits] = 1
    return Z[rows, digits] - largest - np.log(total), slope


class Probe:
    """Asks a model for leads and their slopes, in scratch memory of its own. Without the moves of its [use]."""

    def __init__(self, model: Model) -> None:
        self.network, self.theta = model.network, model.theta
        self._worker = model.network.worker()
        self._p = model.network.layout.views(model.theta)
        self._g = model.network.layout.views(model.network.layout.zeros(model.network.dtype))

    def leads(self, images: Array, digits: Array) -> Array:
        """The leads (n,) of the digits (n,) for images (n, height, width), 0..255."""
        return lead(self.network.logits(images, self._p, self._worker), digits)[0]

    def slopes(self, images: Array, digits: Array) -> Array:
        """The derivative of each lead by its image's pixels: (n, height, width), for one grey level of 255."""
        Z, backward = self._worker.forward(images, self._p)
        dX = backward(lead(Z, digits)[1], self._g, want_dX=True)
        assert dX is not None  # it was wanted
        return dX.copy()


def occlusion(probe: Probe, image: Array, digit: int, patch_px: int = PATCH_PX) -> Array:
    """What the lead of a digit loses when paper covers a square around each pixel (Zeiler and Fergus 2014).

    image uint8 (height, width) -> (height, width) of floats. Above 0, the ink under the square spoke for the digit,
    below 0 against it. The side of the square, `patch_px`, is odd; beyond the border there is nothing to cover.
    """
    height_px, width_px = image.shape
    covered = np.broadcast_to(
        np.pad(image, patch_px // 2), (image.size, *(side + patch_px - 1 for side in image.shape))
    )
    covered = covered.copy()
    windows = sliding_window_view(covered, (patch_px, patch_px), axis=(1, 2), writeable=True)
    for place in range(image.size):
        windows[place, place // width_px, place % width_px] = 0
    inside = covered[:, patch_px // 2 :, patch_px // 2 :][:, :height_px, :width_px]
    before = probe.leads(image[np.newaxis], np.array([digit]))
    after = probe.leads(inside, np.full(image.size, digit))
    return (before - after).reshape(image.shape)


def gradient(probe: Probe, image: Array, digit: int) -> Array:
    """How the lead of a digit rises with the ink of each pixel (Simonyan, Vedaldi and Zisserman 2014).

    image uint8 (height, width) -> (height, width): the slope for paper turned into full ink. Times the ink that there
    is, image / 255, it is what each pixel's ink counts for, as far as the network is a straight line.
    """
    slope: Array = probe.slopes(image[np.newaxis], np.array([digit]))[0] * FULL_INK
    return slope
