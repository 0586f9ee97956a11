"""Draws the pictures of docs/backprop.md that show maps, with the engine's own layers: `make docs` runs it."""

from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from numink.data.strokes import draw_images, draw_writer, pen_named
from numink.nn.activations import ReLU
from numink.nn.layers import Backward, Layer
from numink.nn.maps import Conv2d
from numink.nn.params import Array, Views
from numink.nn.pool import AveragePool, MaxPool
from numink.nn.work import Work

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
INK, RED, BLUE, GREY, PAPER = "#1f3b5c", "#b8472a", "#2f7fc1", "#8a8f98", "#f3f1ea"

# The example by hand.
X = np.array([[1.0, 2, 0], [0, 1, 3], [2, 0, 1]])
W = np.array([[1.0, 0], [-1, 2]])
BIAS = 1.0
DZ = np.array([[1.0, 0], [2, -1]])

KERNELS = {
    "ink below,\npaper above": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "ink at the right,\npaper at the left": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "ink with paper\naround it": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
}


class Matrix(NamedTuple):
    """What is drawn as cells of 1 x 1. Windows, each (row, column, size), are framed; marked cells are tinted."""

    name: str
    numbers: Array
    colour: str
    windows: tuple[tuple[int, int, int], ...] = ()
    marked: Array | None = None

    def draw(self, axes: Axes, x: float, y: float) -> None:
        """Its cells, the upper left corner at x, y, and its name above them."""
        marked = np.zeros(self.numbers.shape, bool) if self.marked is None else self.marked
        for row, column, size in self.windows:
            frame(axes, x + column, y + row, size, size, self.colour)
            if self.marked is None:
                marked[row : row + size, column : column + size] = True
        for (row, column), number in np.ndenumerate(self.numbers):
            cell(axes, x + column, y + row, number, self.colour, bool(marked[row, column]))
        caption(axes, x + self.numbers.shape[1] / 2, y - 0.2, self.name, self.colour, va="bottom", ha="center")


def cell(axes: Axes, x: float, y: float, number: float, colour: str, marked: bool = False) -> None:
    """A number in a square."""
    face = PAPER if marked else "white"
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor=face, edgecolor=GREY, linewidth=0.7))
    weight = "bold" if marked else "normal"
    caption(axes, x + 0.5, y + 0.53, text_of(number), colour, ha="center", fontsize=11, weight=weight)


def frame(axes: Axes, x: float, y: float, width: float, height: float, colour: str, style: str = "-") -> None:
    """A frame around cells."""
    line = {"edgecolor": colour, "linewidth": 2.2, "linestyle": style}
    axes.add_patch(Rectangle((x, y), width, height, fill=False, zorder=3, **line))


