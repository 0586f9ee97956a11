"""A trained network with all that is needed to use it.

One safetensors file holds the parameters by layer ("2.W", "2.b") and, as facts: the recipe, the preprocessing, the
classes, numink's version, the data's fingerprint, the scores. model_file.py reads it.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from numink import __version__, tensors
from numink.crew import Crew, processors
from numink.data.digits import Part
from numink.errors import ModelError, RecipeError
from numink.nn.build import build
from numink.nn.init import initialise
from numink.nn.layers import Pixels
from numink.nn.network import Network, Worker
from numink.nn.params import Array
from numink.recipe import Recipe
from numink.scores import Scores, score, tempered

FORMAT = 2
"""The format of a model's facts. A file of a higher one was made by a newer numink; 1 had no [use], no averages."""

# From so many multiplications on, a crew is worth its threads: it takes half a millisecond to gather. BLAS's own
# threads help less with products as small as these, and where the processor has other work they wait for each other.
WORTH_A_CREW = 400_000_000

MOST_HANDS = 8
"""Of a crew: each has scratch memory of its own."""

MOST_PARAMETERS = 100_000_000
"""What a recipe may ask for: far above any network of numink's, far below what would harm a machine."""


def network_of(recipe: Recipe, pixels: Pixels) -> Network:
    """The network that a recipe describes, for images prepared by `pixels`; RecipeError where it cannot be."""
    plan = recipe.network
    network = build(
        plan.layers,
        activation=plan.activation,
        loss=plan.loss,
        label_smoothing=plan.label_smoothing,
        dtype=plan.dtype,
        pixels=pixels,
    )
    if network.layout.length > MOST_PARAMETERS:
        raise RecipeError(
            f"network.layers ask for {network.layout.length:,} parameters; at most {MOST_PARAMETERS:,} are taken"
        )
    return network


def initial_weights(recipe: Recipe, pixels: Pixels, seed: int) -> Array:
    """The flat vector (length,) that a training with this recipe and seed starts from."""
    plan = recipe.network
    scheme, *deviation = plan.init.split()
    layout = network_of(recipe, pixels).layout
    return initialise(layout, scheme, float(deviation[0]) if deviation else 1.0, seed, plan.dtype)


class Predictor(ABC):
    """What a model and an ensemble of models have in common: images go in, answers come out.

    Any number of threads may ask at once. `recipe` is the (first) network's, `facts` what is known of how it came
    about (JSON).
    """

    recipe: Recipe
    facts: dict[str, Any]

    @property
    @abstractmethod
    def members(self) -> "tuple[Model, ...]":
        """The networks that answer: a model is its own only member."""

    @abstractmethod
    def probabilities(self, images: Array) -> Array:
        """The probability of each class: float (n, 10), rows adding up to 1, for images as `predict` takes them."""

    @abstractmethod
    def save(self, path: str | Path) -> None:
        """Write it as one safetensors file, whole or not at all."""

    @property
    def parameters(self) -> int:
        """How many numbers were learnt, in all members."""
        return sum(member.network.layout.size for member in self.members)

    def predict(self, images: Array) -> Array:
        """The class of each image: int64 (n,) for uint8 (n, 28, 28) or (n, 784), 0 = paper and 255 = ink.

        ModelError says what is wrong with anything else.
        """
        classes: Array = self.probabilities(images).argmax(axis=1)
        return classes

    def test(self, part: Part) -> Scores:
        """The scores on the labelled images that show a digit; ModelError where they have no labels."""
        if not isinstance(part, Part):
            raise ModelError(f"expected a part of digits, such as digits.test, but {type(part).__name__} came")
        if (labels := (part := part.digits_alone).labels) is None:
            raise ModelError("these images have no labels to test against; use predict")
        return score(self.probabilities(part.images), labels)


