"""Augmentation in training: which images are learnt from, by whose randomness, and what stays as it was."""

import numpy as np
import pytest

from numink.crew import Crew
from small_training import noisy, part, small_trainer

WORDS = ("dense 6", "relu", "dropout 0.3", "dense 3")
PLAN = {"batch_size": 8, "epochs": 3, "shards": 3}


@pytest.fixture(autouse=True)
def always_sharing(monkeypatch):
    """So little work would otherwise be done by one thread."""
    monkeypatch.setattr("numink.training.trainer.WORTH_SHARING", 0)


def trained(*, workers=1, augment=noisy, **plan):
    with Crew(workers) as crew:
        return small_trainer(WORDS, crew=crew, augment=augment, **PLAN | plan).run([])


def test_the_network_learns_from_what_the_augmentation_returns():
    trainer = small_trainer(WORDS)
    start, end = (
        [views for views in trainer.network.layout.views(theta) if vars(views)]
        for theta in (trainer.state.theta, trained(augment=lambda images, rng: np.zeros_like(images)).theta)
    )

    # All inputs being 0, the first weights have no gradient; the biases learn how many there are of each class
    assert np.array_equal(start[0].W, end[0].W)
    assert not np.array_equal(start[-1].b, end[-1].b)


def test_an_augmentation_that_changes_nothing_changes_nothing():
    assert np.array_equal(trained(augment=lambda images, rng: images.copy()).theta, trained(augment=None).theta)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_image_is_altered_once_an_epoch_and_the_images_themselves_are_not_touched(workers):
    seen = []

    def watching(images, rng):
        seen.append(images.copy())
        return noisy(images, rng)

    with Crew(workers) as crew:
        trainer = small_trainer(WORDS, crew=crew, augment=watching, **PLAN)
        trainer.run([])
    originals = {image.tobytes() for image in part(30, 1).images}

    assert {image.tobytes() for batch in seen for image in batch} == originals
    assert sum(len(batch) for batch in seen) == 3 * 30
    assert np.array_equal(trainer.train.images, part(30, 1).images)
    assert np.array_equal(trainer.validation.images, part(12, 2).images)


@pytest.mark.parametrize("workers", [2, 3])
def test_the_images_do_not_depend_on_the_workers(workers):
    assert trained(workers=workers).theta.tobytes() == trained().theta.tobytes()


def test_each_shard_of_each_step_of_each_seed_gives_other_images():
    made = []

    def keeping(images, rng):
        made.append(noisy(np.zeros_like(images), rng))
        return images

    for seed in (0, 0, 1):
        small_trainer(WORDS, augment=keeping, seed=seed, batch_size="all", epochs=2, shards=2).run([])
    first, again, other = made[:4], made[4:8], made[8:]

    assert [batch.tobytes() for batch in first] == [batch.tobytes() for batch in again]
    assert len({batch.tobytes() for batch in first + other}) == 8


def test_images_and_dropout_masks_are_drawn_from_two_streams():
    drawn = []
    small_trainer(augment=lambda images, rng: drawn.append(rng.random(5)) or images, epochs=1).run([])

    assert (drawn[0] != np.random.default_rng([0, 0, 0, 0]).random(5)).all()
    np.testing.assert_array_equal(drawn[0], np.random.default_rng([0, 0, 0, 0, *b"augment"]).random(5))


def test_the_images_of_a_shard_do_not_depend_on_the_pieces():
    whole = trained(batch_size="all").theta
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numink.nn.network.Network.piece", 7)  # 30 images, in three shards of two pieces each
        pieces = trained(batch_size="all").theta

    np.testing.assert_allclose(pieces, whole, rtol=1e-9)
