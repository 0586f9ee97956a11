"""Which pieces of ink may be the digit, and how plausible it is that the rest is none of it."""

import cv2
import numpy as np
import pytest

from numink.reader.compose import ACROSS, AROUND, AT_BORDER, CHOOSY, AllInk, compositions, line_like
from numink.reader.shapes import Shape, find_shapes


def sheet(*rectangles, size=(100, 100)):
    """Coverage with filled rectangles (x, y, width, height)."""
    coverage = np.zeros(size, np.uint8)
    for x, y, width, height in rectangles:
        coverage[y : y + height, x : x + width] = 255
    return coverage


def shape(x, y, width, height):
    return Shape(x, y, np.full((height, width), 255, np.uint8))


DIGIT = (40, 30, 20, 40)


def test_compositions_are_all_different_and_hold_all():
    shapes = [Shape(x, 0, np.full((h, 5), 255, np.uint8)) for x, h in ((0, 30), (50, 20), (8, 10))]

    found = [tuple(one.x for one in some) for some in compositions(shapes)]

    assert found == [(0,), (0, 8), (0, 50, 8), (50,), (50, 8)]
    assert list(compositions([])) == []


def test_specks_are_no_part():
    shapes = [shape(*DIGIT), shape(10, 10, 4, 4)]

    assert [len(some) for some in compositions(shapes)] == [1]


@pytest.mark.parametrize(
    ("other", "left"),
    [
        ((70, 30, 20, 40), 800),  # a second digit
        ((90, 30, 10, 40), 400 * AT_BORDER),  # a neighbour's stroke at the border
        ((20, 80, 5, 5), 25),
    ],
)
def test_what_is_left_out_counts_by_where_it_is(other, left):
    all_ink = AllInk.of(sheet(DIGIT, other))

    assert all_ink.share(shape(*DIGIT)) == pytest.approx(800 / (800 + left))


def test_what_reaches_in_is_less_likely_the_digit_than_what_stands_free():
    all_ink = AllInk.of(sheet(DIGIT, (90, 0, 10, 100)))
    free, side = shape(*DIGIT), shape(90, 0, 10, 100)
    counted = 1000 * AT_BORDER**3 * ACROSS

    assert all_ink.share(side) == pytest.approx(counted / (800 + counted))
    assert all_ink.weight(free) == pytest.approx((800 / (800 + counted)) ** CHOOSY)
    assert all_ink.weight(side) < 1e-6


def test_a_box_around_it_hardly_counts():
    framed = sheet(DIGIT)
    cv2.rectangle(framed, (10, 10), (90, 90), 255, 2)
    around = int((framed > 0).sum()) - 800

    assert AllInk.of(framed).share(shape(*DIGIT)) == pytest.approx(800 / (800 + AROUND * around))
    assert AllInk.of(framed).plausible(shape(*DIGIT)) == 1


def test_two_digits_are_not_one():
    both = sheet((15, 30, 25, 40), (60, 30, 25, 40))

    assert AllInk.of(both).plausible(shape(15, 30, 25, 40)) == 0
    assert AllInk.of(both).plausible(Shape(15, 30, both[30:70, 15:85])) == 1


def test_a_side_of_a_box_is_no_one():
    box = np.zeros((100, 100), np.uint8)
    cv2.rectangle(box, (5, 5), (95, 95), 255, 3)

    assert AllInk.of(box).plausible(shape(4, 4, 3, 93)) == 0


def test_a_line_across_the_picture_is_no_one_but_a_one_may_fill_it():
    assert AllInk.of(sheet((50, 0, 4, 100))).plausible(shape(50, 0, 4, 100)) == 0
    assert AllInk.of(sheet((10, 0, 4, 100), size=(100, 24))).plausible(shape(10, 0, 4, 100)) == 1


@pytest.mark.parametrize(
    ("box", "line"),
    [
        ((96, 0, 4, 100), True),
        ((88, 0, 12, 90), True),  # broader, as it is askew
        ((97, 20, 3, 40), True),  # a piece
        ((40, 0, 12, 100), False),
        ((80, 10, 4, 60), False),  # a 1 that is off the middle
    ],
)
def test_what_is_like_a_line(box, line):
    assert line_like(box, (100, 100)) is line


def test_what_crosses_a_ruling_is_a_digit():
    ruled = sheet(DIGIT, (0, 60, 100, 3))
    without = Shape(40, 30, sheet(DIGIT)[30:70, 40:60])

    assert AllInk.of(ruled).plausible(without) == 1


def test_a_blot_is_no_ring():
    blot = np.zeros((100, 100), np.uint8)
    cv2.circle(blot, (50, 50), 30, 255, -1)
    ring = cv2.circle(blot.copy(), (50, 50), 20, 0, -1)
    (hollow,) = find_shapes(ring, 1.0)

    assert AllInk.of(blot).plausible(hollow) == 0
    assert AllInk.of(ring).plausible(hollow) == 1


def test_the_outline_of_a_blot_is_hollow_and_a_digit_in_a_shadow_is_not():
    blot, ring = sheet((30, 20, 40, 60)), cv2.rectangle(np.zeros((100, 100), np.uint8), (30, 20, 40, 60), 255, 3)
    shadow = sheet((0, 0, 70, 100))
    (outline,) = find_shapes(ring, 1.0)

    assert AllInk.of(blot).hollow(outline)
    assert not AllInk.of(ring).hollow(outline)
    assert not AllInk.of(shadow).hollow(outline)


def test_ink_that_nothing_else_shows_is_made_up():
    assert AllInk.of(np.zeros((100, 100), np.uint8)).plausible(shape(*DIGIT)) == 0
