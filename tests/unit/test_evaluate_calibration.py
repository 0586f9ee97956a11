import json

import numpy as np
import pytest

from numink.errors import DataError
from numink.evaluate.calibration import calibration


def readings(*groups):
    """Probabilities and labels for groups of (confidence, right, wrong)."""
    probabilities, labels = [], []
    for confidence, right, wrong in groups:
        row = np.full(10, (1 - confidence) / 9)
        row[3] = confidence
        probabilities += [row] * (right + wrong)
        labels += [3] * right + [5] * wrong
    return np.array(probabilities), np.array(labels)


@pytest.mark.parametrize(("right", "ece"), [(80, 0.0), (60, 0.2), (100, 0.2)])
def test_the_calibration_error_is_the_gap_to_the_accuracy(right, ece):
    assert calibration(*readings((0.8, right, 100 - right))).ece == pytest.approx(ece)


def test_opposite_gaps_do_not_cancel():
    # 30 of 40 right at 0.95 (gap 0.20), 36 of 60 at 0.45 (gap 0.15): 0.4 * 0.20 + 0.6 * 0.15.
    assert calibration(*readings((0.95, 30, 10), (0.45, 36, 24))).ece == pytest.approx(0.17)


def test_bins_are_closed_above_and_hold_their_means():
    calibrated = calibration(*readings((0.5, 3, 1), (0.7, 2, 0), (1.0, 5, 0)), bins=4)
    table = [(b.low, b.high, b.count, b.right) for b in calibrated.reliability]

    assert table == [(0, 0.25, 0, 0), (0.25, 0.5, 4, 3), (0.5, 0.75, 2, 2), (0.75, 1, 5, 5)]
    assert calibrated.reliability[1].confidence == 0.5
    assert calibrated.reliability[1].accuracy == 0.75
    assert np.isnan(calibrated.reliability[0].confidence)


def test_rejecting_removes_the_least_confident():
    # 95 right at 0.9, 4 wrong at 0.5, 1 wrong at 0.3: 5 %, 4/99, 3/98, then none.
    calibrated = calibration(*readings((0.5, 0, 4), (0.9, 95, 0), (0.3, 0, 1)))
    table = [(point.rejected, point.error_rate, point.threshold) for point in calibrated.reject_table]

    expected = [(0, 0.05, 0.3), (0.01, 4 / 99, 0.5), (0.02, 3 / 98, 0.5), (0.05, 0, 0.9), (0.1, 0, 0.9)]
    assert table == [pytest.approx(row) for row in expected]


def test_no_threshold_parts_equal_confidences():
    calibrated = calibration(*readings((0.9, 75, 25)))

    assert {round(point.error_rate, 9) for point in calibrated.reject_curve} == {0.25}


def test_a_small_set_has_few_points():
    calibrated = calibration(*readings((0.9, 2, 0), (0.6, 0, 1)))

    assert [point.rejected for point in calibrated.reject_curve] == pytest.approx([0, 1 / 3, 2 / 3])
    assert [point.error_rate for point in calibrated.reject_curve] == pytest.approx([1 / 3, 0, 0])
    assert len(calibrated.reject_table) == 1


def test_json_has_no_nan():
    figures = calibration(*readings((0.9, 7, 2))).to_json()

    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert {"ece", "nll", "reject_curve", "reject_table", "reliability"} <= set(figures)
    assert figures["reject_table"][0] == {
        "rejected": 0.0,
        "threshold": 0.9,
        "error_rate": pytest.approx(2 / 9),
    }


def test_bad_input_gets_one_line():
    with pytest.raises(DataError, match="at least one image"):
        calibration(np.zeros((0, 10)), [])
    with pytest.raises(DataError, match="1 or more bins, got 0"):
        calibration(*readings((0.9, 7, 2)), bins=0)
