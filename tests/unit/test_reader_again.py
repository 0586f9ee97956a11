"""A second look: what is plain reads the same, what is not gets no support."""

from dataclasses import replace

import numpy as np
import pytest

from numink.data import strokes
from numink.reader import again
from numink.reader.again import DIGIT_PX, LEAN, leant, read_twice
from numink.reader.candidates import Candidate
from numink.reader.numbers import Word
from numink.reader.page import Sheet

BLANK = np.zeros((28, 28), np.uint8)


def word(text, box, p=0.9):
    digits = tuple(Candidate(box, BLANK, np.eye(10)[int(one)] * p) for one in text if one.isdigit())
    return Word(text, 0, box, digits)


@pytest.fixture
def second(monkeypatch):
    """Lets the second look find these words, at their boxes on the leaning sheet."""

    def finds(*words):
        monkeypatch.setattr(again, "find_ink", lambda sheet: sheet)
        monkeypatch.setattr(again, "find_numbers", lambda ink, classify: (words, []))

    return finds


SHEET = Sheet(np.full((200, 300), 255, np.uint8), np.eye(3))


def agains(words, digit_px=DIGIT_PX):
    """What the second look says of each."""
    return [again for _, again in read_twice(words, SHEET, digit_px, None)]


def leaning(box, scale):
    """Where a box of the sheet is on one of another size that leans."""
    x, y, width, height = (scale * side for side in box)
    return round(x + LEAN * (y + height / 2)), round(y), round(width), round(height)


@pytest.mark.parametrize("digit_px", [DIGIT_PX, 2 * DIGIT_PX])
def test_the_same_text_at_the_same_place_has_its_probability(second, digit_px):
    first = word("12", (40, 120, 60, 40)), word("7", (200, 20, 20, 40))
    scale = DIGIT_PX / digit_px
    second(word("7", leaning(first[1].box, scale), 0.5), word("12", leaning(first[0].box, scale), 0.8))

    assert agains(first, digit_px) == pytest.approx([0.64, 0.5])


def test_another_text_and_another_place_have_none(second):
    first = word("12", (40, 120, 60, 40)), word("7", (200, 20, 20, 40))
    second(word("17", leaning(first[0].box, 1)), word("7", leaning((230, 20, 20, 40), 1)))

    assert agains(first) == [0, 0]
    second()
    assert agains(first) == [0, 0]
    assert agains([]) == []


@pytest.mark.parametrize(("first_p", "text"), [(0.6, "12"), (0.35, "17")])
def test_what_the_second_look_is_much_surer_of_replaces_the_first(second, first_p, text):
    first = replace(word("12", (40, 120, 60, 40), first_p), row=3)
    second(word("17", leaning(first.box, 0.5), 0.8))

    ((found, again),) = read_twice([first], SHEET, 2 * DIGIT_PX, None)

    assert (found.text, found.row, again) == (text, 3, 0)
    if text == "17":
        np.testing.assert_allclose([found.box, found.digits[0].box], [first.box] * 2, atol=2)
        assert (found.second, found.second_boxes) == ("12", (first.box, first.box))


def test_one_number_of_the_second_look_replaces_no_two(second):
    halves = word("12", (40, 120, 58, 40), 0.1), word("34", (102, 120, 58, 40), 0.1)
    second(word("1234", leaning((40, 120, 120, 40), 1)))

    assert [found.text for found, _ in read_twice(halves, SHEET, DIGIT_PX, None)] == ["12", "34"]


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_a_sheet_that_leans_has_its_ink_where_boxes_are_looked_for(scale):
    grey = np.full((200, 300), 255, np.uint8)
    grey[120:160, 40:100] = 0

    made = leant(grey, scale)

    ys, xs = np.nonzero(made < 128)
    x, y, width, height = leaning((40, 120, 60, 40), scale)
    assert made.shape == (200 * scale, round(300 * scale) + round(LEAN * 200 * scale))
    assert xs.mean() == pytest.approx(x + width / 2, abs=1)
    assert ys.mean() == pytest.approx(y + height / 2, abs=1)
    assert made[:, -5:].min() > 200  # what lies beside the sheet is paper


def test_plain_writing_reads_the_same_twice():
    from numink.reader.read import make_reader

    page = strokes.page(
        np.random.default_rng(3), texts=[["12", "507"]], layout="rows", paper="plain", photo=strokes.Photo(),
        strays=0, height_px=200, width_px=400,
    )  # fmt: skip
    steps = make_reader().look(page.image)

    assert [one["again"] > 0.9 for one in steps.factors] == [True, True]
