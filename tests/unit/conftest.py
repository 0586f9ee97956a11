"""Fixtures of the unit tests."""

from contextlib import ExitStack

import numpy as np
import pytest

from numink.data.digits import Part
from numink.nn.build import build
from numink.nn.init import initialise
from numink.recipe import Train
from numink.training.trainer import Trainer
from numink.training.workers import Crew

IN_SHAPE, CLASSES = (4, 3), 3


@pytest.fixture
def small_trainer():
    """Makes trainers of small networks on small images, each with a crew that is dismissed after the test."""
    with ExitStack() as crews:

        def make(
            words=("dense 6", "tanh", "dense 3"),
            *,
            images=30,
            validation=12,
            seed=0,
            workers=1,
            dtype="float64",
            **settings,
        ):
            network = build(words, in_shape=IN_SHAPE, classes=CLASSES, dtype=dtype)
            theta = initialise(network.layout, "he", 1.0, seed, dtype)
            settings = Train(**{"shards": 1, "schedule": "constant", "learning_rate": 0.05} | settings)
            crew = crews.enter_context(Crew(workers))
            return Trainer(network, settings, _part(images, 1), _part(validation, 2), theta, seed, crew)

        yield make


def _part(count, seed):
    """Images whose class is the brightest of three columns."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, *IN_SHAPE), np.uint8)
    return Part(images, images.sum(axis=1).argmax(axis=1).astype(np.uint8))
