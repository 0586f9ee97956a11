"""Rows, gaps, signs and straight lines: what stands beside what."""

import cv2
import numpy as np
import pytest

from numink.reader.heights import local_heights, usual_height, usual_slant
from numink.reader.rows import find_rows, gap_between, word_gap
from numink.reader.shapes import Shape
from numink.reader.signs import comma_chances, comma_logit, is_mark, is_minus, is_plus, upright
from numink.reader.straight import columns, struck_through
from tests.fake_candidates import candidate, shape_of


def row_of(count: int, y: float, climb: float = 0.0, x: int = 0, step: int = 40) -> list[tuple[int, int, int, int]]:
    return [(x + step * n, round(y - climb * step * n), 20, 30) for n in range(count)]


def test_rows_follow_lines_that_rise_and_fall():
    boxes = row_of(12, 100, climb=0.08) + row_of(12, 160, climb=0.08) + row_of(12, 220, climb=-0.05)

    assert find_rows(boxes, np.full(36, 30.0)) == [list(range(12)), list(range(12, 24)), list(range(24, 36))]


def test_a_row_goes_on_across_a_wide_gap():
    boxes = row_of(3, 50) + row_of(3, 58, x=600) + row_of(3, 110)

    assert find_rows(boxes, np.full(9, 30.0)) == [[0, 1, 2, 3, 4, 5], [6, 7, 8]]


def test_what_stands_below_another_is_in_no_row_with_it():
    assert find_rows([(0, 0, 20, 30), (2, 16, 20, 30)], np.full(2, 30.0)) == [[0], [1]]


def test_pieces_that_overlap_side_by_side_stay_in_one_row():
    assert find_rows([(0, 4, 17, 40), (5, 0, 60, 50)], np.full(2, 50.0)) == [[0, 1]]


def test_without_boxes_there_are_no_rows():
    assert find_rows([], np.zeros(0)) == []


def test_the_gap_beside_a_narrow_digit_is_not_wide():
    wide, narrow = (0, 0, 20, 30), (24, 0, 4, 30)

    assert gap_between(wide, (30, 0, 20, 30), 30) == pytest.approx((10 + 30) / 60 - 0.325)
    assert gap_between(wide, narrow, 30) == pytest.approx((4 + 16) / 60 - 0.325)


@pytest.mark.parametrize(
    ("gaps", "low", "high"),
    [
        ([0.2, 0.3, 0.25, 1.8, 2.5], 0.3, 1.8),
        ([0.7, 0.75, 0.8, 1.5, 1.6], 0.8, 1.5),  # boxes
        ([1.3, 1.4, 1.5], 0.49, 1.3),  # single digits
        ([1.0, 1.08, 1.2, 1.22, 1.25, 1.3, 1.2, 1.15], 0.49, 1.0),
        ([0.9, 0.95, 0.85], 0.95, 1.7),  # one number, written wide
        ([0.2, 0.3, 0.25], 0.3, 1.5),
        ([], 0.8, 1.2),
    ],
)
def test_numbers_part_where_no_gap_of_the_page_is_near(gaps, low, high):
    assert low < word_gap(gaps) < high


def test_marks_of_one_page_are_told_together():
    points, commas = comma_chances([-3.0, -2.5, 0.5]), comma_chances([3.0, 2.5, -0.5])

    assert all(chance < 0.5 for chance in points)
    assert all(chance > 0.5 for chance in commas)
    assert comma_chances([-6.0, 7.0])[0] < 0.5 < comma_chances([-6.0, 7.0])[1]  # 1,250.00
    assert comma_chances([0.0]) == [0.5]
    assert comma_chances([]) == []


BEFORE, AFTER = shape_of((0, 0, 20, 40)), shape_of((40, 0, 20, 40))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((28, 36, 4, 4), True),
        ((27, 34, 5, 14), True),
        ((28, 10, 4, 4), False),  # too high
        ((28, 70, 4, 4), False),  # of another line
        ((8, 42, 4, 4), False),  # below the foot of the digit
        ((22, 34, 16, 4), False),  # a dash
        ((24, 20, 12, 26), False),  # too large
    ],
)
def test_a_mark_is_small_and_between_the_feet_of_two_digits(box, expected):
    assert is_mark(shape_of(box), BEFORE, AFTER, 40) is expected


def test_a_comma_is_longer_leans_and_hangs_below_the_line():
    point = shape_of((28, 35, 5, 5))
    ink = np.zeros((14, 8), np.uint8)
    cv2.line(ink, (6, 1), (2, 12), 255, 3)
    comma = Shape(26, 35, ink)
    backwards = Shape(26, 35, np.ascontiguousarray(ink[:, ::-1]))

    assert comma_logit(point, BEFORE, AFTER, 40, 4) < -1
    assert comma_logit(comma, BEFORE, AFTER, 40, 4) > 1
    assert comma_logit(backwards, BEFORE, AFTER, 40, 4) < comma_logit(comma, BEFORE, AFTER, 40, 4) - 5


@pytest.mark.parametrize(
    ("size", "expected"), [((16, 4), True), ((7, 4), True), ((4, 4), False), ((16, 12), False), ((60, 4), False)]
)
def test_a_minus_is_short_and_level(size, expected):
    assert is_minus(shape_of((0, 0, *size)), 40, 4) is expected


def test_a_minus_may_rise_a_little():
    rising, steep = np.zeros((12, 24), np.uint8), np.zeros((24, 24), np.uint8)
    cv2.line(rising, (2, 9), (21, 2), 255, 4)
    cv2.line(steep, (2, 21), (21, 2), 255, 4)

    assert is_minus(Shape(0, 0, rising), 40, 4)
    assert not is_minus(Shape(0, 0, steep), 40, 4)


