"""The way of the pen: a form as a writer's hand makes it, with the width of the line at each point."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from numink.data.strokes.forms import SPACING, Floats, Form
from numink.data.strokes.writer import BENDS, HABITS, Writer, gathered

HABIT = 0.05  # deviation, in heights, of a writer's control points from the form's
SLIP = 0.03  # of a careless digit's control points from the writer's
MOST = 0.11  # both together, at most
REACH = 0.12  # of the first and the last piece of a stroke, how much longer or shorter it gets
BEND, FRESH_BEND = 0.07, 0.04  # strength of the bends of a writer, and of each digit
KNOT = 0.15  # heights between places where tremor and pressure change independently


@dataclass(frozen=True)
class Paths:
    """Several digits of one form on paper, in heights, (0, 0) being the upper left corner of the form's box.

    x, y, width, flow (n, K) float32: where the pen was, how wide its line is there and how much ink it gives, 0..1.
    joined (K - 1,): whether the pen was down from a point to the next.
    """

    x: Floats
    y: Floats
    width: Floats
    flow: Floats
    joined: "np.ndarray[tuple[int], np.dtype[np.bool_]]"


def write(form: Form, writers: Sequence[Writer], rng: np.random.Generator) -> Paths:
    """The form written once by each of the writers."""
    curves, count = form.curves, len(writers)
    care, speed = gathered(writers, "care"), gathered(writers, "speed")
    errors = HABIT * (gathered(writers, "habits") @ _habits(form)).reshape(count, -1, 2)
    errors += SLIP * (1.2 - care)[..., None] * rng.standard_normal(errors.shape, np.float32)
    points = curves.points + np.clip(curves.near @ errors, -MOST, MOST)
    reach = REACH * rng.standard_normal((count, len(curves.ends), 1), np.float32)
    points[:, curves.ends] += reach * (points[:, curves.ends] - points[:, curves.inner])
    strength = BEND * gathered(writers, "bends") + FRESH_BEND * (1.5 - care) * rng.standard_normal(
        (count, BENDS), np.float32
    )
    points = bent(points, strength)

    polygon = np.array([writer.pen.polygon for writer in writers])[:, None, None]
    roundness = (0.5 * (gathered(writers, "roundness") + speed))[..., None]
    sharp, smooth, straight = curves.sharp @ points, curves.smooth @ points, curves.polygon @ points
    path = np.where(polygon, straight, sharp + roundness * (smooth - sharp))

    knots = _knots(form)
    shake = knots @ rng.standard_normal((count, knots.shape[1], 4), np.float32)
    path += gathered(writers, "tremor")[..., None] * shake[..., :2]
    x, y = _placed(path, writers, rng)

    pressure = np.array([[writer.pen.pressure] for writer in writers], np.float32)
    ends = np.exp(-curves.end / 0.12)
    force = 0.4 * curves.down + 0.3 * shake[..., 2] - 0.5 * speed * (1 - curves.bend) - ends * (2 * speed - 0.6)
    width = gathered(writers, "line") * np.clip(1 + pressure * force, 0.3, 1.8)
    gaps = np.array([[writer.pen.gaps] for writer in writers], np.float32)
    flow = 1 - np.clip(gaps * (shake[..., 3] - 1.8) * (0.5 + speed), 0, 1)
    return Paths(x, y, width, flow, curves.joined[:-1])


def bent(points: Floats, strength: Floats) -> Floats:
    """Points (n, C, 2) moved as a whole: larger above than below, bowed, leaning; strength (n, BENDS)."""
    u, v = 2 * points[..., 0] - 0.66, 2 * points[..., 1] - 1  # about -0.66..0.66 and -1..1
    a = strength[..., None]
    moved = np.empty_like(points)
    moved[..., 0] = points[..., 0] + a[:, 0] * u * v + a[:, 1] * v**2 + a[:, 2] * u * v**2 + a[:, 3] * v**3
    moved[..., 1] = points[..., 1] + a[:, 4] * u + a[:, 5] * u * v + a[:, 6] * (1 - v**2) + a[:, 7] * u**2
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


@cache
def _habits(form: Form) -> Floats:
    """The matrix (HABITS, 2 C) that says what a writer's habits are for this form, the same on every machine."""
    chance = np.random.default_rng(zlib.crc32(form.strokes.encode()))
    return chance.standard_normal((HABITS, 2 * len(form.curves.points)), np.float32) / np.float32(HABITS**0.5)


@cache
def _knots(form: Form) -> Floats:
    """The matrix (K, knots) that makes noise of deviation 1 along the path, smooth over `KNOT`."""
    places = np.arange(len(form.curves.end)) * SPACING
    knots = np.arange(-KNOT, places[-1] + 2 * KNOT, KNOT)
    weights = np.exp(-(((places[:, None] - knots) / KNOT) ** 2))
    return (weights / np.sqrt((weights**2).sum(axis=1, keepdims=True))).astype(np.float32)
