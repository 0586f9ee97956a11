"""The loop: what it does step by step, when it ends, and what it keeps."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from numink.crew import Crew
from numink.errors import DataError, RecipeError
from numink.training.callbacks import Callback, EarlyStop
from numink.training.trainer import Trainer
from small_training import part, small_trainer

NORM = ("dense 6", "norm", "relu", "dense 3")


class Watch(Callback):
    """Writes down what the other callbacks would see."""

    def __init__(self):
        self.calls, self.seen, self.thetas = [], [], []

    def on_train_begin(self, trainer):
        self.calls.append("begin")

    def on_step_end(self, trainer):
        self.calls.append("step")
        self.seen.append(trainer.state.seen)

    def on_epoch_end(self, trainer):
        self.calls.append("epoch")
        self.thetas.append(trainer.state.theta.copy())

    def on_train_end(self, trainer):
        self.calls.append("end")


def plain_training(trainer, theta):
    """The same training in a few lines: theta, and each epoch's mean loss."""
    X, y = trainer.train.images.reshape(30, 12) / 255, trainer.train.labels
    W1, W2 = theta[:72].reshape(12, 6), theta[72:90].reshape(6, 3)
    b1, b2 = theta[90:96], theta[96:]
    losses = []
    for epoch in range(trainer.epochs):
        order, total = trainer.order(epoch), 0.0
        order = np.arange(30) if order is None else order
        for first in range(0, 30, trainer.batch_size):
            rows = order[first : first + trainer.batch_size]
            A = np.tanh(X[rows] @ W1 + b1)
            P = np.exp(A @ W2 + b2)
            P /= P.sum(axis=1, keepdims=True)
            total -= np.log(P[np.arange(len(rows)), y[rows]]).sum()
            dZ2 = (P - np.eye(3)[y[rows]]) / len(rows)
            dZ1 = dZ2 @ W2.T * (1 - A**2)
            for parameters, gradient in [(W2, A.T @ dZ2), (b2, dZ2.sum(0)), (W1, X[rows].T @ dZ1), (b1, dZ1.sum(0))]:
                parameters -= 0.3 * gradient
        losses.append(total / 30)
    return theta, losses


