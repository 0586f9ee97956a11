"""Ink and candidates whose answer is plain: digits drawn by strokes, and probabilities as wanted."""

import numpy as np

from numink.data import strokes
from numink.reader.candidates import Candidate
from numink.reader.results import Box
from numink.reader.shapes import Shape


def candidate(digit: int, probability: float, box: Box = (0, 0, 20, 30)) -> Candidate:
    """A candidate that is this digit with this probability, and the others alike."""
    P = np.full(10, (1 - probability) / 9)
    P[digit] = probability
    return Candidate(box, np.zeros((28, 28), np.uint8), P)


def shape_of(box: Box) -> Shape:
    """A box full of ink."""
    x, y, width, height = box
    return Shape(x, y, np.full((height, width), 255, np.uint8))


def drawn(*digits: str, left_px: int = 60, gap_px: int = 12, height_px: int = 50) -> np.ndarray:
    """Digits by a tidy writer from `left_px` on, their base line at 110: uint8 (160, 320)."""
    rng = np.random.default_rng(3)
    writer = strokes.draw_writer(rng, strokes.pen_named("felt pen"))
    canvas = np.zeros((160, 320), np.uint8)
    x = left_px
    for digit in digits:
        form = {"4": "closed", "7": "plain"}[digit]
        drawing = strokes.draw(strokes.form_named(digit, form), writer, height_px, rng)
        left, top, width, height = drawing.box
        ink = (255 * drawing.coverage[top : top + height, left : left + width]).astype(np.uint8)
        canvas[110 - height : 110, x : x + width] = ink
        x += width + gap_px
    return canvas
