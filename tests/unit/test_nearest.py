"""The most similar digits are those that a search through all of them finds."""

import numpy as np
import pytest

from explained import DEEP, ENDLESS, SMALL, digit, model, part, quiet
from numink.nn.trace import trace
from numink.understand.explain import nearest
from numink.understand.explain.nearest import hidden_network, similar


def hidden_values(one, images, last):
    return trace(one.network, one.theta, images, np.zeros(len(images), int)).values[last].reshape(len(images), -1)


@pytest.mark.parametrize(("words", "last"), [(SMALL, -2), (DEEP, -2), (ENDLESS, -3)])
def test_nearest_is_what_brute_force_finds(words, last):
    one, digits, image = model(words), part(60), digit(3)[::-1].copy()

    found = similar(one, image, digits, quiet)

    by_pixels = np.linalg.norm(digits.images.reshape(60, -1) / 255 - image.ravel() / 255, axis=1)
    seen = hidden_values(one, np.concatenate([image[None], digits.images]), last)
    by_hidden = np.linalg.norm(seen[1:].astype(float) - seen[0], axis=1)
    for neighbours, distances in ((found.pixels, by_pixels), (found.hidden, by_hidden)):
        assert [near.index for near in neighbours] == np.argsort(distances)[:8].tolist()
        np.testing.assert_allclose([near.distance for near in neighbours], np.sort(distances)[:8], rtol=1e-4)
        for near in neighbours:
            np.testing.assert_array_equal(near.image, digits.images[near.index])
            assert near.label == digits.labels[near.index]
            assert near.read == one.predict(digits.images[near.index][None])[0]
    assert (found.searched, found.images) == (60, 60)


def test_the_image_itself_is_not_its_own_neighbour():
    digits = part(30)

    found = similar(model(), digits.images[12], digits, quiet)

    assert 12 not in {near.index for near in (*found.pixels, *found.hidden)}


def test_fewer_than_are_shown():
    digits = part(4)

    found = similar(model(), digits.images[0], digits, quiet)

    assert len(found.pixels) == len(found.hidden) == 3


def test_a_network_without_a_hidden_layer_sees_pixels_alone():
    one = model(("dense 10",))

    assert hidden_network(one.network) is None
    found = similar(one, digit(), part(20), quiet)
    assert found.hidden == ()
    assert len(found.pixels) == 8


def test_of_too_many_some_are_drawn_by_lot_always_the_same(monkeypatch):
    one, digits = model(DEEP), part(60)
    network = hidden_network(one.network)
    monkeypatch.setattr(nearest, "MOST_MULTIPLICATIONS", 20 * network.multiplications)

    first, again = (similar(one, digit(), digits, quiet) for _ in range(2))

    assert (first.searched, first.images) == (20, 60)
    assert [near.index for near in first.hidden] == [near.index for near in again.hidden]
    assert max(near.index for near in first.hidden) >= 20  # and not the first ones
    assert [near.index for near in first.pixels] == [near.index for near in similar(one, digit(), digits, quiet).pixels]


def test_pieces_make_no_difference(monkeypatch):
    digits = part(50)
    whole = similar(model(), digit(), digits, quiet)
    monkeypatch.setattr(nearest, "PIECE", 7)
    lines = []

    cut = similar(model(), digit(), digits, lines.append)

    assert [near.index for near in cut.hidden] == [near.index for near in whole.hidden]
    assert [near.index for near in cut.pixels] == [near.index for near in whole.pixels]
    assert "comparing pixels: 7 digits" in lines  # whoever waits sees it go on
    assert "comparing what the network sees: 49 digits" in lines
