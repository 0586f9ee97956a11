"""Writers: what stays the same in all that one person writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

import numpy as np

from numink.data.strokes.allographs import FORMS
from numink.data.strokes.curves import Floats
from numink.data.strokes.forms import Form
from numink.data.strokes.pens import PENS, Pen
from numink.errors import DataError
from numink.schema import unknown

BENDS = 8  # the ways in which a whole digit is bent out of its form: see `paths`
HABITS = 12  # numbers from which all the habits of a writer follow, whatever the form
FAITH = 0.85  # how often a writer keeps to the same form of a digit


@dataclass(frozen=True, eq=False)
class Writer:
    """One hand and its pen.

    slant: how far the top leans to the right, in heights. tilt: of the line of writing, in radians. breadth: how wide
    digits are, 1 being the form's own. size: how high, likewise. roundness: 0 for sharp corners to 1 for round ones.
    tremor: of the line, in heights. speed: 0 to 1; haste thins straight lines and the ends of strokes. care: 0 to 1;
    without it, each digit is another. line: the width of the pen's line, in heights. bends (BENDS,), habits (HABITS,):
    standard normal. tastes (10,): 0..1, which of its forms each digit has.
    """

    pen: Pen
    slant: float
    tilt: float
    breadth: float
    size: float
    roundness: float
    tremor: float
    speed: float
    care: float
    line: float
    bends: Floats
    habits: Floats
    tastes: Floats

    def form_for(self, digit: str, rng: np.random.Generator) -> Form:
        """The form in which this writer writes "0" to "9": mostly the same one. DataError for anything else."""
        if digit not in FORMS:
            raise DataError(unknown("digit", digit, list(FORMS)))
        taste = self.tastes[int(digit)] if rng.random() < FAITH else rng.random()
        return FORMS[digit][int(np.searchsorted(shares(digit), taste, side="right"))]


def draw_writer(rng: np.random.Generator, pen: Pen | None = None) -> Writer:
    """A writer by chance, with this pen or one by chance too."""
    if pen is None:
        weights = np.array([pen.share for pen in PENS])
        pen = PENS[rng.choice(len(PENS), p=weights / weights.sum())]
    return Writer(
        pen,
        slant=rng.normal(0.17, 0.2),
        tilt=rng.normal(0, 0.05),
        breadth=float(np.exp(rng.normal(0.14, 0.2))),
        size=float(np.exp(rng.normal(0, 0.08))),
        roundness=rng.random(),
        tremor=0.025 * rng.random() ** 2,
        speed=rng.random(),
        care=rng.random(),
        line=pen.thinnest * (pen.widest / pen.thinnest) ** rng.random(),
        bends=rng.standard_normal(BENDS, np.float32),
        habits=rng.standard_normal(HABITS, np.float32),
        tastes=rng.random(len(FORMS), np.float32),
    )


@cache
def shares(digit: str) -> Floats:
    """The bounds between the forms of a digit, when all of them together take 0..1."""
    sums = np.cumsum([form.share for form in FORMS[digit]], dtype=np.float32)
    bounds: Floats = sums[:-1] / sums[-1]
    return bounds


def gathered(writers: Sequence[Writer], field: str) -> Floats:
    """A field of many writers, such as "slant" or "pen.grain": float32 (n, 1) for a number, (n, ...) for an array."""
    values = np.array([*map(attrgetter(field), writers)], np.float32)
    return values[:, None] if values.ndim == 1 else values
