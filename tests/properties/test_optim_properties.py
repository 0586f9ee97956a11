"""The size of the blocks never changes a bit of an update; schedules keep to their bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numink.optim.rules import OPTIMIZERS
from numink.optim.schedules import END, SCHEDULES, START, WARM_UP
from numink.optim.update import BLOCK, Updater


def updated(optimizer, size, weights, shards):
    """Theta, the optimiser's memory and the sums of gradients after three updates."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=size).astype(np.float32)
    updater = Updater(optimizer, 0.1, theta, weights)
    for step in range(1, 4):
        gradients = [rng.normal(size=size).astype(np.float32) for _ in range(shards)]
        updater.update(theta, gradients, 0.01, step)
    return [theta, gradients[0], *updater.memory.values()]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@settings(deadline=None, max_examples=25)
@given(size=st.integers(1, 100), block=st.integers(1, 101), share=st.floats(0, 1), shards=st.integers(1, 3))
def test_the_size_of_the_blocks_changes_no_bit(optimizer, size, block, share, shards):
    whole = updated(optimizer, size, round(share * size), shards)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numink.optim.update.BLOCK", block)
        blocks = updated(optimizer, size, round(share * size), shards)

    for ours, theirs in zip(whole, blocks, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@settings(deadline=None)
@given(st.integers(1, 4), st.sampled_from([1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5]))
def test_the_gradients_are_added_in_the_order_of_the_shards(shards, size):
    gradients = [np.random.default_rng(shard).normal(size=size).astype(np.float32) for shard in range(shards)]
    in_order = gradients[0].copy()
    for gradient in gradients[1:]:
        in_order += gradient
    theta = np.zeros(size, np.float32)

    Updater("gradient-descent", 0.0, theta, size).update(theta, gradients, 1.0, 1)

    np.testing.assert_array_equal(theta, -in_order)
    np.testing.assert_array_equal(gradients[0], in_order)


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
