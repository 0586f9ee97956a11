"""A recipe: all that decides what a training gives, but for the data and the seed. TOML, with one schema, here.

The fields of Data, NetworkPlan, Train and Use are the schema: each key's type, range, default and one line of help. The
defaults, the checks, the error messages and docs/recipe.md all come from them.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from numink.data.augment import parse
from numink.errors import DataError, RecipeError
from numink.nn.build import ACTIVATIONS
from numink.nn.init import SCHEMES
from numink.nn.losses import LOSSES
from numink.optim.rules import OPTIMIZERS
from numink.optim.schedules import SCHEDULES
from numink.schema import TINY, checked, key, lists, rule_of, shown, toml_line, unknown, value_of


@dataclass(frozen=True)
class Data:
    """[data]: what the network is trained on, and how the images are prepared."""

    source: str | tuple[str, ...] = key(
        "auto",
        "mnist, strokes (drawn by numink, as in strokes 60000), auto (mnist where it can be had, otherwise strokes) or "
        "a path; of several, the first alone gives validation and test images, the others add training images; among "
        "these may be non-digits (drawn, too), on which the network learns to be undecided",
        several=True,
        example=("mnist", "strokes 60000"),
    )
    validation: int = key(5000, "images set aside from the training part after a seeded shuffle", low=0)
    stratify: bool = key(False, "keep the proportions of the classes when setting aside")
    missing: str = key("error", "what to do with empty cells of a table", choices=("error", "zero", "drop"))
    scale: str = key(
        "unit", "pixels to 0..1, to mean 0 and deviation 1, or left at 0..255", choices=("unit", "standard", "raw")
    )
    augment: tuple[str, ...] = key(
        (),
        "changes that make new images of each training image, in their order, each with its strength",
        example=("rotate 10", "elastic 34 4"),
        empty=True,
    )

    @property
    def sources(self) -> tuple[str, ...]:
        """The source, or all of them, the main one first."""
        return (self.source,) if isinstance(self.source, str) else self.source


@dataclass(frozen=True)
class NetworkPlan:
    """[network]: the layers and how they start."""

    layers: tuple[str | tuple[str, ...], ...] = key(
        ("dense 128", "activation", "dense 10"),
        "from the image to ten numbers; docs/recipe.md lists the words",
        example=("dense 128", "activation", "dense 10"),
        branch=("residual", "conv 32 3x3 same", "norm"),
    )
    activation: str = key("relu", 'what "activation" in layers stands for', choices=tuple(ACTIVATIONS))
    init: str = key(
        "he",
        "how the weights start; normal takes its deviation, as in normal 0.1",
        choices=SCHEMES,
        numbered="normal",
    )
    loss: str = key("cross-entropy", "with softmax; logistic: one sigmoid for each class", choices=tuple(LOSSES))
    label_smoothing: float = key(0.0, "how much of each target is spread over all classes", low=0, high=0.9)
    dtype: str = key("float32", "the precision of all arithmetic", choices=("float32", "float64"))


@dataclass(frozen=True)
class Train:
    """[train]: how the weights are found."""

    optimizer: str = key("adam", "the rule that turns gradients into steps", choices=tuple(OPTIMIZERS))
    learning_rate: float = key(0.003, "the length of a step, at its largest", low=TINY)
    schedule: str = key("one-cycle", "how the rate changes on the way", choices=tuple(SCHEDULES))
    weight_decay: float = key(0.0, "L2 on the weights; with adamw, decoupled", low=0)
    batch_size: int | str = key(128, 'images in a step, or "all" (full batch)', low=1, special="all")
    epochs: int = key(20, "times that all images are seen; setting it removes iterations", low=0)
    iterations: int = key(0, "steps in all; setting it removes epochs", low=0)
    shards: int = key(
        2,
        "parts of a batch that may be computed side by side; part of the result, not of the machine",
        low=1,
        high=64,
    )
    early_stop: int = key(0, "epochs without progress on the validation images before stopping; 0 is never", low=0)
    average: float = key(
        0.0,
        "decay of the weights' average over the steps, such as 0.999, which is then what is judged and kept; 0 is none",
        low=0,
        high=0.99999,
    )


@dataclass(frozen=True)
class Use:
    """[use]: how the trained network is asked."""

    shifts: int = key(0, "answers averaged over moves by up to N px (test-time augmentation): slower", low=0, high=2)
    temperature: float = key(1.0, "above 1 probabilities become more even, below 1 less", low=0.05, high=20)


SECTIONS: dict[str, type] = {"data": Data, "network": NetworkPlan, "train": Train, "use": Use}


@dataclass(frozen=True)
class Recipe:
    """One recipe, complete and checked. `name` is its file's name without the ending."""

    name: str = "recipe"
    data: Data = field(default_factory=Data)
    network: NetworkPlan = field(default_factory=NetworkPlan)
    train: Train = field(default_factory=Train)
    use: Use = field(default_factory=Use)

    def with_source(self, *names: str) -> "Recipe":
        """The recipe with another source of data, or with several.

        >>> Recipe().with_source("mnist", "strokes 60000").data.source
        ('mnist', 'strokes 60000')
        """
        return from_tables({"data": {"source": names[0] if len(names) == 1 else list(names)}}, self)

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
            tables.setdefault(table, {})[key] = value_of(text.strip())
        return from_tables(tables, self)

    def tables(self) -> dict[str, dict[str, Any]]:
        """The recipe as plain tables, as TOML and JSON hold it."""
        tables: dict[str, dict[str, Any]] = lists({name: asdict(getattr(self, name)) for name in SECTIONS})
        del tables["train"]["epochs" if self.train.iterations else "iterations"]
        return tables

    def to_toml(self) -> str:
        """The recipe as TOML, with every key, in the order of the schema."""
        lines = []
        for name, table in self.tables().items():
            lines.append(f"[{name}]")
            lines += [toml_line(key, value) for key, value in table.items()]
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
            raise RecipeError(unknown("table", name, list(SECTIONS)))
        if not isinstance(table, dict):
            raise RecipeError(f"[{name}] should be a table, but {shown(table)} came")
        schema = {field_.name: field_ for field_ in fields(SECTIONS[name])}
        changes = {}
        for word, value in table.items():
            if word not in schema:
                raise RecipeError(unknown("key", f"{name}.{word}", [f"{name}.{known}" for known in schema]))
            changes[word] = checked(f"{name}.{word}", value, schema[word])
        if changes.get("augment"):
            try:
                parse(changes["augment"])
            except DataError as error:
                raise RecipeError(f"data.augment: {error}") from None
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
        for field_ in fields(section):
            rule = rule_of(field_)
            yield f"{name}.{field_.name}", field_.default, rule.allowed(type(field_.default)), rule.help
