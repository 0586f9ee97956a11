"""Pages: the truth about them is true, the same seed gives the same bytes, and bad input gets one line."""

import re

import numpy as np
import pytest

from numink.data.strokes.pages.layout import LAYOUTS
from numink.data.strokes.pages.page import Page, page
from numink.data.strokes.pages.paper import PAPERS
from numink.data.strokes.pages.photo import Photo
from numink.data.strokes.pages.strays import STRAYS
from numink.errors import DataError

OBLIQUE = Photo(lean_degrees=14, pan_degrees=-11, turn_degrees=5)
TEXTS = [["-6", "3.5", "804"], ["3,5"], ["", "17", "+2"]]
WRITTEN = [["-6", "3.5", "804"], ["3,5"], ["17", "+2"]]


def small_page(seed=0, **options) -> Page:
    return page(np.random.default_rng(seed), **{"height_px": 320, "width_px": 500, "texts": TEXTS, **options})


def is_ink(image):
    """Where a picture is darker than its paper, in whichever colour the ink is darkest."""
    darkest = image.min(axis=2)
    return darkest < 0.85 * np.median(darkest)


def boxes_of(made: Page):
    return [mark.box for number in made.numbers for mark in number.digits + number.signs] + [
        mark.box for mark in made.others
    ]


@pytest.mark.parametrize("photo", [Photo(), OBLIQUE, Photo(lean_degrees=-14, turn_degrees=-6)])
@pytest.mark.parametrize("layout", ["rows", "columns", "free"])
def test_all_ink_is_in_the_boxes_and_each_box_is_tight(photo, layout):
    for seed in range(3):
        made = small_page(seed, layout=layout, paper="plain", pen="felt pen", photo=photo, strays=3)
        ink = is_ink(made.image)
        assert ink.any()
        outside = ink.copy()
        for x, y, width, height in boxes_of(made):
            outside[max(0, y - 2) : y + height + 2, max(0, x - 2) : x + width + 2] = False
            inside = ink[y : y + height, x : x + width]
            for side in (inside[:3], inside[-3:], inside[:, :3], inside[:, -3:]):
                assert side.any(), (seed, (x, y, width, height))
        assert not outside.any(), seed


def test_the_numbers_are_those_that_were_asked_for_row_by_row():
    for layout in LAYOUTS:
        made = small_page(1, layout=layout)
        rows = [[number.text for number in made.numbers if number.row == row] for row in range(3)]

        assert rows == WRITTEN, layout
        for number in made.numbers:
            assert "".join(digit.kind for digit in number.digits) == re.sub("[^0-9]", "", number.text)
            signs = {"-": "minus", "+": "plus", ".": "point", ",": "comma"}
            assert [sign.kind for sign in number.signs] == [signs[letter] for letter in number.text if letter in signs]


def test_a_row_without_text_is_no_line_of_writing():
    made = small_page(texts=[["1"], [], ["", ""], ["2"]], layout="rows")

    assert [(number.text, number.row) for number in made.numbers] == [("1", 0), ("2", 1)]


def test_numbers_stand_in_reading_order():
    for seed in range(4):
        for layout in LAYOUTS:
            made = small_page(seed, layout=layout, photo=Photo(), texts=[["12", "345", "6"], ["7", "89", "0"]])
            lefts = [number.box[0] for number in made.numbers]
            middles = [number.box[1] + number.box[3] / 2 for number in made.numbers]

            assert lefts[:3] == sorted(lefts[:3])
            assert lefts[3:] == sorted(lefts[3:])
            assert max(middles[:3]) < min(middles[3:]), (seed, layout)
            for number in made.numbers:
                starts = [digit.box[0] for digit in number.digits]
                assert starts == sorted(starts)


def test_the_box_of_a_number_holds_its_characters_and_no_more():
    for number in small_page(photo=OBLIQUE).numbers:
        boxes = np.array([mark.box for mark in number.digits + number.signs])
        low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)

        assert number.box == (*low, *(high - low))


