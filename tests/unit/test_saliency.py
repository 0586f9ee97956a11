"""Leads, occlusion and slopes, by hand and by differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explained import DEEP, SMALL, digit, model
from numink.understand.explain.saliency import Probe, gradient, lead, occlusion


def linear(W, b=None):
    """A model whose Z is that of one dense layer, with W (784, 10)."""
    one = model(("dense 10",))
    views = one.network.layout.views(one.theta)[-1]
    views.W[...] = W
    views.b[...] = 0 if b is None else b
    return one


def test_a_lead_is_the_logarithm_of_the_odds():
    Z = np.log(np.array([[0.2, 0.5, 0.3], [0.9, 0.06, 0.04]]))

    value, slope = lead(Z, np.array([1, 0]))

    np.testing.assert_allclose(value, [0, np.log(9)], atol=1e-12)
    np.testing.assert_allclose(slope, [[-0.4, 1, -0.6], [1, -0.6, -0.4]])


@given(st.integers(0, 2**32 - 1))
def test_the_slope_of_a_lead_is_that_of_small_differences(seed):
    rng = np.random.default_rng(seed)
    Z, digits = rng.normal(0, 5, (3, 10)), rng.integers(0, 10, 3)
    change = rng.normal(size=Z.shape)

    slope = lead(Z, digits)[1]
    higher, lower = (lead(Z + sign * 1e-5 * change, digits)[0] for sign in (1, -1))

    np.testing.assert_allclose((higher - lower) / 2e-5, (slope * change).sum(axis=1), atol=1e-6)
    np.testing.assert_allclose(slope.sum(axis=1), 0, atol=1e-12)


def test_a_lead_of_any_size_is_finite():
    value, slope = lead(np.array([[1e4, -1e4, 0.0]]), np.array([0]))

    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()


def test_occlusion_of_a_linear_model_by_hand():
    """One pixel of ink, which W gives 3 for the digit 2 and nothing for others: whoever covers it takes 3 away."""
    W, image = np.zeros((784, 10)), np.zeros((28, 28), np.uint8)
    W[28 * 10 + 20, 2] = 3
    image[10, 20] = 255

    lost = occlusion(Probe(linear(W)), image, 2)

    expected = np.zeros((28, 28))
    expected[8:13, 18:23] = 3
    np.testing.assert_allclose(lost, expected, atol=1e-5)
    np.testing.assert_allclose(occlusion(Probe(linear(W)), image, 2, patch_px=1), expected * (image > 0), atol=1e-5)


def test_occlusion_at_the_border_and_against():
    W, image = np.zeros((784, 10)), np.zeros((28, 28), np.uint8)
    W[0, 7], image[0, 0] = -2, 51  # a fifth of full ink

    lost = occlusion(Probe(linear(W)), image, 7, patch_px=3)

    expected = np.zeros((28, 28))
    expected[:2, :2] = -0.4
    np.testing.assert_allclose(lost, expected, atol=1e-5)


@pytest.mark.parametrize("words", [SMALL, DEEP])
def test_occlusion_is_what_covering_by_hand_gives(words):
    one, image = model(words), digit()
    before = np.log(one.probabilities(image[None])[0].astype(float))
    lost = occlusion(Probe(one), image, 4)

    for y, x in ((0, 0), (13, 6), (27, 20)):
        covered = image.copy()
        covered[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = 0
        after = np.log(one.probabilities(covered[None])[0].astype(float))
        leads = [P[4] - np.log(np.exp(np.delete(P, 4)).sum()) for P in (before, after)]
        assert lost[y, x] == pytest.approx(leads[0] - leads[1], abs=1e-4)


@pytest.mark.parametrize("words", [SMALL, ("conv 3 5x5", "tanh", "average-pool 2x2", "norm", "flatten", "dense 10")])
def test_the_gradient_is_that_of_small_differences(words):
    one, image = model(words, dtype="float64"), digit()
    probe, change = Probe(one), np.random.default_rng(0).normal(size=(1, 28, 28))
    digits = np.array([6])

    higher, lower = (probe.leads(image + sign * 1e-3 * change, digits)[0] for sign in (1, -1))

    slope = gradient(probe, image, 6)
    assert slope.shape == (28, 28)
    assert (slope * change[0]).sum() / 255 == pytest.approx((higher - lower) / 2e-3, rel=1e-5)


def test_the_gradient_of_two_classes_apart_is_their_weights_difference():
    """With all others out of the race, the lead of 1 over 0 is Z_1 - Z_0."""
    W = np.random.default_rng(0).normal(size=(784, 10)) / 50
    one = linear(W, b=[0, 0, *[-100] * 8])

    np.testing.assert_allclose(gradient(Probe(one), digit(), 1).ravel(), W[:, 1] - W[:, 0], rtol=1e-4, atol=1e-6)
