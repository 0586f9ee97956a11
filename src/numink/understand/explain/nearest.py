"""The digits of a training part that are most like one digit: pixel by pixel, and as the network sees them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from numink.data.digits import Part
from numink.model import Model
from numink.nn.layers import Flatten
from numink.nn.network import Network
from numink.nn.params import Array, Views

SHOWN = 8
MOST_MULTIPLICATIONS = 40_000_000_000
"""For the hidden values of the training digits: about a second. Beyond that, some are drawn by lot."""
PIECE = 2048


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A training digit: image and label, its number in the training part, what the model reads, how far off it is."""

    image: Array
    index: int
    label: int
    read: int
    distance: float


@dataclass(frozen=True, eq=False)
class Similar:
    """The nearest of a training part, the nearest first.

    `hidden` is empty where the network has no hidden layer; `searched` is how many digits `hidden` was found among.
    """

    pixels: tuple[Neighbour, ...]
    hidden: tuple[Neighbour, ...]
    searched: int
    images: int


def similar(model: Model, image: Array, part: Part, say: Callable[[str], None]) -> Similar:
    """The digits of a labelled part that are nearest to `image` uint8 (28, 28), which itself is left out.

    Near by pixels is the Euclidean distance of the images, full ink being 1; near for the network, that of what enters
    its last layer that learns.
    """
    assert part.labels is not None  # training needed them
    everything = np.arange(len(part))
    same = (part.images == image).all(axis=(1, 2))

    def heard(what: str) -> Callable[[int], None]:
        return lambda done: say(f"comparing {what}: {done:,} digits")

    pixels = _nearest(
        lambda images: images.reshape(len(images), -1) / 255, image, part.images, everything, same, heard("pixels")
    )
    found, chosen = {"pixels": pixels, "hidden": []}, everything
    if (network := hidden_network(model.network)) is not None:
        most = max(MOST_MULTIPLICATIONS // max(network.multiplications, 1), SHOWN)
        if most < len(part):
            chosen = np.sort(np.random.default_rng(0).choice(everything, most, replace=False))
        p, worker = [*model.network.layout.views(model.theta)[: len(network.layers) - 1], Views()], network.worker()

        def values(images: Array) -> Array:
            return network.logits(images, p, worker)

        found["hidden"] = _nearest(values, image, part.images, chosen, same, heard("what the network sees"))
    neighbours = {}
    for name, pairs in found.items():
        indices = [index for index, _ in pairs]
        read = model.predict(part.images[indices]) if indices else ()
        neighbours[name] = tuple(
            Neighbour(part.images[index], index, int(part.labels[index]), int(answer), distance)
            for (index, distance), answer in zip(pairs, read, strict=True)
        )
    return Similar(**neighbours, searched=len(chosen), images=len(part))


def hidden_network(network: Network) -> Network | None:
    """What stands before the last layer that learns, as a network whose outputs are a row; None where that is nothing.

    A network whose only learning layer is its last sees nothing but the pixels.
    """
    *before, last = (index for index, layer in enumerate(network.layers) if layer.params())
    return replace(network, layers=(*network.layers[:last], Flatten())) if before else None


def _nearest(
    values: Callable[[Array], Array],
    image: Array,
    images: Array,
    chosen: Array,
    same: Array,
    heard: Callable[[int], None],
) -> list[tuple[int, float]]:
    """The numbers of the nearest among the `chosen` images, and how far they are; of equal ones the first.

    `heard` is told how many have been compared.
    """
    own = values(image[np.newaxis])[0].astype(float)
    squares = np.empty(len(chosen))
    for start in range(0, len(chosen), PIECE):
        heard(start)
        rows = slice(start, start + PIECE)
        squares[rows] = np.square(values(images[chosen[rows]]) - own).sum(axis=1)
    squares[same[chosen]] = np.inf
    order = np.argsort(squares, kind="stable")[:SHOWN]
    return [(int(chosen[place]), float(np.sqrt(squares[place]))) for place in order if np.isfinite(squares[place])]
