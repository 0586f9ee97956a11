"""Student's t, pairs and Holm: against tables, against hand, and against what must hold for all numbers."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numink.understand.compare.significance import holm, paired_test, spread, student_quantile, student_within

# The table in Student, "New tables for testing the significance of observations" (1925), as every textbook has it
TABLE = {0.90: (6.314, 2.920, 2.353, 2.132, 2.015), 0.95: (12.706, 4.303, 3.182, 2.776, 2.571)}
TABLE |= {0.99: (63.657, 9.925, 5.841, 4.604, 4.032)}

figures = st.floats(0.0, 1.0).map(lambda share: round(share, 4))


@pytest.mark.parametrize(("share", "row"), TABLE.items())
def test_quantiles_are_those_of_the_table(share, row):
    assert [round(student_quantile(share, freedom), 3) for freedom in range(1, 6)] == list(row)
    assert round(student_quantile(0.95, 30), 3) == 2.042
    assert round(student_quantile(0.95, 99), 3) == 1.984


def test_one_and_two_degrees_are_known_functions():
    """Cauchy's, and t / sqrt(2 + t^2)."""
    assert student_within(1.0, 1) == pytest.approx(0.5)
    assert student_within(1.5, 2) == pytest.approx(1.5 / sqrt(2 + 1.5**2))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 29, 200])
def test_the_distribution_is_scipys(freedom):
    stats = pytest.importorskip("scipy.stats")

    for t in (0.0, 0.1, 0.7, 1.96, 5.0, 40.0):
        assert 1 - student_within(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), abs=1e-12)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 60))
def test_the_distribution_grows_from_0_to_1(a, b, freedom):
    low, high = sorted((a, b))

    assert 0 <= student_within(low, freedom) <= student_within(high, freedom) + 1e-12 <= 1 + 2e-12
    assert student_within(0, freedom) == 0


@given(st.floats(0.01, 0.999), st.integers(1, 60))
def test_the_quantile_undoes_it(share, freedom):
    assert student_within(student_quantile(share, freedom), freedom) == pytest.approx(share, abs=1e-9)


def test_a_spread_by_hand():
    """Mean 5, squares 9 + 1 + 1 + 9 = 20 over 3; 3.18245 * sqrt(20 / 3) / 2 = 4.10852."""
    found = spread([2.0, 4.0, 6.0, 8.0])

    assert (found.count, found.mean) == (4, 5)
    assert found.deviation == pytest.approx(2.58199, abs=1e-5)
    assert found.interval_95 == pytest.approx((0.89148, 9.10852), abs=1e-5)
    assert found.half_width == pytest.approx(4.10852, abs=1e-5)


def test_one_figure_has_no_spread():
    found = spread([0.9])

    assert (found.mean, found.deviation, found.interval_95, found.half_width) == (0.9, None, None, 0.0)


def test_students_own_sleep_data():
    """The differences of his paper of 1908: t = 4.06 with 9 degrees of freedom."""
    dextro = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    laevo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = paired_test(laevo, dextro)

    assert (found.pairs, round(found.difference, 2)) == (10, 1.58)
    assert found.t == pytest.approx(4.0621, abs=1e-4)
    assert found.p == pytest.approx(0.002833, abs=1e-6)
    assert found.interval_95 == pytest.approx((0.7001, 2.4599), abs=1e-4)


@given(st.lists(st.tuples(figures, figures), min_size=2, max_size=8))
def test_turned_around_only_the_sign_changes(pairs):
    a, b = zip(*pairs, strict=True)
    one, other = paired_test(a, b), paired_test(b, a)

    assert other.difference == -one.difference
    assert (other.p, other.why) == (one.p, one.why)
    assert one.p is None or 0 <= one.p <= 1
    assert one.t is None or other.t == -one.t


@given(st.lists(figures, min_size=2, max_size=8), figures)
def test_differences_that_are_all_the_same_divide_by_nothing(figures, shift):
    found = paired_test([figure + shift for figure in figures], figures)

    assert found.t is None
    assert found.p == (None if shift else 1.0)
    assert "the same difference" in found.why


def test_too_few_pairs_are_said():
    assert paired_test([], []).why == "they have too few seeds in common"
    assert (paired_test([0.5], [0.4]).p, paired_test([0.5], [0.4]).pairs) == (None, 1)
    assert "one seed alone" in paired_test([0.5], [0.4]).why
    with pytest.raises(ValueError, match="shorter"):
        paired_test([1.0, 2.0], [1.0])


def test_holm_by_hand():
    """0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1 raised to the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.2]) == [0.2]


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_never_lowers(p):
    adjusted = holm(p)

    assert all(before <= after <= min(1.0, len(p) * max(p)) for before, after in zip(p, adjusted, strict=True))
    assert not p or min(adjusted) == min(1.0, len(p) * min(p))
    order = sorted(range(len(p)), key=p.__getitem__)
    assert [adjusted[place] for place in order] == sorted(adjusted)
