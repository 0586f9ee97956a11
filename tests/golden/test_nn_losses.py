"""The losses and their gradients, by hand for two examples of three classes."""

from math import exp, log, log1p

import numpy as np
import pytest

from numink.nn.losses import LOSSES, Logistic, SoftmaxCrossEntropy, SquaredError, softmax
from numink.nn.work import Work

# softmax of the first row is 1/6, 2/6, 3/6, of the second 1/4, 1/4, 2/4
Z = np.log([[1.0, 2.0, 3.0], [1.0, 1.0, 2.0]])
Y = np.array([2, 0])


def call(loss, Z=Z, y=Y, batch=2, dtype="float64"):
    return loss(np.array(Z, dtype), np.array(y), batch, Work(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy(dtype):
    value, dZ = call(SoftmaxCrossEntropy(), dtype=dtype)

    assert dZ.dtype == dtype
    assert value == pytest.approx((log(2) + log(4)) / 2, rel=1e-6)
    by_hand = [[1 / 12, 2 / 12, (1 / 2 - 1) / 2], [(1 / 4 - 1) / 2, 1 / 8, 1 / 4]]
    np.testing.assert_allclose(dZ, by_hand, rtol=1e-5)


def test_cross_entropy_with_label_smoothing():
    value, dZ = call(SoftmaxCrossEntropy(0.3))  # targets 0.1, 0.1, 0.8 and 0.8, 0.1, 0.1

    first = 0.1 * log(6) + 0.1 * log(3) + 0.8 * log(2)
    second = 0.8 * log(4) + 0.1 * log(4) + 0.1 * log(2)
    assert value == pytest.approx((first + second) / 2, rel=1e-12)
    by_hand = np.array([[1 / 6 - 0.1, 1 / 3 - 0.1, 1 / 2 - 0.8], [1 / 4 - 0.8, 1 / 4 - 0.1, 1 / 2 - 0.1]]) / 2
    np.testing.assert_allclose(dZ, by_hand, rtol=1e-12)


NONE = 3  # the number of classes: none of them, T = 1/3 each


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_of_what_has_no_class(smoothing):
    value, dZ = call(SoftmaxCrossEntropy(smoothing), y=[NONE, 0])

    first, second = (log(6) + log(3) + log(2)) / 3, (1 - smoothing) * log(4) + smoothing * (2 * log(4) + log(2)) / 3
    assert value == pytest.approx((first + second) / 2, rel=1e-12)
    np.testing.assert_allclose(dZ[0], np.array([1 / 6 - 1 / 3, 0, 1 / 2 - 1 / 3]) / 2, rtol=1e-12, atol=1e-15)


def test_the_other_losses_of_what_has_no_class():
    value, dZ = call(Logistic(), y=[NONE, NONE])  # A = 1/2, 2/3, 3/4 and 1/2, 1/2, 2/3

    costs = {1 / 2: log(2), 2 / 3: log(3) - log(2) / 3, 3 / 4: 2 * log(2) - log(3) / 3}
    assert value == pytest.approx((3 * costs[1 / 2] + 2 * costs[2 / 3] + costs[3 / 4]) / 2, rel=1e-12)
    np.testing.assert_allclose(dZ[0], np.array([1 / 6, 1 / 3, 5 / 12]) / 2, rtol=1e-12)

    value, dZ = call(SquaredError(), [[1.0, 0, 0], [0, 0, 1]], y=[NONE, 2])
    assert value == pytest.approx((4 / 9 + 1 / 9 + 1 / 9) / 4, rel=1e-12)
    np.testing.assert_allclose(dZ, [[1 / 3, -1 / 6, -1 / 6], [0, 0, 0]], rtol=1e-12, atol=1e-15)


def test_label_smoothing_of_0_is_none():
    ours, theirs = call(SoftmaxCrossEntropy(0.0)), call(SoftmaxCrossEntropy(1e-300))

    assert ours[0] == theirs[0] == call(SoftmaxCrossEntropy())[0]
    np.testing.assert_array_equal(ours[1], theirs[1])


def test_logistic():
    """A = 1/2, 2/3, 3/4 and 1/2, 1/2, 2/3."""
    value, dZ = call(Logistic())

    first, second = log(2) + log(3) + log(4 / 3), log(2) + log(2) + log(3)
    assert value == pytest.approx((first + second) / 2, rel=1e-12)
    by_hand = np.array([[1 / 2, 2 / 3, 3 / 4 - 1], [1 / 2 - 1, 1 / 2, 2 / 3]]) / 2
    np.testing.assert_allclose(dZ, by_hand, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logistic_where_a_reaches_0_and_1(dtype):
    """The cost's cases: -log(1 - a) where T = 0, -log(a) where T = 1; a rounds to 0 or 1 long before Z = 1000."""
    right, dZ = call(Logistic(), [[1000, -1000, -1000]], [0], 1, dtype)
    assert right == 0
    np.testing.assert_array_equal(dZ, [[0, 0, 0]])

    wrong, dZ = call(Logistic(), [[-1000, 1000, -1000]], [0], 1, dtype)
    assert wrong == 2000
    np.testing.assert_array_equal(dZ, [[-1, 1, 0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logistic_keeps_its_digits_where_a_is_nearly_right(dtype):
    value, _ = call(Logistic(), [[30, -30, -30]], [0], 1, dtype)

    assert value == pytest.approx(3 * log1p(exp(-30)), rel=1e-6)  # 1 - a would be 0 in float32


def test_cross_entropy_where_p_rounds_to_0():
    value, dZ = call(SoftmaxCrossEntropy(), [[0, 5000, 0]], [0], 1)

    assert value == 5000
    np.testing.assert_array_equal(dZ, [[-1, 1, 0]])


def test_squared_error():
    value, dZ = call(SquaredError(), [[1, 2, 3], [0.5, 0, -1]])

    assert value == pytest.approx((1 + 4 + 4 + 0.25 + 0 + 1) / 4)
    np.testing.assert_allclose(dZ, [[0.5, 1, 1], [-0.25, 0, -0.5]])


@pytest.mark.parametrize("name", LOSSES)
def test_both_are_divided_by_the_whole_batch_even_on_a_part(name):
    value, dZ = call(LOSSES[name](0.1))
    share, dZ_share = call(LOSSES[name](0.1), batch=8)

    assert share == pytest.approx(value / 4)
    np.testing.assert_allclose(dZ_share, dZ / 4)


def test_softmax():
    by_hand = [[1 / 6, 1 / 3, 1 / 2], [1 / 4, 1 / 4, 1 / 2]]

    np.testing.assert_allclose(softmax(Z.copy()), by_hand, rtol=1e-12)
    np.testing.assert_allclose(SoftmaxCrossEntropy().probabilities(Z.copy()), by_hand, rtol=1e-12)


def test_probabilities_of_the_other_losses():
    sigmoids = np.array([[1 / 2, 2 / 3, 3 / 4], [1 / 2, 1 / 2, 2 / 3]])
    shares = sigmoids / sigmoids.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Logistic().probabilities(Z.copy()), shares, rtol=1e-12)

    # Cut off below 0; lifted, where none is above; even, where all are alike
    outputs = np.array([[-1.0, 0.5, 1.5], [-1.0, -2.0, -0.5], [-3.0, -3.0, -3.0]])
    shares = [[0, 1 / 4, 3 / 4], [2 / 5, 0, 3 / 5], [1 / 3, 1 / 3, 1 / 3]]
    np.testing.assert_allclose(SquaredError().probabilities(outputs), shares, rtol=1e-12)


def test_the_logistic_loss_tells_apart_what_rounds_to_0():
    P = Logistic().probabilities(np.array([[-100.0, -99.0, -200.0]], np.float32))
    np.testing.assert_allclose(P, [[1 / (1 + np.e), np.e / (1 + np.e), 0]], atol=1e-6)
