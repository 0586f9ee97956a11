"""Can the confidence be trusted, and what is gained by saying "I don't know"?

The confidence of a reading is its highest probability. It is calibrated when, of the digits read with a
confidence of 0.9, nine in ten are right. It is useful when the wrong ones have the lowest: then a few can
be rejected, handed to a person, and the others hold hardly an error.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numink.errors import DataError
from numink.scores import check, cross_entropy

Floats = NDArray[np.float64]

REJECTED = (0.0, 0.01, 0.02, 0.05, 0.10)
"""The shares that the small table of the reject curve is for."""


@dataclass(frozen=True)
class Bin:
    """The readings whose confidence lies in (low, high]."""

    low: float
    high: float
    count: int
    right: int
    confidence: float
    """Their mean confidence; NaN where there are none."""

    @property
    def accuracy(self) -> float:
        """The share of them that are right; NaN where there are none."""
        return self.right / self.count if self.count else float("nan")


@dataclass(frozen=True)
class RejectPoint:
    """What remains when the least confident readings are rejected."""

    rejected: float
    """The share that is rejected; 1 - rejected is the coverage."""
    threshold: float
    """The lowest confidence among those accepted."""
    error_rate: float
    """The share of errors among those accepted."""


@dataclass(frozen=True)
class Calibration:
    """What `calibration` finds out about the confidence of a classifier."""

    ece: float
    """Expected calibration error: by how much confidence and accuracy differ, averaged over all images."""
    nll: float
    """Negative log-likelihood in nats: the same number as `Scores.loss`."""
    confidence: float
    """The mean confidence; more than `accuracy` is over-confident."""
    accuracy: float
    reliability: tuple[Bin, ...]
    reject_curve: tuple[RejectPoint, ...]
    """Up to 190 points, from nothing rejected to 99 %, ten times as dense below 10 %."""
    reject_table: tuple[RejectPoint, ...]
    """The points for 0, 1, 2, 5 and 10 % rejected."""

    def to_json(self) -> dict[str, Any]:
        """All of it as numbers, lists and dicts that `json.dumps` takes; an empty bin's means are None."""
        return {
            "ece": self.ece,
            "nll": self.nll,
            "confidence": self.confidence,
            "accuracy": self.accuracy,
            "reliability": [
                {
                    "low": b.low,
                    "high": b.high,
                    "count": b.count,
                    "confidence": b.confidence if b.count else None,
                    "accuracy": b.accuracy if b.count else None,
                }
                for b in self.reliability
            ],
            "reject_curve": [asdict(point) for point in self.reject_curve],
            "reject_table": [asdict(point) for point in self.reject_table],
        }


def calibration(probabilities: ArrayLike, labels: ArrayLike, bins: int = 15) -> Calibration:
    """Compare the confidence in probabilities (n, 10) with what labels (n,) say was right.

    The expected calibration error is that of Naeini, Cooper and Hauskrecht (2015) and Guo, Pleiss, Sun and
    Weinberger (2017): `bins` of equal width over 0..1, and the mean of |accuracy - confidence| over them,
    weighted by count. Raises DataError as `score` does.

    >>> sure = calibration(np.eye(10)[[3, 1, 4, 1]], [3, 1, 4, 7])
    >>> sure.ece, sure.reject_table[0].error_rate
    (0.25, 0.25)
    """
    P, y = check(probabilities, labels)
    if bins < 1:
        raise DataError(f"expected 1 or more bins, got {bins}")
    confidence, right = P.max(axis=1), P.argmax(axis=1) == y
    reliability = _reliability(confidence, right, bins)
    curve = np.append(np.arange(100) / 1000, np.arange(10, 100) / 100)  # the first tenth is what people reject
    return Calibration(
        ece=sum(abs(b.right - b.count * b.confidence) for b in reliability if b.count) / len(y),
        nll=cross_entropy(P, y),
        confidence=float(confidence.mean()),
        accuracy=float(right.mean()),
        reliability=reliability,
        reject_curve=_reject(confidence, right, curve),
        reject_table=_reject(confidence, right, np.array(REJECTED)),
    )


def _reliability(confidence: Floats, right: NDArray[np.bool_], bins: int) -> tuple[Bin, ...]:
    edges = np.linspace(0, 1, bins + 1)
    which = np.digitize(confidence, edges[1:-1], right=True)
    counts = np.bincount(which, minlength=bins)
    rights = np.bincount(which, weights=right, minlength=bins)
    sums = np.bincount(which, weights=confidence, minlength=bins)
    return tuple(
        Bin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            count=int(counts[i]),
            right=int(rights[i]),
            confidence=float(sums[i] / counts[i]) if counts[i] else float("nan"),
        )
        for i in range(bins)
    )


def _reject(confidence: Floats, right: NDArray[np.bool_], shares: Floats) -> tuple[RejectPoint, ...]:
    """One point for each share, or fewer where the set is so small that two shares leave the same images.

    Where confidences are equal no threshold can part them, and which goes first is chance: their errors are
    spread evenly over them, which is the expectation over all orders, so that a result never depends on the
    order of the images.
    """
    images = len(confidence)
    order = np.argsort(-confidence, kind="stable")
    confidence = confidence[order]
    errors = np.cumsum(~right[order])
    last_of_equals = np.append(np.flatnonzero(np.diff(confidence)), images - 1)
    accepted = np.unique(images - np.floor(shares * images + 1e-9).astype(np.int64))[::-1]
    wrong = np.interp(accepted, np.append(0, last_of_equals + 1), np.append(0, errors[last_of_equals]))
    return tuple(
        RejectPoint(float((images - k) / images), float(confidence[k - 1]), float(w / k))
        for k, w in zip(accepted, wrong, strict=True)
    )
