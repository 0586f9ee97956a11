"""Draws the pictures of docs/backprop.md, with the engine's own layers: `make docs` runs it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numink.nn.activations import Tanh
from numink.nn.build import ACTIVATIONS, build
from numink.nn.init import initialise
from numink.nn.layers import Dense, Layer, Pixels
from numink.nn.network import Gradient
from numink.nn.params import Views
from numink.nn.residual import Residual
from numink.nn.work import Work

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
INK, RED, PAPER = "#1f3b5c", "#b8472a", "#f3f1ea"


Point: TypeAlias = tuple[float, float]


def arrow(axes: Axes, start: Point, end: Point, colour: str, dashed: bool = False, bend: float = 0) -> None:
    """An arrow from start to end, dashed where something is only read; with a bend it goes round at the left."""
    style = {"arrowstyle": "-|>", "color": colour, "linestyle": ":" if dashed else "-", "shrinkA": 15, "shrinkB": 15}
    axes.annotate("", end, start, arrowprops={**style, "connectionstyle": f"arc3,rad={-bend}"})


def box(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    """A quantity."""
    style = {"boxstyle": "round,pad=0.45", "facecolor": PAPER, "edgecolor": colour}
    axes.text(x, y, text, ha="center", va="center", color=colour, bbox=style, fontsize=12)


def chain() -> Figure:
    """A network with one hidden layer: forward along the top, backward along the middle, gradients at the bottom."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    axes = figure.add_subplot(xlim=(-0.5, 6.5), ylim=(-0.45, 2.5))
    axes.axis("off")
    forward = ["$U$", "$X$", "$Z_1$", "$A_1$", "$Z_2$", "$P$", "$J$"]
    maps = ["pixels (1)", "dense (2)", "$g$ (3 to 9)", "dense (2)", "softmax (11)", "cost (12)"]
    for x, (start, by) in enumerate(zip(forward, maps, strict=False)):
        box(axes, x, 2, start, INK)
        arrow(axes, (x, 2), (x + 1, 2), INK)
        axes.text(x + 0.5, 2.26, by, ha="center", color=INK, fontsize=9)
    box(axes, 6, 2, forward[-1], INK)
    arrow(axes, (6, 2), (4, 1), RED)
    axes.text(5.3, 1.28, "(17)", color=RED, fontsize=9)
    for x, name, by in [(4, "$dZ_2$", "(22)"), (3, "$dA_1$", "(23)"), (2, "$dZ_1$", "")]:
        box(axes, x, 1, name, RED)
        if by:
            arrow(axes, (x, 1), (x - 1, 1), RED)
            axes.text(x - 0.32, 0.78, by, ha="center", color=RED, fontsize=9)
    for x, layer in [(2, 1), (4, 2)]:
        box(axes, x, 0, f"$dW_{layer}$,  $db_{layer}$", RED)
        arrow(axes, (x, 1), (x, 0), RED)
        arrow(axes, (x - 1, 2), (x - 0.15, 0), INK, dashed=True)
        axes.text(x + 0.07, 0.5, "(20), (21)", color=RED, fontsize=9)
    arrow(axes, (3, 2), (2.5, 0.85), INK, dashed=True)
    return figure


def activations() -> Figure:
    """Each activation and, dashed, its slope, as the engine computes them."""
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    Z = np.linspace(-4, 4, 401)
    for number, (name, make) in enumerate(ACTIVATIONS.items()):
        axes = figure.add_subplot(2, 4, number + 1, title=name, ylim=(-1.5, 2.5))
        A, backward = make().forward(Z, Views(), Work("float64"))
        slope = backward(np.ones_like(Z), Views(), True)
        axes.axhline(0, color="0.8", linewidth=0.8)
        axes.plot(Z, A, color=INK, label="$A = g(Z)$")
        axes.plot(Z, slope, color=RED, linestyle="--", label="$g'(Z)$")
    figure.legend(*axes.get_legend_handles_labels(), loc="lower right", bbox_to_anchor=(0.97, 0.17), fontsize=12)
    return figure


def step() -> Figure:
    """How far central differences are from the gradient, for steps h of every size."""
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel="$h$", ylabel="error of the difference quotient")
    sizes = np.logspace(-12, -1, 45)
    for dtype, colour in [("float32", RED), ("float64", INK)]:
        axes.plot(sizes, [difference_error(dtype, h) for h in sizes], color=colour, label=dtype)
    axes.axvline(1e-5, color="0.7", linewidth=0.8)
    axes.legend()
    return figure


