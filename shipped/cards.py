"""A model's card: what it is for, how it was made, how good it is on what. It stands in the model's own file."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from numink.data.digits import Part
from numink.data.sources import read
from numink.data.strokes import no_digits
from numink.errors import DataError, ModelError
from numink.evaluate import sheet
from numink.evaluate.calibration import calibration
from numink.files import replacing
from numink.model import Predictor
from numink.model_file import load_model
from numink.scores import most_confused, score
from shipped.manifest import Entry

Judges = Mapping[str, Callable[[], Part]]
REJECTED = 0.01
"""The share of the least sure readings without which the error rate is given too."""
SHOWN = 20
NON_DIGITS = 6000
SURE = (0.5, 0.9)
"""Probabilities from which on a model takes what it sees for a digit, and is sure of it."""


def judges_of(handwriting: Path | None) -> Judges:
    """What models are judged by, made when it is needed: labelled images that none of them has learned from."""
    judges = {"mnist": lambda: _test_part("mnist"), "strokes": lambda: _test_part("strokes")}
    if handwriting is not None:
        from benchmarks.unseen import read_folder

        if not (handwriting / "labels.csv").is_file():
            raise DataError(f"there is no {handwriting / 'labels.csv'}; expected one with the columns file and label")
        part = read_folder(handwriting)  # what is wrong with it is to be known before the training
        judges["handwriting"] = lambda: part
    return judges


def save_with_card(model: Predictor, entry: Entry, path: Path, judges: Judges) -> dict[str, Any]:
    """Judge the model, write it to `path` with its card, and return the card.

    Where the file there has the same weights, what it was judged by and is not now (handwriting is not at hand
    everywhere) is kept, and where nothing has changed, so is the file.
    """
    before = _facts_of_the_same(model, path)
    scores = before.get("scores", {}) | {name: judged(model, part()) for name, part in judges.items()}
    (first, *_), recipe = model.members, entry.recipe
    card = {
        "about": entry.about,
        "limits": list(entry.limits),
        "recipe": recipe.name,
        "layers": recipe.tables()["network"]["layers"],
        "augment": list(recipe.data.augment),
        "average": recipe.train.average,
        "shifts": recipe.use.shifts,
        "temperature": first.recipe.use.temperature,
        "seeds": list(entry.seeds),
        "trained_on": first.facts["data"]["name"],
        "images": first.facts["data"]["train"],
        "epochs": first.facts["training"]["epochs"],
        "seconds": round(sum(member.facts["training"]["seconds"] for member in model.members)),
        "parameters": model.parameters,
        "validation_accuracies": [member.facts["scores"]["validation_accuracy"] for member in model.members],
        "non_digits": sure_of_none(model),
        "multiplications": len(model.members) * first.network.multiplications * (2 * recipe.use.shifts + 1) ** 2,
    }
    same_trust = before.get("reading") == model.facts.get("reading")
    if before.get("card") != card or before["scores"] != scores or not same_trust:
        model.facts |= {"card": card, "scores": scores}
        model.save(path)
    return card_of(entry.name, path)


def card_of(name: str, path: Path) -> dict[str, Any]:
    """The card of the model in this file."""
    facts = load_model(path).facts
    return {"name": name, "bytes": path.stat().st_size, **facts["card"], "scores": facts["scores"]}


def judged(model: Predictor, part: Part) -> dict[str, Any]:
    """The scores on labelled images, as the file holds them."""
    assert part.labels is not None
    probabilities = model.probabilities(part.images)
    scores, trust = score(probabilities, part.labels), calibration(probabilities, part.labels)
    *_, surest = (point for point in trust.reject_table if point.rejected <= REJECTED)
    return {
        "images": scores.images,
        "errors": scores.errors,
        "accuracy": scores.accuracy,
        "interval_95": list(scores.interval_95),
        "loss": scores.loss,
        "ece": trust.ece,
        "error_rate_of_the_surest_99_percent": surest.error_rate,
        "confused": [list(mistake) for mistake in most_confused(scores.confusion, 5)],
    }


def sure_of_none(model: Predictor) -> dict[str, Any]:
    """In how much of what is no digit, by writers of whom none was learned from, the model is sure of one."""
    largest = model.probabilities(_non_digits().images).max(axis=1)
    return {"images": len(largest), "shares": [float(np.mean(largest > bound)) for bound in SURE]}


def draw_mistakes(model: Predictor, path: Path) -> None:
    """A picture of those strokes by unseen writers that the model is surest of and wrong."""
    part = _test_part("strokes")
    assert part.labels is not None
    P = model.probabilities(part.images)
    wrong = np.flatnonzero(P.argmax(axis=1) != part.labels)
    worst = wrong[np.argsort(-P[wrong].max(axis=1), kind="stable")][:SHOWN]
    if not len(worst):
        path.unlink(missing_ok=True)
        return
    captions = [f"{part.labels[row]} as {P[row].argmax()}" for row in worst]
    with replacing(path) as file:
        sheet.picture(part.images[worst], captions).save(file, "PNG")


@cache
def _test_part(source: str) -> Part:
    part = read(source, testing=True).test
    assert part is not None
    return part


@cache
def _non_digits() -> Part:
    return no_digits.read(NON_DIGITS, no_digits.TEST)


def _facts_of_the_same(model: Predictor, path: Path) -> dict[str, Any]:
    """What the file says, where it holds the same weights, used in the same way; nothing where it does not."""
    try:
        before = load_model(path)
    except ModelError:
        return {}
    weights = [[(one.theta.tobytes(), one.recipe.use) for one in it.members] for it in (before, model)]
    return before.facts if weights[0] == weights[1] and "card" in before.facts else {}
