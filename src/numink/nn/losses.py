"""The losses: how wrong the network is, as one number, and which way each of its outputs should move.

A loss takes Z (n, classes), the output of the last layer, and y (n,), the classes, and returns `(value,
gradient)` together, both divided by `batch`, the size of the whole batch, even where Z is only a piece of it: so
pieces and shards simply add up. It may write over Z. `probabilities(Z)` is what the network answers when used.

A y that equals the number of classes says "none of them": there the network is to be undecided, its target is 1/classes
for each class. To train it so on what has no class is outlier exposure (Hendrycks, Mazeika and Dietterich 2019).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

from numink.nn.params import Array
from numink.nn.work import Work

LOWEST = {np.dtype(dtype): np.finfo(dtype).min for dtype in (np.float32, np.float64)}


class Loss(Protocol):
    """What the network asks of a loss."""

    def __call__(self, Z: Array, y: Array, batch: int, work: Work) -> tuple[float, Array]:
        """The loss of these examples over `batch`, and dZ (n, classes)."""
        ...

    def probabilities(self, Z: Array) -> Array:
        """What the outputs Z (n, classes) say, as probabilities (n, classes) whose rows add up to 1."""
        ...


def _targets(y: Array, Z: Array, work: Work) -> Array:
    """T (n, classes): in each row 1 for the class y and 0 for the others; 1/classes each where y says none of them."""
    return np.take(_one_hot(Z.shape[1], Z.dtype), y, axis=0, out=work.array("T", Z.shape), mode="clip")


@cache
def _one_hot(classes: int, dtype: np.dtype[Any]) -> Array:
    """The rows that T may have, by their y: that of the last is even."""
    rows = np.eye(classes + 1, classes, dtype=dtype)
    rows[classes] = 1 / classes
    return rows


def softmax(Z: Array) -> Array:
    """P (n, classes) = exp(Z) / sum of exp(Z), in place.

    Finite for any finite Z.
    """
    P: Array = np.exp(_below_zero(Z), out=Z)
    P /= P.sum(axis=1, keepdims=True)  # eq. 11
    return P


def _below_zero(Z: Array) -> Array:
    """Z less the largest of its row, in place: P stays as it is, and exp cannot overflow."""
    largest = Z[np.arange(len(Z)), Z.argmax(axis=1)]  # Z.max(axis=1) is three times slower along a short axis
    with np.errstate(over="ignore"):
        Z -= largest[:, np.newaxis]
    np.maximum(Z, LOWEST[Z.dtype], out=Z)  # two ends of the range can be further apart than it is wide
    return Z


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """Softmax and cross-entropy in one: J = -mean of log P[y], P = softmax(Z).

    Together they are stable (no logarithm of a rounded 0) and their gradient is simply P - T. With
    `label_smoothing` q the targets T are 1 - q for the class, and q spread evenly over all classes (Szegedy et
    al. 2016).
    """

    label_smoothing: float = 0.0

    def __call__(self, Z: Array, y: Array, batch: int, work: Work) -> tuple[float, Array]:
        """Loss and dZ; Z becomes dZ."""
        T = _targets(y, Z, work)
        if self.label_smoothing:
            T *= 1 - self.label_smoothing
            T += self.label_smoothing / Z.shape[1]  # eq. 13
        Z = _below_zero(Z)
        agreement = np.multiply(Z, T, out=work.array("agreement", Z.shape)).sum(dtype=float)
        P = np.exp(Z, out=Z)
        total = P.sum(axis=1, keepdims=True)
        value = (np.log(total).sum(dtype=float) - agreement) / batch  # eq. 12: log P = Z - log(sum of exp Z)
        P /= total  # eq. 11
        P -= T
        P *= 1 / batch  # eq. 17: dZ = (P - T) / n
        return float(value), P

    def probabilities(self, Z: Array) -> Array:
        """Softmax of Z, in place."""
        return softmax(Z)


@dataclass(frozen=True)
class Logistic:
    """One sigmoid for each class, each asked "is it you?": the logistic cost of the tutorials.

    J = -mean over examples of the sum over classes of [T log A + (1 - T) log(1 - A)], A = sigmoid(Z). Where
    A reaches 0 or 1 in rounding, the formula as written takes the logarithm of 0; in terms of Z it is
    max(Z, 0) - Z T + log(1 + exp(-|Z|)), finite for any finite Z.
    """

    def __call__(self, Z: Array, y: Array, batch: int, work: Work) -> tuple[float, Array]:
        """Loss and dZ; Z becomes dZ."""
        T = _targets(y, Z, work)
        spare = work.array("spare", Z.shape)
        agreement = np.multiply(Z, T, out=spare).sum(dtype=float)
        above = np.maximum(Z, 0, out=spare).sum(dtype=float)
        tail = np.abs(Z, out=spare)
        np.log1p(np.exp(np.negative(tail, out=tail), out=tail), out=tail)
        value = above - agreement + tail.sum(dtype=float)  # eq. 14
        A = sigmoid(Z)
        A -= T
        A *= 1 / batch  # eq. 18: dZ = (A - T) / n
        return float(value / batch), A

    def probabilities(self, Z: Array) -> Array:
        """The sigmoids, in place, scaled so that each row adds up to 1.

        As the softmax of log sigmoid(Z) = min(Z, 0) - log(1 + exp(-|Z|)): small ones keep their proportions, even
        where all of them round to 0.
        """
        tail = np.log1p(np.exp(-np.abs(Z)))
        np.minimum(Z, 0, out=Z)
        Z -= tail
        return softmax(Z)


@dataclass(frozen=True)
class SquaredError:
    """J = half the mean over examples of the sum over classes of (Z - T)^2, T being 1 for the class and else 0."""

    def __call__(self, Z: Array, y: Array, batch: int, work: Work) -> tuple[float, Array]:
        """Loss and dZ; Z becomes dZ."""
        Z -= _targets(y, Z, work)
        value = np.square(Z, out=work.array("squares", Z.shape)).sum(dtype=float) / (2 * batch)  # eq. 15
        Z *= 1 / batch  # eq. 19: dZ = (Z - T) / n
        return float(value), Z

    def probabilities(self, Z: Array) -> Array:
        """The outputs, in place, cut off below 0 and scaled so that each row adds up to 1.

        A row without a positive output is lifted until its smallest is 0; one of equal outputs says nothing, and
        becomes even.
        """
        lowest = np.where(Z.max(axis=1) > 0, 0, Z.min(axis=1))
        Z -= lowest[:, np.newaxis]
        np.maximum(Z, 0, out=Z)
        Z[~Z.any(axis=1)] = 1
        Z /= Z.sum(axis=1, keepdims=True)
        return Z


def sigmoid(Z: Array) -> Array:
    """1 / (1 + exp(-Z)) in place, in the form that never overflows."""
    Z *= 0.5
    np.tanh(Z, out=Z)
    Z += 1
    Z *= 0.5  # eq. 3
    return Z


LOSSES: dict[str, Callable[[float], Loss]] = {
    "cross-entropy": SoftmaxCrossEntropy,
    "logistic": lambda label_smoothing: Logistic(),
    "squared-error": lambda label_smoothing: SquaredError(),
}
"""The losses by their name in a recipe; each takes the label smoothing, which is cross-entropy's alone."""
