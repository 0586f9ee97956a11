"""Networks and their workers, against a plain implementation and against themselves."""

from math import prod

import numpy as np
import pytest

from numink.nn.build import ACTIVATIONS, build
from numink.nn.init import initialise
from numink.nn.layers import Dense, Dropout
from numink.nn.network import LARGEST_PIECE, SMALLEST_PIECE, Gradient, Network
from numink.nn.params import Views
from numink.nn.work import Work

KEY = (0, 0, 0, 0)
DEEP = ["dense 9", "gelu", "dropout 0.3", "dense 8", "sigmoid", "dropout 0.2", "dense 7", "silu", "relu", "dense 4"]

PLAIN = {
    "sigmoid": lambda Z: 1 / (1 + np.exp(-Z)),
    "tanh": np.tanh,
    "relu": lambda Z: Z * (Z > 0),
    "leaky-relu": lambda Z: np.where(Z > 0, Z, 0.01 * Z),
    "elu": lambda Z: np.where(Z > 0, Z, np.exp(Z) - 1),
    "gelu": lambda Z: Z * (1 + np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3))) / 2,
    "silu": lambda Z: Z / (1 + np.exp(-Z)),
}


def network_of(words=DEEP, dtype="float64", **options):
    return build(words, dtype=dtype, in_shape=(6, 5), classes=4, **options)


def examples(network, count, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, *network.in_shape), np.uint8)
    return images, rng.integers(0, network.classes, count).astype(np.uint8)


def parameters(network, seed=0):
    theta = initialise(network.layout, "xavier", 1.0, seed, network.dtype)
    return theta + np.random.default_rng(seed).normal(0, 0.3, theta.shape).astype(network.dtype)


def plain(network, theta, words, images):
    """What the network should answer, in the fewest lines: weights of all layers first, then their biases."""
    X = images.reshape(len(images), -1) / 255
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    sizes = [prod(shape) for layer in dense for shape in layer.params().values()]
    weights = np.split(theta, np.cumsum(sizes[::2] + sizes[1::2])[:-1])
    pairs = list(zip(weights[: len(dense)], weights[len(dense) :], strict=True))
    for word in words:
        if word.startswith("dense"):
            W, b = pairs.pop(0)
            X = np.einsum("ni,io->no", X, W.reshape(X.shape[1], -1)) + b
        else:
            X = PLAIN[word](X)
    return X


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_is_the_plain_formula(activation, dtype):
    words = ["dense 9", activation, "dense 8", activation, activation, "dense 4"]
    network = network_of(words, dtype)
    images, _ = examples(network, 50)
    theta = parameters(network)

    Z, _ = network.worker().forward(images, network.layout.views(theta))

    assert Z.dtype == dtype
    exact = 1e-12 if dtype == "float64" else 2e-5
    np.testing.assert_allclose(Z, plain(network, theta.astype(float), words, images), rtol=exact, atol=exact)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_slopes_are_finite_far_out(name):
    Z = np.array([-1e10, -100, -1, -1e-30, 0, 1e-30, 1, 100, 1e10], np.float32).reshape(-1, 1)
    layer = ACTIVATIONS[name]()

    A, backward = layer.forward(Z.copy(), Views(), Work(np.float32))
    dZ = backward(np.ones_like(Z), Views(), True)

    assert np.isfinite(A).all()
    assert np.isfinite(dZ).all()


def test_networks_of_the_same_words_are_equal():
    assert network_of().layers == network_of().layers
    assert hash(network_of().layers) == hash(network_of().layers)
    assert network_of(["tanh", "dense 4"]).layers != network_of(["relu", "dense 4"]).layers


def test_a_backward_after_another_forward_raises():
    network = network_of()
    images, labels = examples(network, 5)
    p, worker, gradient = network.layout.views(parameters(network)), network.worker(), Gradient(network)
    Z, backward = worker.forward(images, p, KEY)
    _, dZ = network.loss(Z, labels, 5, worker.loss_work)
    worker.forward(images, p, KEY)

    with pytest.raises(RuntimeError, match="another forward"):
        backward(dZ, gradient.views)


def test_two_workers_do_not_disturb_each_other():
    network = network_of()
    images, labels = examples(network, 12)
    p = network.layout.views(parameters(network))

    def gradient_of(worker, between=lambda: None):
        gradient = Gradient(network)
        Z, backward = worker.forward(images[:5], p, KEY)
        between()
        _, dZ = network.loss(Z, labels[:5], 5, worker.loss_work)
        between()
        backward(dZ, gradient.views)
        return gradient.vector

    other = network.worker()
    idle = Gradient(network)
    alone = gradient_of(network.worker())
    disturbed = gradient_of(network.worker(), lambda: other.gradient(images, labels, slice(0, 12), 12, p, KEY, idle))
    assert np.abs(alone).max() > 0
    np.testing.assert_array_equal(alone, disturbed)


def test_dropout_acts_while_training_and_not_while_using():
    network = network_of(["dropout 0.5", "dense 4"])
    images, _ = examples(network, 40)
    theta = parameters(network)
    p, worker = network.layout.views(theta), network.worker()

    def forward(key=None):
        return worker.forward(images, p, key)[0].copy()

    np.testing.assert_allclose(forward(), plain(network, theta, ["dense 4"], images), rtol=1e-12)
    np.testing.assert_array_equal(forward(), forward())
    np.testing.assert_array_equal(forward(KEY), forward(KEY))
    assert not np.allclose(forward(KEY), forward())
    for other in [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]:  # seed, epoch, step, shard
        assert not np.allclose(forward(KEY), forward(other)), other


