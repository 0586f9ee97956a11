"""A trace is the very pass that training makes, with all that lies between."""

import numpy as np
import pytest

from numink.nn.build import build, written
from numink.nn.init import initialise
from numink.nn.network import Gradient
from numink.nn.trace import names, trace
from numink.nn.work import Work

CHAINS = (
    ("dense 6", "sigmoid", "dropout 0.4", "dense 3"),
    ("conv 4 3x3", "tanh", "pool 2x2", "norm", ("residual", "conv 4 1x1", "tanh"), "flatten", "dense 3"),
    ("dropout 0.2", "dense 5", "elu", "tanh", "dense 3"),
)


def case(words, seed=0):
    network = build(words, in_shape=(8, 7), classes=3, dtype="float64")
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (5, 8, 7), np.uint8)
    return network, initialise(network.layout, "he", 1.0, seed, "float64"), images, np.array([0, 1, 2, 1, 0])


@pytest.mark.parametrize("words", CHAINS)
@pytest.mark.parametrize("key", [None, (3, 1, 4, 1)])
def test_it_equals_the_worker_s_pass(words, key):
    network, theta, images, labels = case(words)
    seen = trace(network, theta, images, labels, key)
    worker, p, whole = network.worker(), network.layout.views(theta), Gradient(network)
    Z, backward = worker.forward(images, p, key)
    np.testing.assert_allclose(seen.values[-1], Z, atol=1e-12)
    loss, dZ = network.loss(Z, labels, len(images), worker.loss_work)
    dX = backward(dZ, whole.views, want_dX=True)

    assert seen.loss == pytest.approx(loss)
    np.testing.assert_allclose(seen.gradient, whole.vector, atol=1e-12)
    np.testing.assert_allclose(seen.gradients[0], dX, atol=1e-12)
    np.testing.assert_allclose(seen.P.sum(axis=1), 1)
    assert [value.shape for value in seen.values] == [(5, *shape) for shape in network.shapes]
    assert [value.shape for value in seen.gradients] == [(5, *shape) for shape in network.shapes]


@pytest.mark.parametrize("words", CHAINS)
def test_each_gradient_is_what_a_small_change_of_that_value_does(words):
    """By central differences through the layers above: nothing that is kept was written over afterwards."""
    network, theta, images, labels = case(words)
    seen = trace(network, theta, images, labels)
    p = network.layout.views(theta)

    def loss_from(index, value):
        for layer, views in zip(network.layers[index:], p[index:], strict=True):
            value, _ = layer.forward(value, views, Work("float64"))
        return network.loss(value.copy(), labels, len(labels), network.worker().loss_work)[0]

    for index in range(1, len(seen.values)):
        value, place = seen.values[index], (1, *(size // 2 for size in seen.values[index].shape[1:]))
        change = np.zeros_like(value)
        change[place] = 1e-6
        slope = (loss_from(index, value + change) - loss_from(index, value - change)) / 2e-6
        assert seen.gradients[index][place] == pytest.approx(slope, abs=1e-7), index


@pytest.mark.parametrize("words", CHAINS)
def test_every_layer_has_a_name(words):
    network, *_ = case(words)
    found = names(network, written(words), "relu")
    assert len(found) == len(network.layers)
    assert found[0] == "pixels"
    assert [name for name in found[1:] if name not in ("one map",)] == [
        *(["flatten"] if words[0].startswith("dense") else []),
        *written(words[:1]),
        *(["flatten"] if words[0].startswith("dropout") else []),
        *written(words[1:]),
    ]
