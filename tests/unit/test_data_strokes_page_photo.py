"""Photographs of pages: what each disturbance does, by its figures."""

import numpy as np
import pytest
from PIL import Image

from numink.data.strokes.pages import photo as photos
from numink.data.strokes.pages.fields import enlarged, smooth_noise
from numink.data.strokes.pages.photo import Photo
from numink.data.strokes.pages.view import place_sheet
from numink.errors import DataError


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_perfect_scan_is_the_sheet_itself():
    view = place_sheet(rng(), Photo(), 40, 60)
    sheet = rng().integers(0, 256, (view.sheet_height_px, view.sheet_width_px, 3), dtype=np.uint8)

    assert (view.sheet_height_px, view.sheet_width_px) == (40, 60)
    np.testing.assert_array_equal(Photo().take(rng(), sheet, view), sheet)


def test_light_by_its_figures():
    vignette = photos.vignetted_light(41, 61, 0.4)
    assert vignette[20, 30] == 1
    np.testing.assert_allclose(vignette[[0, 0, -1, -1], [0, -1, 0, -1]], 0.6, rtol=1e-6)

    slope = photos.sloping_light(rng(), 40, 60, 0.3)
    assert slope.max() == 1
    np.testing.assert_allclose(slope.min(), 0.7, rtol=1e-6)

    for seed in range(10):
        shadow = photos.shadowed_light(rng(seed), 40, 60, 0.5)
        assert shadow.max() <= 1
        assert shadow.min() >= 0.5
    assert np.ptp(shadow) > 0.4  # it has an edge in the picture

    tint = photos.tinted_light(rng(), 40, 60, 0.2)
    assert tint.shape == (3, 40, 60)
    np.testing.assert_allclose(tint.mean(axis=0), 1, atol=1e-6)
    assert np.abs(tint - 1).max() < 0.4


@pytest.mark.parametrize(
    "light", [photos.sloping_light, photos.shadowed_light, photos.tinted_light], ids=lambda light: light.__name__
)
def test_light_of_strength_0_is_even(light):
    assert (light(rng(), 20, 30, 0.0) == 1).all()


def test_exposure_is_light_times_paper_with_noise_of_its_deviation():
    grey = np.full((200, 300, 3), 100, np.uint8)
    half = np.full((3, 4, 4), 0.5, np.float32)

    np.testing.assert_array_equal(photos.exposed(rng(), grey, half, 0), 50)
    noisy = photos.exposed(rng(), grey, half * 2, 8.0)
    assert 7.5 < noisy[..., 0].std() < 9
    assert abs(noisy.mean() - 99.5) < 0.5
    np.testing.assert_array_equal(photos.exposed(rng(), grey, half * 10, 0), 255)  # too much light is white


def test_blur_keeps_the_ink_and_spreads_it():
    point = np.zeros((41, 41, 3), np.uint8)
    point[19:22, 19:22] = 255
    seen = np.asarray(photos.blurred(Image.fromarray(point), 2.0)).astype(float)

    assert 60 < seen.max() < 150
    np.testing.assert_allclose(seen.sum(), point.sum(dtype=float), rtol=0.1)


def test_sharpening_leaves_rims():
    step = np.full((20, 20, 3), 180, np.uint8)
    step[:, 10:] = 60
    seen = np.asarray(photos.sharpened(Image.fromarray(step), 1.0))

    assert seen[10, 9, 0] > 180
    assert seen[10, 10, 0] < 60
    assert seen[10, 0, 0] == 180


def test_a_file_of_less_quality_loses_more():
    sheet = rng().integers(0, 256, (40, 40, 3), dtype=np.uint8)
    losses = [
        np.abs(np.asarray(photos.compressed(Image.fromarray(sheet), quality)) - sheet.astype(float)).mean()
        for quality in (95, 60, 10)
    ]

    assert 0 < losses[0] < losses[1] < losses[2]


def test_nothing_is_done_where_the_strength_is_0():
    seen = Image.fromarray(rng().integers(0, 256, (20, 20, 3), dtype=np.uint8))

    assert photos.blurred(seen, 0.0) is seen
    assert photos.sharpened(seen, 0.0) is seen
    assert photos.compressed(seen, None) is seen


