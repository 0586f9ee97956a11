"""A check that cannot fail proves nothing: each fault planted here must be seen by it."""

from dataclasses import replace

import numpy as np
import pytest

from numink.nn import network
from numink.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from numink.nn.conv import FastConv
from numink.nn.fast_norm import FastNorm
from numink.nn.gradcheck import TOLERANCE, check, check_all
from numink.nn.layers import Dense, Dropout, Flatten, Pixels
from numink.nn.losses import Logistic, SoftmaxCrossEntropy, SquaredError
from numink.nn.maps import Conv2d, DropMaps, Maps
from numink.nn.network import Network
from numink.nn.norm import EPSILON, Norm
from numink.nn.pool import AveragePool, GlobalPool, MaxPool
from numink.nn.residual import Residual
from numink.nn.work import Work


def twisted(layer, twist):
    """The layer's forward, with `twist(layer, X, A, dA, g, dX)` called after its backward; what it returns is the dX.

    X and A are copies of what entered and left, dA one of what came back.
    """
    forward = layer.forward

    def twisted_forward(self, X, p, work):
        kept = X.copy()
        A, backward = forward(self, X, p, work)
        made = A.copy()

        def twisted_backward(dA, g, want_dX=True):
            came = dA.copy()
            return twist(self, kept, made, came, g, backward(dA, g, want_dX))

        return A, twisted_backward

    return twisted_forward


def forgets_b(layer, X, A, dA, g, dX):
    g.b[:] = 0
    return dX


def forgets_one_bias(layer, X, A, dA, g, dX):
    g.b[-1] = 0
    return dX


def adds_to_w(layer, X, A, dA, g, dX):
    g.W *= 1 + 1e-5
    return dX


def transposes_w(layer, X, A, dA, g, dX):
    g.W[...] = (dA.T @ X).reshape(g.W.shape)
    return dX


def wrong_mask(layer, X, A, dA, g, dX):
    return dA * (dA > 0)


def no_slope(layer, X, A, dA, g, dX):
    return dA


def no_cubic_term(layer, X, A, dA, g, dX):
    T = np.tanh(GELU.K * (X + GELU.CUBIC * X**3))
    return dA * ((1 + T) / 2 + X * (1 - T**2) * GELU.K / 2)


def linear_slope(layer, X, A, dA, g, dX):
    return dA * (1 - A)


def steeper_below(layer, X, A, dA, g, dX):
    return np.where(X > 0, dA, dA * 0.02)


def new_mask(layer, X, A, dA, g, dX):
    mask = np.random.default_rng(0).random(dA.shape) >= layer.rate
    return dA * mask / (1 - layer.rate)


def unscaled_mask(layer, X, A, dA, g, dX):
    return dX * (1 - layer.rate)


def turned_over(layer, X, A, dA, g, dX):
    return dX[..., ::-1].copy()


def turned_over_map(layer, X, A, dA, g, dX):
    return dX[:, ::-1].copy()


def forgets_b_of_norm(layer, X, A, dA, g, dX):
    g.beta[:] = 0
    return dX


def forgets_one_place(layer, X, A, dA, g, dX):
    g.W[-1, -1] = 0
    return dX


def one_row_too_low(layer, X, A, dA, g, dX):
    return np.roll(dX, 1, axis=1)


def to_all_of_the_window(layer, X, A, dA, g, dX):
    k_h, k_w = layer.kernel
    shared = np.repeat(np.repeat(dA, k_h, axis=1), k_w, axis=2)
    dX[:, : shared.shape[1], : shared.shape[2]] = shared / (k_h * k_w)
    return dX


def to_the_last_of_the_window(layer, X, A, dA, g, dX):
    return dX[:, ::-1, ::-1].copy()


def unshared(layer, X, A, dA, g, dX):
    return dX * 2


def forgets_the_mean(layer, X, A, dA, g, dX):
    return dX + _slope(X, A) * dA.mean(axis=_all_but_channels(X))


def forgets_the_variance(layer, X, A, dA, g, dX):
    axes = _all_but_channels(X)
    X_hat = (X - X.mean(axis=axes)) / np.sqrt(X.var(axis=axes) + EPSILON)
    return dX + _slope(X, A) * X_hat * (dA * X_hat).mean(axis=axes)


def of_a_single_image(layer, X, A, dA, g, dX):
    return _slope(X, A) * (dA - dA.mean(axis=tuple(range(1, X.ndim - 1)), keepdims=True))


def of_x_and_not_of_x_hat(layer, X, A, dA, g, dX):
    g.gamma[:] = (dA * X).sum(axis=_all_but_channels(X))
    return dX


def _all_but_channels(X):
    return tuple(range(X.ndim - 1))


def _slope(X, A):
    """Gamma / sqrt(variance + epsilon): Norm draws a straight line."""
    return A.std(axis=_all_but_channels(X)) / X.std(axis=_all_but_channels(X))


def without_the_way_around(layer, X, A, dA, g, dX):
    return dX - dA


def only_the_way_around(layer, X, A, dA, g, dX):
    return dA


