"""One batch through the plain layers and back, everything kept: for explanations and diagnoses, not for speed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numink.nn.layers import Flatten
from numink.nn.maps import Maps
from numink.nn.network import Network
from numink.nn.params import Array, Views
from numink.nn.work import Randomness, Work


@dataclass(frozen=True, eq=False)
class Trace:
    """What a batch of n images was between the layers of a network, and what the gradients were on the way back."""

    values: tuple[Array, ...]
    """What enters each of `network.layers`, the images (n, ...) uint8 first; last Z (n, classes): len(layers) + 1."""
    P: Array
    """The probabilities (n, classes)."""
    loss: float
    """The mean loss of the batch."""
    gradients: tuple[Array, ...]
    """The derivative of the mean loss with regard to each of `values`, of its shape."""
    gradient: Array
    """The same with regard to the parameters (length,); behind them, the statistics of norm."""
    g: Sequence[Views]
    """`gradient` by layer and name."""


def trace(network: Network, theta: Array, images: Array, labels: Array, key: tuple[int, ...] | None = None) -> Trace:
    """Take images (n, ...) uint8 with labels (n,) through the network with the parameters theta (length,), and back.

    The layers are those that one reads (`network.layers`), not the arranged ones. `key` (seed, epoch, step, shard)
    passes as training does, with dropout and the batch's own statistics; None as the network is used.
    """
    randomness, kept = Randomness(), Work(network.dtype)
    randomness.begin(key)
    p = network.layout.views(theta)
    gradient = network.layout.zeros(network.dtype)
    g = network.layout.views(gradient)
    values, way_back = [images], []
    with np.errstate(all="ignore"):  # what overflows is for the caller to see
        for layer, views in zip(network.layers, p, strict=True):
            # Memory of its own for each layer, never in place: all values live as long as the trace.
            X, back = layer.forward(values[-1], views, Work(network.dtype, randomness=randomness))
            values.append(X)
            way_back.append(back)
        P = network.loss.probabilities(_copy(kept, "P", values[-1]))
        loss, dV = network.loss(_copy(kept, "Z", values[-1]), labels, len(images), Work(network.dtype))
        gradients = [_copy(kept, f"d{len(way_back)}", dV)]
        for index in range(len(way_back) - 1, -1, -1):
            dX = way_back[index](dV, g[index], True)
            assert dX is not None  # it was wanted
            gradients.append(_copy(kept, f"d{index}", dX))  # the next layer may write over dX
            dV = dX
    return Trace(tuple(values), P, loss, tuple(reversed(gradients)), gradient, g)


def names(network: Network, words: Sequence[str], activation: str) -> tuple[str, ...]:
    """A name for each of `network.layers`: the recipe's words (`build.written`), and what was put before them.

    >>> from numink.nn.build import build
    >>> words = ["dropout 0.1", "dense 25", "activation", "dense 10"]
    >>> names(build(words, activation="tanh"), words, "tanh")
    ('pixels', 'dropout 0.1', 'flatten', 'dense 25', 'tanh', 'dense 10')
    """
    found, left = ["pixels"], list(words)
    for layer in network.layers[1:]:
        if isinstance(layer, Flatten | Maps) and left[:1] != ["flatten"]:
            found.append("flatten" if isinstance(layer, Flatten) else "one map")
        else:
            word = left.pop(0)
            found.append(activation if word == "activation" else word)
    return tuple(found)


def _copy(kept: Work, name: str, values: Array) -> Array:
    copied = kept.array(name, values.shape)
    np.copyto(copied, values)
    return copied
