"""Rows and columns of a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numink.reader.table import Table, aligned, find_table, ruled


def lines(xs, ys):
    """Rulings at these places, as long as the table is."""
    return [(x, min(ys), x + 1, max(ys)) for x in xs] + [(min(xs), y, max(xs), y - 1) for y in ys]


XS, YS = (0, 100, 200, 300), (0, 50, 100)
GRID = lines(XS, YS)


def box(row, column, width=40, height=30):
    """In the middle of a cell of 100 x 50."""
    return 100 * column + 50 - width // 2, 50 * row + 25 - height // 2, width, height


def test_each_number_is_in_the_cell_that_its_middle_lies_in():
    boxes = [box(0, 0), box(0, 2), box(1, 1)]

    found = ruled(boxes, GRID)

    assert found == Table(2, 3, ((0, 0), (0, 2), (1, 1)))
    assert found.filled(["7", "12", "-3"]) == [["7", "", "12"], ["", "-3", ""]]


def test_lines_in_any_order_are_the_same_table():
    assert ruled([box(1, 2)], GRID[::-1]) == ruled([box(1, 2)], GRID)


def test_an_empty_row_of_a_ruled_table_stays():
    assert ruled([box(1, 0), box(1, 1)], GRID).filled(["1", "2"]) == [["", "", ""], ["1", "2", ""]]


def test_a_table_without_its_outer_lines_has_its_outer_cells_all_the_same():
    uprights = [(x, -50, x, 150) for x in XS]  # they go on above the first level line, and below the last
    boxes = [(35, -40, 30, 20), box(0, 0), box(1, 1)]

    found = ruled(boxes, uprights + [(0, y, 300, y) for y in YS])

    assert found.filled(["1", "2", "3"]) == [["1", "", ""], ["2", "", ""], ["", "3", ""], ["", "", ""]]


def test_ruled_paper_with_a_margin_is_no_table():
    rulings = [(0, 50 * n, 900, 50 * n) for n in range(12)] + [(100, 0, 100, 600)]

    assert ruled([box(row, column) for row in range(8) for column in (1, 3)], rulings) is None


def test_what_stands_beyond_the_lines_has_a_row_and_a_column_of_its_own():
    boxes = [(310, -40, 30, 20), box(0, 0), box(0, 1), box(1, 2)]

    found = ruled(boxes, GRID)

    assert found.filled(["2024", "1", "2", "3"]) == [["", "", "", "2024"], ["1", "2", "", ""], ["", "", "3", ""]]


@pytest.mark.parametrize(
    "rulings",
    [
        lines((0, 100), YS),
        lines(XS, (0, 100)),
        lines((1000, 1100, 1200), YS),
        lines(range(0, 301, 20), range(0, 101, 20)),  # squared paper
        lines(range(0, 3001, 100), range(0, 3001, 50)),  # large squares
        [],
    ],
)
def test_a_frame_squares_or_lines_elsewhere_are_no_table(rulings):
    assert ruled([box(0, 0), box(1, 1)], rulings) is None


def test_double_lines_count_once_and_short_ones_not():
    more = [(103, 0, 103, 100), (0, 53, 300, 53), (150, 10, 150, 30), (110, 25, 190, 25)]

    assert ruled([box(0, 0), box(0, 1), box(1, 2)], GRID + more) == Table(2, 3, ((0, 0), (0, 1), (1, 2)))


def test_no_numbers_are_no_table():
    assert find_table([], [], GRID) is None
    assert find_table([], []) is None


def test_numbers_below_each_other_are_columns_without_lines():
    boxes = [(10, 0, 30, 20), (100, 0, 40, 20), (5, 50, 40, 20), (12, 100, 20, 20), (104, 100, 38, 20)]

    assert aligned(boxes, [0, 0, 1, 2, 2]) == Table(3, 2, ((0, 0), (0, 1), (1, 0), (2, 0), (2, 1)))


def test_columns_that_reach_a_little_into_each_other_stay_two():
    boxes = [(10, 0, 80, 20), (85, 0, 60, 20), (10, 50, 40, 20), (90, 50, 60, 20), (10, 100, 40, 20), (90, 100, 40, 20)]

    assert aligned(boxes, [0, 0, 1, 1, 2, 2]).columns == 2


def test_running_text_is_no_table():
    boxes = [(0, 0, 60, 20), (80, 0, 60, 20), (20, 40, 90, 20), (130, 40, 60, 20), (0, 80, 30, 20), (50, 80, 70, 20)]

    assert aligned(boxes, [0, 0, 1, 1, 2, 2]) is None


@pytest.mark.parametrize("rows", [[0, 0, 1, 1], [0, 1, 2, 3]])
def test_two_rows_or_one_column_are_too_few(rows):
    columns = [rows[:place].count(row) for place, row in enumerate(rows)]

    assert aligned([box(row, column) for row, column in zip(rows, columns, strict=True)], rows) is None


def test_a_few_numbers_far_apart_are_no_table():
    places = [(0, 0), (1, 1), (2, 2), (3, 3)]

    assert aligned([box(*place) for place in places], [row for row, _ in places]) is None


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=5))
def test_every_filled_cell_of_a_ruled_table_is_found_again(cells):
    cells = sorted(cells)
    grid = lines(range(0, 501, 100), range(0, 301, 50))

    found = find_table([box(*cell) for cell in cells], [row for row, _ in cells], grid)

    assert found == Table(6, 5, tuple(cells))
    texts = [f"{row}{column}" for row, column in cells]
    filled = found.filled(texts)
    assert [text for row in filled for text in row if text] == texts
    assert all(filled[row][column] == f"{row}{column}" for row, column in cells)
