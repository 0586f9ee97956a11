"""From a picture to its sheet: cut out of the table, straightened, evenly lit, ink dark on light paper."""

import numpy as np
import pytest

from numink.data import strokes
from numink.reader.bands import clearest_band
from numink.reader.edges import find_outlines
from numink.reader.light import evened
from numink.reader.page import find_sheet
from numink.reader.perspective import Lines, along_lines, between_corners, through
from numink.reader.shrink import shrunk
from numink.reader.straights import find_straights

TEXTS = [["1234", "567"], ["89", "2046"], ["31", "7708"]]


def photographed(seed, texts=TEXTS, height_px=600, width_px=800, strays=0, layout="columns", paper="plain", **photo):
    photo = strokes.Photo(**photo)
    rng = np.random.default_rng(seed)
    size = {"height_px": height_px, "width_px": width_px}
    return strokes.page(rng, texts=texts, strays=strays, layout=layout, paper=paper, photo=photo, **size)


def on_sheet(sheet, box):
    x, y, width, height = box
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], float)
    return through(np.linalg.inv(sheet.to_picture), corners)


# Plane maps


def test_the_frame_between_the_corners_of_a_rectangle_is_that_rectangle():
    frame = between_corners(np.array([[10, 20], [110, 20], [110, 70], [10, 70]], float))

    assert (frame.width_px, frame.height_px) == (100, 50)
    np.testing.assert_allclose(frame.to_picture, [[1, 0, 10], [0, 1, 20], [0, 0, 1]], atol=1e-9)


def test_a_square_that_stands_on_its_corner_is_turned_back():
    half = 50 * np.sqrt(2)  # a square with a side of 100, turned by 40 degrees
    angles = np.radians(40 + np.array([-135, -45, 45, 135]))
    corners = 100 + half * np.column_stack([np.cos(angles), np.sin(angles)])

    frame = between_corners(corners)

    assert (frame.width_px, frame.height_px) == (100, 100)
    np.testing.assert_allclose(through(frame.to_picture, np.array([[0.0, 0], [100, 0], [100, 100]])), corners[:3])


def test_corners_in_perspective_become_the_corners_of_the_sheet():
    corners = np.array([[120, 80], [700, 40], [760, 560], [60, 500]], float)

    frame = between_corners(corners)

    low, high = np.array([-1, -1]), np.array([frame.width_px + 1, frame.height_px + 1])
    back = through(np.linalg.inv(frame.to_picture), corners)
    assert (back > low).all()
    assert (back < high).all()
    np.testing.assert_allclose(back[0, 1], back[1, 1], atol=1e-6)  # its upper edge is level
    np.testing.assert_allclose(back[0, 0], back[3, 0], atol=1e-6)  # and its left edge upright


def lines_of(angle, count=4, weight=1.0):
    """Lines across and down of a sheet of 800 x 600 that is turned by so many degrees, about its middle."""
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    ends = []
    for at in np.linspace(-200, 200, count):
        ends += [[[-200, at], [200, at]], [[at, -200], [at, 200]]]
    turned = np.array(ends) @ np.array([[cos, sin], [-sin, cos]]) + (399.5, 299.5)
    return Lines(turned, np.tile([False, True], count), np.full(2 * count, weight))


WHOLE = np.array([[0, 0], [799, 0], [799, 599], [0, 599]], float)


@pytest.mark.parametrize("angle", [-14, 0, 3, 14])
def test_turned_lines_are_laid_level(angle):
    lines = lines_of(angle)

    frame = along_lines(lines, WHOLE, 600, 800)

    laid = through(np.linalg.inv(frame.to_picture), lines.ends.reshape(-1, 2)).reshape(-1, 2, 2)
    way = np.abs(laid[:, 1] - laid[:, 0])
    assert (way[~lines.down, 1] < 1.5).all()  # of 400 pixels
    assert (way[lines.down, 0] < 1.5).all()
    np.testing.assert_allclose(way.max(axis=1), 400, rtol=0.02)  # and nothing is stretched


