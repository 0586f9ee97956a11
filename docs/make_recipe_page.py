"""Writes docs/recipe.md from the schema in src/numink/recipe.py. `make docs` runs it; a test keeps the page fresh."""

import tomllib
from pathlib import Path

from numink import recipe
from numink.data.augment import KINDS
from numink.model import network_of
from numink.nn.build import ACTIVATIONS, BRANCH, WORDS
from numink.nn.layers import Pixels
from numink.schema import toml_value

PAGE = Path(__file__).parent / "recipe.md"
SOURCES = (
    "- `mnist`: looked for in `$NUMINK_DATA`, then in your cache folder, then downloaded. It is never replaced.",
    "- `strokes`: 60,000 digits that numink draws, and 10,000 drawn as by other people to test on. `strokes 9000` is",
    "  9,000 of them and the same 10,000.",
    "- `non-digits`, behind one of the others: 30,000 shapes that are no digit (letters, scribbles, several digits at",
    "  once), on which the network learns to give none of them more than a tenth. `non-digits 9000` is 9,000 of them.",
    "- `auto`: `mnist` where it is at hand or can be downloaded, otherwise `strokes`; it says which, and why.",
    "- a path to a CSV, an npz, a folder of IDX files or of images. `./strokes` is a path.",
    '- several: `source = ["mnist", "strokes 60000"]`, or `--data mnist --data "strokes 60000"`. The first is what the',
    "  network is for: validation and test images come from it alone. The others add their training images to it.",
)

LAYERS = (
    "An image enters a first `dense` as 784 numbers, and a first `conv` (or pool, or norm) as one map of 28 x 28.",
    "From maps to `dense` there is `flatten` or `global-pool`. The last layer gives ten numbers, one a digit.",
    "",
    "- `same` adds zeros around the maps, and stands before `stride`: `conv 32 3x3 same stride 2`.",
    "- The windows of `pool` and `average-pool` lie side by side: the step is the size. Rows and columns that are left",
    "  over below and on the right are dropped: 11 x 11 by `pool 2x2` is 5 x 5.",
    "- A branch gives the shape that enters it, and has no other branch within.",
    "- `norm`, branches and `dropout` work on rows of numbers, too: behind `dense`, `flatten` or `global-pool`.",
    "- `norm` takes mean and variance of the shard while it is trained, and running averages of them when it is used.",
    "  `train.average` averages these as well.",
    "- A `pool` is cheapest right behind a `conv`, or behind `conv` and an activation that never falls (any but `gelu`",
    "  and `silu`): then both are done in one, and `conv`, `pool`, `norm`, `activation` is about a third quicker than",
    "  `conv`, `norm`, `activation`, `pool`.",
)
EXAMPLE = """\
[data]
augment = ["shift 1", "rotate 8"]

[network]
layers = [
    "conv 16 3x3", "pool 2x2", "norm", "activation",         # 28 x 28 becomes 26 x 26, and pooled 13 x 13
    ["residual", "conv 16 3x3 same", "norm", "activation"],  # 13 x 13 x 16, as it came
    "conv 32 3x3", "pool 2x2", "norm", "activation",         # 11 x 11, and pooled 5 x 5
    "drop-maps 0.1", "flatten", "dense 10",                  # 5 x 5 x 32 = 800 numbers, and from them ten
]

[train]
epochs = 5
average = 0.99
"""


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
        *LAYERS,
        "",
        "## A recipe of your own",
        "",
        "```toml",
        *EXAMPLE.splitlines(),
        "```",
        "",
        f"These are {parameters(EXAMPLE):,} parameters. In a file `mine.toml`:",
        "",
        "```sh",
        "numink train mine.toml",
        "```",
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


def parameters(text: str) -> int:
    """How many numbers the network of this recipe learns: that it can be built is seen on the way."""
    return network_of(recipe.from_tables(tomllib.loads(text)), Pixels()).layout.size


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
