"""The temperature that makes a network's confidence right: one number, fitted on images that it was not trained on.

Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017), found it as good as any larger
correction; it cannot change which digit is read.
"""

import numpy as np
from numpy.typing import ArrayLike

from numink.errors import DataError
from numink.scores import CLASSES, check, tempered

LOWEST, HIGHEST = 0.05, 20.0
"""The range in which a temperature is looked for: that of a recipe's `use.temperature`."""
_ENOUGH = 1e-4
_GOLDEN = (5**0.5 - 1) / 2


def fit_temperature(probabilities: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """The temperature of the lowest negative log-likelihood.

    probabilities: (n, 10), as a network at temperature 1 gives them, of images with these labels (n,), 0 to 9, or 10
    for "none of them", where all ten should be even. weights: (n,), how much each image counts; all alike by default.
    The likelihood has one maximum in the temperature's inverse; golden section on a logarithmic scale finds it. Raises
    DataError as `score` does.

    >>> half_right = fit_temperature([[0.9, 0.1, *[0] * 8]] * 4, [0, 0, 0, 1])  # 3 of 4: the odds 9 should be 3
    >>> round(half_right, 2)
    2.0
    """
    y = np.asarray(labels)
    P, _ = check(probabilities, np.where(y == CLASSES, 0, y))
    targets = np.concatenate([np.eye(CLASSES), np.full((1, CLASSES), 1 / CLASSES)])[y]
    share = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    if share.shape != y.shape or not (share >= 0).all() or not share.sum() > 0:
        raise DataError(f"expected a weight of 0 or more for each of {len(y)} images, and one above 0")

    def likelihood(logarithm: float) -> float:
        known = np.log(np.maximum(tempered(P, float(np.exp(logarithm))), np.finfo(np.float32).tiny))
        return float(share @ (targets * known).sum(axis=1))

    low, high = np.log(LOWEST), np.log(HIGHEST)
    while high - low > _ENOUGH:
        one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if likelihood(one) > likelihood(other):
            high = other
        else:
            low = one
    return float(np.exp((low + high) / 2))
