"""Networks wider, deeper or with more dropout than a recipe's own: its words, changed all together.

Each function takes the words of `network.layers` and a number, and raises RecipeError where there is nothing to change.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

from numink.errors import RecipeError

Words: TypeAlias = tuple[str | tuple[str, ...], ...]

WIDE, DROPPING, FLATTENING = ("dense", "conv"), ("dropout", "drop-maps"), ("flatten", "global-pool")


def widened(words: Words, factor: float) -> Words:
    """Every width but the last, which is the number of classes, times a factor, and rounded to 1 at least.

    >>> widened(("conv 8 3x3", ("residual", "conv 8 3x3 same"), "flatten", "dense 10"), 1.5)
    ('conv 12 3x3', ('residual', 'conv 12 3x3 same'), 'flatten', 'dense 10')
    """
    left = sum(_name(text) in WIDE for text in _texts(words)) - 1
    if left < 1:
        raise RecipeError("the network has no hidden layer to be wider")

    def change(text: str) -> str:
        nonlocal left
        if _name(text) not in WIDE or left == 0:
            return text
        left -= 1
        name, width, *rest = text.split()
        return " ".join([name, str(max(1, round(int(width) * factor))), *rest])

    return _changed(words, change)


def deepened(words: Words, more: float) -> Words:
    """So many hidden layers more, or fewer below 0, each with what follows it: the last is repeated, or left out.

    The layers meant are the hidden dense ones, or where there are none, the convolutions and branches.

    >>> deepened(("dense 64", "activation", "dropout 0.2", "dense 10"), 1)
    ('dense 64', 'activation', 'dropout 0.2', 'dense 64', 'activation', 'dropout 0.2', 'dense 10')
    >>> deepened(("conv 8 3x3", "relu", "conv 8 3x3 same", "relu", "flatten", "dense 10"), -1)
    ('conv 8 3x3', 'relu', 'flatten', 'dense 10')
    """
    *hidden, last = [place for place, word in enumerate(words) if not isinstance(word, str) or _name(word) in WIDE]
    flat = next((place for place in range(last) if _name(words[place]) in FLATTENING), -1)
    starts, end = [place for place in hidden if place > flat], last
    if not starts:
        starts, end = hidden, flat
    if not starts or more <= -len(starts):
        raise RecipeError(f"of {len(starts)} hidden layers one at least must be left, but {more:+g} came")
    edges = [*starts, end]
    blocks = [words[first:behind] for first, behind in pairwise(edges)]
    blocks = blocks + int(more) * blocks[-1:] if more >= 0 else blocks[: int(more)]
    return words[: starts[0]] + sum(blocks, start=()) + words[end:]


def dropped(words: Words, factor: float) -> Words:
    """Every probability of dropout, times a factor.

    >>> dropped(("dropout 0.1", "dense 64", "relu", "dropout 0.5", "dense 10"), 0.5)
    ('dropout 0.05', 'dense 64', 'relu', 'dropout 0.25', 'dense 10')
    """
    if not any(_name(text) in DROPPING for text in _texts(words)):
        raise RecipeError('network.layers have no dropout; put one in, such as "dropout 0.2"')

    def change(text: str) -> str:
        if _name(text) not in DROPPING:
            return text
        name, rate = text.split()
        return f"{name} {float(rate) * factor:.4g}"

    return _changed(words, change)


def _name(word: str | Sequence[str]) -> str:
    return (word.split() or [""])[0] if isinstance(word, str) else "residual"


def _texts(words: Words) -> list[str]:
    """The words one by one, those of branches too."""
    return [text for word in words for text in ([word] if isinstance(word, str) else word)]


def _changed(words: Words, change: Callable[[str], str]) -> Words:
    return tuple(change(word) if isinstance(word, str) else tuple(map(change, word)) for word in words)
