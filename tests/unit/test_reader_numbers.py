"""From ink to numbers: whole pages with truth, and each of the steps on ink whose answer is plain."""

import cv2
import numpy as np
import pytest

from numink.data import strokes
from numink.model_file import load_model
from numink.reader.clusters import Found, Item, is_bit
from numink.reader.flags import with_flags
from numink.reader.ink import Ink, find_ink
from numink.reader.numbers import find_numbers
from numink.reader.page import find_sheet
from numink.reader.words import is_number, one_number_each
from tests.fake_candidates import candidate, drawn, shape_of


@pytest.fixture(scope="module")
def classify():
    return load_model("cnn-best").probabilities


def ink_of(canvas: np.ndarray, *rulings: tuple[float, float, float, float]) -> Ink:
    return Ink(canvas, 4.0, 40.0, rulings)


def read(canvas, classify, *rulings):
    words, others = find_numbers(ink_of(canvas, *rulings), classify)
    return [(word.text, word.row) for word in words], [other.reason for other in others]


@pytest.mark.parametrize(
    ("seed", "texts"),
    [
        (1, [["12", "305"], ["47", "8"], ["66", "90214"]]),
        (3, [["12", "305"], ["47", "8"], ["66", "90214"]]),
        (7, [["-3.5", "2"], ["+8", "-16"]]),
    ],
)
def test_a_page_is_read_as_it_was_written(seed, texts, classify):
    page = strokes.page(
        np.random.default_rng(seed), texts=texts, layout="rows", paper="plain", pen="felt pen", photo=strokes.Photo(),
        height_px=500, width_px=900, strays=0,
    )  # fmt: skip
    sheet = find_sheet(page.image)

    words, _ = find_numbers(find_ink(sheet), classify)

    assert [(word.text, word.row) for word in words] == [(number.text, number.row) for number in page.numbers]
    for word, number in zip(words, page.numbers, strict=True):
        assert len(word.digits) == len(number.digits)
        assert len(word.signs) == len(number.signs)
        assert 0 < word.cut <= 1
        for digit, truth in zip(word.digits, number.digits, strict=True):
            assert np.abs(np.array(digit.box) - truth.box)[2:].max() <= 4  # the sheet may begin elsewhere
            assert digit.image.shape == (28, 28)


def test_without_ink_there_is_nothing(classify):
    assert read(np.zeros((60, 80), np.uint8), classify) == ([], [])


def test_specks_are_no_numbers(classify):
    canvas = drawn("4", "7")
    cv2.circle(canvas, (20, 20), 5, 255, -1)

    words, reasons = read(canvas, classify)

    assert words == [("47", 0)]
    assert reasons == ["too small"]


def test_a_speck_above_the_base_line_is_no_decimal_point(classify):
    canvas = drawn("4", "7", gap_px=24)
    cv2.circle(canvas, (126, 60), 4, 255, -1)

    assert read(canvas, classify)[0] == [("47", 0)]


def test_a_point_on_the_base_line_is_one(classify):
    canvas = drawn("4", "7", gap_px=24)
    cv2.circle(canvas, (126, 107), 3, 255, -1)

    assert read(canvas, classify)[0] == [("4.7", 0)]


def test_a_comma_is_longer_than_a_point(classify):
    canvas = drawn("4", "7", gap_px=24)
    cv2.line(canvas, (128, 102), (123, 122), 255, 4)

    assert read(canvas, classify)[0] == [("4,7", 0)]


def test_a_minus_is_read_right_before_its_number_alone(classify):
    near, far = drawn("4", "7"), drawn("4", "7", left_px=180)
    for canvas in (near, far):
        cv2.line(canvas, (30, 82), (48, 82), 255, 4)

    assert read(near, classify)[0] == [("-47", 0)]
    words, reasons = read(far, classify)
    assert words == [("47", 0)]
    assert reasons == ["dash or underline"]


