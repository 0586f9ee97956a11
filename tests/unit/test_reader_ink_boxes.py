"""Boxes for single characters, drawn by hand: they are found by their size and their four sides, and go."""

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2")

from numink.reader.drawn_boxes import darkest_ways, find_boxes, sides_of, usual_inside  # noqa: E402
from numink.reader.ink import find_ink  # noqa: E402
from numink.reader.page import Sheet  # noqa: E402

INK = 40
WIDE, HIGH, LINE = 60, 66, 4
PLACES = [(80 + 78 * i, 90 + 110 * row) for row in range(3) for i in range(6)]


def drawn(places=PLACES, wobble=2.0, level=INK, paper=250):
    """A sheet with a box at each place, each of its sides a little astray, and its ink as a mask."""
    rng = np.random.default_rng(0)
    grey = np.full((460, 640), paper, np.uint8)
    for x, y in places:
        for corners in (((0, 0), (WIDE, 0)), ((0, HIGH), (WIDE, HIGH)), ((0, 0), (0, HIGH)), ((WIDE, 0), (WIDE, HIGH))):
            ends = np.array(corners) + np.array((x, y)) + rng.uniform(-wobble, wobble, (2, 2))
            cv2.line(grey, *np.round(ends).astype(int), level, LINE, cv2.LINE_AA)
    return grey


def seven(grey, x, y):
    cv2.polylines(grey, [np.array([(x, y), (x + 24, y), (x + 8, y + 40)])], False, INK, LINE, cv2.LINE_AA)


def ink_of(grey):
    return find_ink(Sheet(grey, np.eye(3)))


def boxes_of(grey):
    return find_boxes(255 - grey, lambda: 255 - grey)


def test_every_box_is_found_at_its_place():
    boxes = boxes_of(drawn())

    assert boxes is not None
    assert abs(boxes.width_px - WIDE) <= 3
    assert abs(boxes.height_px - HIGH) <= 3
    away = np.abs(boxes.corners[:, None] - np.array(PLACES)).max(axis=2)
    assert away.min(axis=0).max() <= 4
    assert away.min(axis=1).max() <= 4


def test_a_box_that_a_stroke_runs_through_is_found_by_the_size_of_the_others():
    grey = drawn()
    x, y = PLACES[7]
    cv2.line(grey, (x + 30, y - 20), (x + 34, y + HIGH + 20), INK, 5)

    assert len(boxes_of(grey).corners) == len(PLACES)


def test_two_boxes_are_none_and_digits_are_none():
    grey = np.full((300, 640), 250, np.uint8)
    for x in range(60, 600, 60):
        cv2.ellipse(grey, (x, 150), (16, 26), 0, 0, 360, INK, LINE, cv2.LINE_AA)

    assert boxes_of(drawn(PLACES[:2])) is None
    assert boxes_of(grey) is None


def test_the_cells_of_a_table_are_no_boxes():
    assert boxes_of(drawn([(80 + WIDE * i, 90 + HIGH * row) for row in range(4) for i in range(5)], wobble=0)) is None


@pytest.mark.parametrize("wobble", [0.0, 3.0])
def test_boxes_go_and_the_digits_in_them_stay(wobble):
    grey = drawn(wobble=wobble)
    for x, y in PLACES[::2]:
        seven(grey, x + 18, y + 14)

    ink = ink_of(grey)

    assert len(ink.boxes) == len(PLACES)
    assert ink.digit_px < 50
    _, _, stats, _ = cv2.connectedComponentsWithStats((ink.coverage > 64).astype(np.uint8))
    large = stats[1:][stats[1:, cv2.CC_STAT_AREA] > 30]
    assert len(large) == len(PLACES[::2])
    assert (np.abs(large[:, cv2.CC_STAT_HEIGHT] - 44) <= 4).all()


def test_a_stroke_goes_on_through_a_side():
    grey = drawn()
    x, y = PLACES[8]
    cv2.line(grey, (x + 24, y + 30), (x + 14, y + HIGH + 24), INK, 5, cv2.LINE_AA)

    _, labels = cv2.connectedComponents((ink_of(grey).coverage > 64).astype(np.uint8))

    assert labels[y + 34, x + 23] == labels[y + HIGH + 18, x + 15] > 0


def test_two_sides_that_are_near_each_other_both_go():
    grey = drawn([(80 + (WIDE + 7) * i, 90) for i in range(6)], wobble=1.0)

    level, upright = sides_of(boxes_of(grey), 255 - grey)

    middles = sorted(float(line.middle.mean()) for line in upright)
    assert len(middles) == 12
    assert min(np.diff(middles)) > 4
    assert len(level) == 12


def test_the_usual_inside_is_that_of_most():
    mask = np.zeros((200, 400), np.uint8)
    for x, wide in ((10, 40), (70, 41), (130, 42), (200, 90)):
        cv2.rectangle(mask, (x, 50), (x + wide, 50 + 48), 1, 2)

    width, height = usual_inside(mask, 2.0)

    assert abs(width - 40) <= 2
    assert abs(height - 47) <= 2


def test_the_darkest_way_follows_a_line_that_rises():
    strip = np.zeros((1, 9, 8), np.float32)
    way = [6, 6, 5, 4, 4, 3, 3, 3]
    strip[0, way, np.arange(8)] = 100

    assert darkest_ways(strip)[0].tolist() == way


def test_digits_below_each_other_are_no_side():
    grey = np.full((460, 300), 250, np.uint8)
    for y in range(20, 420, 78):
        cv2.line(grey, (150, y), (150, y + 40), INK, LINE, cv2.LINE_AA)
        seven(grey, 90, y)

    coverage = ink_of(grey).coverage

    assert (coverage[20:454, 148:153] > 200).any(axis=1).mean() > 0.55
