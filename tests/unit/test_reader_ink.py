"""Ink from paper: what is kept whole, what is taken away, and what is said about it."""

from itertools import pairwise

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2")

from numink.data import strokes  # noqa: E402
from numink.reader.ink import Ink, find_ink  # noqa: E402
from numink.reader.page import Sheet, find_sheet  # noqa: E402

PAPER = 250
INK = 40


def paper(height_px=400, width_px=600, noise=2.0, seed=0):
    rng = np.random.default_rng(seed)
    return np.clip(PAPER + noise * rng.standard_normal((height_px, width_px)), 0, 255).astype(np.uint8)


def stroke(grey, *points, width_px=6, level=INK):
    for start, end in pairwise(points):
        cv2.line(grey, start, end, level, width_px, cv2.LINE_AA)


def seven(grey, x, y, level=INK, width_px=6):
    """A 7 of 60 pixels, its upper left corner there."""
    stroke(grey, (x, y), (x + 36, y), (x + 12, y + 60), width_px=width_px, level=level)


def ink_of(grey) -> Ink:
    return find_ink(Sheet(grey, np.eye(3)))


def pieces(ink, box=None):
    x, y, w, h = box or (0, 0, *ink.coverage.shape[::-1])
    mask = (ink.coverage[y : y + h, x : x + w] > 64).astype(np.uint8)
    return cv2.connectedComponentsWithStats(mask, connectivity=8)[0] - 1


def kinds(ink):
    return [kind for kind, _ in ink.removed]


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_blank_paper_has_no_ink(noise):
    ink = ink_of(paper(noise=noise))

    assert not ink.coverage.any()
    assert ink.rulings == ()
    assert ink.stroke_px == 0


@pytest.mark.parametrize(("level", "noise"), [(20, 2.0), (120, 4.0), (200, 3.0)])
def test_pale_ink_is_as_whole_and_as_black_as_dark_ink(level, noise):
    grey = paper(noise=noise)
    seven(grey, 300, 150, level=level)

    ink = ink_of(grey)

    assert pieces(ink) == 1
    assert np.quantile(ink.coverage[ink.coverage > 64], 0.5) > 200
    assert 40 <= ink.digit_px <= 80
    assert 4 <= ink.stroke_px <= 9


def test_a_pencil_beside_a_felt_pen_stays():
    grey = paper()
    seven(grey, 100, 150, level=10, width_px=12)
    seven(grey, 180, 150, level=165, width_px=3)

    assert pieces(ink_of(grey)) == 2


@pytest.mark.parametrize("line", [215, 170, 120, INK])
@pytest.mark.parametrize("width_px", [2, 5])
def test_a_stroke_that_crosses_a_ruling_stays_in_one_piece(line, width_px):
    grey = paper()
    for y in range(40, 400, 90):
        stroke(grey, (0, y), (599, y + 4), width_px=width_px, level=line)
    for x in (60, 200, 340, 480):
        seven(grey, x, 100)  # rulings at 130 and 220

    ink = ink_of(grey)

    assert pieces(ink) == 4
    assert all(pieces(ink, (x - 10, 90, 60, 80)) == 1 for x in (60, 200, 340, 480))
    assert len(ink.rulings) == 4
    assert {round((y1 + y2) / 2) for _, y1, _, y2 in ink.rulings} <= {
        y + d for y in (42, 132, 222, 312) for d in (-1, 0, 1)
    }


def test_squares_go_and_digits_stay():
    grey = paper()
    for place in range(15, 600, 45):
        stroke(grey, (place, 0), (place, 399), width_px=2, level=150)
        stroke(grey, (0, place), (599, place), width_px=2, level=150)
    for x in (70, 230, 390):
        seven(grey, x, 130)

    ink = ink_of(grey)

    assert pieces(ink) == 3
    assert ink.grid is None


@pytest.mark.parametrize("level", [170, INK])
def test_boxes_go_and_the_one_that_stands_beside_a_side_stays(level):
    grey = paper()
    for x in range(100, 500, 80):
        cv2.rectangle(grey, (x, 100), (x + 80, 190), level, 2)
    stroke(grey, (140, 115), (140, 175))
    stroke(grey, (272, 115), (272, 175))  # ten pixels from a side
    seven(grey, 360, 115)

    ink = ink_of(grey)

    assert pieces(ink) == 3
    assert pieces(ink, (265, 105, 20, 80)) == 1