def test_a_minus_that_rises_or_is_as_long_as_a_digit_is_read(classify):
    rising, long = drawn("4", "7", left_px=80), drawn("4", "7", left_px=90)
    cv2.line(rising, (46, 90), (68, 80), 255, 4)
    cv2.line(long, (26, 84), (78, 84), 255, 4)

    assert read(rising, classify)[0] == [("-47", 0)]
    assert read(long, classify)[0] == [("-47", 0)]


def test_a_wide_mark_on_the_base_line_is_no_one(classify):
    canvas = drawn("4", "7", gap_px=36)
    cv2.line(canvas, (132, 98), (118, 115), 255, 4)

    assert read(canvas, classify)[0] == [("4,7", 0)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((12, 9), True),  # a wide comma
        ((20, 6), True),
        ((5, 12), True),
        ((6, 14), False),  # a small 1
        ((10, 12), False),  # a small 0
        ((15, 25), False),
    ],
)
def test_what_is_too_small_for_a_digit(size, expected):
    assert is_bit(shape_of((0, 0, *size)), 25) is expected


@pytest.mark.parametrize(
    ("body", "whole", "text", "joined"),
    [
        (5, (5, 0.9), "5", True),
        (7, (5, 0.9), "5", True),  # a 5 without its bar looks like a 7
        (5, (3, 0.2), "5", True),  # so far apart that they are nothing together
        (7, (7, 0.9), "7", False),
        (3, (5, 0.9), "3", False),
    ],
)
def test_the_bar_of_a_five_belongs_to_it_however_far_it_reaches(body, whole, text, joined):
    five, bar, minus = shape_of((60, 60, 30, 50)), shape_of((86, 58, 60, 5)), shape_of((100, 82, 20, 4))
    found = Found([Item(five, candidate(body, 0.9), 50.0)], [], [bar, minus])

    told = with_flags(found, lambda images: np.stack([candidate(*whole).P] * len(images)))

    assert told.items[0].digit == text
    assert told.items[0].shape.box == ((60, 58, 86, 52) if joined else five.box)
    assert told.bits == ([minus] if joined else [bar, minus])


def test_a_dash_between_two_numbers_joins_them_not(classify):
    canvas = drawn("4", "7", gap_px=40)
    cv2.line(canvas, (126, 82), (142, 82), 255, 4)

    assert [text for text, _ in read(canvas, classify)[0]] == ["4", "-7"]


def test_a_plus_is_read(classify):
    canvas = drawn("4", "7", left_px=80)
    cv2.line(canvas, (40, 84), (66, 84), 255, 4)
    cv2.line(canvas, (53, 71), (53, 97), 255, 4)

    assert read(canvas, classify)[0] == [("+47", 0)]


def test_numbers_part_at_the_line_of_a_table(classify):
    canvas = drawn("4", "7", gap_px=20)

    assert read(canvas, classify, (122.0, 20.0, 122.0, 140.0))[0] == [("4", 0), ("7", 0)]


def test_squared_paper_parts_no_numbers(classify):
    canvas = drawn("4", "7", gap_px=20)
    lines = [(x, 20.0, x, 140.0) for x in (80.0, 122.0, 164.0)]

    assert read(canvas, classify, *lines)[0] == [("47", 0)]


def test_a_struck_out_number_is_rejected(classify):
    canvas = drawn("4", "7")
    cv2.line(canvas, (45, 86), (185, 80), 255, 4)

    assert read(canvas, classify) == ([], ["struck out"])


def test_a_line_of_squared_paper_strikes_nothing_out(classify):
    assert read(drawn("4", "7"), classify, (50.0, 78.0, 190.0, 84.0))[0] == [("47", 0)]


def test_an_underline_strikes_nothing_out(classify):
    assert read(drawn("4", "7"), classify, (50.0, 114.0, 190.0, 116.0))[0] == [("47", 0)]


def test_a_bar_that_runs_off_the_sheet_is_a_line_and_no_one(classify):
    inside, cut_off = np.zeros((120, 80), np.uint8), np.zeros((120, 80), np.uint8)
    cv2.line(inside, (40, 40), (40, 90), 255, 4)
    cv2.line(cut_off, (40, 0), (40, 90), 255, 4)

    assert read(inside, classify)[0] == [("1", 0)]
    assert read(cut_off, classify) == ([], ["line"])


