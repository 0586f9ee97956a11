"""What follows the optimiser's step: the average of the weights, and the running averages of statistics."""

from itertools import pairwise

import numpy as np
import pytest

from numink.errors import RunError
from numink.optim.update import BLOCK, Average, follow
from numink.training.callbacks import Callback
from numink.training.checkpoint import load_checkpoint, save_checkpoint
from small_training import small_trainer

NORM = ("dense 6", "norm", "relu", "dense 3")


class Steps(Callback):
    """Theta after each step."""

    def __init__(self):
        self.thetas = []

    def on_train_begin(self, trainer):
        self.on_step_end(trainer)

    def on_step_end(self, trainer):
        self.thetas.append(trainer.state.theta.copy())


def averages(decay, thetas):
    """From the first of these, the average after each of the others."""
    theta = np.array([thetas[0]], float)
    average = Average(decay, theta)
    for step, value in enumerate(thetas[1:], start=1):
        theta[:] = value
        average.update(theta, step)
        yield float(average.vector[0])


def test_three_steps_by_hand():
    """Kept are 1/10, 2/11 and 3/12, unless the decay is less."""
    np.testing.assert_allclose([*averages(0.9, [7, 1, 2, 4])], [1.6, (3.2 + 18) / 11, 5.3 / 11 + 3], rtol=1e-12)
    np.testing.assert_allclose([*averages(0.15, [7, 1, 2, 4])], [1.6, 0.24 + 1.7, 0.291 + 3.4], rtol=1e-12)


def test_in_the_end_it_is_the_decay_that_is_kept():
    *_, before, after = averages(0.99, [0] * 2000 + [1])

    assert (before, after) == (0, pytest.approx(0.01))


@pytest.mark.parametrize("size", [1, BLOCK, 2 * BLOCK + 5])
def test_a_long_vector_is_averaged_as_a_short_one(size):
    rng = np.random.default_rng(0)
    thetas = rng.normal(size=(4, size)).astype(np.float32)
    average = Average(0.15, thetas[0])
    expected = thetas[0].astype(float)
    for step, kept in [(1, 0.1), (2, 0.15), (3, 0.15)]:
        average.update(thetas[step], step)
        expected = kept * expected + (1 - kept) * thetas[step]

    assert average.vector.dtype == np.float32
    np.testing.assert_allclose(average.vector, expected, atol=1e-6)


@pytest.mark.parametrize("words", [("dense 6", "relu", "dense 3"), NORM])
def test_what_is_judged_and_kept_is_the_average(words):
    steps = Steps()
    trainer = small_trainer(words, batch_size=8, epochs=1, average=0.3)
    state = trainer.run([steps])
    expected = steps.thetas[0]
    for step, theta in enumerate(steps.thetas[1:]):
        kept = min(0.3, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * theta

    np.testing.assert_allclose(state.average, expected, rtol=1e-12)
    np.testing.assert_array_equal(state.best_theta, state.average)
    assert (state.average != state.theta).any()
    plain = small_trainer(words, batch_size=8, epochs=1)
    plain.state.theta[:] = state.average
    loss, accuracy = plain.judge(plain.validation.images, plain.validation.labels)
    assert state.history["validation_loss"] == [loss]
    assert state.history["validation_accuracy"] == [accuracy]


def test_averaging_changes_nothing_of_how_the_weights_are_found():
    with_, without = (small_trainer(batch_size=8, epochs=2, average=decay).run([]) for decay in (0.9, 0.0))

    np.testing.assert_array_equal(with_.theta, without.theta)
    assert with_.history["loss"] == without.history["loss"]
    assert without.average is None
    assert "average" not in without.arrays()


@pytest.mark.parametrize(("written", "read"), [(0.0, 0.9), (0.9, 0.0)])
def test_a_checkpoint_with_and_one_without_an_average_are_not_taken_for_each_other(tmp_path, written, read):
    save_checkpoint(tmp_path / "checkpoint", small_trainer(average=written).state, {})

    with pytest.raises(RunError, match="its arrays are not those of its network"):
        load_checkpoint(tmp_path / "checkpoint", small_trainer(average=read).state)


def test_a_loss_that_is_not_finite_leaves_an_average_that_can_be_used():
    plan = {"optimizer": "gradient-descent", "batch_size": 8, "learning_rate": 1e38, "dtype": "float32"}
    for validation in (0, 12):
        trainer = small_trainer(NORM, validation=validation, epochs=9, average=0.5, **plan)
        state = trainer.run([])

        assert state.diverged
        assert np.isfinite(state.best_theta).all()


def test_running_averages_by_hand():
    """A tenth of the way, from 1 and 5, to the mean of 2 and 4, and of 0 and 0."""
    buffers = np.array([1.0, 5.0])
    follow(buffers, [np.array([2.0, 0.0]), np.array([4.0, 0.0])], 2)

    np.testing.assert_allclose(buffers, [1.2, 4.5], rtol=1e-12)


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("batch_size", [10, 8, "all"])  # of 31, the last batch having 1 (fewer than shards) or 7
@pytest.mark.parametrize("optimizer", ["momentum", "adamw"])
def test_the_buffers_are_the_running_averages_of_each_shards_statistics(shards, batch_size, optimizer):
    steps = Steps()
    plan = {"batch_size": batch_size, "epochs": 2, "optimizer": optimizer, "weight_decay": 0.1}
    trainer = small_trainer(NORM, images=31, shards=shards, **plan)
    vars(trainer.network)["piece"] = 2  # which a network that normalises does not work in
    trainer.run([steps])
    layout, X = trainer.network.layout, trainer.train.images.reshape(31, 12) / 255
    mean, variance, before = np.zeros(6), np.ones(6), iter(steps.thetas)
    for epoch in range(2):
        order = trainer.order(epoch)
        order = np.arange(31) if order is None else order
        for first in range(0, 31, trainer.batch_size):
            dense = layout.views(next(before))[2]
            batch = X[order[first : first + trainer.batch_size]] @ dense.W + dense.b
            bounds = [len(batch) * shard // shards for shard in range(shards + 1)]
            parts = [batch[a:b] for a, b in pairwise(bounds) if b > a]
            mean += 0.1 * (np.mean([part.mean(axis=0) for part in parts], axis=0) - mean)
            variance += 0.1 * (np.mean([part.var(axis=0) for part in parts], axis=0) - variance)

    norm = layout.views(trainer.state.theta)[3]
    np.testing.assert_allclose(norm.mean, mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(norm.variance, variance, rtol=1e-9)
    assert all(vector.shape == (layout.size,) for vector in trainer.state.memory.values())
    assert layout.length == layout.size + 12