def is_seen_whole(view):
    return view.area[0] < 10 and view.area[1] < 10 and view.sheet_width_px < 155 and view.sheet_height_px < 115


def test_the_table_is_around_the_sheet_and_not_on_it():
    photo = Photo(table=True)
    view = next(view for view in (place_sheet(rng(seed), photo, 120, 160) for seed in range(99)) if is_seen_whole(view))
    sheet = np.full((view.sheet_height_px, view.sheet_width_px, 3), 255, np.uint8)
    picture = photo.take(rng(), sheet, view)
    left, top, width, height = view.box(np.array([[1.0, 1.0], [view.sheet_width_px - 1, view.sheet_height_px - 1]]))

    assert (picture[top : top + height, left : left + width] == 255).all()
    assert (picture[: top - 1] < 255).any()
    assert (picture == 255).all(axis=2).sum() < 1.1 * width * height


def test_a_rougher_photo_is_rougher():
    def strength(roughness, name):
        return np.mean([abs(getattr(Photo.draw(rng(seed), roughness), name)) for seed in range(200)])

    for name in ("lean_degrees", "pan_degrees", "dimness", "unevenness", "vignette", "shadow", "noise", "blur_px"):
        assert strength(0.0, name) < strength(0.5, name) < strength(1.0, name) * 1.01, name
    assert strength(0.0, "jpeg_quality") > strength(1.0, "jpeg_quality")


def brightness(**options):
    """Of white paper under this light, in levels of 0 to 255."""
    view = place_sheet(rng(), Photo(), 60, 80)
    return Photo(**options).take(rng(), np.full((60, 80, 3), 255, np.uint8), view).mean()


def test_dimmer_light_is_darker_as_far_as_it_goes():
    np.testing.assert_allclose(
        [brightness(dimness=value) for value in (0, 0.2, 0.4, 0.6)], [255, 204, 153, 102], atol=1
    )


def test_cameras_look_longer_where_a_shadow_falls_on_everything():
    for seed in range(40):
        light = Photo(dimness=0.6, unevenness=1, vignette=1, shadow=0.9)._light(rng(seed), 300, 20)
        assert np.isfinite(light).all()
        assert light.mean() > 0.39


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"blur_px": -1}, "expected blur_px of a photo as a number from 0 to 20, came -1"),
        ({"shadow": 1.5}, "expected shadow of a photo as a number from 0 to 0.9, came 1.5"),
        ({"jpeg_quality": 0}, "expected jpeg_quality of a photo as a whole number from 1 to 95, came 0"),
        ({"noise": float("nan")}, "expected noise of a photo as a number from 0 to 100, came nan"),
        ({"turn_degrees": 90}, "expected turn_degrees of a photo as a number from -45 to 45, came 90"),
        ({"dimness": 0.7}, "expected dimness of a photo as a number from 0 to 0.6, came 0.7"),
        ({"jpeg_quality": 50.5}, "expected jpeg_quality of a photo as a whole number from 1 to 95, came 50.5"),
        ({"blur_px": None}, "expected blur_px of a photo as a number from 0 to 20, came None"),
        ({"tint": "warm"}, "expected tint of a photo as a number from 0 to 1, came 'warm'"),
        ({"table": "oak"}, "expected table of a photo as True or False, came 'oak'"),
    ],
)
def test_a_strength_out_of_range_gets_one_line(options, line):
    with pytest.raises(DataError, match=f"^{line}$"):
        Photo(**options)


def test_roughness_out_of_range_gets_one_line():
    with pytest.raises(DataError, match=r"^expected roughness of a photo as a number from 0 to 1, came 2$"):
        Photo.draw(rng(), 2)


def test_smooth_noise_is_smooth_and_of_any_size():
    noise = smooth_noise(rng(), 90, 120, 10)
    assert noise.shape == (90, 120)
    assert noise.dtype == np.float32
    assert 0.5 < noise.std() < 1
    assert np.abs(np.diff(noise, axis=0)).max() < 0.6
    assert smooth_noise(rng(), 1, 1, 10).shape == (1, 1)
    np.testing.assert_array_equal(enlarged(np.ones((2, 2), np.float32), 5, 7), 1)
