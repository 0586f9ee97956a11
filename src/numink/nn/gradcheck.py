"""Is backward really the derivative of forward? Every layer and loss, and random chains of them, are asked.

The loss is a function of the parameters and of the images. Along a random direction d its derivative is the
gradient times d, and also, by central differences (eq. 50), (J(v + h d) - J(v - h d)) / 2h. In float64 the two
agree to nine digits or so, unless a formula is wrong. A whole network is checked and not a layer alone, because some
faults (a layer that writes over what its neighbour still needs) are seen only in company. Several directions at
once would hide nothing a single one shows with probability 1; we take a few, and each coordinate of a sample of
parameters besides, so that a fault in one bias is not drowned by a thousand weights.

Where a function has a kink (ReLU at 0, two equal numbers in a max pool) it has no derivative, and where it bends much
(norm, of a channel that hardly varies) central differences are less exact. Images and parameters are drawn as real
numbers, so that hardly any lie near a kink, and where the two derivatives differ, a shorter step decides: of a wrong
formula it makes no right one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from numink.errors import RecipeError
from numink.nn.build import ACTIVATIONS, Word, build, written
from numink.nn.init import initialise
from numink.nn.layers import Pixels
from numink.nn.network import Gradient, Network
from numink.nn.params import Array

TOLERANCE = 1e-6
STEPS = (1e-5, 1e-6)
IN_SHAPE, CLASSES, EXAMPLES = (7, 6), 4, 7
KEY = (0, 1, 2, 3)  # the same dropout masks at every evaluation

ON_ROWS: tuple[Word, ...] = ("dense 5", "dense 6", "dropout 0.3", "flatten", "norm", ("residual", "dense 6", "norm"))
ON_MAPS: tuple[Word, ...] = (
    "conv 2 3x3",
    "conv 3 2x3",
    "conv 3 3x3 same",
    "conv 2 2x4 same",
    "conv 3 3x2 stride 2",
    "conv 2 2x3 same stride 3",
    "pool 2x2",
    "pool 1x3",
    "average-pool 2x2",
    "drop-maps 0.3",
    "dropout 0.3",
    "norm",
    ("residual", "conv 3 3x3 same", "norm", "relu"),
    ("residual", "drop-maps 0.3", "conv 4 1x1", "gelu", "conv 2 3x3 same"),
)
"""What random chains are made of, with the activations."""


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
    name: str,
    layers: Sequence[Word],
    loss: str = "cross-entropy",
    smoothing: float = 0.0,
    seed: int = 0,
    training: bool = True,
) -> Check:
    """Check the gradients of parameters and images of the network that `layers` describe, as trained or as used."""
    network = build(
        layers,
        loss=loss,
        label_smoothing=smoothing,
        dtype="float64",
        pixels=Pixels(1 / 64, -1.9),
        in_shape=IN_SHAPE,
        classes=CLASSES,
    )
    return Check(name, written(layers), loss, gradient_error(network, seed, training))


def gradient_error(network: Network, seed: int, training: bool = True) -> float:
    """The largest relative error over random directions and single coordinates, of parameters and of images.

    Relative to the larger of the two derivatives, or to 1e-3 where both are smaller than that: below it, central
    differences themselves are only rounding.
    """
    rng = np.random.default_rng(seed)
    images = rng.uniform(0, 255, (EXAMPLES, *network.in_shape))  # floats: so that they can be moved by h
    labels = rng.integers(0, network.classes, EXAMPLES)
    theta = initialise(network.layout, "xavier", 1.0, seed, network.dtype)
    theta += rng.normal(0, 0.1, theta.shape)  # biases too
    worker, gradient, key = network.worker(), Gradient(network), KEY if training else None

    def loss(images: Array, theta: Array) -> float:
        Z, _ = worker.forward(images, network.layout.views(theta), key)
        return network.loss(Z, labels, EXAMPLES, worker.loss_work)[0]

    Z, backward = worker.forward(images, network.layout.views(theta), key)
    _, dZ = network.loss(Z, labels, EXAMPLES, worker.loss_work)
    dX = backward(dZ, gradient.views, want_dX=True)
    assert dX is not None
    dX = dX.copy()  # scratch memory: the next forward writes over it

    def error(slope: float, d_images: Array | float, d_theta: Array | float) -> float:
        """How far the slope in a direction is from the one that is measured."""

        def cost(h: float) -> float:
            return loss(images + h * d_images, theta + h * d_theta)

        smallest = float("inf")
        for h in STEPS:
            numeric = (cost(h) - cost(-h)) / (2 * h)  # eq. 50
            smallest = min(smallest, _difference(slope, numeric))
            if smallest <= TOLERANCE:
                break
        return smallest

    worst = 0.0
    for direction in _directions(network.layout.size, rng):
        d_theta = network.layout.zeros(network.dtype)
        d_theta[: len(direction)] = direction  # running averages are not learnt
        worst = max(worst, error(float(gradient.vector @ d_theta), 0.0, d_theta))
    for direction in _directions(images.size, rng):
        d_images = 64 * direction.reshape(images.shape)  # Pixels makes a step of 64 one of 1
        worst = max(worst, error(float(np.vdot(dX, d_images)), d_images, 0.0))
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
    yield check("convolution", ["conv 3 3x2", "flatten", "dense 4"])
    yield check("convolution, twice", ["conv 3 3x3 same", "tanh", "conv 2 2x3 stride 2", "flatten", "dense 4"])
    yield check("max pool", ["conv 2 2x2", "pool 2x2", "flatten", "dense 4"])
    yield check("average pool", ["conv 2 2x2", "average-pool 2x3", "flatten", "dense 4"])
    yield check("global pool", ["conv 4 3x3", "tanh", "global-pool"])
    yield check("dropout of maps", ["conv 3 3x3", "drop-maps 0.4", "flatten", "dense 4"])
    for training in (True, False):
        name = f"norm, {'trained' if training else 'used'}"
        yield check(name, ["conv 3 3x3", "norm", "sigmoid", "flatten", "dense 4"], training=training)
    yield check("norm of rows", ["dense 6", "norm", "tanh", "dense 4"])
    yield check("residual", ["conv 2 3x3", ["residual", "conv 2 3x3 same", "norm", "sigmoid"], "flatten", "dense 4"])
    for number in range(1, chains + 1):
        rng = np.random.default_rng([seed, number])
        loss = str(rng.choice(["cross-entropy", "logistic", "squared-error"]))
        yield check(f"chain {number}", _random_chain(rng), loss, seed=number)


def _random_chain(rng: np.random.Generator) -> list[Word]:
    """A few layers on maps in every second chain, a few on rows, and the last one."""
    layers: list[Word] = []
    if rng.random() < 0.5:
        layers = [*_fitting(ON_MAPS, [], ["flatten", "dense 4"], rng), str(rng.choice(["flatten", "global-pool"]))]
    layers = _fitting(ON_ROWS, layers, ["dense 4"], rng)
    last = rng.choice(["dropout 0.3", *ACTIVATIONS], rng.integers(2)).tolist()
    return [*layers, "dense 4", *last]


def _fitting(choices: Sequence[Word], start: list[Word], end: list[Word], rng: np.random.Generator) -> list[Word]:
    """`start`, and up to seven more words, those left out that do not fit where they would stand."""
    words, layers = [*choices, *choices, *ACTIVATIONS], start  # activations are many
    for index in rng.integers(len(words), size=rng.integers(1, 8)):
        try:
            build([*layers, words[index], *end], in_shape=IN_SHAPE, classes=CLASSES)
        except RecipeError:
            continue
        layers = [*layers, words[index]]
    return layers
