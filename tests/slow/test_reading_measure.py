"""The measure of the reader: readings with a fault that is known are counted as just that."""

import numpy as np
import pytest

from benchmarks.reading_folder import judge_page, judge_single
from benchmarks.reading_match import clopper_pearson, compare, edits, in_order, matched
from benchmarks.reading_others import KINDS, photographed
from benchmarks.reading_pages import drawn_page
from benchmarks.reading_small import Way, drawn
from numink.data.strokes import Mark, Number, Page
from numink.data.strokes.pages import page as pages


def number(text, row, left):
    """Digits of 10 x 20 every 12 px from `left` on, in a line of 100 px for each row."""
    top, digits, signs = 100 * row, [], []
    for i, character in enumerate(text):
        box = (left + 12 * i, top, 10, 20) if character.isdigit() else (left + 12 * i, top + 15, 8, 4)
        (digits if character.isdigit() else signs).append(Mark(character, box))
    return Number(text, row, (left, top, 12 * len(text) - 2, 20), tuple(digits), tuple(signs))


PAGE = Page(
    np.zeros((400, 400, 3), np.uint8),
    (number("12", 0, 20), number("-3.5", 0, 120), number("7", 1, 20)),
    (Mark("letter", (200, 200, 20, 20)), Mark("scribble", (200, 300, 60, 20))),
)


def read(text, row, left, accepted=True):
    """A reading as JSON gives it, a pixel beside the truth."""
    true = number(text, row, left + 1)
    digits = [{"digit": int(digit.kind), "box": digit.box} for digit in true.digits]
    sure = 0.95 if accepted else 0.5
    return {"text": text, "row": row, "box": true.box, "confidence": sure, "accepted": accepted, "digits": digits}


ALL = (("12", 0, 20), ("-3.5", 0, 120), ("7", 1, 20))


def counted(*numbers):
    return compare(PAGE, {"numbers": [read(*one) for one in numbers]}).counts


def test_a_faultless_reading():
    counts = counted(*ALL)

    assert (counts["numbers"], counts["exact"], counts["ordered"], counts["accepted_wrong"]) == (3, 3, 1, 0)
    assert (counts["digits"], counts["right"], counts["made_up"], counts["others_read"]) == (5, 5, 0, 0)


@pytest.mark.parametrize(
    ("faulty", "expected"),
    [
        (("12", 0, 20, False), {"exact": 3, "accepted": 2, "accepted_wrong": 0}),
        (("17", 0, 20), {"exact": 2, "right": 4, "wrong": 1, "missed": 0, "made_up": 0, "accepted_wrong": 1}),
        (("17", 0, 20), {"sure": 3, "sure_wrong": 1}),
        (("17", 0, 20, False), {"exact": 2, "accepted_wrong": 0, "sure": 2, "sure_wrong": 0}),
        (("1", 0, 20), {"exact": 2, "right": 4, "wrong": 0, "missed": 1, "made_up": 0}),
        (("123", 0, 20), {"exact": 2, "right": 5, "made_up": 1}),
        (("12", 0, 60), {"exact": 2, "right": 3, "missed": 2, "made_up": 2, "from_nothing": 1}),
        (("12", 1, 20), {"exact": 2, "missed": 2, "made_up": 2, "ordered": 1}),  # upon the 7
    ],
)
def test_each_fault_is_seen(faulty, expected):
    counts = counted(faulty, *ALL[1:])

    assert {name: counts[name] for name in expected} == expected


@pytest.mark.parametrize("text", ["3.5", "-35", "-3,5", "+3.5"])
def test_signs_and_decimal_marks_count(text):
    counts = counted(ALL[0], (text, 0, 120 if len(text) == 4 else 126), ALL[2])

    assert counts["exact"] == 2
    assert counts["accepted_wrong"] == 1


@pytest.mark.parametrize("order", [[1, 0, 2], [2, 0, 1]])
def test_a_wrong_order_is_seen(order):
    assert counted(*(ALL[i] for i in order))["ordered"] == 0


def test_a_wrong_line_is_seen():
    readings = [read(*one) for one in ALL]
    readings[1]["row"] = 1

    assert compare(PAGE, {"numbers": readings})["ordered"] == 0


def test_two_numbers_read_as_one_are_both_lost():
    whole = read("12", 0, 20) | {"text": "12-3.5", "box": (20, 0, 146, 20)}
    counts = compare(PAGE, {"numbers": [whole, read("7", 1, 20)]}).counts

    assert counts["exact"] == 1


