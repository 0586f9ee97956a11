"""What holds of the losses for any input, the far ends of the floating-point range included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from numink.nn.losses import LOSSES, SoftmaxCrossEntropy, softmax
from numink.nn.work import Work

# The very end of float64 is left out: there the value itself, a sum over classes, has no float64.
LARGEST = {"float32": float(np.finfo(np.float32).max), "float64": 1e300}


@st.composite
def outputs(draw, largest=LARGEST):
    """Z (n, classes) and the classes."""
    dtype = draw(st.sampled_from(["float32", "float64"]))
    shape = draw(st.tuples(st.integers(1, 6), st.integers(2, 11)))
    top = largest[dtype]
    usual, far = st.floats(-20, 20), st.floats(-1, 1).map(lambda share: share * top)
    ends = st.sampled_from([-top, top, 0.0, -0.0, 1e-38, -88.7, 88.7, 103.9]) if top > 200 else st.just(-top)
    Z = draw(hnp.arrays(float, shape, elements=usual | far | ends)).astype(dtype)
    return Z, draw(hnp.arrays(np.uint8, shape[0], elements=st.integers(0, shape[1] - 1)))


@settings(deadline=None, max_examples=150)
@given(outputs(), st.sampled_from(["cross-entropy", "logistic"]), st.sampled_from([0.0, 0.1, 0.9]))
def test_value_and_gradient_are_finite_for_any_finite_output(example, name, smoothing):
    Z, y = example  # a warning of NumPy's fails the test as well

    value, dZ = LOSSES[name](smoothing)(Z, y, len(y), Work(Z.dtype))

    assert np.isfinite(value)
    assert value >= -1e-6
    assert np.isfinite(dZ).all()
    assert np.abs(dZ).max() <= 1 / len(y) + 1e-6


@settings(deadline=None, max_examples=60)
@given(outputs({"float32": 1e18, "float64": 1e150}))
def test_squared_error_is_finite_wherever_a_square_is(example):
    Z, y = example

    value, dZ = LOSSES["squared-error"](0.0)(Z, y, len(y), Work(Z.dtype))

    assert np.isfinite(value)
    assert np.isfinite(dZ).all()


@settings(deadline=None, max_examples=60)
@given(outputs(), st.sampled_from([0.0, 0.1]))
def test_rows_of_the_gradient_of_softmax_add_up_to_0(example, smoothing):
    Z, y = example

    _, dZ = SoftmaxCrossEntropy(smoothing)(Z, y, 1, Work(Z.dtype))

    np.testing.assert_allclose(dZ.sum(axis=1), 0, atol=20 * np.finfo(Z.dtype).eps)


@settings(deadline=None, max_examples=100)
@given(outputs({"float32": 1e37, "float64": 1e300}), st.sampled_from(sorted(LOSSES)))
def test_rows_of_probabilities_add_up_to_1(example, name):
    P = LOSSES[name](0.0).probabilities(example[0])

    assert P.min() >= 0
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-5)


@settings(deadline=None, max_examples=60)
@given(outputs({"float32": 50.0, "float64": 50.0}), st.floats(-1000, 1000, width=32))
def test_softmax_does_not_change_when_a_row_is_shifted(example, shift):
    Z = example[0].astype(float)

    np.testing.assert_allclose(softmax(Z + shift), softmax(Z.copy()), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("name", LOSSES)
@settings(deadline=None, max_examples=30)
@given(example=outputs({"float32": 30.0, "float64": 30.0}), data=st.data())
def test_parts_of_a_batch_add_up(name, example, data):
    Z, y = example[0].astype(float), example[1]
    cut, loss = data.draw(st.integers(0, len(y))), LOSSES[name](0.1)

    def part(rows):
        return loss(Z[rows].copy(), y[rows], len(y), Work(float))

    (whole, dZ), (first, dZ_first), (second, dZ_second) = part(slice(None)), part(slice(cut)), part(slice(cut, None))

    assert first + second == pytest.approx(whole, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(np.concatenate([dZ_first, dZ_second]), dZ, rtol=1e-12, atol=1e-300)