LAYER_FAULTS = [
    (Dense, forgets_b),
    (Dense, forgets_one_bias),
    (Dense, adds_to_w),
    (Dense, transposes_w),
    (Sigmoid, linear_slope),
    (Tanh, linear_slope),
    (ReLU, wrong_mask),
    (ReLU, no_slope),
    (LeakyReLU, steeper_below),
    (ELU, linear_slope),
    (GELU, no_cubic_term),
    (SiLU, no_slope),
    (Dropout, new_mask),
    (Dropout, unscaled_mask),
    (Flatten, turned_over),
    (Pixels, no_slope),
    (Maps, turned_over_map),
    (FastConv, forgets_b),
    (FastConv, forgets_one_place),
    (FastConv, one_row_too_low),
    (AveragePool, unshared),
    (AveragePool, to_the_last_of_the_window),
    (GlobalPool, unshared),
    (DropMaps, new_mask),
    (DropMaps, unscaled_mask),
    (FastNorm, forgets_b_of_norm),
    (FastNorm, of_x_and_not_of_x_hat),
    (FastNorm, forgets_the_mean),
    (FastNorm, forgets_the_variance),
    (FastNorm, of_a_single_image),
    (Residual, without_the_way_around),
    (Residual, only_the_way_around),
]
PLAIN_FAULTS = [
    (Conv2d, forgets_b),
    (Conv2d, forgets_one_place),
    (Conv2d, one_row_too_low),
    (MaxPool, to_all_of_the_window),
    (MaxPool, to_the_last_of_the_window),
    *((Norm, fault) for layer, fault in LAYER_FAULTS if layer is FastNorm),
]


@pytest.mark.parametrize(
    ("layer", "twist"), LAYER_FAULTS, ids=[f"{layer.__name__}-{twist.__name__}" for layer, twist in LAYER_FAULTS]
)
def test_a_fault_in_a_layer_is_seen(monkeypatch, layer, twist):
    monkeypatch.setattr(layer, "forward", twisted(layer, twist))

    assert any(one.error > TOLERANCE for one in check_all(chains=0))


@pytest.mark.parametrize(
    ("layer", "twist"), PLAIN_FAULTS, ids=[f"{layer.__name__}-{twist.__name__}" for layer, twist in PLAIN_FAULTS]
)
def test_a_fault_in_a_layer_that_the_plan_replaces_is_seen(monkeypatch, layer, twist):
    monkeypatch.setattr(network, "plan", tuple)
    monkeypatch.setattr(layer, "forward", twisted(layer, twist))

    assert any(one.error > TOLERANCE for one in check_all(chains=0))


def unsmoothed(loss, Z, y, batch, value, dZ):
    return value, replace(loss, label_smoothing=0.0)(Z, y, batch, Work(Z.dtype))[1]


def twice(loss, Z, y, batch, value, dZ):
    return value, 2 * dZ


def off_by_one_batch(loss, Z, y, batch, value, dZ):
    return value, dZ * batch / (batch - 1)


def chained_sigmoid(loss, Z, y, batch, value, dZ):
    A = 1 / (1 + np.exp(-Z))
    return value, dZ * A * (1 - A)


LOSS_FAULTS = [
    (SoftmaxCrossEntropy, unsmoothed),
    (SoftmaxCrossEntropy, off_by_one_batch),
    (Logistic, chained_sigmoid),
    (SquaredError, twice),
]


@pytest.mark.parametrize(
    ("loss", "twist"), LOSS_FAULTS, ids=[f"{loss.__name__}-{twist.__name__}" for loss, twist in LOSS_FAULTS]
)
def test_a_fault_in_a_loss_is_seen(monkeypatch, loss, twist):
    call = loss.__call__

    def twisted_call(self, Z, y, batch, work):
        came = Z.copy()
        with monkeypatch.context() as patch:
            patch.setattr(loss, "__call__", call)
            return twist(self, came, y, batch, *call(self, Z, y, batch, work))

    monkeypatch.setattr(loss, "__call__", twisted_call)

    assert any(one.error > TOLERANCE for one in check_all(chains=0))


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        (["dense 6", "sigmoid", "dropout 0.4", "dense 4"], "cross-entropy"),  # dropout over what sigmoid reads
        (["dense 6", "tanh", "sigmoid", "dense 4"], "cross-entropy"),
        (["dense 6", "sigmoid", "flatten", "dropout 0.4", "dense 4"], "cross-entropy"),  # through a view
        (["dense 4", "sigmoid"], "squared-error"),  # the loss over what sigmoid reads
    ],
    ids=["dropout", "activation", "through a view", "loss"],
)
def test_writing_over_what_a_neighbour_reads_is_seen(monkeypatch, layers, loss):
    assert check("right", layers, loss).passed

    monkeypatch.setattr(Network, "in_place", property(lambda network: (True,) * (len(network.layers) + 1)))

    assert check("wrong", layers, loss).error > 1e-2


def test_random_chains_see_what_layers_alone_do_not(monkeypatch):
    """The layers alone stand between two dense ones, which write over nothing: in company there is more to spoil."""
    monkeypatch.setattr(Network, "in_place", property(lambda network: (True,) * (len(network.layers) + 1)))
    chains = [one for one in check_all(chains=25) if one.name.startswith("chain")]

    assert sum(not one.passed for one in chains) >= 5
