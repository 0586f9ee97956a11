"""Sums written out, numbers written alike, shapes with their numbers."""

from math import isclose

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from explained import DEEP, SMALL, digit, model, quiet
from numink.nn.layers import Dense
from numink.nn.params import Views
from numink.understand.explain import dream
from numink.understand.explain.explanation import Step, explain
from numink.understand.explain.words import (
    alike,
    backward_shapes,
    chance,
    chosen_unit,
    forward_shapes,
    in_percent,
    norm,
    number,
    written_out,
)


@pytest.fixture(scope="module")
def explained():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dream, "STEPS", 2)
        return {words: explain(model(words), digit(), 1, None, quiet).steps for words in (SMALL, DEEP)}


def dense(X, W, b):
    X, W, b = (np.array(values, float) for values in (X, W, b))
    layer = Dense(*W.shape)
    return Step("dense", layer, X, X @ W + b, X, b, Views(W=W, b=b), Views(W=W, b=b), of_pixels=False)


def test_a_sum_by_hand():
    step = dense([2, 0, -1], [[3, 1], [9, 9], [4, 0.5]], [0.25, -1])

    first = written_out(step, 0)
    second = written_out(step, 1)

    assert [(t.index, t.x, t.weight, t.product) for t in first.terms] == [(0, 2, 3, 6), (2, -1, 4, -4)]
    assert (first.unit, first.bias, first.others, first.rest) == (0, 0.25, 0, 0)
    assert (first.above, first.below, first.total) == (6, -4, 2.25)
    assert [(t.index, t.product) for t in second.terms] == [(0, 2), (2, -0.5)]
    assert second.total == 0.5


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_every_sum_adds_up_and_shows_its_largest_terms(inputs, seed):
    rng = np.random.default_rng(seed)
    step = dense(rng.normal(size=inputs), rng.normal(size=(inputs, 2)), rng.normal(size=2))

    made = written_out(step, 1)
    products = step.X * step.p.W[:, 1]

    shown = sum(term.product for term in made.terms)
    assert isclose(made.bias + shown + made.rest, step.Z[1], abs_tol=1e-9)
    assert isclose(made.bias + made.above + made.below, made.total, abs_tol=1e-9)
    assert len(made.terms) + made.others == inputs
    assert len(made.terms) == min(6, inputs)
    hidden = sorted(abs(products))[: made.others]
    assert all(abs(term.product) >= max(hidden, default=0) for term in made.terms)


@pytest.mark.parametrize("words", [SMALL, DEEP])
def test_the_last_dense_layer_writes_out_the_answer_and_others_their_largest(explained, words):
    steps = explained[words]
    layers = [step for step in steps if isinstance(step.layer, Dense)]

    assert chosen_unit(steps, layers[-1], 6) == 6
    for step in layers[:-1]:
        assert chosen_unit(steps, step, 6) == step.Z.argmax()


def test_shapes_with_their_numbers_in(explained):
    small = {step.name: step for step in explained[SMALL]}
    deep = {step.name: step for step in explained[DEEP]}

    assert forward_shapes(small["dense 15"]) == "(1 x 784) (784 x 15) + (15) → (1 x 15)"
    assert forward_shapes(small["pixels"]) == "(1 x 28 x 28) → (1 x 28 x 28), factor = 0.00392, shift = 0"
    assert forward_shapes(deep["conv 3 5x5"]) == (
        "(1 x 28 x 28 x 1) under a kernel (5 x 5 x 1 x 3), s = 1, + (3) → (1 x 24 x 24 x 3)"
    )
    assert forward_shapes(deep["pool 2x2"]) == "(1 x 24 x 24 x 3) → (1 x 12 x 12 x 3), h = 2, w = 2"
    assert backward_shapes(small["dense 15"]) == {
        "dW": "(784 x 1) (1 x 15) → (784 x 15)",
        "db": "(1 x 15) → (15)",
        "dX": "(1 x 15) (15 x 784) → (1 x 784)",
    }
    assert backward_shapes(deep["norm"])["dgamma"] == "(1 x 12 x 12 x 3) → (3)"


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=9))
def test_numbers_written_alike_are_right_to_a_hundredth_of_the_largest(values):
    array = np.array(values)

    texts, power = alike(array)
    read = np.array([float(text) for text in texts]) * 10.0**power

    assert abs(read - array).max() <= 0.0051 * max(abs(array).max(), 1e-300)
    assert max(map(len, texts)) <= len("-0.0625")
    assert "-0.00" not in texts


def test_small_numbers_are_written_by_a_power_of_ten():
    assert alike(np.array([0.0412, -0.002])) == (["0.0412", "-0.0020"], 0)
    assert alike(np.array([0.00412, -0.002])) == (["4.12", "-2.00"], -3)
    assert alike(np.array([41234.0])) == (["4.12"], 4)
    assert alike(np.zeros(2)) == (["0.00", "0.00"], 0)


def test_a_norm_by_hand():
    assert norm(np.array([[3, 0], [0, 4]], np.float32)) == "5"
    assert number(1234.5) == "1,234"


@given(st.floats(-1e98, 1e98, allow_subnormal=False), st.sampled_from([2, 3]))
def test_a_number_is_short_right_and_whole_where_it_is_large(value, digits):
    text = number(value, digits)

    assert len(text) <= (9 if digits == 3 else 8) or abs(value) < 1e-98
    assert isclose(float(text.replace(",", "")), value, rel_tol=0.051 if digits == 2 else 0.0051)
    if 100 <= abs(value) < 99_999:
        assert text.replace(",", "").lstrip("-").isdigit()


def test_large_numbers_by_hand():
    assert [number(value, 2) for value in (530, 999.7, 99.7, 99.4)] == ["530", "1,000", "100", "99"]
    assert [number(value) for value in (999.7, 99.97, -99_999.7)] == ["1,000", "100", "-1e+05"]


@given(st.floats(0, 1))
@example(0.0)
@example(1.0)
@example(1 - 1e-7)
def test_a_probability_is_never_rounded_to_certainty(probability):
    sign, text = chance(probability).split()

    assert 0 < float(text) < 1
    if sign == "=":
        assert isclose(float(text), probability, rel_tol=0.0051)
        assert isclose(1 - float(text), 1 - probability, rel_tol=0.051)
    assert 0 < float(in_percent(probability).split()[-1]) < 100
