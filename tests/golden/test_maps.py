"""The layers on maps, worked through by hand on a few numbers."""

import numpy as np
import pytest

from numink.nn.fast_norm import FastNorm
from numink.nn.maps import Conv2d, DropMaps, Maps
from numink.nn.norm import EPSILON, Norm
from numink.nn.params import Views
from numink.nn.pool import AveragePool, GlobalPool, MaxPool
from numink.nn.residual import Residual
from numink.nn.work import Randomness, Work


def one_map(rows):
    """One image with one map."""
    return np.array(rows, float)[np.newaxis, :, :, np.newaxis]


def rows_of(maps):
    assert maps.shape[0] == maps.shape[3] == 1
    return maps[0, :, :, 0].tolist()


def working(training=True, seed=0):
    work = Work(float, randomness=Randomness())
    work.randomness.begin((seed,) if training else None)
    return work


def convolved(layer, X, W, b, dZ):
    """Z, dX, dW and db of a convolution with one map in and out."""
    p = Views(W=np.array(W, float)[:, :, np.newaxis, np.newaxis], b=np.array([b], float))
    g = Views(W=np.empty_like(p.W), b=np.empty(1))
    Z, backward = layer.forward(one_map(X), p, working())
    Z = rows_of(Z)
    dX = backward(one_map(dZ), g, True)
    return Z, rows_of(dX), g.W[:, :, 0, 0].tolist(), g.b.item()


IMAGE = [[1, 2, 0], [0, 1, 3], [2, 1, 1]]


def test_convolution():
    """Z[0, 0] = 1 * 1 + 2 * 2 + 0 * 3 + 1 * 4 + 10, the kernel laid over the upper left corner as it stands."""
    Z, dX, dW, db = convolved(Conv2d(1, 1, (2, 2)), IMAGE, [[1, 2], [3, 4]], 10, [[1, 0], [0, -1]])

    assert Z == [[19, 27], [22, 24]]
    # W[i, j] met IMAGE[i, j] at the place with gradient 1, and IMAGE[1 + i, 1 + j] at that with -1
    assert dW == [[1 - 1, 2 - 3], [0 - 1, 1 - 1]]
    assert db == 0
    assert dX == [[1, 2, 0], [3, 4 - 1, -2], [0, -3, -4]]


def test_convolution_with_stride_and_margin():
    """Margins of 1 above and to the left, steps of 2: the kernel stands at -1 and 1."""
    layer = Conv2d(1, 1, (2, 2), stride=2, padding=((1, 0), (1, 0)))
    Z, dX, dW, db = convolved(layer, IMAGE, [[1, 2], [3, 4]], 0, [[1, 2], [3, 4]])

    assert Z == [[4 * 1, 3 * 2 + 4 * 0], [2 * 0 + 4 * 2, 1 * 1 + 2 * 3 + 3 * 1 + 4 * 1]]
    assert dW == [[4 * 1, 3 * 0 + 4 * 3], [2 * 2 + 4 * 1, 1 * 1 + 2 * 0 + 3 * 2 + 4 * 1]]
    assert db == 10
    assert dX == [[4 * 1, 3 * 2, 4 * 2], [2 * 3, 1 * 4, 2 * 4], [4 * 3, 3 * 4, 4 * 4]]


