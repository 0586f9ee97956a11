"""Digits told by the other digits of the same hand."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from numink.reader.candidates import Candidate
from numink.reader.clusters import Item
from numink.reader.forms import by_forms, told_by_forms
from tests.fake_candidates import candidate, shape_of

FLAGGED = (((8, 10), (16, 4)), ((16, 4), (14, 24)))
BARRED = (((8, 4), (20, 4)), ((20, 4), (12, 24)), ((10, 14), (20, 14)))


def image(strokes, moved_px: int = 0) -> np.ndarray:
    canvas = np.zeros((28, 28), np.uint8)
    for (x1, y1), (x2, y2) in strokes:
        cv2.line(canvas, (x1 + moved_px, y1), (x2 + moved_px, y2), 255, 2, cv2.LINE_AA)
    return canvas


def odds(one: float, seven: float) -> np.ndarray:
    P = np.full(10, (1 - one - seven) / 8)
    P[1], P[7] = one, seven
    return P


def test_a_doubtful_seven_is_a_one_where_sevens_have_a_bar():
    images = np.stack([image(FLAGGED, n % 2) for n in range(4)] + [image(BARRED, n % 2) for n in range(4)])
    P = np.stack([odds(0.6, 0.38), odds(0.55, 0.43), odds(0.4, 0.58), odds(0.7, 0.28)] + [odds(0.01, 0.98)] * 4)

    told = by_forms(images, P)

    assert told.argmax(axis=1).tolist() == [1, 1, 1, 1, 7, 7, 7, 7]
    assert by_forms(images[2:3], P[2:3]).argmax() == 7  # alone it stays what the network says


def test_a_sure_digit_stays_though_it_looks_like_others():
    images = np.stack([image(FLAGGED)] * 5)
    P = np.stack([odds(0.99, 0.002)] * 4 + [odds(0.0005, 0.999)])

    assert by_forms(images, P)[-1].argmax() == 7


@settings(deadline=None, max_examples=30)
@given(arrays.arrays(np.uint8, (3, 28, 28)), arrays.arrays(float, (3, 10), elements=st.floats(0.01, 1)))
def test_probabilities_stay_probabilities(images, weights):
    told = by_forms(images, weights / weights.sum(axis=1, keepdims=True))

    assert np.isfinite(told).all()
    np.testing.assert_allclose(told.sum(axis=1), 1)


def test_one_alone_keeps_its_probabilities():
    P = odds(0.6, 0.3)[None]

    np.testing.assert_allclose(by_forms(image(FLAGGED)[None], P), P)


def test_letters_and_signs_are_left_alone():
    letter, sign = Item(shape_of((0, 0, 9, 30)), candidate(4, 0.2), 30.0), Item(shape_of((0, 0, 3, 3)), None, 30.0)
    digits = [
        Item(shape_of((0, 0, 9, 30)), Candidate((0, 0, 9, 30), image(FLAGGED), odds(0.6, 0.38)), 30.0) for _ in range(3)
    ]

    told = told_by_forms([letter, *digits, sign])

    assert told[0] is letter
    assert told[-1] is sign
    assert told[1].candidate.confidence > 0.8
