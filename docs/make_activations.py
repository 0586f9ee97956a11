"""Makes the tables and pictures of docs/activations.md by the experiments that it tells of: `make docs` runs it.

The runs are kept in runs/activations, -rates, -tune and -tuned. What is there is not made again: a second call only
draws. The figures are stored in docs/activations.json, from which the tables come, and with which a test compares them.
"""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from numink.evaluate.look import PALETTE, STYLE, styled
from numink.files import write_text
from numink.recipe import load
from numink.run import load_digits
from numink.understand.compare.comparison import Comparison
from numink.understand.compare.experiment import compare
from numink.understand.compare.plots import bars, curves
from numink.understand.compare.significance import holm, paired_test
from numink.understand.compare.verdicts import p_text
from numink.understand.tune.search import BEST, tune
from numink.understand.tune.space import load_space
from numink.understand.tune.study import Tuned

DOCS = Path(__file__).resolve().parent
PAGE, FIGURES, PICTURES = DOCS / "activations.md", DOCS / "activations.json", DOCS / "pictures"
ACTIVATIONS = ("sigmoid", "tanh", "relu")
VARIED = f"network.activation={','.join(ACTIVATIONS)}"
RATES = (0.1, 0.3, 0.6, 1.0, 2.0)
FREED = ["data.validation=5000", "train.schedule=one-cycle", "train.epochs=10", "train.batch_size=128"]
TRIALS = 40
LOOKS = {"sigmoid": ("blue", "-"), "tanh": ("red", "--"), "relu": ("ink", ":")}  # as compare_plots has them
BEHIND = {
    "validation": "validation images",
    "final": "validation images, after the last iteration",
    "test": "test images",
}
Found = dict[str, Any]


def experiment(runs: Path) -> Comparison:
    """Three activations, five seeds, 500 iterations."""
    return compare(["classic-15-relu"], [VARIED], seeds=5, out=runs / "activations", watch=tell)


def rates(runs: Path) -> Comparison:
    """Each activation with five learning rates, two seeds, fewer iterations."""
    varied = [VARIED, f"train.learning_rate={','.join(map(str, RATES))}"]
    short = ["train.iterations=150"]
    return compare(["classic-15-relu"], varied, seeds=2, settings=short, out=runs / "activations-rates", watch=tell)


def tuning(runs: Path) -> Tuned:
    """The best of 40 recipes for the same network, with ten epochs in small batches."""
    recipe = load("classic-15-relu").with_settings(FREED)
    space = load_space(recipe, file=DOCS / "activations.space.toml")
    # One worker: then the same seed proposes the same recipes.
    return tune(space, load_digits(recipe, 0), out=runs / "activations-tune", trials=TRIALS, workers=1)


def confirmation(runs: Path) -> Comparison:
    """What was found, and numink's own recipe for this network, from five seeds."""
    found = runs / "activations-tune" / BEST
    return compare([found, "small-15"], seeds=5, out=runs / "activations-tuned", watch=tell)


def tell(done: int, under_way: float, total: int, ended: object) -> None:
    """A line for each run that has ended."""
    if ended is not None:
        print(f"{done} of {total} runs")  # noqa: T201


def results(found: Found) -> str:
    """The table of the experiment, and what it says."""
    lines = ["| | sigmoid | tanh | ReLU |", "| --- | --- | --- | --- |"]
    variants = {variant["name"]: variant for variant in found["variants"]}
    images = {part: found["runs"][0][part]["images"] for part in ("training", "validation", "test")}
    rows = [
        (f"error sum, {images['training']:,} training images", "training", "squared_error", "{:,.0f}", 1),
        (f"error sum, {images['test']:,} test images", "test", "squared_error", "{:,.0f}", 1),
        ("error for each training image", "training", "squared_error", "{:.4f}", images["training"]),
        ("error for each test image", "test", "squared_error", "{:.4f}", images["test"]),
        ("cost (cross-entropy), training images", "training", "cross_entropy", "{:.3f}", 1),
        ("cost (cross-entropy), test images", "test", "cross_entropy", "{:.3f}", 1),
        ("right, training images", "training", "accuracy", "{:.2f} %", 0.01),
        (f"right, {images['validation']:,} validation images", "validation", "accuracy", "{:.2f} %", 0.01),
        ("right, test images", "test", "accuracy", "{:.2f} %", 0.01),
    ]
    for name, part, measure, form, unit in rows:
        spreads = [variants[activation][part][measure] for activation in ACTIVATIONS]
        cells = [cell(spread, form, unit) for spread in spreads]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    finals = [cell(variants[activation]["final"], "{:.2f} %", 0.01) for activation in ACTIVATIONS]
    lines.append(f"| right after the last iteration, validation images | {' | '.join(finals)} |")
    for part, images in BEHIND.items():
        lines.append(f"| behind the best, {images} | {' | '.join(behind(found, part))} |")
    return "\n".join([f"**{found['sentence']}**", "", *lines])