def test_a_stray_line_changes_little():
    stray = Lines(np.array([[[100, 100], [700, 300]]], float), np.array([False]), np.array([1.0]))

    frame = along_lines(lines_of(2).joined(stray), WHOLE, 600, 800)

    slope = frame.to_picture[1, 0] / frame.to_picture[0, 0]
    assert np.degrees(np.arctan(slope)) == pytest.approx(2, abs=0.4)


def test_without_lines_the_picture_stays():
    none = Lines(np.zeros((0, 2, 2)), np.zeros(0, bool), np.zeros(0))

    frame = along_lines(none, WHOLE, 600, 800)

    np.testing.assert_allclose(frame.to_picture, np.eye(3), atol=0.51)  # but for half a pixel
    assert (frame.width_px, frame.height_px) == (800, 600)


def test_lines_within_corners():
    lines = lines_of(0)

    assert len(lines.within(WHOLE).ends) == 8
    assert len(lines.within(WHOLE * 0.5).ends) == 0
    assert lines.chosen(lines.down).down.all()


# Edges and ruling


@pytest.mark.parametrize("seed", range(6))
def test_a_sheet_on_a_table_is_found_and_keeps_all_numbers(seed):
    page = photographed(seed, table=True, lean_degrees=12, pan_degrees=-6, turn_degrees=4, unevenness=0.3, noise=2)

    outlines = find_outlines(page.image)
    sheet = find_sheet(page.image)

    assert len(outlines) == 1
    height, width = sheet.grey.shape
    assert height * width < 0.98 * page.image.shape[0] * page.image.shape[1]
    for number in page.numbers:
        corners = on_sheet(sheet, number.box)
        assert (corners >= -1).all()
        assert (corners <= (width + 1, height + 1)).all()


@pytest.mark.parametrize("paper", ["plain", "ruled", "squared", "form"])
def test_a_sheet_that_fills_the_picture_is_no_sheet_on_a_table(paper):
    page = photographed(3, paper=paper, unevenness=0.4, vignette=0.3, shadow=0.4, noise=2)

    assert not find_outlines(page.image)


def test_thick_strokes_are_no_edges():
    drawing = np.full((400, 600), 255, np.uint8)
    drawing[:, 200:260] = 0  # a 1 that touches both borders

    assert not find_outlines(drawing)


@pytest.mark.parametrize("degrees", [-9, -3, 5, 12])
@pytest.mark.parametrize("paper", ["ruled", "squared"])
def test_ruling_is_laid_level(paper, degrees):
    page = photographed(1, paper=paper, turn_degrees=degrees, lean_degrees=5, noise=1)

    grey = find_sheet(page.image).grey
    lines = find_straights(grey)

    across = lines.ends[~lines.down]
    slopes = np.degrees(np.arctan2(across[:, 1, 1] - across[:, 0, 1], across[:, 1, 0] - across[:, 0, 0]))
    assert len(slopes) > 2
    assert np.abs(np.median(slopes)) < 0.25


def test_lines_of_writing_are_laid_about_level():
    texts = [["12345", "67890", "24680", "13579"]] * 8
    page = photographed(2, texts=texts, layout="rows", turn_degrees=8, height_px=900, width_px=1200)

    sheet = find_sheet(page.image)

    x, y = np.array([on_sheet(sheet, mark.box).mean(axis=0) for n in page.numbers if n.row == 3 for mark in n.digits]).T
    assert abs(np.degrees(np.arctan(np.polyfit(x, y, 1)[0]))) < 2.5


def test_a_perfect_scan_stays_as_it_is():
    page = photographed(5, paper="squared")

    sheet = find_sheet(page.image)

    np.testing.assert_array_equal(sheet.to_picture, np.eye(3))
    assert sheet.grey.shape == page.image.shape[:2]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 700), (28, 28), (28, 28, 3), (260, 260, 3)])
@pytest.mark.parametrize("level", [0, 127, 255])
def test_pictures_of_any_size_give_a_sheet(shape, level):
    sheet = find_sheet(np.full(shape, level, np.uint8))

    assert sheet.grey.dtype == np.uint8
    assert sheet.grey.min() >= 250  # blank


