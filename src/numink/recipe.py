"""A recipe: all that decides what a training gives, but for the data and the seed. TOML, with one schema, here.

The fields of Data, NetworkPlan and Train are the schema: each key's type, range, default and one line of help. The
defaults, the checks, the error messages and docs/recipe.md all come from them.
"""

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from numink.errors import RecipeError
from numink.nn.build import ACTIVATIONS
from numink.nn.init import SCHEMES
from numink.nn.losses import LOSSES
from numink.optim.rules import OPTIMIZERS
from numink.optim.schedules import SCHEDULES


def _key(
    default: Any,
    help_: str,
    *,
    choices: Sequence[str] = (),
    low: float | None = None,
    high: float | None = None,
    words: bool = False,
    special: str = "",
) -> Any:
    """One key of the schema. `low` and `high` are allowed themselves; `special` is a word allowed beside numbers;
    `words` means a choice that a number may follow, as in "normal 0.1"."""
    facts = {
        "help": help_,
        "choices": tuple(choices),
        "low": low,
        "high": high,
        "words": words,
        "special": special,
    }
    if isinstance(default, tuple):
        return field(default=default, metadata=facts | {"list": True})
    return field(default=default, metadata=facts)


TINY = 5e-324  # the least number above 0, as a bound that is allowed itself


@dataclass(frozen=True)
class Data:
    """[data]: what the network is trained on, and how the images are prepared."""

    source: str = _key("auto", "mnist, auto (mnist where it is at hand or can be had), or a path")
    validation: int = _key(5000, "images set aside from the training part after a seeded shuffle", low=0)
    stratify: bool = _key(False, "keep the proportions of the classes when setting aside")
    missing: str = _key("error", "what to do with empty cells of a table", choices=("error", "zero", "drop"))
    scale: str = _key(
        "unit",
        "pixels to 0..1, to mean 0 and deviation 1, or left at 0..255",
        choices=("unit", "standard", "raw"),
    )


@dataclass(frozen=True)
class NetworkPlan:
    """[network]: the layers and how they start."""

    layers: tuple[str, ...] = _key(
        ("dense 128", "activation", "dense 10"),
        "from the image to ten numbers; docs/recipe.md lists the words",
    )
    activation: str = _key("relu", 'what "activation" in layers stands for', choices=tuple(ACTIVATIONS))
    init: str = _key(
        "he",
        "how the weights start; normal takes its deviation, as in normal 0.1",
        choices=SCHEMES,
        words=True,
    )
    loss: str = _key("cross-entropy", "with softmax; logistic: one sigmoid for each class", choices=tuple(LOSSES))
    label_smoothing: float = _key(0.0, "how much of each target is spread over all classes", low=0, high=0.9)
    dtype: str = _key("float32", "the precision of all arithmetic", choices=("float32", "float64"))


@dataclass(frozen=True)
class Train:
    """[train]: how the weights are found."""

    optimizer: str = _key("adam", "the rule that turns gradients into steps", choices=tuple(OPTIMIZERS))
    learning_rate: float = _key(0.003, "the length of a step, at its largest", low=TINY)
    schedule: str = _key("one-cycle", "how the rate changes on the way", choices=tuple(SCHEDULES))
    weight_decay: float = _key(0.0, "L2 on the weights; with adamw, decoupled", low=0)
    batch_size: int | str = _key(128, 'images in a step, or "all" (full batch)', low=1, special="all")
    epochs: int = _key(20, "times that all images are seen; setting it removes iterations", low=0)
    iterations: int = _key(0, "steps in all; setting it removes epochs", low=0)
    shards: int = _key(
        2,
        "parts of a batch that may be computed side by side; part of the result, not of the machine",
        low=1,
        high=64,
    )
    early_stop: int = _key(0, "epochs without progress on the validation images before stopping; 0 is never", low=0)


SECTIONS: dict[str, type] = {"data": Data, "network": NetworkPlan, "train": Train}


@dataclass(frozen=True)
class Recipe:
    """One recipe, complete and checked. `name` is its file's name without the ending."""

    name: str = "recipe"
    data: Data = field(default_factory=Data)
    network: NetworkPlan = field(default_factory=NetworkPlan)
    train: Train = field(default_factory=Train)

    def with_source(self, source: str) -> "Recipe":
        """The recipe with another source of data."""
        return from_tables({"data": {"source": source}}, self)

    def with_settings(self, settings: Sequence[str]) -> "Recipe":
        """The recipe with `table.key=value` changes, values written as in TOML; quotes may be left out.

        >>> Recipe().with_settings(["train.learning_rate=0.1", "train.optimizer=momentum"]).train.learning_rate
        0.1
        """
        tables: dict[str, dict[str, Any]] = {}
        for setting in settings:
            place, equals, text = setting.partition("=")
            table, dot, key = place.strip().partition(".")
            if not (equals and dot):
                raise RecipeError(f'expected table.key=value, such as train.epochs=5, but "{setting}" came')
            tables.setdefault(table, {})[key] = _value(text.strip())
        return from_tables(tables, self)

    def tables(self) -> dict[str, dict[str, Any]]:
        """The recipe as plain tables, as TOML and JSON hold it."""
        tables = {name: asdict(getattr(self, name)) for name in SECTIONS}
        tables["network"]["layers"] = list(self.network.layers)
        del tables["train"]["epochs" if self.train.iterations else "iterations"]
        return tables

    def to_toml(self) -> str:
        """The recipe as TOML, with every key, in the order of the schema."""
        lines = []
        for name, table in self.tables().items():
            lines.append(f"[{name}]")
            lines += [f"{key} = {toml_value(value)}" for key, value in table.items()]
            lines.append("")
        return "\n".join(lines)


