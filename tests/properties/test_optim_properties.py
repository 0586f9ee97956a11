"""Blocks and threads never change a bit of an update; schedules keep to their bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numink.optim.rules import OPTIMIZERS
from numink.optim.schedules import END, SCHEDULES, START, WARM_UP
from numink.optim.update import BLOCK, Updater

sizes = st.sampled_from([1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 5])


def updated(optimizer, size, weights, shards, parts):
    """Theta and the optimiser's memory after three updates, shared out by `parts`."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=size).astype(np.float32)
    updater = Updater(optimizer, 0.1, theta, weights)
    for step in range(1, 4):
        updater.steps = step
        gradients = [rng.normal(size=size).astype(np.float32) for _ in range(shards)]
        for worker, part in enumerate(parts(updater.blocks(size))):
            updater.update(theta, gradients, 0.01, part, worker)
    return [theta, *updater.memory.values()]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@settings(deadline=None, max_examples=10)
@given(size=sizes, share=st.floats(0, 1), shards=st.integers(1, 3), workers=st.integers(1, 4))
def test_the_number_of_threads_changes_no_bit(optimizer, size, share, shards, workers):
    weights = round(share * size)

    one = updated(optimizer, size, weights, shards, lambda blocks: [range(blocks)])
    several = updated(
        optimizer,
        size,
        weights,
        shards,
        lambda blocks: [
            range(blocks * worker // workers, blocks * (worker + 1) // workers) for worker in reversed(range(workers))
        ],
    )

    for ours, theirs in zip(one, several, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("size", [5, 99, 100])
def test_the_size_of_the_blocks_changes_no_bit(monkeypatch, optimizer, size):
    whole = updated(optimizer, size, 60, 2, lambda blocks: [range(blocks)])

    monkeypatch.setattr("numink.optim.update.BLOCK", 33)

    for ours, theirs in zip(whole, updated(optimizer, size, 60, 2, lambda blocks: [range(blocks)]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@settings(deadline=None)
@given(st.integers(1, 4), sizes)
def test_the_sum_of_the_gradients_is_that_in_the_order_of_the_shards(shards, size):
    gradients = [np.random.default_rng(shard).normal(size=size).astype(np.float32) for shard in range(shards)]
    in_order = gradients[0].copy()
    for gradient in gradients[1:]:
        in_order += gradient
    theta = np.zeros(size, np.float32)
    updater = Updater("gradient-descent", 0.0, theta, size)

    updater.update(theta, gradients, 1.0, range(updater.blocks(size)))

    np.testing.assert_array_equal(theta, -in_order)


@settings(deadline=None)
@given(st.sampled_from(sorted(SCHEDULES)), st.floats(0, 1))
def test_a_schedule_stays_between_0_and_1(name, progress):
    assert 0 <= SCHEDULES[name](progress) <= 1 + 1e-12


@settings(deadline=None)
@given(st.sampled_from(["step", "cosine"]), st.floats(0, 1), st.floats(0, 1))
def test_step_and_cosine_only_fall(name, one, other):
    early, late = sorted([one, other])

    assert SCHEDULES[name](early) >= SCHEDULES[name](late)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_one_cycle_rises_then_falls(one, other):
    early, late = sorted([one, other])
    rate = SCHEDULES["one-cycle"]
    if late <= WARM_UP:
        assert rate(early) <= rate(late) + 1e-12
    elif early >= WARM_UP:
        assert rate(early) >= rate(late) - 1e-12


@pytest.mark.parametrize(
    ("name", "begin", "middle", "end"),
    [
        ("constant", 1, 1, 1),
        ("step", 1, 0.1, 0.01),
        ("cosine", 1, 0.5, 0),
        ("one-cycle", START, 0.8117637, END),  # END + (1 - END) (1 + cos(2 pi / 7)) / 2
    ],
)
def test_schedules_at_the_start_the_middle_and_the_end(name, begin, middle, end):
    rate = SCHEDULES[name]

    assert rate(0) == pytest.approx(begin)
    assert rate(0.5) == pytest.approx(middle, abs=1e-7)
    assert rate(1) == pytest.approx(end)


def test_one_cycle_is_highest_after_its_warm_up():
    rate = SCHEDULES["one-cycle"]

    assert rate(WARM_UP) == 1
    assert rate(WARM_UP / 2) == pytest.approx((START + 1) / 2)  # half a cosine passes through its middle
    assert rate(WARM_UP - 1e-9) == pytest.approx(1)
