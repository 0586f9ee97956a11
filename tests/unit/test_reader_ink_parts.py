"""What finding ink stands on: noise, sizes, and runs along a line."""

import tracemalloc

import cv2
import numpy as np
import pytest

from numink.reader.dirt import kinds_of, pieces_of
from numink.reader.mend import runs_of, runs_with
from numink.reader.size import digit_height, reduced, stroke_width
from numink.reader.threshold import darkness, fullest, levels_of, noise_of


def test_noise_is_measured_where_paper_is_white_too():
    rng = np.random.default_rng(0)
    noise = 4 * rng.standard_normal((300, 300))

    assert noise_of(np.clip(60 + noise, 0, 255).astype(np.uint8)) == pytest.approx(4, rel=0.3)
    assert noise_of(np.clip(noise, 0, 255).astype(np.uint8)) == pytest.approx(4, rel=0.4)


def test_darkness_is_none_on_grey_paper():
    grey = np.full((200, 200), 230, np.uint8)
    assert darkness(grey).max() == 0
    assert levels_of(darkness(grey)).least == 14


def test_sizes_of_writing():
    dark = np.zeros((300, 400), np.uint8)
    for x in (50, 150, 250):
        dark[100:160, x : x + 8] = 200

    assert digit_height(dark, 14) == 60
    assert stroke_width(dark) == pytest.approx(8, abs=1)
    assert stroke_width(np.zeros_like(dark)) == 1


def test_nothing_thin_is_lost_where_a_sheet_is_reduced():
    dark = np.zeros((5, 7), np.uint8)
    dark[4, 6] = 9
    assert reduced(dark, 2).tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 9]]


def test_runs_of_flags():
    flags = np.array([1, 1, 0, 0, 1, 0, 1], bool)
    touched = np.array([0, 0, 1, 0, 0, 0, 0], bool)

    assert runs_of(flags) == [(0, 2), (4, 5), (6, 7)]
    assert runs_with(flags, touched).tolist() == [True, True, False, False, False, False, False]


def test_a_long_strip_takes_no_more_than_itself():
    """A kernel as wide as it is long, of four times a digit's height, would be a gigabyte."""
    dark = np.zeros((5, 8000), np.uint8)
    tracemalloc.start()
    full = fullest(dark, np.full((1, 8), 10, np.float32), 8000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert full.shape == dark.shape
    assert peak < 5_000_000


def test_the_edge_of_the_sheet_is_told_around_its_corner_and_a_digit_that_is_cut_off_is_none():
    coverage = np.zeros((600, 800), np.uint8)
    cv2.polylines(coverage, [np.array([[0, 500], [30, 12], [799, 0]])], False, 255, 4)
    cv2.ellipse(coverage, (0, 590), (20, 25), 0, 0, 360, 255, 6)
    pieces = pieces_of(coverage, np.zeros_like(coverage))

    edges = kinds_of(pieces, coverage.shape, 6.0, 50.0)["edge of the sheet"]

    assert pieces.boxes[1:][edges[1:]].tolist() == [[0, 0, 800, 503]]
