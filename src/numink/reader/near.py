"""Which shapes are so near to each other that they may be parts of one digit."""

from collections.abc import Sequence

import numpy as np

from numink.reader.heights import Floats
from numink.reader.shapes import Shape


def gathered(shapes: Sequence[Shape], heights: Floats) -> list[list[int]]:
    """The shapes in clusters of those that are near to each other: lists of their numbers."""
    x, y, width, height = np.array([shape.box for shape in shapes], float).T
    right, bottom = x + width, y + height
    small = (np.maximum(width, height) < 0.9 * heights) & (height < 0.6 * heights)
    order = np.argsort(x, kind="stable")
    cluster = np.arange(len(shapes))
    for place, n in enumerate(order):
        last = int(np.searchsorted(x, right[n] + 0.3 * heights[n], sorter=order))
        later = order[place + 1 : last]  # begins before this one ends, or soon after it
        near = np.minimum(heights[n], heights[later])
        across = (x[later] - right[n]) / near
        down = (np.maximum(y[n], y[later]) - np.minimum(bottom[n], bottom[later])) / near
        lower = np.minimum(height[n], height[later]) / near
        close = np.maximum(across, 0) + np.maximum(down, 0) < 0.2
        linked = ((across < 0.3) & (down < -0.3 * lower)) | (close & (small[n] | small[later]))
        joined = np.unique(cluster[np.append(later[linked], n)])
        if len(joined) > 1:
            cluster[np.isin(cluster, joined)] = joined[0]
    return [[int(n) for n in np.flatnonzero(cluster == number)] for number in np.unique(cluster)]