@pytest.mark.parametrize("paper", PAPERS)
def test_what_is_no_number_is_named_and_stays_apart_from_numbers(paper):
    kinds = {*STRAYS, "underline", "print"}
    for seed in range(4):
        made = small_page(seed, paper=paper, photo=Photo(), strays=6, layout="rows")
        assert {mark.kind for mark in made.others} <= kinds
        for mark in made.others:
            if mark.kind in STRAYS:
                x, y, width, height = mark.box
                for left, top, wide, high in (number.box for number in made.numbers):
                    assert x >= left + wide or left >= x + width or y >= top + high or top >= y + height


def test_a_seed_gives_the_same_bytes_again():
    first, again, other = (page(np.random.default_rng(seed), height_px=200, width_px=300) for seed in (3, 3, 4))

    assert first.image.tobytes() == again.image.tobytes()
    assert (first.numbers, first.others) == (again.numbers, again.others)
    assert first.image.tobytes() != other.image.tobytes()


@pytest.mark.parametrize("name", [*LAYOUTS])
def test_every_layout_on_every_paper(name):
    for paper in PAPERS:
        made = small_page(layout=name, paper=paper, pen="marker", photo=Photo.draw(np.random.default_rng(0), 1.0))
        assert made.image.shape == (320, 500, 3)
        assert made.image.dtype == np.uint8
        assert len(made.numbers) == 6


def test_numbers_of_numpy_are_numbers():
    size = {"height_px": np.int64(240), "width_px": np.int32(460), "strays": np.int8(2)}
    photo = Photo(table=np.True_, blur_px=np.float32(1), sharpening=np.float64(1), jpeg_quality=np.int64(40))
    assert small_page(photo=photo, **size).image.shape == (240, 460, 3)


def test_a_printed_form_has_its_labels_in_the_truth():
    made = small_page(paper="form", layout="table", photo=Photo(), strays=0)

    assert made.others
    assert {mark.kind for mark in made.others} == {"print"}
    assert not small_page(paper="plain", layout="table", photo=Photo(), strays=0).others


def test_the_smallest_size_is_said_and_is_enough():
    texts = [["12", "3"]]  # rows: (2 x 1.05 + 1) + (1.05 + 1) = 5.15 digits of 20 px wide, over 0.6, and 4 px
    for seed in range(20):
        rng = np.random.default_rng(seed)
        made = page(rng, texts=texts, layout="rows", height_px=61, width_px=176, photo=Photo.draw(rng, 1.0))
        assert [number.text for number in made.numbers] == ["12", "3"]
    for size in ({"height_px": 60, "width_px": 176}, {"height_px": 61, "width_px": 175}):
        with pytest.raises(DataError, match=r"too small for its text: expected at least 61 x 176 px") as raised:
            page(np.random.default_rng(0), texts=texts, layout="rows", **size)
        assert "\n" not in str(raised.value)


def to_the_nearest_edge(made: Page) -> int:
    """The narrowest margin between the ink of a number and the edge of the picture, in pixels."""
    height_px, width_px, _ = made.image.shape
    boxes = [number.box for number in made.numbers]
    return min(min(x, y, width_px - x - width, height_px - y - height) for x, y, width, height in boxes)


@pytest.mark.parametrize("photo", [Photo(), OBLIQUE])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_some_pages_are_cut_close_to_their_numbers(layout, photo, monkeypatch):
    monkeypatch.setattr("numink.data.strokes.pages.page.AT_AN_EDGE", 1.0)
    for seed in range(6):
        made = small_page(seed, layout=layout, photo=photo, paper="form")
        high_px = max(digit.box[3] for number in made.numbers for digit in number.digits)

        assert 0 <= to_the_nearest_edge(made) < 0.5 * high_px
        assert [number.text for number in made.numbers] == [text for row in WRITTEN for text in row]


def test_a_quarter_of_the_pages_are_cut_close():
    made = [small_page(seed, texts=[["8"]], photo=Photo(), layout="free", paper="plain") for seed in range(80)]
    close = [to_the_nearest_edge(one) < 0.5 * one.numbers[0].box[3] for one in made]

    assert 10 <= sum(close) <= 34


