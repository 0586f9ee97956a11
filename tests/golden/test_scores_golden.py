"""Figures worked out by hand, and Wilson's interval as it was published."""

from math import log

import numpy as np
import pytest

from numink.scores import score, wilson_interval

TRUE = [0, 0, 1, 1, 1, 2]
READ = [0, 1, 1, 1, 2, 2]


def test_a_small_confusion_by_hand():
    scores = score(np.eye(10)[READ], TRUE)

    assert (scores.images, scores.errors, scores.accuracy) == (6, 2, 4 / 6)
    expected = np.zeros((10, 10), dtype=np.int64)
    expected[:3, :3] = [[1, 1, 0], [0, 2, 1], [0, 0, 1]]
    np.testing.assert_array_equal(scores.confusion, expected)
    figures = [(one.precision, one.recall, one.f1, one.support) for one in scores.per_class]
    assert figures[0] == pytest.approx((1 / 1, 1 / 2, 2 / 3, 2))
    assert figures[1] == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert figures[2] == pytest.approx((1 / 2, 1 / 1, 2 / 3, 1))
    assert figures[3:] == [(0.0, 0.0, 0.0, 0)] * 7


def test_loss_and_squared_error_by_hand():
    probabilities = np.zeros((2, 10))
    probabilities[0, [4, 9]] = 0.5, 0.5
    probabilities[1, [7, 1, 2]] = 0.25, 0.5, 0.25
    scores = score(probabilities, [4, 7])

    assert scores.loss == pytest.approx((log(2) + log(4)) / 2)
    assert scores.squared_error == pytest.approx((0.25 + 0.25) + (0.75**2 + 0.25 + 0.0625))


def test_a_probability_of_zero_costs_87_and_not_infinity():
    assert score(np.eye(10)[[3]], [5]).loss == pytest.approx(126 * log(2))  # float32's smallest normal is 2 ** -126


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_in_newcombe_1998(successes, trials, low, high):
    """R. G. Newcombe, "Two-sided confidence intervals for the single proportion", table I, method 3."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_with_another_confidence():
    # By hand: centre (1/2 + 1/4) / (3/2) = 1/2, half sqrt(1/8 + 1/16) / (3/2) = sqrt(3) / 6.
    assert wilson_interval(1, 2, z=1.0) == pytest.approx((0.5 - 3**0.5 / 6, 0.5 + 3**0.5 / 6))
