"""What may be asked of a page and of its photograph, and the one line for what may not."""

from numbers import Integral, Real
from typing import Any

from numink.errors import DataError
from numink.schema import shown


def require_number(what: str, value: Any, low: float, high: float, whole: bool = False) -> None:
    """Raise DataError unless the value is a number from `low` to `high`, and a whole one if need be."""
    is_number = isinstance(value, Integral if whole else Real)
    if not is_number or not low <= value <= high:
        kind = "whole number" if whole else "number"
        raise DataError(f"expected {what} as a {kind} from {low} to {high}, came {one_line(value)}")


def require_name(what: str, value: object) -> None:
    """Raise DataError unless the value is text, or None for what is not given."""
    if value is not None and not isinstance(value, str):
        raise DataError(f"expected {what} by its name, came {one_line(value)}")


def one_line(value: object) -> str:
    """A value that is wrong, as a message shows it: arrays too, which NumPy writes in many lines."""
    return " ".join(shown(value).split())
