"""Lines across a picture: those of a cell, askew, dotted and crossed, and what is none."""

import cv2
import numpy as np
import pytest

from numink.reader.lines import find_lines

DIGIT = np.zeros((120, 100), np.uint8)
cv2.ellipse(DIGIT, (50, 60), (18, 30), 0, 0, 360, 255, 7)


def cell(*, drop=0, thickness=3):
    """The four sides of a cell, each going down, or to the right, by so many pixels on its way across the picture."""
    sides = np.zeros_like(DIGIT)
    for y in (6, 112):
        cv2.line(sides, (0, y - drop // 2), (99, y + drop - drop // 2), 255, thickness)
    for x in (6, 92):
        cv2.line(sides, (x - drop // 2, 0), (x + drop - drop // 2, 119), 255, thickness)
    return sides


@pytest.mark.parametrize("drop", [0, 4, -6])
@pytest.mark.parametrize("thickness", [1, 3, 6])
def test_a_cell_s_sides_are_found_and_its_digit_is_left(drop, thickness):
    sides = cell(drop=drop, thickness=thickness)

    (lines,) = find_lines(np.maximum(DIGIT, sides))

    assert lines[sides > 0].mean() > 0.95
    assert not lines[DIGIT > 0].any()


def test_a_large_picture_as_a_small_one():
    large = cv2.resize(np.maximum(DIGIT, cell()), None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)

    (lines,) = find_lines(large)

    assert lines[::6, ::6][cell() > 0].mean() > 0.95


def test_dots_are_a_line():
    dotted = DIGIT.copy()
    dotted[8:10, ::4] = dotted[8:10, 1::4] = 255

    (lines,) = find_lines(dotted)

    assert lines[8:10][dotted[8:10] > 0].all()


def test_what_crosses_a_line_is_no_part_of_it():
    crossed = cv2.line(np.zeros_like(DIGIT), (0, 100), (99, 100), 255, 3)
    cv2.line(crossed, (50, 30), (60, 119), 255, 7)

    (lines,) = find_lines(crossed)

    assert cv2.connectedComponents(np.where(lines, 0, crossed).astype(np.uint8))[0] == 2
    assert lines[100, :50].all()
    assert lines[100, 68:].all()
    assert not lines[100, 57:60].any()


def test_a_ruling_in_the_middle_comes_after_those_at_the_sides():
    sides, ruled = cell(), np.maximum(DIGIT, cell())
    ruled[58:61] = 255

    near, all_ = find_lines(ruled)

    assert not near[60, 12:88].any()
    assert all_[60, 12:30].all()
    assert all_[60, 72:88].all()
    assert all_[sides > 0].mean() > 0.95


@pytest.mark.parametrize("thickness", [5, 9])
def test_no_stroke_of_a_digit_is_a_line(thickness):
    seven = np.zeros((100, 100), np.uint8)
    cv2.polylines(seven, [np.array([[20, 20], [75, 20], [45, 85]])], isClosed=False, color=255, thickness=thickness)

    assert find_lines(seven) == []
    assert find_lines(seven[10:92, 11:86]) == []  # its bar is nearly as wide as the picture, but reaches neither side
    assert find_lines(np.zeros((30, 20), np.uint8)) == []


def test_a_broad_edge_is_no_line():
    desk = DIGIT.copy()
    desk[:, :30] = 255

    assert find_lines(desk) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 3)])
def test_any_size(size):
    assert all(lines.shape == size for lines in find_lines(np.full(size, 255, np.uint8)))