def test_noise_alone_gives_a_sheet():
    sheet = find_sheet(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8))

    assert sheet.grey.ndim == 2


# Light


def lit(ink, paper=220.0):
    """A sheet with a few bars of ink (its part of the paper's brightness), under a slope and a sharp shadow."""
    light = np.linspace(1, 0.5, 400)[None] * np.ones((300, 1))
    light[:, 250:] *= 0.6
    sheet = np.full((300, 400), paper)
    bars = np.zeros((300, 400), bool)
    bars[60:240, 40:400:60] = bars[60:240, 44:400:60] = True
    sheet[bars] *= ink
    return np.clip(sheet * light, 0, 255).astype(np.uint8), bars


def test_shadows_vanish_and_ink_stays():
    grey, bars = lit(0.4)

    even = evened(grey)

    away_from_edge = np.abs(np.arange(400) - 250) > 6
    assert even[:, away_from_edge][~bars[:, away_from_edge]].min() > 235
    assert np.abs(even[bars].astype(float) - 0.4 * 255).max() < 20


def test_light_ink_on_dark_paper_is_turned():
    grey, bars = lit(0.4)
    board = 255 - grey // 2 - 127  # chalk

    even = evened(board.astype(np.uint8))

    assert np.median(even[bars]) < 200
    assert np.median(even[~bars]) > 245


def test_thick_ink_in_even_light_stays_whole():
    drawing = np.full((400, 400), 255, np.uint8)
    drawing[100:300, 100:300] = 50  # wider than any window

    np.testing.assert_array_equal(evened(drawing), drawing)


def test_a_shadow_over_half_of_a_turned_sheet_is_no_dark_paper():
    page = photographed(4, layout="boxes", paper="squared", turn_degrees=6, lean_degrees=8, dimness=0.4, shadow=0.6)

    grey = find_sheet(page.image).grey

    assert np.median(grey) > 245
    assert (grey < 140).mean() > 0.01  # its ink


def test_what_the_picture_does_not_show_is_paper():
    grey, _ = lit(0.4)
    inside = np.full(grey.shape, 255, np.uint8)
    inside[:, :100] = 0
    grey[:, :100] = grey[:, 110:111]

    even = evened(grey, inside)

    assert even[:, :100].min() == 255
    assert np.median(even[:, 100:140]) > 245


@pytest.mark.parametrize(
    ("ink", "ruling", "band"),
    [
        ((28, 48, 150), (240, 160, 160), 0),  # blue ink on red ruling: in red light
        ((190, 30, 44), (200, 255, 200), 1),  # red ink on green ruling: in green light
        ((40, 40, 40), (150, 190, 250), 2),  # pencil on blue ruling: in blue light
    ],
)
def test_ink_is_seen_in_the_light_in_which_it_is_darkest_and_ruling_palest(ink, ruling, band):
    image = np.full((300, 300, 3), 250, np.uint8)
    image[::12] = ruling
    image[100:200, 50:250:20] = image[100:200, 51:250:20] = ink

    np.testing.assert_array_equal(clearest_band(image), image[..., band])


def test_a_second_ink_is_not_lost():
    image = np.full((300, 300, 3), 250, np.uint8)
    image[::12] = (245, 150, 150)  # without the second ink, red light would be the best
    image[50:150, 50:250:20] = image[50:150, 51:250:20] = (28, 48, 150)
    alone = clearest_band(image)
    image[180:230, 50:250:20] = image[180:230, 51:250:20] = (190, 30, 44)

    assert alone[12, 10] == 245
    assert clearest_band(image)[200, 50] < 100


def test_grey_pictures_have_one_band():
    grey, _ = lit(0.4)

    assert clearest_band(grey) is grey


def test_smaller_copies():
    image = np.zeros((300, 400, 3), np.uint8)

    copy, scale = shrunk(image, 100)

    assert (copy.shape, scale) == ((75, 100, 3), 0.25)
    assert shrunk(image, 400)[0] is image
