"""Is the confidence in a digit calibrated: on clean images, on small ones, on writers never seen?"""

from collections.abc import Sequence

import numpy as np

import numink
from benchmarks import common
from benchmarks.reading_reader import Settings, reader_for
from benchmarks.reading_small import WAYS, digits
from numink.data.digits import Bytes, Part
from numink.evaluate.calibration import calibration
from numink.scores import tempered

AIMS = {"MNIST": "0.3 %", "small": "1.5 %", "unseen": "1.5 %"}


def read_as_single(images: Sequence[Bytes], model: str | None) -> np.ndarray:
    """The probabilities (n, 10) that the reader gives to pictures of one digit each."""
    reader = reader_for(model, True, None)
    P = np.full((len(images), 10), 0.1)
    for row, steps in enumerate(reader.look_at_all(images)):
        if steps.words:
            P[row] = steps.words[0].digits[0].P
    return P


def small_ones(source: str, settings: Settings) -> tuple[list[Bytes], list[int]]:
    """Each digit kept in each way, every other ten dark on light."""
    part = digits(source, settings.images)
    images = [way.keep(ink) for way in WAYS for ink in part.images]
    images = [255 - image if number // 10 % 2 else image for number, image in enumerate(images)]
    return images, [int(label) for _ in WAYS for label in part.labels]


def section(settings: Settings) -> str:
    """The figures in words and a table."""
    from numink.model_file import load_model

    kind = "test" if settings.final else "validation"
    model = load_model(settings.model) if settings.model else reader_for(None, True, None).model
    mnist: Part = getattr(numink.load("mnist"), kind)
    writers = digits("strokes", 4 * settings.images)
    drawn = [255 - ink for ink in writers.images]
    rows = [row(f"MNIST's {kind} images", model.probabilities(mnist.images), mnist.labels, AIMS["MNIST"], model)]
    for source in (f"MNIST {kind}", "strokes"):
        images, labels = small_ones(source, settings)
        what = f"{source}, reduced to 8x8, 12x12 and 16x16"
        rows.append(row(what, read_as_single(images, settings.model), labels, AIMS["small"], model))
    P = read_as_single(drawn, settings.model)
    rows.append(row("unseen writers of strokes", P, writers.labels, AIMS["unseen"], model))
    text = (
        "The expected calibration error (15 bins of equal width) and the negative log-likelihood of single digits: "
        "MNIST's by the model alone, the others as pictures through the reader with `--single`. Before: with "
        f"temperature 1; after: with the model's, {model.recipe.use.temperature:g}, which was fitted on other images."
        "\n\n"
    )
    header = ["images", "", "right", "ECE before", "ECE after", "aim", "NLL before", "NLL after"]
    return text + common.table(header, rows)


def row(what: str, P: np.ndarray, labels: Sequence[int], aim: str, model: "numink.Model") -> list[str]:
    """One line: before the temperature was applied, and after."""
    after = calibration(P, labels)
    before = calibration(tempered(P, 1 / model.recipe.use.temperature), labels)
    return [
        what, f"{len(P):,}", f"{after.accuracy:.2%}",
        f"{before.ece:.2%}", f"**{after.ece:.2%}**", aim, f"{before.nll:.4f}", f"{after.nll:.4f}",
    ]  # fmt: skip
