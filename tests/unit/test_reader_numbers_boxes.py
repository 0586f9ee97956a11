"""Boxes for single characters: which are a number's, and what else stands in them."""

import numpy as np
import pytest

from numink.model_file import load_model
from numink.reader.boxes import Fields, box_width
from numink.reader.clusters import Found, Item
from numink.reader.ink import Ink
from numink.reader.numbers import find_numbers
from tests.fake_candidates import candidate, drawn, shape_of

BOXES = [(140, 10, 40, 50), (20, 10, 40, 50), (58, 12, 40, 50), (20, 90, 40, 50)]
"""Two side by side, one further along their row, and one below."""


def test_boxes_side_by_side_are_one_numbers():
    fields = Fields(BOXES)
    first, second, far, below = (30, 20, 20, 30), (68, 22, 20, 30), (150, 20, 20, 30), (30, 100, 20, 30)

    assert fields.hold_both(first, second)
    assert not fields.hold_both(second, far)
    assert not fields.hold_both(first, below)
    assert fields.at((105, 20, 20, 30)) is None
    assert not fields.hold_both((105, 20, 20, 30), (105, 20, 20, 30))


def test_what_is_much_lower_than_a_digit_in_its_box_is_no_digit():
    digit, rest, small = shape_of((30, 20, 20, 30)), shape_of((52, 40, 4, 12)), shape_of((105, 20, 8, 12))
    found = Found([Item(one, candidate(1, 0.9), 30.0) for one in (digit, rest, small)], [], [])

    sorted_out = Fields(BOXES).without_rests(found)

    assert [item.shape for item in sorted_out.items] == [digit, small]  # small, but in no box
    assert sorted_out.bits == [rest]
    assert Fields([]).without_rests(found).items == found.items


def test_what_stands_at_the_side_of_a_box_beside_a_digit_is_its_side():
    digit, side, one = shape_of((28, 20, 20, 30)), shape_of((54, 18, 4, 34)), shape_of((155, 18, 6, 34))
    found = Found([Item(shape, candidate(1, 0.9), 30.0) for shape in (digit, side, one)], [], [])

    assert [item.shape for item in Fields(BOXES).without_rests(found).items] == [digit, one]


@pytest.fixture(scope="module")
def classify():
    return load_model("cnn-best").probabilities


def texts(canvas: np.ndarray, boxes: list[tuple[int, int, int, int]], classify) -> list[str]:
    words, _ = find_numbers(Ink(canvas, 4.0, 40.0, boxes=tuple(boxes)), classify)
    return [word.text for word in words]


def test_boxes_part_numbers_and_join_them(classify):
    canvas = drawn("4", "7", gap_px=70)
    near = drawn("4", "7", gap_px=12)
    cells = [(48 + 58 * n, 50, 58, 70) for n in range(3)]

    assert texts(canvas, [], classify) == ["4", "7"]
    assert texts(canvas, cells, classify) == ["47"]
    assert texts(near, [], classify) == ["47"]
    assert texts(near, [(52, 50, 50, 70), (118, 50, 50, 70)], classify) == ["4", "7"]


def test_a_mark_stands_in_a_box_of_its_own(classify):
    canvas = drawn("4", "7", gap_px=70)
    canvas[104:112, 132:140] = 255
    apart, shared = [(48 + 58 * n, 50, 58, 70) for n in range(3)], [(48, 50, 96, 70), (144, 50, 96, 70)]

    assert texts(canvas, apart, classify) == ["4.7"]
    assert texts(canvas, shared, classify) == ["47"]


DIGIT_PX = 30.0


def form(rows: int, apart_px: float, cell_px: float = 40) -> tuple[list, list]:
    """The lines of so many rows of six cells, 45 px high, with this room between the rows; and a digit in each cell."""
    lines = [(20 + cell_px * n, 0.0, 20 + cell_px * n, rows * (45.0 + apart_px)) for n in range(7)]
    written = []
    for row in range(rows):
        top = row * (45 + apart_px)
        lines += [(20.0, y, 20 + 6 * cell_px, y) for y in ((top, top + 45) if apart_px else (top,))]
        written += [(round(30 + cell_px * n), round(top + 8), 20, 30) for n in range(6)]
    return lines, written


def test_rows_of_boxes_are_boxes():
    assert box_width(*form(4, apart_px=14), DIGIT_PX) == pytest.approx(40)


def test_a_table_of_single_digits_has_no_boxes():
    assert box_width(*form(4, apart_px=0, cell_px=56), DIGIT_PX) == 0


@pytest.mark.parametrize(("cell_px", "expected"), [(42, 42), (60, 0)])
def test_one_row_alone_has_boxes_where_they_are_narrow(cell_px, expected):
    assert box_width(*form(1, apart_px=14, cell_px=cell_px), DIGIT_PX) == pytest.approx(expected)


def test_squared_paper_is_written_across():
    lines, written = form(4, apart_px=14)
    moved = [(x + 20, y, width, height) for x, y, width, height in written]

    assert box_width(lines, moved, DIGIT_PX) == 0


def test_without_lines_there_are_no_boxes():
    assert box_width([], [(0, 0, 20, 30)], DIGIT_PX) == 0
    assert box_width([(0.0, 0.0, 0.0, 50.0)], [], DIGIT_PX) == 0
