"""Cutting and joining: which pieces there are, which way through them is likeliest, and how sure that is."""

import numpy as np
import pytest

from numink.reader import lattice
from numink.reader.cuts import cut, cut_across, without_underline
from numink.reader.lattice import CUT, Piece, best_way, spans
from numink.reader.shapes import find_shapes, join, trimmed
from tests.fake_candidates import candidate, shape_of

HEIGHT_PX = 30.0


def pieces(*parts: tuple[tuple[int, int, int, int], int], bits: tuple[int, ...] = ()) -> list[Piece]:
    """Pieces by their boxes and the components that they were cut from."""
    return [Piece(shape_of(box), component, n in bits) for n, (box, component) in enumerate(parts)]


TOUCHING = pieces(((0, 0, 18, 30), 0), ((18, 0, 18, 30), 0))
"""One component that was cut in two."""


def test_two_sure_halves_are_worth_a_cut():
    whole = candidate(8, 0.12, (0, 0, 36, 30))  # twelve hundredths, and room for one digit and a half
    candidates = {(0, 1): candidate(1, 0.99), (1, 2): candidate(7, 0.98), (0, 2): whole}

    way, share, second, other = best_way(TOUCHING, candidates, 30)

    assert [slot.span for slot in way] == [(0, 1), (1, 2)]
    two, one = np.exp(-CUT) * 0.99 * 0.98, 0.12 ** (36 / 30 / lattice.USUAL_WIDTH)
    assert share == pytest.approx(two / (two + one))
    assert second == "?"
    assert [slot.candidate for slot in other] == [whole]


def test_a_digit_is_not_cut_into_two_others():
    whole = candidate(4, 0.97, (0, 0, 25, 30))

    way, share, second, _ = best_way(
        TOUCHING, {(0, 1): candidate(1, 0.9), (1, 2): candidate(1, 0.9), (0, 2): whole}, 30
    )

    assert [slot.span for slot in way] == [(0, 2)]
    two, one = np.exp(-CUT) * 0.9 * 0.9, 0.97
    assert share == pytest.approx(one / (two + one))
    assert second == "11"


def test_parts_that_lie_apart_are_joined_where_that_reads_better():
    parts = pieces(((0, 0, 14, 30), 0), ((16, 0, 10, 30), 1))
    candidates = {(0, 1): candidate(6, 0.2), (1, 2): candidate(1, 0.9), (0, 2): candidate(4, 0.95)}

    way, *_ = best_way(parts, candidates, 30)

    assert [slot.span for slot in way] == [(0, 2)]


def test_ways_that_read_the_same_are_no_doubt():
    parts = pieces(((0, 0, 20, 30), 0), ((4, 32, 8, 4), 1), bits=(1,))
    candidates = {(0, 1): candidate(5, 0.9), (0, 2): candidate(5, 0.95)}

    _, share, second, _ = best_way(parts, candidates, 30)

    assert share == 1
    assert second == ""


def test_a_bit_beside_a_digit_is_left_out_for_less_than_one_above_it():
    beside = pieces(((0, 0, 20, 30), 0), ((24, 24, 6, 6), 1), bits=(1,))
    above = pieces(((0, 8, 20, 22), 0), ((2, 0, 16, 4), 1), bits=(1,))

    assert lattice.leaving_out(beside, 1, HEIGHT_PX) < lattice.leaving_out(above, 1, HEIGHT_PX)


def test_two_sure_digits_are_not_joined_and_a_far_one_neither():
    near = pieces(((0, 0, 14, 30), 0), ((16, 0, 14, 30), 1))
    far = pieces(((0, 0, 14, 30), 0), ((40, 0, 10, 30), 1))

    assert spans(near, {0, 1}, HEIGHT_PX) == []
    assert spans(near, {0}, HEIGHT_PX) == [(0, 2)]
    assert spans(far, set(), HEIGHT_PX) == []


