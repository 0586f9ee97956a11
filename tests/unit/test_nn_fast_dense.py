"""A dense layer that is made wide computes what the plain one does, and is put where it is worth it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numink.nn import fast_dense
from numink.nn.build import build
from numink.nn.fast_dense import FastDense
from numink.nn.layers import Dense
from numink.nn.params import Layout
from numink.nn.plan import plan
from numink.nn.work import Work


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), st.integers(1, 9), st.integers(1, 31), st.booleans(), st.integers(0, 999))
def test_it_equals_the_plain_one(images, d_in, d_out, want_dX, seed):
    plain, fast, rng = Dense(d_in, d_out), FastDense(d_in, d_out), np.random.default_rng(seed)
    layout, work = Layout((plain.params(),)), Work(np.float64)
    p = layout.views(rng.normal(size=layout.size))[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_dense, "WORTH_WIDENING", 0)
        for count in (images, images + 1):  # the second time in memory that was used
            X, dZ = rng.normal(size=(count, d_in)), rng.normal(size=(count, d_out))
            g, g_fast = np.full((2, layout.size), np.nan)  # all of which is to be written over
            (Z, back), (Z_fast, back_fast) = plain.forward(X, p, Work(np.float64)), fast.forward(X, p, work)
            dX = back(dZ.copy(), layout.views(g)[0], want_dX)
            dX_fast = back_fast(dZ.copy(), layout.views(g_fast)[0], want_dX)

            np.testing.assert_allclose(Z_fast, Z, atol=1e-12)
            np.testing.assert_allclose(g_fast, g, atol=1e-12)
            assert (dX_fast is None) == (not want_dX)
            if want_dX:
                np.testing.assert_allclose(dX_fast, dX, atol=1e-12)


def test_it_stands_where_columns_are_left_over():
    network = build(["dense 15", "relu", "dense 16", "relu", "dense 100", "relu", "dense 10"])

    assert [type(layer) for layer in plan(network.layers) if isinstance(layer, Dense)] == [
        FastDense,
        Dense,
        Dense,
        Dense,
    ]
