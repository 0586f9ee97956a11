"""A promise about errors: the least confidence at which the accepted readings hold at most so many.

Selective classification with a guaranteed risk (Geifman and El-Yaniv 2017), by fixed-sequence testing as in "Learn then
test" (Angelopoulos, Bates, Candes, Jordan and Lei 2021). Thresholds are tried in an order that the confidences alone
decide, from the one that accepts half of the readings to lenient ones. Each is tested by the exact binomial tail: were
its risk above the rate, errors as few as were seen would come with a probability of at most 5 %. The first that fails
ends the search. As each is tried only where all before it have passed, one that is wrongly let through is as unlikely,
5 %, as in a single test.

Readings of one page share a writer and a photograph, and errors come in bunches: counted as if they were independent,
they would break such promises about twice as often as is said. So the tail is that of the bunches. Where an error has s
on its page, itself among them, on average, k errors in n readings count as k / s in n / s: the mean and the variance of
a sum of bunches (as Fay and Feuer 1997 do for sums of weighted counts).
"""

from dataclasses import dataclass, fields
from math import ceil, exp, floor, isfinite, lgamma, log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numink.errors import ModelError

DOUBT = 0.05
"""How often the promise may fail, over calibrations drawn anew."""
LEAST_ACCEPTED = 0.5
"""The strictest threshold that is tried accepts so much of the readings: stricter ones are of little use, and one error
that is sure of itself could end the search at each of them."""
SPARE = 3
"""Errors that the first threshold is given room for, where there are readings enough."""
_SHARES = tuple(np.round(np.arange(LEAST_ACCEPTED, 1.0001, 0.01), 4).tolist())


@dataclass(frozen=True)
class Risk:
    """What a calibration saw at each threshold, strictest first: how many readings were accepted, how many of them were
    wrong, and how many errors the page of an error has, on average.
    """

    thresholds: tuple[float, ...]
    accepted: tuple[int, ...]
    wrong: tuple[int, ...]
    bunch: tuple[float, ...]

    @classmethod
    def of(cls, confidences: ArrayLike, right: ArrayLike, pages: ArrayLike) -> "Risk":
        """From readings with these confidences (n,), of which these (n,) were right, on pages of these numbers (n,)."""
        sure, wrong, page = np.asarray(confidences, float), ~np.asarray(right, bool), np.asarray(pages, int)
        falling = -np.sort(-sure)
        levels = np.unique(np.floor(falling[[max(round(share * len(sure)), 1) - 1 for share in _SHARES]] * 1e6) / 1e6)
        rows = []
        for level in levels[::-1]:
            errors = np.bincount(page[wrong & (sure >= level)])
            bunch = float((errors**2).sum() / max(errors.sum(), 1))
            rows.append((float(level), int((sure >= level).sum()), int(errors.sum()), round(max(bunch, 1.0), 4)))
        return cls(*(tuple(column) for column in zip(*rows, strict=True)))

    @classmethod
    def from_facts(cls, facts: Any) -> "Risk":
        """From what `facts` gave; ModelError for anything else."""
        try:
            thresholds, accepted, wrong, bunch = columns = [tuple(facts[field.name]) for field in fields(cls)]
            sound = thresholds and all(
                isinstance(level, float) and isfinite(level) and type(n) is type(k) is int and 0 <= k <= n <= 10**9
                and isinstance(s, float) and 1 <= s <= max(k, 1)
                for level, n, k, s in zip(*columns, strict=True)
            )  # fmt: skip
            if not sound or list(thresholds) != sorted(thresholds, reverse=True) or list(accepted) != sorted(accepted):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise ModelError("the model's calibration is damaged; numink calibrate makes it anew") from None
        return cls(thresholds, accepted, wrong, bunch)

    def facts(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {field.name: list(getattr(self, field.name)) for field in fields(self)}

    def threshold_for(self, rate: float) -> float | None:
        """The least confidence to accept, so that with 95 % confidence at most this share of what is accepted is wrong.

        None where the calibration cannot promise so little. The promise is for readings drawn like the calibration's.
        """
        found = None
        for place in range(self._start(rate), len(self.thresholds)):
            if self._doubt(place, rate) > DOUBT:
                break
            found = self.thresholds[place]
        return found

    def least_rate(self) -> float:
        """The smallest rate that can be promised, rounded up; 1 where none can."""
        rates = (lead * 10.0**power for power in range(-5, 0) for lead in (1, 1.5, 2, 3, 5, 7))
        return next((rate for rate in rates if self.threshold_for(rate) is not None), 1.0)

    def accepted_at(self, rate: float) -> float:
        """The share of the readings that is accepted where this rate is asked for; 0 where it cannot be promised."""
        threshold = self.threshold_for(rate)
        return 0.0 if threshold is None else self.accepted[self.thresholds.index(threshold)] / self.accepted[-1]

    def _start(self, rate: float) -> int:
        """The strictest threshold that has room for as many errors as can be spared; its errors have no say in it."""
        for spare in range(SPARE, -1, -1):
            for place, n in enumerate(self.accepted):
                if binomial_tail(spare, n, rate) <= DOUBT:
                    return place
        return len(self.accepted)

    def _doubt(self, place: int, rate: float) -> float:
        """How probable so few errors are at this threshold, were its risk this high."""
        bunch = self.bunch[place]
        return binomial_tail(ceil(self.wrong[place] / bunch - 1e-9), floor(self.accepted[place] / bunch), rate)


def binomial_tail(errors: int, trials: int, rate: float) -> float:
    """The probability of at most so many errors in so many trials, each wrong with the probability `rate`.

    >>> round(binomial_tail(1, 10, 0.5), 6)  # (1 + 10) / 1024
    0.010742
    """
    if errors >= trials:
        return 1.0
    ways = (lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) for k in range(errors + 1))
    return min(1.0, sum(exp(way + k * log(rate) + (trials - k) * log(1 - rate)) for k, way in enumerate(ways)))
