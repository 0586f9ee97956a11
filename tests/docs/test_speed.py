"""docs/speed.md quotes the engine as it is, and has a place for every table that its benchmark makes."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "speed.md").read_text("utf-8")
QUOTES = re.findall(r"^→ (.+) in \[(.+)\]\((.+)\)$", PAGE, re.M)


def sections() -> list[str]:
    """The names of the tables, read from the benchmark's text: it need not be run to know them."""
    (table,) = (
        node.value
        for node in ast.parse((ROOT / "benchmarks" / "ablation.py").read_text("utf-8")).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "SECTIONS"
    )
    assert isinstance(table, ast.Dict)
    return [ast.literal_eval(key) for key in table.keys if key]


@pytest.mark.parametrize(("quoted", "name", "link"), QUOTES)
def test_the_page_quotes_the_engine_as_it_is(quoted: str, name: str, link: str) -> None:
    path = (ROOT / "docs" / link).resolve()
    assert path.as_posix().endswith(f"src/numink/{name}")
    rows = {row.strip().split("  # ")[0] for row in path.read_text("utf-8").splitlines()}
    for line in re.findall(r"`([^`]+)`", quoted):
        assert line in rows, f"{name} has no line {line}"


def test_each_section_quotes_its_code() -> None:
    assert len(QUOTES) == PAGE.count("\n## ") - 3  # but for what is measured, where the time goes, and how to


def test_every_table_of_the_benchmark_has_its_place() -> None:
    marks = re.findall(r"^<!-- (\w+) -->\n((?s:.*?))^<!-- end of (\w+) -->$", PAGE, re.M)
    assert all(start == end and text.strip() for start, text, end in marks)
    assert sorted(start for start, _, _ in marks) == sorted([*sections(), "machine"])
