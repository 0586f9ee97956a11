"""Pictures as telephones take them: shadows with sharp edges, things on the sheet, a second sheet beside the first."""

import cv2
import numpy as np
import pytest

from numink.data import strokes
from numink.reader.baselines import is_written_around
from numink.reader.edges import find_outlines
from numink.reader.light import evened, is_light_on_dark, paper_of
from numink.reader.page import find_sheet
from numink.reader.perspective import through
from numink.reader.shade import shades

TEXTS = [["1234", "567"], ["89", "2046"], ["31", "7708"]]
PLACES = [(60, 30, 1), (640, 65, 2)]
"""Left, top and seed of each of two sheets."""

SLOPE = np.linspace(1, 0.8, 400)
"""The light on a sheet from its left to its right: of photographs, never even."""


def page_of(seed, texts=TEXTS, height_px=700, width_px=500, **options):
    wanted = {"layout": "rows", "paper": "plain", "pen": "ballpoint", "strays": 0, "photo": strokes.Photo(), **options}
    return strokes.page(np.random.default_rng(seed), texts=texts, height_px=height_px, width_px=width_px, **wanted)


def strokes_and_paper(paper=220.0):
    """A sheet (300, 400) with bars of ink of 4 pixels, half as bright as paper, and where they are."""
    bars = np.zeros((300, 400), bool)
    for at in range(20, 400, 40):
        bars[40:260, at : at + 4] = True
    return np.where(bars, 0.5, 1.0) * paper, bars


def shadow_of(*, slanting=False, finger=False):
    """Where a sheet (300, 400) lies in a shadow."""
    rows, columns = np.mgrid[:300, :400]
    if finger:
        return (np.abs(columns - 210) < 24) & (rows > 120)
    return columns + (rows if slanting else 0) > 250


# Shades


