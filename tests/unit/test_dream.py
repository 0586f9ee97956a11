"""Images that please: bytes, seeded, and liked better than what they began as."""

import numpy as np
import pytest

from explained import SMALL, model, quiet
from numink.understand.explain import dream as module
from numink.understand.explain.dream import dream


@pytest.mark.parametrize("words", [SMALL, ("conv 4 5x5", "pool 2x2", "norm", "relu", "flatten", "dense 10")])
def test_each_class_is_sure_of_its_image(words):
    one, heard = model(words), []

    made = dream(one, heard.append)

    assert made.images.shape == (10, 28, 28)
    assert made.images.dtype == np.uint8
    assert made.images.max() > 100  # ink, and paper
    assert (made.images < 20).mean() > 0.2
    np.testing.assert_array_equal(one.predict(made.images), np.arange(10))
    np.testing.assert_allclose(made.probabilities, one.probabilities(made.images).diagonal())
    assert len(heard) == module.STEPS


def test_the_same_seed_gives_the_same_images():
    first, again, other = (dream(model(), quiet, seed) for seed in (0, 0, 1))

    np.testing.assert_array_equal(first.images, again.images)
    assert (first.images != other.images).any()


def test_ink_goes_where_a_linear_model_wants_it():
    one = model(("dense 10",))
    W = one.network.layout.views(one.theta)[-1].W
    W[...] = 0
    W.reshape(28, 28, 10)[8:14, 10:16, 3] = 1

    image = dream(one, quiet).images[3]

    assert image[8:14, 10:16].mean() > 200
    assert np.delete(image.ravel(), np.flatnonzero(W[:, 3])).mean() < 40
