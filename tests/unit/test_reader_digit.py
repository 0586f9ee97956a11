"""Ink to 28 x 28: strokes are kept within what networks have seen, and what is within stays as it is."""

import cv2
import numpy as np
import pytest

from numink.data.normalise import normalise
from numink.data.sources import load
from numink.reader.digit import THINNEST, WIDEST, stroke_width, to_image


def ring(size_px: int, stroke_px: int) -> np.ndarray:
    canvas = np.zeros((size_px, size_px), np.uint8)
    cv2.circle(canvas, (size_px // 2, size_px // 2), size_px // 2 - stroke_px, 255, stroke_px, cv2.LINE_AA)
    return canvas


def width_in(image: np.ndarray) -> float:
    """How wide strokes are in 28 x 28, by area and outline of the ink's half level, enlarged."""
    large = cv2.resize(image, (224, 224), interpolation=cv2.INTER_CUBIC)
    return stroke_width(large) / 20 * 28


@pytest.mark.parametrize(("size_px", "stroke_px"), [(60, 8), (120, 15), (28, 3)])
def test_usual_strokes_stay_as_they_are(size_px, stroke_px):
    canvas = ring(size_px, stroke_px)

    assert np.array_equal(to_image(canvas), normalise(canvas))


@pytest.mark.parametrize("stroke_px", [2, 4, 8])
def test_a_hairline_is_made_as_wide_as_a_pen(stroke_px):
    canvas = ring(800, stroke_px)

    assert normalise(canvas).max() < 180
    image = to_image(canvas)
    assert image.max() > 240
    assert width_in(image) > THINNEST


def test_a_marker_is_made_thinner_and_its_hole_stays():
    canvas = ring(60, 15)

    assert width_in(normalise(canvas)) > WIDEST + 0.5
    image = to_image(canvas)
    assert width_in(image) < width_in(normalise(canvas)) - 1
    assert image[12:16, 12:16].mean() < 128
    assert image.max() > 240


def test_the_width_of_a_stroke_is_twice_its_area_by_its_outline():
    bar = np.zeros((120, 60), np.uint8)
    bar[10:110, 20:30] = 255

    assert stroke_width(bar) == pytest.approx(2 * 1000 / (2 * 99 + 2 * 9) * 20 / 100)
    assert stroke_width(np.zeros((9, 9), np.uint8)) == 0


@pytest.mark.parametrize(
    "canvas", [np.zeros((30, 30), np.uint8), np.full((1, 1), 255, np.uint8), np.full((3, 40), 90, np.uint8)]
)
def test_anything_becomes_an_image(canvas):
    image = to_image(canvas)

    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert bool(image.any()) is bool(canvas.any())


@pytest.mark.mnist
def test_nearly_all_of_mnist_comes_back_as_it_is(mnist_folder):
    images = load(str(mnist_folder)).train.images[:500]

    same = [np.array_equal(to_image(image), normalise(image)) for image in images]
    assert np.mean(same) > 0.9
