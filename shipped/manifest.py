"""What is to be made: models.toml, checked."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numink import recipe as recipes
from numink.errors import RecipeError
from numink.recipe import Recipe

MANIFEST = Path(__file__).parent / "models.toml"
KINDS = {"about": str, "recipe": str, "seeds": list, "shipped": bool, "limits": list}
OPTIONAL = {"data": list, "use": dict}


@dataclass(frozen=True)
class Entry:
    """One model to make: an ensemble, where there are several seeds."""

    name: str
    about: str
    recipe: Recipe
    seeds: tuple[int, ...]
    shipped: bool
    limits: tuple[str, ...]


def names(path: Path = MANIFEST) -> list[str]:
    """The names of the models, in order."""
    return list(_tables(path))


def read_manifest(path: Path = MANIFEST, wanted: Sequence[str] = ()) -> list[Entry]:
    """The wanted models, or all, in order. RecipeError, one line, where the manifest or a recipe in it is wrong."""
    tables = _tables(path)
    if unknown := [name for name in wanted if name not in tables]:
        raise RecipeError(f"there is no model {unknown[0]} in {path}; it has {', '.join(tables)}")
    return [_entry(name, tables[name], path) for name in tables if name in (wanted or tables)]


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"cannot read {path}: {error}") from None


def _entry(name: str, table: dict[str, Any], path: Path) -> Entry:
    known: dict[str, type] = KINDS | OPTIONAL
    right = all(type(value) is known.get(key) for key, value in table.items()) and set(KINDS) <= set(table)
    if not right or not table["seeds"]:
        keys = ", ".join(f"{key} ({kind.__name__})" for key, kind in KINDS.items())
        raise RecipeError(f"{path}: [{name}] needs {keys} and may have data (list) and use (dict); check its keys")
    recipe = recipes.load(table["recipe"])
    if table.get("data"):
        recipe = recipe.with_source(*table["data"])
    if "auto" in recipe.data.sources:
        raise RecipeError(f"{path}: [{name}] should name its data, for auto is not the same everywhere")
    recipe = recipes.from_tables({"use": table.get("use", {})}, recipe)
    return Entry(name, table["about"], recipe, tuple(table["seeds"]), table["shipped"], tuple(table["limits"]))
