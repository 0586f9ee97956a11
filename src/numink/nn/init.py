"""How the weights start. Biases start at 0, except under "uniform", which is the tutorials' way.

The factors of normalisation (gamma) and its running variance start at 1 under every scheme.

`fan_in` is the number of inputs of a unit (the product of all axes of W but the last), `fan_out` the number of
its outputs.
"""

from math import prod, sqrt

import numpy as np

from numink.nn.params import Array, Layout, Shape

SCHEMES = ("uniform", "normal", "he", "xavier")
"""The schemes by their name in a recipe; "normal" may be followed by its deviation, as in "normal 0.1"."""


def initialise(layout: Layout, scheme: str, deviation: float, seed: int, dtype: str) -> Array:
    """Draw all parameters, and start the running averages: a flat vector (length,).

    scheme: uniform, U(-0.5, 0.5) for weights and biases (eq. 33); normal, N(0, deviation^2) (eq. 34); he, N(0, 2 /
    fan_in) (He et al. 2015, eq. 35); xavier, U(-a, a) with a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio
    2010, eq. 36). Drawn in float64 layer by layer, so that both precisions start from the same numbers.
    """
    rng = np.random.default_rng([seed, *b"init"])
    theta = layout.zeros(dtype)
    for layer, p in zip(layout.shapes, layout.views(theta), strict=True):
        for name, shape in layer.items():
            array = getattr(p, name)
            if name.endswith("gamma"):
                array[...] = 1
            elif scheme == "uniform":
                array[...] = rng.uniform(-0.5, 0.5, shape)  # eq. 33
            elif len(shape) > 1:
                array[...] = _weights(shape, scheme, deviation, rng)
    for layer, p in zip(layout.buffers, layout.views(theta), strict=False):
        for name in layer:
            if name.endswith("variance"):
                getattr(p, name)[...] = 1
    return theta


def _weights(shape: Shape, scheme: str, deviation: float, rng: np.random.Generator) -> Array:
    fan_in, fan_out = prod(shape[:-1]), shape[-1]
    if scheme == "normal":
        return rng.normal(0, deviation, shape)  # eq. 34
    if scheme == "he":
        return rng.normal(0, sqrt(2 / fan_in), shape)  # eq. 35
    bound = sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, shape)  # eq. 36
