"""Draws the pictures of docs/backprop.md that show normalisation, silent maps and averages: `make docs` runs it."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from numink.data.strokes import draw_images, draw_writer, pen_named
from numink.nn.activations import ReLU
from numink.nn.layers import Dropout
from numink.nn.maps import Conv2d, DropMaps
from numink.nn.norm import Norm
from numink.nn.params import Views
from numink.nn.pool import MaxPool
from numink.nn.work import Work
from numink.optim.update import Average

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
INK, RED, BLUE, YELLOW = "#1f3b5c", "#b8472a", "#2f7fc1", "#d9a441"


def norm() -> Figure:
    """Four channels of a fresh network before normalisation, after it, and after gamma and beta of their own."""
    rng = np.random.default_rng(0)
    X = draw_images(np.arange(256) % 10, [draw_writer(rng) for _ in range(256)], rng)[..., np.newaxis] / 255
    for layer in (Conv2d(1, 8, (5, 5)), ReLU(), MaxPool((2, 2)), Conv2d(8, 4, (5, 5)), ReLU(), Conv2d(4, 4, (5, 5))):
        p = {name: rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape) for name, shape in layer.params().items()}
        X, _ = layer.forward(X, Views(**p), Work("float64"))
    own = Views(gamma=np.array([0.5, 1, 1.5, 2]), beta=np.array([2.0, 0, -2, 1]))
    normed, used = (Norm(4).forward(X.copy(), p, training())[0] for p in (unlearnt(4), own))
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    panels = {"$X$": X, r"$\hat X$  (63)": normed, r"$Z = \gamma \hat X + \beta$  (64)": used}
    for number, (title, maps) in enumerate(panels.items()):
        axes = figure.add_subplot(1, 3, number + 1, title=title, yticks=[])
        bins = np.linspace(*np.quantile(maps, [0.001, 0.999]), 50)
        for channel, colour in enumerate((INK, RED, BLUE, YELLOW)):
            axes.hist(maps[..., channel].ravel(), bins, histtype="step", color=colour, linewidth=1.6)
    return figure


def norm_back() -> Figure:
    """The gradient behind normalisation against X-hat, its best line, and what (68) leaves of it."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 1))
    X_hat, backward = Norm(1).forward(X, unlearnt(1), training())
    dZ = 0.35 + 0.5 * X_hat + rng.normal(0, 0.4, X.shape)
    g = unlearnt(1)
    dX = backward(dZ.copy(), g, True) * np.sqrt(X.var())
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    line = g.beta / len(X) + g.gamma / len(X) * X_hat
    panels = [(r"$dZ$ and the line  $d\beta/m + \hat X \, d\gamma/m$", dZ, line), ("$dX$  (68)", dX, 0 * line)]
    for number, (title, values, best) in enumerate(panels):
        axes = figure.add_subplot(1, 2, number + 1, title=title, xlabel=r"$\hat X$", ylim=(-1.7, 2.8))
        axes.axhline(0, color="0.8", linewidth=0.8)
        axes.vlines(X_hat[:, 0], best[:, 0], values[:, 0], color="0.8", linewidth=0.8)
        axes.plot(X_hat[:, 0], best[:, 0], color=INK)
        axes.plot(X_hat[:, 0], values[:, 0], ".", color=RED)
    return figure


def drop_maps() -> Figure:
    """Eight maps of a digit, with dropout of numbers and of whole maps."""
    rng = np.random.default_rng(5)
    digit = draw_images([3], [draw_writer(rng, pen_named("felt pen"))], rng)
    p = Views(W=rng.normal(0, 1 / 3, (3, 3, 1, 8)), b=np.zeros(8))
    Z, _ = Conv2d(1, 8, (3, 3)).forward(digit[..., np.newaxis] / 255, p, Work("float64"))
    work = training()
    figure = Figure(figsize=(10, 4.1), facecolor="white", layout="constrained")
    grid = figure.subplots(3, 8)
    for line, name, layer in zip(
        grid, ("maps", "dropout 0.5", "drop-maps 0.5"), (None, Dropout(0.5), DropMaps(0.5)), strict=True
    ):
        work.randomness.begin((4,))
        A = layer.forward(Z.copy(), Views(), work)[0] if layer else Z
        for axes, values in zip(line, A[0].transpose(2, 0, 1), strict=True):
            axes.imshow(values, cmap="RdBu_r", vmin=-1.5, vmax=1.5)
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=11, color=INK)
    return figure


def average() -> Figure:
    """Gradient descent with noisy gradients in a valley, and the averaged weights."""
    rng = np.random.default_rng(3)
    steepness = np.array([0.15, 1.0])
    theta = np.array([-3.8, 1.5])
    mean = Average(0.99, theta)
    walked, averaged = [theta.copy()], [theta.copy()]
    for step in range(1, 251):
        theta -= 0.4 * (steepness * theta + rng.normal(0, 0.8, 2))
        mean.update(theta, step)
        walked.append(theta.copy())
        averaged.append(mean.vector.copy())
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    axes = figure.add_subplot(xlim=(-5, 3), ylim=(-1.9, 1.9), aspect="equal", xticks=[], yticks=[])
    x, y = np.meshgrid(np.linspace(-5, 3, 200), np.linspace(-1.9, 1.9, 100))
    axes.contour(x, y, steepness[0] * x**2 + steepness[1] * y**2, np.arange(1, 9) ** 2 / 10, colors="0.85")
    axes.plot(*np.transpose(walked), color=RED, linewidth=0.7, label=r"$\theta$")
    axes.plot(*np.transpose(averaged), color=INK, linewidth=2.2, label=r"$\bar \theta$ (73)")
    axes.plot(0, 0, "+", color="black", markersize=12)
    axes.legend()
    return figure


def unlearnt(channels: int) -> Views:
    """Normalisation's parameters and buffers as they start."""
    return Views(gamma=np.ones(channels), beta=np.zeros(channels), mean=np.zeros(channels), variance=np.ones(channels))


def training() -> Work:
    """Fresh scratch memory, of a pass that trains."""
    work = Work("float64")
    work.randomness.begin((0,))
    return work


if __name__ == "__main__":
    mpl.rcParams["svg.hashsalt"] = "numink"  # the same picture gives the same file
    for draw in (norm, norm_back, average):
        draw().savefig(FOLDER / f"{draw.__name__.replace('_', '-')}.svg", metadata={"Date": None})
    drop_maps().savefig(FOLDER / "drop-maps.png", dpi=110)