def behind(found: Found, part: str) -> list[str]:
    """By how many points each activation is behind the best one, and how often chance alone would do that."""
    best = found["best"]
    shares: dict[str, list[float]] = {
        name: [
            run["final"] if part == "final" else run[part]["accuracy"]
            for run in found["runs"]
            if run["variant"] == name
        ]
        for name in ACTIVATIONS
    }
    pairs = {frozenset(pair): paired_test(*(shares[name] for name in pair)) for pair in combinations(ACTIVATIONS, 2)}
    p = dict(zip(pairs, holm([test.p or 0.0 for test in pairs.values()]), strict=True))
    return [
        f"{100 * paired_test(shares[best], shares[name]).difference:.2f} points, {p_text(p[frozenset((best, name))])}"
        if name != best
        else "the best"
        for name in ACTIVATIONS
    ]


def cell(spread: Found, form: str, unit: float) -> str:
    """Mean and half of its 95 % interval."""
    half = (spread["interval_95"][1] - spread["mean"]) / unit
    return f"{form.format(spread['mean'] / unit)} ± {form.format(half)}".replace(" % ±", " ±")


def rate_table(found: Found) -> str:
    """Validation accuracy for each activation and rate; the best of each activation is bold."""
    lines = [f"| learning rate | {' | '.join(map(str, RATES))} |", f"| --- |{' --- |' * len(RATES)}"]
    for activation in ACTIVATIONS:
        shares = [accuracy(found, activation, rate) for rate in RATES]
        cells = [f"**{share:.1%}**" if share == max(shares) else f"{share:.1%}" for share in shares]
        lines.append(f"| {activation} | {' | '.join(cells).replace('%', ' %')} |")
    return "\n".join(lines)


def accuracy(found: Found, activation: str, rate: float) -> float:
    """The mean validation accuracy of the runs with this activation and rate."""
    for variant in found["variants"]:
        recipe = variant["recipe"]
        if (recipe["network"]["activation"], recipe["train"]["learning_rate"]) == (activation, rate):
            return float(variant["validation"]["accuracy"]["mean"])
    raise LookupError(f"{activation} with {rate} is not among the runs")


def tuned_table(figures: Found) -> str:
    """What the search found, and what it is worth over five seeds."""
    search, (found, shipped) = figures["tuning"], figures["tuned"]["variants"]
    trials, best = search["trials"], search["best"]["values"]
    words = ", ".join(f"`{key} = {value}`" for key, value in best.items())
    lines = [
        f"Of {sum(trials.values())} trials {trials['pruned']} were stopped early. The first, `classic-15-relu` with "
        f"these settings, reads {search['default_accuracy']:.1%} of the validation images; the best trial reads "
        f"{search['validation_accuracy']:.1%}, with {words}.",
        "",
        "| | error sum, test images | right, test images |",
        "| --- | --- | --- |",
    ]
    relu = next(variant for variant in figures["experiment"]["variants"] if variant["name"] == "relu")
    rows = {"ReLU as above, 500 full-batch steps": relu, "the best trial": found, "`small-15`": shipped}
    for name, variant in rows.items():
        error, right = variant["test"]["squared_error"], variant["test"]["accuracy"]
        lines.append(f"| {name} | {cell(error, '{:,.0f}', 1)} | {cell(right, '{:.2f} %', 0.01)} |")
    return "\n".join(lines).replace("% of the", " % of the").replace("%, with", " %, with")


@styled
def rate_picture(found: Found) -> Figure:
    """Validation accuracy by learning rate, a line for each activation."""
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.subplots()
    for activation, (colour, dashes) in LOOKS.items():
        shares = [100 * accuracy(found, activation, rate) for rate in RATES]
        axes.plot(RATES, shares, dashes, marker="o", color=PALETTE[colour], label=activation)
    axes.set(xscale="log", xlabel="learning rate", title="Right after 150 iterations (%), validation images")
    axes.set_xticks(RATES, map(str, RATES))
    axes.minorticks_off()
    axes.legend(loc="lower center")
    return figure


def between(page: str, name: str, text: str) -> str:
    """The page with `text` between the markers of this name."""
    pattern = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end of {name} -->)", re.S)
    if not pattern.search(page):
        raise LookupError(f"{PAGE.name} has no <!-- {name} -->")
    return pattern.sub(lambda _: f"\n{text}\n\n", page)


def page_with(figures: Found, page: str) -> str:
    """The page with tables that say what the stored figures say."""
    page = between(page, "results", results(figures["experiment"]))
    page = between(page, "rates", rate_table(figures["rates"]))
    return between(page, "tuned", tuned_table(figures))


def main() -> None:
    """Run what is missing, store the figures, and renew tables and pictures."""
    runs = Path("runs")
    one, many = experiment(runs), rates(runs)
    figures = {"experiment": one.to_json(), "rates": many.to_json()}
    figures |= {"tuning": tuning(runs).to_json(), "tuned": confirmation(runs).to_json()}
    pictures = {
        "cost-training": curves(one, "training", "loss"),
        "cost-validation": curves(one, "validation", "loss"),
        "right-training": curves(one, "training", "accuracy"),
        "right-validation": curves(one, "validation", "accuracy"),
        "errors-training": bars(one, "training", "squared_error"),
        "errors-test": bars(one, "test", "squared_error"),
        "rates": rate_picture(figures["rates"]),
    }
    with mpl.rc_context(STYLE):
        for name, picture in pictures.items():
            picture.savefig(PICTURES / f"activations-{name}.svg", facecolor="white", metadata={"Date": None})
    write_text(FIGURES, json.dumps(figures, indent=1) + "\n")
    write_text(PAGE, page_with(figures, PAGE.read_text("utf-8")))


if __name__ == "__main__":
    main()
