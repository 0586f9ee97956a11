"""What holds for the scores and the calibration of any classifier on any images."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from numink.evaluate.calibration import calibration
from numink.scores import most_confused, score, wilson_interval

# Few distinct values, so that equal confidences, zeros and ones come up often.
shares = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000001, 0.9, 1.0]) | st.floats(0, 1, width=32)


@st.composite
def classifiers(draw):
    images = draw(st.integers(1, 40))
    probabilities = draw(arrays(np.float32, (images, 10), elements=shares))
    return probabilities, draw(arrays(np.uint8, images, elements=st.integers(0, 9)))


@given(classifiers())
def test_counts_add_up(classifier):
    probabilities, labels = classifier
    scores = score(probabilities, labels)

    assert scores.confusion.sum() == scores.images == len(labels)
    assert scores.errors == scores.images - np.trace(scores.confusion)
    assert [one.support for one in scores.per_class] == np.bincount(labels, minlength=10).tolist()
    assert sum(count for _, _, count in most_confused(scores.confusion, 90)) == scores.errors
    low, high = scores.interval_95
    assert 0 <= low <= scores.accuracy <= high <= 1
    assert all(0 <= share <= 1 for one in scores.per_class for share in (one.precision, one.recall, one.f1))


@given(classifiers(), st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(classifier, random):
    probabilities, labels = classifier
    order = random.sample(range(len(labels)), len(labels))
    for figures in (score, calibration):
        one = figures(probabilities, labels).to_json()
        other = figures(probabilities[order], labels[order]).to_json()
        assert _numbers(one) == _numbers(other)


@given(classifiers())
def test_calibration_agrees_with_the_scores(classifier):
    probabilities, labels = classifier
    scores, calibrated = score(probabilities, labels), calibration(probabilities, labels)

    assert calibrated.nll == scores.loss
    assert sum(b.count for b in calibrated.reliability) == scores.images
    assert sum(b.right for b in calibrated.reliability) == scores.images - scores.errors
    assert abs(calibrated.confidence - calibrated.accuracy) - 1e-9 <= calibrated.ece <= 1
    assert calibrated.reject_table[0].error_rate == scores.errors / scores.images
    assert len(calibrated.reject_curve) <= 200
    rejected = [point.rejected for point in calibrated.reject_curve]
    thresholds = [point.threshold for point in calibrated.reject_curve]
    assert rejected == sorted(set(rejected))
    assert thresholds == sorted(thresholds)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_wilson_is_symmetric_and_narrows(successes, more):
    trials = successes + more
    low, high = wilson_interval(successes, trials)
    mirrored_low, mirrored_high = wilson_interval(more, trials)

    assert 0 <= low <= successes / trials <= high <= 1
    np.testing.assert_allclose((1 - high, 1 - low), (mirrored_low, mirrored_high), atol=1e-12)
    tenfold_low, tenfold_high = wilson_interval(10 * successes, 10 * trials)
    assert tenfold_high - tenfold_low < high - low


def _numbers(figures):
    """What `json` makes of it, sums rounded: those of floats depend on their order in the last digits."""
    return json.loads(json.dumps(figures), parse_float=lambda text: round(float(text), 9))
