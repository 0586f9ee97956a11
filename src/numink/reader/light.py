"""Even light on a sheet: all is divided by its paper's own brightness, place by place, so that shadows vanish."""

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.shade import shades
from numink.reader.shrink import resized, shrunk

Levels = NDArray[np.float32]

_WORKED_ON_PX = 400
"""The sheet's longer side while its paper is looked for: shadows have no edges sharper than that."""
_WINDOW = 1 / 6  # of the shorter side: where writing covers less than half of it, its median is paper
_WINDOW_PX = 120  # at least, in a small picture
_NEAR_PX = 3.0  # to which the paper's brightness follows the picture's
_STANDS_OUT = 0.1  # from paper: what may be ink, as a part of its brightness
_NOISE = 6.0  # levels, of 255, that paper strays
_EVEN, _SHADE = 3, 80  # levels, of 255: what even paper strays, and what a shadow may take
_MOSTLY = 5  # times as much: the edges of shadows stray to both sides
_SHEET = 0.22  # of the shorter side: so wide are sheets, and no strokes
_MOST = 0.05  # of what is lighter than its surroundings may be as wide, where the others are strokes
_DARK = 160  # of 255: paper that is lighter is not written on with light ink


def evened(grey: Bytes, inside: Bytes | None = None) -> Bytes:
    """Ink dark on paper near 255, wherever shadows fall: uint8 (h, w) -> uint8 (h, w).

    inside: uint8 (h, w), 0 where the picture does not show the sheet: it becomes paper, but `grey` goes on there as at
    the picture's border, so that it misleads nobody. Light ink on dark paper is turned into its negative.
    """
    small, scale = shrunk(grey, _WORKED_ON_PX)
    seen = np.ones(small.shape, bool) if inside is None else shrunk(inside, _WORKED_ON_PX)[0] == 255
    paper = paper_of(small, scale)
    if is_light_on_dark(small, paper):
        grey, small, paper = 255 - grey, 255 - small, 255 - paper
    level = _followed(small, paper, seen)
    shade = shades(grey, level) if np.ptp(paper) else None  # even light has none
    if shade is not None:
        level = np.clip(np.rint(resized(level, shade.shape) * shade), 1, 255).astype(np.uint8)
    even = np.asarray(cv2.divide(grey, resized(level, grey.shape), scale=255), np.uint8)
    if inside is not None:
        even[inside == 0] = 255
    return even


def paper_of(small: Bytes, scale: float) -> Bytes:
    """The paper's brightness at each pixel of a smaller copy, ink or not: the median around it. scale: the copy's.

    Where the light is even, as in drawings and good scans, it is one brightness, however thick the ink.
    """
    usual = int(np.bincount(small.ravel(), minlength=256).argmax())
    away = np.abs(small.astype(np.int16) - usual)
    even, faint = float((away <= _EVEN).mean()), float(((away > _EVEN) & (away <= _SHADE)).mean())
    if even > 0.4 and faint < 0.3 * (1 - even):  # all else is too far from it to be its shade
        return np.full_like(small, usual)
    side = min(small.shape)
    size = min(max(round(side * _WINDOW), round(_WINDOW_PX * scale)), side - 1) | 1
    margin = min(size // 2, side - 1)
    if not margin:
        return small
    padded = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_REFLECT_101)
    return np.ascontiguousarray(cv2.medianBlur(padded, size)[margin:-margin, margin:-margin], np.uint8)


def is_light_on_dark(small: Bytes, paper: Bytes) -> bool:
    """Whether the paper is dark, and what strays from its brightness is mostly lighter than it, and no sheet itself."""
    if float(np.median(paper)) >= _DARK:
        return False
    darker, lighter = _strays(255 - small, 255 - paper), _strays(small, paper)
    size = max(3, round(_SHEET * min(small.shape)))
    wide = np.asarray(cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((size, size), np.uint8)), np.uint8)
    return lighter >= _MOSTLY * darker and _strays(wide, paper) <= _MOST * lighter


def _strays(levels: Bytes, paper: Bytes) -> float:
    """How far levels are above those of paper, squared and added up; noise is not counted."""
    above = cv2.subtract(levels, paper).astype(np.float32)
    return float((np.maximum(above - _NOISE, 0) ** 2).sum())


def _followed(small: Bytes, paper: Bytes, seen: NDArray[np.bool_]) -> Bytes:
    """The paper's brightness as closely as bare paper shows it; where there is none near, as the median has it."""
    level = np.maximum(paper, 1).astype(np.float32)
    stray = np.abs(small - level) > _STANDS_OUT * level
    bare = (cv2.dilate(stray.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0) & seen
    weight = _blurred(bare.astype(np.float32))
    near = _blurred(small * bare.astype(np.float32)) / np.maximum(weight, 1e-6)
    share = np.minimum(4 * weight, 1)
    return np.clip(np.rint(share * near + (1 - share) * level), 1, 255).astype(np.uint8)


def _blurred(levels: Levels) -> Levels:
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), _NEAR_PX), np.float32)