def test_digits_that_touch_are_cut(classify):
    canvas = drawn("4", "7")
    cv2.line(canvas, (104, 88), (150, 80), 255, 3)  # the cross bar of the 4 runs into the 7

    assert cv2.connectedComponents((canvas > 48).astype(np.uint8))[0] == 1 + 1  # and the paper
    assert read(canvas, classify)[0] == [("47", 0)]


def items(*probabilities: float) -> list[Item]:
    return [Item(shape_of((30 * n, 0, 20, 30)), candidate(n % 10, p), 30.0) for n, p in enumerate(probabilities)]


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ((0.9, 0.8), True),
        ((0.9, 0.3), True),  # a digit that is hard to read, beside one that is not
        ((0.9, 0.12), False),  # 3a
        ((0.9, 0.12, 0.9), True),
        ((0.9, 0.12, 0.12), False),
        ((0.4,), False),
    ],
)
def test_a_letter_makes_a_word_and_a_poor_digit_a_doubtful_number(probabilities, expected):
    assert is_number(items(*probabilities)) is expected


def group_of(text: str, *wide: int) -> list[Item]:
    """Items that read like the text, a digit or a mark every 30 px; the gaps before those numbers are wider."""
    found = []
    for n, character in enumerate(text):
        x = 30 * n + sum(20 for place in wide if place <= n)
        sign = "" if character.isdigit() else character
        found.append(Item(shape_of((x, 0, 20, 30)), None if sign else candidate(int(character), 0.9), 30.0, sign=sign))
    return found


@pytest.mark.parametrize(
    ("text", "wide", "expected"),
    [
        ("12.5", (), ["12.5"]),
        ("1,250,000.50", (), ["1,250,000.50"]),
        ("1.250,00", (), ["1.250,00"]),
        ("12.53.75", (4,), ["12.5", "3.75"]),
        ("1.52.53.5", (3, 6), ["1.5", "2.5", "3.5"]),
        ("1.2.3", (), ["1.2.3"]),  # nowhere to part it
    ],
)
def test_a_number_with_two_decimal_marks_is_two(text, wide, expected):
    parts = one_number_each(group_of(text, *wide))

    assert ["".join(item.sign or item.digit for item in part) for part in parts] == expected


def test_ink_that_was_left_out_beside_a_digit_makes_its_number_doubtful(classify):
    clean, dirty = drawn("4", "7", gap_px=30), drawn("4", "7", gap_px=30)
    cv2.circle(dirty, (129, 74), 6, 255, -1)

    (sure,), _ = find_numbers(ink_of(clean), classify)
    (unsure,), _ = find_numbers(ink_of(dirty), classify)

    assert sure.text == unsure.text == "47"
    assert unsure.cut < 0.8 * sure.cut


def test_thin_pale_lines_are_no_ones(classify):
    canvas = np.zeros((160, 420), np.uint8)
    canvas[:, :320] = drawn("4", "7")
    for x in (240, 290, 340, 390):  # four zeros tell the pen
        cv2.ellipse(canvas, (x, 84), (14, 26), 0, 0, 360, 255, 6, cv2.LINE_AA)
    cv2.line(canvas, (30, 54), (30, 112), 130, 1)

    words, reasons = read(canvas, classify)

    assert "".join(text for text, _ in words) == "470000"
    assert reasons == ["thinner than the writing"]


def test_pens_on_the_sheet_do_not_tell_how_high_digits_are(classify):
    canvas = np.zeros((700, 420), np.uint8)
    canvas[:160, :320] = drawn("4", "7")
    for x in (350, 380, 410):
        cv2.line(canvas, (x, 20), (x - 12, 680), 255, 7, cv2.LINE_AA)

    words, _ = find_numbers(Ink(canvas, 7.0, 50.0), classify)

    assert [word.text for word in words if word.digits] == ["47"]
