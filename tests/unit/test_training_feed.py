"""Shards that are augmented beside the step: by whomever and whenever, the same images; a failure ends the run."""

import threading

import numpy as np
import pytest

from numink.crew import Crew
from numink.nn.activations import ReLU
from numink.training.callbacks import Callback
from numink.training.feed import Feed
from small_training import noisy, part, small_trainer

PLAN = {"batch_size": 8, "epochs": 3, "shards": 3}
PATIENCE_SECONDS = 20


class Failure(BaseException):
    """Not even an Exception."""


def feed(augment, crew, images=30):
    train = part(images, 1)
    return Feed(train.images, train.labels, augment, crew)


def outcome(call):
    """What `call` gave or raised, in a thread of its own: a crew that hangs must not hang the tests."""
    ended = []

    def run():
        try:
            ended.append(call())
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    assert ended, "it hangs"
    return ended[0]


@pytest.mark.parametrize("rows", [np.array([5, 3, 29]), slice(3, 9), np.array([], int)])
def test_what_was_made_beside_is_what_would_have_been_made_on_the_spot(rows):
    with Crew(2) as crew:
        ahead, late = feed(noisy, crew), feed(noisy, crew)
        ahead.prepare([rows, rows], (0, 1, 2))
        taken = [ahead.take(rows, (0, 1, 2, shard)) for shard in (0, 1)]
        made = [late.take(rows, (0, 1, 2, shard)) for shard in (0, 1)]

    train = part(30, 1)
    for (images, labels, here), (again, *_) in zip(taken, made, strict=True):
        np.testing.assert_array_equal(images[here], again)
        np.testing.assert_array_equal(labels[here], train.labels[rows])
    if len(train.images[rows]):
        assert (taken[0][0] != taken[1][0]).any()  # two shards, two streams


def test_without_augmentation_there_is_nothing_to_make():
    with Crew(2) as crew:
        plain, before = feed(None, crew), threading.active_count()
        images, labels, rows = plain.take(slice(3, 9), (0, 0, 0, 0))

        assert images is plain.images
        assert labels is plain.labels
        assert rows == slice(3, 9)
        small_trainer(crew=crew, **PLAN).run([])
        assert threading.active_count() == before


def test_one_worker_alone_has_no_thread_beside():
    before = threading.active_count()
    with Crew(1) as crew:
        alone = feed(noisy, crew)
        alone.prepare([slice(0, 3)], (0, 0, 0))

        assert threading.active_count() == before
        assert alone.take(slice(0, 3), (0, 0, 0, 0))[0].shape == (3, 4, 3)


def test_what_the_thread_has_not_begun_in_time_is_made_by_who_needs_it():
    begun, go_on, by = threading.Event(), threading.Event(), []

    def waiting(images, rng):
        by.append(threading.get_ident())
        if len(by) == 1:
            begun.set()
            assert go_on.wait(PATIENCE_SECONDS)
        return noisy(images, rng)

    with Crew(2) as crew:
        slow = feed(waiting, crew)
        slow.prepare([slice(0, 3), slice(3, 6)], (0, 0, 1))
        assert begun.wait(PATIENCE_SECONDS)
        second = slow.take(slice(3, 6), (0, 0, 1, 1))[0]
        go_on.set()
        first = slow.take(slice(0, 3), (0, 0, 1, 0))[0]

    assert by[0] != by[1] == threading.get_ident()
    assert len(by) == 2
    for shard, images in enumerate([first, second]):
        expected = feed(noisy, Crew(1)).take(slice(3 * shard, 3 * shard + 3), (0, 0, 1, shard))[0]
        np.testing.assert_array_equal(images, expected)


def test_the_next_step_is_prepared_and_no_more():
    """At the end of an epoch nothing is; what was taken is not kept."""
    left = []

    class Look(Callback):
        def on_step_end(self, trainer):
            left.append(sorted(trainer.feed._begun))

    with Crew(2) as crew:
        small_trainer(crew=crew, augment=noisy, **PLAN | {"epochs": 2}).run([Look()])

    nexts = [[(0, epoch, step, shard) for shard in range(3)] for epoch in (0, 1) for step in (1, 2, 3, None)]
    assert left == [[] if keys[0][2] is None else keys for keys in nexts]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, Failure, SystemExit])
@pytest.mark.parametrize("call", [1, 2, 9])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_failure_of_augmentation_ends_the_run(workers, call, failure):
    calls = []

    def failing(images, rng):
        calls.append(None)
        if len(calls) >= call:
            raise failure("planted")
        return noisy(images, rng)

    def train():
        with Crew(workers) as crew:
            small_trainer(crew=crew, augment=failing, **PLAN).run([])

    before = threading.active_count()
    error = outcome(train)
    assert isinstance(error, failure)
    assert str(error) == "planted"
    assert threading.active_count() == before


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("augment", [None, noisy])
@pytest.mark.parametrize("call", [1, 5, 30])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_failure_of_a_layer_ends_the_run(monkeypatch, workers, call, augment, failure):
    monkeypatch.setattr("numink.training.trainer.WORTH_SHARING", 0)
    calls, forward = [], ReLU.forward

    def failing(*arguments):
        calls.append(None)
        if len(calls) == call:
            raise failure("planted")
        return forward(*arguments)

    monkeypatch.setattr(ReLU, "forward", failing)

    def train():
        with Crew(workers) as crew:
            small_trainer(("dense 6", "relu", "dense 3"), crew=crew, augment=augment, **PLAN).run([])

    before = threading.active_count()
    error = outcome(train)
    assert isinstance(error, failure)
    assert str(error) == "planted"
    assert threading.active_count() == before


def test_ctrl_c_twice_while_the_thread_is_at_work_ends_at_once():
    """The second press is a KeyboardInterrupt in the main thread, wherever it is; here, in a callback."""

    class Press(Callback):
        def on_step_end(self, trainer):
            if trainer.state.steps == 2:
                raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), Crew(3) as crew:
        small_trainer(crew=crew, augment=noisy, **PLAN).run([Press()])
    assert threading.active_count() == before
