"""The page that shows how a picture was read."""

import re
from dataclasses import replace

import numpy as np
import pytest

import fake_reading
from numink.reader import stages
from numink.reader.confidence import Trust
from numink.reader.explain import MOST_REJECTED, explain_page
from numink.reader.reasons import reasons
from numink.reader.table import Table


@pytest.fixture(scope="module")
def page():
    return explain_page(fake_reading.steps(), fake_reading.reading(), fake_reading.THRESHOLD, Trust())


def test_every_stage_and_every_number_is_there(page):
    assert page.startswith("<!doctype html>")
    for title in ("The picture", "The sheet", "The ink", "Digits, numbers and rows"):
        assert f". {title}</h3>" in page
    summaries = re.findall(r'<summary id="number-(\d)">\s*<h3>([^<]+)</h3>.*?row (\d)', page, re.S)
    assert summaries == [("0", "12", "1"), ("1", "7?", "2")]
    assert page.count('class="seen"') == 3
    assert page.count('class="best"') == 3


def test_a_digit_has_its_three_likeliest_readings(page):
    third = page.split('class="seen"')[3]
    assert re.findall(r'scope="row">(\d)</th>', third) == ["7", "8", "0"]
    assert re.findall(r'class="bar" style="width: ([\d.]+)%', third)[:2] == ["60.9", "27.1"]


def test_numbers_lead_to_their_ways_from_the_picture_and_from_the_rows(page):
    assert 'href="#number-1" style="left: 10.00%; top: 58.33%; width: 9.00%; height: 25.00%" title="7?"' in page
    assert re.findall(r'<td><a href="#number-(\d)"', page) == ["0", "1"]
    assert page.count('href="#number-1"') == 3  # and where the doubtful ones are listed


def test_a_table_has_its_columns():
    table = Table(rows=2, columns=2, cells=((0, 1), (1, 0)))
    page = explain_page(
        fake_reading.steps(), replace(fake_reading.reading(), table=table), fake_reading.THRESHOLD, Trust()
    )
    cells = re.findall(r"<td>(.*?)</td>", page.split('class="cells"')[1].split("</table>")[0])

    assert [re.sub(r"<[^>]+>", "", cell) for cell in cells] == ["", "12", "7", ""]


def test_numbers_that_share_a_cell_stay_apart():
    table = Table(rows=1, columns=1, cells=((0, 0), (0, 0)))
    page = explain_page(
        fake_reading.steps(), replace(fake_reading.reading(), table=table), fake_reading.THRESHOLD, Trust()
    )
    (cell,) = re.findall(r"<td>(.*?)</td>", page.split('class="cells"')[1].split("</table>")[0])

    assert re.sub(r"<[^>]+>", "", cell) == "12 7"


def test_of_many_numbers_the_doubtful_are_unfolded(page):
    made, reading = fake_reading.steps(), fake_reading.reading()
    many = replace(made, words=made.words * 9, confidences=made.confidences * 9, factors=made.factors * 9)
    long = explain_page(many, replace(reading, numbers=reading.numbers * 9), fake_reading.THRESHOLD, Trust())

    def folds(text):
        return re.findall(r'<details class="([a-z ]+)"( open)?', text)

    assert folds(page) == [("number", " open"), ("number doubtful", " open")]
    assert folds(long)[:2] == [("number", ""), ("number doubtful", " open")]


def test_what_was_taken_away_is_counted():
    made = fake_reading.steps()
    lines = [(0.0, 110.0, 200.0, 110.0)] * 2
    ink = replace(made.ink, rulings=lines, removed=[("speck", (1, 1, 2, 2))])
    page = explain_page(replace(made, ink=ink), fake_reading.reading(), fake_reading.THRESHOLD, Trust())

    assert "was taken away: ruled line (2) and speck (1)." in page