def test_a_low_sure_digit_may_be_a_part_of_another():
    open_four = pieces(((0, 0, 16, 18), 0), ((18, 0, 5, 30), 1))
    small_one = pieces(((0, 0, 5, 18), 0), ((7, 0, 16, 30), 1))

    assert spans(open_four, {0, 1}, HEIGHT_PX) == [(0, 2)]
    assert spans(small_one, {0, 1}, HEIGHT_PX) == []


def test_a_whole_component_is_always_asked_about_however_wide():
    wide = pieces(*(((20 * n, 0, 20, 30), 0) for n in range(8)))

    assert (0, 8) in spans(wide, set(), HEIGHT_PX)
    assert (0, 5) not in spans(wide, set(), HEIGHT_PX)


def bridge(rows: slice = slice(28, 32)) -> np.ndarray:
    """Two blocks with a thin bridge between them: uint8 (60, 90)."""
    ink = np.zeros((60, 90), np.uint8)
    ink[:, 5:35] = ink[:, 55:85] = 255
    ink[rows, 35:55] = 255
    return ink


def test_ink_is_cut_where_it_is_thin():
    shape = find_shapes(bridge(), 1)[0]

    left, right = cut(shape, 8)

    assert 34 <= left.right <= 56
    assert left.right == right.x
    assert np.array_equal(join([left, right]).coverage, shape.coverage)


def test_ink_is_not_cut_where_that_crosses_much():
    assert len(cut(find_shapes(bridge(slice(10, 50)), 1)[0], 8)) == 1


def test_a_leaning_gap_is_cut_along_its_lean():
    ink = np.zeros((60, 120), np.uint8)
    for row in range(60):
        x = 30 - row // 2
        ink[row, x : x + 25] = ink[row, x + 29 : x + 54] = 255  # two leaning blocks with a gap of 4 px
    ink[30, :][15:69] = 255
    shape = find_shapes(ink, 1)[0]

    left, right = cut(shape, 4, slant=0.5)

    assert abs(int((left.coverage > 0).sum()) - int((right.coverage > 0).sum())) < 60


def test_lines_that_touch_are_cut_across():
    shape = find_shapes(np.ascontiguousarray(bridge().T), 1)[0]

    upper, lower = cut_across(shape, 8, 20)

    assert upper.bottom == lower.y
    assert cut_across(shape, 8, 60) == [shape]


def test_an_underline_is_taken_from_what_stands_on_it():
    ink = np.zeros((60, 100), np.uint8)
    ink[10:50, 20:30] = ink[10:51, 60:70] = 255
    ink[50:54, 5:95] = 255

    first, second, line = without_underline(find_shapes(ink, 1)[0], 40, 4)

    assert {first.box, second.box} == {(20, 10, 10, 40), (60, 10, 10, 40)}
    assert line.box == (5, 50, 90, 4)


def test_a_digit_has_no_underline():
    ink = np.zeros((60, 40), np.uint8)
    ink[5:55, 28:34] = ink[30:36, 4:38] = 255
    for row in range(5, 34):
        ink[row, 30 - (row - 4) : 36 - (row - 4)] = 255  # a 4, whose bar is as long as an underline

    assert len(without_underline(find_shapes(ink, 1)[0], 50, 6)) == 1


def test_shapes_are_cut_out_without_their_neighbours():
    ink = np.zeros((20, 30), np.uint8)
    ink[2:18, 2] = ink[17, 2:12] = 200  # an L, and in its corner
    ink[5:9, 6:10] = 255
    ink[1, 20] = 60  # too pale to be ink

    shapes = find_shapes(ink, 1)

    assert sorted(shape.box for shape in shapes) == [(2, 2, 10, 16), (6, 5, 4, 4)]
    corner = next(shape for shape in shapes if shape.width == 10)
    assert corner.coverage[5:9, 4:8].max() == 0
    assert [shape.box for shape in find_shapes(ink, 5)] == [corner.box]


def test_trimming_finds_the_smallest_box():
    ink = np.zeros((9, 9), np.uint8)
    ink[3:5, 2:8] = 255

    shape = trimmed(10, 20, ink)

    assert shape is not None
    assert shape.box == (12, 23, 6, 2)
    assert trimmed(0, 0, np.zeros((4, 4), np.uint8)) is None
