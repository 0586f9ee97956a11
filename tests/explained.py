"""Untrained models of any shape, and a digit for them: what the tests of `numink explain` share."""

import numpy as np

from fake_digits import images_and_labels
from numink.data.digits import Part
from numink.model import Model, initial_weights
from numink.nn.layers import Pixels
from numink.recipe import Recipe, from_tables

SMALL = ("dense 15", "elu", "dense 10")
DEEP = ("conv 3 5x5", "pool 2x2", "norm", "relu", "flatten", "dropout 0.3", "dense 10")
BRANCHED = ("conv 4 3x3 stride 2", ["residual", "conv 4 3x3 same", "tanh"], "drop-maps 0.1", "average-pool 3x3", "silu")
ENDLESS = (*BRANCHED, "conv 10 1x1", "global-pool")
"""Without any dense layer."""


def model(words=SMALL, *, seed=0, name="plain", learning_rate=0.1, shifts=0, **network):
    """A model that has learnt nothing, its statistics of norm no longer those of the start."""
    tables = {
        "network": {"layers": list(words), **network},
        "train": {"learning_rate": learning_rate},
        "use": {"shifts": shifts},
    }
    recipe, pixels = from_tables(tables, Recipe(name)), Pixels()
    made = Model(recipe, pixels, initial_weights(recipe, pixels, seed))
    layout = made.network.layout
    made.theta[layout.size :] = np.random.default_rng(seed).uniform(0.1, 0.5, layout.length - layout.size)
    return made


def digit(number=3, count=20):
    """One image uint8 (28, 28)."""
    return images_and_labels(count, 0)[0][number]


def part(count=200, seed=0):
    """Labelled images."""
    return Part(*images_and_labels(count, seed))


def quiet(line):
    """Hears what is being worked on, and tells nobody."""
