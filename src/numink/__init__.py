"""numink: handwritten digits, recognised by neural networks written from scratch in NumPy.

>>> import numink
>>> recipe = numink.Recipe().with_settings(["train.epochs=3"])
>>> recipe.train.epochs
3
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from numink.data.digits import Digits, Part
    from numink.data.sources import load
    from numink.ensemble import Ensemble
    from numink.errors import NuminkError
    from numink.model import Model
    from numink.model_file import load_model
    from numink.reader.read import read
    from numink.recipe import Recipe
    from numink.run import train
    from numink.scores import Scores

_HOMES = {
    "Digits": "data.digits",
    "Ensemble": "ensemble",
    "Model": "model",
    "NuminkError": "errors",
    "Part": "data.digits",
    "Recipe": "recipe",
    "Scores": "scores",
    "load": "data.sources",
    "load_model": "model_file",
    "read": "reader.read",
    "train": "run",
}

__all__ = [
    "Digits",
    "Ensemble",
    "Model",
    "NuminkError",
    "Part",
    "Recipe",
    "Scores",
    "load",
    "load_model",
    "read",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used, so that `import numink` stays quick."""
    if name in _HOMES:
        return getattr(import_module(f"numink.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'numink' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
