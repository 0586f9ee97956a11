"""Temperatures: found where they were put in, and used by models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numink.errors import DataError
from numink.evaluate.calibration import calibration
from numink.evaluate.temperature import HIGHEST, LOWEST, fit_temperature
from numink.scores import cross_entropy, tempered


def drawn(count, seed=0):
    """Probabilities (count, 10) and labels drawn by them: their confidence is just right."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.full(10, 0.15), count)
    labels = np.array([rng.choice(10, p=row) for row in P])
    return P, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_temperature_that_was_put_in_is_found(temperature):
    P, labels = drawn(4000)

    found = fit_temperature(tempered(P, 1 / temperature), labels)

    assert found == pytest.approx(temperature, rel=0.06)
    assert calibration(tempered(tempered(P, 1 / temperature), found), labels).ece < 0.03  # chance alone makes 0.02


def test_no_other_temperature_is_likelier():
    P, labels = drawn(500)
    best = fit_temperature(P**2 / (P**2).sum(axis=1, keepdims=True), labels)

    losses = [
        cross_entropy(tempered(P**2 / (P**2).sum(axis=1, keepdims=True), best * factor), labels)
        for factor in (1, 0.97, 1.03)
    ]
    assert losses[0] == min(losses)


def test_what_is_none_of_them_asks_for_even_probabilities():
    P, labels = drawn(300)
    sharp = tempered(P, 0.5)
    mixed = np.concatenate([labels, np.full(300, 10)])

    found = [fit_temperature(sharp, labels), fit_temperature(np.concatenate([sharp, sharp]), mixed)]

    assert found[1] > 1.2 * found[0]
    assert fit_temperature(sharp, np.full(300, 10)) == pytest.approx(HIGHEST, rel=1e-3)


def test_weights_count_as_repetitions_do():
    P, labels = drawn(60)
    counts = np.arange(60) % 3

    repeated = fit_temperature(P.repeat(counts, axis=0), labels.repeat(counts))

    assert fit_temperature(P, labels, counts) == pytest.approx(repeated)


def test_where_all_is_right_or_wrong_the_range_ends_it():
    P = np.full((3, 10), 0.05) + 0.5 * np.eye(10)[[1, 2, 3]]

    assert LOWEST <= fit_temperature(P, [1, 2, 3]) < 0.1
    assert 15 < fit_temperature(P, [4, 5, 6]) <= HIGHEST


@pytest.mark.parametrize("weights", [[1.0], [-1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [np.nan, 1, 1]])
def test_weights_of_no_use(weights):
    P, labels = drawn(3)

    with pytest.raises(DataError, match="a weight of 0 or more for each of 3 images"):
        fit_temperature(P, labels, weights)


@given(st.floats(0.05, 20), st.integers(0, 10**6))
def test_a_temperature_keeps_the_order_and_the_sum(temperature, seed):
    P = np.random.default_rng(seed).dirichlet(np.full(10, 0.3), 5).astype(np.float32)
    made = tempered(P, temperature)

    assert made.dtype == np.float32
    np.testing.assert_allclose(made.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(made.argmax(axis=1), P.argmax(axis=1))
    assert (np.diff(np.take_along_axis(made, P.argsort(axis=1), axis=1)) >= 0).all()
    np.testing.assert_allclose(tempered(made.astype(float), 1), made)


def test_a_row_with_zeros_stays_finite():
    np.testing.assert_array_equal(tempered(np.eye(10, dtype=np.float32)[:2], 0.05), np.eye(10)[:2])
