"""What lies on a sheet before its photograph: cells, printed lines, ink, texts and strays."""

from dataclasses import replace

import numpy as np
import pytest

from numink.data.strokes.pages import marks, paper, printing, strays, texts
from numink.data.strokes.pages.hand import Hand
from numink.data.strokes.pages.layout import LAYOUTS, lay_out, require_room, that_fit
from numink.data.strokes.pages.printing import Print, inked, rule, stamp
from numink.errors import DataError

AREA = (30, 20, 700, 500)
TEXTS = [["12", "345", "6"], ["7", "", "-8.9"], ["0"]]


def rng(seed=0):
    return np.random.default_rng(seed)


def white(height_px=12, width_px=12):
    return np.full((height_px, width_px, 3), 255, np.uint8)


@pytest.mark.parametrize("name", LAYOUTS)
def test_cells_lie_in_the_area_and_apart(name):
    for seed in range(20):
        layout = lay_out(rng(seed), LAYOUTS[name], TEXTS, AREA)

        assert [cell.text for cell in layout.cells] == ["12", "345", "6", "7", "-8.9", "0"]
        assert [cell.row for cell in layout.cells] == [0, 0, 0, 1, 1, 2]
        assert 20 <= layout.digit_px <= 110
        for i, cell in enumerate(layout.cells):
            assert cell.left_px >= 30 - 1e-6
            assert cell.left_px + cell.width_px <= 730 + 1e-6
            assert cell.top_px >= 20 - 1e-6
            assert cell.top_px + cell.height_px <= 520 + 1e-6
            assert cell.top_px + layout.digit_px <= cell.baseline_px < cell.top_px + cell.height_px
            assert cell.width_px >= len(cell.text) * layout.digit_px
            for other in layout.cells[:i]:
                if other.row == cell.row:
                    assert other.left_px + other.width_px <= cell.left_px + 1e-6


def test_columns_stand_in_line_and_a_table_has_lines_between():
    layout = lay_out(rng(), LAYOUTS["table"], TEXTS, AREA)
    first, second = layout.cells[0], layout.cells[3]

    assert first.left_px == second.left_px == pytest.approx(layout.lines_x[0])
    assert len(layout.lines_x) == 4
    assert len(layout.lines_y) == 4
    assert layout.cells[1].left_px == pytest.approx(layout.lines_x[1])
    assert first.top_px == pytest.approx(layout.lines_y[0])
    assert not lay_out(rng(), LAYOUTS["columns"], TEXTS, AREA).lines_x


def test_a_layout_is_moved_with_its_lines():
    layout = lay_out(rng(), LAYOUTS["table"], TEXTS, AREA)
    moved = layout.moved(-30, 4)

    assert moved.lines_x == pytest.approx([line - 30 for line in layout.lines_x])
    assert moved.lines_y == pytest.approx([line + 4 for line in layout.lines_y])
    for before, after in zip(layout.cells, moved.cells, strict=True):
        assert after.left_px == before.left_px - 30
        assert (after.top_px, after.baseline_px) == (before.top_px + 4, before.baseline_px + 4)
        assert replace(after, left_px=before.left_px, top_px=before.top_px, baseline_px=before.baseline_px) == before


def test_boxes_are_as_many_as_the_longest_number_of_a_column_has_characters():
    layout = lay_out(rng(), LAYOUTS["boxes"], TEXTS, AREA)

    assert [cell.boxes for cell in layout.cells] == [2, 3, 4, 2, 4, 2]
    assert layout.box_px == pytest.approx(1.35 * layout.digit_px)


def test_texts_that_do_not_fit_are_left_out_from_the_end():
    rows = LAYOUTS["rows"]  # a digit of 20 px: 34 px of height for a line, 41 px of width for a single digit
    assert that_fit(rows, [["1", "2"], ["3", "4"]], (0, 0, 82, 68)) == [["1", "2"], ["3", "4"]]
    assert that_fit(rows, [["1", "2"], ["3", "4"]], (0, 0, 81, 68)) == [["1"], ["3"]]
    assert that_fit(rows, [["1", "2"], ["3", "4"]], (0, 0, 82, 67)) == [["1", "2"]]
    assert that_fit(rows, [["-12345678"]], (0, 0, 50, 50)) == [["8"]]