def test_the_lines_of_a_table_are_told():
    grey = paper(420, 640)
    for x in (50, 220, 390, 560):
        stroke(grey, (x, 60), (x, 360), width_px=2, level=120)
    for y in (60, 160, 260, 360):
        stroke(grey, (50, y), (560, y), width_px=2, level=120)
    for x in (80, 250, 420):
        seven(grey, x, 80)

    ink = ink_of(grey)

    assert ink.grid is not None
    assert [np.round(side).tolist() for side in ink.grid] == [
        pytest.approx([50, 220, 390, 560], abs=1),
        pytest.approx([60, 160, 260, 360], abs=1),
    ]
    assert pieces(ink) == 3


def test_writing_without_lines_is_no_table():
    grey = paper()
    seven(grey, 200, 150)

    assert ink_of(grey).grid is None


def test_a_line_under_a_number_goes_and_one_through_it_stays():
    grey = paper(500, 700)
    for x in range(100, 400, 60):
        seven(grey, x, 100)
        seven(grey, x, 300)
    stroke(grey, (90, 175), (400, 178), width_px=5)
    stroke(grey, (90, 331), (400, 328), width_px=5)

    ink = ink_of(grey)

    assert pieces(ink, (80, 80, 340, 120)) == 5
    assert pieces(ink, (80, 280, 340, 120)) == 1  # the line holds them together
    assert len(ink.rulings) == 1


def test_a_point_stays_and_specks_go():
    grey = paper()
    for x in (100, 200, 300):
        seven(grey, x, 150)
    cv2.circle(grey, (165, 208), 4, INK, -1, cv2.LINE_AA)
    grey[300, 400] = grey[320, 100] = 0

    ink = ink_of(grey)

    assert pieces(ink) == 4
    assert ink.coverage[208, 165] > 200
    assert kinds(ink) == ["speck", "speck"]


def test_a_point_on_a_ruling_stays():
    grey = paper()
    for y in (60, 212, 364):
        stroke(grey, (0, y), (599, y), width_px=2, level=150)
    for x in (100, 200, 300):
        seven(grey, x, 150)
    cv2.circle(grey, (165, 210), 4, INK, -1, cv2.LINE_AA)

    ink = ink_of(grey)

    assert ink.coverage[210, 165] > 200
    assert pieces(ink, (150, 195, 30, 30)) == 1


def test_punch_holes_and_dark_edges_are_told():
    grey = paper(800, 600)
    for y in (200, 600):
        cv2.circle(grey, (40, y), 22, 30, -1)
    grey[:, :5] = 20
    for x in (200, 300, 400):
        seven(grey, x, 350)

    ink = ink_of(grey)

    assert pieces(ink) == 3
    assert kinds(ink).count("punch hole") == 2
    assert kinds(ink).count("edge of the sheet") + len(ink.rulings) == 1


def test_a_digit_that_fills_a_small_picture_is_left_as_it_is():
    digit = strokes.draw_images([5], [strokes.draw_writer(np.random.default_rng(1))], np.random.default_rng(2))[0]

    ink = ink_of(255 - digit)

    assert np.abs(ink.coverage.astype(int) - digit)[digit > 200].max() <= 60
    assert not ink.coverage[digit < 10].any()


def test_a_very_large_digit_is_filled():
    grey = paper(1400, 1000)
    stroke(grey, (250, 200), (750, 200), (400, 1200), width_px=90)

    ink = ink_of(grey)

    assert pieces(ink) == 1
    assert (ink.coverage[grey < 60] > 200).mean() > 0.98
    assert ink.stroke_px == pytest.approx(90, rel=0.15)


@pytest.mark.parametrize("seed", [3, 114, 119])
def test_the_ink_of_a_page_covers_its_digits_and_little_else(seed):
    page = strokes.page(np.random.default_rng(seed))
    sheet = find_sheet(page.image)

    ink = find_ink(sheet)

    mask = (ink.coverage > 64).astype(np.uint8)
    seen = cv2.warpPerspective(mask, sheet.to_picture, page.image.shape[1::-1])
    inside = np.zeros_like(seen)
    inked = []
    for mark in (*page.others, *(mark for number in page.numbers for mark in (*number.digits, *number.signs))):
        x, y, w, h = mark.box
        inside[max(0, y - 3) : y + h + 3, max(0, x - 3) : x + w + 3] = 1
        part = seen[y : y + h, x : x + w]
        if mark.kind.isdigit():
            inked.append(part.any(axis=1).mean())
    assert np.mean(np.array(inked) > 0.9) > 0.95
    assert (seen & ~inside & 1).sum() < 0.02 * seen.sum()
