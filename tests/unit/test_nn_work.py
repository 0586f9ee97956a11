"""Scratch memory and randomness."""

import numpy as np

from numink.nn.work import Randomness, Work


def test_the_same_name_is_the_same_memory_and_another_name_is_not():
    work = Work(np.float32)
    first = work.array("Z", (3, 4))

    assert first.dtype == np.float32
    assert np.shares_memory(work.array("Z", (3, 4)), first)
    assert np.shares_memory(work.array("Z", (2, 4)), first)
    assert not np.shares_memory(work.array("A", (3, 4)), first)


def test_a_larger_array_is_granted_and_a_smaller_one_after_it():
    work = Work(np.float64)
    for shape in [(3, 4), (10, 4), (2, 2), (10, 4), (0, 4)]:
        array = work.array("Z", shape)
        array[...] = 1
        assert array.shape == shape
        assert array.flags.c_contiguous


def test_an_array_may_have_a_type_of_its_own():
    work = Work(np.float32)

    assert work.array("mask", (3,), bool).dtype == bool
    assert work.array("mask", (5,), bool).dtype == bool


def test_over_gives_the_array_itself_only_where_that_is_allowed():
    X = np.ones((2, 3))

    assert Work(float, in_place=True).over(X) is X
    assert not np.shares_memory(Work(float).over(X), X)


def test_there_is_no_generator_while_the_network_is_used():
    randomness = Randomness()
    work = Work(float, randomness=randomness)
    assert work.rng is None

    randomness.begin((1, 2, 3, 4))
    drawn = work.rng.random(3)
    assert work.rng is randomness.generator
    randomness.begin((1, 2, 3, 4))
    np.testing.assert_array_equal(work.rng.random(3), drawn)

    randomness.begin(None)
    assert work.rng is None
