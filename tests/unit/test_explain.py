"""The numbers of an explanation are those of the engine."""

from dataclasses import replace

import numpy as np
import pytest

from explained import DEEP, ENDLESS, SMALL, digit, model, part, quiet
from numink.ensemble import Ensemble
from numink.errors import ModelError
from numink.nn.trace import trace
from numink.understand.explain import dream
from numink.understand.explain.explanation import explain


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(dream, "STEPS", 2)


@pytest.mark.parametrize("words", [SMALL, DEEP, ENDLESS, ("dense 10",)])
def test_each_step_holds_what_the_trace_has(words):
    one = model(words)
    explained = explain(one, digit(), 4, None, quiet)
    theta = one.theta.astype(float)
    seen = trace(replace(one.network, dtype="float64"), theta, digit()[None], np.array([4]))

    assert [step.layer for step in explained.steps] == list(one.network.layers)
    for index, step in enumerate(explained.steps):
        for mine, theirs in (
            (step.X, seen.values[index]),
            (step.Z, seen.values[index + 1]),
            (step.dX, seen.gradients[index]),
            (step.dZ, seen.gradients[index + 1]),
        ):
            np.testing.assert_array_equal(mine, theirs[0])
        for name in step.learnt:
            np.testing.assert_array_equal(getattr(step.g, name), getattr(seen.g[index], name))
            np.testing.assert_array_equal(getattr(step.p, name), getattr(one.network.layout.views(theta)[index], name))
    np.testing.assert_array_equal(explained.probabilities, seen.P[0])
    np.testing.assert_array_equal(explained.dZ, explained.steps[-1].dZ)
    assert explained.loss == seen.loss == pytest.approx(-np.log(explained.probabilities[4]))
    np.testing.assert_allclose(explained.probabilities, one.probabilities(digit()[None])[0], atol=1e-5)


@pytest.mark.parametrize("words", [SMALL, DEEP])
def test_one_step_gives_what_the_engine_gives_with_theta_less_rate_times_gradient(words):
    one = model(words, learning_rate=0.02)
    explained = explain(one, digit(), 7, None, quiet)
    network = one.network
    gradient = np.zeros(network.layout.length)
    views = network.layout.views(gradient)
    for step, view in zip(explained.steps, views, strict=True):
        for name in step.learnt:
            getattr(view, name)[...] = getattr(step.g, name)  # of what is learnt alone: norm's averages stay
    moved = (one.theta - 0.02 * gradient).astype(np.float32)
    Z, _ = network.worker().forward(digit()[None], network.layout.views(moved))
    P = np.exp(Z[0] - Z.max()) / np.exp(Z[0] - Z.max()).sum()

    assert explained.update.rate == 0.02
    np.testing.assert_allclose(explained.update.probabilities, P, atol=1e-5)
    assert explained.update.loss == pytest.approx(-np.log(P[7]), rel=1e-4)
    assert explained.update.squared_norm == pytest.approx(float(gradient @ gradient))
    assert explained.update.probabilities[7] > explained.probabilities[7]
    np.testing.assert_array_equal(one.theta, model(words).theta)  # the model itself has learnt nothing


def test_a_short_step_lowers_the_loss_by_the_rate_times_the_squared_norm():
    explained = explain(model(DEEP, learning_rate=1e-7), digit(), 2, None, quiet)
    update = explained.update

    assert explained.loss - update.loss == pytest.approx(update.rate * update.squared_norm, rel=1e-4)


def test_without_a_label_the_answer_is_taken():
    one = model()
    answer = int(one.predict(digit()[None])[0])
    explained = explain(one, digit(), None, None, quiet)

    assert (explained.label, explained.answer, explained.truth, explained.right) == (answer, answer, None, None)
    assert explained.notes == (
        f"No label came with it, so the model's own answer, {answer}, is taken for the label below.",
    )
    second = int(np.argsort(-explained.probabilities)[1])
    assert [leaning.digit for leaning in explained.leanings] == [answer, second]


def test_a_wrong_label_is_asked_for_beside_the_answer():
    one = model()
    answer = int(one.predict(digit()[None])[0])
    other = (answer + 1) % 10

    explained = explain(one, digit(), other, None, quiet)

    assert [leaning.digit for leaning in explained.leanings] == [answer, other]
    assert (explained.truth, explained.label, explained.right) == (other, other, False)


