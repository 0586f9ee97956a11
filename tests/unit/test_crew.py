"""Shards, pieces and threads: what a result depends on, and what it does not."""

import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from numink.crew import Crew, processors
from small_training import small_trainer

DROPOUT = ("dense 6", "relu", "dropout 0.4", "dense 5", "norm", "gelu", "dense 3")


@pytest.fixture
def always_sharing(monkeypatch):
    """So little work would otherwise be done by one thread."""
    monkeypatch.setattr("numink.training.trainer.WORTH_SHARING", 0)


@pytest.mark.parametrize("optimizer", ["momentum", "adamw"])
@pytest.mark.parametrize("batch_size", [8, "all"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_number_of_workers_changes_no_bit(always_sharing, monkeypatch, optimizer, batch_size, dtype):
    computing = set()
    work = Crew._work

    def noted(crew, task, parts, worker):
        computing.add(threading.get_ident())
        work(crew, task, parts, worker)

    monkeypatch.setattr(Crew, "_work", noted)
    plan = {"optimizer": optimizer, "batch_size": batch_size, "epochs": 4, "shards": 3, "weight_decay": 0.01}
    plan["average"] = 0.7

    def trained(workers):
        with Crew(workers) as crew:
            return small_trainer(DROPOUT, crew=crew, dtype=dtype, **plan).run([])

    one, two, three, four = map(trained, (1, 2, 3, 4))

    assert len(computing) >= 3  # or the test would compare one thread with itself
    assert np.abs(one.theta).max() > 0
    for other in (two, three, four):
        for name, vector in one.arrays().items():
            np.testing.assert_array_equal(vector, other.arrays()[name], err_msg=name)
        for column in set(one.history) - {"seconds"}:
            assert one.history[column] == other.history[column], column


def test_shards_are_a_part_of_the_result():
    two, three = (small_trainer(DROPOUT, shards=shards, epochs=2).run([]).theta for shards in (2, 3))

    assert (two != three).any()  # they draw other dropout masks


@settings(deadline=None, max_examples=25)
@given(
    images=st.integers(1, 40),
    batch_size=st.integers(1, 45) | st.just("all"),
    shards=st.integers(1, 9),
    words=st.sampled_from([("dense 6", "tanh", "dense 3"), ("conv 4 2x2", "gelu", "pool 2x2", "flatten", "dense 3")]),
)
def test_the_gradients_of_shards_add_up_to_that_of_the_batch(images, batch_size, shards, words):
    """Uneven ones too, and more shards than images."""
    plan = {"images": images, "batch_size": batch_size, "epochs": 2, "optimizer": "gradient-descent"}

    whole, sharded = (small_trainer(words, shards=number, **plan).run([]) for number in (1, shards))

    np.testing.assert_allclose(sharded.theta, whole.theta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(sharded.history["loss"], whole.history["loss"], rtol=1e-9)
    assert sharded.history["accuracy"] == whole.history["accuracy"]


def in_time(call):
    """What `call` raised, in a thread of its own: a crew that hangs must not hang the tests."""
    caught = []

    def run():
        try:
            call()
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive(), "it hangs"
    return caught[0] if caught else None


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("parts", [0, 1, 2, 7, 16])
def test_a_crew_does_each_part_once_and_a_worker_is_one_thread(size, parts):
    done, threads = [0] * parts, {}

    def task(part, worker):
        done[part] += 1
        assert part % size == worker
        assert threads.setdefault(worker, threading.get_ident()) == threading.get_ident()

    with Crew(size) as crew:
        for _ in range(5):
            assert in_time(lambda: crew.share(task, parts)) is None or threads.clear()
            threads.pop(0, None)  # worker 0 is whoever calls

    assert done == [5] * parts


@pytest.mark.parametrize("failing", [{0}, {1}, {2}, {5}, {0, 1, 2}, set(range(6))])
def test_an_error_in_a_part_is_raised_and_the_crew_works_on(failing):
    def task(part, worker):
        if part in failing:
            raise ValueError(f"part {part}")

    done = set()
    with Crew(3) as crew:
        for _ in range(3):
            error = in_time(lambda: crew.share(task, 6))
            assert isinstance(error, ValueError)
            assert int(str(error).removeprefix("part ")) in failing
        assert in_time(lambda: crew.share(lambda part, worker: done.add(part), 6)) is None
    assert done == set(range(6))


def test_the_parts_of_the_other_workers_are_finished_before_an_error_is_raised():
    done = set()

    def task(part, worker):
        if part == 0:
            raise ValueError
        done.add(part)

    with Crew(2) as crew:
        assert isinstance(in_time(lambda: crew.share(task, 6)), ValueError)
        assert done >= {1, 3, 5}


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_each_worker_has_one_blas_thread_and_the_limit_is_lifted_afterwards():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert set(before) == {2}

        with Crew(2):
            assert set(blas_threads()) == {1}
        assert blas_threads() == before

        with pytest.raises(ZeroDivisionError), Crew(2):
            raise ZeroDivisionError
        assert blas_threads() == before


def test_pythons_switch_interval_is_as_it_was_afterwards():
    before = sys.getswitchinterval()
    with Crew(2):
        pass

    assert sys.getswitchinterval() == before


def test_no_thread_is_left_behind():
    before = threading.active_count()
    with Crew(4):
        assert threading.active_count() == before + 3

    assert threading.active_count() == before


def test_there_is_a_processor():
    assert processors() >= 1
