"""Digits kept in few pixels: against pictures that were really made small, and then read by `normalise`."""

import numpy as np
import pytest

from numink.data.augment import parse
from numink.data.normalise import normalise
from numink.data.reduce import SHARE, WIDEST, reduce

YES, NO = 0.0, 0.999


class Script:
    """A generator that says what is done: cells (0 the fewest, 1 the most), stretch, two levels, smooth."""

    def __init__(self, cells=0.0, stretch=0.0, two_levels=False, smooth=False, threshold=0.5):
        stretched = YES if stretch else NO
        self.numbers = [YES, cells, stretched, stretch, YES if two_levels else NO, YES if smooth else NO]
        self.threshold = threshold

    def random(self, shape, dtype=np.float64):
        return np.full(shape, self.numbers.pop(0), dtype)

    def uniform(self, low, high, shape):
        return np.full(shape, low + (high - low) * self.threshold)


def digit(height_px=24, width_px=18):
    """Strokes of a random digit's thickness in a box of this size, off the middle."""
    image = np.zeros((28, 28), np.uint8)
    inside = image[2 : 2 + height_px, 5 : 5 + width_px]
    inside[:, :4] = inside[-4:] = 255
    inside[:4, : width_px // 2] = 240
    inside[8:11] = 120
    return image


def reduced(image, side_px, **script):
    return reduce(image[None].astype(np.float32), Script(**script), side_px)[0]


def means(image, cell_px):
    """Its box as means of cells."""
    box = image[np.ix_(image.any(axis=1), image.any(axis=0))].astype(float)
    rows, columns = (length // cell_px for length in box.shape)
    return box.reshape(rows, cell_px, columns, cell_px).mean(axis=(1, 3)).round().astype(np.uint8)


@pytest.mark.parametrize(("side_px", "cell_px"), [(8, 3), (12, 2), (24, 1)])
def test_it_is_what_normalise_makes_of_the_small_picture(side_px, cell_px):
    expected = normalise(means(digit(), cell_px)).astype(float)
    np.testing.assert_allclose(reduced(digit(), side_px), expected, atol=2)


def test_or_of_the_small_picture_made_smooth():
    cv2 = pytest.importorskip("cv2")
    small = np.pad(means(digit(), 3), 3)
    large = cv2.GaussianBlur(cv2.resize(small, None, fx=16, fy=16, interpolation=cv2.INTER_CUBIC), (0, 0), 0.35 * 16)
    expected = normalise(large).astype(float)
    difference = np.abs(reduced(digit(), 8, smooth=True).clip(0, 255) - expected)
    assert difference.mean() < 8
    assert difference.max() < 80
    assert np.abs(reduced(digit(), 8) - expected).mean() > 12


def test_two_levels_are_those_of_a_threshold():
    small = means(digit(), 3)
    expected = normalise(np.where(small > 0.45 * small.max(), small.max(), 0).astype(np.uint8)).astype(float)
    np.testing.assert_allclose(reduced(digit(), 8, two_levels=True), expected, atol=2)


def box(image):
    inked = image > 64
    return int(inked.any(axis=1).sum()), int(inked.any(axis=0).sum())


def test_stretched_it_fills_a_square_but_a_stroke_does_not_become_a_blot():
    assert box(reduced(digit(24, 18), 24)) == (20, 15)
    assert box(reduced(digit(24, 18), 24, stretch=0.998)) == (20, 20)
    post = np.zeros((28, 28), np.uint8)
    post[4:24, 10:12] = 255
    height_px, width_px = box(reduced(post, 20, stretch=0.998))
    assert (height_px, width_px) == (20, 2 * WIDEST)


def test_a_third_of_the_images_is_changed_and_the_others_are_not():
    images = np.repeat(digit()[None], 600, axis=0)
    changed = (parse(["reduce 8"])(images, np.random.default_rng(0)) != images).any(axis=(1, 2))
    assert changed.mean() == pytest.approx(SHARE, abs=0.06)


def test_an_image_without_ink_stays_empty():
    images = np.zeros((40, 28, 28), np.uint8)
    assert not parse(["reduce 6"])(images, np.random.default_rng(0)).any()


@pytest.mark.parametrize("seed", range(5))
def test_what_comes_out_is_a_digit_in_the_middle(seed):
    images = np.repeat(digit()[None], 50, axis=0)
    images = np.stack(
        [np.roll(image, shift, (0, 1)) for image, shift in zip(images, [(0, 0), (2, 3)] * 25, strict=True)]
    )
    made = reduce(images.astype(np.float32), np.random.default_rng(seed), 8)
    made = made[(made != images).any(axis=(1, 2))]
    ink = made.sum(axis=(1, 2))
    for axis in (1, 2):
        middle = (made.sum(axis=axis) * (np.arange(28) + 0.5)).sum(axis=1) / ink
        assert (np.abs(middle - 14.5) < 1.2).all()  # pixel 14, by whole pixels
    assert (made.max(axis=(1, 2)) > 90).all()
