"""Each optimiser's first two steps by hand, and what all of them have in common."""

import numpy as np
import pytest

from numink.optim.rules import OPTIMIZERS
from numink.optim.update import Updater

# From theta = 1, with gradients 0.5 and then 1, at a rate of 0.1.
BY_HAND = {
    "gradient-descent": (0.95, 0.85),
    "momentum": (0.95, 0.95 - 0.1 * (0.9 * 0.5 + 1)),
    "nesterov": (1 - 0.1 * (0.9 * 0.5 + 0.5), 0.905 - 0.1 * (0.9 * 1.45 + 1)),
    "rmsprop": (0.6837722, 0.6837722 - 0.1 / 0.35),  # s = 0.1 * 0.25, then 0.9 * 0.025 + 0.1
    "adam": (0.9, 0.9 - 0.0965182),  # m = 0.145 / 0.19, v = 0.00124975 / 0.001999
    "adamw": (0.9, 0.9 - 0.0965182),
}


def steps(optimizer, gradients, theta, weight_decay=0.0, weights=0, rate=0.1):
    """Theta after each step."""
    theta = np.array(theta, float)
    updater = Updater(optimizer, weight_decay, theta, weights)
    for number, gradient in enumerate(gradients, start=1):
        updater.update(theta, [np.full(theta.shape, float(gradient))], rate, number)
        yield theta.copy()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_first_two_steps(optimizer):
    first, second = steps(optimizer, [0.5, 1], [1.0])

    np.testing.assert_allclose([first[0], second[0]], BY_HAND[optimizer], rtol=1e-6)


@pytest.mark.parametrize("optimizer", set(OPTIMIZERS) - {"adamw"})
def test_weight_decay_is_l2_on_the_weights_and_spares_the_biases(optimizer):
    (theta,) = steps(optimizer, [0.5], [1.0, 2.0, 1.0, 2.0], weight_decay=0.2, weights=2)

    (first,), (second,) = steps(optimizer, [0.5 + 0.2 * 1], [1.0]), steps(optimizer, [0.5 + 0.2 * 2], [2.0])
    (third,), (fourth,) = steps(optimizer, [0.5], [1.0]), steps(optimizer, [0.5], [2.0])
    np.testing.assert_allclose(theta, [first[0], second[0], third[0], fourth[0]], rtol=1e-12)


def test_adamw_shrinks_the_weights_and_not_the_biases():
    first, second = steps("adamw", [0.5, 1], [1.0, 1.0], weight_decay=0.1, weights=1)

    np.testing.assert_allclose(first, [0.99 - 0.1, 0.9], rtol=1e-6)
    np.testing.assert_allclose(second, [0.99 * 0.89 - 0.0965182, 0.8034818], rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_gradient_of_0_moves_nothing(optimizer):
    for theta in steps(optimizer, [0, 0, 0], [1.0, -2.0, 0.0]):
        np.testing.assert_array_equal(theta, [1, -2, 0])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_finds_the_bottom_of_a_bowl(optimizer):
    theta = np.array([3.0, -2.0])
    bottom, steepness = np.array([1.0, 0.5]), np.array([1.0, 4.0])
    updater = Updater(optimizer, 0.0, theta, 2)
    for number in range(1, 401):
        updater.update(theta, [steepness * (theta - bottom)], 0.04 * (1 - number / 401), number)

    np.testing.assert_allclose(theta, bottom, atol=1e-2)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_float32_stays_float32(optimizer):
    theta = np.ones(5, np.float32)
    updater = Updater(optimizer, 0.1, theta, 3)
    updater.update(theta, [np.ones(5, np.float32)], 0.1, 1)

    assert theta.dtype == np.float32
    assert all(vector.dtype == np.float32 for vector in updater.memory.values())
    assert np.isfinite(theta).all()
