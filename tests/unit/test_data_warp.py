"""Where each warp looks a pixel up: by hand for affine maps, by Simard's own formula for elastic fields."""

import numpy as np
import pytest

from fixed_random import Fixed
from numink.data import warp


@pytest.fixture
def images():
    """Two images of noise, with paper around it that is wide enough for any shift here."""
    images = np.zeros((2, 28, 28), np.float32)
    images[:, 8:-8, 8:-8] = np.random.default_rng(0).integers(1, 256, (2, 12, 12))
    return images


def affine(images, maps):
    coordinates = maps.reshape(2 * len(images), 3) @ warp.plane(images.shape[1])
    return warp.resample(images, coordinates.reshape(len(images), 2, -1))


def corner_ink(side_px):
    """Paper, with ink of 100 two pixels right of the centre and one above it."""
    images = np.zeros((1, side_px, side_px), np.float32)
    images[0, side_px // 2 - 1, side_px // 2 + 2] = 100
    return images


def test_no_map_at_all_changes_nothing(images):
    np.testing.assert_array_equal(affine(images, warp.shift(2, Fixed(0.5), 3)), images)


def test_rotation_by_nothing_changes_nothing(images):
    np.testing.assert_array_equal(affine(images, warp.rotate(2, Fixed(0.5), 90)), images)


@pytest.mark.parametrize("pixels", [1, 2, 7])
def test_a_shift_by_whole_pixels_is_a_roll(images, pixels):
    np.testing.assert_array_equal(
        affine(images, warp.shift(2, Fixed(1), pixels)), np.roll(images, (-pixels,) * 2, (1, 2))
    )
    np.testing.assert_array_equal(
        affine(images, warp.shift(2, Fixed(0), pixels)), np.roll(images, (pixels,) * 2, (1, 2))
    )


def test_a_shift_beyond_the_border_leaves_paper(images):
    images += 1
    moved = affine(images, warp.shift(2, Fixed(0), 3))
    np.testing.assert_array_equal(moved[:, 3:, 3:], images[:, :-3, :-3])
    assert not moved[:, :3].any()
    assert not moved[:, :, :3].any()


def test_a_shift_by_half_a_pixel_is_the_mean_of_four(images):
    moved = affine(images, warp.shift(2, Fixed(1), 0.5))
    mean = (images[:, :-1, :-1] + images[:, 1:, :-1] + images[:, :-1, 1:] + images[:, 1:, 1:]) / 4
    np.testing.assert_allclose(moved[:, :-1, :-1], mean, rtol=1e-5)


def test_a_quarter_turn_loses_nothing(images):
    np.testing.assert_allclose(affine(images, warp.rotate(2, Fixed(1), 90)), np.rot90(images, 1, (1, 2)), atol=1e-2)
    np.testing.assert_allclose(affine(images, warp.rotate(2, Fixed(0), 90)), np.rot90(images, -1, (1, 2)), atol=1e-2)


@pytest.mark.parametrize("share", [0, 0.5, 0.7, 1])
def test_a_rotation_keeps_lengths(share):
    turn = warp.rotate(1, Fixed(share), 30)[0]
    np.testing.assert_allclose(turn[:, :2] @ turn[:, :2].T, np.eye(2), atol=1e-6)
    np.testing.assert_allclose(np.arctan2(turn[1, 0], turn[0, 0]), np.radians(60 * share - 30), atol=1e-6)
    assert not turn[:, 2].any()


def test_a_scale_of_100_percent_looks_up_half_or_double_the_distance():
    np.testing.assert_allclose(warp.scale(1, Fixed(1), 100)[0], [[2, 0, 0], [0, 2, 0]], rtol=1e-6)
    np.testing.assert_allclose(warp.scale(1, Fixed(0), 100)[0], [[0.5, 0, 0], [0, 0.5, 0]], rtol=1e-6)
    twice = affine(corner_ink(9), warp.scale(1, Fixed(0), 100))[0]
    assert twice[2, 8] == 100  # 4 to the right and 2 above: it looks up 2 and 1
    np.testing.assert_allclose(twice.sum(), 300)  # 400, but for its last column's other half, beyond the border


def test_width_and_height_are_scaled_apart():
    maps = warp.scale(2000, np.random.default_rng(0), 30)
    assert abs(np.corrcoef(maps[:, 0, 0], maps[:, 1, 1])[0, 1]) < 0.1
    logs = np.log(maps[:, [0, 1], [0, 1]])
    assert abs(logs.mean()) < 0.01
    assert np.log(1.29) < np.abs(logs).max() <= np.log(1.3) + 1e-6


def test_a_shear_slants_upright_strokes_and_leaves_lines_level():
    np.testing.assert_allclose(warp.shear(1, Fixed(1), 45)[0], [[1, 1, 0], [0, 1, 0]], atol=1e-6)
    slanted = affine(corner_ink(7), warp.shear(1, Fixed(1), 45))[0]
    # One row above the centre looks up one to its left: the ink moves to the right
    np.testing.assert_allclose(slanted[2], [0, 0, 0, 0, 0, 0, 100], atol=1e-3)
    np.testing.assert_allclose(slanted.sum(), 100, atol=1e-2)


def test_a_chain_does_the_first_and_then_the_second(images):
    turned, moved = warp.rotate(2, Fixed(1), 90), warp.shift(2, Fixed(1), 3)
    at_once = affine(images, warp.chain(turned, moved))
    one_by_one = affine(affine(images, turned), moved)
    np.testing.assert_allclose(at_once, one_by_one, atol=0.05)
    assert np.abs(at_once - affine(affine(images, moved), turned)).max() > 100


def field(count, rng, alpha, sigma, side_px=28):
    """Elastic displacements in px, (count, 2, side, side)."""
    numbers = warp.elastic(count, rng, alpha, sigma, side_px)
    return (numbers @ warp.bumps(side_px, sigma)).reshape(count, 2, side_px, side_px)


def smoothing(sigma, side_px=28):
    """The matrix of a Gaussian filter, its weights summing to 1 where the border is far, paper beyond it."""
    distances = np.subtract.outer(np.arange(side_px), np.arange(side_px))
    taps = np.arange(-60, 61)
    return np.exp(-(distances**2) / 2 / sigma**2) / np.exp(-(taps**2) / 2 / sigma**2).sum()


@pytest.mark.parametrize(("alpha", "sigma"), [(34, 4), (8, 2), (60, 2.7), (100, 10)])
def test_an_elastic_field_has_the_covariance_of_smoothed_noise(alpha, sigma):
    bumps = warp.bumps(28, sigma).astype(float)
    covariance = (bumps.T @ bumps).reshape(28, 28, 28, 28)
    along = smoothing(sigma) @ smoothing(sigma).T
    # Of noise that is uniform from -1 to 1, the mean square is 1/3: elastic() brings it, and alpha
    np.testing.assert_allclose(covariance, np.einsum("ik,jl->ijkl", along, along), atol=1e-3 * along.max() ** 2)
    numbers = warp.elastic(200, np.random.default_rng(0), alpha, sigma, 28)
    np.testing.assert_allclose(numbers.std(), alpha / np.sqrt(3), rtol=0.03)


def test_34_and_4_move_by_about_1_4_pixels():
    middle = field(4000, np.random.default_rng(0), 34, 4)[:, :, 10:18, 10:18]
    # The squares of a Gaussian's weights sum to 1 / (2 sigma sqrt(pi)) along each axis
    expected = 34 / np.sqrt(3) / (2 * 4 * np.sqrt(np.pi))
    np.testing.assert_allclose(expected, 1.384, atol=1e-3)
    np.testing.assert_allclose(np.sqrt((middle**2).mean()), expected, rtol=0.02)
    assert abs((middle[:, 0] * middle[:, 1]).mean()) < 0.05 * expected**2  # x and y are independent


def test_few_numbers_stand_for_a_smooth_field():
    assert len(warp.bumps(28, 4)) <= 100
    assert len(warp.bumps(28, 10)) <= 25


@pytest.mark.parametrize("far", [-1e6, -14.5, 14.5, 1e6])
def test_paper_lies_beyond_the_border_however_far(images, far):
    coordinates = np.full((2, 2, 784), far, np.float32)
    assert not warp.resample(images + 1, coordinates).any()


def test_resampling_leaves_its_input_alone(images):
    before = images.copy()
    affine(images, warp.rotate(2, Fixed(0.8), 90))
    np.testing.assert_array_equal(images, before)


def test_images_are_looked_up_in_themselves(images):
    images[0] = 0
    moved = affine(images, warp.rotate(2, Fixed(0.8), 90))
    assert not moved[0].any()
    assert moved[1].any()
