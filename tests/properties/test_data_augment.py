"""Whatever is drawn, at any strength that is allowed: sound pixels, no warning, and no digit made or lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from numink.data import wear
from numink.data.augment import KINDS, parse

SEEDS = st.integers(0, 2**64)
IMAGES = st.one_of(
    arrays.arrays(np.uint8, (3, 28, 28), elements=st.integers(0, 255), fill=st.sampled_from([0, 0, 0, 255])),
    st.sampled_from([0, 1, 255]).map(lambda grey: np.full((3, 28, 28), grey, np.uint8)),
    SEEDS.map(lambda seed: np.random.default_rng(seed).integers(0, 256, (3, 28, 28), np.uint8)),
)


def one_of(names):
    return st.sampled_from(list(names)).flatmap(
        lambda name: st.tuples(*(st.floats(part.low, part.high) for part in KINDS[name].strengths)).map(
            lambda numbers: " ".join([name, *map(repr, numbers)])
        )
    )


@settings(max_examples=300, deadline=None)
@given(words=st.lists(one_of(KINDS), max_size=6), images=IMAGES, seed=SEEDS)
def test_any_chain_gives_images_and_the_same_again(words, images, seed):
    before = images.copy()
    chain = parse(words)
    changed = chain(images, np.random.default_rng(seed))
    assert changed.dtype == np.uint8
    assert changed.shape == images.shape
    assert changed.tobytes() == chain(images, np.random.default_rng(seed)).tobytes()
    np.testing.assert_array_equal(images, before)


@settings(max_examples=150, deadline=None)
@given(words=st.lists(one_of(KINDS), min_size=1, max_size=3), images=IMAGES, other=IMAGES, seed=SEEDS)
def test_no_image_of_any_chain_depends_on_the_others(words, images, other, seed):
    chain = parse(words)
    other[1] = images[1]
    there, here = (chain(batch, np.random.default_rng(seed))[1] for batch in (other, images))
    np.testing.assert_array_equal(there, here)


@settings(max_examples=60, deadline=None)
@given(images=IMAGES, seed=SEEDS)
def test_no_strength_changes_nothing(images, seed):
    words = [f"{name} 0" for name in KINDS if name not in ("elastic", "low-resolution", "reduce")]
    for word in [*words, "elastic 0 4", "low-resolution 28"]:
        changed = parse([word])(images, np.random.default_rng(seed))
        np.testing.assert_array_equal(changed, images, err_msg=word)


@settings(max_examples=60, deadline=None)
@given(images=IMAGES, seed=SEEDS, strength=st.floats(0, 1))
def test_strokes_keep_within_the_greys_and_never_vanish(images, seed, strength):
    changed = wear.stroke(images.astype(np.float32), np.random.default_rng(seed), strength)
    # A share of a difference is rounded
    assert changed.min() >= -1e-3
    assert changed.max() <= 255 + 1e-3
    inked = images.max(axis=(1, 2)) > 0
    assert (changed.max(axis=(1, 2))[inked] >= 1 - 1e-3).all()


@settings(max_examples=60, deadline=None)
@given(images=IMAGES, seed=SEEDS, data=st.data())
def test_gaps_patches_and_paler_ink_add_no_ink_and_marks_take_none(images, seed, data):
    for function, most, sign in (
        (wear.break_strokes, 5, -1),
        (wear.erase, 1, -1),
        (wear.marks, 5, 1),
    ):
        strength = data.draw(st.floats(0, most))
        changed = function(images.astype(np.float32), np.random.default_rng(seed), strength)
        assert (sign * (changed - images) >= 0).all()
        assert changed.min() >= 0
        assert changed.max() <= 255


@settings(max_examples=60, deadline=None)
@given(images=IMAGES, seed=SEEDS, deviation_px=st.floats(0, 2), side_px=st.floats(1, 28))
def test_smoothing_stays_between_the_least_and_the_greatest_grey(images, seed, deviation_px, side_px):
    for function, strength in ((wear.blur, deviation_px), (wear.low_resolution, side_px)):
        changed = function(images.astype(np.float32), np.random.default_rng(seed), strength)
        assert (changed.min(axis=(1, 2)) >= images.min(axis=(1, 2)) - 1e-3).all()
        assert (changed.max(axis=(1, 2)) <= images.max(axis=(1, 2)) + 1e-3).all()


@pytest.mark.parametrize("name", KINDS)
def test_many_thousand_draws_at_the_highest_strength(name):
    y, x = np.mgrid[:28, :28] - 13.5
    ring = (np.clip(2 - np.abs(np.hypot(y, x) - 8), 0, 1) * 255).astype(np.uint8)
    numbers = [
        (part.low if name == "low-resolution" or part.what.startswith("sigma") else part.high)
        for part in KINDS[name].strengths
    ]
    chain = parse([" ".join([name, *map(str, numbers)])])
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        changed = chain(np.broadcast_to(ring, (10_000, 28, 28)), np.random.default_rng(0))
    assert (changed.max(axis=(1, 2)) > 20).all()  # something is left to read
    assert len({image.tobytes() for image in changed}) > 4 or name == "low-resolution"
