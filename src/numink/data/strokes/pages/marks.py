"""What stands on a page beside digits: signs and decimal marks, letters, and what reads as nothing."""

import numpy as np
from numpy.typing import NDArray

from numink.data.strokes.forms import Form

WIDEST = 9.5
"""Heights that a stroke may be wide: no form has numbers of more than three digits."""

SIGNS = {
    "-": (Form("-", "minus", "10,57 54,54"), Form("-", "short", "14,56 44,55"), Form("-", "bent", "8,59 30,54 54,55")),
    "+": (Form("+", "plus", "4,55 62,54 / 33,26 33,84"), Form("+", "hooked", "4,57 60,54 / 34,26 31,70 36,82")),
    ".": (Form(".", "point", "6,93 14,100! 6,101! 14,93! 10,101"), Form(".", "stroke", "8,90 13,103! 8,92! 13,103")),
    ",": (Form(",", "comma", "12,92 14,98 13,104 4,118"), Form(",", "straight", "14,90 5,116")),
}
"""The characters that a number may have beside its digits, each with its forms."""

SIGN_NAMES = {"-": "minus", "+": "plus", ".": "point", ",": "comma"}

# Only letters that nobody could take for digits: no b, g, l, o, q, s, z, B, D, I, O, S, Z.
LETTERS = {
    letter: Form(letter, letter, strokes)
    for letter, strokes in {
        "a": "46,50 26,42 8,64 12,92 28,98 44,80 48,46! 48,88 58,98",
        "d": "44,54 24,44 8,66 14,94 32,96 46,74 / 49,2 48,88 58,98",
        "e": "8,72 44,66 42,48 24,42 8,66 16,94 34,99 52,88",
        "f": "48,8 34,2 24,20 24,100 / 8,46 42,43",
        "h": "10,2 10,100! 12,66 28,46 42,56 44,100",
        "k": "10,2 10,100 / 44,44 12,72! 46,100",
        "m": "6,44 8,100! 10,66 22,46 32,58 32,100! 34,66 46,46 57,58 58,100",
        "n": "8,44 10,100! 12,66 28,46 42,58 43,100",
        "p": "8,44 8,138! 10,66 28,44 46,62 40,90 22,98 10,86",
        "r": "8,44 10,100! 12,68 26,48 40,50",
        "t": "24,14 22,84 30,98 44,92 / 6,44 44,41",
        "u": "8,44 8,84 22,99 38,86 43,46! 43,88 52,99",
        "w": "4,44 16,99! 30,54! 43,99! 58,44",
        "x": "8,44 44,100 / 44,44 6,100",
        "A": "2,100 28,0! 54,100 / 10,64 47,62",
        "E": "52,1 8,2! 8,99! 54,98 / 8,49 43,47",
        "F": "52,1 8,2! 8,100 / 8,49 42,47",
        "H": "8,0 8,100 / 52,0 52,100 / 8,50 52,48",
        "K": "8,0 8,100 / 50,0 10,54! 54,100",
        "M": "4,100 10,2! 32,66! 56,2! 62,100",
        "N": "8,100 10,2! 50,98! 52,0",
        "P": "8,0 8,100 / 8,6 34,0 50,24 36,48 8,52",
        "R": "8,0 8,100 / 8,6 34,0 50,22 34,46 8,52! 54,100",
        "T": "30,2 30,100 / 2,3 60,1",
        "W": "0,0 16,99! 34,30! 50,99! 70,0",
        "X": "6,0 54,100 / 54,0 4,100",
        "€": "56,14 38,2 16,30 16,72 36,98 56,88 / 4,42 44,40 / 4,60 42,58",
    }.items()
}
WORDS = ("km", "mm", "kW", "m", "h", "t", "€", "Anna", "Max", "Peter", "Ref", "Nr", "Tax", "Mark", "Henne", "Amt")


def tick() -> Form:
    """A check mark."""
    return Form("", "tick", "4,62 22,98! 66,6")


def cross() -> Form:
    """A cross, as in a box that was chosen."""
    return Form("", "cross", "6,18 56,96 / 56,16 4,98")


def arrow() -> Form:
    """An arrow that points to the right."""
    return Form("", "arrow", "0,58 40,54 98,56 / 74,36 100,56! 76,76")


def scribble(rng: np.random.Generator) -> Form:
    """The pen to and fro without meaning: a zigzag, or loops over one another."""
    if rng.random() < 0.5:
        turns = int(rng.integers(6, 13))
        x = np.linspace(0, 18 * turns, turns)
        y = np.where(np.arange(turns) % 2, 5, 95)
        return _form("scribble", x + rng.normal(0, 8, turns), y + rng.normal(0, 12, turns), corners=rng.random() < 0.5)
    turns = int(rng.integers(14, 30))
    angle = np.arange(turns) * rng.uniform(1.2, 1.7)
    reach = rng.uniform(8, 52, turns)
    x = 50 + reach * np.cos(angle) + rng.uniform(0, 5) * np.arange(turns)
    return _form("scribble", x, 50 + reach * np.sin(angle))


def strike(rng: np.random.Generator, width: float) -> Form:
    """The line or lines that strike out what is `width` heights wide, WIDEST at most."""
    over = rng.uniform(5, 25)
    left, right = -over, 100 * min(width, WIDEST) + over
    kind = rng.integers(3)
    if kind == 0:  # one line
        first, last = rng.uniform(35, 65, 2)
        return _form(
            "strike", np.array([left, (left + right) / 2, right]), np.array([first, (first + last) / 2 + 3, last])
        )
    if kind == 1:  # two lines, one under the other
        first, last, apart = *rng.uniform(30, 50, 2), rng.uniform(12, 25)
        ends = ((first, last), (first + apart, last + apart))
        return Form("", "strike", " / ".join(f"{left:.0f},{start:.0f} {right:.0f},{end:.0f}" for start, end in ends))
    turns = max(5, round((right - left) / rng.uniform(14, 30)))  # a zigzag over all of it
    y = np.where(np.arange(turns) % 2, 92, 8) + rng.normal(0, 6, turns)
    return _form("strike", np.linspace(left, right, turns), y, corners=True)


def underline(rng: np.random.Generator, width: float) -> Form:
    """The line under a sum that is `width` heights wide, WIDEST at most, or two lines."""
    right = 100 * min(width, WIDEST) + 10
    lines = [f"-10,{y} {right / 2:.0f},{y + 2} {right:.0f},{y - 2}" for y in (114, 128)[: rng.integers(1, 3)]]
    return Form("", "underline", " / ".join(lines))


def _form(name: str, x: NDArray[np.float64], y: NDArray[np.float64], corners: bool = False) -> Form:
    points = [f"{a:.0f},{b:.0f}" for a, b in zip(x, y, strict=True)]
    return Form("", name, ("! " if corners else " ").join(points))
