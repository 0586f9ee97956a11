"""Forms: how a shape is written, as the control points of its pen strokes.

A form is text, so that a new one is one line. Points are "x,y" in percent of the height, x to the right and y down,
from the top line (0) to the base line (100). The pen curves smoothly through a point, but turns sharply at one with
"!"; and " / " lifts it:

    4,4 62,2! 22,100 / 16,50 56,46        a 7 with a cross bar
"""

import re
from dataclasses import dataclass
from functools import cached_property

from numink.data.strokes.curves import Curves, Stroke, joined
from numink.errors import DataError

_POINT = re.compile(r"(-?\d{1,3}),(-?\d{1,3})(!?)")


@dataclass(frozen=True)
class Form:
    """One way to write a shape. Raises DataError where `strokes` is no text of points.

    shows: what it reads as, such as "7", or "" where it is to be read as nothing. name: among the forms that show the
    same. share: how many writers prefer it, in relation to the others.
    """

    shows: str
    name: str
    strokes: str
    share: float = 1.0

    def __post_init__(self) -> None:
        for stroke in self.strokes.split(" / "):
            points = [_POINT.fullmatch(point) for point in stroke.split()]
            if None in points or len({point.groups()[:2] for point in points if point}) < 2:
                raise DataError(
                    f'the form "{self.name}" has a stroke "{stroke}": expected two points or more that differ,'
                    ' from -999 to 999, such as "5,0 40,3! 20,100"'
                )

    @cached_property
    def curves(self) -> Curves:
        """The form's path and what is known of each of its points; computed once."""
        strokes = []
        for stroke in self.strokes.split(" / "):
            x, y, corner = zip(*_POINT.findall(stroke), strict=True)
            points = [(int(across) / 100, int(down) / 100) for across, down in zip(x, y, strict=True)]
            strokes.append(Stroke(points, [number for number, mark in enumerate(corner) if mark]))
        return joined(strokes)
