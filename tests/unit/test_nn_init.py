"""How the weights start: bounds, deviations, fan-in, biases and precisions."""

from math import sqrt

import numpy as np
import pytest

from numink.nn.init import SCHEMES, initialise
from numink.nn.params import Layout

DENSE = Layout(({}, {"W": (400, 300), "b": (300,)}, {}, {"W": (300, 100), "b": (100,)}))


def layers(scheme, deviation=1.0):
    theta = initialise(DENSE, scheme, deviation, 0, "float64")
    return [views for views in DENSE.views(theta) if vars(views)]


@pytest.mark.parametrize(
    ("scheme", "deviation", "first", "second"),
    [
        ("uniform", 1.0, 1 / sqrt(12), 1 / sqrt(12)),
        ("normal", 0.25, 0.25, 0.25),
        ("he", 1.0, sqrt(2 / 400), sqrt(2 / 300)),
        ("xavier", 1.0, sqrt(2 / 700), sqrt(2 / 400)),
    ],
)
def test_deviations_follow_each_layers_own_sizes(scheme, deviation, first, second):
    for p, expected in zip(layers(scheme, deviation), (first, second), strict=True):
        assert p.W.std() == pytest.approx(expected, rel=0.02)
        assert abs(p.W.mean()) < 0.02 * expected


@pytest.mark.parametrize(("scheme", "bounds"), [("uniform", (0.5, 0.5)), ("xavier", (sqrt(6 / 700), sqrt(6 / 400)))])
def test_uniform_ones_keep_their_bounds_and_fill_them(scheme, bounds):
    for p, bound in zip(layers(scheme), bounds, strict=True):
        assert 0.99 * bound < np.abs(p.W).max() <= bound


def test_biases_are_0_except_under_uniform():
    for scheme in SCHEMES:
        for p in layers(scheme, 0.5):
            assert p.b.any() == (scheme == "uniform"), scheme
    assert np.abs(layers("uniform")[0].b).max() <= 0.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_norm_starts_as_if_it_were_not_there_in_a_branch_too(scheme):
    inner = ({"0.W": (9, 9), "1.gamma": (9,), "1.beta": (9,)}, {"gamma": (9,), "beta": (9,)})
    averages = ({"1.mean": (9,), "1.variance": (9,)}, {"mean": (9,), "variance": (9,)})
    layout = Layout(inner, averages)

    for p in layout.views(initialise(layout, scheme, 1.0, 0, "float64")):
        for name, array in vars(p).items():
            if name.endswith(("gamma", "variance")):
                assert (array == 1).all(), name
            elif name.endswith("mean"):
                assert not array.any(), name
            elif name.endswith("beta"):
                assert array.any() == (scheme == "uniform"), name


def test_fan_in_is_the_product_of_all_axes_but_the_last():
    maps = Layout(({"W": (3, 3, 16, 200), "b": (200,)},))

    (p,) = maps.views(initialise(maps, "he", 1.0, 0, "float64"))

    assert p.W.std() == pytest.approx(sqrt(2 / (3 * 3 * 16)), rel=0.02)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_both_precisions_start_from_the_same_numbers(scheme):
    exact = initialise(DENSE, scheme, 0.1, 3, "float64")
    single = initialise(DENSE, scheme, 0.1, 3, "float32")

    assert single.dtype == np.float32
    np.testing.assert_array_equal(exact.astype(np.float32), single)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_seed_gives_the_same_weights_and_another_seed_others(scheme):
    one, again, other = (initialise(DENSE, scheme, 0.1, seed, "float64") for seed in (5, 5, 6))

    np.testing.assert_array_equal(one, again)
    assert not np.isin(one[:100], other).any()


def test_layers_of_one_shape_start_differently():
    twins = Layout(({"W": (30, 30)}, {"W": (30, 30)}))

    first, second = twins.views(initialise(twins, "he", 1.0, 0, "float64"))

    assert not np.isin(first.W, second.W).any()
