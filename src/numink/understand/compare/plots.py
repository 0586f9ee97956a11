"""The pictures of a comparison: each function takes a Comparison and returns one matplotlib figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numink.evaluate.look import PALETTE, canvas, styled
from numink.run import HISTORY
from numink.understand.compare.comparison import Comparison, Part
from numink.understand.compare.variants import Variant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Column = Literal["loss", "accuracy"]
XAxis = Literal["iteration", "epoch", "second"]

COLOURS = ("blue", "red", "ink", "muted")
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
MOST_LINES = 8
MOST_BANDS = 5
LONGEST_LABEL = 14
LINE_GAP = 0.075
"""Between the names of two lines, as a share of the axes."""


class Course(NamedTuple):
    """How one figure went during training, over the seeds of a variant."""

    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def drawn(comparison: Comparison) -> tuple[Variant, ...]:
    """The variants whose courses are drawn: all, or the best of many."""
    return tuple(variant for variant in comparison.compared if variant in comparison.ranked[:MOST_LINES])


def x_axis(comparison: Comparison) -> XAxis:
    """Iterations where every epoch has one step, epochs elsewhere."""
    full_batch = all(variant.recipe.train.batch_size == "all" for variant in comparison.compared)
    return "iteration" if full_batch else "epoch"


def course(comparison: Comparison, variant: Variant, part: Part, column: Column, x: XAxis) -> Course:
    """Mean, lowest and highest over the seeds of a column of the runs' histories, as far as all of them went.

    Of the training part it is what each batch gave when its turn came, before the step.
    """
    folders = [
        comparison.folder / "runs" / variant.folder / f"seed-{run.seed}" for run in comparison.runs_of(variant.name)
    ]
    tables = [np.atleast_1d(np.genfromtxt(folder / HISTORY, delimiter=",", names=True)) for folder in folders]
    rows = min(map(len, tables))
    name = column if part == "training" else f"validation_{column}"
    values = np.array([table[name][:rows] for table in tables])
    along = {"iteration": "step", "epoch": "epoch", "second": "seconds"}[x]
    at = np.mean([table[along][:rows] for table in tables], axis=0)
    return Course(at, values.mean(axis=0), values.min(axis=0), values.max(axis=0))


@styled
def curves(comparison: Comparison, part: Part, column: Column, x: XAxis | None = None) -> "Figure":
    """Cost ("loss") or accuracy on training or validation data: a line for each variant, a band from its lowest seed
    to its highest. Of many variants the best are drawn, and without bands."""
    x = x or x_axis(comparison)
    those = drawn(comparison)
    named = all(len(variant.name) <= LONGEST_LABEL for variant in those)
    figure, axes = canvas(height_in=3.2 if named else 3.2 + 0.22 * len(those))
    courses = [course(comparison, variant, part, column, x) for variant in those]
    for number, (variant, found) in enumerate(zip(those, courses, strict=True)):
        colour = PALETTE[COLOURS[number % len(COLOURS)]]
        dashes = DASHES[(number + number // len(COLOURS)) % len(DASHES)]
        axes.plot(found.x, found.mean, color=colour, linestyle=dashes, label=variant.name)
        if len(those) <= MOST_BANDS:
            axes.fill_between(found.x, found.low, found.high, color=colour, alpha=0.15, linewidth=0)
    _scale(axes, courses, column)
    axes.set_xlabel({"second": "seconds of training"}.get(x, x))
    axes.set_title(f"{'Cost' if column == 'loss' else 'Accuracy'} on {part} data")
    if named:
        _name_lines(axes)
    else:
        figure.legend(loc="outside lower left")
    return figure


@styled
def bars(comparison: Comparison, part: Part, measure: str) -> "Figure":
    """One bar for each variant, from zero: the share read wrong ("accuracy"), or "squared_error" or "cross_entropy".

    The line at its end is the 95 % interval of the mean, the dots are the single seeds; the best is blue.
    """
    names = [variant.name for variant in comparison.compared]
    beside = max(map(len, names)) <= LONGEST_LABEL
    figure, axes = canvas(height_in=1.15 + (0.42 if beside else 0.6) * len(names))
    for row, variant in enumerate(comparison.compared):
        values = np.array(comparison.figures(variant.name, part, measure))
        values = 100 * (1 - values) if measure == "accuracy" else values
        interval = comparison.spread(variant.name, part, measure).interval_95
        best = variant is comparison.best
        colour, alpha = (PALETTE["blue"], 0.75) if best else (PALETTE["muted"], 0.4)
        axes.barh(row, values.mean(), 0.62 if beside else 0.4, color=colour, alpha=alpha)
        if interval:
            low, high = sorted(100 * (1 - end) for end in interval) if measure == "accuracy" else interval
            mean = values.mean()
            ends = [[max(mean - low, 0)], [max(high - mean, 0)]]  # rounding
            axes.errorbar(mean, row, xerr=ends, color=PALETTE["ink"], elinewidth=1.3, capsize=3)
        axes.plot(values, np.full(len(values), row + 0.15), "o", color=PALETTE["ink"], markersize=2.4, alpha=0.7)
        if not beside:
            axes.annotate(variant.name, (0, row - 0.26), xytext=(2, 0), textcoords="offset points", fontsize=9)
    axes.set_yticks(range(len(names)), names if beside else [""] * len(names))
    axes.tick_params(axis="y", labelcolor=PALETTE["ink"])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    axes.xaxis.set_major_locator(_few())
    what = {"accuracy": "Read wrong", "squared_error": "Error sum", "cross_entropy": "Cross-entropy"}[measure]
    axes.set_xlabel("% of the images" if measure == "accuracy" else "")
    axes.set_title(f"{what}, {part} data")
    return figure


def _few() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10])


def _scale(axes: "Axes", courses: Sequence[Course], column: Column) -> None:
    """The cost on a logarithmic axis where it falls far; the accuracy from what the slowest has after a fifth."""
    from matplotlib.ticker import LogLocator, NullLocator

    means = np.concatenate([found.mean for found in courses])
    if column == "accuracy":
        axes.set_ylim(bottom=min(found.low[len(found.low) // 5] for found in courses))
        axes.yaxis.set_major_locator(_few())
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
    elif means.min() > 0 and means.max() > 8 * means.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=0)


def _name_lines(axes: "Axes") -> None:
    """Each line's name at its end, moved apart where the ends are close."""
    axes.set_xlim(right=max(float(np.max(line.get_xdata())) for line in axes.lines))
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = [to_axes.transform(line.get_xydata()[-1]) for line in axes.lines]  # type: ignore[index]
    order = sorted(range(len(ends)), key=lambda number: ends[number][1])
    wanted = np.array([ends[number][1] for number in order])
    heights = wanted.copy()
    for above in range(1, len(heights)):
        heights[above] = max(heights[above], heights[above - 1] + LINE_GAP)
    heights -= (heights - wanted).mean()
    for number, height in zip(order, heights, strict=True):
        line = axes.lines[number]
        axes.annotate(
            str(line.get_label()),
            (ends[number][0], height),
            xycoords="axes fraction",
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=line.get_color(),
        )