@pytest.mark.parametrize("light", [0.75, 0.45])
@pytest.mark.parametrize("shadow", [{"slanting": True}, {"slanting": False}, {"finger": True}])
def test_sharp_shadows_leave_no_ink(light, shadow):
    sheet, bars = strokes_and_paper()
    lit = SLOPE * cv2.GaussianBlur(np.where(shadow_of(**shadow), light, 1.0), (0, 0), 1.0)

    even = evened((sheet * lit).astype(np.uint8))

    near_bars = cv2.dilate(bars.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.quantile(even[~near_bars], 0.001) > 0.78 * 255  # not the shadow's edge, either
    assert np.median(even[bars]) == pytest.approx(0.5 * 255, abs=8)


def test_a_dark_thing_that_comes_in_from_the_border_vanishes():
    sheet, _ = strokes_and_paper()
    sheet[:60, 180:260] = 20  # a finger's tip, or a pen
    sheet[120:180, 0:300] = 20  # a ruler

    even = evened((sheet * SLOPE).astype(np.uint8))

    assert even[5:50, 190:250].min() > 240
    assert even[130:170, 5:290].min() > 240


@pytest.mark.parametrize("level", [40, 120])
def test_thick_strokes_beside_fine_ones_stay(level):
    sheet, _ = strokes_and_paper()
    lit = sheet * np.linspace(1, 0.6, 400)
    lit[100:124, 130:154] = level  # as large as a point of a marker; wider than six strokes

    even = evened(lit.astype(np.uint8))

    assert even[104:120, 134:150].max() < 190


def test_even_light_has_no_shades():
    sheet, _ = strokes_and_paper()

    assert shades(sheet.astype(np.uint8), np.full((300, 400), 220, np.uint8)) is None


def test_a_digit_drawn_with_a_ragged_brush_in_even_light_stays_whole():
    drawing = np.full((400, 400), 255, np.uint8)
    drawing[40:360, 170:230] = 20
    drawing[40:360:4, 230:236] = drawing[40:360:4, 164:170] = 20  # hairs, finer and more than the stroke

    np.testing.assert_array_equal(evened(drawing), drawing)


def test_a_light_sheet_on_a_dark_table_is_no_light_ink():
    picture = np.full((300, 400), 60, np.uint8)
    picture[60:250, 120:300] = 230
    strokes_alone = np.full((300, 400), 60, np.uint8)
    strokes_alone[60:250, 120:300:40] = strokes_alone[60:250, 124:300:40] = 230

    assert not is_light_on_dark(picture, paper_of(picture, 1.0))
    assert is_light_on_dark(strokes_alone, paper_of(strokes_alone, 1.0))


# Sheets


@pytest.mark.parametrize("slope", [-0.5, 0.4, 1.2])
def test_the_edge_of_a_shadow_is_no_edge_of_a_sheet(slope):
    image = page_of(1, height_px=600, width_px=800).image.astype(float)
    rows, columns = np.mgrid[:600, :800]
    image[rows - 300 + slope * (columns - 400) < 0] *= 0.5

    assert find_outlines(image.astype(np.uint8)) == []


def test_one_edge_of_a_sheet_on_a_table_of_another_colour_is_one():
    image = page_of(1, height_px=600, width_px=800).image
    image[520:] = (92, 66, 50)

    outlines = find_outlines(image)

    assert len(outlines) == 1
    assert outlines[0].seen.tolist() == [False, False, True, False]


def two_sheets(table=(92, 66, 50)):
    """Two pages beside each other, as PLACES says."""
    picture = np.full((800, 1200, 3), table, np.uint8)
    for left, top, seed in PLACES:
        picture[top : top + 700, left : left + 500] = page_of(seed).image
    return picture


def test_two_sheets_are_both_kept_and_the_table_between_them_is_paper():
    picture = two_sheets()
    grain = np.random.default_rng(0).integers(-12, 12, (800, 1, 1))
    picture = np.clip(picture + np.where(picture == (92, 66, 50), grain, 0), 0, 255).astype(np.uint8)

    for left, top, _ in PLACES:
        picture[top + 20 : top + 26, left + 20 : left + 26] = 150  # a point in the corner
    picture = (picture * np.linspace(1, 0.7, 1200)[None, :, None]).astype(np.uint8)

    sheet = find_sheet(picture)

    assert len(find_outlines(picture)) == 2
    to_sheet = np.linalg.inv(sheet.to_picture)
    for left, top, seed in PLACES:
        for number in page_of(seed).numbers:
            x, y, width, height = number.box
            corners = np.array([[x + left, y + top], [x + left + width, y + top + height]], float)
            (low_x, low_y), (high_x, high_y) = through(to_sheet, corners).astype(int)
            assert sheet.grey[low_y:high_y, low_x:high_x].min() < 140
        x, y = through(to_sheet, np.array([[left + 22.5, top + 22.5]]))[0].astype(int)
        assert sheet.grey[y - 2 : y + 3, x - 2 : x + 3].min() < 200
    (gap, _), (end, _) = through(to_sheet, np.array([[570.0, 400], [630, 400]])).astype(int)
    assert sheet.grey[100:700, gap:end].min() > 250


def test_a_dark_thing_beside_a_sheet_is_no_second_one():
    picture = two_sheets()
    picture[65:765, 640:1140] = (30, 30, 34)  # a tablet

    assert len(find_outlines(picture)) == 1


def test_writing_around_a_sheet_is_told():
    image = page_of(3, [["123", "456"]] * 6, height_px=600, width_px=800).image
    image[:, :5] = 0
    beyond = np.array([[790, 0], [799, 0], [799, 599], [790, 599]], float)
    whole = np.array([[0, 0], [799, 0], [799, 599], [0, 599]], float)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)

    assert is_written_around(grey, beyond)
    assert not is_written_around(grey, whole)


def test_grain_in_which_a_few_marks_happen_to_stand_in_line_is_no_writing():
    rng, picture = np.random.default_rng(0), np.full((600, 800), 150, np.uint8)
    for x, y in rng.integers(20, 560, (250, 2)):
        picture[y : y + rng.integers(8, 20), x : x + rng.integers(6, 12)] = 60
    picture[570:584, 100:400:30] = picture[570:584, 104:400:30] = 60  # a line of marks

    assert not is_written_around(picture, np.array([[790, 0], [799, 0], [799, 599], [790, 599]], float))
