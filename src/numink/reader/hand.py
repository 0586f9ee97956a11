"""One hand writes one way: its ones and sevens are told apart by all of them on the page.

Many people write a 1 with an upstroke that others' sevens have, so that the network takes their ones for sevens, though
less surely than their sevens. Alone such a 1 cannot be told; among the sevens of the same hand it can.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numink.reader.clusters import Item

ONE, SEVEN = 1, 7
EITHER = 0.8
"""The probability of both together from which a digit is one of the two."""
FEWEST = 2
"""Of either kind there are at least so many."""
PLAIN_SEVENS, POOR_ONES, APART = -5.0, -2.0, 5.0
"""Log odds of 1 against 7: the most that sevens have on average, the least that ones have, and how far they differ."""
MOST = 6.0


def told_by_hand(items: Sequence[Item]) -> list[Item]:
    """The items of a page, the odds of 1 against 7 moved to where this page parts its ones from its sevens."""
    moved = list(items)
    logits = {}
    for n, item in enumerate(items):
        if item.candidate is not None and item.candidate.P[ONE] + item.candidate.P[SEVEN] > EITHER:
            one, seven = np.log(np.maximum(item.candidate.P[[ONE, SEVEN]], 1e-9))
            logits[n] = float(one - seven)
    limit = parting(np.array(list(logits.values())))
    if limit:
        for n in logits:
            candidate = items[n].candidate
            assert candidate is not None
            moved[n] = replace(items[n], candidate=replace(candidate, P=shifted(candidate.P, -limit)))
    return moved


def parting(logits: NDArray[np.float64]) -> float:
    """The log odds that part two groups, half way between their means, or 0 where there are not plainly two.

    They are the two groups within which the values differ least.
    """
    values = np.sort(logits.clip(-12, 12))
    cuts = range(FEWEST, len(values) - FEWEST + 1)
    if not cuts:
        return 0.0
    cut = min(cuts, key=lambda cut: values[:cut].var() * cut + values[cut:].var() * (len(values) - cut))
    sevens, ones = float(values[:cut].mean()), float(values[cut:].mean())
    if sevens > PLAIN_SEVENS or ones < POOR_ONES or ones - sevens < APART:
        return 0.0
    return float(np.clip((sevens + ones) / 2, -MOST, MOST))


def shifted(P: NDArray[np.floating], by: float) -> NDArray[np.floating]:
    """Probabilities (10,) with the log odds of 1 against 7 raised; both together stay as likely as they were."""
    both = P[ONE] + P[SEVEN]
    one = P[ONE] * np.exp(by / 2)
    seven = P[SEVEN] * np.exp(-by / 2)
    moved = P.copy()
    moved[ONE], moved[SEVEN] = both * one / (one + seven), both * seven / (one + seven)
    return moved
