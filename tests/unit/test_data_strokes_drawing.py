from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from numink.data.strokes import FORMS, PENS, Form, Pen, draw, draw_images, draw_writer, pen_named
from numink.data.strokes.curves import SPACING
from numink.data.strokes.drawing import drawn
from numink.data.strokes.paths import Paths
from numink.data.strokes.writer import BENDS, HABITS
from numink.errors import DataError

PLAIN = Pen("plain", 0.1, 0.1, pressure=0)
BAR = Form("1", "bar", "30,0 30,100")


def even_writer(**changes):
    """A writer who makes no errors of her own, but for what is drawn anew each time."""
    writer = draw_writer(np.random.default_rng(0), PLAIN)
    even = {"slant": 0, "tilt": 0, "breadth": 1, "size": 1, "roundness": 0, "tremor": 0, "speed": 0, "care": 1}
    nothing = {"bends": np.zeros(BENDS, np.float32), "habits": np.zeros(HABITS, np.float32)}
    return replace(writer, **{**even, **nothing, **changes})


def ruled(length=1.0, width=0.1, flow=1.0, upright=False):
    """The way of a ruled line from (0, 0), to the right or down."""
    along = np.arange(0, length, SPACING, np.float32)[None]
    x, y = (0 * along, along) if upright else (along, 0 * along)
    return Paths(x, y, np.full_like(x, width), np.full_like(x, flow), np.ones(along.size - 1, bool))


def across(way, height_px=200, upright=False, **pen):
    """How much ink lies across the middle of a line, in pixels."""
    writer = replace(even_writer(), pen=replace(PLAIN, **pen), line=float(way.width.max()))
    coverage = drawn(way, writer, height_px, np.random.default_rng(0)).coverage
    middle = coverage.shape[1 - upright] // 2
    return float((coverage[middle] if upright else coverage[:, middle]).sum())


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize(("width", "expected_px"), [(0.05, 10), (0.1, 20), (0.25, 50)])
def test_a_line_is_as_wide_as_it_should_be(width, expected_px, upright):
    assert across(ruled(width=width, upright=upright), upright=upright) == pytest.approx(expected_px, rel=0.03)


def test_its_edges_are_one_pixel_wide():
    drawing = drawn(ruled(), replace(even_writer(), line=0.1), 200, np.random.default_rng(0))
    column = drawing.coverage[:, 100]
    assert (np.diff(np.flatnonzero(column)) == 1).all()
    assert ((column > 0) & (column < 1)).sum() <= 4
    assert column.max() == 1


def test_a_line_of_less_than_a_pixel_is_paler():
    assert across(ruled(width=0.05), height_px=8) == pytest.approx(0.4, rel=0.1)


def test_a_nib_is_wider_than_high():
    high = across(ruled(), nib=0.3)
    wide = across(ruled(upright=True), upright=True, nib=0.3)
    assert wide / high == pytest.approx(1.3 / 0.7, rel=0.05)


