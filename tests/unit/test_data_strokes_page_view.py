"""Where a sheet lies in its picture: boxes, perspective, what is seen of it, and how far it is to the edge."""

import numpy as np
import pytest
from PIL import Image

from numink.data.strokes.pages.photo import Photo
from numink.data.strokes.pages.view import SMALLEST_SHARE, View, place_sheet, way_to_an_edge


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_box_is_worked_out_by_hand():
    twice_as_large = View(100, 200, 50, 100, (0, 0, 100, 50), np.diag([2.0, 2.0, 1.0]))

    # the pixel at (10, 20) covers 20..22 and 40..42; by its centre 10.5 it is at 21, and half a pixel more each way
    assert twice_as_large.box(np.array([[10.5, 20.5]])) == (20, 40, 2, 2)
    assert twice_as_large.box(np.array([[10.5, 20.5], [14.5, 21.5]])) == (20, 40, 10, 4)
    straight = View(100, 200, 100, 200, (0, 0, 200, 100), np.eye(3))
    assert straight.box(np.array([[3.5, 5.5], [7.5, 5.5]])) == (3, 5, 5, 1)


def test_what_is_nearer_is_larger():
    view = place_sheet(rng(), Photo(lean_degrees=20), 400, 400)
    x, y, width, height = view.area
    upper = view.box(np.array([[x, y], [x + width, y]], float))
    lower = view.box(np.array([[x, y + height], [x + width, y + height]], float))

    assert upper[2] != lower[2]
    assert abs(upper[0] + upper[2] / 2 - lower[0] - lower[2] / 2) <= 1  # symmetric about the middle


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("angles", [(0, 0, 0), (15, 0, 0), (0, -15, 0), (0, 0, 8), (12, 10, -6)])
def test_pixels_and_boxes_go_the_same_way(angles, table):
    lean, pan, turn = angles
    for seed in range(3):
        view = place_sheet(rng(seed), Photo(lean, pan, turn, table=table), 150, 220)
        x, y, width, height = view.area
        for left, top in ((x, y), (x + width - 9, y), (x + width // 2, y + height // 2), (x, y + height - 9)):
            sheet = np.zeros((view.sheet_height_px, view.sheet_width_px), np.uint8)
            sheet[top : top + 9, left : left + 9] = 255
            seen = np.asarray(view.look_at(Image.fromarray(sheet))) > 127
            box = view.box(np.argwhere(sheet)[:, ::-1] + 0.5)
            rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
            found = (columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1)

            np.testing.assert_allclose(box, found, atol=2)


@pytest.mark.parametrize("angles", [(0, 0, 0), (45, -45, 45), (0, 0, 45), (10, 5, 3)])
@pytest.mark.parametrize("size", [(300, 400), (60, 900), (500, 40)])
@pytest.mark.parametrize("table", [False, True])
def test_all_that_may_be_written_on_is_seen_and_large_enough(angles, size, table):
    height_px, width_px = size
    for seed in range(3):
        view = place_sheet(rng(seed), Photo(*angles, table=table), height_px, width_px)
        x, y, width, height = view.area
        corners = np.array([[x, y], [x + width, y], [x, y + height], [x + width, y + height]], float)
        seen = np.column_stack([corners, np.ones(4)]) @ view.to_picture.T
        seen = seen[:, :2] / seen[:, 2:]

        assert (seen >= -1).all()
        assert (seen <= (width_px + 1, height_px + 1)).all()
        assert x >= 0
        assert x + width <= view.sheet_width_px
        assert y >= 0
        assert y + height <= view.sheet_height_px
        assert width + 2 >= SMALLEST_SHARE * width_px
        assert height + 2 >= SMALLEST_SHARE * height_px


def test_without_a_table_the_sheet_fills_the_picture():
    for seed in range(5):
        view = place_sheet(rng(seed), Photo(12, -9, 5), 120, 160)
        white = Image.new("L", (view.sheet_width_px, view.sheet_height_px), 255)

        assert np.asarray(view.look_at(white)).min() == 255


def test_room_is_worked_out_by_hand():
    twice_as_large = View(100, 200, 60, 90, (0, 0, 90, 50), np.diag([2.0, 2.0, 1.0]))  # shows 100 x 50 of 90 x 60
    points = np.array([[10.5, 20.5], [30.5, 24.5]])
    # At the right the sheet ends, below it the picture: half a pixel of the sheet, or of the picture, is between.
    ways = {(-1, 0): 10, (1, 0): 90 - 0.5 - 30.5, (0, -1): 20, (0, 1): 50 - 0.25 - 24.5}

    assert {way: twice_as_large.room(points, np.array(way)) for way in ways} == pytest.approx(ways)
    beyond = np.array([[89.0, 49.0], [91.0, 49.0], [89.0, 51.0], [-1.0, 5.0]])
    assert twice_as_large.shows(beyond).tolist() == [True, False, False, False]


@pytest.mark.parametrize("table", [False, True])
def test_what_is_moved_to_an_edge_stays_in_the_picture(table):
    for seed in range(30):
        view = place_sheet(rng(seed), Photo(14, -11, 5, table=table), 300, 400)
        x, y, width, height = view.area
        points = np.array([[x + 0.4 * width, y + 0.4 * height], [x + 0.6 * width, y + 0.5 * height]])
        moved = points + way_to_an_edge(rng(seed), view, points, 0)

        assert view.shows(moved).all()
        ways = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
        assert min(view.room(moved, way) for way in ways) < 1
