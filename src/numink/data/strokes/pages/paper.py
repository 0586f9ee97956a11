"""Paper before anybody writes on it: its colour, texture and creases, and the lines, squares or fields in print."""

from collections.abc import Callable

import numpy as np

from numink.data.strokes.pages.fields import smooth_noise
from numink.data.strokes.pages.layout import Layout
from numink.data.strokes.pages.printing import Colour, Print, Sheet, Trace, print_fields, rule
from numink.errors import DataError
from numink.schema import unknown

COLOURS: dict[str, Colour] = {
    "white": (250, 250, 248),
    "ivory": (247, 241, 225),
    "recycled": (206, 203, 193),
    "grey": (178, 181, 182),
    "yellow": (250, 240, 170),
    "pink": (248, 226, 228),
    "blue": (222, 232, 243),
    "green": (220, 236, 216),
}
_SHARES = (0.4, 0.14, 0.12, 0.1, 0.06, 0.06, 0.06, 0.06)


def blank(rng: np.random.Generator, height_px: int, width_px: int) -> Sheet:
    """Paper of one colour, with its clouds, its fibres and its grain."""
    colour = np.array(list(COLOURS.values())[rng.choice(len(COLOURS), p=_SHARES)]) + rng.uniform(-6, 5, 3)
    tone = 0.4 * smooth_noise(rng, height_px, width_px, 40)
    tone += smooth_noise(rng, height_px, width_px, 2, long=rng.choice([1, 1, 3]))
    tone *= np.float32(rng.uniform(0.2, 3.5))
    sheet = np.empty((height_px, width_px, 3), np.uint8)
    for band in range(3):
        sheet[..., band] = np.clip(tone + np.float32(colour[band]), 0, 255)
    return sheet


def crease(rng: np.random.Generator, sheet: Sheet) -> None:
    """A fold through the whole sheet: one side of it catches the light, the other lies in its own shadow."""
    height, width = sheet.shape[:2]
    angle, through = rng.uniform(0, np.pi), rng.uniform(0.2, 0.8, 2) * (width, height)
    y, x = np.ogrid[:height, :width]
    away = ((x - through[0]) * np.cos(angle) + (y - through[1]) * np.sin(angle)).astype(np.float32)
    away /= np.float32(rng.uniform(2, 5) * max(height, width) / 1000)
    near = np.abs(away) < 4
    relief = 1 + np.float32(rng.uniform(0.03, 0.1)) * away[near] * np.exp(-np.abs(away[near]))
    sheet[near] = np.clip(sheet[near] * relief[:, None], 0, 255)


def plain(rng: np.random.Generator, sheet: Sheet, layout: Layout) -> list[Trace]:
    """Print nothing."""
    return []


def ruled(rng: np.random.Generator, sheet: Sheet, layout: Layout) -> list[Trace]:
    """Lines over the whole sheet, on which the numbers stand, and at times a margin in red."""
    height, width = sheet.shape[:2]
    look = Print.draw(rng, layout.digit_px)
    first = layout.cells[0].baseline_px + rng.uniform(0, 0.1) * layout.digit_px
    pitch = layout.pitch_px / max(1, round(layout.pitch_px / (1.9 * layout.digit_px)))
    for y in np.arange(first % pitch, height, pitch):
        rule(rng, sheet, (0, y), (width, y), look)
    if rng.random() < 0.3:
        x = min(cell.left_px for cell in layout.cells) - 0.4 * layout.digit_px
        rule(rng, sheet, (x, 0), (x, height), Print((235, 130, 130), look.width_px))
    return []


def squared(rng: np.random.Generator, sheet: Sheet, layout: Layout) -> list[Trace]:
    """Squares over the whole sheet, from half as high as the digits to a little higher."""
    height, width = sheet.shape[:2]
    look = Print.draw(rng, 0.8 * layout.digit_px)
    side = layout.pitch_px / max(1, round(layout.pitch_px / (layout.digit_px * rng.uniform(0.5, 1.4))))
    for y in np.arange(layout.cells[0].baseline_px % side, height, side):
        rule(rng, sheet, (0, y), (width, y), look)
    for x in np.arange(rng.uniform(0, side), width, side):
        rule(rng, sheet, (x, 0), (x, height), look)
    return []


Printer = Callable[[np.random.Generator, Sheet, Layout], list[Trace]]

PAPERS: dict[str, Printer] = {
    "plain": plain,
    "ruled": ruled,
    "squared": squared,
    "form": print_fields,
}


def paper_named(name: str) -> Printer:
    """The paper of this name; DataError names the known ones."""
    if name not in PAPERS:
        raise DataError(unknown("paper", name, list(PAPERS)))
    return PAPERS[name]
