"""What `numink tune` varies: a space of recipes around one recipe, written in TOML (space.toml says how).

A space is checked whole before anything runs: each end of a range and each choice, put into the recipe alone, must
give a recipe that holds and a network that can be built. Together two of them may still not fit; that is a trial lost.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias

from numink import recipe as recipes
from numink.errors import RecipeError
from numink.model import network_of
from numink.nn.layers import Pixels
from numink.recipe import SECTIONS, Recipe
from numink.schema import lists, shown, toml_value, unknown
from numink.understand.tune.reshape import deepened, dropped, widened

Values: TypeAlias = dict[str, Any]
"""A value for each key of a space, as TOML holds it."""

LAYERS = {"layers.width": (widened, 1.0), "layers.depth": (deepened, 0), "layers.dropout": (dropped, 1.0)}
"""Keys for the layers as a whole: what changes them, and the number that leaves them as they are."""

BOUNDS = {"layers.width": (0.001, 1000), "layers.depth": (-1000, 1000), "layers.dropout": (0, 1000)}
"""From and to where these keys make sense; whether the network can be built so, and is not too large, is tried out."""

FIXED = ("data.source", "data.validation", "data.stratify", "data.missing", "use.shifts")
"""Keys that decide by which images recipes are compared, and how: they stay the same for all trials."""

WAYS = ({"choices"}, {"times"}, {"low", "high"}, {"low", "high", "log"}, {"low", "high", "step"})


@dataclass(frozen=True)
class Axis:
    """A key and the values that it may take: `choices`, or where there are none, numbers from `low` to `high`.

    log: factors count rather than differences. step: multiples of it above low; 0 for any number. whole: whole numbers.
    """

    key: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    log: bool = False
    step: float = 0
    whole: bool = False

    @property
    def labels(self) -> dict[str, Any]:
        """Each choice by a text that stands for it."""
        return {choice if isinstance(choice, str) else toml_value(choice): choice for choice in self.choices}

    def label(self, value: Any) -> Any:
        """The text that stands for this choice; a number as it is."""
        return next((text for text, choice in self.labels.items() if choice == value), value)

    def value(self, proposed: Any) -> Any:
        """The value that Optuna's proposal stands for: a choice by its text, a number to four digits.

        >>> Axis("layers.width", low=0.5, high=2).value(1.23456789), Axis("layers.depth", choices=(0, 1)).value("1")
        (1.235, 1)
        """
        if self.choices:
            return self.labels[proposed]
        if self.whole or self.step:
            return proposed
        return min(max(float(f"{proposed:.4g}"), self.low), self.high)

    def holds(self, value: Any) -> bool:
        """Whether the value is one of those that it may take.

        >>> Axis("layers.width", low=0.5, high=2, step=0.25).holds(1.25), Axis("layers.depth", choices=(0, 1)).holds(2)
        (True, False)
        """
        if self.choices:
            return value in self.choices
        if isinstance(value, str) or not self.low <= value <= self.high:
            return False
        steps = (value - self.low) / self.step if self.step else 0
        return bool(abs(steps - round(steps)) < 1e-9)


@dataclass(frozen=True)
class Space:
    """A recipe, and what is varied in it."""

    recipe: Recipe
    axes: tuple[Axis, ...]

    def recipe_of(self, values: Mapping[str, Any]) -> Recipe:
        """The recipe with these values; RecipeError where they do not fit."""
        tables: dict[str, dict[str, Any]] = {}
        for key, value in values.items():
            table, word = key.split(".")
            if key not in LAYERS:
                tables.setdefault(table, {})[word] = value
        recipe = recipes.from_tables(tables, self.recipe)
        words = recipe.network.layers
        for key in values.keys() & LAYERS.keys():  # they do not meet: their order is all the same
            words = LAYERS[key][0](words, values[key])
        return recipes.from_tables({"network": {"layers": lists(words)}}, recipe)

    def own(self) -> Values:
        """The values that are the recipe itself."""
        return {axis.key: _own(self.recipe, axis.key) for axis in self.axes}

    def holds(self, values: Values) -> bool:
        """Whether the space has room for these values."""
        return all(axis.holds(values[axis.key]) for axis in self.axes)


def load_space(recipe: Recipe, named: str | Path | None = None, file: Path | None = None) -> Space:
    """The space around a recipe: of this file, or of the one beside the recipe's own file, or numink's.

    named: how the recipe was asked for, where its own file may be. RecipeError, one line, where the space's file
    cannot be read, is no TOML, names a key that cannot be varied or a value that it cannot take.
    """
    beside = Path(named).with_suffix(".space.toml") if named and Path(named).name and Path(named).is_file() else None
    if file is None and beside is not None and beside.is_file():
        file = beside
    if file is None:
        return _around(
            recipe, resources.files("numink.understand.tune").joinpath("space.toml").read_text("utf-8"), True
        )
    try:
        return _around(recipe, file.read_text("utf-8"), False)
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the space {file}: {error}; expected a text file in TOML") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeError(f"{file} is not TOML: {error}") from None
    except RecipeError as error:
        raise RecipeError(f"{file}: {error}") from None


def _around(recipe: Recipe, text: str, is_default: bool) -> Space:
    """The space of this text. Of the default one, what does not fit is left out, and what the recipe has is added."""
    network_of(recipe, Pixels())
    axes = []
    for table, keys in tomllib.loads(text).items():
        if not isinstance(keys, dict) or not all(isinstance(ways, dict) for ways in keys.values()):
            raise RecipeError(f"expected tables such as [train.learning_rate], but {table} = {shown(keys)} came")
        for word, ways in keys.items():
            key = f"{table}.{word}"
            try:
                axis = _axis(recipe, key, _fitting(recipe, key, ways) if is_default else ways)
                for value in axis.choices or (axis.low, axis.high):
                    _try(recipe, key, value)
            except RecipeError as error:
                if is_default:
                    continue
                raise RecipeError(f"{error}" if key in str(error) else f"[{key}] {error}") from None
            axes.append(axis)
    if not axes:
        raise RecipeError("a space needs one table at least, such as [train.learning_rate]")
    return Space(recipe, tuple(axes))


def _axis(recipe: Recipe, key: str, ways: dict[str, Any]) -> Axis:
    """The axis that a table describes."""
    own = _own(recipe, key)
    if set(ways) not in WAYS:
        raise RecipeError(
            f"should have choices, or times, or low and high with log = true or a step, but {shown(sorted(ways))} came"
        )
    if "choices" in ways:
        choices = ways["choices"]
        if not isinstance(choices, list) or not choices:
            raise RecipeError(f"choices should be a list of one value at least, but {shown(choices)} came")
        axis = Axis(key, choices=tuple(choices))
        try:
            has_twice = len(axis.labels) < len(choices)
        except (TypeError, ValueError):  # a date, a number of thousands of digits
            raise RecipeError(f"takes texts, numbers, true, false and lists, but {shown(choices)} came") from None
        if has_twice:
            raise RecipeError("choices has a value twice")
        return axis
    bounds = ways["times"] if "times" in ways else [ways["low"], ways["high"]]
    step, log = ways.get("step", 0), ways.get("log", "times" in ways)
    if not isinstance(bounds, list) or len(bounds) != 2 or not all(map(_is_number, [*bounds, step])) or step < 0:
        raise RecipeError(f"expected finite numbers, such as low = 0.1 and high = 1.0, but {shown(ways)} came")
    low, high = bounds
    if low >= high:
        raise RecipeError(f"the range is empty: {low} is not below {high}; swap them, or give other bounds")
    if type(log) is not bool:
        raise RecipeError(f"log should be true or false, but {shown(log)} came")
    if log and low <= 0:
        raise RecipeError(f"with factors (log, times), low must be above 0, but {low} came; give choices to have 0 too")
    whole = type(own) is int
    if "times" in ways:
        if not _is_number(own) or own <= 0:
            raise RecipeError(f"times takes multiples of the recipe's own value, but that is {shown(own)}; give others")
        low, high = (max(1, round(low * own)), round(high * own)) if whole else (low * own, high * own)
        if low >= high:
            raise RecipeError(f"the range is empty: {shown(ways['times'])} times {own} is no more than one value")
    elif step > high - low:
        raise RecipeError(f"the step {step} is longer than the range from {low} to {high}")
    elif whole and not all(type(number) is int for number in (low, high, step)):
        raise RecipeError(f"takes whole numbers, but {shown(ways)} came")
    return Axis(key, (), low, high, log, step, whole)


def _own(recipe: Recipe, key: str) -> Any:
    """The recipe's own value of a key."""
    table, _, word = key.partition(".")
    if key in FIXED:
        raise RecipeError("stays the same for all trials, or they could not be compared; leave it out")
    if table == "layers" and key not in LAYERS:
        raise RecipeError(unknown("key", key, list(LAYERS)))
    if key in LAYERS:
        return LAYERS[key][1]
    if table not in SECTIONS:
        raise RecipeError(unknown("table", table, [*SECTIONS, "layers"]))
    known = [field_.name for field_ in fields(SECTIONS[table])]
    if word not in known:
        raise RecipeError(unknown("key", key, [f"{table}.{name}" for name in known]))
    return lists(getattr(getattr(recipe, table), word))


def _try(recipe: Recipe, key: str, value: Any) -> None:
    """RecipeError where the recipe cannot have this value."""
    if key in LAYERS:
        (low, high), whole = BOUNDS[key], type(LAYERS[key][1]) is int
        if not _is_number(value) or not low <= value <= high or (whole and type(value) is not int):
            kind = "a whole number" if whole else "a number"
            raise RecipeError(f"{key} should be {kind} from {low} to {high}, but {shown(value)} came")
    network_of(Space(recipe, ()).recipe_of({key: value}), Pixels())


def _fitting(recipe: Recipe, key: str, ways: dict[str, Any]) -> dict[str, Any]:
    """The default's choices that the recipe can have, and its own, where that is another."""
    if "choices" not in ways:
        return ways
    fitting, own = [], _own(recipe, key)
    for choice in ways["choices"] + [own] * (own not in ways["choices"]):
        try:
            _try(recipe, key, choice)
        except RecipeError:
            continue
        fitting.append(choice)
    return {"choices": fitting if len(fitting) > 1 else []}


def _is_number(value: Any) -> bool:
    """A finite number, and no truth value."""
    return type(value) in (int, float) and abs(value) < 1e300
