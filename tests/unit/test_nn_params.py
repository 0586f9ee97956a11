"""The flat vector and its views."""

import numpy as np

from numink.nn.params import Layout

LAYOUT = Layout(({}, {"W": (2, 3), "b": (3,)}, {"g": (1, 4), "s": ()}, {"W": (3, 1, 2), "b": (2,)}))


def test_weights_come_first_and_biases_last_each_in_the_order_of_the_layers():
    nothing, dense, norm, conv = LAYOUT.views(np.arange(22.0))

    assert LAYOUT.size == 22
    assert LAYOUT.weights == 6 + 4 + 6
    assert vars(nothing) == {}
    np.testing.assert_array_equal(dense.W, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(norm.g, [[6, 7, 8, 9]])
    np.testing.assert_array_equal(conv.W.ravel(), np.arange(10, 16))
    np.testing.assert_array_equal(dense.b, [16, 17, 18])
    assert norm.s == 19
    np.testing.assert_array_equal(conv.b, [20, 21])


def test_a_view_writes_into_the_vector():
    vector = LAYOUT.zeros("float32")
    views = LAYOUT.views(vector)

    views[1].W[1, 2] = 7
    views[3].b[:] = 9

    assert vector.dtype == np.float32
    assert vector[5] == 7
    np.testing.assert_array_equal(vector[-2:], 9)
    assert np.count_nonzero(vector) == 3


def test_every_parameter_has_one_place():
    vector = LAYOUT.zeros("int64")
    for views in LAYOUT.views(vector):
        for array in vars(views).values():
            array += 1

    np.testing.assert_array_equal(vector, 1)
