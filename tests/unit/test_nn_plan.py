"""The plan computes what the recipe's layers compute: the fast convolution against the plain one, and in networks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numink.nn import conv
from numink.nn.activations import GELU, ReLU
from numink.nn.build import ACTIVATIONS, build
from numink.nn.conv import FastConv
from numink.nn.fast_norm import FastNorm
from numink.nn.init import initialise
from numink.nn.layers import Flatten
from numink.nn.maps import Conv2d
from numink.nn.network import Gradient, Network
from numink.nn.norm import Norm
from numink.nn.params import Layout
from numink.nn.plan import Done, plan
from numink.nn.pool import MaxPool
from numink.nn.residual import Residual
from numink.nn.work import Randomness, Work

sizes = st.integers(1, 4)
borders = st.tuples(st.integers(0, 2), st.integers(0, 2))


@settings(max_examples=150, deadline=None)
@given(
    kernel=st.tuples(sizes, sizes),
    stride=st.integers(1, 3),
    padding=st.tuples(borders, borders),
    pool=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    channels=st.tuples(st.integers(1, 9), st.integers(1, 5)),
    side=st.tuples(st.integers(7, 13), st.integers(7, 13)),
    images=st.integers(0, 7),
    seed=st.integers(0, 999),
    block=st.sampled_from([1, 5000, 1 << 21]),
)
def test_fast_convolution_and_pool_equal_the_plain_ones(
    kernel, stride, padding, pool, channels, side, images, seed, block
):
    plain, rng = Conv2d(*channels, kernel, stride, padding), np.random.default_rng(seed)
    maps = plain.out_shape((*side, channels[0]))
    if min(maps[0] // pool[0], maps[1] // pool[1]) < 1:
        return
    layout = Layout((plain.params(),))
    p = layout.views(rng.normal(size=layout.size))[0]
    # Few different numbers, so that there are ties, of which the first must win in both
    X = rng.integers(0, 3, (images, *side, channels[0])).astype(float)
    before, (g, g_fast) = X.copy(), np.full((2, layout.size), np.nan)  # all of which is to be written over
    A, conv_back = plain.forward(X, p, Work(float))
    Z, pool_back = MaxPool(pool).forward(A, p, Work(float))
    dZ = rng.normal(size=Z.shape)
    dX = conv_back(pool_back(dZ.copy(), layout.views(g)[0], True), layout.views(g)[0], True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv, "BLOCK_BYTES", block)
        fast = FastConv(plain, pool)
        Z_fast, back = fast.forward(X, p, Work(float))
        assert fast.out_shape(X.shape[1:]) == Z.shape[1:]
        np.testing.assert_allclose(Z_fast, Z, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(back(dZ.copy(), layout.views(g_fast)[0], True), dX, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(g_fast, g, rtol=1e-9, atol=1e-10)
        np.testing.assert_array_equal(X, before)
        assert back(dZ.copy(), layout.views(g_fast)[0], False) is None


class Plain(Network):
    """A network that runs its layers as the recipe has them."""

    plan = property(lambda self: self.layers)


CHAINS = {
    "convnet": [
        "conv 4 3x3",
        "relu",
        "pool 2x2",
        "conv 5 3x3",
        "relu",
        "pool 2x2",
        "flatten",
        "dropout 0.3",
        "dense 10",
    ],
    "pool first": ["conv 4 5x5", "pool 2x2", "norm", "relu", "conv 5 3x3 same stride 2", "elu", "flatten", "dense 10"],
    "not monotone": ["conv 4 3x3", "gelu", "pool 3x3", "conv 5 3x3 same", "sigmoid", "pool 2x2", "flatten", "dense 10"],
    "residual": [
        "conv 4 3x3 stride 2",
        ["residual", "conv 4 3x3 same", "norm", "relu", "conv 4 1x1"],
        "tanh",
        "global-pool",
        "dense 10",
    ],
    "wide kernel": ["conv 3 9x9", "relu", "pool 2x2", "conv 4 3x3 same", "flatten", "dense 10"],
    "last": ["conv 10 5x5 stride 3", "leaky-relu", "pool 8x8", "flatten"],
}
CHAINS |= {f"{name} before a pool": ["conv 4 3x3", name, "pool 2x2", "flatten", "dense 10"] for name in ACTIVATIONS}


@pytest.mark.parametrize("name", CHAINS)
def test_a_network_computes_what_its_layers_say(name):
    network = build(CHAINS[name], dtype="float64")
    plain = Plain(network.layers, network.loss, network.in_shape, network.dtype)
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (9, 28, 28), np.uint8), rng.integers(0, 10, 9)
    images[:, 9:14] = 0  # where ties are
    theta = initialise(network.layout, "he", 1.0, 0, "float64")
    found = []
    for one in (network, plain):
        p, gradient, worker = one.layout.views(theta), Gradient(one), one.worker()
        worker.gradient(images, labels, slice(0, 9), 9, p, (0, 0, 0, 0), gradient)
        Z, back = worker.forward(images, p)
        kept = Z.copy()
        pixels = back(np.ones_like(Z), one.layout.views(one.layout.zeros("float64")), want_dX=True).copy()
        found.append((gradient.loss, gradient.vector.copy(), kept, pixels))
    for fast, slow in zip(*found, strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-8, atol=1e-10)


def test_a_pool_changes_places_with_activations_that_never_fall():
    convolution, pool = Conv2d(1, 4, (3, 3)), MaxPool((2, 2))
    assert plan([convolution, ReLU(), pool]) == (FastConv(convolution, (2, 2)), ReLU(), Done())
    assert plan([convolution, pool, ReLU()]) == (FastConv(convolution, (2, 2)), Done(), ReLU())
    assert plan([convolution, GELU(), pool]) == (FastConv(convolution), GELU(), pool)
    assert plan([convolution, Norm(4), pool]) == (FastConv(convolution), FastNorm(4), pool)  # gamma may be below 0
    assert plan([convolution]) == (FastConv(convolution),)
    assert plan([pool, Flatten()]) == (pool, Flatten())


def test_a_branch_is_planned_too():
    branch = Residual((Conv2d(4, 4, (3, 3), 1, ((1, 1), (1, 1))), Norm(4), ReLU()))
    assert plan([branch]) == (replace(branch, layers=(FastConv(branch.layers[0]), FastNorm(4), ReLU())),)


@pytest.mark.parametrize(
    ("channels", "kernel", "images"),
    [
        ((32, 64), (3, 3), 18),  # windows of 9 * 32
        ((64, 64), (3, 3), 9),  # of 9 * 64
        ((1, 256), (5, 5), 4),  # 5 * 256 on the way back
        ((1, 1024), (3, 1), 5),  # what comes out
    ],
)
def test_a_block_is_sized_by_the_largest_of_what_is_laid_out(channels, kernel, images):
    """Of images that have 100 places each, in float32, as many as fit 2 MiB."""
    Z = np.empty((50, 5, 5, channels[1]), np.float32)
    first, *_ = FastConv(Conv2d(*channels, kernel), (2, 2))._blocks(Z)

    assert first == slice(0, images)


@settings(deadline=None)
@given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    training=st.booleans(),
    in_place=st.booleans(),
    seed=st.integers(0, 999),
)
def test_fast_norm_equals_the_plain_one(shape, training, in_place, seed):
    plain, rng, found = Norm(shape[-1]), np.random.default_rng(seed), []
    layout = Layout((plain.params(),), (plain.buffers(),))
    theta, X, dZ = rng.uniform(0.5, 2, layout.length), rng.normal(size=shape), rng.normal(size=shape)
    for layer in (plain, FastNorm(shape[-1])):
        work, g = Work(float, in_place, Randomness()), layout.zeros(float)
        work.randomness.begin((0,) if training else None)
        Z, back = layer.forward(X.copy(), layout.views(theta)[0], work)
        kept = Z.copy()
        assert back(dZ.copy(), layout.views(g)[0], False) is None
        found.append((kept, back(dZ.copy(), layout.views(g)[0], True), g))
    for slow, fast in zip(*found, strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-9)