def test_room_is_asked_for_by_the_longest_line():
    require_room(LAYOUTS["columns"], [["1", "234"], ["56", "7"]], 111, 246)  # (2 + 3) x 1.05 + 2 = 7.25 digits wide
    with pytest.raises(DataError, match="at least 111 x 246 px"):
        require_room(LAYOUTS["columns"], [["1", "234"], ["56", "7"]], 111, 245)


def test_ink_takes_light_away_and_is_cut_off_at_the_edges():
    sheet = white(4, 4)
    stamp(sheet, np.array([[1.0, 0.5]], np.float32), 1, 2, (0, 51, 255))
    assert sheet[2, 1].tolist() == [0, 51, 255]
    assert sheet[2, 2].tolist() == [128, 153, 255]
    assert (np.delete(sheet, 2, axis=0) == 255).all()

    for left, top in ((-2, -2), (3, 3), (-9, 0), (0, 9), (9, 9), (4, 4), (-3, -3)):
        stamp(sheet := white(4, 4), np.ones((3, 3), np.float32), left, top, (0, 0, 0))
        expected = np.full((4, 4), 255)
        expected[max(0, top) : max(0, top + 3), max(0, left) : max(0, left + 3)] = 0
        np.testing.assert_array_equal(sheet[..., 0], expected)


def test_inked_pixels_by_their_centres():
    coverage = np.array([[0, 0.2, 0.3], [0.25, 0, 0]], np.float32)
    assert inked(coverage, 10, 20).tolist() == [[12.5, 20.5], [10.5, 21.5]]
    assert inked(np.array([[0.1, 0.02]], np.float32), 0, 0).tolist() == [[0.5, 0.5]]  # pale ink: its darkest half


def test_a_line_of_one_pixel_lies_where_it_should():
    sheet = white()
    rule(rng(), sheet, (2, 5.5), (8, 5.5), Print((0, 0, 0), 1.0))
    assert (sheet[5, 2:8] == 0).all()
    assert sheet.sum() == white().sum() - 6 * 3 * 255

    rule(rng(), sheet := white(), (5.0, 1), (5.0, 9), Print((0, 0, 0), 1.0))  # half in one pixel, half in the next
    assert (sheet[1:9, 4:6] == 128).all()
    assert (np.delete(sheet, (4, 5), axis=1) == 255).all()


def test_a_line_by_hand_strays_from_its_way():
    sheet = white(40, 200)
    rule(rng(), sheet, (0, 20), (200, 20), Print((0, 0, 0), 2.0, unsteady_px=2.0))
    heights = (255 - sheet[..., 0].astype(float)).argmax(axis=0)

    assert (sheet.min(axis=0)[:, 0] < 128).all()
    assert 2 <= np.ptp(heights) <= 14


@pytest.mark.parametrize("name", paper.COLOURS)
def test_paper_is_lighter_than_print_and_ink(name):
    assert min(paper.COLOURS[name]) > 160


def test_blank_paper_has_a_little_texture():
    sheet = paper.blank(rng(), 100, 150)
    assert sheet.shape == (100, 150, 3)
    assert 0 < sheet[..., 1].std() < 8


def test_a_crease_is_a_line_with_a_light_and_a_dark_side():
    sheet = np.full((100, 100, 3), 200, np.uint8)
    paper.crease(rng(), sheet)
    assert sheet.min() < 199
    assert sheet.max() > 200
    assert (sheet == 200).mean() > 0.5


def test_letters_and_words_have_forms_and_none_is_a_digit():
    assert set("".join(marks.WORDS)) <= set(marks.LETTERS)
    assert not set("0123456789bglqsziIoOSZBDG") & set(marks.LETTERS)


@pytest.mark.parametrize("kind", strays.STRAYS)
def test_every_stray_has_ink_and_begins_near_its_place(kind):
    _, write = strays.STRAYS[kind]
    for seed in range(5):
        hand = Hand.draw(rng(seed), None)
        glyphs = write(rng(seed), hand, 30.0)
        assert glyphs
        assert max(glyph.coverage.max() for glyph in glyphs) > 0.3
        left, top, right, bottom = strays.extent(glyphs)
        assert right > left
        assert -150 < top < bottom < 80


