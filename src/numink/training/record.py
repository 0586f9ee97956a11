"""What a run was begun with: the recipe and all else that decides its result. A run's recipe.toml."""

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numink import recipe as recipes
from numink.errors import RecipeError, RunError
from numink.nn.layers import Pixels
from numink.recipe import Recipe
from numink.schema import toml_value


@dataclass(frozen=True)
class Facts:
    """The table [run], which stands behind the recipe's own."""

    name: str
    """The recipe's."""
    seed: int
    split_seed: int
    """Of the split into training and validation images: `seed`, unless the digits were loaded with another."""
    version: str
    """numink's."""
    fingerprint: str
    """The data's."""
    factor: float
    """With `shift`, how pixels become numbers: pixels * factor + shift."""
    shift: float
    arithmetic: str
    """The libraries that do the matrix products, as blas.py describes them."""
    reason: str
    """Why auto came to the source that the recipe now names; empty where the source was named."""
    start: str
    """The recipe of the model whose parameters it went on from; empty where it began with random ones."""


@dataclass(frozen=True)
class Record:
    """A recipe and the facts of one run by it."""

    recipe: Recipe
    facts: Facts

    @property
    def pixels(self) -> Pixels:
        """How the run prepares its images."""
        return Pixels(self.facts.factor, self.facts.shift)

    def to_toml(self) -> str:
        """A recipe, which can be used as one, with the facts in a table of their own."""
        lines = [f"{key} = {toml_value(value)}" for key, value in asdict(self.facts).items()]
        return "\n".join([self.recipe.to_toml(), "[run]", *lines, ""])


def read_record(path: Path) -> tuple[Record, str]:
    """The record in this file, and the file's text. RunError, one line, where it is not as `to_toml` wrote it."""
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
        found: dict[str, Any] = {"reason": "", "start": "", **tables["run"]}  # which earlier runs do not have
        facts = Facts(**{key: found[key] for key in Facts.__annotations__})
        for key, kind in Facts.__annotations__.items():
            if type(found[key]) is not kind:
                raise ValueError(f"run.{key} should be of the type {kind.__name__}, but {found[key]!r} came")
        return Record(recipes.from_tables(tables, Recipe(facts.name)), facts), text
    except KeyError as error:
        reason = f"{error} is missing"
    except (OSError, ValueError, TypeError, RecursionError, RecipeError) as error:
        reason = str(error)
    raise RunError(f"{path} cannot be used to resume: {reason}; begin a new run")
