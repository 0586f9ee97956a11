"""The page of a run: what was trained, how well it reads, where it goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numink.evaluate import plots
from numink.evaluate.calibration import calibration
from numink.evaluate.page import figure, listed, page, percent, picture
from numink.scores import Scores, most_confused

DRAWN_NOTE = "These images are drawn by numink: how well it reads what people write remains to be tested."
SAMPLES = 20
MISTAKES = 12


@dataclass(frozen=True, eq=False)
class Outcome:
    """Labelled images that the network did not learn from, and what it read in them."""

    name: str
    """As it stands in a sentence: "the test images of MNIST", "the validation images"."""
    is_test: bool
    """False for validation images: the best epoch may have been chosen by them, and the page says so."""
    images: NDArray[np.uint8]
    """(n, 28, 28), 0 = paper, 255 = ink."""
    labels: NDArray[np.integer]
    """(n,), 0..9."""
    probabilities: NDArray[np.floating]
    """(n, 10), 0..1."""
    scores: Scores
    drawn: bool = False
    """True where numink drew them, and the page says that people's handwriting is another matter."""


@dataclass(frozen=True, eq=False)
class RunReport:
    """All that the page of a run shows."""

    title: str
    """The recipe's name."""
    trained_on: str
    """As it stands in a sentence: "55,000 images of MNIST"."""
    facts: Mapping[str, str]
    """Labels and values in the order of the page: parameters, seconds, seed, version, machine and so on."""
    layers: Sequence[str]
    """The network in words, from the input to the output."""
    history: plots.History
    """epoch, step, loss, accuracy, validation_loss, validation_accuracy: some may lack or hold NaN."""
    x_label: plots.XLabel
    stopped: str
    """Why training ended, as a clause: "all 20 epochs were done"."""
    tested: Outcome | None
    """None where no image was kept back."""
    weights: NDArray[np.floating] | None
    """(height, width, units) of the first layer; None where they are no pictures."""
    recipe: str
    """The recipe's text (TOML)."""
    commands: Sequence[str]
    """What to try next, line by line as it is typed."""


def render(report: RunReport) -> str:
    """The page as HTML text. All that the report holds is escaped: it cannot add markup to the page."""
    weights = None
    if report.weights is not None:
        weights = figure(plots.weights(report.weights), "weights", "The first layer's weights, one picture each.")
    return page(
        "report.html.jinja",
        report=report,
        curves=_curves(report),
        weights=weights,
        shown=plots.MAX_UNITS,
        drawn_note=DRAWN_NOTE,
        **(_tested(report.tested) if report.tested else {}),
    )


def _curves(report: RunReport) -> list[dict[str, Any]]:
    """The figures of cost and accuracy, each with its caption; none where the history is empty."""
    curves = []
    for name, column, draw, show in (
        ("cost", "loss", plots.cost, "{:.3g}".format),
        ("accuracy", "accuracy", plots.accuracy, percent),
    ):
        courses = []
        for prefix, part in (("", "training"), ("validation_", "validation")):
            values = np.asarray(report.history.get(prefix + column, []), dtype=np.float64)
            values = values[np.isfinite(values)]
            if len(values):
                courses.append(f"from {show(values[0])} to {show(values[-1])} on {part} data")
        if courses:
            caption = f"The {name} went {listed(courses)}."
            curves.append({"figure": figure(draw(report.history, report.x_label), name, caption), "caption": caption})
    return curves


def _tested(tested: Outcome) -> dict[str, Any]:
    calibrated = calibration(tested.probabilities, tested.labels)
    confidence = tested.probabilities.max(axis=1)
    read = tested.probabilities.argmax(axis=1)
    count = min(SAMPLES, len(read))
    chosen = np.sort(np.random.default_rng(0).choice(len(read), count, replace=False))
    wrong = np.flatnonzero(read != tested.labels)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES]
    return {
        "calibrated": calibrated,
        "confused": most_confused(tested.scores.confusion),
        "confusion": figure(
            plots.confusion(tested.scores.confusion),
            "confusion",
            "Confusion matrix: how many images of each true digit (rows) were read as each digit (columns).",
        ),
        "reliability": figure(
            plots.reliability(calibrated),
            "reliability",
            "The share that was right, over the confidence of the reading.",
        ),
        "reject": figure(
            plots.reject_curve(calibrated),
            "reject",
            "The error rate of the rest, over the share that is rejected.",
        ),
        "samples": [_reading(tested, int(i)) for i in chosen],
        "mistakes": [_reading(tested, int(i)) for i in worst],
    }


def _reading(tested: Outcome, index: int) -> dict[str, Any]:
    probabilities = tested.probabilities[index]
    top = np.argsort(-probabilities, kind="stable")[:3]
    return {
        "index": index,
        "picture": picture(tested.images[index]),
        "label": int(tested.labels[index]),
        "read": int(top[0]),
        "top": [(int(digit), float(probabilities[digit])) for digit in top],
    }
