"""The house's rules: who may import whom, where arrays are made, how long a file is, what `import numink` loads."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import numink
from numink.recipe import describe

SOURCE = Path(numink.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))

# From the ground up. A room stands above all that it imports, and rooms on one floor do not import each other.
FLOORS = (
    {"errors"},
    {"files", "blas", "schema", "models", "crew"},
    {"nn", "data", "scores"},
    {"optim", "tensors"},
    {"recipe"},
    {"training", "model"},
    {"ensemble"},
    {"evaluate", "model_file"},
    {"reader"},
    {"run"},
    {"understand"},
    {"cli"},
    {"__main__"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

HEAVY = {
    "optuna",
    "cv2",
    "pypdfium2",
    "pi_heif",
    "polars",
    "PIL",
    "matplotlib",
    "jinja2",
    "rich",
    "typer",
    "safetensors",
    "http.client",
    "ssl",
}
LIGHT = {"numink", "numpy", "threadpoolctl", "platformdirs"}


class Imports(ast.NodeVisitor):
    """The modules that a file imports when it runs: everywhere but for type checkers alone."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                self.visit(other)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.names += [alias.name for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, "imports are written from the root"
        # "from numink import tensors" imports a room, "from numink import __version__" none
        self.names += [f"{node.module}.{alias.name}" for alias in node.names]


def imports(text: str) -> list[str]:
    visitor = Imports()
    visitor.visit(ast.parse(text))
    return visitor.names


def room_of(file: Path) -> str:
    """The folder or file below numink that a file lives in; "" for numink/__init__.py."""
    return file.relative_to(SOURCE).with_suffix("").parts[0].removesuffix("__init__")


def upward(room: str, text: str) -> list[str]:
    """The rooms that a file in `room` imports and may not."""
    rooms = {name.split(".")[1] for name in imports(text) if name.startswith("numink.")} & set(FLOOR) - {room}
    return sorted(other for other in rooms if FLOOR[other] >= FLOOR.get(room, -1))


def test_every_room_has_a_floor():
    assert {room_of(file) for file in FILES} - {""} == set(FLOOR)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_import_runs_upwards_or_across_a_floor(file):
    assert upward(room_of(file), file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("room", "text", "expected"),
    [
        ("nn", "from numink.data.digits import Part", ["data"]),
        ("nn", "def late():\n    import numink.optim.rules", ["optim"]),
        ("optim", "from numink import recipe, __version__", ["recipe"]),
        ("run", "from numink.cli.main import main", ["cli"]),
        ("training", "from numink.model import Model\nfrom numink.nn.params import Array", ["model"]),
        ("errors", "if x:\n    from numink.files import replacing", ["files"]),
        ("nn", "if TYPE_CHECKING:\n    from numink.cli import main\nelse:\n    import numink.run", ["run"]),
        ("recipe", "from numink.nn.build import build\nfrom numink.recipe import Recipe\nimport numpy", []),
        ("", "from numink.errors import NuminkError", ["errors"]),  # what is public is loaded where it is first used
    ],
)
def test_an_import_that_runs_upwards_is_seen(room, text, expected):
    assert upward(room, text) == expected


def test_the_engine_knows_nothing_of_files_and_screens():
    outside = {"os", "sys", "io", "pathlib", "json", "tempfile", "subprocess", "logging", "threading", "time"}
    libraries = set(packages_distributions()) - {"numpy", "numink"}
    for file in FILES:
        if room_of(file) in ("nn", "optim"):
            roots = {name.split(".")[0] for name in imports(file.read_text("utf-8"))}
            assert not roots & (outside | libraries), file
            assert not [
                name for name in ast.walk(ast.parse(file.read_text("utf-8"))) if is_call_of(name, "print", "open")
            ]


def is_call_of(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


CREATORS = {"array", "asarray", "copy", "empty", "full", "identity", "eye", "linspace", "ones", "zeros"}
CREATORS |= {f"{name}_like" for name in ("empty", "full", "ones", "zeros")}


def creations(text: str) -> Iterator[str]:
    """Each call of NumPy's that makes an array, with the function it is in."""
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and (node.func.value.id, node.func.attr) in {("np", name) for name in CREATORS}
                ):
                    yield f"{function.name}: np.{node.func.attr}"


def test_the_engine_makes_arrays_in_two_places_alone():
    allowed = {
        "params.py": None,
        "work.py": None,
        "gradcheck.py": None,
        "network.py": {"logits: np.empty"},  # what the caller keeps
        "losses.py": {"_one_hot: np.eye"},  # a number for each pair of classes
    }
    for file in SOURCE.glob("nn/*.py"):
        made = set(creations(file.read_text("utf-8")))
        expected = allowed.get(file.name, set())
        assert expected is None or made <= expected, file


def test_an_array_made_elsewhere_is_seen():
    text = "class Dense:\n    def forward(self, X):\n        return np.zeros_like(X) + np.exp(X)"

    assert list(creations(text)) == ["forward: np.zeros_like"]


def test_files_are_short():
    lengths = {str(file.relative_to(SOURCE)): len(file.read_text("utf-8").splitlines()) for file in FILES}

    assert {name: length for name, length in lengths.items() if length > 250} == {}


def test_the_public_names_are_sorted_complete_and_there():
    for_type_checkers = {
        alias.name
        for node in ast.walk(ast.parse((SOURCE / "__init__.py").read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("numink.")
        for alias in node.names
    }
    assert numink.__all__ == sorted(numink.__all__)
    assert set(numink.__all__) == for_type_checkers
    assert set(dir(numink)) == {*numink.__all__, "__version__"}
    for name in numink.__all__:
        assert getattr(numink, name).__name__ == name
        assert getattr(numink, name).__doc__, name


def test_a_name_that_is_not_public_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'Modell'"):
        numink.Modell  # noqa: B018


def loaded_by(code: str) -> set[str]:
    """The modules that a new Python has loaded after `code`."""
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import numink",
        "import numink; numink.load; numink.Recipe().to_toml(); numink.train; numink.Model; numink.Scores",
        "import numink.nn.gradcheck, numink.optim.update, numink.training.trainer",
    ],
)
def test_importing_loads_numpy_and_little_else(code):
    modules = loaded_by(code) - loaded_by("pass")

    assert modules & HEAVY == set()
    assert {name.split(".")[0] for name in modules} & set(packages_distributions()) <= LIGHT


def test_importing_numink_alone_loads_not_even_numpy():
    assert "numpy" not in loaded_by("import numink")


def test_the_commands_load_what_they_need_when_they_need_it():
    modules = loaded_by("from numink.cli.main import app")

    assert modules & (HEAVY - {"rich", "typer"}) == set()
    assert "numpy" not in modules


def test_the_page_about_recipes_names_every_key():
    page = SOURCE.parents[1] / "docs" / "recipe.md"
    if not page.exists():
        pytest.skip("numink is installed without its docs")
    text = page.read_text("utf-8")

    for place, *_, help_ in describe():
        assert f"`{place.split('.')[1]}`" in text, place
        assert help_ in text, place
