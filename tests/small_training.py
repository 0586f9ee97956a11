"""Trainings of small networks on small images, which take milliseconds."""

import numpy as np

from numink.crew import Crew
from numink.data.digits import Part
from numink.nn.build import build
from numink.nn.init import initialise
from numink.recipe import Train
from numink.training.trainer import Trainer

IN_SHAPE, CLASSES = (4, 3), 3
PLAN = {"shards": 1, "schedule": "constant", "learning_rate": 0.05}


def small_trainer(
    words=("dense 6", "tanh", "dense 3"),
    *,
    images=30,
    validation=12,
    seed=0,
    dtype="float64",
    crew=None,
    augment=None,
    **plan,
):
    """A trainer by itself, or with a crew that the caller has called together."""
    network = build(words, in_shape=IN_SHAPE, classes=CLASSES, dtype=dtype)
    theta = initialise(network.layout, "he", 1.0, seed, dtype)
    settings = Train(**PLAN | plan)
    train, judged = part(images, 1), part(validation, 2)
    return Trainer(network, settings, train, judged, theta, seed, crew or Crew(1), augment)


def part(count, seed):
    """Images whose class is the brightest of three columns."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, *IN_SHAPE), np.uint8)
    return Part(images, images.sum(axis=1).argmax(axis=1).astype(np.uint8))


def noisy(images, rng):
    """An augmentation that images of any size can have."""
    return (images // 2 + rng.integers(0, 128, images.shape)).astype(np.uint8)
