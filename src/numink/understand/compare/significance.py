"""Whether a difference is more than chance: Student's t for a few seeds, in pairs, and Holm's care with several tests.

Two networks that learned from the same seed saw the same split in the same order, so that their difference says more
than their two means: the seeds are pairs. All is in closed form, for whole degrees of freedom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import atan, cos, inf, pi, sin, sqrt, tan
from statistics import mean, stdev


@dataclass(frozen=True)
class Spread:
    """A figure over several seeds."""

    count: int
    mean: float
    deviation: float | None
    """The sample standard deviation; None for one figure alone."""
    interval_95: tuple[float, float] | None
    """Where the mean over endlessly many seeds lies, with 95 % confidence (Student's t); None for one figure alone."""

    @property
    def half_width(self) -> float:
        """Of the interval: what stands behind the +-. 0 for one figure alone."""
        if self.interval_95 is None:
            return 0.0
        low, high = self.interval_95
        return max(high - self.mean, self.mean - low)  # one end may be cut


@dataclass(frozen=True)
class PairedTest:
    """The differences a - b of pairs, tested against none."""

    pairs: int
    difference: float
    """Their mean."""
    interval_95: tuple[float, float] | None
    t: float | None
    p: float | None
    """How often chance alone, were there no difference, would give one as large or larger; None where `why` says so."""
    why: str = ""


def spread(figures: Sequence[float], low: float = -inf, high: float = inf) -> Spread:
    """Mean, deviation and 95 % interval of one figure or more, cut to what there can be: low to high.

    >>> spread([0.98, 0.99, 1.0], 0, 1).interval_95  # 0.99 +- 0.0248
    (0.965..., 1)
    >>> spread([1.0, 2.0, 3.0]).interval_95  # 2 +- 4.303 / sqrt(3)
    (-0.484..., 4.484...)
    """
    count, middle = len(figures), mean(figures)
    if count < 2:
        return Spread(count, middle, None, None)
    deviation = stdev(figures)
    half = student_quantile(0.95, count - 1) * deviation / sqrt(count)
    return Spread(count, middle, deviation, (max(low, middle - half), min(high, middle + half)))


def paired_test(a: Sequence[float], b: Sequence[float]) -> PairedTest:
    """Student's paired t-test, two-sided ("The probable error of a mean", 1908), of a[i] against b[i].

    >>> test = paired_test([3.0, 4.0, 6.0], [1.0, 3.0, 3.0])  # differences 2, 1, 3: t = 2 / (1 / sqrt(3))
    >>> f"t = {test.t:.3f}, p = {test.p:.4f}"
    't = 3.464, p = 0.0742'
    """
    differences = [x - y for x, y in zip(a, b, strict=True)]
    if not differences:
        return PairedTest(0, float("nan"), None, None, None, "they have too few seeds in common")
    found = spread(differences)
    if found.deviation is None or found.interval_95 is None:
        return PairedTest(1, found.mean, None, None, None, "one seed alone tells nothing of chance; run two or more")
    error, rounding = found.deviation / sqrt(found.count), 1e-12 * max(map(abs, (*a, *b)))
    if error <= rounding:
        why = "every seed gave the same difference, so that there is no spread to test it against"
        p = 1.0 if abs(found.mean) <= rounding else None
        return PairedTest(found.count, found.mean, found.interval_95, None, p, why)
    t = found.mean / error
    return PairedTest(found.count, found.mean, found.interval_95, t, 1 - student_within(abs(t), found.count - 1))


def student_within(t: float, freedom: int) -> float:
    """The probability that Student's t with `freedom` (1 or more) degrees lies within -t..t, for t >= 0.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4.

    >>> f"{student_within(2.776445, 4):.6f}"
    '0.950000'
    """
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    total = 0.0
    for k in range(2 + odd, freedom + 1, 2):
        total += term
        term *= (k - 1) / k * cos(angle) ** 2
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


@cache
def student_quantile(share: float, freedom: int) -> float:
    """The t within whose -t..t that share (0..1, not 1) of Student's distribution lies.

    >>> [round(student_quantile(0.95, freedom), 3) for freedom in (1, 2, 4, 9)]
    [12.706, 4.303, 2.776, 2.262]
    """
    low, high = 0.0, pi / 2
    for _ in range(60):  # the angle, halved to the last bit
        middle = (low + high) / 2
        if student_within(sqrt(freedom) * tan(middle), freedom) < share:
            low = middle
        else:
            high = middle
    return sqrt(freedom) * tan(low)


def holm(p: Sequence[float]) -> list[float]:
    """The p-values of several tests, raised so that in at most 5 % of all such families any true null is below 0.05.

    It holds for all the pairs of a comparison, and so for those of the best too, however it was picked.

    Holm, "A simple sequentially rejective multiple test procedure" (1979): the smallest times how many there are, the
    next times one less, and none below one that was smaller.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, highest = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = highest
    return adjusted
