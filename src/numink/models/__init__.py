"""The models that come with numink, by name. `make models` makes them; docs/models.md says what each is for."""

from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path

FOLDER = resources.files(__name__)
_ENDING = ".safetensors"


def names() -> list[str]:
    """The names of the models that come with numink, sorted."""
    return sorted(file.name.removesuffix(_ENDING) for file in FOLDER.iterdir() if file.name.endswith(_ENDING))


def as_argument(path: str | Path) -> str:
    """A path as a command must be given it, in the folder where it lies: a model's name goes before such a file."""
    return f"./{path}" if str(path) in names() else str(path)


def opened(name: str) -> AbstractContextManager[Path]:
    """The file of the model of this name, within a `with` block: numink may be installed as a zip."""
    return resources.as_file(FOLDER.joinpath(f"{name}{_ENDING}"))
