"""Is backward really the derivative of forward? Every layer and loss, and random chains of them, are asked.

The loss is a function of the parameters and of the images. Along a random direction d its derivative is the
gradient times d, and also, by central differences (eq. 50), (J(v + h d) - J(v - h d)) / 2h. In float64 the two
agree to nine digits or so, unless a formula is wrong. A whole network is checked and not a layer alone, because some
faults (a layer that writes over what its neighbour still needs) are seen only in company. Several directions at
once would hide nothing a single one shows with probability 1; we take a few, and each coordinate of a sample of
parameters besides, so that a fault in one bias is not drowned by a thousand weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from numink.nn.build import ACTIVATIONS, build
from numink.nn.init import initialise
from numink.nn.layers import Pixels
from numink.nn.network import Gradient, Network
from numink.nn.params import Array

TOLERANCE = 1e-6
STEP = 1e-5
IN_SHAPE, CLASSES, EXAMPLES = (5, 4), 4, 7
KEY = (0, 1, 2, 3)  # the same dropout masks at every evaluation


@dataclass(frozen=True)
class Check:
    """One network that was checked: its words, and the largest relative error of its gradient."""

    name: str
    layers: Sequence[str]
    loss: str
    error: float

    @property
    def passed(self) -> bool:
        """Whether the error is at most TOLERANCE."""
        return self.error <= TOLERANCE


def check(
    name: str, layers: Sequence[str], loss: str = "cross-entropy", smoothing: float = 0.0, seed: int = 0
) -> Check:
    """Check the gradients of parameters and images of the network that `layers` describe."""
    network = build(
        layers,
        loss=loss,
        label_smoothing=smoothing,
        dtype="float64",
        pixels=Pixels(1 / 64, -1.9),
        in_shape=IN_SHAPE,
        classes=CLASSES,
    )
    return Check(name, layers, loss, gradient_error(network, seed))


def gradient_error(network: Network, seed: int) -> float:
    """The largest relative error over random directions and single coordinates, of parameters and of images.

    Relative to the larger of the two derivatives, or to 1e-3 where both are smaller than that: below it, central
    differences themselves are only rounding.
    """
    rng = np.random.default_rng(seed)
    images = rng.uniform(0, 255, (EXAMPLES, *network.in_shape))  # floats: so that they can be moved by h
    labels = rng.integers(0, network.classes, EXAMPLES)
    theta = initialise(network.layout, "xavier", 1.0, seed, network.dtype)
    theta += rng.normal(0, 0.1, theta.shape)  # biases too
    worker, gradient = network.worker(), Gradient(network)

    def loss(images: Array, theta: Array) -> float:
        Z, _ = worker.forward(images, network.layout.views(theta), KEY)
        return network.loss(Z, labels, EXAMPLES, worker.loss_work)[0]

    Z, backward = worker.forward(images, network.layout.views(theta), KEY)
    _, dZ = network.loss(Z, labels, EXAMPLES, worker.loss_work)
    dX = backward(dZ, gradient.views, want_dX=True)
    assert dX is not None
    dX = dX.copy()  # scratch memory: the next forward writes over it

    worst = 0.0
    for direction in _directions(theta.size, rng):
        h = STEP * direction
        numeric = (loss(images, theta + h) - loss(images, theta - h)) / (2 * STEP)  # eq. 50
        worst = max(worst, _difference(float(gradient.vector @ direction), numeric))
    for direction in _directions(images.size, rng):
        h = 64 * STEP * direction.reshape(images.shape)  # Pixels makes a step of 64 one of 1
        numeric = (loss(images + h, theta) - loss(images - h, theta)) / (2 * STEP)  # eq. 50
        worst = max(worst, _difference(64 * float(dX.ravel() @ direction), numeric))
    return worst


def _directions(size: int, rng: np.random.Generator) -> Iterator[Array]:
    for _ in range(3):
        direction = rng.normal(size=size)
        yield direction / np.linalg.norm(direction)
    for index in rng.permutation(size)[:40]:
        yield np.eye(1, size, index)[0]


def _difference(analytic: float, numeric: float) -> float:
    error = abs(analytic - numeric) / max(abs(analytic), abs(numeric), 1e-3)
    return error if np.isfinite(error) else float("inf")


def check_all(chains: int = 40, seed: int = 0) -> Iterator[Check]:
    """Every layer and every loss by itself, then `chains` random chains of them."""
    yield check("dense", ["dense 4"])
    yield check("dense, twice", ["dense 6", "dense 4"])
    for activation in ACTIVATIONS:
        yield check(activation, ["dense 6", activation, "dense 4"])
    yield check("dropout", ["dense 6", "dropout 0.4", "dense 4"])
    yield check("flatten", ["flatten", "dense 4"])
    yield check("label smoothing", ["dense 4"], smoothing=0.1)
    yield check("logistic", ["dense 4"], loss="logistic")
    yield check("squared error", ["dense 4"], loss="squared-error")
    yield check("sigmoid, last", ["dense 4", "sigmoid"], loss="squared-error")  # the loss writes over what it is given
    rng = np.random.default_rng([seed, 7])
    for number in range(1, chains + 1):
        layers: list[str] = []
        for _ in range(rng.integers(1, 8)):
            layers.append(str(rng.choice(["dense 5", "dense 6", "dropout 0.3", "flatten", *ACTIVATIONS])))
        loss = str(rng.choice(["cross-entropy", "logistic", "squared-error"]))
        last = rng.choice(["dropout 0.3", *ACTIVATIONS], rng.integers(2)).tolist()
        yield check(f"chain {number}", [*layers, "dense 4", *last], loss, seed=number)
