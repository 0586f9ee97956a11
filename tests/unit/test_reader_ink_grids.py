"""Ink on squared paper and in boxes drawn by hand: the lines go, what was written on them stays."""

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2")

from numink.reader.ink import find_ink  # noqa: E402
from numink.reader.page import Sheet  # noqa: E402
from numink.reader.rulings import find_lines  # noqa: E402
from numink.reader.threshold import darkness, levels_of, usual_darkness  # noqa: E402

PAPER = 250
INK = 60
PITCH = 40


def squared(noise, level, width_px=2, height_px=480, width=640):
    """Squared paper with two 7s of 60 pixels on it."""
    grey = np.full((height_px, width), PAPER, np.uint8)
    grey[np.arange(height_px) % PITCH < width_px] = level
    grey[:, np.arange(width) % PITCH < width_px] = level
    for x in (130, 490):
        cv2.polylines(grey, [np.array([(x, 130), (x + 36, 130), (x + 12, 190)])], False, INK, 5, cv2.LINE_AA)
    grain = noise * np.random.default_rng(0).standard_normal(grey.shape)
    return np.clip(grey + grain, 0, 255).astype(np.uint8)


def coverage_of(grey):
    return find_ink(Sheet(grey, np.eye(3))).coverage


def test_a_grid_is_found_in_noise_as_strong():
    grain = np.random.default_rng(0).standard_normal((480, 640)).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 0.8)
    grey = squared(noise=0, level=PAPER - 28, width_px=3) + 7 * grain / grain.std()
    dark = darkness(np.clip(grey, 0, 255).astype(np.uint8))

    level, upright = find_lines(dark, levels_of(dark).line, digit_px=60)

    assert (len(level), len(upright)) == (480 // PITCH, 640 // PITCH)
    assert min(line.drawn.mean() for line in (*level, *upright)) > 0.7


def test_a_grid_in_noise_leaves_nothing():
    coverage = coverage_of(squared(noise=7, level=PAPER - 22))

    assert (coverage[120:200, 120:180] > 200).sum() > 300
    coverage[120:200, 120:180] = coverage[120:200, 480:540] = 0
    assert not (coverage > 64).any()


def test_a_point_where_two_lines_cross_stays():
    grey = squared(noise=2, level=200, width_px=4)
    cv2.circle(grey, (5 * PITCH + 1, 5 * PITCH + 1), 3, INK, cv2.FILLED, cv2.LINE_AA)

    coverage = coverage_of(grey)

    assert coverage[5 * PITCH : 5 * PITCH + 3, 5 * PITCH : 5 * PITCH + 3].min() > 150
    assert not coverage[7 * PITCH - 6 : 7 * PITCH + 6, 5 * PITCH - 6 : 5 * PITCH + 6].any()


def test_a_point_on_a_line_and_no_wider_stays():
    grey = squared(noise=2, level=200, width_px=6)
    grey[180:187, 8 * PITCH : 8 * PITCH + 6] = INK

    coverage = coverage_of(grey)

    assert coverage[181:185, 8 * PITCH + 1 : 8 * PITCH + 5].min() > 150
    assert not coverage[205:235, 8 * PITCH - 4 : 8 * PITCH + 8].any()


def test_the_sides_of_boxes_by_hand_below_each_other_are_no_line():
    dark = np.zeros((700, 500), np.uint8)
    left = [100 + 5 * (row % 2) for row in range(5)]
    for row, x in enumerate(left):
        cv2.rectangle(dark, (x, 30 + 130 * row), (x + 120, 140 + 130 * row), 180, 9, cv2.LINE_AA)

    _, upright = find_lines(dark, 10, digit_px=60)

    sides = sorted((line.start // 130, round(float(np.median(line.middle)))) for line in upright)
    assert sides == [(row, x + by) for row, x in enumerate(left) for by in (0, 120)]


def test_the_usual_darkness_is_that_of_the_ink():
    dark = np.repeat(np.repeat(np.array([[50, 50, 50, 50, 100, 100, 9]], np.uint8), 2, axis=0), 2, axis=1)

    assert usual_darkness(dark, 14) == 100  # 2 x 100 x 100 against 4 x 50 x 50
    assert usual_darkness(dark, 100) == 0
