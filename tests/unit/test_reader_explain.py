"""The page that shows how a picture was read."""

import re
from dataclasses import replace

import numpy as np
import pytest

import fake_reading
from numink.reader import stages
from numink.reader.explain import MOST_REJECTED, explain_page


@pytest.fixture(scope="module")
def page():
    return explain_page(fake_reading.steps(), fake_reading.reading(), fake_reading.THRESHOLD)


def test_every_stage_and_every_number_is_there(page):
    assert page.startswith("<!doctype html>")
    for title in ("The picture", "The sheet", "The ink", "The digits"):
        assert f". {title}</h3>" in page
    assert re.findall(r"<h3>([^<]+)<small>row (\d)", page) == [("12", "1"), ("7?", "2")]
    assert page.count('class="seen"') == 3
    assert page.count('class="best"') == 3


def test_it_says_why(page):
    text = " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())
    assert "98.0 % sure, and 90.0 % are asked for: accepted." in text
    assert "Its least sure digit is the 2, with 98.1 %; next comes a 3, with 1.3 %." in text
    assert "60.0 % sure, and 90.0 % are asked for: a person should look at it." in text
    assert "the 7, with 60.9 %; next comes an 8, with 27.1 %." in text
    assert "Cut in the next best way, the ink reads 11; this way is 70.0 % sure." in text
    assert "its digits together 98.0 %, the cutting &gt; 99.9 %, digits 30 pixels high" in text
    assert "letter or symbol" in text
    assert "2 numbers in 200 x 120 pixels, 1 of them doubtful" in text


def test_it_asks_nothing_of_any_network(page):
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_names_are_escaped():
    page = explain_page(fake_reading.steps(), fake_reading.reading(file="<b>.png"), fake_reading.THRESHOLD)

    assert "<b>" not in page
    assert "&lt;b&gt;.png" in page


def test_of_many_rejected_shapes_the_first_are_shown():
    other = fake_reading.reading().rejected[0]
    many = replace(fake_reading.reading(), rejected=(other,) * (MOST_REJECTED + 50))
    page = explain_page(fake_reading.steps(), many, fake_reading.THRESHOLD)

    assert page.count("letter or symbol") == MOST_REJECTED
    assert f"The first {MOST_REJECTED} of {MOST_REJECTED + 50}." in page


def test_a_blank_picture_has_a_page():
    made = replace(fake_reading.steps(), words=(), others=(), confidences=(), factors=())
    nothing = replace(fake_reading.reading(), numbers=(), rejected=())

    assert "0 numbers in 200 x 120 pixels" in explain_page(made, nothing, 0.9)


def test_a_hundred_digits_make_a_small_page():
    made, reading = fake_reading.steps(), fake_reading.reading()
    made = replace(made, words=made.words * 34, confidences=made.confidences * 34, factors=made.factors * 34)
    page = explain_page(made, replace(reading, numbers=reading.numbers * 34), 0.9)

    assert len(page) < 2_000_000


def test_the_picture_is_not_drawn_on():
    made = fake_reading.steps()
    made.image.flags.writeable = False  # as Pillow gives it
    turned = replace(made, sheet=replace(made.sheet, to_picture=np.diag([0.9, 0.9, 1])))

    assert (stages.picture_with_sheet(turned) != made.image).any()


def test_what_was_kept_is_dark_and_what_was_taken_away_is_orange():
    grey, coverage = np.full((1, 5), 255, np.uint8), np.zeros((1, 5), np.uint8)
    grey[0, 1], coverage[0, 1] = 0, 255  # ink
    grey[0, 2] = 0  # a ruling
    grey[0, 3] = 250  # paper
    grey[0, 4], coverage[0, 4] = 127, 128  # the edge of a stroke

    picture = stages.ink_and_gone(grey, coverage)

    assert picture[0].tolist() == [[255] * 3, list(stages.INK), list(stages.GONE), [255] * 3, [141, 144, 151]]


def test_a_cutting_at_the_edge_stays_inside():
    image = np.arange(100, dtype=np.uint8).reshape(10, 10)

    np.testing.assert_array_equal(stages.cutting(image, (0, 0, 10, 10)), image)
    assert stages.cutting(image, (4, 4, 1, 1)).shape == (7, 7)
    assert stages.cutting(np.zeros((2000, 100), np.uint8), (0, 0, 100, 2000), 200).shape == (200, 10)
