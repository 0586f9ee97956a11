"""What the page and the terminal say alike of an explanation: numbers, and shapes with their numbers put in."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10

import numpy as np

from numink.nn.layers import Dense, Pixels
from numink.nn.maps import Conv2d, shape_text
from numink.nn.params import Array, Shape
from numink.nn.pool import Pool
from numink.understand.explain.explanation import Step

SHOWN_TERMS = 6
WHOLE_BELOW = 99_999.5
"""Numbers from here on are written by a power of ten, so that columns keep their width."""


def number(value: float, digits: int = 3) -> str:
    """A number as a person reads it: three digits that count, or as many as are asked for; large ones are whole.

    Nine characters are enough for three digits and for two.

    >>> number(-0.123456), number(31.4159), number(0), number(2.5e-7), number(999.7), number(12345)
    ('-0.123', '31.4', '0', '2.5e-07', '1,000', '12,345')
    >>> number(530, 2), number(99.7, 2), number(123456)
    ('530', '100', '1.23e+05')
    """
    value = float(value)
    return f"{value:,.0f}" if 10**digits - 0.5 <= abs(value) < WHOLE_BELOW else f"{value:.{digits}g}"


def chance(probability: float) -> str:
    """A probability behind its name, with so many digits that it is neither 0 nor 1.

    >>> chance(0.731), chance(0.999731), chance(2.5e-7), chance(1)
    ('= 0.731', '= 0.99973', '= 2.5e-07', '> 0.999999')
    """
    left = 1 - float(probability)
    if left < 1e-6:
        return "> 0.999999"
    if left < 0.01:
        return f"= {probability:.{1 - floor(log10(left))}f}"
    return f"= {number(probability)}" if probability > 1e-99 else "< 1e-99"


def in_percent(probability: float) -> str:
    """A probability in percent with four decimals, neither 0 nor 100.

    >>> in_percent(0.5), in_percent(0.99999999), in_percent(0)
    ('50.0000', '> 99.9999', '< 0.0001')
    """
    if probability > 0.999999:
        return "> 99.9999"
    return f"{100 * probability:.4f}" if probability >= 0.000001 else "< 0.0001"


def alike(values: Array) -> tuple[list[str], int]:
    """Numbers (d,) written with as many decimals each, and the power of ten that all are to be multiplied by.

    >>> alike(np.array([13.04, -0.001, 2])), alike(np.array([2e-5, -3e-6]))
    ((['13.0', '0.0', '2.0'], 0), (['2.00', '-0.30'], -5))
    """
    most = float(np.abs(values).max())
    power = floor(log10(most)) if most else 0
    decimals, factored = (2 - power, 0) if -2 <= power <= 2 else (2, power)
    return [f"{round(float(value) / 10.0**factored, decimals) + 0:.{decimals}f}" for value in values], factored


def shape(sizes: Shape) -> str:
    """A shape in brackets.

    >>> shape((1, 28, 28))
    '(1 x 28 x 28)'
    """
    return f"({shape_text(sizes)})"


def forward_shapes(step: Step) -> str:
    """What the layer does to shapes, with the numbers of this network and one image."""
    enters, leaves = shape((1, *step.X.shape)), shape((1, *step.Z.shape))
    if isinstance(step.layer, Pixels):
        return f"{enters} → {leaves}, factor = {number(step.layer.factor)}, shift = {number(step.layer.shift)}"
    if isinstance(step.layer, Dense):
        return f"{enters} {shape(step.p.W.shape)} + {shape(step.p.b.shape)} → {leaves}"
    if isinstance(step.layer, Conv2d):
        border = " within a border of zeros" if step.layer.padding != ((0, 0), (0, 0)) else ""
        kernel = f"a kernel {shape(step.p.W.shape)}, s = {step.layer.stride}"
        return f"{enters}{border} under {kernel}, + {shape(step.p.b.shape)} → {leaves}"
    if isinstance(step.layer, Pool):
        height, width = step.layer.kernel
        return f"{enters} → {leaves}, h = {height}, w = {width}"
    return f"{enters} → {leaves}"


def backward_shapes(step: Step) -> dict[str, str]:
    """The same on the way back, for each gradient by its name."""
    dX, dZ = shape((1, *step.X.shape)), shape((1, *step.Z.shape))
    found = {f"d{name}": f"{dZ} → {shape(getattr(step.g, name).shape)}" for name in step.learnt}
    found["dX"] = f"{dZ} → {dX}"
    if isinstance(step.layer, Dense):
        W = step.p.W.shape
        found["dW"] = f"({len(step.X)} x 1) {dZ} → {shape(W)}"
        found["dX"] = f"{dZ} {shape(W[::-1])} → {dX}"
    return found


def span(values: Array, digits: int = 3) -> str:
    """From the lowest number to the highest."""
    return f"{number(values.min(), digits)} to {number(values.max(), digits)}"


def norm(values: Array) -> str:
    """The length of an array as a vector: the root of the sum of its squares."""
    return number(np.sqrt(np.square(values, dtype=float).sum()))


@dataclass(frozen=True)
class Term:
    """One input of a unit: which, what came in, its weight, and what it adds."""

    index: int
    x: float
    weight: float
    product: float


@dataclass(frozen=True)
class Sum:
    """One unit's number written out: its bias, its largest terms, how many others there are, and what they add."""

    unit: int
    bias: float
    terms: tuple[Term, ...]
    others: int
    rest: float
    total: float
    above: float
    """What all terms above 0 add."""
    below: float


def written_out(step: Step, unit: int) -> Sum:
    """Z of one unit of a dense layer as a sum, its terms by what they weigh."""
    weights = step.p.W[:, unit]
    products = step.X * weights
    order = [int(index) for index in np.argsort(-np.abs(products), kind="stable") if products[index]]
    shown = order[:SHOWN_TERMS]
    terms = tuple(Term(i, float(step.X[i]), float(weights[i]), float(products[i])) for i in shown)
    others = order[SHOWN_TERMS:]
    rest = float(products[others].sum())
    above, below = float(products[products > 0].sum()), float(products[products < 0].sum())
    return Sum(unit, float(step.p.b[unit]), terms, len(others), rest, float(step.Z[unit]), above, below)


def chosen_unit(steps: Iterable[Step], step: Step, answer: int) -> int:
    """The unit of a dense layer that is written out: in the last the answer's, else the one with the largest number."""
    last = [one for one in steps if isinstance(one.layer, Dense)][-1]
    return answer if step is last else int(step.Z.argmax())