def test_all_that_belongs_to_the_numbers_goes_with_them_to_the_edge(monkeypatch):
    monkeypatch.setattr("numink.data.strokes.pages.page.AT_AN_EDGE", 1.0)
    boxes = []
    for way in ((0, 0), (7, -5)):
        monkeypatch.setattr("numink.data.strokes.pages.page.way_to_an_edge", lambda *_, way=way: way)
        made = small_page(3, texts=[["12", "345"], ["67"]], photo=Photo(), layout="columns", paper="form", strays=0)
        assert {mark.kind for mark in made.others} == {"print"}
        boxes.append(np.array(boxes_of(made)))

    np.testing.assert_array_equal(boxes[1] - boxes[0], np.tile([7, -5, 0, 0], (len(boxes[0]), 1)))


def test_what_is_cut_off_is_not_in_the_truth(monkeypatch):
    monkeypatch.setattr("numink.data.strokes.pages.page.AT_AN_EDGE", 1.0)
    labels = 0
    for seed in range(40):
        made = small_page(seed, texts=[["123"]], photo=Photo(), layout="columns", paper="form", strays=0)
        labels += len(made.others)
        for x, y, width, height in boxes_of(made):
            assert 0 <= x < x + width <= 500
            assert 0 <= y < y + height <= 320
    assert 10 < labels < 30  # four fifths of the numbers have one, and a quarter of them lie beyond the upper edge


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"layout": "spiral"}, 'no layout "spiral"; known are rows, columns, boxes, table, free'),
        ({"paper": "vellum"}, 'no paper "vellum"; known are plain, ruled, squared, form'),
        ({"pen": "quill"}, 'no pen "quill"'),
        ({"texts": []}, "1 to 2000 characters of text, came 0"),
        ({"texts": [["", ""]]}, "1 to 2000 characters of text, came 0"),
        ({"texts": [["1" * 1001, "1" * 1000]]}, "1 to 2000 characters of text, came 2001"),
        ({"texts": [["12a"]]}, "have digits and . , + - alone, came '12a'"),
        ({"texts": [["-"]]}, "have digits and . , + - alone, came '-'"),
        ({"texts": [[12]]}, "have digits and . , + - alone, came 12"),
        ({"texts": ["12", "3"]}, "expected rows of texts"),
        ({"texts": 5}, "expected rows of texts"),
        ({"texts": np.array([["12"], ["3"]])}, "expected rows of texts, such as"),
        ({"texts": [[np.array([[1], [2]])]]}, "have digits and . , + - alone, came array([[1], [2]])"),
        ({"height_px": 0}, "expected height_px of a page as a whole number from 1 to 65500, came 0"),
        ({"height_px": -5}, "expected height_px of a page as a whole number from 1 to 65500, came -5"),
        ({"height_px": 300.5}, "expected height_px of a page as a whole number from 1 to 65500, came 300.5"),
        ({"width_px": "300"}, "expected width_px of a page as a whole number from 1 to 65500, came '300'"),
        ({"width_px": None}, "expected width_px of a page as a whole number from 1 to 65500, came None"),
        ({"height_px": 10**4, "width_px": 10**4}, "expected a page of 50,000,000 pixels at most, came 10000 x 10000"),
        ({"strays": -1}, "expected strays on a page as a whole number from 0 to 200, came -1"),
        ({"strays": 1.5}, "expected strays on a page as a whole number from 0 to 200, came 1.5"),
        ({"photo": "bad"}, "expected photo of a page as a Photo, such as Photo(), came 'bad'"),
        ({"layout": ""}, 'no layout ""; known are rows'),
        ({"layout": 5}, "expected layout of a page by its name, came 5"),
        ({"paper": ["plain"]}, "expected paper of a page by its name, came ['plain']"),
        ({"pen": 3}, "expected pen of a page by its name, came 3"),
    ],
)
def test_what_cannot_be_written_gets_one_line(options, line):
    with pytest.raises(DataError) as raised:
        small_page(**options)

    assert line in str(raised.value)
    assert "\n" not in str(raised.value)