def test_convolution_sums_over_the_channels_that_enter():
    X = np.array([[[[1.0, 10.0], [2.0, 20.0]]]])  # one row of two places with two channels
    p = Views(W=np.array([[[[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]]]), b=np.array([0.0, 0.5, 0.0]))

    Z, _ = Conv2d(2, 3, (1, 1)).forward(X, p, working())

    assert Z.tolist() == [[[[1, 10.5, -8], [2, 20.5, -16]]]]


def test_max_pool_gives_the_gradient_to_the_first_of_equals_and_leaves_the_rest_of_the_border_out():
    X = one_map([[0, 0, 1, 3, 9], [0, 0, 3, 3, 9], [5, 4, -3, -2, 9], [5, 5, -1, -5, 9], [9, 9, 9, 9, 9]])
    Z, backward = MaxPool((2, 2)).forward(X, Views(), working())

    assert rows_of(Z) == [[0, 3], [5, -1]]
    dX = backward(one_map([[1, 2], [3, 4]]), Views(), True)
    assert rows_of(dX) == [[1, 0, 0, 2, 0], [0, 0, 0, 0, 0], [3, 0, 0, 0, 0], [0, 0, 4, 0, 0], [0, 0, 0, 0, 0]]


def test_max_pool_of_a_window_of_more_places_than_a_byte_can_count():
    X = np.zeros((1, 20, 30, 1))
    X[0, 17, 29] = 1
    Z, backward = MaxPool((20, 30)).forward(X, Views(), working())

    assert rows_of(Z) == [[1]]
    assert np.argwhere(backward(one_map([[7]]), Views(), True)).tolist() == [[0, 17, 29, 0]]


def test_average_pool():
    X = one_map([[1, 2, 3, 4, 9], [5, 6, 7, 8, 9], [9, 9, 9, 9, 9]])
    Z, backward = AveragePool((2, 2)).forward(X, Views(), working())

    assert rows_of(Z) == [[3.5, 5.5]]
    dX = backward(one_map([[4, 8]]), Views(), True)
    assert rows_of(dX) == [[1, 1, 2, 2, 0], [1, 1, 2, 2, 0], [0, 0, 0, 0, 0]]


def test_global_pool():
    X = np.array([[[[1.0, 10.0], [3.0, 30.0]]], [[[0.0, 0.0], [8.0, -2.0]]]])  # two images of 1 x 2, two channels
    Z, backward = GlobalPool().forward(X, Views(), working())

    assert Z.tolist() == [[2, 20], [4, -1]]
    dX = backward(np.array([[2.0, 4.0], [6.0, 8.0]]), Views(), True)
    assert dX.tolist() == [[[[1, 2], [1, 2]]], [[[3, 4], [3, 4]]]]


def test_an_image_is_one_map():
    U = np.arange(6).reshape(1, 2, 3)
    X, backward = Maps().forward(U, Views(), working())

    assert X.shape == (1, 2, 3, 1)
    assert rows_of(X) == U[0].tolist()
    assert backward(X, Views(), True).shape == U.shape


BOTH_NORMS = pytest.mark.parametrize("norm", [Norm, FastNorm])


def normalised(norm, X, dZ, training):
    p = Views(gamma=np.array([2.0]), beta=np.array([5.0]), mean=np.array([1.0]), variance=np.array([4 - EPSILON]))
    g = Views(gamma=np.empty(1), beta=np.empty(1), mean=np.empty(1), variance=np.empty(1))
    Z, backward = norm(1).forward(one_map(X), p, working(training))
    Z = rows_of(Z)
    return Z, rows_of(backward(one_map(dZ), g, True)), {name: array.item() for name, array in vars(g).items()}


@BOTH_NORMS
def test_norm_as_trained(norm):
    """Mean 3 and variance 9, so that X-hat is -1 and 1, nearly: 1e-5 is added to the variance."""
    Z, dX, g = normalised(norm, [[0, 6], [6, 0]], [[1, 0], [0, 0]], training=True)

    assert [pytest.approx([3, 7], abs=1e-5), pytest.approx([7, 3], abs=1e-5)] == Z
    assert g == pytest.approx({"gamma": -1, "beta": 1, "mean": 3, "variance": 9}, abs=1e-5)
    # gamma / 3 times what is left of (1, 0, 0, 0) without its mean, 1/4, and without -1/4 of (-1, 1, 1, -1)
    assert dX == [pytest.approx([2 / 3 * 0.5, 0], abs=1e-5), pytest.approx([0, 2 / 3 * -0.5], abs=1e-5)]


@BOTH_NORMS
def test_norm_as_used_takes_the_running_averages_and_each_number_by_itself(norm):
    Z, dX, g = normalised(norm, [[0, 6], [6, 0]], [[1, 0], [0, 3]], training=False)

    assert [pytest.approx([4, 10]), pytest.approx([10, 4])] == Z  # 2 (X - 1) / 2 + 5
    assert dX == [pytest.approx([1, 0]), pytest.approx([0, 3])]
    assert g == pytest.approx({"gamma": -0.5 * 4, "beta": 4, "mean": 1, "variance": 4}, abs=1e-4)


@BOTH_NORMS
def test_norm_of_a_channel_that_is_the_same_everywhere_is_beta(norm):
    Z, dX, g = normalised(norm, [[7, 7]], [[1, -1]], training=True)

    assert Z == [[5, 5]]
    assert np.isfinite(dX).all()
    assert g["variance"] == 0


def test_dropout_of_maps_silences_whole_maps_of_single_images():
    X = np.ones((400, 2, 3, 4))
    A, backward = DropMaps(0.25).forward(X, Views(), working())

    assert set(np.unique(A)) == {0, 4 / 3}
    assert (A[:, :1, :1] == A).all()
    assert 0.2 < (A[:, 0, 0] == 0).mean() < 0.3
    assert len(np.unique(A[:, 0, 0], axis=0)) == 2**4
    np.testing.assert_array_equal(backward(np.ones_like(X), Views(), True), A)


def test_dropout_of_maps_does_nothing_while_the_network_is_used():
    X = np.ones((2, 2, 3, 4))

    assert DropMaps(0.25).forward(X, Views(), working(training=False))[0] is X


def test_residual():
    """A branch that doubles, so that X comes out threefold, and so does the gradient."""
    layer = Residual((Conv2d(1, 1, (1, 1)), DropMaps(0)))
    p = Views(**{"0.W": np.full((1, 1, 1, 1), 2.0), "0.b": np.zeros(1)})
    g = Views(**{"0.W": np.empty((1, 1, 1, 1)), "0.b": np.empty(1)})
    Z, backward = layer.forward(one_map(IMAGE), p, working())

    assert rows_of(Z) == [[3, 6, 0], [0, 3, 9], [6, 3, 3]]
    dX = backward(one_map([[1, 0, 0], [0, 0, 10], [0, 0, 0]]), g, True)
    assert rows_of(dX) == [[3, 0, 0], [0, 0, 30], [0, 0, 0]]
    assert getattr(g, "0.W").item() == 1 * 1 + 10 * 3
    assert getattr(g, "0.b").item() == 11


def test_a_branch_that_hands_on_what_it_is_given_doubles_it():
    X = one_map(IMAGE)
    Z, _ = Residual((DropMaps(0.5),)).forward(X, Views(), working(training=False))

    assert rows_of(Z) == (2 * np.array(IMAGE)).tolist()
    assert rows_of(X) == IMAGE
