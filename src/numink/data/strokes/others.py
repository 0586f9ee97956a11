"""What is no digit, as a reader of pages cuts it out: letters, scribbles, boxes, blots, several digits, parts of one.

Each kind draws one image of ink for each of some writers: uint8 (height, width), 0 = paper, 255 = ink, of any size.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.data.strokes import pieces
from numink.data.strokes.allographs import FORMS
from numink.data.strokes.drawing import draw_canvases, fitted
from numink.data.strokes.forms import Form
from numink.data.strokes.paths import Paths
from numink.data.strokes.shapes import LETTERS, SHAPES
from numink.data.strokes.writer import Writer, gathered

HEIGHT_PX = 40
"""Of a digit, before it is made as small as networks see it."""
_WAY = 400  # points of a scribble's way

# A digit with one line through it may be a crossed 7, or a 0 with its slash; these are struck out by any line
STRUCK_BY_ONE = "23569"
# Which parts of a digit are none: below, a 7 is a 1; on its right, an 8 is a 3; on its left, a 0 is a 1 that bends
PARTS = {
    "0": ("top", "bottom"),
    "2": ("bottom",),
    "3": ("left", "bottom", "middle"),
    "4": ("top",),
    "5": ("top", "bottom"),
    "8": ("middle",),
}
# A digit turned by so many right angles, anticlockwise, is no other; of the rest some writer's might be
TURNED: dict[str, tuple[int, ...]] = {"3": (1, 2, 3), "4": (1, 3)}
# What may stand on what: a circle on a circle would be an 8, and one on a 1 a 9
ABOVE, BELOW = "23457", "023456789"

Writers = Sequence[Writer]
Images = list[Bytes]


def shapes(writers: Writers, rng: np.random.Generator) -> Images:
    """One letter, sign or little picture."""
    return _written([SHAPES[number] for number in rng.integers(len(SHAPES), size=len(writers))], writers, rng)


def words(writers: Writers, rng: np.random.Generator) -> Images:
    """Two to four letters side by side."""
    return _rows(writers, rng.integers(2, 5, len(writers)), LETTERS, rng)


def neighbours(writers: Writers, rng: np.random.Generator) -> Images:
    """Two digits side by side, or three, that touch or nearly do."""
    return _rows(writers, np.where(rng.random(len(writers)) < 0.85, 2, 3), None, rng)


def with_letter(writers: Writers, rng: np.random.Generator) -> Images:
    """A digit and a letter or sign beside it."""
    pairs = zip(_digits(writers, rng), shapes(writers, rng), strict=True)
    return [pieces.beside([pair[i] for i in rng.permutation(2)], _gaps(rng, 2), rng) for pair in pairs]


def stacked(writers: Writers, rng: np.random.Generator) -> Images:
    """One digit above another."""
    above, below = (_digits(writers, rng, only) for only in (ABOVE, BELOW))
    return [
        np.rot90(pieces.beside([np.rot90(image) for image in pair], _gaps(rng, 2), rng), -1)
        for pair in zip(above, below, strict=True)
    ]


def struck_out(writers: Writers, rng: np.random.Generator) -> Images:
    """A digit, or some, with lines through them."""
    counts = rng.choice([1, 1, 1, 2, 3], len(writers))
    many = _rows(writers, counts, None, rng)
    one_line = _digits(writers, rng, STRUCK_BY_ONE)
    struck = []
    for writer, count, image, single in zip(writers, counts, many, one_line, strict=True):
        by_one = count == 1 and rng.random() < 0.3
        width_px = writer.line * HEIGHT_PX * rng.uniform(0.9, 1.4)
        struck.append(pieces.strike(pieces.cropped(single) if by_one else image, width_px, by_one or count > 1, rng))
    return struck


def parts(writers: Writers, rng: np.random.Generator) -> Images:
    """What is left of a digit where a stroke broke, or where two digits were parted in the wrong place."""
    names = rng.choice(list(PARTS), len(writers))
    images = _drawn("".join(names), writers, rng)
    return [pieces.part(image, str(rng.choice(PARTS[name])), rng) for name, image in zip(names, images, strict=True)]


def turned(writers: Writers, rng: np.random.Generator) -> Images:
    """A digit on its side, or upside down, that could not be another."""
    names = rng.choice(list(TURNED), len(writers))
    images = _drawn("".join(names), writers, rng)
    return [np.rot90(image, rng.choice(TURNED[name])) for name, image in zip(names, images, strict=True)]


def scribbles(writers: Writers, rng: np.random.Generator) -> Images:
    """The pen to and fro: zigzags, loops over one another, and a way without any plan."""
    count = len(writers)
    t = np.linspace(0, 1, _WAY)
    turns, phase, drift, lean = (
        rng.uniform(low, high, (count, 1)) for low, high in ((3.5, 10), (0, 2 * np.pi), (0.5, 2.5), (-0.4, 0.4))
    )
    angle = 2 * np.pi * turns * t + phase
    loops = rng.random((count, 1)) < 0.5
    reach = 0.35 * (1 + 0.5 * pieces.wander(count, _WAY, 12, rng))
    y = reach * np.where(loops, np.sin(angle), 2 / np.pi * np.arcsin(np.sin(angle)))
    x = drift * (t - 0.5) + lean * y
    x += np.where(loops, reach * np.cos(angle), 0.08 * pieces.wander(count, _WAY, 12, rng))
    aimless = rng.random((count, 1)) < 0.25
    x, y = (np.where(aimless, 0.5 * pieces.wander(count, _WAY, 22, rng), way) for way in (x, y))
    upright = rng.random((count, 1)) < 0.4
    across, down = (np.where(upright, one, other).astype(np.float32) for one, other in ((y, x), (x, y)))
    images: Images = []
    for first in range(0, count, 64):
        rows = slice(first, first + 64)
        line = gathered(writers[rows], "line") * np.ones_like(across[rows])
        way = Paths(across[rows], down[rows], line, np.ones_like(line), np.ones(_WAY - 1, bool))
        images += [*fitted(way, writers[rows], rng)]
    return images


def lines(writers: Writers, rng: np.random.Generator) -> Images:
    """Pieces of rulings and frames, and strokes that are no 1."""
    return [pieces.ruled(rng) for _ in writers]


def blots(writers: Writers, rng: np.random.Generator) -> Images:
    """Blots and specks."""
    return [pieces.blot(rng) for _ in writers]


def textures(writers: Writers, rng: np.random.Generator) -> Images:
    """Paper, cloth and shadows, where a threshold took them for ink."""
    return [pieces.texture(rng) for _ in writers]


KINDS: dict[str, tuple[float, Callable[[Writers, np.random.Generator], Images]]] = {
    "shape": (0.28, shapes),
    "word": (0.06, words),
    "digits side by side": (0.18, neighbours),
    "digit and letter": (0.06, with_letter),
    "digit above another": (0.04, stacked),
    "struck out": (0.08, struck_out),
    "part of a digit": (0.07, parts),
    "turned digit": (0.02, turned),
    "scribble": (0.06, scribbles),
    "line": (0.07, lines),
    "blot": (0.03, blots),
    "texture": (0.03, textures),
}
"""How often each kind occurs, and how it is drawn."""


def _rows(
    writers: Writers, counts: NDArray[np.integer], forms: Sequence[Form] | None, rng: np.random.Generator
) -> Images:
    """For each writer so many characters in a row: of these forms, or digits."""
    hands = [writer for writer, count in zip(writers, counts, strict=True) for _ in range(count)]
    if forms is None:
        drawn = _digits(hands, rng)
    else:
        drawn = _written([forms[number] for number in rng.integers(len(forms), size=len(hands))], hands, rng)
    ends = np.cumsum(counts)
    return [
        pieces.beside(drawn[end - count : end], _gaps(rng, count), rng) for end, count in zip(ends, counts, strict=True)
    ]


def _gaps(rng: np.random.Generator, count: int) -> list[float]:
    """How many pixels lie between neighbours: less than none where they touch."""
    return list(rng.choice([-3, -1, 0, 2, 5]) + rng.uniform(-1, 2, count - 1))


def _digits(writers: Writers, rng: np.random.Generator, only: str | None = None) -> Images:
    return _drawn("".join(rng.choice(list(only or FORMS), len(writers))), writers, rng)


def _drawn(digits: str, writers: Writers, rng: np.random.Generator) -> Images:
    return [*draw_canvases([w.form_for(digit, rng) for digit, w in zip(digits, writers, strict=True)], writers, rng)]


def _written(forms: Sequence[Form], writers: Writers, rng: np.random.Generator) -> Images:
    """Shapes by these writers, not so freely that they could be taken for a digit."""
    gentle = [replace(writer, bends=0.3 * writer.bends, habits=0.3 * writer.habits, care=1.0) for writer in writers]
    return [*draw_canvases(forms, gentle, rng)]
