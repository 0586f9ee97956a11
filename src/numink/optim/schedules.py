"""Learning-rate schedules: what the rate is multiplied by, as a function of how far training has come (0 to 1)."""

from collections.abc import Callable
from math import cos, pi

WARM_UP = 0.3
START, END = 1 / 25, 1e-4


def constant(progress: float) -> float:
    """Always 1."""
    return 1.0


def step(progress: float) -> float:
    """1 for the first half, 0.1 for the next quarter, 0.01 for the last (eq. 47).

    >>> [step(0.2), step(0.5), step(0.9)]
    [1.0, 0.1, 0.01]
    """
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01  # eq. 47


def cosine(progress: float) -> float:
    """From 1 to 0 along half a cosine (Loshchilov and Hutter 2017, eq. 48).

    >>> [cosine(0), round(cosine(0.5), 9), cosine(1)]
    [1.0, 0.5, 0.0]
    """
    return 0.5 * (1 + cos(pi * progress))  # eq. 48


def one_cycle(progress: float) -> float:
    """Up from 1/25 to 1 in the first 30 %, then down to 1/10,000, both along half a cosine (Smith 2018, eq. 49).

    >>> [round(one_cycle(0), 9), one_cycle(0.3), round(one_cycle(1), 9)]
    [0.04, 1.0, 0.0001]
    """
    if progress < WARM_UP:
        return 1 + (START - 1) * cosine(progress / WARM_UP)  # eq. 49, on the way up
    return END + (1 - END) * cosine((progress - WARM_UP) / (1 - WARM_UP))  # eq. 49, and down


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one-cycle": one_cycle,
}
"""The schedules by their name in a recipe."""
