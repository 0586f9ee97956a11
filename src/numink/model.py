"""A trained network, on disk and back, with all that is needed to use it.

One safetensors file holds the parameters by layer ("2.W", "2.b") and, as facts: the recipe, the preprocessing, the
classes, numink's version, the data's fingerprint, the scores.
"""

import threading
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from numink import __version__, tensors
from numink.data.digits import Part
from numink.errors import ModelError, RecipeError
from numink.nn.build import build
from numink.nn.init import initialise
from numink.nn.layers import Pixels
from numink.nn.network import Network, Worker
from numink.nn.params import Array
from numink.recipe import Recipe, from_tables
from numink.scores import Scores, score

FORMAT = 1
"""The format of a model's facts. A file of a higher one was made by a newer numink."""

MOST_PARAMETERS = 100_000_000
"""What a recipe may ask for: far above any network of numink's, far below what would harm a machine."""

_FACTS = {"seed": int, "data": dict, "training": dict, "scores": dict}
"""The types of those facts that a file may lack: models need not come from a run."""


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
    if network.layout.size > MOST_PARAMETERS:
        raise RecipeError(
            f"network.layers ask for {network.layout.size:,} parameters; at most {MOST_PARAMETERS:,} are taken"
        )
    return network


def initial_weights(recipe: Recipe, pixels: Pixels, seed: int) -> Array:
    """The flat vector (size,) that a training with this recipe and seed starts from."""
    plan = recipe.network
    scheme, *deviation = plan.init.split()
    layout = network_of(recipe, pixels).layout
    return initialise(layout, scheme, float(deviation[0]) if deviation else 1.0, seed, plan.dtype)


class Model:
    """A network with its parameters, ready to use from any number of threads.

    `theta` (size,) are the parameters, `facts` what is known of how they came about (JSON).
    """

    def __init__(self, recipe: Recipe, pixels: Pixels, theta: Array, facts: Mapping[str, Any] | None = None) -> None:
        self.recipe, self.pixels, self.theta = recipe, pixels, theta
        self.facts = dict(facts or {})
        self.network = network_of(recipe, pixels)
        self._p = self.network.layout.views(theta)
        self._own = threading.local()  # a worker's scratch memory serves one thread

    def __repr__(self) -> str:
        return f"Model({self.recipe.name!r}, {self.theta.size:,} parameters)"

    def predict(self, images: Array) -> Array:
        """The class of each image: int64 (n,) for uint8 (n, 28, 28) or (n, 784), 0 = paper and 255 = ink.

        ModelError says what is wrong with anything else.
        """
        classes: Array = self.probabilities(images).argmax(axis=1)
        return classes

    def probabilities(self, images: Array) -> Array:
        """The probability of each class: float (n, 10), rows adding up to 1, for images as `predict` takes them."""
        Z = self._logits(images)
        with np.errstate(all="ignore"):
            return self.network.loss.probabilities(Z)

    def test(self, part: Part) -> Scores:
        """The scores on labelled images; ModelError where they have no labels."""
        if part.labels is None:
            raise ModelError("these images have no labels to test against; use predict")
        return score(self.probabilities(part.images), part.labels)

    def save(self, path: str | Path) -> None:
        """Write the model as one safetensors file, whole or not at all."""
        facts = {
            **self.facts,
            "format": FORMAT,
            "version": __version__,
            "name": self.recipe.name,
            "recipe": self.recipe.tables(),
            "pixels": {"factor": self.pixels.factor, "shift": self.pixels.shift},
            "classes": list(range(self.network.classes)),
        }
        arrays = {
            f"{index}.{name}": array for index, views in enumerate(self._p) for name, array in vars(views).items()
        }
        tensors.write(path, arrays, facts)

    def _logits(self, images: Array) -> Array:
        worker: Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = self.network.worker()
        images = _checked(images, self.network.in_shape)
        with np.errstate(all="ignore"):  # what overflows is looked for below
            Z = self.network.logits(images, self._p, worker)
        if not np.isfinite(Z).all():
            raise ModelError("the weights are so large that they give no finite numbers: train the model anew")
        return Z

    def __getstate__(self) -> dict[str, Any]:
        return {"recipe": self.recipe, "pixels": self.pixels, "theta": self.theta, "facts": self.facts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def load_model(model: str | Path) -> Model:
    """The model in this file or in this run's folder; ModelError, one line, where there is none.

    The recipe in the file says which arrays it must hold; it is checked before any is read.
    """
    path = Path(model)
    if path.is_dir():
        if not (path / "model.safetensors").exists():
            raise ModelError(f"there is no model in {path}: expected the file model.safetensors of a finished run")
        path = path / "model.safetensors"
    built: list[tuple[Recipe, Pixels, Network]] = []

    def wanted(facts: dict[str, Any]) -> tensors.Wanted:
        built.append(_described(facts, path))
        network = built[0][-1]
        return {
            f"{index}.{name}": (shape, network.dtype)
            for index, layer in enumerate(network.layout.shapes)
            for name, shape in layer.items()
        }

    arrays, facts = tensors.read(path, wanted, "model", ModelError)
    ((recipe, pixels, network),) = built
    theta = network.layout.zeros(network.dtype)
    for index, views in enumerate(network.layout.views(theta)):
        for name, view in vars(views).items():
            view[...] = arrays[f"{index}.{name}"]
    return Model(recipe, pixels, theta, facts)


def _described(facts: dict[str, Any], path: Path) -> tuple[Recipe, Pixels, Network]:
    """What a file says of its model. TypeError, KeyError and the like where it says it wrongly."""
    if type(facts["format"]) is not int or type(facts["version"]) is not str or type(facts["name"]) is not str:
        raise TypeError
    if facts["format"] > FORMAT:
        raise ModelError(f"{path} was made by numink {facts['version']}, this is {__version__}: upgrade numink")
    if not all(type(facts[key]) is kind for key, kind in _FACTS.items() if key in facts):
        raise TypeError
    factor, shift = facts["pixels"]["factor"], facts["pixels"]["shift"]
    if not (isfinite(factor) and isfinite(shift) and factor):
        raise ValueError
    pixels = Pixels(float(factor), float(shift))
    try:
        recipe = from_tables(facts["recipe"], Recipe(facts["name"]))
        return recipe, pixels, network_of(recipe, pixels)
    except RecipeError as error:
        raise ModelError(f"{path}: its recipe is not one of this numink's: {error}") from None


def _checked(images: Array, shape: tuple[int, ...]) -> Array:
    height, width = shape
    if not isinstance(images, np.ndarray):
        raise ModelError(
            f"expected images as a NumPy array of uint8 (n, {height}, {width}), but {type(images).__name__} came"
        )
    if images.dtype != np.uint8:
        raise ModelError(
            f"expected images as uint8, 0 = paper and 255 = ink, but {images.dtype} came; "
            "numbers in 0..1 become so by (255 * images).astype(numpy.uint8)"
        )
    if images.shape[1:] == shape:
        return images
    if images.ndim == 2 and images.shape[1] == height * width:
        return images.reshape(-1, height, width)
    hint = "; one image alone is images[None]" if images.shape == shape else ""
    raise ModelError(f"expected images (n, {height}, {width}) or (n, {height * width}), but {images.shape} came{hint}")
