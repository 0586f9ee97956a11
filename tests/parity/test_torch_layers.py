"""Layers, losses and whole networks give the outputs and gradients that PyTorch's give."""

from math import prod

import numpy as np
import pytest

from numink.nn.build import ACTIVATIONS, build
from numink.nn.init import initialise
from numink.nn.layers import Dense
from numink.nn.losses import LOSSES
from numink.nn.network import Gradient
from numink.nn.params import Layout, Views
from numink.nn.work import Work

torch = pytest.importorskip("torch")
F = torch.nn.functional

THEIR_ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky-relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": lambda Z: F.gelu(Z, approximate="tanh"),
    "silu": F.silu,
}


def one_hot(y):
    return F.one_hot(y, 10).double()


THEIR_LOSSES = {
    "cross-entropy": lambda Z, y, smoothing: F.cross_entropy(Z, y, label_smoothing=smoothing),
    "logistic": lambda Z, y, _: F.binary_cross_entropy_with_logits(Z, one_hot(y).to(Z), reduction="sum") / len(y),
    "squared-error": lambda Z, y, _: F.mse_loss(Z, one_hot(y).to(Z), reduction="sum") / (2 * len(y)),
}


def tolerance(dtype):
    return {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-13}


def tensor(array):
    return torch.tensor(array, requires_grad=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation_has_a_peer_and_agrees(dtype):
    assert set(THEIR_ACTIVATIONS) == set(ACTIVATIONS)
    Z = np.concatenate([np.linspace(-30, 30, 601), [1e-8, -1e-8, 0]]).reshape(-1, 4).astype(dtype)
    dA = np.random.default_rng(0).normal(size=Z.shape).astype(dtype)
    for name, theirs in THEIR_ACTIVATIONS.items():
        theirs_Z = tensor(Z)
        theirs_A = theirs(theirs_Z)
        theirs_A.backward(torch.tensor(dA))

        A, backward = ACTIVATIONS[name]().forward(Z.copy(), Views(), Work(dtype))
        dZ = backward(dA.copy(), Views(), True)

        exact = 1e-5 if dtype == "float32" else 1e-13
        np.testing.assert_allclose(A, theirs_A.detach(), rtol=exact, atol=exact, err_msg=name)
        np.testing.assert_allclose(dZ, theirs_Z.grad, rtol=exact, atol=exact, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dense(dtype):
    layer, rng = Dense(30, 20), np.random.default_rng(0)
    layout = Layout((layer.params(),))
    (p,), (g,) = layout.views(rng.normal(size=layout.size).astype(dtype)), layout.views(layout.zeros(dtype))
    X, dZ = rng.normal(size=(50, 30)).astype(dtype), rng.normal(size=(50, 20)).astype(dtype) / 50
    theirs = [tensor(array) for array in (X, p.W, p.b)]
    theirs_Z = F.linear(theirs[0], theirs[1].T, theirs[2])
    theirs_Z.backward(torch.tensor(dZ))

    Z, backward = layer.forward(X, p, Work(dtype))
    np.testing.assert_allclose(Z, theirs_Z.detach(), **tolerance(dtype))
    dX = backward(dZ, g, True)

    for ours, their in zip((dX, g.W, g.b), theirs, strict=True):
        np.testing.assert_allclose(ours, their.grad, **tolerance(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss, smoothing, dtype):
    rng = np.random.default_rng(0)
    Z, y = rng.normal(0, 5, (64, 10)).astype(dtype), rng.integers(0, 10, 64)
    theirs_Z = tensor(Z)
    theirs = THEIR_LOSSES[loss](theirs_Z, torch.tensor(y), smoothing)
    theirs.backward()

    value, dZ = LOSSES[loss](smoothing)(Z.copy(), y, 64, Work(dtype))

    assert value == pytest.approx(theirs.item(), rel=1e-5)
    np.testing.assert_allclose(dZ, theirs_Z.grad, **tolerance(dtype))


def test_softmax_and_dropout_while_used():
    Z = np.random.default_rng(0).normal(0, 10, (64, 10))

    theirs = torch.softmax(torch.tensor(Z), dim=1)
    np.testing.assert_allclose(LOSSES["cross-entropy"](0.0).probabilities(Z.copy()), theirs, rtol=1e-12)

    network = build(["dropout 0.5", "dense 10"], dtype="float64")
    images = np.random.default_rng(0).integers(0, 256, (8, 28, 28), np.uint8)
    theta = initialise(network.layout, "uniform", 1.0, 0, "float64")
    module = theirs_of(network, theta, {"dropout 0.5": torch.nn.Dropout(0.5)}, ["dropout 0.5", "dense 10"]).eval()
    ours, _ = network.worker().forward(images, network.layout.views(theta))
    with torch.no_grad():
        np.testing.assert_allclose(ours, module(torch.tensor(images.reshape(8, -1) / 255)), rtol=1e-10)


class Activation(torch.nn.Module):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, Z):
        return THEIR_ACTIVATIONS[self.name](Z)


def theirs_of(network, theta, modules, words):
    """The same network in PyTorch, with the same parameters."""
    made, dense = [], [index for index, layer in enumerate(network.layers) if isinstance(layer, Dense)]
    views = network.layout.views(theta)
    for word in words:
        if word.startswith("dense"):
            p = views[dense.pop(0)]
            linear = torch.nn.Linear(*p.W.shape, dtype=torch.tensor(theta).dtype)
            linear.weight.data, linear.bias.data = torch.tensor(p.W.T.copy()), torch.tensor(p.b)
            made.append(linear)
        else:
            made.append(modules.get(word) or Activation(word))
    return torch.nn.Sequential(*made)


NETWORKS = [
    (["dense 10", "relu", "dense 10"], "cross-entropy"),
    (["dense 15", "sigmoid", "dense 10"], "logistic"),
    (["dense 15", "tanh", "dense 10", "sigmoid"], "squared-error"),
    (["dense 25", "gelu", "dense 15", "silu", "dense 12", "elu", "dense 10"], "cross-entropy"),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("words", "loss"), NETWORKS, ids=["10-10", "15-10", "15-10-sigmoid", "25-15-12-10"])
def test_initial_gradients_of_whole_networks(words, loss, dtype):
    smoothing = 0.1 if loss == "cross-entropy" else 0.0
    network = build(words, loss=loss, label_smoothing=smoothing, dtype=dtype)
    theta = initialise(network.layout, "xavier", 1.0, 0, dtype)
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (300, 28, 28), np.uint8), rng.integers(0, 10, 300).astype(np.uint8)
    module = theirs_of(network, theta, {}, words)
    X = torch.tensor(images.reshape(300, -1).astype(dtype) / np.dtype(dtype).type(255))
    value = THEIR_LOSSES[loss](module(X), torch.tensor(labels.astype(int)), smoothing)
    value.backward()

    gradient = Gradient(network)
    network.worker().gradient(images, labels, slice(0, 300), 300, network.layout.views(theta), (0, 0, 0, 0), gradient)

    assert gradient.loss == pytest.approx(value.item(), rel=1e-5)
    parameters = list(module.parameters())
    ours = [array for views in network.layout.views(gradient.vector) for array in vars(views).values()]
    assert sum(prod(array.shape) for array in ours) == network.layout.size
    for array, parameter in zip(ours, parameters, strict=True):
        largest = parameter.grad.abs().max().item()
        np.testing.assert_allclose(array.T, parameter.grad, rtol=1e-5, atol=1e-5 * largest)
