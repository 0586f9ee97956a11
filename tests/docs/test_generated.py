"""What is generated in docs/ is up to date, and what the pages say can be run."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from numink.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def test_the_recipe_page_is_fresh() -> None:
    spec = importlib.util.spec_from_file_location("make_recipe_page", ROOT / "docs" / "make_recipe_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "recipe.md").read_text("utf-8") == module.page(), "run make docs"


def commands() -> list[str]:
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    return sorted({line.split("#")[0].strip() for line in lines if line.startswith("numink ")})


@pytest.mark.parametrize("line", commands())
def test_commands_in_the_pages_exist_with_their_options(line: str) -> None:
    words = line.split()[1:]
    names = words[: 2 if words[0] == "data" else 1]
    help_ = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, [*names, "--help"])
    assert help_.exit_code == 0, line
    for option in (word for word in words if word.startswith("--")):
        assert option in help_.output, f"{line}: {option} is no option of numink {' '.join(names)}"


@pytest.mark.mnist
def test_the_readme_s_python_runs(tmp_path: Path, mnist_folder: Path) -> None:
    (program,) = blocks(ROOT / "README.md", "python")
    environment = {**os.environ, "NUMINK_DATA": str(mnist_folder)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 0.9 < float(done.stdout.split()[0]) < 1