def drawing(*lines: tuple[tuple[int, int], tuple[int, int]]) -> Shape:
    canvas = np.zeros((40, 40), np.uint8)
    for start, end in lines:
        cv2.line(canvas, start, end, 255, 4)
    ys, xs = np.nonzero(canvas)
    return Shape(0, 0, np.ascontiguousarray(canvas[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]))


@pytest.mark.parametrize(
    ("shape", "slant", "expected"),
    [
        (drawing(((8, 20), (32, 20)), ((20, 8), (20, 32))), 0.0, True),
        (drawing(((8, 20), (32, 18)), ((28, 8), (14, 32))), 0.55, True),
        (drawing(((28, 2), (2, 28)), ((2, 28), (38, 28)), ((28, 2), (28, 38))), 0.0, False),  # 4
        (drawing(((8, 8), (32, 32)), ((32, 8), (8, 32))), 0.0, False),  # x
        (drawing(((6, 6), (30, 6)), ((30, 6), (14, 34)), ((10, 20), (28, 20))), 0.0, False),  # 7 with a bar
        (drawing(((20, 6), (20, 34))), 0.0, False),
        (drawing(((6, 6), (34, 6)), ((20, 6), (20, 34))), 0.0, False),  # T
    ],
)
def test_a_plus_is_two_bars_that_cross_in_the_middle(shape, slant, expected):
    assert is_plus(shape, 50, slant) is expected


def test_a_slanting_stroke_is_set_upright():
    canvas = np.zeros((60, 60), np.uint8)
    cv2.line(canvas, (40, 5), (15, 55), 255, 4)
    shape = Shape(0, 0, canvas)
    slant = usual_slant([shape, shape])

    assert slant == pytest.approx(0.5, abs=0.03)
    columns_ = np.flatnonzero(upright(canvas, slant).max(axis=0) > 128)
    assert np.ptp(columns_) < 9


def test_a_line_of_a_table_parts_columns_and_squares_do_not():
    boxes = [(10, 10, 20, 30), (110, 10, 20, 30), (210, 10, 20, 30)]
    table = [(60.0, 0.0, 60.0, 100.0), (160.0, 0.0, 161.0, 100.0), (0.0, 50.0, 300.0, 50.0)]
    squares = [(20.0 * n, 0.0, 20.0 * n, 100.0) for n in range(15)]

    assert columns(table, boxes, 30) == table[:2]
    assert columns(squares, boxes, 30) == []
    assert columns([(20.0, 0.0, 20.0, 100.0)], boxes, 30) == []  # something is written across it
    large = [(60.0 * n, 0.0, 60.0 * n, 400.0) for n in range(10)]
    level = [(0.0, 58.0 * n, 600.0, 58.0 * n) for n in range(9)]
    rows = [(0.0, 40.0 * n, 600.0, 40.0 * n) for n in range(9)]
    assert columns([*large, *level], boxes[:1], 30) == []  # nothing is written across, but they are squares
    assert columns([*large, *rows], boxes[:1], 30) == large
    large = [(60.0 * n, 0.0, 60.0 * n, 100.0) for n in range(1, 5)]
    assert columns(large, [*boxes, (52, 10, 20, 30), (172, 10, 20, 30)], 30) == []  # across two of four


def test_boxes_for_single_characters_part_nothing():
    lines = [(40.0 * n, 0.0, 40.0 * n, 45.0) for n in range(5)]

    assert columns(lines, [(10 + 40 * n, 10, 20, 30) for n in range(4)], 30) == []


def test_dust_and_dashes_do_not_tell_how_high_digits_are():
    shapes = [shape_of((40 * n, 0, 20, 30)) for n in range(5)]
    shapes += [shape_of((7 * n, 60, 2, 2)) for n in range(40)] + [shape_of((0, 80, 400, 5))]

    assert usual_height(shapes, 4) == 30


def test_a_comma_that_reads_as_one_does_not_tell_how_high_digits_are():
    shapes = [shape_of((0, 0, 20, 30)), shape_of((24, 22, 5, 13)), shape_of((34, 0, 20, 30))]
    heights = local_heights(shapes, {n: candidate(1, 0.99) for n in range(3)}, 28)

    assert heights == pytest.approx([30, 30, 30])


def test_two_sizes_on_one_page_are_both_known():
    shapes = [shape_of((30 * n, 0, 20, 30)) for n in range(6)] + [shape_of((60 * n, 600, 40, 60)) for n in range(6)]
    heights = local_heights(shapes, {n: candidate(3, 0.99) for n in range(12)}, 40)

    assert heights[:6].max() < 36
    assert heights[6:].min() > 54


def test_a_line_through_two_digits_and_their_gap_strikes_them_out():
    canvas = np.zeros((50, 100), np.uint8)
    for x in (20, 70):
        cv2.ellipse(canvas, (x, 25), (14, 22), 0, 0, 360, 255, 4)
    clean = Shape(0, 0, canvas.copy())
    cv2.line(canvas, (0, 30), (99, 20), 255, 4)

    assert not struck_through(clean, 50)
    assert struck_through(Shape(0, 0, canvas), 50)
    assert not struck_through(Shape(0, 0, np.ascontiguousarray(canvas[:, :50])), 50)  # one digit may have a bar


def test_the_short_sides_of_boxes_are_no_columns_even_alone():
    boxes = [(10, 10, 20, 30), (110, 10, 20, 30)]

    assert columns([(60.0, 0.0, 60.0, 45.0)], boxes, 30) == []
