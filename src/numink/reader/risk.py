"""A promise about errors: the least confidence at which the accepted readings hold at most so many.

Selective classification with a guaranteed risk (Geifman and El-Yaniv 2017), by fixed-sequence testing as in "Learn then
test" (Angelopoulos, Bates, Candes, Jordan and Lei 2021). Thresholds are tried in an order that the confidences alone
decide, from strict to lenient. Each is tested by the exact binomial tail: were its risk above the rate, errors as few
as were seen would come with a probability of at most 5 %. The first that fails ends the search. As each is tried only
where all before it have passed, one that is wrongly let through is as unlikely, 5 %, as in a single test.

Readings count as independent of each other. Those of one page share a writer and a photograph, so that it takes many
pages for the promise to hold.
"""

from dataclasses import dataclass
from math import exp, isfinite, lgamma, log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numink.errors import ModelError

DOUBT = 0.05
"""How often the promise may fail, over calibrations drawn anew."""
SPARE = 3
"""Errors that the strictest threshold is given room for: without, one error that is sure of itself would end it all."""
_SHARES = tuple(np.round(np.concatenate([np.arange(0.1, 0.5, 0.05), np.arange(0.5, 1.0001, 0.01)]), 4).tolist())


@dataclass(frozen=True)
class Risk:
    """What a calibration saw: at each threshold, strictest first, how many readings were accepted, and wrong."""

    thresholds: tuple[float, ...]
    accepted: tuple[int, ...]
    wrong: tuple[int, ...]

    @classmethod
    def of(cls, confidences: ArrayLike, right: ArrayLike) -> "Risk":
        """From readings with these confidences (n,), of which these (n,) were right."""
        sure, good = np.asarray(confidences, float), np.asarray(right, bool)
        order = np.argsort(-sure, kind="stable")
        levels = np.unique(
            np.floor(sure[order][[max(round(share * len(sure)), 1) - 1 for share in _SHARES]] * 1e6) / 1e6
        )
        rows = [(float(level), int((sure >= level).sum()), int((~good[sure >= level]).sum())) for level in levels[::-1]]
        return cls(*(tuple(column) for column in zip(*rows, strict=True)))

    @classmethod
    def from_facts(cls, facts: Any) -> "Risk":
        """From what `facts` gave; ModelError for anything else."""
        try:
            thresholds, accepted, wrong = (tuple(facts[key]) for key in ("thresholds", "accepted", "wrong"))
            rows = list(zip(thresholds, accepted, wrong, strict=True))
            sound = rows and all(
                isinstance(level, float) and isfinite(level) and type(n) is type(k) is int and 0 <= k <= n <= 10**9
                for level, n, k in rows
            )
            if not sound or list(thresholds) != sorted(thresholds, reverse=True) or list(accepted) != sorted(accepted):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise ModelError("the model's calibration is damaged; numink calibrate makes it anew") from None
        return cls(thresholds, accepted, wrong)

    def facts(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"thresholds": list(self.thresholds), "accepted": list(self.accepted), "wrong": list(self.wrong)}

    def threshold_for(self, rate: float) -> float | None:
        """The least confidence to accept, so that with 95 % confidence at most this share of what is accepted is wrong.

        None where the calibration cannot promise so little. The promise is for readings drawn like the calibration's.
        """
        start = self._start(rate)
        found = None
        if start is not None:
            for level, n, k in list(zip(self.thresholds, self.accepted, self.wrong, strict=True))[start:]:
                if binomial_tail(k, n, rate) > DOUBT:
                    break
                found = level
        return found

    def least_rate(self) -> float:
        """The smallest rate that can be promised, rounded up; 1 where none can."""
        rates = (lead * 10.0**power for power in range(-5, 0) for lead in (1, 1.5, 2, 3, 5, 7))
        return next((rate for rate in rates if self.threshold_for(rate) is not None), 1.0)

    def _start(self, rate: float) -> int | None:
        """The strictest threshold that has room for as many errors as can be spared; its errors have no say in it."""
        for spare in range(SPARE, -1, -1):
            for place, n in enumerate(self.accepted):
                if binomial_tail(spare, n, rate) <= DOUBT:
                    return place
        return None


def binomial_tail(errors: int, trials: int, rate: float) -> float:
    """The probability of at most so many errors in so many trials, each wrong with the probability `rate`.

    >>> round(binomial_tail(1, 10, 0.5), 6)  # (1 + 10) / 1024
    0.010742
    """
    if errors >= trials:
        return 1.0
    ways = (lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) for k in range(errors + 1))
    return min(1.0, sum(exp(way + k * log(rate) + (trials - k) * log(1 - rate)) for k, way in enumerate(ways)))
