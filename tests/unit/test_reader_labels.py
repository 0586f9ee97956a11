"""Where readings are written beside their numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numink.reader.labels import Paper, leader, placed

PLACE = (100.0, 100.0, 160.0, 130.0)
TEXT = (30.0, 12.0)


def paper(*dark, size=(300, 300), levels=(230, 30)):
    """A sheet with ink in the number's place and dark rectangles (left, top, right, bottom)."""
    grey = np.full(size, levels[0], np.uint8)
    for left, top, right, bottom in [(110, 105, 114, 125), *dark]:
        grey[top:bottom, left:right] = levels[1]
    return Paper(grey, [PLACE], TEXT[1])


def place_of(sheet, others=(), place=PLACE):
    (found,), _ = placed([place], [TEXT], others, sheet, (300, 300))
    assert (found[2] - found[0], found[3] - found[1]) == pytest.approx(TEXT)
    return found


@pytest.mark.parametrize("levels", [(230, 30), (40, 200)])
def test_on_bare_paper_it_stands_above_the_middle(levels):
    assert place_of(paper(levels=levels)) == pytest.approx((115, 84.4, 145, 96.4))


def test_ink_above_sends_it_to_the_right():
    assert place_of(paper((90, 75, 170, 80), (90, 85, 170, 95)))[:2] == pytest.approx((163.6, 109))


def test_ink_above_and_a_number_on_the_right_send_it_to_the_left():
    sheet = paper((90, 75, 98, 95), (100, 75, 170, 95))

    assert place_of(sheet, [(165, 100, 220, 130)])[0] == pytest.approx(66.4)


def test_light_that_changes_slowly_is_no_ink():
    grey = np.tile(np.linspace(40, 230, 300).astype(np.uint8), (300, 1))
    grey[105:125, 110:114] = 0

    assert place_of(Paper(grey, [PLACE], TEXT[1]))[1] == pytest.approx(84.4)


def test_one_text_is_in_the_way_of_the_next():
    (one, other), _ = placed([PLACE, PLACE], [TEXT, TEXT], [], paper(), (300, 300))

    assert min(one[2], other[2]) <= max(one[0], other[0]) or min(one[3], other[3]) <= max(one[1], other[1])


@given(
    st.tuples(st.integers(-20, 310), st.integers(-20, 310), st.integers(1, 290), st.integers(1, 290)),
    st.lists(st.tuples(*[st.integers(0, 300)] * 4), max_size=3),
)
def test_it_stays_inside_the_picture(box, others):
    x, y, width, height = box
    left, top, right, bottom = place_of(paper(), others, (x, y, x + width, y + height))

    assert 0 <= left < right <= 300
    assert 0 <= top < bottom <= 300


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ((115, 84, 145, 96), None),  # close above
        ((115, 60, 145, 72), (130, 72, 130, 100)),  # far above: from its lower edge straight down
        ((200, 109, 230, 121), (200, 115, 160, 115)),  # far to the right
        ((50, 150, 80, 162), (80, 150, 100, 130)),  # askew: from corner to corner
    ],
)
def test_a_line_leads_to_it_from_farther_away(text, line):
    assert leader(PLACE, text) == line


def test_how_much_is_hidden():
    free = placed([PLACE], [TEXT], [], paper(), (300, 300))[1]
    crowded = placed([PLACE], [TEXT], [(0, 0, 300, 300)], paper(), (300, 300))[1]

    assert (free, crowded) == (pytest.approx(0, abs=1e-6), pytest.approx(1, abs=0.5))
