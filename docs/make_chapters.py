"""Makes the notebooks of docs/chapters from the scripts beside them, and runs them: `make docs` runs it.

A script in jupytext's percent format is the source. Its notebook is the same cells, with the badge, the links to its
neighbours, a cell that installs numink where it is missing, and all that the cells printed and drew when they were
run. `python docs/make_chapters.py 01_one_neuron` makes some of them alone. A cell that fails or warns stops it.
"""

import os
import re
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

from numink.files import write_text

REPOSITORY = "numink/numink"
GITHUB = f"https://github.com/{REPOSITORY}/blob/main"
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/main"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "chapters"
INSTALL = f"""\
try:
    import numink
except ImportError:  # as in Colab
    %pip install --quiet "numink @ git+https://github.com/{REPOSITORY}"\
"""
LINK = re.compile(r"(?<=\]\()(?!https?://|#)([^)\s#]+)")
SECONDS_PER_CELL = 120


def scripts() -> list[Path]:
    """The chapters in their order."""
    return sorted(FOLDER.glob("[0-9][0-9]_*.py"))


def title(script: Path) -> str:
    """A chapter's first heading, such as "1. One neuron"."""
    found = re.search(r"^# # (.+)$", script.read_text("utf-8"), re.M)
    if found is None:
        sys.exit(f"{script.name} has no title: expected a line that begins with '# # '")
    return found[1]


def address(path: Path, site: str = GITHUB) -> str:
    """Where a file of the project stands on the web."""
    return f"{site}/{path.relative_to(ROOT).as_posix()}"


def neighbours(script: Path) -> str:
    """The line of links to the chapter before, to the overview and to the chapter behind."""
    order = scripts()
    place = order.index(script)
    before, behind = order[:place][-1:], order[place + 1 :][:1]
    links = [f"[← {title(other)}]({address(other.with_suffix('.ipynb'))})" for other in before]
    links += [f"[all chapters]({address(FOLDER / 'README.md')})"]
    links += [f"[{title(other)} →]({address(other.with_suffix('.ipynb'))})" for other in behind]
    return " · ".join(links)


def notebook(script: Path) -> Any:
    """The chapter's notebook, complete but for what comes out of its cells.

    Links within the project become addresses on the web, for in Colab there is no project around the notebook.
    """
    made = jupytext.reads(script.read_text("utf-8"), fmt="py:percent")
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: address((FOLDER / link[1]).resolve()), cell.source)
    badge = f"[![Open in Colab]({BADGE})]({address(script.with_suffix('.ipynb'), COLAB)})"
    new = nbformat.v4
    first = new.new_markdown_cell(f"{badge}\n\n{neighbours(script)}")
    made.cells = [first, new.new_code_cell(INSTALL), *made.cells, new.new_markdown_cell(neighbours(script))]
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number:02}"  # by chance, they would differ each time
        cell.metadata = {}
    made.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    made.nbformat, made.nbformat_minor = 4, 5
    return made


def run(made: Any, name: str) -> None:
    """Run the notebook's cells in a kernel of its own and keep what comes out; ends the program where one fails."""
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}  # the notebook's own draws
    client = NotebookClient(
        made,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
        coalesce_streams=True,
        record_timing=False,
        allow_errors=True,  # to say below which cell it was
        extra_arguments=["--log-level=ERROR"],
    )
    client.execute(env=environment)
    for cell in made.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                sys.exit(f"{name}: a cell failed\n\n{cell.source}\n\n{output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                sys.exit(f"{name}: a cell warned\n\n{cell.source}\n\n{output.text}")
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = lighter(output.data["image/png"])
    made.metadata.language_info = {"name": "python"}  # the kernel adds its version


def lighter(picture: str) -> str:
    """A PNG in base64 with a palette of 256 colours: a third of the size, and for plots and digits the same to see."""
    image = Image.open(BytesIO(b64decode(picture))).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    file = BytesIO()
    image.save(file, format="png", optimize=True)
    return b64encode(file.getvalue()).decode()


def main(names: list[str]) -> None:
    """Make the notebooks of the chapters that are named, by default of all."""
    known = {script.stem: script for script in scripts()}
    for name in names or known:
        if name not in known:
            sys.exit(f"there is no chapter {name}; there are {', '.join(known)}")
        made = notebook(known[name])
        run(made, name)
        write_text(known[name].with_suffix(".ipynb"), nbformat.writes(made) + "\n")
        print(f"{name}: {title(known[name])}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
