"""Full-batch gradient descent beside scikit-learn's MLPClassifier, from the same weights."""

import numpy as np
import pytest

from numink.crew import Crew
from numink.data.digits import Part
from numink.nn.build import build
from numink.recipe import Train
from numink.training.trainer import Trainer

neural_network = pytest.importorskip("sklearn.neural_network")


def flat(peer):
    """Its parameters in our order: the weights of all layers, then their biases."""
    return np.concatenate([array.ravel() for array in (*peer.coefs_, *peer.intercepts_)])


@pytest.mark.parametrize(("ours", "theirs"), [("relu", "relu"), ("tanh", "tanh"), ("sigmoid", "logistic")])
def test_ten_steps_end_at_the_same_weights(ours, theirs):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (200, 5, 5), np.uint8), rng.integers(0, 10, 200).astype(np.uint8)
    X = images.reshape(200, -1) / 255
    peer = neural_network.MLPClassifier(
        (12, 8),
        solver="sgd",
        momentum=0.0,
        activation=theirs,
        alpha=0.0,
        batch_size=200,
        learning_rate_init=0.1,
        shuffle=False,
        random_state=0,
    )
    peer.partial_fit(X, labels, classes=np.arange(10))  # makes its weights, and takes a step
    theta = flat(peer)
    for _ in range(10):
        peer.partial_fit(X, labels)

    network = build(["dense 12", ours, "dense 8", ours, "dense 10"], in_shape=(5, 5), dtype="float64")
    plan = {"optimizer": "gradient-descent", "learning_rate": 0.1, "schedule": "constant"}
    settings = Train(**plan, batch_size="all", epochs=0, iterations=10)
    with Crew(1) as crew:
        trainer = Trainer(network, settings, Part(images, labels), Part(images[:0], labels[:0]), theta.copy(), 0, crew)
        state = trainer.run([])

    assert np.abs(state.theta - theta).max() > 0.01  # it did move
    np.testing.assert_allclose(state.theta, flat(peer), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(state.history["loss"], peer.loss_curve_[1:], rtol=1e-9)
