"""Images of no class, in training: the network becomes undecided there, and the figures count that as right."""

import numpy as np
import pytest

from numink.crew import Crew
from numink.data.digits import Part
from numink.nn.build import build
from numink.nn.init import initialise
from numink.recipe import Train
from numink.training.trainer import Trainer
from numink.training.vitals import sample, vitals
from small_training import CLASSES, IN_SHAPE, PLAN


def columns(count, seed):
    """Images with one bright column of three, and with none, which are of no class."""
    labels = np.arange(count) % (CLASSES + 1)
    images = np.random.default_rng(seed).integers(0, 60, (count, *IN_SHAPE))
    for image, label in zip(images, labels, strict=True):
        image[:, label : label + 1] = 230
    return Part(images.astype(np.uint8), labels.astype(np.uint8))


@pytest.fixture(scope="module", params=["cross-entropy", "logistic", "squared-error"])
def trainer(request):
    network = build(["dense 12", "tanh", "dense 3"], in_shape=IN_SHAPE, classes=CLASSES, loss=request.param)
    theta = initialise(network.layout, "he", 1.0, 0, network.dtype)
    settings = Train(**PLAN | {"epochs": 100, "batch_size": 20})
    trained = Trainer(network, settings, columns(120, 0), columns(40, 1), theta, 0, Crew(1))
    trained.run([])
    return trained


def test_the_network_is_undecided_where_there_is_no_class(trainer):
    images, labels = trainer.validation.images, trainer.validation.labels
    Z, _ = trainer._workers[0].forward(images, trainer._p)
    P = trainer.network.loss.probabilities(Z.copy())
    none = labels == CLASSES
    assert P[none].max() < 0.5
    assert (P[~none].argmax(axis=1) == labels[~none]).all()
    assert P[~none].max(axis=1).min() > 0.6


def test_and_all_figures_count_it_as_right(trainer):
    state = trainer.state
    assert state.history["accuracy"][-1] > 0.95
    assert state.history["validation_accuracy"][-1] == 1
    assert state.history["accuracy"][0] < 0.95
    batch = sample(trainer.network, trainer.train.images, trainer.train.labels, (64, 64), 0)
    assert vitals(trainer.network, state.theta, *batch).accuracy > 0.95
