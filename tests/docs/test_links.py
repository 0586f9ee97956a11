"""Every link within the project leads to a file, and every anchor to a heading: in pages, chapters and notebooks."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = ROOT / "docs" / "chapters"
(REPOSITORY,) = re.findall(r'^REPOSITORY = "(.+)"$', (ROOT / "docs" / "make_chapters.py").read_text("utf-8"), re.M)
GITHUB = f"https://github.com/{REPOSITORY}/blob/main/"
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/main/"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(CHAPTERS.glob("*.py")),
    *sorted(CHAPTERS.glob("*.ipynb")),
]

FENCED = re.compile(r"^```.*?^```", re.M | re.S)
QUOTED = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|<(?:img|source)[^>]* src(?:set)?=\"([^\"]+)\"")


def prose(page: Path) -> str:
    """What a reader sees: of a script and of a notebook, the cells of text."""
    text = page.read_text("utf-8")
    if page.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    if page.suffix == ".py":
        cells = re.split(r"^# %%", text, flags=re.M)
        return re.sub(r"^# ?", "", "\n".join(cell for cell in cells if cell.startswith(" [markdown]")), flags=re.M)
    return FENCED.sub("", text)


def links(page: Path) -> list[tuple[str, str]]:
    """The targets of a page within the project, as path and anchor."""
    found = []
    for target in (first or second for first, second in LINK.findall(QUOTED.sub("", prose(page)))):
        for site in (GITHUB, COLAB):
            if target.startswith(site):
                target = (ROOT / target.removeprefix(site)).as_posix()
        if not target.startswith(("http://", "https://", "mailto:")):
            path, _, anchor = target.partition("#")
            found.append((path, anchor))
    return found


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to a page's headings: a second "Forward" becomes forward-1."""
    names: list[str] = []
    for heading in re.findall(r"^#+ +(.+?) *$", FENCED.sub("", page.read_text("utf-8")), re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        names.append(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return {name + (f"-{count}" if (count := names[:place].count(name)) else "") for place, name in enumerate(names)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}"
        assert target.is_relative_to(ROOT), f"{page.name} links out of the project: {path}"
        if anchor:
            assert target.suffix == ".md", f"{page.name} links to {path}#{anchor}: only pages have anchors"
            assert anchor in anchors(target), f"{page.name}: {target.name} has no heading #{anchor}"


def test_what_is_looked_for_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Two words, `x`\n## Forward\n[a](b.md#c) ![d](e.png)\n## Forward\n```\n[f](g)\n# no\n```\n`[h](i)`\n"
    )
    assert anchors(page) == {"two-words-x", "forward", "forward-1"}
    assert links(page) == [("b.md", "c"), ("e.png", "")]
    script = tmp_path / "script.py"
    script.write_text("# %% [markdown]\n# [a](b.md#c)\n\n# %%\nx = 1  # [no](no.md)\n")
    assert links(script) == [("b.md", "c")]
    notebook = tmp_path / "book.ipynb"
    cells = [("markdown", f"[a]({GITHUB}docs/a.md#b) [c](https://numpy.org)"), ("code", "# [no](no.md)")]
    notebook.write_text(json.dumps({"cells": [{"cell_type": kind, "source": [text]} for kind, text in cells]}))
    assert links(notebook) == [((ROOT / "docs" / "a.md").as_posix(), "b")]
