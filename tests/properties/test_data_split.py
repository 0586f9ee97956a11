"""Splitting loses no image, doubles none, keeps each with its label, and shares classes out as it says."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from numink.data.digits import Digits, Part, one_hot
from numink.data.labels import labels_from_text

LABELS = st.lists(st.integers(0, 9), min_size=1, max_size=60)


@given(labels=LABELS, data=st.data(), seed=st.integers(0, 2**40), stratify=st.booleans())
def test_a_split_is_a_permutation(labels, data, seed, stratify):
    count = len(labels)
    validation = data.draw(st.integers(0, count - 1))
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 5, 5] = np.arange(count)  # by which an image is known
    part = Part.of(images, labels)
    split = Digits("drawn", part, Part(images[:0], part.labels[:0])).split(validation, seed, stratify)

    assert len(split.validation) == validation
    known = np.concatenate([split.validation.images[:, 5, 5], split.train.images[:, 5, 5]])
    kept = np.concatenate([split.validation.labels, split.train.labels])
    np.testing.assert_array_equal(np.sort(known), np.arange(count))
    np.testing.assert_array_equal(kept, np.array(labels)[known])
    if stratify:
        for digit in range(10):
            share = Fraction(validation * labels.count(digit), count)
            assert abs((split.validation.labels == digit).sum() - share) < 1


@given(labels=LABELS)
def test_labels_come_back_from_text_and_one_hot(labels):
    np.testing.assert_array_equal(labels_from_text([f" {label}.0" for label in labels]), labels)
    rows = one_hot(labels)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows.argmax(axis=1), labels)
    np.testing.assert_array_equal(rows.sum(axis=1), 1)