def test_dropout_keeps_the_mean_and_silences_its_share():
    work = Work(np.float64)
    work.randomness.begin(KEY)

    A, _ = Dropout(0.3).forward(np.ones((200, 200)), Views(), work)

    assert set(np.unique(A)) == {0, 1 / 0.7}
    assert (A == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert A.mean() == pytest.approx(1, abs=0.02)


def test_images_are_never_written_over():
    network = network_of(["flatten", "relu", "dropout 0.5", "dense 4"])
    images, labels = examples(network, 9)
    before = images.copy()
    images.flags.writeable = False

    network.worker().gradient(
        images, labels, slice(0, 9), 9, network.layout.views(parameters(network)), KEY, Gradient(network)
    )

    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    ("words", "loss"), [(DEEP, "cross-entropy"), (["tanh", "elu", *DEEP[:-1], "dense 4", "sigmoid"], "logistic")]
)
def test_writing_over_arrays_never_changes_a_result(monkeypatch, words, loss):
    network = network_of(words, loss=loss)
    assert any(network.in_place)
    shared = whole_gradient(network)

    monkeypatch.setattr(Network, "in_place", property(lambda network: (False,) * (len(network.layers) + 1)))

    np.testing.assert_array_equal(shared, whole_gradient(network_of(words, loss=loss)))


def test_pieces_add_up_to_the_whole():
    network = network_of([word for word in DEEP if "dropout" not in word])
    whole = whole_gradient(network, 300)
    right, loss = figures(network, 300)

    object.__setattr__(network, "piece", 64)  # 300 = 4 * 64 + 44

    np.testing.assert_allclose(whole_gradient(network, 300), whole, rtol=1e-10, atol=1e-14)
    assert figures(network, 300) == (right, pytest.approx(loss, rel=1e-12))


def test_dropout_masks_of_two_pieces_differ():
    """A generator begun anew at each piece would silence the same units in all of them."""
    network = network_of(["dropout 0.5", "dense 4"])
    object.__setattr__(network, "piece", 5)
    images = np.full((10, 6, 5), 255, np.uint8)
    theta = np.zeros(network.layout.size)
    halves, gradients = [slice(0, 5), slice(5, 10)], []
    for rows in [slice(0, 10), *halves]:
        gradient = Gradient(network)
        network.worker().gradient(images, np.zeros(10, np.uint8), rows, 10, network.layout.views(theta), KEY, gradient)
        gradients.append(gradient.vector)
    whole, first, second = gradients

    np.testing.assert_array_equal(first, second)  # each shard of its own begins with the same key
    assert not np.allclose(whole, first + second)


def test_logits_equal_one_big_forward():
    network = network_of()
    p = network.layout.views(parameters(network))
    images, _ = examples(network, 3 * network.piece + 17)

    pieces = network.logits(images, p, network.worker())

    np.testing.assert_allclose(pieces, network.worker().forward(images, p)[0], rtol=1e-10)


def test_logits_of_no_images():
    network = network_of()

    images, _ = examples(network, 0)

    assert network.logits(images, network.layout.views(parameters(network)), network.worker()).shape == (0, 4)


def test_a_piece_is_a_power_of_two_whatever_the_sizes():
    for width in (1, 10, 300, 5000, 100_000):
        piece = build([f"dense {width}", "dense 10"]).piece
        assert piece & (piece - 1) == 0
        assert SMALLEST_PIECE <= piece <= LARGEST_PIECE


def test_the_piece_of_a_convnet_counts_every_place_of_its_maps():
    """Pixels 784; windows and twice what comes out, 26 * 26 * (9 + 8); dense 676 + 20: 161 of 51,888 bytes fit."""
    assert build(["conv 4 3x3", "relu", "pool 2x2", "flatten", "dense 10"]).piece == 128


def whole_gradient(network, count=40):
    images, labels = examples(network, count)
    gradient = Gradient(network)
    network.worker().gradient(
        images, labels, slice(0, count), count, network.layout.views(parameters(network)), KEY, gradient
    )
    return gradient.vector


def figures(network, count):
    images, labels = examples(network, count)
    gradient = Gradient(network)
    rows = np.arange(count)  # as indices, and not a slice
    network.worker().gradient(images, labels, rows, count, network.layout.views(parameters(network)), KEY, gradient)
    return gradient.right, gradient.loss


@pytest.mark.parametrize("loss", ["cross-entropy", "logistic", "squared-error"])
def test_right_is_the_class_that_stands_out_or_none_that_has_more_than_half(loss):
    network = network_of(["dense 4"], loss=loss)
    sure, torn, even = [9.0, -9, -9, -9], [1.0, 1.0, -9, -9], [0.5, 0.5, 0.5, 0.5]
    Z = np.array([sure, sure, sure, torn, even])
    none = network.classes
    assert network.right(Z, np.array([0, 1, none, none, none])) == 3
    np.testing.assert_array_equal(Z[2], sure)  # the loss is yet to see it
