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


def test_a_risk_by_hand():
    confidences = [0.9] * 50 + [0.8] * 50
    risk = Risk.of(confidences, [True] * 50 + [True] * 48 + [False] * 2)

    assert risk == Risk((0.9, 0.8), (50, 100), (0, 2))
    # 2 errors of 100: at a rate of 6.5 % so few come in 3.9 % of all cases, at 6 % in 5.7 %
    assert risk.threshold_for(0.065) == 0.8
    # at 6 % there is room for 1 error in 100, not in 50, and 2 came
    assert risk.threshold_for(0.06) is None
    assert risk.least_rate() == pytest.approx(0.07)


def test_without_room_for_errors_none_may_come():
    risk = Risk((0.9, 0.8), (60, 70), (0, 1))

    # 0 of 60 at 5 %: 4.6 %; 1 of 70: 12.9 %
    assert risk.threshold_for(0.05) == 0.9
    assert Risk((0.9, 0.8), (50, 70), (0, 0)).threshold_for(0.05) == 0.8  # 0 of 50 would not do: 7.7 %


def test_the_search_ends_at_the_first_threshold_that_fails():
    # from 0.7 on all are right again: were the most lenient one simply tested, it would pass
    risk = Risk((0.9, 0.8, 0.7), (1000, 1100, 20_000), (0, 50, 50))

    assert binomial_tail(50, 20_000, 0.01) < DOUBT
    assert risk.threshold_for(0.01) == 0.9


def test_the_strictest_threshold_has_room_for_an_error():
    assert Risk((0.99, 0.9), (300, 2000), (1, 1)).threshold_for(0.01) == 0.9  # 1 of 300 alone would be too many


def test_equal_confidences_stay_together():
    risk = Risk.of([0.5] * 7, [True] * 6 + [False])

    assert risk == Risk((0.5,), (7,), (1,))
    assert risk.threshold_for(0.6) == 0.5  # 1 of 7 or none: 1.9 %


def test_the_promise_holds_as_often_as_it_says():
    """Readings whose risk at each confidence is known: of 400 calibrations, about 5 % at most may promise too much."""
    rate, broken = 0.05, 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        confidence = rng.random(1500)
        risk = Risk.of(confidence, rng.random(1500) >= 0.3 * (1 - confidence) ** 2)
        threshold = risk.threshold_for(rate)
        assert threshold is not None
        true_risk = 0.1 * (1 - threshold) ** 2  # the mean of 0.3 (1 - c)^2 over what is accepted
        broken += true_risk > rate
    assert broken <= 400 * DOUBT + 3 * (400 * DOUBT * (1 - DOUBT)) ** 0.5


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_facts_are_read_back(readings):
    risk = Risk.of(*zip(*readings, strict=True))

    assert Risk.from_facts(risk.facts()) == risk
    assert risk.accepted[-1] == len(readings)
    assert risk.wrong[-1] == sum(not right for _, right in readings)


@pytest.mark.parametrize(
    "facts",
    [
        None,
        {},
        {"thresholds": [], "accepted": [], "wrong": []},
        {"thresholds": [0.5], "accepted": [3], "wrong": [4]},
        {"thresholds": [0.5], "accepted": [3.0], "wrong": [1]},
        {"thresholds": ["0.5"], "accepted": [3], "wrong": [1]},
        {"thresholds": [float("nan")], "accepted": [3], "wrong": [1]},
        {"thresholds": [0.5, 0.9], "accepted": [3, 4], "wrong": [1, 1]},
        {"thresholds": [0.9, 0.5], "accepted": [3], "wrong": [1]},
        {"thresholds": 7, "accepted": 7, "wrong": 7},
    ],
)
def test_damaged_facts_get_one_line(facts):
    with pytest.raises(ModelError, match="calibration is damaged; numink calibrate"):
        Risk.from_facts(facts)
