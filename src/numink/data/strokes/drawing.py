"""Drawing: one shape at any size, or many digits as images of 28 x 28."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import SIDE_PX, Bytes
from numink.data.normalise import BOX_PX, normalise
from numink.data.strokes import ink, paths
from numink.data.strokes.curves import Floats
from numink.data.strokes.forms import Form
from numink.data.strokes.paths import Paths
from numink.data.strokes.writer import Writer, gathered
from numink.errors import DataError

_CANVAS_PX = 2 * BOX_PX + 4  # twice as fine as the box, with a margin
_PIECE = 64  # digits that are drawn together: as many as fit the cache
_MARGIN_PX = 3


@dataclass(frozen=True, eq=False)
class Drawing:
    """One shape on an empty sheet.

    coverage: float32 (height, width), 0 = paper, 1 = ink. left_px, top_px: where its upper left corner lies, seen from
    the upper left corner of the form's box, whose base line is `height_px` below it. path: float32 (K, 2), the pen's
    way as (x, y) in pixels of coverage.
    """

    coverage: Floats
    left_px: int
    top_px: int
    path: Floats

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(x, y, width, height) of the smallest box within coverage that holds its ink, from a quarter upwards."""
        inked = self.coverage >= 0.25
        columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
        if not len(rows):
            return 0, 0, 0, 0
        return int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def draw(form: Form, writer: Writer, height_px: float, rng: np.random.Generator) -> Drawing:
    """The form as this writer writes it, in a box of `height_px`, from 4 to 4000; each time a little different."""
    return drawn(paths.write(form, [writer], rng), writer, height_px, rng)


def drawn(way: Paths, writer: Writer, height_px: float, rng: np.random.Generator) -> Drawing:
    """The way of one shape, as it is, with the writer's pen. DataError for a height that is not from 4 to 4000."""
    if not 4 <= height_px <= 4000:
        raise DataError(f"expected a height from 4 to 4000 pixels, came {height_px}")
    margin = way.width.max()  # where a line crosses itself again and again, its blot is twice as wide
    (left_px, right_px), (top_px, bottom_px) = (
        (
            int(np.floor((at.min() - margin) * height_px)) - _MARGIN_PX,
            int(np.ceil((at.max() + margin) * height_px)) + _MARGIN_PX,
        )
        for at in (way.x, way.y)
    )
    scale, left, top = np.array([[height_px], [left_px / height_px], [top_px / height_px]], np.float32)[..., None]
    coverage = _inked(way, [writer], scale, left, top, (bottom_px - top_px, right_px - left_px), rng)[0]
    path = np.stack([(way.x[0] - left[0]) * scale[0], (way.y[0] - top[0]) * scale[0]], axis=1)
    return Drawing(coverage, left_px, top_px, path)


def draw_images(labels: Sequence[int], writers: Sequence[Writer], rng: np.random.Generator) -> Bytes:
    """Digits as networks see them: each label by the writer beside it -> uint8 (n, 28, 28), 0 = paper, 255 = ink."""
    if len(labels) != len(writers):
        raise DataError(f"expected one writer for each of {len(labels)} labels, came {len(writers)}")
    forms = [writer.form_for(str(label), rng) for label, writer in zip(labels, writers, strict=True)]
    canvases = draw_canvases(forms, writers, rng)
    return (
        np.stack([normalise(canvas) for canvas in canvases]) if len(canvases) else canvases.reshape(0, SIDE_PX, SIDE_PX)
    )


def draw_canvases(forms: Sequence[Form], writers: Sequence[Writer], rng: np.random.Generator) -> Bytes:
    """Each form by the writer beside it, its longer side 40 px: uint8 (n, 44, 44), 0 = paper, 255 = ink."""
    rows_of: dict[Form, list[int]] = defaultdict(list)
    for row, form in enumerate(forms):
        rows_of[form].append(row)
    canvases: Bytes = np.empty((len(forms), _CANVAS_PX, _CANVAS_PX), np.uint8)
    for form, rows in rows_of.items():
        for first in range(0, len(rows), _PIECE):
            piece = rows[first : first + _PIECE]
            hands = [writers[row] for row in piece]
            canvases[piece] = fitted(paths.write(form, hands, rng), hands, rng)
    return canvases


def fitted(way: Paths, writers: Sequence[Writer], rng: np.random.Generator) -> Bytes:
    """The way of several shapes, each by its writer, as large as a canvas allows: uint8 (n, 44, 44)."""
    middles, extents = zip(*(_extent(at) for at in (way.x, way.y)), strict=True)
    line = way.width.max(axis=1, keepdims=True)
    scale = 2 * BOX_PX / (np.maximum(*extents) + line)
    left, top = (middle - _CANVAS_PX / 2 / scale for middle in middles)
    coverage = _inked(way, writers, scale, left, top, (_CANVAS_PX, _CANVAS_PX), rng)
    coverage *= 255
    coverage += 0.5
    return coverage.astype(np.uint8)


def _inked(
    way: Paths, writers: Sequence[Writer], scale: Floats, left: Floats, top: Floats, size_px: tuple[int, int],
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """The writers' ways as coverage, float32 (n, *size_px)."""
    nib, density, grain = (gathered(writers, name) for name in ("pen.nib", "pen.density", "pen.grain"))
    laid = ink.lay(way, scale, left, top, size_px, nib)
    return ink.dry(laid, gathered(writers, "line") * scale, density, grain, rng)


def _extent(at: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """The middle and the length of what (n, K) places take, each (n, 1)."""
    low, high = at.min(axis=1, keepdims=True), at.max(axis=1, keepdims=True)
    return (low + high) / 2, high - low