def test_it_says_why(page):
    text = " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())
    assert "98.0 % sure, and 90.0 % are asked for: accepted." in text
    assert "Its least sure digit is the 2, with 98.1 %; next comes a 3, with 1.3 %." in text
    assert "60.0 % sure, less than the 90.0 % that are asked for: a person should look at it." in text
    assert "the 7, with 60.9 %; next comes an 8, with 27.1 %." in text
    assert "Cut in the next best way, it reads 11; the way that was chosen is 70.0 % sure." in text
    assert "letter or symbol" in text
    assert "2 numbers in 200 x 120 pixels, 1 of them doubtful" in text


def test_what_speaks_against_a_doubtful_number_is_told(page):
    (listed,) = re.findall(r'<ul class="against">(.*?)</ul>', page, re.S)

    assert re.findall(r"<li>(.*?)</li>", listed) == reasons(fake_reading.steps().factors[1], Trust()) != []


def test_it_asks_nothing_of_any_network(page):
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_names_are_escaped():
    page = explain_page(fake_reading.steps(), fake_reading.reading(file="<b>.png"), fake_reading.THRESHOLD, Trust())

    assert "<b>" not in page
    assert "&lt;b&gt;.png" in page


def test_of_many_rejected_shapes_the_first_are_shown():
    other = fake_reading.reading().rejected[0]
    many = replace(fake_reading.reading(), rejected=(other,) * (MOST_REJECTED + 50))
    page = explain_page(fake_reading.steps(), many, fake_reading.THRESHOLD, Trust())

    assert page.count("letter or symbol") == MOST_REJECTED
    assert f"The first {MOST_REJECTED} of {MOST_REJECTED + 50}." in page


def test_a_blank_picture_has_a_page():
    made = replace(fake_reading.steps(), words=(), others=(), confidences=(), factors=())
    nothing = replace(fake_reading.reading(), numbers=(), rejected=())

    assert "0 numbers in 200 x 120 pixels" in explain_page(made, nothing, 0.9, Trust())


def test_a_hundred_digits_make_a_small_page():
    made, reading = fake_reading.steps(), fake_reading.reading()
    made = replace(made, words=made.words * 34, confidences=made.confidences * 34, factors=made.factors * 34)
    page = explain_page(made, replace(reading, numbers=reading.numbers * 34), 0.9, Trust())

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


def test_the_next_best_way_to_cut_is_shown():
    made = fake_reading.steps()
    seven = replace(made.words[1], second_boxes=((20, 70, 8, 30), (28, 70, 10, 30)))
    page = explain_page(
        replace(made, words=(made.words[0], seven)), fake_reading.reading(), fake_reading.THRESHOLD, Trust()
    )

    assert page.count("the next best way to cut: 11</figcaption>") == 1


@pytest.mark.parametrize(("turn", "said"), [(0, "upright"), (1, "on its side"), (2, "upside down")])
def test_a_turned_page_is_told(turn, said):
    made = fake_reading.steps()
    quarter = np.array([[0, -1, fake_reading.WIDTH], [1, 0, 0], [0, 0, 1.0]])
    turned = replace(made.sheet, to_picture=np.linalg.matrix_power(quarter, turn))
    page = explain_page(replace(made, sheet=turned), fake_reading.reading(), fake_reading.THRESHOLD, Trust())

    assert f"As it came, {said}. Where" in page
    assert f"turned by {90 * turn} degrees to the left" in page or not turn


def test_rows_have_lines_and_numbers_and_digits_frames():
    drawn = stages.digits_found(fake_reading.steps(), [True, False])

    def has(colour, x, y):
        return (np.abs(drawn[y - 2 : y + 3, x - 2 : x + 3].astype(int) - colour) < 30).all(axis=2).any()

    assert has(stages.SURE, 35, 17)  # above the 12
    assert has(stages.DOUBTFUL, 30, 67)  # above the 7
    assert has(stages.OTHER, 160, 69)  # above the scribble
    assert has(stages.ROW, 40, 57)  # below the 12
    assert has(stages.ROW, 30, 107)  # below the 7
    assert not has(stages.ROW, 160, 105)
