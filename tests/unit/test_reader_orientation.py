"""A page that lies on its side or stands on its head is read as if it did not; an upright one is never turned."""

import numpy as np
import pytest

from numink.data import strokes
from numink.model_file import load_model
from numink.reader.ink import find_ink
from numink.reader.orientation import quarter_turns, upright
from numink.reader.page import find_sheet
from numink.reader.read import read

TEXTS = [["2475", "394"], ["53", "7264"]]
CLASSIFY = load_model("cnn-best").probabilities


def written(texts, seed=0, height_px=400, width_px=700, **photo):
    photo = strokes.Photo(**photo)
    return strokes.page(
        np.random.default_rng(seed),
        texts=texts,
        layout="rows",
        paper="plain",
        pen="ballpoint",
        strays=0,
        photo=photo,
        height_px=height_px,
        width_px=width_px,
    )


def turns_of(image):
    return quarter_turns(find_ink(find_sheet(np.ascontiguousarray(image))), CLASSIFY)


def turned_box(box, turns, height, width):
    """A box of a picture of that size, in the picture turned to the left so many times."""
    x, y, wide, high = box
    for _ in range(turns):
        x, y, wide, high, height, width = y, width - x - wide, high, wide, width, height
    return x, y, wide, high


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_numbers_and_their_boxes_are_those_of_the_page_however_it_lies(turns):
    page = written(TEXTS)

    reading = read(np.ascontiguousarray(np.rot90(page.image, turns))).pages[0]

    assert reading.text == "2475 394\n53 7264"
    assert (reading.width, reading.height) == ((700, 400) if turns % 2 == 0 else (400, 700))
    for number, truth in zip(reading, page.numbers, strict=True):
        np.testing.assert_allclose(number.box, turned_box(truth.box, turns, 400, 700), atol=6)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_sheet_says_how_it_was_turned(turns):
    image = np.ascontiguousarray(np.rot90(written(TEXTS, turn_degrees=4).image, turns))
    sheet = find_sheet(image)

    sheet, _ = upright(image, sheet, find_ink(sheet), CLASSIFY)

    assert sheet.turned == (-90 * turns) % 360


@pytest.mark.parametrize("texts", [[["8", "0", "1"]], [["69", "96"]], [["1001", "808"]], [["1", "11", "111"]]])
@pytest.mark.parametrize("turns", [0, 2])
def test_digits_that_look_alike_both_ways_turn_no_page(texts, turns):
    assert turns_of(np.rot90(written(texts).image, turns)) == 0


def test_what_is_no_digit_turns_no_page():
    def nothing(images):
        return np.full((len(images), 10), 0.1, np.float32)

    ink = find_ink(find_sheet(written(TEXTS).image))

    assert quarter_turns(ink, nothing) == 0


@pytest.mark.parametrize(("sure", "turns"), [((0.1, 0.9, 0.1, 0.1), 1), ((0.1, 0.9, 0.1, 0.9), 0), ((0.9, 1, 1, 1), 0)])
def test_two_ways_that_are_equally_good_turn_no_page(sure, turns):
    answers = iter(sure)

    def classify(images):
        return np.tile(np.eye(10, dtype=np.float32)[5] * next(answers), (len(images), 1))

    assert quarter_turns(find_ink(find_sheet(written(TEXTS).image)), classify) == turns


def test_a_blank_sheet_is_not_turned():
    assert turns_of(np.full((300, 400), 240, np.uint8)) == 0


def test_who_reads_well_is_asked_once():
    asked = []

    def classify(images):
        asked.append(len(images))
        return CLASSIFY(images)

    assert quarter_turns(find_ink(find_sheet(written(TEXTS).image)), classify) == 0
    assert len(asked) == 1
