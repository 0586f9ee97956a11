"""Ones and sevens of one hand: parted by the page where it plainly can be, left alone where not."""

import numpy as np
import pytest

from numink.reader.clusters import Item
from numink.reader.hand import parting, shifted, told_by_hand
from tests.fake_candidates import candidate, shape_of


def item(log_odds: float) -> Item:
    """An item that is a 1 or a 7, by the log odds of the former."""
    found = candidate(1, 0.5)
    found.P[:] = 0.001
    found.P[1] = 0.992 / (1 + np.exp(-log_odds))
    found.P[7] = 0.992 - found.P[1]
    return Item(shape_of((0, 0, 9, 30)), found, 30.0)


def texts(*log_odds: float) -> str:
    return "".join(one.digit for one in told_by_hand([item(odds) for odds in log_odds]))


def test_ones_that_look_like_sevens_are_told_by_the_sevens_beside_them():
    assert texts(-1.5, -9, -0.5, -10, -8, -2) == "171771"


def test_ones_alone_stay_what_the_network_says():
    assert texts(-1.5, -0.5, 3, 9) == "7711"


def test_sevens_alone_stay_sevens():
    assert texts(-15, -9, -6, -4, -3) == "77777"


def test_a_single_odd_one_moves_nothing():
    assert texts(-9, -10, -8, -1.5) == "7777"


def test_other_digits_and_signs_stay():
    others = [
        Item(shape_of((0, 0, 9, 30)), candidate(4, 0.9), 30.0),
        Item(shape_of((0, 0, 3, 3)), None, 30.0, sign="."),
    ]

    assert told_by_hand(others) == others


def test_the_parting_is_half_way_between_the_means():
    assert parting(np.array([-9.0, -7.0, -1.0, 1.0])) == pytest.approx(-4.0)
    assert parting(np.array([])) == 0


def test_shifting_moves_the_odds_of_the_two_alone():
    P = np.full(10, 0.01)
    P[1], P[7] = 0.12, 0.80

    moved = shifted(P, 3.0)

    assert moved.sum() == pytest.approx(P.sum())
    assert np.log(moved[1] / moved[7]) == pytest.approx(np.log(0.12 / 0.80) + 3.0)
    assert np.array_equal(np.delete(moved, [1, 7]), np.delete(P, [1, 7]))
