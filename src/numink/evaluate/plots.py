"""The pictures of a run: each function takes arrays and returns one matplotlib figure.

`numink.evaluate.look` holds their style, and turns a figure into a PNG file or into SVG for a page.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numink.evaluate.calibration import Calibration
from numink.evaluate.look import PALETTE, WIDTH_IN, canvas, styled
from numink.scores import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

History = Mapping[str, ArrayLike]
"""The columns of a run's history, each (rows,): epoch, step, loss, accuracy, validation_loss and so on."""
XLabel = Literal["epoch", "iteration"]

PARTS = (("", "training", "blue", (0, (4, 1.6))), ("validation_", "validation", "red", "solid"))
MAX_UNITS = 64
GAP_PX = 3


@styled
def cost(history: History, x_label: XLabel = "epoch") -> "Figure":
    """The cost on training and on validation data, from the columns `loss` and `validation_loss`.

    Missing columns and NaN are left out. The axis is logarithmic where the cost falls to a thirtieth.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    figure, axes = canvas()
    drawn = _curves(axes, history, "loss", x_label)
    values = np.concatenate([y for _, y in drawn.values()]) if drawn else np.ones(1)
    if values.min() > 0 and values.max() > 30 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=0)
    axes.set_title("Cost")
    return figure


@styled
def accuracy(history: History, x_label: XLabel = "epoch") -> "Figure":
    """The accuracy on training and on validation data, from the columns `accuracy` and `validation_accuracy`.

    They are shares, 0..1. The best value on validation data (or on training data, without) is marked.
    """
    figure, axes = canvas()
    drawn = _curves(axes, history, "accuracy", x_label)
    _percent(axes.yaxis)
    axes.set_title("Accuracy")
    if drawn:
        part, (x, y) = list(drawn.items())[-1]
        best = int(np.argmax(y))
        colour = PALETTE["red" if part == "validation" else "blue"]
        axes.plot(x[best], y[best], "o", color=colour, markersize=6, clip_on=False)
        label = f"best {part} {y[best]:.2%}, {x_label} {x[best]:.0f}".replace("%", " %")
        axes.set_title(label, loc="right", fontsize=8.5, fontweight="normal", color=PALETTE["muted"])
    return figure


@styled
def confusion(counts: NDArray[np.int64]) -> "Figure":
    """The confusion matrix (10, 10), rows true: hits pale blue, mistakes red by their share of the row.

    The colours are by the square root of that share, relative to the largest, for one mistake in a thousand
    must be seen beside a hundred; the diagonal, a hundred times higher still, takes no part in the scale.
    """
    from matplotlib.patches import FancyBboxPatch

    figure, axes = canvas(height_in=4.3)
    classes = len(counts)
    wrong = (counts - np.diag(counts.diagonal())) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    strength = np.sqrt(wrong / max(wrong.max(), 1e-12))
    for row, column in np.argwhere(counts > 0):
        hit = row == column
        colour, alpha = ("blue", 0.16) if hit else ("red", 0.08 + 0.55 * strength[row, column])
        corner = (column - 0.38, row - 0.38)
        tile = FancyBboxPatch(corner, 0.76, 0.76, "round,pad=0.08", lw=0, fc=PALETTE[colour], alpha=alpha)
        axes.add_patch(tile)
        number = axes.text(column, row, str(counts[row, column]), fontsize=8.5)
        number.set(ha="center", va="center_baseline", fontweight="bold" if hit else "normal")
    axes.set(xlim=(-0.5, classes - 0.5), ylim=(classes - 0.5, -0.5), aspect="equal")
    axes.set(xticks=range(classes), yticks=range(classes))
    axes.set_xlabel("read as", labelpad=8)
    axes.set_ylabel("true digit", labelpad=6)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0, labelcolor=PALETTE["ink"], labelsize=11)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    return figure


@styled
def reliability(calibrated: Calibration) -> "Figure":
    """The reliability diagram: of the digits read with some confidence, how many were right.

    One point for each bin that holds any, with the 95 % interval of its accuracy: only where that misses
    the dashed line is the confidence off by more than chance.
    """
    figure, axes = canvas(height_in=3.7)
    filled = [b for b in calibrated.reliability if b.count]
    shares = np.array([b.accuracy for b in filled])
    low, high = np.array([wilson_interval(b.right, b.count) for b in filled]).T
    axes.plot([0, 1], [0, 1], color=PALETTE["muted"], linewidth=1, dashes=(4, 3))
    axes.errorbar(
        [b.confidence for b in filled],
        shares,
        yerr=[shares - low, high - shares],
        fmt="o",
        color=PALETTE["blue"],
        markersize=5,
        elinewidth=1.2,
        clip_on=False,
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share that was right")
    _percent(axes.xaxis, axes.yaxis)
    axes.set_title("Does the confidence hold?")
    return figure


@styled
def reject_curve(calibrated: Calibration) -> "Figure":
    """The error rate among the images that are accepted, over the share that is rejected.

    Drawn until a twentieth of the errors are left: beyond, there is nothing more to gain.
    """
    points = calibrated.reject_curve
    most = points[0].error_rate
    enough = next((i for i, point in enumerate(points) if point.error_rate <= most / 20), len(points) - 1)
    points = points[: max(enough + 1, 2)]
    figure, axes = canvas(height_in=3.7)
    x, y = [point.rejected for point in points], [point.error_rate for point in points]
    axes.plot(x, y, color=PALETTE["blue"], clip_on=False)
    axes.set(xlim=(0, max(points[-1].rejected, 0.01)), ylim=(0, max(1.08 * max(y), 0.001)))
    axes.set(xlabel="rejected, the least confident first", ylabel="errors among the rest")
    _percent(axes.xaxis, axes.yaxis)
    axes.set_title("What rejecting a few is worth")
    return figure


@styled
def weights(W: ArrayLike) -> "Figure":
    """The weights of a first layer, W (height, width, units): the first 64 units as pictures, small kernels enlarged.

    All on one scale centred on 0: red for positive weights, blue for negative, and nothing at 0. Full
    colour is the 99.5th percentile of their sizes, so that one outlier does not make the others pale.
    """
    from matplotlib.patches import Rectangle

    W = np.asarray(W, dtype=np.float64)[..., :MAX_UNITS]
    enlarged = max(28 // max(W.shape[:2]), 1)
    W = W.repeat(enlarged, axis=0).repeat(enlarged, axis=1)
    height_px, width_px, units = W.shape
    columns = min(units, 5 if units <= 25 else 8)
    rows = -(-units // columns)
    down_px, across_px = height_px + GAP_PX, width_px + GAP_PX
    mosaic = np.zeros((rows * down_px, columns * across_px))
    corners = [divmod(unit, columns) for unit in range(units)]
    for unit, (row, column) in enumerate(corners):
        y, x = row * down_px, column * across_px
        mosaic[y : y + height_px, x : x + width_px] = W[..., unit]

    full = float(np.quantile(np.abs(W), 0.995)) or 1.0
    figure, axes = canvas(height_in=WIDTH_IN * rows * down_px / (columns * across_px) + 0.3)
    axes.imshow(_diverging(mosaic / full), interpolation="none")
    for row, column in corners:
        corner = (column * across_px - 1.5, row * down_px - 1.5)
        axes.add_patch(
            Rectangle(corner, width_px + 2, height_px + 2, fill=False, edgecolor=PALETTE["line"], linewidth=0.8)
        )
    axes.set(xlim=(-2.5, columns * across_px - 0.5), ylim=(rows * down_px - 0.5, -2.5))
    axes.set_axis_off()
    scale = f"red: +{full:.2g} or more, blue: \u2212{full:.2g} or less"
    axes.set_title(scale, fontsize=8.5, fontweight="normal")
    return figure


def _curves(
    axes: "Axes", history: History, column: str, x_label: XLabel
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Draw `column` for each part that has it; the x and y that were drawn, by the name of the part."""
    from matplotlib.ticker import MaxNLocator

    drawn = {}
    for prefix, part, colour, dashes in PARTS:
        y = np.asarray(history.get(prefix + column, []), dtype=np.float64)
        rows = np.arange(1, len(y) + 1)
        x = np.asarray(history.get("step" if x_label == "iteration" else "epoch", rows), dtype=np.float64)
        seen = np.isfinite(y)
        if seen.any():
            x, y = drawn[part] = x[seen], y[seen]
            line = axes.plot(x, y, color=PALETTE[colour], linestyle=dashes, label=part)[0]
            if len(y) <= 30:
                line.set(marker="o", markersize=3.5)
    axes.set_xlabel(x_label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    if drawn:
        axes.legend()
    return drawn


def _diverging(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours (h, w, 4) for values (h, w): red above 0, blue below, opaque from 1 on and transparent at 0."""
    from matplotlib.colors import to_rgb

    rgb = np.where(values[..., None] > 0, to_rgb(PALETTE["red"]), to_rgb(PALETTE["blue"]))
    return np.concatenate([rgb, np.minimum(np.abs(values), 1)[..., None]], axis=-1)


def _percent(*axes: "Axis") -> None:
    from matplotlib.ticker import MaxNLocator

    for axis in axes:
        axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
