"""The way of the pen: a form as a writer's hand makes it, with the width of the line at each point.

Three sizes of error make a hand: its habits, which are the same whenever it writes a form; slips, which are new in each
digit; and tremor along the line. Habits and slips move control points, alike for neighbours, and bend the whole form.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numink.data.strokes.curves import SPACING, Floats
from numink.data.strokes.forms import Form
from numink.data.strokes.writer import BENDS, HABITS, Writer, gathered

# Deviations, in heights unless told otherwise
HABIT = 0.05  # of a writer's control points from the form's
SLIP = 0.03  # of a digit's control points from the writer's
MOST = 0.11  # of a control point, both together, at most
REACH = 0.12  # of a stroke's ends, along their way, as part of its first or last piece
BEND, FRESH_BEND = 0.07, 0.04  # of the bends of a writer, and of each digit
KNOT = 0.15  # how far apart are places where tremor, pressure and flow have nothing to do with each other
TAPER = 0.12  # how far from its ends a stroke changes its width


@dataclass(frozen=True, eq=False)
class Paths:
    """Several digits of one form on paper, in heights, (0, 0) being the upper left corner of the form's box.

    x, y, width, flow: float32 (n, K), where the pen was, how wide its line is there, and how much ink it gives, 0 to 1.
    joined: (K - 1,), whether the pen was down from a point to the next.
    """

    x: Floats
    y: Floats
    width: Floats
    flow: Floats
    joined: NDArray[np.bool_]


def write(form: Form, writers: Sequence[Writer], rng: np.random.Generator) -> Paths:
    """The form written once by each of the writers."""
    curves, points = form.curves, _control_points(form, writers, rng)
    speed, pressure, gaps = (gathered(writers, name) for name in ("speed", "pen.pressure", "pen.gaps"))

    haste = (gathered(writers, "roundness") + speed)[..., None] / 2
    sharp, smooth, polygon = (matrix @ points for matrix in (curves.sharp, curves.smooth, curves.polygon))
    path = np.where(gathered(writers, "pen.polygon")[..., None], polygon, sharp + haste * (smooth - sharp))

    knots = _knots(form)
    noise = knots @ rng.standard_normal((len(writers), knots.shape[1], 4), np.float32)
    path += gathered(writers, "tremor")[..., None] * noise[..., :2]
    x, y = _placed(path, writers, rng)

    # Down-strokes are thicker, straight lines in haste thinner; ends taper off in haste, and are blots without
    force = 0.4 * curves.down + 0.3 * noise[..., 2] - 0.5 * speed * (1 - curves.bend)
    force -= np.exp(-curves.end / TAPER) * (2 * speed - 0.6)
    width = gathered(writers, "line") * np.clip(1 + pressure * force, 0.3, 1.8)
    # In one place of thirty the ink fails. A hairline is left: a piece cut off would be read as a decimal point
    flow = 1 - np.clip(gaps * (0.5 + speed) * (noise[..., 3] - 1.8), 0, 0.45)
    return Paths(x, y, width, flow, curves.joined[:-1])


def _control_points(form: Form, writers: Sequence[Writer], rng: np.random.Generator) -> Floats:
    """The form's control points (n, C, 2) with the errors of each writer."""
    curves, count, care = form.curves, len(writers), gathered(writers, "care")
    errors = HABIT * (gathered(writers, "habits") @ _habits(form)).reshape(count, -1, 2)
    errors += SLIP * (1.2 - care)[..., None] * rng.standard_normal(errors.shape, np.float32)
    points = curves.points + np.clip(curves.near @ errors, -MOST, MOST)
    reach = REACH * rng.standard_normal((count, len(curves.ends), 1), np.float32)
    points[:, curves.ends] += reach * (points[:, curves.ends] - points[:, curves.inner])
    fresh = (1.5 - care) * rng.standard_normal((count, BENDS), np.float32)
    return _bent(points, BEND * gathered(writers, "bends") + FRESH_BEND * fresh)


def _bent(points: Floats, strength: Floats) -> Floats:
    """Points (n, C, 2) moved as a whole by strength (n, BENDS): wider above than below, bowed, leaning, rising."""
    u, v = np.clip(2 * points[..., 0] - 0.66, -1, 1), np.clip(2 * points[..., 1] - 1, -1.5, 1.5)
    a = strength.T[..., None]
    moved = points.copy()
    moved[..., 0] += a[0] * u * v + a[1] * v**2 + a[2] * u * v**2 + a[3] * v**3
    moved[..., 1] += a[4] * u + a[5] * u * v + a[6] * (1 - v**2) + a[7] * u**2
    return moved


def _placed(path: Floats, writers: Sequence[Writer], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Breadth, slant, tilt and size, each with a little chance of its own; the foot stays on the base line."""
    loose = 1.3 - gathered(writers, "care")
    chance = loose * rng.standard_normal((len(writers), 4), np.float32)
    breadth = gathered(writers, "breadth") * np.exp(0.08 * chance[:, :1])
    slant = gathered(writers, "slant") + 0.06 * chance[:, 1:2]
    tilt = gathered(writers, "tilt") + 0.04 * chance[:, 2:3]
    size = gathered(writers, "size") * np.exp(0.04 * chance[:, 3:])
    middle = path[..., 0].mean(axis=1, keepdims=True)
    x, y = breadth * (path[..., 0] - middle), path[..., 1] - 1
    x, y = size * (x - slant * y), size * y
    return x * np.cos(tilt) - y * np.sin(tilt) + middle, x * np.sin(tilt) + y * np.cos(tilt) + 1


@lru_cache(512)
def _habits(form: Form) -> Floats:
    """The matrix (HABITS, 2 C) that says what a writer's habits are for this form, the same on every machine."""
    rng = np.random.default_rng(zlib.crc32(form.strokes.encode()))
    return rng.standard_normal((HABITS, 2 * len(form.curves.points)), np.float32) / np.float32(HABITS**0.5)


@lru_cache(512)
def _knots(form: Form) -> Floats:
    """The matrix (K, knots) that makes noise of deviation 1 along the path, smooth over `KNOT`."""
    places = np.arange(len(form.curves.end)) * SPACING
    knots = np.arange(-KNOT, places[-1] + 2 * KNOT, KNOT)
    weights = np.exp(-(((places[:, None] - knots) / KNOT) ** 2))
    scaled: Floats = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
    return scaled
