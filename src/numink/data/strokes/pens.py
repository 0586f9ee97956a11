"""Pens: how wide a line is, how pressure and speed change it, and how its ink lies on the paper."""

from dataclasses import dataclass

from numink.errors import DataError
from numink.schema import unknown


@dataclass(frozen=True)
class Pen:
    """What a pen does to every line that is drawn with it.

    thinnest, widest: of its line, as part of a digit's height. pressure: how much thicker a line is downwards, where
    the hand is slow and in the middle of a stroke, as part of its width. nib: how much wider than high its tip is; 0 is
    round. density: of its ink, 0 to 1. grain: how much the paper shows through, 0 to 1. gaps: how far its ink fails in
    places. polygon: whether it is seen at a few places alone, as a mouse is, with straight lines in between. share: how
    often a writer takes it, in relation to the others.
    """

    name: str
    thinnest: float
    widest: float
    pressure: float
    nib: float = 0.0
    density: float = 1.0
    grain: float = 0.0
    gaps: float = 0.0
    polygon: bool = False
    share: float = 1.0


PENS = (
    Pen("ballpoint", 0.055, 0.11, pressure=0.15, gaps=0.7, share=2),
    Pen("pencil", 0.07, 0.14, pressure=0.2, density=0.9, grain=0.35, share=2),
    Pen("felt pen", 0.10, 0.20, pressure=0.15, share=5),
    Pen("marker", 0.13, 0.20, pressure=0.05, nib=0.3, density=0.85, share=1),
    Pen("brush", 0.09, 0.18, pressure=0.8, grain=0.15, gaps=0.3, share=0.7),
    Pen("mouse", 0.06, 0.17, pressure=0.0, polygon=True, share=0.7),
)


def pen_named(name: str) -> Pen:
    """The pen of this name; DataError names the ones that are known."""
    for pen in PENS:
        if pen.name == name:
            return pen
    raise DataError(unknown("pen", name, [pen.name for pen in PENS]))