def test_the_label_asked_for_is_not_the_truth():
    one = model()
    answer = int(one.predict(digit()[None])[0])
    other = (answer + 1) % 10

    explained = explain(one, digit(), answer, None, quiet, other)

    assert (explained.truth, explained.label, explained.right) == (answer, other, True)
    assert explained.loss == pytest.approx(-np.log(explained.probabilities[other]))
    assert explained.notes == (f"Explained for the label {other}, as asked.",)
    assert explain(one, digit(), None, None, quiet, other).right is None


def test_only_the_row_of_pixels_is_taken_for_pixels():
    explained = explain(model(("dense 784", "relu", "dense 10")), digit(), 0, None, quiet)

    assert [step.name for step in explained.steps if step.of_pixels] == ["dense 784"]
    assert not any(step.of_pixels for step in explain(model(DEEP), digit(), 0, None, quiet).steps)


def test_of_an_ensemble_the_first_is_explained_and_said_to_be_so():
    first, second = model(seed=0), model(("dense 10",), seed=1)
    both = Ensemble([first, second])
    together = both.probabilities(digit()[None])[0]

    explained = explain(both, digit(), 0, None, quiet)

    assert explained.model is first
    (note,) = explained.notes
    np.testing.assert_array_equal(explained.together, together)
    assert explained.answer == together.argmax()
    assert note.startswith(
        "The model's answer is the mean of 2 networks. Explained step by step is the first network: "
    )
    assert f"by itself it reads {explained.look}" in note


def linear(shifts=0, **pixels):
    """Where a pixel is named, as _10_20 for row 10 and column 20, its ink speaks for the digit that it has."""
    one = model(("dense 10",), shifts=shifts)
    one.theta[:] = 0
    W = one.network.layout.views(one.theta)[-1].W.reshape(28, 28, 10)
    for place, (spoken_for, weight) in pixels.items():
        row, column = map(int, place.split("_")[1:])
        W[row, column, spoken_for] = weight
    return one


def test_the_answer_is_the_model_s_where_the_look_explained_says_otherwise():
    """One pixel of ink, which where it is speaks for 2; moved, it speaks for 7 in eight of nine places."""
    around = {f"_{10 + y}_{20 + x}": (7, 5.0) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)}
    one = linear(shifts=1, **around, _10_20=(2, 5.0))
    image = np.zeros((28, 28), np.uint8)
    image[10, 20] = 255

    explained = explain(one, image, 2, None, quiet)

    np.testing.assert_allclose(explained.together, one.probabilities(image[None])[0], atol=1e-7)
    assert (explained.answer, explained.look, explained.truth, explained.right) == (7, 2, 2, False)
    (note,) = explained.notes
    assert "mean of 9 looks" in note
    assert "one look, the image where it is: by itself it reads 2, not 7, 94.3" in note
    assert [leaning.digit for leaning in explained.leanings] == [7, 2]
    assert explain(one, image, None, None, quiet).label == 7
    three = explain(one, image, 4, None, quiet)
    assert [leaning.digit for leaning in three.leanings] == [7, 2, 4]


def test_both_networks_and_looks_are_told():
    both = Ensemble([model(seed=0, shifts=1), model(seed=1, shifts=1)])

    (note,) = explain(both, digit(), 0, None, quiet).notes
    assert note.startswith(
        "The model's answer is the mean of 2 networks and of 9 looks, the image moved by up to 1 px each way. "
        "Explained step by step is the first network and the image where it is: by itself it reads "
    )


def test_shifts_are_left_out_and_said_to_be_so():
    explained = explain(model(shifts=1), digit(), 0, None, quiet)

    np.testing.assert_allclose(explained.probabilities, model().probabilities(digit()[None])[0], atol=1e-6)
    (note,) = explained.notes
    assert "moved by up to 1 px" in note
    assert explain(model(), digit(), 0, None, quiet).notes == ()


def test_similar_digits_are_looked_for_where_there_are_any():
    heard = []
    explained = explain(model(), digit(), 0, part(30), heard.append)

    assert len(explained.similar.pixels) == len(explained.similar.hidden) == 8
    assert len({line.split(":")[0] for line in heard}) >= 4  # nothing is silent


def test_weights_that_give_no_numbers_are_refused():
    one = model()
    one.theta[:] = np.inf

    with pytest.raises(ModelError, match="no finite numbers"):
        explain(one, digit(), 0, None, quiet)
