"""What may be promised about errors: by hand, and over many calibrations drawn anew."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numink.errors import ModelError
from numink.reader.risk import DOUBT, Risk, binomial_tail


@given(st.integers(1, 40), st.floats(0.01, 0.9), st.data())
def test_the_tail_is_the_sum_of_its_terms(trials, rate, data):
    errors = data.draw(st.integers(0, trials))
    terms = [comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(errors + 1)]

    assert binomial_tail(errors, trials, rate) == pytest.approx(sum(terms))


def alone(confidences, right):
    """Readings that have a page each."""
    return Risk.of(confidences, right, range(len(right)))


def test_a_risk_by_hand():
    risk = alone([0.9] * 50 + [0.8] * 50, [True] * 50 + [True] * 48 + [False] * 2)

    assert risk == Risk((0.9, 0.8), (50, 100), (0, 2), (1.0, 1.0))
    # 2 errors of 100: at a rate of 6.5 % so few come in 3.9 % of all cases, at 6 % in 5.7 %
    assert risk.threshold_for(0.065) == 0.8
    # at 6 % there is room for 1 error in 100, not in 50, and 2 came
    assert risk.threshold_for(0.06) is None
    assert risk.least_rate() == pytest.approx(0.07)


def test_errors_of_one_page_count_as_one_in_as_many_readings_fewer():
    pages = [0] * 6 + [1] * 3 + list(range(2, 993))
    risk = Risk.of([0.9] * 1000, [True] * 3 + [False] * 3 + [True] * 2 + [False] + [True] * 991, pages)

    # three errors together and one alone: an error has (3 * 3 + 1) / 4 on its page
    assert risk == Risk((0.9,), (1000,), (4,), (2.5,))
    # so 2 in 400: at a rate of 1.6 % in 4.7 % of all cases, while 4 in 1000 are at 1 % in 2.9 %
    assert risk.threshold_for(0.016) == 0.9
    assert risk.threshold_for(0.015) is None
    assert alone([0.9] * 1000, [False] * 4 + [True] * 996).threshold_for(0.01) == 0.9


def test_how_much_is_accepted_at_a_rate():
    risk = alone([0.9] * 50 + [0.8] * 50, [True] * 99 + [False])

    assert [risk.accepted_at(rate) for rate in (0.001, 0.065)] == [0, 1]


def test_without_room_for_errors_none_may_come():
    risk = Risk((0.9, 0.8), (60, 70), (0, 1), (1.0, 1.0))

    # 0 of 60 at 5 %: 4.6 %; 1 of 70: 12.9 %
    assert risk.threshold_for(0.05) == 0.9
    assert Risk((0.9, 0.8), (50, 70), (0, 0), (1.0, 1.0)).threshold_for(0.05) == 0.8  # 0 of 50 would not do: 7.7 %


def test_the_search_ends_at_the_first_threshold_that_fails():
    # from 0.7 on all are right again: were the most lenient one simply tested, it would pass
    risk = Risk((0.9, 0.8, 0.7), (1000, 1100, 20_000), (0, 50, 50), (1.0, 1.0, 1.0))

    assert binomial_tail(50, 20_000, 0.01) < DOUBT
    assert risk.threshold_for(0.01) == 0.9


def test_the_strictest_threshold_accepts_half_so_that_one_sure_error_is_borne():
    sure = np.linspace(1, 0.5, 1000)

    risk = alone(sure, np.arange(1000) > 0)

    assert risk.accepted[0] == 500
    assert risk.threshold_for(0.01) == pytest.approx(0.5)


def test_equal_confidences_stay_together():
    risk = alone([0.5] * 7, [True] * 6 + [False])

    assert risk == Risk((0.5,), (7,), (1,), (1.0,))
    assert risk.threshold_for(0.6) == 0.5  # 1 of 7 or none: 1.9 %


@pytest.mark.parametrize("on_a_page", [1, 10])
def test_the_promise_holds_as_often_as_it_says(on_a_page):
    """Readings whose risk at each confidence is known: of 400 calibrations, about 5 % at most may promise too much.

    Where a page is bad, all that is doubtful on it is wrong: errors come in bunches, and the risk is the same.
    """
    rate, broken, pages = 0.05, 0, 1500 // on_a_page
    for seed in range(400):
        rng = np.random.default_rng(seed)
        confidence = rng.random(1500)
        page = np.repeat(np.arange(pages), on_a_page)
        right = rng.random(pages)[page] >= 0.3 * (1 - confidence) ** 2
        threshold = Risk.of(confidence, right, page).threshold_for(rate)
        true_risk = 0.1 * (1 - threshold) ** 2 if threshold is not None else 0.0  # the mean of 0.3 (1 - c)^2 from there
        broken += true_risk > rate
    assert broken <= 400 * DOUBT + 3 * (400 * DOUBT * (1 - DOUBT)) ** 0.5


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_facts_are_read_back(readings):
    risk = alone(*zip(*readings, strict=True))

    assert Risk.from_facts(risk.facts()) == risk
    assert risk.accepted[-1] == len(readings)
    assert risk.wrong[-1] == sum(not right for _, right in readings)


@pytest.mark.parametrize(
    "facts",
    [
        None,
        {},
        {"thresholds": [], "accepted": [], "wrong": [], "bunch": []},
        {"thresholds": [0.5], "accepted": [3], "wrong": [4], "bunch": [1.0]},
        {"thresholds": [0.5], "accepted": [3.0], "wrong": [1], "bunch": [1.0]},
        {"thresholds": ["0.5"], "accepted": [3], "wrong": [1], "bunch": [1.0]},
        {"thresholds": [float("nan")], "accepted": [3], "wrong": [1], "bunch": [1.0]},
        {"thresholds": [0.5, 0.9], "accepted": [3, 4], "wrong": [1, 1], "bunch": [1.0, 1.0]},
        {"thresholds": [0.9, 0.5], "accepted": [3], "wrong": [1], "bunch": [1.0]},
        {"thresholds": 7, "accepted": 7, "wrong": 7, "bunch": 7},
        {"thresholds": [0.5], "accepted": [3], "wrong": [1]},
        {"thresholds": [0.5], "accepted": [3], "wrong": [2], "bunch": [2.5]},
        {"thresholds": [0.5], "accepted": [3], "wrong": [2], "bunch": [float("nan")]},
    ],
)
def test_damaged_facts_get_one_line(facts):
    with pytest.raises(ModelError, match="calibration is damaged; numink calibrate"):
        Risk.from_facts(facts)