def test_a_point_leaves_ink_with_every_pen():
    for pen in ("ballpoint", "pencil", "felt pen", "marker", "brush", "mouse"):
        for seed in range(10):
            glyph = Hand.draw(rng(seed), pen).write(rng(seed), ".", 20.0)[0]
            assert glyph.coverage.max() > 0.3, (pen, seed)


def test_characters_stand_side_by_side():
    for seed in range(20):
        hand = Hand.draw(rng(seed), "ballpoint")
        glyphs = hand.write(rng(seed), "3141592", 40.0)
        starts, ends = zip(*(glyph.ink for glyph in glyphs), strict=True)

        assert starts[0] == 0
        assert all(start >= end - 5 for start, end in zip(starts[1:], ends, strict=False))


def test_characters_may_touch():
    hand = replace(Hand.draw(rng(), "ballpoint"), touching=1.0)
    starts, ends = zip(*(glyph.ink for glyph in hand.write(rng(), "3141592", 40.0)), strict=True)

    assert all(start <= end + 1 for start, end in zip(starts[1:], ends, strict=False))


def test_no_point_runs_into_a_digit():
    hand = replace(Hand.draw(rng(), "ballpoint"), touching=1.0)
    for seed in range(30):
        eight, point, seven = hand.write(rng(seed), "8.7", 40.0)
        assert eight.ink[1] <= point.ink[0]
        assert point.ink[1] <= seven.ink[0]


def test_room_is_found_where_there_is_some():
    area = (0, 0, 100, 100)
    place = strays.room_for(rng(), (20, 20), area, [(0, 0, 100, 60)])
    assert place is not None
    assert place[1] >= 60
    assert strays.room_for(rng(), (20, 50), area, [(0, 0, 100, 60)]) is None
    assert strays.room_for(rng(), (101, 5), area, []) is None


@pytest.mark.parametrize("kind", texts.KINDS)
def test_drawn_texts_can_be_written(kind):
    drawn = [texts.draw_text(rng(seed), kind, ",") for seed in range(50)]
    assert texts.checked_texts([drawn]) == [drawn]
    assert len(set(drawn)) > 5


def test_labels_are_printed_in_their_place():
    sheet = white(40, 120)
    trace = printing.label(sheet, "Total", (10, 5), 14, Print((0, 0, 0), 1.0))
    dark = np.argwhere(sheet[..., 0] < 128)
    assert trace.kind == "print"
    assert trace.points.min(axis=0).tolist() == pytest.approx((dark.min(axis=0)[::-1] + 0.5).tolist(), abs=1)
    assert 8 < np.ptp(dark[:, 0]) < 16


@pytest.mark.parametrize(("name", "lines_at_least"), [("ruled", 3), ("squared", 6)])
def test_numbers_stand_on_the_lines(name, lines_at_least):
    for seed in range(5):
        layout = lay_out(rng(seed), LAYOUTS["columns"], TEXTS, AREA)
        sheet = white(540, 760)
        paper.PAPERS[name](rng(seed), sheet, layout)
        lines = np.flatnonzero((sheet[:, 1:20].min(axis=2) < 240).all(axis=1))

        assert len(lines) >= lines_at_least
        for cell in layout.cells:
            assert np.abs(lines - cell.baseline_px).min() < 0.12 * layout.digit_px + 1


@pytest.mark.parametrize("width", [0.1, 1.0, 7.3, 9.5, 14.0])
def test_lines_may_be_drawn_over_and_under_numbers_of_any_width(width):
    hand = Hand.draw(rng(), "ballpoint")
    for seed in range(20):
        for form in (marks.strike(rng(seed), width), marks.underline(rng(seed), width), marks.scribble(rng(seed))):
            drawn = hand.drag(rng(seed), form, 30.0)
            assert drawn.coverage.max() > 0.5
            assert form.name == "scribble" or drawn.ink[1] > 30 * min(width, 9) - 1
