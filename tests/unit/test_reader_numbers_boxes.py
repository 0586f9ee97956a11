"""Boxes for single characters: told from the columns of a table and from squared paper."""

import pytest

from numink.reader.boxes import box_width

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
