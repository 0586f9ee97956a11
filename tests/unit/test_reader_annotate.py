"""Pictures with what was read in them."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageColor

import fake_reading
from numink.reader import labels
from numink.reader.annotate import DOUBTFUL, REJECTED, SURE, annotated, write_picture


def coloured(picture, kind, within=12):
    """Where the picture has a kind's colour, (height, width)."""
    return np.abs(np.asarray(picture, int) - ImageColor.getrgb(kind.colour)).max(axis=2) < within


@pytest.fixture(scope="module")
def made():
    return annotated(fake_reading.steps().image, fake_reading.reading())


def test_each_kind_has_its_colour_round_its_place(made):
    for kind, (x, y, width, height) in {
        SURE: (20, 20, 32, 30),
        DOUBTFUL: fake_reading.BOXES["7"],
        REJECTED: fake_reading.BOXES["scribble"],
    }.items():
        shown = coloured(made, kind)[: fake_reading.HEIGHT + 25]  # without the legend
        columns = np.flatnonzero(shown.any(axis=0))
        assert x - 8 <= columns[0] <= x, kind
        assert shown[y - 5 : y + height + 30, x - 5 : x + width + 5].sum() > 20, kind


def test_what_was_written_stays_to_be_seen(made):
    dark = np.asarray(made.convert("L")) < 30

    assert dark.sum() >= sum(width * height for _, _, width, height in fake_reading.BOXES.values())


def test_kinds_differ_without_colours(made):
    assert len({(kind.dash, kind.gap) for kind in (SURE, DOUBTFUL, REJECTED)}) == 3


def test_a_small_picture_is_enlarged():
    small = replace(fake_reading.reading(), width=28, height=28, rejected=())
    number = replace(small.numbers[1], box=(6, 4, 16, 20))
    picture = annotated(np.full((28, 28), 255, np.uint8), replace(small, numbers=(number,)))

    assert picture.width > 40


def test_a_long_strip_is_enlarged_no_further_than_a_jpeg_takes(tmp_path):
    strip = replace(fake_reading.reading(), width=8, height=30_000, rejected=(), numbers=())
    write_picture(tmp_path / "strip.jpg", annotated(np.full((30_000, 8), 255, np.uint8), strip))


def test_a_picture_without_numbers_says_so():
    nothing = replace(fake_reading.reading(), numbers=(), rejected=())
    picture = annotated(fake_reading.steps().image, nothing)

    assert picture.width == fake_reading.WIDTH
    assert picture.height > fake_reading.HEIGHT


def test_boxes_are_the_originals():
    """An image that is half of its original is drawn the same."""
    one = annotated(fake_reading.steps().image, fake_reading.reading())
    other = annotated(fake_reading.steps().image, fake_reading.reading(scale=2))

    np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_readings_cover_no_number():
    """A table so narrow that above and below there is no room: the readings go beside."""
    numbers, image = [], np.full((400, 400), 255, np.uint8)
    for row in range(8):
        x, y, width, height = 20, 5 + 48 * row, 30, 36
        image[y : y + height, x : x + width] = 0
        numbers.append(replace(fake_reading.reading().numbers[0], text="8", row=row, box=(x, y, width, height)))
    reading = replace(fake_reading.reading(), width=400, height=400, numbers=tuple(numbers), rejected=())

    picture = annotated(image, reading)

    black = np.asarray(picture.convert("L")) < 10
    assert black.sum() >= 8 * 30 * 36


def test_the_file_is_a_jpeg(tmp_path, made):
    write_picture(tmp_path / "a" / "page.jpg", made)

    with Image.open(tmp_path / "a" / "page.jpg") as file:
        assert (file.format, file.size) == ("JPEG", made.size)


def test_readings_are_smaller_where_there_is_little_paper(monkeypatch):
    heights = []

    def placed(places, sizes, *others):
        heights.append(sizes[0][1])
        return labels_placed(places, sizes, *others)

    labels_placed = labels.placed
    monkeypatch.setattr(labels, "placed", placed)
    annotated(fake_reading.steps().image, fake_reading.reading())
    assert len(heights) == 1

    image, numbers = np.full((900, 900), 255, np.uint8), []
    one = fake_reading.reading().numbers[0]
    for x in range(0, 900, 90):
        for y in range(0, 900, 90):
            image[y : y + 86, x : x + 86 : 2] = 0
            digits = tuple(replace(digit, box=(x, y, 40, 86)) for digit in one.digits)
            numbers.append(replace(one, box=(x, y, 86, 86), digits=digits))
    annotated(image, replace(fake_reading.reading(), width=900, height=900, numbers=tuple(numbers), rejected=()))
    assert heights[1] > heights[2] > heights[3]
