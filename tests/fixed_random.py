"""A generator that is not random, for what an augmentation does with a number that the test has chosen."""

import numpy as np


class Fixed:
    """Draws `share` of the way from the least number to the greatest; its normal numbers are `normal`."""

    def __init__(self, share, normal=1.0):
        self.share, self.normal = share, normal

    def random(self, shape, dtype=np.float64):
        return np.full(shape, self.share, dtype)

    def standard_normal(self, shape, dtype=np.float64):
        return np.full(shape, self.normal, dtype)

    def integers(self, low, high=None, size=None):
        low, high = (0, low) if high is None else (low, high)
        return np.full(size, low + int(self.share * (high - 1 - low)))
