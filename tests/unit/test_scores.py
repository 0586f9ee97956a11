import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from numink.errors import DataError
from numink.scores import most_confused, score, wilson_interval


@pytest.fixture
def guesses():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(300, 10))
    labels = rng.integers(0, 9, 300)  # no 9 among them
    logits[np.arange(300), labels] += 1.5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return probabilities.astype(np.float32), labels


def test_json_has_the_keys_of_the_contract(guesses):
    figures = json.loads(json.dumps(score(*guesses).to_json()))

    contract = {"images", "errors", "accuracy", "interval_95", "loss", "per_class", "confusion"}
    assert set(figures) == contract | {"squared_error"}
    assert [set(one) for one in figures["per_class"]] == [{"digit", "precision", "recall", "f1", "support"}] * 10
    assert [one["digit"] for one in figures["per_class"]] == list(range(10))
    assert np.shape(figures["confusion"]) == (10, 10)
    assert len(figures["interval_95"]) == 2


def test_figures_equal_those_of_scikit_learn(guesses):
    metrics = pytest.importorskip("sklearn.metrics")
    probabilities, labels = guesses
    scores, read = score(*guesses), probabilities.argmax(axis=1)
    digits = list(range(10))

    theirs = metrics.precision_recall_fscore_support(labels, read, labels=digits, zero_division=0)
    ours = [(one.precision, one.recall, one.f1, one.support) for one in scores.per_class]
    np.testing.assert_allclose(ours, np.transpose(theirs))
    np.testing.assert_array_equal(scores.confusion, metrics.confusion_matrix(labels, read, labels=digits))
    normal = probabilities / probabilities.sum(axis=1, keepdims=True)
    assert scores.loss == pytest.approx(metrics.log_loss(labels, normal, labels=digits), rel=1e-6)


def test_rows_need_not_add_up_to_one():
    assert score(np.full((1, 10), 0.9), [0]).errors == 0  # the smaller digit where all are equal


def test_scores_cannot_be_changed(guesses):
    with pytest.raises(FrozenInstanceError):
        score(*guesses).errors = 0


def test_most_confused_leaves_out_what_is_right_and_what_never_happened():
    confusion = np.diag(np.arange(10))
    confusion[4, 9], confusion[7, 2] = 5, 8

    assert most_confused(confusion) == [(7, 2, 8), (4, 9, 5)]
    assert most_confused(confusion, 1) == [(7, 2, 8)]


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.zeros((0, 10)), [], "at least one image to score, got none"),
        (np.zeros((2, 9)), [0, 0], r"shape \(n, 10\), got float64 of shape \(2, 9\)"),
        (np.zeros(10), [0], r"shape \(n, 10\), got float64 of shape \(10,\)"),
        ([["a"] * 10], [0], r"shape \(n, 10\), got <U1"),
        (np.eye(10)[:2], [0], r"2 labels, whole numbers from 0 to 9, got int64 of shape \(1,\)"),
        (np.eye(10)[:2], [0.0, 1.0], "2 labels, whole numbers from 0 to 9, got float64"),
        (np.eye(10)[:2], np.eye(10)[:2], r"got float64 of shape \(2, 10\)"),
        (np.eye(10)[:2], [0, 10], "labels from 0 to 9, got 0 to 10"),
        (np.eye(10)[:2], [-1, 3], "labels from 0 to 9, got -1 to 3"),
        (np.eye(10)[:2] * 7.5, [0, 1], "from 0 to 1, got 0 to 7.5; apply softmax"),
        (np.eye(10)[:2] - 0.5, [0, 1], "from 0 to 1, got -0.5 to 0.5"),
        (np.full((1, 10), np.nan), [0], "from 0 to 1, got nan to nan"),
        (np.full((1, 10), np.inf), [0], "from 0 to 1, got inf to inf"),
    ],
)
def test_bad_input_gets_one_line(probabilities, labels, message):
    with pytest.raises(DataError, match=message) as caught:
        score(probabilities, labels)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 5)])
def test_an_interval_needs_trials(successes, trials):
    with pytest.raises(DataError, match="expected 0 to n successes"):
        wilson_interval(successes, trials)
