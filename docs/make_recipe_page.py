"""Writes docs/recipe.md from the schema in src/numink/recipe.py. `make docs` runs it; a test keeps the page fresh."""

from pathlib import Path

from numink import recipe
from numink.data.augment import KINDS
from numink.nn.build import ACTIVATIONS, BRANCH, WORDS
from numink.schema import toml_value

PAGE = Path(__file__).parent / "recipe.md"
SOURCES = (
    "- `mnist`: looked for in `$NUMINK_DATA`, then in your cache folder, then downloaded. It is never replaced.",
    "- `strokes`: 60,000 digits that numink draws, and 10,000 drawn as by other people to test on. `strokes 9000` is",
    "  9,000 of them and the same 10,000.",
    "- `auto`: `mnist` where it is at hand or can be downloaded, otherwise `strokes`; it says which, and why.",
    "- a path to a CSV, an npz, a folder of IDX files or of images. `./strokes` is a path.",
    '- several: `source = ["mnist", "strokes 60000"]`, or `--data mnist --data "strokes 60000"`. The first is what the',
    "  network is for: validation and test images come from it alone. The others add their training images to it.",
)


def page() -> str:
    """The page's text."""
    lines = [
        "# Recipes",
        "",
        "A recipe is a TOML file. Every key has a default, so a recipe says only what is special about it.",
        "`numink recipes` lists the named ones, `numink recipes NAME` prints one whole: a start for your own.",
        "`--set table.key=value` changes a key for one run.",
        "",
        "This page is made from the schema in `src/numink/recipe.py` (`make docs`).",
    ]
    table = ""
    for place, default, allowed, help_ in recipe.describe():
        if place.split(".")[0] != table:
            table = place.split(".")[0]
            lines += ["", f"## [{table}]", "", "| key | default | allowed | what it is |", "| --- | --- | --- | --- |"]
        shown = toml_value(list(default) if isinstance(default, tuple) else default)
        lines.append(f"| `{place.split('.')[1]}` | `{shown}` | {allowed} | {help_} |")
    lines += ["", "## Sources", "", "What `data.source` and `--data` take:", "", *SOURCES]
    lines += ["", "## Layers", "", "The words of `network.layers`, from the image to the ten classes:", ""]
    lines += [f"- `{grammar.split(',')[0]}`{grammar[len(grammar.split(',')[0]) :]}" for grammar, _ in WORDS.values()]
    lines += [
        f"- `{BRANCH.split('], ')[0]}]`, {BRANCH.split('], ')[1]}",
        "- `activation`: whatever `network.activation` names",
        f"- an activation by name: {', '.join(f'`{name}`' for name in ACTIVATIONS)}",
        "",
        "An image enters a first `dense` as 784 numbers, and a first `conv` (or pool, or norm) as one map of 28 x 28.",
        "From maps to `dense` there is `flatten` or `global-pool`. The last layer gives ten numbers, one a digit.",
        "",
        "## Augmentation",
        "",
        "The words of `data.augment`. Each image draws its own amount, from none to the strength, whenever it is seen;",
        "`elastic` draws a field of the full strength, and `low-resolution` a side from the given one to 28.",
        "",
        "| example | what it does | strengths |",
        "| --- | --- | --- |",
    ]
    for kind in KINDS.values():
        strengths = ", ".join(f"{s.what} {s.low:g} to {s.high:g}" for s in kind.strengths)
        lines.append(f"| `{kind.example}` | {kind.help} | {strengths} |")
    lines += [
        "",
        "## The named recipes",
        "",
    ]
    for name in recipe.names():
        lines.append(f"- **`{name}`**: {recipe.about(name)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
