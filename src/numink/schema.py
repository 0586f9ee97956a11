"""The machinery of the recipe's schema: what a key may hold, the check of a value, and values as TOML.

A key is a field of a dataclass, with its `Rule` as metadata: from there come the defaults, the checks, the error
messages and docs/recipe.md.
"""

import difflib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import Field, dataclass, field
from math import inf
from typing import Any

from numink.errors import RecipeError

LINE_WIDTH = 120
TINY = 5e-324  # the least number above 0, as a bound that is allowed itself
_KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    tuple: "a list of words",
}


@dataclass(frozen=True)
class Rule:
    """What a key may hold, beside the type of its default.

    low, high: bounds, allowed themselves. choices: the only texts allowed. numbered: the choice that a number above 0
    must follow, as in "normal 0.1". special: a text that is allowed in place of a number. several: a list of texts is
    allowed in place of one. example: of a list. empty: the list may be so. branch: an example of the lists of texts
    that it may hold too.
    """

    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    numbered: str = ""
    special: str = ""
    several: bool = False
    example: tuple[str, ...] = ()
    empty: bool = False
    branch: tuple[str, ...] = ()

    def allowed(self, kind: type) -> str:
        """What a key of this kind may hold, as a phrase."""
        if self.choices:
            return "one of " + ", ".join(f"{c} D (D above 0)" if c == self.numbered else c for c in self.choices)
        bounds = ""
        if self.low is not None:
            bounds = f", {self.low} or more" if self.high is None else f" from {self.low} to {self.high}"
        if self.low == TINY:
            bounds = " above 0"
        example = f", such as {toml_value(self.example)}" if self.example else ""
        example += f", or of branches, such as {toml_value(self.branch)}" if self.branch else ""
        list_ = " or a list of texts" if self.several else ""
        return _KINDS[kind] + list_ + example + bounds + (f', or "{self.special}"' if self.special else "")

    def holds(self, value: Any) -> bool:
        """Whether a value that has the right kind is allowed."""
        if isinstance(value, tuple):
            words = [text for word in value for text in (word if self.branch and type(word) is tuple else (word,))]
            return (self.empty or bool(value)) and all(isinstance(word, str) and _is_text(word) for word in words)
        if isinstance(value, str):
            word, *rest = value.split(" ") if self.numbered else [value]
            fits = len(rest) == 1 and _is_positive(rest[0]) if word == self.numbered and self.numbered else not rest
            return fits and _is_text(value) and (not self.choices or word in self.choices)
        low, high = -inf if self.low is None else self.low, inf if self.high is None else self.high
        # NaN is refused too, and so are whole numbers beyond TOML's 64 bits, though Python's reader takes them
        return bool(low <= value <= high and value != inf and not (type(value) is int and value.bit_length() > 63))


def key(default: Any, help_: str, **rule: Any) -> Any:
    """A field of the schema: its default, its line of help, and the rest of its Rule."""
    return field(default=default, metadata={"rule": Rule(help_, **rule)})


def rule_of(field_: "Field[Any]") -> Rule:
    """The rule of a field that `key` made."""
    rule: Rule = field_.metadata["rule"]
    return rule


def checked(place: str, value: Any, field_: "Field[Any]") -> Any:
    """The value as the field holds it; RecipeError, naming the place, what is allowed and what came."""
    rule, kind = rule_of(field_), type(field_.default)
    if rule.special and value == rule.special:
        return value
    converted, kinds = value, (kind, tuple) if rule.several else (kind,)
    if kind is float and type(value) is int and value.bit_length() <= 63:
        converted = float(value)
    if type(value) is list:
        converted = tuple(tuple(word) if type(word) is list else word for word in value)
    if type(converted) not in kinds or not rule.holds(converted):
        raise RecipeError(f"{place} should be {rule.allowed(kind)}, but {shown(value)} came")
    return converted


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """A line for a name that is not known, with the nearest that is."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(known)
    return f'there is no {what} "{name}"; {hint}'


def value_of(text: str) -> Any:
    """The value that a text has in TOML; the text itself where it has none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def lists(value: Any) -> Any:
    """A value, or a table of values, with lists for tuples, as TOML and JSON hold it."""
    if isinstance(value, dict):
        return {name: lists(item) for name, item in value.items()}
    return [lists(item) for item in value] if isinstance(value, tuple) else value


def toml_value(value: Any) -> str:
    """A text, number, truth value or list (of texts, or of such lists) as TOML writes it."""
    if isinstance(value, float):
        return repr(value)
    # JSON's text, numbers, true, false and lists of text are TOML's too, but for one character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_line(name: str, value: Any) -> str:
    """`name = value` as TOML writes it, a list that is too long for a line broken into several.

    >>> print(toml_line("layers", ["conv 32 3x3 same", "norm", "activation"] * 3))
    layers = [
        "conv 32 3x3 same", "norm", "activation", "conv 32 3x3 same", "norm", "activation", "conv 32 3x3 same", "norm",
        "activation",
    ]
    """
    line = f"{name} = {toml_value(value)}"
    if len(line) <= LINE_WIDTH or not isinstance(value, list):
        return line
    lines = [""]
    for word in (f"{toml_value(word)}," for word in value):
        if len(lines[-1]) + len(word) > LINE_WIDTH - len("    "):
            lines.append("")
        lines[-1] += f" {word}"
    return "\n".join([f"{name} = [", *(f"   {line}" for line in lines), "]"])


def shown(value: Any) -> str:
    """A value that is wrong, as a message shows it: it may be of any length."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no number of more than 4300 digits
        text = "a number of thousands of digits"
    return cut(text)


def cut(text: str) -> str:
    """A text of any length, as a message shows it."""
    return text if len(text) <= 100 else f"{text[:100]}..."


def _is_text(text: str) -> bool:
    """False for a file's name that is no UTF-8, and so cannot be written down in TOML."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _is_positive(text: str) -> bool:
    try:
        return 0 < float(text) < inf
    except ValueError:
        return False