def caption(axes: Axes, x: float, y: float, text: str, colour: str = INK, **style: object) -> None:
    """Text whose middle is at height y."""
    axes.text(x, y, text, color=colour, **{"va": "center", "fontsize": 12, **style})  # type: ignore[arg-type]


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Axes of so many cells, rows running down, without anything around them."""
    figure = Figure(figsize=(10, 10 * height / width), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return figure, axes


def text_of(number: float) -> str:
    """A number as the page writes it: 3, -1, 0.25."""
    return f"{number + 0.0:g}"


def sum_of(left: Array, right: Array) -> str:
    """The products of two matrices, number by number, written out as a sum."""
    lefts, rights = ([text_of(a) if a >= 0 else f"({text_of(a)})" for a in side.ravel()] for side in (left, right))
    return " + ".join(f"{a}·{b}" for a, b in zip(lefts, rights, strict=True))


def kernel(weights: Array | list[list[int]], bias: float = 0.0) -> Views:
    """The parameters of a convolution from one map to one."""
    W = np.array(weights, float)
    return Views(W=W.reshape(*W.shape, 1, 1), b=np.full(1, bias))


def through(layer: Layer, maps: Array, p: Views | None = None) -> tuple[Array, Backward]:
    """One map (rows, columns) through a layer."""
    Z, backward = layer.forward(maps.reshape(1, *maps.shape, 1), p or Views(), Work("float64"))
    return Z[0, ..., 0], backward


def back(backward: Backward, dZ: Array, g: Views | None = None) -> Array:
    """The gradient of one map (rows, columns), from that of what came of it."""
    dX = backward(dZ.reshape(1, *dZ.shape, 1).copy(), g or Views(), True)
    assert dX is not None
    return dX[0, ..., 0]


def convolution() -> Figure:
    """The example by hand: forward, the kernel's gradient, and the pixels' by windows and by the flipped kernel."""
    Z, backward = through(Conv2d(1, 1, (2, 2)), X, kernel(W, BIAS))
    g = kernel(np.zeros((2, 2)))
    dX, dW = back(backward, DZ, g), g.W[..., 0, 0]
    framed, flipped = np.pad(DZ, 1), W[::-1, ::-1]
    figure, axes = sheet(22.4, 22.6)

    def line(y: float, title: str, left: Matrix, middle: Matrix, right: Matrix, sums: str) -> None:
        caption(axes, 1, y - 1.5, title, right.colour, weight="bold")
        x, centre = 1.0, y + len(left.numbers) / 2
        for matrix, sign in ((left, "⊙"), (middle, "→"), (right, "")):
            matrix.draw(axes, x, centre - len(matrix.numbers) / 2)
            x += matrix.numbers.shape[1] + 1.6
            caption(axes, x - 0.8, centre, sign, ha="center", fontsize=18)
        caption(axes, x - 0.9, centre, sums, right.colour, linespacing=1.6)

    line(
        2.2, "(51)  forward: a window times the kernel, and the bias",
        Matrix("$X$", X, INK, ((0, 1, 2),)), Matrix("$W$", W, INK), Matrix("$Z$", Z, INK, ((0, 1, 1),)),
        f"{sum_of(X[0:2, 1:3], W)} + {text_of(BIAS)}\n= {text_of(Z[0, 1])}",
    )  # fmt: skip
    line(
        7.6, "(52)  kernel: what one of its weights met in the four windows, times their dZ",
        Matrix("$X$", X, INK, ((1, 0, 2),)), Matrix("$dZ$", DZ, RED), Matrix("$dW$", dW, RED, ((1, 0, 1),)),
        f"{sum_of(X[1:3, 0:2], DZ)}\n= {text_of(dW[1, 0])}",
    )  # fmt: skip
    y = 13.0
    caption(axes, 1, y - 1.5, "(54)  pixels: each window's dZ times the kernel, laid where it was", RED, weight="bold")
    for number, (row, column) in enumerate(np.ndindex(DZ.shape)):
        share = np.zeros(X.shape)
        share[row : row + 2, column : column + 2] = DZ[row, column] * W
        x = 1 + 4.2 * number
        Matrix(f"{text_of(DZ[row, column])} $\\cdot\\ W$", share, RED, ((row, column, 2),)).draw(axes, x, y)
        caption(axes, x + 3.6, y + 1.5, "+" if number < 3 else "=", ha="center", fontsize=16)
    Matrix("$dX$", dX, RED, ((1, 1, 1),)).draw(axes, 17.8, y)
    line(
        18.4, "(54)  the same: dZ in a frame of zeros, and the kernel flipped",
        Matrix("$dZ$", framed, RED, ((1, 1, 2),)), Matrix("$W$ flipped", flipped, INK),
        Matrix("$dX$", dX, RED, ((1, 1, 1),)), f"{sum_of(framed[1:3, 1:3], flipped)}\n= {text_of(dX[1, 1])}",
    )  # fmt: skip
    return figure


def stride() -> Figure:
    """Two windows, and how often each place is seen: plain, same, same with stride 2."""
    figure, axes = sheet(23, 9.3)
    ways = [("conv N 3x3", 1, 0), ("conv N 3x3 same", 1, 1), ("conv N 3x3 same stride 2", 2, 1)]
    for number, (name, step, margin) in enumerate(ways):
        x, y = 1.5 + 7.5 * number, 2.4
        layer = Conv2d(1, 1, (3, 3), step, ((margin, margin), (margin, margin)))
        Z, backward = through(layer, np.ones((5, 5)), kernel(np.ones((3, 3))))
        seen = back(backward, np.ones_like(Z), kernel(np.zeros((3, 3))))
        for (row, column), count in np.ndenumerate(seen):
            cell(axes, x + column, y + row, count, INK)
        if margin:
            frame(axes, x - 1, y - 1, 7, 7, GREY, ":")
        frame(axes, x - margin + step + 0.06, y - margin - 0.09, 3, 3.18, BLUE)
        frame(axes, x - margin, y - margin, 3, 3, RED)
        caption(axes, x + 2.5, 0.7, name, ha="center", weight="bold")
        caption(axes, x + 2.5, 8.8, f"5 x 5  →  {len(Z)} x {len(Z)}", ha="center")
    return figure


def pool() -> Figure:
    """Max and average pooling, forward and back."""
    maps = np.array([[1.0, 3, 0, 0], [3, 2, 0, 0], [5, 1, 0, 2], [2, 4, 1, 7]])
    dZ = np.array([[1.0, 2], [3, 4]])
    quarters = ((0, 0, 2), (0, 2, 2), (2, 0, 2), (2, 2, 2))
    figure, axes = sheet(20, 13.2)
    ways = [("(55), (56)  pool 2x2", MaxPool((2, 2))), ("(57), (58)  average-pool 2x2", AveragePool((2, 2)))]
    for y, (name, layer) in zip((2.2, 8.8), ways, strict=True):
        Z, backward = through(layer, maps)
        dX = back(backward, dZ)
        marked = (dX > 0) & isinstance(layer, MaxPool)
        caption(axes, 1, y - 1.5, name, weight="bold")
        Matrix("$X$", maps, INK, quarters, marked).draw(axes, 1, y)
        Matrix("$Z$", Z, INK).draw(axes, 7, y + 1)
        Matrix("$dZ$", dZ, RED).draw(axes, 11, y + 1)
        Matrix("$dX$", dX, RED, quarters, marked).draw(axes, 15, y)
        caption(axes, 6, y + 2, "→", INK, ha="center", fontsize=18)
        caption(axes, 14, y + 2, "→", RED, ha="center", fontsize=18)
    return figure


def drawn(digit: int, seed: int) -> Array:
    """A digit (28, 28), 0..1, drawn with a felt pen."""
    rng = np.random.default_rng(seed)
    return draw_images([digit], [draw_writer(rng, pen_named("felt pen"))], rng)[0] / 255


def maps() -> Figure:
    """A digit through three kernels, ReLU and a max pool."""
    digit = drawn(4, 1)
    figure = Figure(figsize=(10, 6.4), facecolor="white", layout="constrained")
    grid = figure.subplots(3, 5)
    for line, (name, weights) in zip(grid, KERNELS.items(), strict=True):
        Z, _ = through(Conv2d(1, 1, (3, 3)), digit, kernel(weights))
        A, _ = through(ReLU(), Z.copy())
        pooled, _ = through(MaxPool((2, 2)), A)
        line[0].imshow(digit, cmap="gray_r", vmin=0, vmax=1)
        line[1].axis("off")
        line[1].set(xlim=(-0.6, 3.6), ylim=(4.4, -0.4))
        for (row, column), weight in np.ndenumerate(np.array(weights)):
            cell(line[1], column, row, weight, INK)
        caption(line[1], 1.5, 3.75, name, ha="center", fontsize=11)
        top = np.abs(Z).max()
        for axes, values in zip(line[2:], (Z, A, pooled), strict=True):
            axes.imshow(values, cmap="RdBu_r", vmin=-top, vmax=top)
    for axes, title in zip(grid[0], ("$X$, 28 x 28", "$W$", "$Z$, 26 x 26", "relu", "pool 2x2, 13 x 13"), strict=True):
        axes.set_title(title, fontsize=12, color=INK)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
    return figure


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "numink"  # the same picture gives the same file
    for draw in (convolution, stride, pool):
        draw().savefig(FOLDER / f"{draw.__name__}.svg", metadata={"Date": None})
    maps().savefig(FOLDER / "maps.png", dpi=110)
