"""How the layers of a network fare: gradients, silent units and saturated ones, measured on one batch.

A layer here is one with weights, together with the activation behind it; they are counted from 1 on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from numink.nn.activations import ReLU, Sigmoid, Tanh
from numink.nn.layers import Dense, Layer
from numink.nn.maps import Conv2d
from numink.nn.network import Network
from numink.nn.params import Array
from numink.nn.residual import Residual
from numink.nn.trace import trace

Batch: TypeAlias = tuple[Array, Array, tuple[int, ...]]
"""Images (n, height, width) uint8, labels (n,), and the key of a pass: `vitals(network, theta, *batch)`."""

FLAT = 0.05
"""An activation is saturated where its slope is below a twentieth of its largest: sigmoid beyond +-4.4, tanh +-2.2."""

QUICK, THOROUGH = (64, 32), (1024, 128)
"""Images for a quick look and for a thorough one, for by chance a unit is silent for a few; of networks with maps the
second number, since each map is seen at hundreds of places."""


@dataclass(frozen=True)
class LayerVitals:
    """One layer on one batch."""

    name: str
    """Such as "layer 1 (dense 10)"."""
    gradient: float
    """The norm of the mean loss' gradient with regard to the layer's weights."""
    activation: str = ""
    """relu, sigmoid or tanh, where that is what follows; else empty."""
    units: int = 0
    """How many units, or maps, the layer has."""
    dead: float | None = None
    """The share of its ReLUs (of its maps) that are 0 for every image; None where there are none."""
    saturated: float | None = None
    """The share of its sigmoids' or tanhs' outputs, over all images, where the slope is next to nothing."""


@dataclass(frozen=True)
class Vitals:
    """A whole network on one batch of training images."""

    loss: float
    accuracy: float
    input_size: float
    """The root mean square of the numbers that enter the first layer: 1 for standardised pixels."""
    layers: tuple[LayerVitals, ...]


def sample(network: Network, images: Array, labels: Array, most: tuple[int, int], seed: int) -> Batch:
    """Images with their labels, evenly from all that there are, and a key for the dropout of this look alone.

    most: QUICK or THOROUGH.
    """
    count = min(most[any(len(shape) > 2 for shape in network.shapes)], len(images))
    rows = np.linspace(0, len(images) - 1, count).astype(int)
    return images[rows], labels[rows], (seed, *b"look")


def vitals(network: Network, theta: Array, images: Array, labels: Array, key: tuple[int, ...]) -> Vitals:
    """Measure the network with the parameters theta (length,) on images (n, height, width) uint8, labels (n,).

    `key` seeds dropout: the batch passes as in training, with its own statistics, so that running averages that have
    not settled yet accuse nobody.
    """
    traced = trace(network, theta, images, labels, key)
    with np.errstate(all="ignore"):  # what overflowed is a finding, not a warning
        found: list[LayerVitals] = []
        for index, activation in _layers(network.layers):
            layer, g = network.layers[index], traced.g[index]
            norm = float(np.sqrt(sum(np.vdot(array, array) for array in vars(g).values() if array.ndim > 1)))
            number = len(found) + 1
            found.append(_vitals(f"layer {number} ({_word(layer)})", norm, network, traced.values, activation))
        X = traced.values[1]
        return Vitals(
            traced.loss,
            network.right(traced.values[-1], labels) / len(labels),
            float(np.sqrt(np.mean(np.square(X, dtype=np.float64)))),
            tuple(found),
        )


def _vitals(name: str, gradient: float, network: Network, values: tuple[Array, ...], activation: int) -> LayerVitals:
    if not activation:
        return LayerVitals(name, gradient)
    A = values[activation + 1]
    units = A.shape[-1]
    match network.layers[activation]:
        case ReLU():
            dead = float(np.mean(~(A > 0).any(axis=tuple(range(A.ndim - 1)))))
            return LayerVitals(name, gradient, "relu", units, dead=dead)
        case Sigmoid():
            return LayerVitals(name, gradient, "sigmoid", units, saturated=float(np.mean(4 * A * (1 - A) < FLAT)))
        case Tanh():
            return LayerVitals(name, gradient, "tanh", units, saturated=float(np.mean(1 - A * A < FLAT)))
        case _:
            return LayerVitals(name, gradient)


def _layers(layers: tuple[Layer, ...]) -> Iterator[tuple[int, int]]:
    """Each layer with weights, and the activation behind it (0 where there is none before the next), by index."""
    weighty = [index for index, layer in enumerate(layers) if isinstance(layer, Dense | Conv2d | Residual)]
    for index, end in zip(weighty, [*weighty[1:], len(layers)], strict=True):
        behind = (i for i in range(index + 1, end) if isinstance(layers[i], ReLU | Sigmoid | Tanh))
        yield index, next(behind, 0)


def _word(layer: Layer) -> str:
    match layer:
        case Dense():
            return f"dense {layer.d_out}"
        case Conv2d():
            return f"conv {layer.channels_out} {layer.kernel[0]}x{layer.kernel[1]}"
        case _:
            return "residual"