def test_density_and_grain_lighten_the_line():
    assert across(ruled(), density=0.5) == pytest.approx(10, rel=0.03)
    assert 10 < across(ruled(), grain=0.4) < 18
    grainy = replace(even_writer(line=0.1), pen=replace(PLAIN, grain=0.4))
    coverage = drawn(ruled(), grainy, 200, np.random.default_rng(0)).coverage
    inside = coverage[len(coverage) // 2, 30:170]  # in the middle of the line
    assert inside.mean() == pytest.approx(0.8, abs=0.03)


def test_what_is_written_twice_is_darker():
    once = ruled()
    twice = Paths(*(np.concatenate([at, at], axis=1) for at in (once.x, once.y, once.width, once.flow)),
                  np.append(np.append(once.joined, False), once.joined))  # fmt: skip
    assert across(once, density=0.8) == pytest.approx(16, rel=0.03)
    writer = replace(even_writer(), pen=replace(PLAIN, density=0.8), line=0.1)
    assert drawn(twice, writer, 200, np.random.default_rng(0)).coverage.max() > 0.95


def test_where_no_ink_flows_there_is_none():
    assert across(ruled(flow=0.0)) == 0


def test_a_lifted_pen_leaves_no_ink():
    line = ruled()
    both = Paths(*(np.concatenate(pair, axis=1) for pair in ((line.x, line.x), (line.y, line.y + 0.5),
                                                             (line.width, line.width), (line.flow, line.flow))),
                 np.concatenate([line.joined, [False], line.joined]))  # fmt: skip
    one, two = (drawn(way, even_writer(line=0.1), 200, np.random.default_rng(0)).coverage.sum() for way in (line, both))
    assert two == pytest.approx(2 * one, rel=1e-4)


def test_a_drawing_says_where_it_lies():
    drawing = draw(BAR, even_writer(line=0.1), 200, np.random.default_rng(1))
    x, y, width, height = drawing.box
    left, top = drawing.left_px + x, drawing.top_px + y
    assert left + width / 2 == pytest.approx(60, abs=14)
    assert top == pytest.approx(-10, abs=30)  # half the line is above the top line
    assert top + height == pytest.approx(210, abs=30)
    assert width == pytest.approx(20, abs=12)
    columns, rows = drawing.path.round().astype(int).T
    assert drawing.coverage[rows, columns].mean() > 0.95


def test_the_box_holds_all_ink():
    drawing = draw(FORMS["8"][0], draw_writer(np.random.default_rng(3)), 60, np.random.default_rng(3))
    x, y, width, height = drawing.box
    inked = drawing.coverage >= 0.25
    assert inked[y : y + height, x : x + width].sum() == inked.sum()
    for edge in (inked[y], inked[y + height - 1], inked[:, x], inked[:, x + width - 1]):
        assert edge.any()
    assert max(drawing.coverage[[0, -1]].max(), drawing.coverage[:, [0, -1]].max()) < 0.01


def test_a_slant_leans_to_the_right():
    drawing = draw(BAR, even_writer(line=0.1, slant=0.5), 100, np.random.default_rng(0))
    assert drawing.path[0, 0] - drawing.path[-1, 0] == pytest.approx(50, abs=15)


@pytest.mark.parametrize(("field", "axis"), [("breadth", 0), ("size", 1)])
def test_breadth_and_size_enlarge(field, axis):
    zero = FORMS["0"][0]
    small, large = (
        np.ptp(draw(zero, even_writer(**{field: value}), 100, np.random.default_rng(0)).path[:, axis])
        for value in (1, 1.5)
    )
    assert large / small == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize("height_px", [3.9, 4001, float("nan")])
def test_refuses_a_height_that_no_digit_has(height_px):
    with pytest.raises(DataError, match="expected a height from 4 to 4000 pixels, came"):
        draw(BAR, even_writer(), height_px, np.random.default_rng(0))


def test_a_writer_is_drawn_alike_from_the_same_seed():
    one, other = (draw_writer(np.random.default_rng(5)) for _ in range(2))
    assert one.slant == other.slant
    assert (one.habits == other.habits).all()
    assert draw_writer(np.random.default_rng(5), PENS[4]).pen is PENS[4]


def test_a_writer_mostly_keeps_to_one_form():
    rng = np.random.default_rng(0)
    for _ in range(5):
        writer = draw_writer(rng)
        ((_, most),) = Counter(writer.form_for("7", rng).name for _ in range(300)).most_common(1)
        assert 240 < most < 300
    with pytest.raises(DataError, match='there is no digit "x"'):
        writer.form_for("x", rng)


def test_forms_have_their_shares_among_writers():
    rng = np.random.default_rng(0)
    forms = FORMS["4"]
    names = Counter(draw_writer(rng).form_for("4", rng).name for _ in range(4000))
    total = sum(form.share for form in forms)
    for form in forms:
        assert names[form.name] / 4000 == pytest.approx(form.share / total, abs=0.025)


@pytest.mark.parametrize("trait", ["habits", "bends"])
def test_a_writer_is_known_by_the_hand(trait):
    rng = np.random.default_rng(0)
    tastes = np.zeros(10, np.float32)
    writers = [even_writer(tastes=tastes, **{trait: getattr(draw_writer(rng), trait)}) for _ in range(100)]
    first, second = (draw_images([3] * 100, writers, rng).astype(float) for _ in range(2))
    own, others = (np.abs(first - images).mean() for images in (second, np.roll(second, 1, axis=0)))
    assert own < 0.85 * others


def test_every_pen_is_found_by_its_name():
    assert {"ballpoint", "felt pen", "pencil", "marker", "mouse", "brush"} == {pen.name for pen in PENS}
    assert all(pen_named(pen.name) is pen for pen in PENS)
    with pytest.raises(DataError, match='there is no pen "fountain"; known are ballpoint, pencil'):
        pen_named("fountain")


def test_images_are_of_the_labels_that_were_asked_for():
    rng = np.random.default_rng(0)
    images = draw_images([1, 0] * 30, [draw_writer(rng) for _ in range(60)], rng)
    assert images.shape == (60, 28, 28)
    assert images.dtype == np.uint8
    ink = images.sum(axis=(1, 2), dtype=float)
    middle = images[:, 11:17, 11:17].sum(axis=(1, 2)) / ink
    assert np.median(middle[::2]) > 0.15  # ones pass through the middle
    assert np.median(middle[1::2]) < 0.1  # zeros go around it


def test_images_are_scaled_into_the_box_of_20_pixels():
    tastes = np.zeros(10, np.float32)  # a bar, mostly
    image = np.median(draw_images([1] * 30, [even_writer(tastes=tastes, line=0.2)] * 30, np.random.default_rng(0)), 0)
    assert (image[8:20] == 255).sum(axis=1).min() >= 2
    assert (image > 0).any(axis=1).sum() == 20
    assert (image > 0).any(axis=0).sum() <= 6  # 20 / 1.2 * 0.2 is 3.3


def test_wrong_labels_are_refused():
    writer = draw_writer(np.random.default_rng(0))
    with pytest.raises(DataError, match='there is no digit "10"'):
        draw_images([10], [writer], np.random.default_rng(0))
    with pytest.raises(DataError, match="expected one writer for each of 2 labels, came 1"):
        draw_images([1, 2], [writer], np.random.default_rng(0))
    assert draw_images([], [], np.random.default_rng(0)).shape == (0, 28, 28)
