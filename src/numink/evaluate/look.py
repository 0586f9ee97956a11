"""How numink's figures look: one palette, one style, and inline SVG that follows a page into the dark.

The figures are matplotlib's, made without pyplot: they need no screen, and leave matplotlib's settings as
they were. Two colours carry the meaning, a blue and a vermilion that stay apart for all common kinds of
colour blindness (after Okabe and Ito, 2008); lines differ in their dashes as well.
"""

import re
from collections.abc import Callable
from functools import wraps
from html import escape
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = {
    "ink": "#1c2330",
    "muted": "#5f6b7c",
    "line": "#d9dee6",
    "blue": "#0067a8",
    "red": "#c8500a",
}
"""Each colour by its name, for paper. `svg` writes the names as CSS variables (`--ink` and so on)."""

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # matplotlib brings it along: the same on every machine
    "font.size": 10,
    "text.usetex": False,
    "text.color": PALETTE["ink"],
    "axes.edgecolor": PALETTE["line"],
    "axes.labelcolor": PALETTE["muted"],
    "axes.titlecolor": PALETTE["ink"],
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALETTE["line"],
    "grid.linewidth": 0.8,
    "xtick.color": PALETTE["line"],
    "ytick.color": PALETTE["line"],
    "xtick.labelcolor": PALETTE["muted"],
    "ytick.labelcolor": PALETTE["muted"],
    "ytick.major.size": 0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.constrained_layout.w_pad": 0.1,  # inches
    "figure.constrained_layout.h_pad": 0.1,
    "legend.frameon": False,
    "legend.labelcolor": PALETTE["ink"],
    "svg.fonttype": "none",  # text stays text: the page's font, found by a search, read by a screen reader
    "svg.hashsalt": "numink",  # the same figure gives the same bytes
}

WIDTH_IN = 4.2

P = ParamSpec("P")
R = TypeVar("R")


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` under numink's style; matplotlib's own settings are back when it returns."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        import matplotlib

        with matplotlib.rc_context(STYLE):
            return function(*args, **kwargs)

    return wrapper


def canvas(height_in: float = 3.2) -> "tuple[Figure, Axes]":
    """An empty figure and its axes, so narrow that its text can be read on a telephone."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    return figure, figure.subplots()


@styled
def png(figure: "Figure", dots_per_inch: int = 160) -> bytes:
    """The figure as a PNG file on white."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=dots_per_inch, facecolor="white")
    return file.getvalue()


@styled
def svg(figure: "Figure", name: str, description: str) -> str:
    """The figure as an `<svg>` element for a page that defines the variables `--ink`, `--blue` and so on.

    `name` sets its ids apart from those of other figures there; `description` is for those who cannot see it.
    """
    file = StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    text = file.getvalue()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r' xmlns(:\w+)?="[^"]*"| (width|height)="[\d.]+pt"', "", text)  # the page decides its size
    text = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", text)
    for variable, colour in PALETTE.items():
        text = text.replace(colour, f"var(--{variable})")
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(description)}"', 1)
