"""The probability that a number is right as a whole, and which numbers to accept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import exp, isfinite, log
from typing import Any

import numpy as np

from numink.errors import DataError, ModelError
from numink.model import Predictor
from numink.reader.numbers import Other, Word
from numink.reader.risk import Risk

ACCEPTED = 0.9
"""The least confidence of an accepted number, where no error rate is asked for."""

FACTORS = ("digits", "again", "marks", "apart", "rejected", "height", "crowd")
"""What speaks for a number, or against it: see `factors`."""

Factors = Mapping[str, float]

BEST: Factors = dict(zip(FACTORS, (1.0, 1.0, 1.0, 2.0, 0.0, 100.0, 0.0), strict=True))
"""Of a number that nothing speaks against."""

_SURE = 3e-3
_FAR = 2.0
_RARE = 0.05  # of the page's numbers: what is rarer is no more surprising
_ENOUGH_PX = 45  # high: larger digits are not surer


def factors(words: Sequence[Word], others: Sequence[Other], again: Sequence[float]) -> list[Factors]:
    """What is known of each number of a page.

    digits: the product of its digits' probabilities. again: the probability that a second look at the page gives to the
    same text, 0 where it reads another. marks: the share of the page's numbers that have a decimal mark, if it has one,
    and else of those that have none. apart: how far from other ink on its line it stands, in heights of its
    digits, 2 at most. rejected: the share of what is no number among all that was found on the page. height: of its
    digits, in pixels. crowd: the logarithm of how many more ones or sevens the page has than one digit in ten, 0 at
    least, as a mean over its digits: rests of lines are taken for ones, and one hand's ones for sevens.
    """
    boxes = np.array([word.box for word in words] + [other.box for other in others], float).reshape(-1, 4)
    marked = np.array([_is_marked(word) for word in words], bool)
    crowds = _crowds("".join(digit.digit for word in words for digit in word.digits))
    found: list[Factors] = []
    for place, (word, second) in enumerate(zip(words, again, strict=True)):
        height = float(np.median([one.box[3] for one in word.digits]))
        values = (
            float(np.prod([one.P.max() for one in word.digits])),
            second,
            float((marked == marked[place]).mean()),
            min(_gap(boxes[place], np.delete(boxes, place, axis=0)) / max(height, 1.0), _FAR),
            len(others) / len(boxes),
            height,
            sum(crowds.get(digit.digit, 0.0) for digit in word.digits) / len(word.digits),
        )
        found.append(dict(zip(FACTORS, values, strict=True)))
    return found


def _is_marked(word: Word) -> bool:
    return "." in word.text or "," in word.text


def _crowds(digits: str) -> dict[str, float]:
    """How many more ones and sevens there are than a tenth of the digits, as logarithms."""
    return {one: max(log((digits.count(one) + 1) / (len(digits) / 10 + 1)), 0.0) for one in "17"}


def _gap(box: Any, others: Any) -> float:
    """The pixels to the nearest other box to the left or right, among those that reach half as high or low as it."""
    x, y, width, height = box
    left, top, wide, high = others.T
    level = np.minimum(top + high, y + height) - np.maximum(top, y) > 0.5 * np.minimum(high, height)
    gaps = (np.maximum(left, x) - np.minimum(left + wide, x + width))[level]
    return float(gaps.clip(0).min(initial=np.inf))


def evidence(one: Factors) -> list[float]:
    """1 and the factors as they add up: probabilities as logarithms of odds, a share and the height as their own."""
    scaled = {name: _log_odds(one[name]) for name in ("digits", "again")}
    scaled["marks"] = log(one["marks"] + _RARE)
    scaled["height"] = log(min(max(one["height"], 1.0) / _ENOUGH_PX, 1.0))
    return [1.0, *(scaled.get(name, one[name]) for name in FACTORS)]


@dataclass(frozen=True)
class Trust:
    """What a calibration found out about a model as a reader.

    weights: of the `evidence` of a number on a page, which add up to the logarithm of its odds to be right; () where
    there was no calibration: then it is the mean of what both looks say. pages, singles: what may be promised.
    """

    weights: tuple[float, ...] = ()
    pages: Risk | None = None
    singles: Risk | None = None

    def confidence(self, one: Factors) -> float:
        """The probability that a number with these factors is right."""
        if not self.weights:
            return (one["digits"] + one["again"]) / 2
        return 1 / (1 + exp(-float(np.clip(np.dot(self.weights, evidence(one)), -30, 30))))

    def threshold(self, max_error_rate: float | None, *, single: bool) -> float:
        """The least confidence that is accepted; DataError, one line, for what cannot be promised."""
        if max_error_rate is None:
            return ACCEPTED
        if not 0 < max_error_rate < 1:
            raise DataError(f"expected a largest error rate between 0 and 1, such as 0.002, came {max_error_rate:g}")
        risk = self.singles if single else self.pages
        if risk is None:
            raise ModelError(
                "a largest error rate needs a model that was calibrated for reading; numink calibrate MODEL does it"
            )
        threshold = risk.threshold_for(max_error_rate)
        if threshold is None:
            raise DataError(
                f"the calibration ({risk.accepted[-1]:,} readings) cannot promise an error rate of {max_error_rate:g}; "
                f"the smallest is {risk.least_rate():g}"
            )
        return threshold

    def facts(self, model: Predictor) -> dict[str, Any]:
        """What the model's file is to hold of it."""
        risks = {"pages": self.pages, "singles": self.singles}
        return {
            "of": fingerprint(model),
            "weights": dict(zip(("always", *FACTORS), self.weights, strict=True)),
            **{name: risk.facts() for name, risk in risks.items() if risk is not None},
        }


def trust_in(model: Predictor) -> Trust:
    """The model's calibration; an empty one where it has none, or one of other weights, another use or numink."""
    facts = model.facts.get("reading")
    if not isinstance(facts, dict) or facts.get("of") != fingerprint(model):
        return Trust()
    weights = facts.get("weights")
    if not isinstance(weights, dict) or not all(isinstance(one, float) and isfinite(one) for one in weights.values()):
        raise ModelError("the model's calibration is damaged; numink calibrate makes it anew")
    if list(weights) != ["always", *FACTORS]:
        return Trust()  # another numink weighed other factors
    risks = (Risk.from_facts(facts[name]) if name in facts else None for name in ("pages", "singles"))
    return Trust(tuple(weights.values()), *risks)


def fingerprint(model: Predictor) -> str:
    """Sixteen letters that change with a model's weights and with how it is used."""
    digest = sha256()
    for member in model.members:
        digest.update(member.theta.tobytes())
        digest.update(repr(member.recipe.use).encode())
    return digest.hexdigest()[:16]


def _log_odds(p: float) -> float:
    p = min(max(p, _SURE), 1 - _SURE)
    return log(p / (1 - p))