def test_what_is_no_number_is_told_by_its_kind():
    tally = compare(PAGE, {"numbers": [read("8", 2, 202, False), read("0", 3, 220), *(read(*one) for one in ALL)]})

    assert (tally["others"], tally["others_read"], tally["others_read_accepted"]) == (2, 2, 1)
    assert tally.invented == {"letter": 1, "scribble": 1}
    assert tally["accepted_wrong"] == 1
    assert (compare(PAGE, {"numbers": []}) + tally)["pages"] == 2


@pytest.mark.parametrize(
    ("rows", "right"),
    [
        ([(0, 0, 0), (0, 0, 1), (1, 1, 2)], True),
        ([(0, 0, 0), (2, 1, 2)], True),  # an empty line between counts for nothing
        ([(0, 0, 1), (0, 0, 0)], False),
        ([(0, 0, 0), (1, 0, 1)], False),
        ([(0, 0, 0), (0, 1, 1)], False),
    ],
)
def test_lines_and_order(rows, right):
    assert in_order(rows) is right


def test_each_box_is_matched_once():
    assert matched([(0, 0, 10, 10), (1, 0, 10, 10)], [(0, 0, 10, 10)]) == [(0, 0)]
    assert matched([(0, 0, 10, 10)], [(20, 0, 10, 10)]) == []


@pytest.mark.parametrize(
    ("label", "rows", "expected"),
    [
        ("05 22|18", [["05", "22"], ["18"]], (6, 0, 3)),
        ("05 22|18", [["0522"], ["18"]], (6, 0, 1)),
        ("05 22|18", [["05", "22", "18"]], (6, 0, 3)),  # one row, but every digit in its place
        ("05 22|18", [["05", "27"], ["8"]], (6, 2, 1)),
        ("0 5", [], (2, 2, 0)),
    ],
)
def test_pages_are_judged_row_by_row(label, rows, expected):
    read = [{"text": text, "row": i, "accepted": True} for i, row in enumerate(rows) for text in row]
    counts = judge_page({"numbers": read}, label)

    assert (counts["digits"], counts["digit_edits"], counts["exact"]) == expected


def test_a_single_digit_is_judged():
    def verdict(*numbers):
        return judge_single({"numbers": [{"text": text, "accepted": accepted} for text, accepted in numbers]}, "7")

    assert [verdict(("7", True)), verdict(("7", False)), verdict(("1", True)), verdict()] == [
        "right", "right, rejected", "wrong", "nothing"
    ]  # fmt: skip


def test_edits():
    assert [edits(*pair) for pair in (("", "12"), ("12", "12"), ("21", "12"), ("1x2", "12"))] == [2, 0, 2, 1]


def test_the_exact_interval():
    """Of nothing in n: 1 - 0.025 ** (1 / n), by hand; and it is symmetric."""
    assert clopper_pearson(0, 50) == pytest.approx((0, 1 - 0.025 ** (1 / 50)))
    assert clopper_pearson(50, 50) == pytest.approx((0.025 ** (1 / 50), 1))
    assert clopper_pearson(5, 10) == pytest.approx((0.18709, 0.81291), abs=1e-5)
    assert clopper_pearson(0, 0) == (0, 1)


def test_the_kind_of_a_page_is_what_was_drawn_for_it(monkeypatch):
    named = []
    for module, name in ((pages.layouts, "layout_named"), (pages.papers, "paper_named")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda value, original=original: named.append(value) or original(value))
    _, kind = drawn_page(11)

    assert [kind.layout, kind.paper] == named


def test_a_digit_is_kept_as_collections_do():
    ink = np.zeros((40, 40), np.uint8)
    ink[10:30, 15:25] = 200

    assert Way(8, False, False).keep(ink).tolist() == [[0, 0, 200, 200, 200, 200, 0, 0]] * 8
    assert (Way(8, True, True).keep(ink) == 255).all()
    assert drawn(10).labels.tolist() == list(range(10))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_mark_is_drawn(kind):
    pictures = [
        photographed(KINDS[kind](np.random.default_rng(seed)), np.random.default_rng(seed)) for seed in range(3)
    ]

    assert all(picture.dtype == np.uint8 and picture.ndim == 2 and picture.size >= 100 for picture in pictures)