def load(recipe: "str | Path | Recipe") -> Recipe:
    """The recipe of this name, or in this file; RecipeError, one line, where there is none or it is wrong."""
    if isinstance(recipe, Recipe):
        return recipe
    path = Path(recipe)
    if str(recipe) in names():
        text = resources.files("numink").joinpath("recipes", f"{recipe}.toml").read_text("utf-8")
    elif _is_file(path):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(f"cannot read the recipe {path}: {error}; expected a text file in TOML") from None
    else:
        near = difflib.get_close_matches(str(recipe), names(), n=1)
        hint = f'did you mean "{near[0]}"?' if near else "named ones are " + ", ".join(names())
        raise RecipeError(f'there is no recipe "{recipe}", neither by that name nor as a file; {hint}')
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # its own, a number of 5000 digits, brackets 5000 deep
        raise RecipeError(f"{recipe} is not TOML: {error}") from None
    try:
        return from_tables(tables, Recipe(path.stem))
    except RecipeError as error:
        raise RecipeError(f"{recipe}: {error}") from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def names() -> list[str]:
    """The names of the recipes that come with numink, sorted."""
    folder = resources.files("numink").joinpath("recipes")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def about(name: str) -> str:
    """What a named recipe says of itself: its opening comment, as one line."""
    text = resources.files("numink").joinpath("recipes", f"{name}.toml").read_text("utf-8")
    lines = text.splitlines()
    comment = lines[: next(index for index, line in enumerate(lines) if not line.startswith("#"))]
    return " ".join(line.removeprefix("#").strip() for line in comment)


def from_tables(tables: Mapping[str, Any], base: Recipe | None = None) -> Recipe:
    """`base` changed by `tables`, every key and value checked. A table "run" (a run's facts) is passed over."""
    recipe = base or Recipe()
    for name, table in tables.items():
        if name == "run":
            continue
        if name not in SECTIONS:
            raise RecipeError(_unknown("table", name, list(SECTIONS)))
        if not isinstance(table, dict):
            raise RecipeError(f"[{name}] should be a table, but {_shown(table)} came")
        schema = {key.name: key for key in fields(SECTIONS[name])}
        changes = {}
        for key, value in table.items():
            if key not in schema:
                raise RecipeError(_unknown("key", f"{name}.{key}", [f"{name}.{known}" for known in schema]))
            changes[key] = _checked(f"{name}.{key}", value, schema[key])
        if name == "train":
            if changes.get("epochs") and changes.get("iterations"):
                raise RecipeError("train.epochs and train.iterations exclude each other; set one of them")
            if changes.get("iterations"):
                changes["epochs"] = 0
            elif changes.get("epochs"):
                changes["iterations"] = 0
        recipe = replace(recipe, **{name: replace(getattr(recipe, name), **changes)})
    if not (recipe.train.epochs or recipe.train.iterations):
        raise RecipeError("train.epochs and train.iterations are both 0; set one of them to 1 or more")
    return recipe


def describe() -> Iterator[tuple[str, Any, str, str]]:
    """Every key as (table.key, default, what is allowed, help), in the order of the schema."""
    for name, section in SECTIONS.items():
        for key in fields(section):
            yield f"{name}.{key.name}", key.default, _allowed(key), key.metadata["help"]


def _checked(place: str, value: Any, key: "Field[Any]") -> Any:
    facts: Mapping[str, Any] = key.metadata
    kind: Any = type(key.default)
    wrong = RecipeError(f"{place} should be {_allowed(key)}, but {_shown(value)} came")
    if facts.get("list"):
        if not isinstance(value, list | tuple) or not value or not all(isinstance(item, str) for item in value):
            raise wrong
        return tuple(value)
    if facts["special"] and value == facts["special"]:
        return value
    if type(value) is int and value.bit_length() > 63:  # TOML's own limit, though Python's reader knows none
        raise wrong
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise wrong
    if kind is str and not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise wrong  # a file's name that is no UTF-8, and so cannot be written down in TOML
    if facts["low"] is not None and not facts["low"] <= value <= (facts["high"] or float("inf")):
        raise wrong  # NaN too
    if value == float("inf"):
        raise wrong
    if facts["words"]:
        word, *rest = value.split() or [""]
        if word not in facts["choices"] or len(rest) != (word == "normal") or not all(map(_positive, rest)):
            raise wrong
    elif facts["choices"] and value not in facts["choices"]:
        raise wrong
    return value


def _shown(value: Any) -> str:
    """A value that is wrong, as a message shows it: it may be of any length."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no number of more than 4300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= 100 else f"{text[:100]}..."


def _positive(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _allowed(key: "Field[Any]") -> str:
    facts = key.metadata
    if facts.get("list"):
        return 'a list of words, such as ["dense 128", "activation", "dense 10"]'
    if facts["choices"]:
        names = ", ".join("normal D (D above 0)" if facts["words"] and c == "normal" else c for c in facts["choices"])
        return f"one of {names}"
    kind = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[type(key.default)]
    low, high = facts["low"], facts["high"]
    bounds = ""
    if low is not None:
        bounds = " above 0" if low == TINY else f" from {low} to {high}" if high else f", {low} or more"
    return kind + bounds + (f', or "{facts["special"]}"' if facts["special"] else "")


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f'there is no {what} "{name}"; ' + (
        f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(known)
    )


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def toml_value(value: Any) -> str:
    """A text, number, truth value or list of texts as TOML writes it."""
    if isinstance(value, float):
        return repr(value)
    # JSON's text, numbers, true, false and lists of text are TOML's too, but for one character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