class Model(Predictor):
    """A network with its parameters. `theta` (length,) is its flat vector: parameters and running averages."""

    def __init__(self, recipe: Recipe, pixels: Pixels, theta: Array, facts: Mapping[str, Any] | None = None) -> None:
        self.recipe, self.pixels, self.theta = recipe, pixels, theta
        self.facts = dict(facts or {})
        self.network = network_of(recipe, pixels)
        self._p = self.network.layout.views(theta)
        self._own = threading.local()  # a worker's scratch memory serves one thread

    def __repr__(self) -> str:
        return f"Model({self.recipe.name!r}, {self.parameters:,} parameters)"

    @property
    def members(self) -> "tuple[Model, ...]":
        """The model alone."""
        return (self,)

    def probabilities(self, images: Array) -> Array:
        """The probability of each class: float (n, 10), rows adding up to 1, for images as `predict` takes them.

        Where the recipe's [use] has shifts, the mean over all moves of an image, and then `tempered`. Images are taken
        piece by piece, so that memory does not grow with their number.
        """
        images = _checked(images, self.network.in_shape)
        P = np.empty((len(images), self.network.classes), self.network.dtype)
        shifts, temperature = self.recipe.use.shifts, self.recipe.use.temperature
        size = self.network.piece
        pieces = -(-len(images) // size)
        work = len(images) * (2 * shifts + 1) ** 2 * self.network.multiplications
        hands = max(min(processors(), pieces, MOST_HANDS), 1) if work >= WORTH_A_CREW else 1
        workers = self._workers(hands)  # the calling thread's own, whichever thread of its crew works with them

        def answer(first: int, number: int, worker: int) -> None:
            rows = slice((first + number) * size, (first + number + 1) * size)
            moved = [self._read(piece, workers[worker]) for piece in shifted(images[rows], shifts)]
            P[rows] = sum(moved) / len(moved)  # eq. 74

        if hands == 1:
            for number in range(pieces):
                answer(0, number, 0)
            return tempered(P, temperature)
        with Crew(hands) as crew:
            for first in range(0, pieces, 4 * hands):  # between two of these rounds, Ctrl-C is heard
                crew.share(partial(answer, first), min(4 * hands, pieces - first))
        return tempered(P, temperature)

    def save(self, path: str | Path) -> None:
        """Write the model as one safetensors file, whole or not at all."""
        tensors.write(path, self.arrays(), self.description())

    def arrays(self) -> dict[str, Array]:
        """What its file holds: parameters and running averages by name, such as "2.W"."""
        return {f"{index}.{name}": array for index, views in enumerate(self._p) for name, array in vars(views).items()}

    def description(self) -> dict[str, Any]:
        """What its file says of it."""
        return self.facts | {
            "format": FORMAT,
            "version": __version__,
            "name": self.recipe.name,
            "recipe": self.recipe.tables(),
            "pixels": {"factor": self.pixels.factor, "shift": self.pixels.shift},
            "classes": list(range(self.network.classes)),
        }

    def share_memory(self, other: "Model") -> None:
        """Work in the scratch memory of another model with the same network: a thread asks one after the other."""
        self._own = other._own

    def _workers(self, count: int) -> list[Worker]:
        """The calling thread's workers, `count` at least."""
        workers: list[Worker] = self._own.__dict__.setdefault("workers", [])
        while len(workers) < count:
            workers.append(self.network.worker())
        return workers

    def _read(self, images: Array, worker: Worker) -> Array:
        with np.errstate(all="ignore"):  # what overflows is looked for
            Z = self.network.logits(images, self._p, worker)
            if not np.isfinite(Z).all():
                raise ModelError("the weights are so large that they give no finite numbers: train the model anew")
            return self.network.loss.probabilities(Z)

    def __getstate__(self) -> dict[str, Any]:
        return {"recipe": self.recipe, "pixels": self.pixels, "theta": self.theta, "facts": self.facts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def shifted(images: Array, most_px: int) -> Iterator[Array]:
    """The images (n, height, width) moved by up to `most_px` each way, themselves among them; paper comes in.

    >>> [moved[0, 0].tolist() for moved in shifted(np.array([[[7, 8, 9]]], np.uint8), 1)][3:6]
    [[0, 7, 8], [7, 8, 9], [8, 9, 0]]
    """
    height_px, width_px = images.shape[1:]
    around = ((0, 0), (most_px, most_px), (most_px, most_px))
    wide = np.pad(images, around) if most_px else images  # one image is read in the time that a copy takes
    for top_px in range(2 * most_px + 1):
        for left_px in range(2 * most_px + 1):
            yield wide[:, top_px : top_px + height_px, left_px : left_px + width_px]


def _checked(images: Array, shape: tuple[int, ...]) -> Array:
    height, width = shape
    if not isinstance(images, np.ndarray):
        raise ModelError(
            f"expected images as a NumPy array of uint8 (n, {height}, {width}), but {type(images).__name__} came"
        )
    if images.dtype != np.uint8:
        raise ModelError(
            f"expected images as uint8, 0 = paper and 255 = ink, but {images.dtype} came; numbers in 0..255 become so "
            "by images.astype(numpy.uint8), those in 0..1 by (255 * images).astype(numpy.uint8)"
        )
    if images.shape[1:] == shape:
        return images
    if images.ndim == 2 and images.shape[1] == height * width:
        return images.reshape(-1, height, width)
    hint = "; one image alone is images[None]" if images.shape == shape else ""
    if images.ndim == 4 and images.size == len(images) * height * width:
        hint = f"; images.reshape(-1, {height}, {width}) leaves the axis of one channel out"
    raise ModelError(f"expected images (n, {height}, {width}) or (n, {height * width}), but {images.shape} came{hint}")
