"""The figures of a classifier: how often it is right, how sure that is, and where it goes wrong.

Everything here is computed from two arrays, the probabilities that a network gave and the labels that were
true.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numink.errors import DataError

CLASSES = 10
Z_95 = NormalDist().inv_cdf(0.975)
"""How many standard deviations hold 95 % of a normal distribution: 1.959964."""


@dataclass(frozen=True)
class ClassScores:
    """How well one digit is told from the nine others. A ratio of nothing to nothing (0/0) counts as 0.0."""

    precision: float
    """Of the images read as this digit, the share that are one."""
    recall: float
    """Of the images of this digit, the share that were read as one."""
    f1: float
    """The harmonic mean of the two."""
    support: int
    """How many images of this digit there were."""


@dataclass(frozen=True, eq=False)
class Scores:
    """What `score` finds out about a classifier."""

    images: int
    errors: int
    accuracy: float
    interval_95: tuple[float, float]
    """Where the accuracy on endlessly many such images lies, with 95 % confidence (`wilson_interval`)."""
    loss: float
    """The mean cross-entropy, in nats: also called negative log-likelihood (nll)."""
    squared_error: float
    """Summed over images and classes: the squared differences between probabilities and one-hot labels."""
    per_class: tuple[ClassScores, ...]
    confusion: NDArray[np.int64]
    """(10, 10): how many images of the digit of a row were read as the digit of a column."""

    def to_json(self) -> dict[str, Any]:
        """All of it as numbers, lists and dicts that `json.dumps` takes."""
        return {
            "images": self.images,
            "errors": self.errors,
            "accuracy": self.accuracy,
            "interval_95": list(self.interval_95),
            "loss": self.loss,
            "squared_error": self.squared_error,
            "per_class": [{"digit": digit, **vars(scores)} for digit, scores in enumerate(self.per_class)],
            "confusion": self.confusion.tolist(),
        }


def score(probabilities: ArrayLike, labels: ArrayLike) -> Scores:
    """Compare probabilities (n, 10), each in 0..1, with labels (n,), each 0..9.

    The digit with the highest probability is the one that was read (the smaller digit where two are equal).
    Rows need not add up to one. Raises DataError, one line, for anything else.

    >>> scores = score(np.eye(10)[[7, 2, 1, 6]], [7, 2, 1, 0])
    >>> scores.errors, scores.accuracy, int(scores.confusion[0, 6])
    (1, 0.75, 1)
    """
    P, y = check(probabilities, labels)
    confusion = np.bincount(CLASSES * y + P.argmax(axis=1), minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    right = int(confusion.trace())
    return Scores(
        images=len(y),
        errors=len(y) - right,
        accuracy=right / len(y),
        interval_95=wilson_interval(right, len(y)),
        loss=cross_entropy(P, y),
        squared_error=float(np.sum((P - np.eye(CLASSES)[y]) ** 2)),
        per_class=tuple(_class_scores(confusion, digit) for digit in range(CLASSES)),
        confusion=confusion,
    )


def wilson_interval(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """The share of successes that `trials` draws let one believe in, as (low, high) within 0..1.

    The score interval of Wilson, "Probable inference, the law of succession, and statistical inference"
    (1927): it is honest near 0 and 1, where accuracies live and where p +- z * sqrt(p * (1 - p) / n) is
    not. `z` is the quantile of the normal distribution that goes with the confidence, 95 % unless told.

    >>> low, high = wilson_interval(9_950, 10_000)
    >>> f"{low:.4f} {high:.4f}"
    '0.9934 0.9962'
    """
    if not 0 <= successes <= trials or trials == 0:
        raise DataError(f"expected 0 to n successes in n > 0 trials, got {successes} in {trials}")
    share = successes / trials
    shrink = 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / shrink
    half = z / shrink * sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    # In exact arithmetic the interval always holds the share itself; rounding must not push it out.
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


def cross_entropy(P: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """The mean of -log(probability of the true class), for P (n, 10) and y (n,).

    A probability of exactly 0 counts as float32's smallest normal number, so that one image costs 87 at most:
    that is as far as a float32 softmax reaches, and a single rounding must not make the mean infinite.
    """
    true = P[np.arange(len(y)), y]
    return float(-np.log(np.maximum(true, np.finfo(np.float32).tiny)).mean())


def tempered(P: NDArray[Any], temperature: float) -> NDArray[Any]:
    """Probabilities (n, classes) made more even (a temperature above 1) or less: P ** (1 / temperature), rows scaled.

    Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017): one number, fitted on images
    that were not trained on, mends most of a network's over- or underconfidence. The order within a row stays.

    >>> tempered(np.array([[0.9, 0.1]]), 2).round(6).tolist()
    [[0.75, 0.25]]
    """
    if temperature == 1:
        return P
    P = (P / P.max(axis=1, keepdims=True)) ** (1 / temperature)  # relative to the largest: no row vanishes in rounding
    P /= P.sum(axis=1, keepdims=True)
    return P


def check(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The two as float64 (n, 10) and int64 (n,), or a DataError that says what is wrong with them."""
    P, y = np.asarray(probabilities), np.asarray(labels)
    if P.ndim != 2 or P.shape[1] != CLASSES or P.dtype.kind not in "fiub":
        raise DataError(f"expected probabilities of shape (n, 10), got {_described(P)}")
    if y.shape != (len(P),) or (len(y) and y.dtype.kind not in "iu"):
        raise DataError(f"expected {len(P)} labels, whole numbers from 0 to 9, got {_described(y)}")
    if not len(y):
        raise DataError("expected at least one image to score, got none")
    if y.min() < 0 or y.max() >= CLASSES:
        raise DataError(f"expected labels from 0 to 9, got {y.min()} to {y.max()}")
    low, high = P.min(), P.max()  # NaN where any of them is
    if not (low >= 0 and high <= 1.001):  # a float32 softmax may round to a little above 1
        raise DataError(f"expected probabilities from 0 to 1, got {low:g} to {high:g}; apply softmax to logits first")
    return P.astype(np.float64), y.astype(np.int64)


def most_confused(confusion: NDArray[np.int64], count: int = 3) -> list[tuple[int, int, int]]:
    """The `count` most frequent mistakes as (true digit, read as, how often), most frequent first.

    >>> most_confused(np.array([[9, 2], [1, 7]]))
    [(0, 1, 2), (1, 0, 1)]
    """
    wrong = confusion - np.diag(confusion.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(order, wrong.shape)
    return [(int(r), int(c), int(wrong[r, c])) for r, c in zip(rows, columns, strict=True) if wrong[r, c]]


def _class_scores(confusion: NDArray[np.int64], digit: int) -> ClassScores:
    right = int(confusion[digit, digit])
    read, support = int(confusion[:, digit].sum()), int(confusion[digit].sum())
    return ClassScores(
        precision=right / read if read else 0.0,
        recall=right / support if support else 0.0,
        f1=2 * right / (read + support) if read + support else 0.0,  # = 2pr/(p + r), and whole where p + r = 0
        support=support,
    )


def _described(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape {array.shape}"
