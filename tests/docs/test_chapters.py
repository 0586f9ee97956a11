"""The guided path: each chapter runs, its notebook is that chapter, and what it says of engine and equations is so."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "chapters"
CHAPTERS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
MOST_BYTES = 400_000
chapters = pytest.mark.parametrize("script", CHAPTERS, ids=lambda script: script.stem)


def load_maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_chapters", ROOT / "docs" / "make_chapters.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_chapters = load_maker()


def stored(script: Path) -> Any:
    return nbformat.read(script.with_suffix(".ipynb"), as_version=4)


def prose(script: Path) -> str:
    return re.sub(r"^# ?", "", script.read_text("utf-8"), flags=re.M)


@pytest.mark.mnist
@chapters
def test_a_chapter_runs_as_a_plain_script(script: Path, tmp_path: Path, mnist_folder: Path) -> None:
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in screens}
    environment |= {"NUMINK_DATA": str(mnist_folder), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@chapters
def test_the_notebook_is_fresh(script: Path) -> None:
    expected = [(cell.id, cell.cell_type, cell.source) for cell in make_chapters.notebook(script).cells]
    found = [(cell.id, cell.cell_type, cell.source) for cell in stored(script).cells]
    assert found == expected, f"run python docs/make_chapters.py {script.stem}"


@chapters
def test_the_notebook_was_run_from_top_to_bottom(script: Path) -> None:
    notebook = stored(script)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert any("image/png" in output.get("data", {}) for output in outputs), "a chapter shows pictures"
    said = "".join(output.get("text", "") for output in outputs)
    assert not re.search(r"/(home|Users|root|tmp|work)/", said), "what is printed names a folder of this machine"
    assert script.with_suffix(".ipynb").stat().st_size < MOST_BYTES


@chapters
def test_a_chapter_is_numbered_and_listed(script: Path) -> None:
    number = CHAPTERS.index(script) + 1
    assert script.stem.startswith(f"{number:02}_")
    title = make_chapters.title(script)
    assert title.startswith(f"{number}. ")
    assert f"| [{title}]({script.stem}.ipynb) |" in (FOLDER / "README.md").read_text("utf-8")


@chapters
def test_a_chapter_quotes_the_engine_as_it_is(script: Path) -> None:
    found = re.findall(r"^→ (.+) in \[(.+)\]\((.+)\)$", prose(script), re.M)
    assert len(found) == len(re.findall(r"^→", prose(script), re.M))
    for quoted, name, link in found:
        path = (FOLDER / link).resolve()
        assert path == ROOT / "src" / "numink" / name
        rows = {row.strip().split("  # ")[0] for row in path.read_text("utf-8").splitlines()}
        for line in re.findall(r"`([^`]+)`", quoted):
            assert line in rows, f"{name} has no line {line}"


def sections() -> dict[int, str]:
    """The heading under which each equation of docs/backprop.md stands, as its anchor."""
    found: dict[int, str] = {}
    seen: list[str] = []
    for heading, tag in re.findall(
        r"^#+ (.+)$|\\tag\{(\d+)\}", (ROOT / "docs" / "backprop.md").read_text("utf-8"), re.M
    ):
        if heading:
            seen.append(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
        else:
            found[int(tag)] = seen[-1] + (f"-{count}" if (count := seen[:-1].count(seen[-1])) else "")
    return found


@chapters
def test_equations_are_where_the_links_lead(script: Path) -> None:
    where = sections()
    text = prose(script)
    links = re.findall(r"\[\((\d+)\)\]\(\.\./backprop\.md#([\w-]+)\)", text)
    assert [(number, anchor) for number, anchor in links if where[int(number)] != anchor] == []
    assert len(links) == len(re.findall(r"\[\(\d+\)\]", text)), "a number leads to ../backprop.md"


def test_a_cell_that_fails_or_warns_is_named() -> None:
    new = nbformat.v4
    for source, said in (
        ("x = 1\nx / 0", "ZeroDivisionError"),
        ("import warnings\nwarnings.warn('careful')", "careful"),
    ):
        with pytest.raises(SystemExit) as ended:
            make_chapters.run(new.new_notebook(cells=[new.new_code_cell(source)]), "a chapter")
        assert source in str(ended.value)
        assert said in str(ended.value)


def functions(text: str) -> dict[str, str]:
    """The functions of a module, as they are written."""
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.unparse(node) for node in nodes}


def test_the_second_chapter_shows_the_example_word_for_word() -> None:
    (script,) = FOLDER.glob("02_*.py")
    shown = functions(script.read_text("utf-8"))
    assert functions((ROOT / "examples" / "two_layer.py").read_text("utf-8")).items() <= shown.items()
