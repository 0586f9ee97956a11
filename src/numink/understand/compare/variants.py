"""What is compared: each recipe with each combination of the values that are to vary."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from numink import recipe as recipes
from numink.errors import RecipeError
from numink.model import network_of
from numink.nn.layers import Pixels
from numink.recipe import Recipe
from numink.schema import toml_value, value_of

MOST_VARIANTS = 200
LONGEST_NAME = 30
"""Where a name is longer, all are called by letters: tables, plots and sentences have no room for it."""


@dataclass(frozen=True)
class Variant:
    """One of the things that are compared."""

    name: str
    """Short and telling: what sets it apart from the others."""
    recipe: Recipe
    folder: str
    """A name for its folder."""
    meaning: str = ""
    """What a name that is only a letter stands for."""


def variants(
    names: Sequence[str | Path | Recipe],
    vary: Sequence[str] = (),
    settings: Sequence[str] = (),
    source: str | None = None,
) -> tuple[Variant, ...]:
    """Every recipe, changed by `settings`, with every combination of `vary`, each checked down to its layers.

    vary: such as "network.activation=sigmoid,tanh,relu", values as in TOML; commas within quotes or brackets are no
    cuts. source: the data of all, in place of the recipes' own. Raises RecipeError, one line, for a key or value that
    a recipe cannot have, where two variants are the same, and where there are fewer than two.

    >>> [variant.name for variant in variants(["small-10", "mlp"], ["train.epochs=2,3"])]
    ['small-10 / epochs 2', 'small-10 / epochs 3', 'mlp / epochs 2', 'mlp / epochs 3']
    """
    bases = [recipes.load(name).with_settings(settings) for name in names]
    if source is not None:
        bases = [base.with_source(source) for base in bases]
    called = [base.name for base in bases]
    if len(set(called)) < len(called):
        called = [name.name if isinstance(name, Recipe) else str(name) for name in names]
    grid = [_choices(choices) for choices in vary]
    keys = [key for key, _ in grid]
    if doubled := next((key for key in keys if keys.count(key) > 1), None):
        raise RecipeError(f"{doubled} is varied twice; give all its values at once, as in --vary {doubled}=A,B,C")
    found = []
    for call, base in zip(called, bases, strict=True):
        for values in product(*(values for _, values in grid)):
            recipe = base.with_settings([f"{key}={value}" for key, value in zip(keys, values, strict=True)])
            words = _words(keys, recipe)
            name = " / ".join([call, *words] if len(bases) > 1 or not words else words)
            found.append((name, recipe))
            if len(found) > MOST_VARIANTS:
                raise RecipeError(f"this asks for more than {MOST_VARIANTS} variants; vary fewer keys at once")
    _require_different(found)
    folders = [as_folder(name) for name, _ in found]
    if len({folder.lower() for folder in folders}) < len(folders):
        folders = [f"{number}-{folder}" for number, folder in enumerate(folders, start=1)]
    if max(len(name) for name, _ in found) <= LONGEST_NAME:
        return tuple(Variant(*pair, folder) for pair, folder in zip(found, folders, strict=True))
    return tuple(
        Variant(f"{ascii_uppercase[place % 26]}{place // 26 or ''}", recipe, folder, name)
        for place, ((name, recipe), folder) in enumerate(zip(found, folders, strict=True))
    )


def differing(those: Sequence[Variant]) -> dict[str, list[Any]]:
    """Each table.key that not all have alike, with its value in each; None where a recipe has no such key."""
    tables = [_flat(variant.recipe) for variant in those]
    keys = dict.fromkeys(key for table in tables for key in table)
    rows = {key: [table.get(key) for table in tables] for key in keys}
    return {key: values for key, values in rows.items() if any(value != values[0] for value in values)}


def as_folder(name: str) -> str:
    """A name as a folder can have it.

    >>> as_folder("small-10 / epochs 2")
    'small-10-epochs-2'
    """
    return re.sub(r"[^\w.]+", "-", name).strip("-.")[:60] or "variant"


def readable(value: Any) -> str:
    """A recipe's value as a person reads it.

    >>> readable(["dense 15", "relu"]), readable([]), readable(True), readable(0.1), readable("all"), readable(None)
    ('dense 15 + relu', 'none', 'true', '0.1', 'all', '-')
    """
    if isinstance(value, list | tuple):
        return (
            " + ".join(readable(item) if isinstance(item, str) else f"({readable(item)})" for item in value) or "none"
        )
    if value is None:
        return "-"
    return value if isinstance(value, str) else toml_value(value)


def _choices(text: str) -> tuple[str, list[str]]:
    """The key and the values of one --vary.

    >>> _choices('network.layers=["dense 10"],["dense 15", "relu", "dense 10"]')
    ('network.layers', ['["dense 10"]', '["dense 15", "relu", "dense 10"]'])
    """
    key, _, rest = text.partition("=")
    values, value = list[str](), ""
    for piece in rest.split(","):
        value += piece
        begun = value.lstrip()[:1] in ("[", '"', "'") and value_of(value.strip()) == value.strip()
        value += "," * begun  # it belongs to a value that does not end yet
        if not begun:
            values.append(value.strip())
            value = ""
    if "." not in key or value or len(values) < 2 or not all(values):
        raise RecipeError(
            "expected table.key=value,value with two values or more, such as network.activation=tanh,relu, "
            f'but "{text}" came'
        )
    return key.strip(), values


def _words(keys: Sequence[str], recipe: Recipe) -> list[str]:
    """What the values of these keys are called: a text says what it is, a number alone among them as well."""
    table = _flat(recipe)
    plain = [bool(table[key]) and isinstance(table[key], str | list) and table[key] != "all" for key in keys]
    keyless = len(keys) > 1 and plain.count(False) == 1
    return [
        readable(table[key]) if said or keyless else f"{key.partition('.')[2]} {readable(table[key])}"
        for key, said in zip(keys, plain, strict=True)
    ]


def _flat(recipe: Recipe) -> Mapping[str, Any]:
    return {f"{name}.{key}": value for name, table in recipe.tables().items() for key, value in table.items()}


def _require_different(found: Sequence[tuple[str, Recipe]]) -> None:
    """RecipeError for a recipe that cannot be a network, for two that are the same, and for one alone."""
    if len(found) < 2:
        raise RecipeError(
            "there is one recipe alone, and nothing to compare it with; name another, or vary a key of it, as in "
            "--vary network.activation=sigmoid,tanh,relu"
        )
    _require_same_images(found)
    seen: dict[Any, str] = {}
    for name, recipe in found:
        layers = network_of(recipe, Pixels()).layers  # what "activation" stands for matters only where it stands
        same = (replace(recipe, name="", network=replace(recipe.network, layers=(), activation="")), layers)
        if same in seen:
            raise RecipeError(f'"{seen[same]}" and "{name}" would be the same training; leave one of them out')
        if name in seen.values():
            raise RecipeError(f'two variants would be called "{name}"; give their recipes different names')
        seen[same] = name


def _require_same_images(found: Sequence[tuple[str, Recipe]]) -> None:
    """RecipeError where two would be judged on different images: then the seeds are no pairs."""
    (name, first), *others = found
    for other, recipe in others:
        mine, theirs = _judged_on(first), _judged_on(recipe)
        # What auto comes to is known when it is read
        if key := next(
            (key for key in mine if mine[key] != theirs[key] and "auto" not in (mine[key], theirs[key])), ""
        ):
            said = [f'"{who}" has {readable(what[key])}' for who, what in ((name, mine), (other, theirs))]
            raise RecipeError(
                f"{key} should be the same for all, because figures of different images cannot be compared, but "
                f"{' and '.join(said)}; give all the same, as in --set {key}={toml_value(mine[key])}"
            )


def _judged_on(recipe: Recipe) -> dict[str, Any]:
    """The keys that decide by which images a network is judged: of the sources the first, where some are set aside."""
    data = recipe.data
    judging = data.sources[:1] if data.validation else data.sources
    return {
        "data.source": judging[0] if len(judging) == 1 else list(judging),
        "data.validation": data.validation,
        "data.stratify": data.stratify,
        "data.missing": data.missing,
    }
