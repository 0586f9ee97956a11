"""Writes docs/recipe.md from the schema in src/numink/recipe.py. `make docs` runs it; a test keeps the page fresh."""

from pathlib import Path

from numink import recipe
from numink.nn.build import ACTIVATIONS, WORDS
from numink.schema import toml_value

PAGE = Path(__file__).parent / "recipe.md"


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
    lines += ["", "## Layers", "", "The words of `network.layers`, from the image to the ten classes:", ""]
    lines += [f"- `{grammar.split(',')[0]}`{grammar[len(grammar.split(',')[0]) :]}" for grammar, _ in WORDS.values()]
    lines += [
        "- `activation`: whatever `network.activation` names",
        f"- an activation by name: {', '.join(f'`{name}`' for name in ACTIVATIONS)}",
        "",
        "An image enters a first `dense` as 784 numbers. The last layer gives ten numbers, one for each digit.",
        "",
        "## The named recipes",
        "",
    ]
    for name in recipe.names():
        lines.append(f"- **`{name}`**: {recipe.about(name)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
