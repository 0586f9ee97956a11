"""Models and ensembles from their files.

A file first says, in its facts, what it holds: the recipe of a model, or of each member of an ensemble. From that
follow the names, shapes and types of all arrays, and these are checked before any is read.
"""

import difflib
from dataclasses import dataclass
from math import isfinite, prod
from pathlib import Path
from typing import Any

from numink import __version__, models, tensors
from numink.ensemble import MOST_MEMBERS, Ensemble
from numink.errors import ModelError, RecipeError
from numink.model import FORMAT, MOST_PARAMETERS, Model, network_of
from numink.nn.layers import Pixels
from numink.nn.network import Network
from numink.nn.params import Array
from numink.recipe import Recipe, from_tables

_FACTS = {"seed": int, "data": dict, "training": dict, "scores": dict, "card": dict, "reading": dict}
"""The types of those facts that a file may lack: models need not come from a run."""


def load_model(model: str | Path) -> Model | Ensemble:
    """The model in this file, in this run's folder, or of this name; ModelError, one line, where there is none.

    A name is that of a model that comes with numink (`numink models`). It goes before a file that is called the same:
    "./cnn-best" is a path, and so is every Path.
    """
    if isinstance(model, str) and model in models.names():
        with models.opened(model) as path:
            return _read(path)
    path = Path(model)
    try:
        if path.is_dir():
            path = path / "model.safetensors"
            if not path.exists():
                raise ModelError(f"there is no model in {model}: expected the file {path.name} of a finished run")
        elif not path.exists():
            raise ModelError(f"there is no file or folder {model}, and no model of that name; {_hint(model)}")
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise ModelError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    return _read(path)


def load_one(model: str | Path) -> Model:
    """The same for what needs one network alone: ModelError for an ensemble."""
    found = load_model(model)
    if isinstance(found, Ensemble):
        raise ModelError(
            f"{model} is an ensemble, but one network was expected; name the file or the run of one of its "
            f"{len(found.members)} members"
        )
    return found


def _hint(model: str | Path) -> str:
    known = models.names()
    if near := difflib.get_close_matches(str(model), known, n=1):
        return f'did you mean "{near[0]}"?'
    return f"named ones are {', '.join(known)}" if known else "numink train makes one"


@dataclass(frozen=True)
class _Described:
    """What a file says of one network; `before` is what its arrays' names begin with."""

    recipe: Recipe
    pixels: Pixels
    network: Network
    facts: dict[str, Any]
    before: str

    def arrays(self) -> tensors.Wanted:
        """The arrays that there must be."""
        places = self.network.layout.places()
        return {f"{self.before}{index}.{name}": (shape, self.network.dtype) for index, name, _, shape in places}

    def model(self, arrays: dict[str, Array], path: Path) -> Model:
        """The model, with what was read."""
        theta = self.network.layout.zeros(self.network.dtype)
        for index, name, start, shape in self.network.layout.places():
            array = arrays[f"{self.before}{index}.{name}"]
            if name.endswith("variance") and (array < 0).any():  # norm takes its root
                raise ModelError(f"{path}: {self.before}{index}.{name} holds variances below 0; the model is of no use")
            theta[start : start + prod(shape)] = array.ravel()
        return Model(self.recipe, self.pixels, theta, self.facts)


def _read(path: Path) -> Model | Ensemble:
    members: list[_Described] = []

    def wanted(facts: dict[str, Any]) -> tensors.Wanted:
        members.extend(_members(facts, path))
        total = sum(member.network.layout.length for member in members)
        if total > MOST_PARAMETERS:
            raise ModelError(f"{path} asks for {total:,} parameters; at most {MOST_PARAMETERS:,} are taken")
        return {name: kind for member in members for name, kind in member.arrays().items()}

    arrays, facts = tensors.read(path, wanted, "model", ModelError)
    loaded = [member.model(arrays, path) for member in members]
    return Ensemble(loaded, facts) if facts.pop("members", None) else loaded[0]


def _members(facts: dict[str, Any], path: Path) -> list[_Described]:
    """The networks of a file. TypeError, KeyError and the like where it describes them wrongly."""
    _check(facts, path)
    if "members" not in facts:
        return [_described(facts, "", path)]
    members = facts["members"]
    if type(members) is not list or not 2 <= len(members) <= MOST_MEMBERS:
        raise ValueError
    return [_described(member, f"{number}/", path) for number, member in enumerate(members)]


def _check(facts: dict[str, Any], path: Path) -> None:
    if type(facts["format"]) is not int or type(facts["version"]) is not str or type(facts["name"]) is not str:
        raise TypeError
    if facts["format"] > FORMAT:
        raise ModelError(f"{path} was made by numink {facts['version']}, this is {__version__}: upgrade numink")
    if not all(type(facts[key]) is kind for key, kind in _FACTS.items() if key in facts):
        raise TypeError


def _described(facts: dict[str, Any], before: str, path: Path) -> _Described:
    _check(facts, path)
    factor, shift = facts["pixels"]["factor"], facts["pixels"]["shift"]
    if not (isfinite(factor) and isfinite(shift) and factor):
        raise ValueError
    pixels = Pixels(float(factor), float(shift))
    try:
        recipe = from_tables(facts["recipe"], Recipe(facts["name"]))
        return _Described(recipe, pixels, network_of(recipe, pixels), facts, before)
    except RecipeError as error:
        raise ModelError(f"{path}: its recipe is not one of this numink's: {error}") from None
