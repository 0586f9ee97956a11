"""Whatever a sheet shows, ink is found where it is dark and nowhere else, and a stroke across a line stays whole."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

cv2 = pytest.importorskip("cv2")

from numink.reader.ink import find_ink  # noqa: E402
from numink.reader.page import Sheet  # noqa: E402


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=90)))
@settings(max_examples=60, deadline=None)
def test_any_picture_gives_a_coverage_of_its_own_shape(grey):
    ink = find_ink(Sheet(grey, np.eye(3)))

    assert ink.coverage.shape == grey.shape
    assert ink.coverage.dtype == np.uint8
    assert not ink.coverage[grey >= 250].any() or min(grey.shape) > 100
    assert (ink.stroke_px > 0) == bool(ink.coverage.any())


@given(
    angle=st.floats(-1, 1),
    level=st.integers(60, 200),
    width_px=st.integers(2, 5),
    lean_px=st.integers(-20, 20),
    seed=st.integers(0, 99),
)
@example(angle=0.8125, level=152, width_px=3, lean_px=8, seed=0)
@settings(max_examples=30, deadline=None)
def test_a_stroke_across_rulings_stays_in_one_piece_and_they_go(angle, level, width_px, lean_px, seed):
    rng = np.random.default_rng(seed)
    grey = np.clip(245 + 2 * rng.standard_normal((360, 640)), 0, 255).astype(np.uint8)
    rise = round(640 * np.tan(np.radians(angle)))
    for y in (60, 180, 300):
        cv2.line(grey, (0, y), (639, y + rise), level, width_px, cv2.LINE_AA)
    for x in (80, 240, 400, 560):
        cv2.line(grey, (x + lean_px, 140), (x, 230), 40, 7, cv2.LINE_AA)

    ink = find_ink(Sheet(grey, np.eye(3)))

    _, _, stats, _ = cv2.connectedComponentsWithStats((ink.coverage > 64).astype(np.uint8), connectivity=8)
    strokes = stats[1:][stats[1:, cv2.CC_STAT_AREA] > 2]  # a grey pixel at a stroke's side hangs on by paler ones
    assert len(ink.rulings) == 3
    assert sorted(round(x / 80) for x in strokes[:, 0]) == sorted(
        round(min(x, x + lean_px) / 80) for x in (80, 240, 400, 560)
    )
