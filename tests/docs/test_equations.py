"""docs/backprop.md and the engine name the same equations, and the page quotes the engine as it is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "backprop.md").read_text("utf-8")
SOURCE = ROOT / "src" / "numink"
# Where the derivation becomes code: the engine, the steps of training, and how a network answers.
CODE = sorted(path for where in ("nn/*.py", "optim/*.py", "training/*.py", "*.py") for path in SOURCE.glob(where))
EQUATIONS = range(1, 76)

TAG = re.compile(r"\\tag\{(\d+)\}")
CITATION = re.compile(r"\beqs?\. (\d+(?:(?:, | and )\d+)*)")
ARROW = re.compile(r"^→ (.+) in \[(.+)\]\((.+)\)$", re.M)
QUOTED = re.compile(r"^```.*?^```|`[^`\n]+`", re.M | re.S)
BLOCK = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.M | re.S)
INLINE = re.compile(r"(?<![\w$])\$([^$\n]+)\$(?![\w$])")

PROSE = BLOCK.sub("", QUOTED.sub("", PAGE))
# GitHub's MathJax refuses these.
REFUSED = r"operatorname|mbox|[hv]?phantom|(re)?newcommand|def|require|href|class|cssId|label|ref|eqref"


def citations(text: str) -> set[int]:
    return {int(number) for cited in CITATION.findall(text) for number in re.findall(r"\d+", cited)}


def arrows(number: int) -> list[tuple[str, str, str]]:
    """The arrows between this equation and the next: quoted lines, the name of their file, the link to it."""
    _, *parts = TAG.split(PAGE)
    return ARROW.findall(dict(zip(parts[::2], parts[1::2], strict=True)).get(str(number), ""))


def test_the_numbers_run_from_1_to_75() -> None:
    assert [int(number) for number in TAG.findall(PAGE)] == list(EQUATIONS)


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_what_the_engine_cites_is_on_the_page(path: Path) -> None:
    text = path.read_text("utf-8")
    assert citations(text) <= set(EQUATIONS)
    assert len(re.findall(r"\beqs?\b(?!=)", text)) == len(CITATION.findall(text)), "write eq. 20, or eqs. 20 and 21"


def test_every_equation_is_cited_by_the_engine() -> None:
    cited = set().union(*(citations(path.read_text("utf-8")) for path in CODE))
    assert set(EQUATIONS) - cited == set()


@pytest.mark.parametrize("number", EQUATIONS)
def test_the_page_quotes_the_engine_as_it_is(number: int) -> None:
    assert arrows(number), "no arrow says where the code is"
    for quoted, name, link in arrows(number):
        path = (ROOT / "docs" / link).resolve()
        assert path in CODE
        assert name == path.relative_to(SOURCE).as_posix()
        rows = [row.strip() for row in path.read_text("utf-8").splitlines()]
        cited = set()
        for line in re.findall(r"`([^`]+)`", quoted):
            found = [row for row in rows if row.split("  # ")[0] == line]
            assert found, f"{name} has no line {line}"
            cited |= citations("\n".join(found))
        assert number in cited, "none of the quoted lines names the equation"


def test_numbers_in_the_text_exist() -> None:
    assert {int(number) for number in re.findall(r"(?<!\w)\((\d+)\)", PROSE)} <= set(EQUATIONS)


# GitHub reads a page as Markdown first and as mathematics afterwards.
@pytest.mark.parametrize("formula", BLOCK.findall(PAGE) + INLINE.findall(PROSE))
def test_github_renders_the_formula(formula: str) -> None:
    assert not re.search(rf"\\({REFUSED})\b", formula), "GitHub refuses this macro"
    assert not re.search(r"\\[^\w\s]", formula), "Markdown takes this backslash away: write \\cr, \\lbrace, \\quad"
    assert not re.search(r"[^\w]_|[*~<>]", formula), "Markdown takes this for emphasis or HTML: write \\odot, \\lt"
    assert not re.search(r"^\s*([-+=#]|\d+[.)])\s", formula, re.M), "Markdown takes this for a list or a heading"


def test_every_dollar_belongs_to_a_formula() -> None:
    assert "$" not in INLINE.sub("", PROSE)
