"""The pictures of a study: its course, what mattered, and each key's values against the accuracy they came to."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from numink.evaluate.look import PALETTE, canvas, styled
from numink.understand.tune.space import Axis
from numink.understand.tune.study import Tried, Tuned
from numink.understand.tune.trial import REPORTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_IN = 0.32
GOLDEN = 0.618034  # multiples of the golden ratio fill a range evenly


@styled
def history(tuned: Tuned) -> "Figure":
    """Every trial's accuracy in their order, the best so far as a line, and the recipe itself as a dashed one."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = canvas()
    bottom = _limits(axes, tuned)
    for trial in tuned.trials:
        _mark(axes, trial.number, trial, bottom, is_best=trial == tuned.best)
    done = tuned.done
    if done:
        best = np.maximum.accumulate([trial.accuracy or 0 for trial in done])
        x = [*(trial.number for trial in done), max(trial.number for trial in tuned.trials)]
        axes.step(x, [*best, best[-1]], where="post", color=PALETTE["red"], zorder=1)
    if tuned.default is not None:
        axes.axhline(tuned.default.accuracy or 0, color=PALETTE["muted"], linewidth=1, dashes=(4, 3), zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.set_xlabel("trial")
    axes.set_title("Accuracy of each trial")
    return figure


@styled
def courses(tuned: Tuned) -> "Figure":
    """The accuracy of every trial on its way: the best red, the recipe itself dashed, those stopped early cut short."""
    figure, axes = canvas()
    _limits(axes, tuned, lower=3)
    for trial in sorted(tuned.trials, key=lambda trial: trial == tuned.best):
        if not trial.course:
            continue
        x, y = [100 * part / REPORTS for part in trial.course], list(trial.course.values())
        best, ends = trial == tuned.best, "x" if trial.state in ("pruned", "failed") else ""
        line = axes.plot(x, y, color=PALETTE["red" if best else "blue"], linewidth=2.2 if best else 0.9)[0]
        line.set(alpha=1 if best else 0.45, marker=ends, markevery=[-1], markersize=4)
        if trial.is_default:
            line.set(color=PALETTE["ink"], alpha=1, linestyle=(0, (4, 2)), linewidth=1.4)
    axes.set(xlim=(0, 100), xlabel="share of the training, in percent")
    axes.set_title("On the way")
    return figure


@styled
def importances(shares: Mapping[str, float]) -> "Figure":
    """The importance of each key as a bar, the largest on top."""
    figure, axes = canvas(height_in=0.6 + ROW_IN * len(shares))
    names, values = list(shares)[::-1], list(shares.values())[::-1]
    axes.barh(names, values, height=0.55, color=PALETTE["blue"])
    for row, value in enumerate(values):
        axes.annotate(f"{value:.0%}".replace("%", " %"), (value, row), (4, 0), textcoords="offset points", va="center")
    axes.set(xlim=(0, 1.18 * max(values)), xticks=[])
    axes.tick_params(axis="y", labelcolor=PALETTE["ink"])
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    return figure


@styled
def slice_of(tuned: Tuned, axis: Axis) -> "Figure":
    """The trials' accuracy over their values of one key."""
    figure, axes = canvas(height_in=2.3)
    bottom = _limits(axes, tuned)
    places = {label: float(place) for place, label in enumerate(axis.labels)}
    for trial in sorted(tuned.trials, key=lambda trial: trial == tuned.best):
        if axis.key in trial.values:
            label = axis.label(trial.values[axis.key])
            aside = 0.2 * (trial.number * GOLDEN % 1 - 0.5)  # so that equals do not hide each other
            x = places[label] + aside if axis.choices else label
            _mark(axes, x, trial, bottom, is_best=trial == tuned.best)
    if axis.choices:
        names = [name_of(value).replace(" + ", "\n") for value in axis.choices]
        axes.set_xticks(list(places.values()), names, fontsize=9 if len(names) < 6 else 7.5)
        axes.set_xlim(-0.5, len(names) - 0.5)
    elif axis.log:
        from matplotlib.ticker import LogLocator, NullLocator

        axes.set_xscale("log")
        axes.set_xlim(axis.low / 1.1, axis.high * 1.1)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if axis.high > 10 * axis.low else (1, 1.5, 2, 3, 5, 7)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title(axis.key)
    return figure


def name_of(value: object) -> str:
    """A value as it stands on an axis or in a table.

    >>> name_of(["shift 1", "rotate 8"]), name_of([]), name_of(0.00123456), name_of("relu")
    ('shift 1 + rotate 8', 'none', '0.00123', 'relu')
    """
    if isinstance(value, list):
        return " + ".join(map(str, value)) or "none"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _limits(axes: "Axes", tuned: Tuned, lower: float = 1) -> float:
    """Show the accuracies that matter, from below the median of the trials done, and the recipe's; the lowest shown."""
    from matplotlib.ticker import MaxNLocator

    values = sorted(trial.accuracy or 0 for trial in tuned.done) or [0.0, 1.0]
    top, span = values[-1], max(values[-1] - values[len(values) // 2], (values[-1] - values[0]) / 4, 0.001)
    itself = tuned.default.accuracy if tuned.default else top
    bottom = max(min(top - 2.5 * lower * span, itself or 0), 0)
    axes.set_ylim(bottom - 0.1 * (top - bottom), top + 0.1 * (top - bottom))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
    return bottom


def _mark(axes: "Axes", x: float, trial: Tried, bottom: float, is_best: bool = False) -> None:
    """A trial as a dot, as a cross where it was stopped; at the lower edge, pointing down, where it is below that."""
    if trial.state == "running":
        return
    y = max(trial.accuracy or 0, bottom)
    shape = "x" if trial.state != "done" else "v" if y == bottom else "o"
    mark = axes.plot([x], [y], shape, markersize=8 if is_best else 5, clip_on=False)[0]
    colour = "red" if is_best else "blue" if trial.state == "done" else "muted"
    mark.set(color=PALETTE[colour], alpha=1 if is_best else 0.8)