@pytest.mark.parametrize("batch_size", ["all", 30, 1000, 8, 1])
@pytest.mark.parametrize("shards", [1, 3])
def test_training_is_the_plain_loop(batch_size, shards):
    """With 8 the last batch of each epoch has 6 images, and its gradient is divided by 6."""
    trainer = small_trainer(
        optimizer="gradient-descent", learning_rate=0.3, batch_size=batch_size, epochs=4, shards=shards
    )
    theta, losses = plain_training(trainer, trainer.state.theta.copy())

    state = trainer.run([])

    np.testing.assert_allclose(state.theta, theta, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(state.history["loss"], losses, rtol=1e-12)


def test_the_optimiser_counts_its_steps_from_the_first_of_all():
    trainer, counted = small_trainer(batch_size=8, epochs=2), []
    update = trainer.updater.update

    def counting(theta, gradients, learning_rate, step):
        counted.append(step)
        update(theta, gradients, learning_rate, step)

    trainer.updater.update = counting
    trainer.run([])

    assert counted == [1, 2, 3, 4, 5, 6, 7, 8]


def test_callbacks_are_called_in_order():
    watch = Watch()

    state = small_trainer(batch_size=8, epochs=2).run([watch])

    epoch = ["step"] * 4 + ["epoch"]
    assert watch.calls == ["begin", *epoch, *epoch, "end"]
    assert watch.seen == [8, 16, 24, 30] * 2
    assert (state.epoch, state.step, state.steps, state.seen) == (2, 0, 8, 0)
    assert state.history["epoch"] == [1, 2]
    assert state.history["step"] == [4, 8]


def test_iterations_may_end_in_the_middle_of_an_epoch():
    watch = Watch()

    state = small_trainer(batch_size=8, epochs=0, iterations=6).run([watch])

    assert watch.calls == ["begin", *["step"] * 4, "epoch", "step", "step", "epoch", "end"]
    assert state.steps == 6
    assert state.history["step"] == [4, 6]
    assert state.history["epoch"] == [1, 2]


def test_iterations_count_steps_and_not_epochs():
    few = small_trainer(batch_size=8, epochs=0, iterations=8).run([])
    epochs = small_trainer(batch_size=8, epochs=2).run([])

    np.testing.assert_array_equal(few.theta, epochs.theta)


def test_every_epoch_takes_every_image_once_in_an_order_of_its_own():
    trainer = small_trainer(batch_size=8)
    first, second = trainer.order(0), trainer.order(1)

    for order in (first, second):
        np.testing.assert_array_equal(np.sort(order), np.arange(30))
    assert (first != second).any()
    np.testing.assert_array_equal(first, small_trainer(batch_size=8).order(0))
    assert (first != small_trainer(batch_size=8, seed=1).order(0)).any()


def test_the_order_and_the_first_dropout_mask_are_drawn_from_two_streams():
    """A seed sequence is padded with zeros: [seed, epoch] would be the stream of (seed, epoch, step 0, shard 0)."""
    order = small_trainer(batch_size=8).order(3)

    assert (order != np.random.default_rng([0, 3, 0, 0]).permutation(30)).any()


def test_a_seed_gives_the_same_weights_and_another_seed_others():
    words = ("dense 6", "relu", "dropout 0.4", "dense 3")
    one, again, other = (
        small_trainer(words, batch_size=8, epochs=3, shards=2, seed=seed).run([]).theta for seed in (7, 7, 8)
    )

    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_the_history_is_what_the_weights_give():
    trainer = small_trainer(batch_size=8, epochs=3, schedule="cosine", learning_rate=0.1)
    watch = Watch()

    history = trainer.run([watch]).history

    for epoch, theta in enumerate(watch.thetas):
        trainer.state.theta[:] = theta
        loss, accuracy = trainer.judge(trainer.validation.images, trainer.validation.labels)
        assert (history["validation_loss"][epoch], history["validation_accuracy"][epoch]) == (loss, accuracy)
    last_steps = np.array([3, 7, 11])  # of 12, counted from 0
    np.testing.assert_allclose(history["learning_rate"], 0.05 * (1 + np.cos(np.pi * last_steps / 12)))
    assert all(before <= after for before, after in zip(history["seconds"], history["seconds"][1:], strict=False))


def test_judging_counts_and_averages():
    trainer = small_trainer()
    trainer.state.theta[:] = 0  # every class equally likely, and the first is answered

    loss, accuracy = trainer.judge(trainer.validation.images, trainer.validation.labels)

    assert loss == pytest.approx(np.log(3))
    assert accuracy == (trainer.validation.labels == 0).mean()
    assert np.isnan(trainer.judge(trainer.validation.images[:0], trainer.validation.labels[:0])).all()


def scripted(trainer, accuracies):
    """The trainer, its validation accuracies being these."""
    script = iter(accuracies)
    trainer.judge = lambda images, labels: (1.0, next(script))
    return trainer


def test_the_weights_of_the_best_epoch_are_kept():
    watch = Watch()

    state = scripted(small_trainer(batch_size=8, epochs=5), [0.1, 0.5, 0.5, 0.3, 0.4]).run([watch])

    assert (state.best_epoch, state.best_accuracy) == (3, 0.5)  # of equals the last
    np.testing.assert_array_equal(state.best_theta, watch.thetas[2])
    assert (state.best_theta != state.theta).any()


def test_without_validation_images_the_last_weights_are_kept():
    state = small_trainer(validation=0, batch_size=8, epochs=3).run([])

    assert state.best_epoch == 3
    np.testing.assert_array_equal(state.best_theta, state.theta)
    assert np.isnan(state.history["validation_accuracy"]).all()


def test_early_stop_waits_for_as_many_epochs_as_it_was_told():
    trainer = scripted(small_trainer(batch_size=8, epochs=20), [0.1, 0.5, 0.3, 0.4, 0.6, 0.5, 0.5, 0.5, 0.9])

    state = trainer.run([EarlyStop(3)])

    assert state.epoch == 8
    assert state.best_epoch == 5
    assert "no progress" in state.stop


def test_as_good_as_the_best_is_no_progress():
    trainer = scripted(small_trainer(batch_size=8, epochs=20), [0.1] * 20)

    assert trainer.run([EarlyStop(3)]).epoch == 4


def test_a_callback_that_stops_is_obeyed_after_the_step():
    class Stop(Callback):
        def on_step_end(self, trainer):
            if trainer.state.steps == 6:
                trainer.state.stop = "enough"

    watch = Watch()
    state = small_trainer(batch_size=8, epochs=20).run([Stop(), watch])

    assert watch.calls == ["begin", *["step"] * 4, "epoch", "step", "step", "end"]
    assert (state.epoch, state.step, state.seen, state.stop) == (1, 2, 16, "enough")


@pytest.mark.parametrize("validation", [0, 12])
@pytest.mark.parametrize("batch_size", ["all", 8])
@pytest.mark.parametrize("optimizer", ["gradient-descent", "momentum", "adam"])
@pytest.mark.parametrize("learning_rate", [1e30, 1e38])
def test_a_loss_that_is_not_finite_stops_and_leaves_weights_that_can_be_used(
    validation, batch_size, optimizer, learning_rate
):
    """At 1e38 the step itself overflows, and the loss would be seen not to be finite only an epoch too late."""
    trainer = small_trainer(
        ("dense 6", "relu", "dense 3"),
        validation=validation,
        optimizer=optimizer,
        batch_size=batch_size,
        learning_rate=learning_rate,
        epochs=30,
        dtype="float32",
    )

    state = trainer.run([])

    assert state.diverged
    assert state.stop.startswith("the loss became")
    state.theta[:] = state.best_theta
    assert np.isfinite(state.theta).all()
    if validation:
        assert np.isfinite(trainer.judge(trainer.validation.images, trainer.validation.labels)[0])


def test_a_step_whose_loss_is_not_finite_is_not_taken():
    words = ("dense 6", "relu", "dense 3")
    plan = {"optimizer": "gradient-descent", "batch_size": 8, "learning_rate": 1e30, "dtype": "float32"}

    state = small_trainer(words, epochs=30, **plan).run([])

    assert state.diverged
    assert state.step > 0  # in the middle of an epoch
    assert np.isfinite(state.theta).all()
    assert np.isfinite(state.loss_sum)


def test_images_without_labels_and_no_images_are_refused_in_one_line():
    trainer = small_trainer()
    part, state = trainer.train, trainer.state

    def begin(train, validation):
        type(trainer)(trainer.network, trainer.settings, train, validation, state.theta, 0, trainer.crew)

    unlabelled = type(part)(part.images)
    for train, validation in [(unlabelled, part), (part, unlabelled)]:
        with pytest.raises(DataError, match="no labels"):
            begin(train, validation)
    with pytest.raises(DataError, match="no images to train on"):
        begin(type(part)(part.images[:0], part.labels[:0]), part)


def test_memory_does_not_grow_with_a_full_batch():
    def peak(images):
        trainer = small_trainer(images=images, batch_size="all", epochs=0, iterations=2, shards=2, dtype="float32")
        tracemalloc.start()
        trainer.run([])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak(32_000) < 1.1 * peak(8_000)


@pytest.mark.parametrize(("batch_size", "shards", "images"), [(1, 1, 30), (3, 2, 30), (2, 3, 30), ("all", 2, 3)])
def test_norm_on_rows_needs_two_images_a_shard(batch_size, shards, images):
    """One alone is its own mean: all of its numbers become 0, and nothing is learnt."""
    for words in (NORM, ("flatten", ["residual", "norm"], "dense 3")):
        with pytest.raises(RecipeError, match=rf"norm on rows needs two images a shard.* {2 * shards} or more, but of"):
            small_trainer(words, batch_size=batch_size, shards=shards, images=images)


@pytest.mark.parametrize(("words", "batch_size"), [(NORM, 6), (("conv 2 2x2", "norm", "flatten", "dense 3"), 2)])
def test_two_images_a_shard_are_enough_and_of_maps_one(words, batch_size):
    assert small_trainer(words, batch_size=batch_size, shards=3, epochs=1).run([]).epoch == 1


def test_a_shard_that_norm_would_take_too_much_memory_for_is_refused_with_an_estimate():
    wide = ("dense 100000", "norm", "relu", "dense 3")  # 2.4 MB an image
    with pytest.raises(
        RecipeError, match=r"2,000 of them ask for about 4\.8 GB, of at most 4; lower train\.batch_size"
    ):
        small_trainer(wide, batch_size="all", images=2000)

    small_trainer(wide, batch_size="all", images=2000, shards=2)
    small_trainer(("dense 100000", "relu", "dense 3"), batch_size="all", images=2000)  # worked through in pieces


@pytest.mark.parametrize("wrong", ["train", "validation"])
def test_images_of_another_size_than_the_networks_are_refused(wrong):
    """Convolution and global pooling would take them, and the model that came of it would not."""
    good = small_trainer(("conv 3 2x2", "global-pool"))
    parts = {"train": part(30, 1), "validation": part(12, 2)}
    parts[wrong] = replace(parts[wrong], images=parts[wrong].images.repeat(2, axis=1))
    with pytest.raises(DataError, match="images of 4 x 3 are needed, but 8 x 3 came"):
        Trainer(good.network, good.settings, **parts, theta=good.state.theta, seed=0, crew=Crew(1))