def difference_error(dtype: str, h: float) -> float:
    """|(J(theta + h d) - J(theta - h d)) / 2h - gradient . d|, the median of 20 random directions d of length 1."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (7, 5, 4)).astype(np.uint8), rng.integers(0, 4, 7)
    layers, pixels = ["dense 6", "tanh", "dense 4"], Pixels(1 / 64, -1.9)
    network = build(layers, dtype=dtype, pixels=pixels, in_shape=(5, 4), classes=4)
    theta = initialise(network.layout, "xavier", 1.0, 0, dtype)
    worker, gradient, elsewhere = network.worker(), Gradient(network), Gradient(network)

    def loss(theta: np.ndarray, into: Gradient) -> float:
        p = network.layout.views(theta.astype(dtype))
        worker.gradient(images, labels, slice(0, 7), 7, p, (0,), into)
        return into.loss

    loss(theta, gradient)
    errors = []
    for direction in rng.normal(size=(20, theta.size)):
        d = direction / np.linalg.norm(direction)
        slope = (loss(theta + h * d, elsewhere) - loss(theta - h * d, elsewhere)) / (2 * h)
        errors.append(abs(slope - gradient.vector @ d))
    return float(np.median(errors))


def norm_graph() -> Figure:
    """What depends on what in normalisation, with the slope at each arrow and the steps of the way back."""
    figure = Figure(figsize=(10, 3.7), layout="constrained")
    axes = figure.add_subplot(xlim=(-0.4, 6.6), ylim=(-0.35, 2.6))
    axes.axis("off")
    places = {"x": (0, 0), r"\mu": (1.5, 2), r"\nu": (3, 1.2), r"\hat x": (4.5, 0), "z": (6, 0)}
    arrows = [
        ("x", r"\mu", r"$1/m$", (0.5, 1.12)), ("x", r"\nu", r"$2 \sigma \hat x_i / m$", (1.45, 0.82)),
        ("x", r"\hat x", r"$1/\sigma$", (2.25, -0.2)), (r"\mu", r"\nu", "$0$", (2.32, 1.72)),
        (r"\mu", r"\hat x", r"$-1/\sigma$", (3.62, 1.7)), (r"\nu", r"\hat x", r"$-\hat x_i / 2\sigma^2$", (3.4, 0.5)),
        (r"\hat x", "z", r"$\gamma$", (5.25, 0.14)),
    ]  # fmt: skip
    for start, end, slope, place in arrows:
        arrow(axes, places[start], places[end], INK, bend=0.28 if slope == r"$-1/\sigma$" else 0)
        axes.text(*place, slope, color=RED, fontsize=12, ha="center", va="center")
    for name, (x, y) in places.items():
        box(axes, x, y, f"${name}_i$" if name in ("x", "z", r"\hat x") else f"${name}$", INK)
    for step, (x, y) in enumerate([(4.5, 0.42), (2.85, 0.8), (1.5, 2.42), (0, 0.42)], start=1):
        axes.text(x, y, f"step {step}", color=RED, fontsize=10, ha="center", va="center", style="italic")
    return figure


def residual() -> Figure:
    """A residual layer, forward and back; beside it the gradients in a deep chain with and without it."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    left.set(xlim=(-0.4, 4.4), ylim=(-0.5, 3.1))
    left.axis("off")
    for y, colour, x_of, names, number in (
        (2, INK, (0, 1.5, 3, 4), ("$X$", "$F$", "+", "$Z$"), "(69)"),
        (0, RED, (4, 2.5, 1, 0), ("$dZ$", "$F$", "+", "$dX$"), "(70)"),
    ):
        for x, following, name in zip(x_of, (*x_of[1:], None), names, strict=True):
            box(left, x, y, name, colour)
            if following is not None:
                arrow(left, (x, y), (following, y), colour)
        arrow(left, (x_of[0], y), (x_of[2], y), colour, bend=0.42 if colour == INK else -0.42)
        left.text((x_of[0] + x_of[2]) / 2, y + 0.95, f"as it is  {number}", ha="center", color=colour, fontsize=10)
    depth = 24
    block = (Dense(32, 32), Tanh())
    for name, layers, colour in (("plain", block * depth, INK), ("residual", (Residual(block),) * depth, RED)):
        sizes = gradient_sizes(layers)
        right.plot(np.linspace(0, depth, len(sizes)), sizes, color=colour, label=name)
    right.set(yscale="log", xlabel="layer", ylabel="gradient, as a share of the last")
    right.legend()
    return figure


def gradient_sizes(layers: Sequence[Layer]) -> list[float]:
    """The length of the gradient before the first layer, between the layers, and after the last, where it is 1."""
    rng = np.random.default_rng(0)
    X, way_back = rng.normal(size=(16, 32)), []
    for layer in layers:
        p = {name: rng.uniform(-1, 1, shape) * np.sqrt(6 / 64) / 2 for name, shape in layer.params().items()}
        X, backward = layer.forward(X, Views(**p), Work("float64"))
        way_back.append((backward, Views(**{name: np.zeros_like(array) for name, array in p.items()})))
    dX, sizes = rng.normal(size=X.shape), []
    sizes.append(float(np.linalg.norm(dX)))
    for backward, g in reversed(way_back):
        dX = backward(dX, g, True)
        sizes.append(float(np.linalg.norm(dX)))
    return [size / sizes[0] for size in reversed(sizes)]


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "numink"  # the same picture gives the same file
    FOLDER.mkdir(exist_ok=True)
    for draw in (chain, activations, step, norm_graph, residual):
        draw().savefig(FOLDER / f"{draw.__name__.replace('_', '-')}.svg", metadata={"Date": None})
