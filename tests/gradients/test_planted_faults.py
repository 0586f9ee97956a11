"""A check that cannot fail proves nothing: each fault planted here must be seen by it."""

from dataclasses import replace

import numpy as np
import pytest

from numink.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from numink.nn.gradcheck import TOLERANCE, check, check_all
from numink.nn.layers import Dense, Dropout, Flatten, Pixels
from numink.nn.losses import Logistic, SoftmaxCrossEntropy, SquaredError
from numink.nn.network import Network
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
]


@pytest.mark.parametrize(
    ("layer", "twist"), LAYER_FAULTS, ids=[f"{layer.__name__}-{twist.__name__}" for layer, twist in LAYER_FAULTS]
)
def test_a_fault_in_a_layer_is_seen(monkeypatch, layer, twist):
    monkeypatch.setattr(layer, "forward", twisted(layer, twist))

    assert worst(check_all(chains=0)) > TOLERANCE


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

    assert worst(check_all(chains=0)) > TOLERANCE


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
    chains = [one for one in check_all() if one.name.startswith("chain")]

    assert sum(not one.passed for one in chains) >= 5


def worst(checks):
    return max(one.error for one in checks)
