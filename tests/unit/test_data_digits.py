import numpy as np
import pytest

from numink.data.digits import Digits, Part, one_hot
from numink.data.labels import labels_from_text
from numink.errors import DataError


def numbered(count, labels=None):
    """Digits whose image i is all bytes of i's number, so that each can be recognised after a shuffle."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(count), 256)
    labels = np.arange(count) % 10 if labels is None else np.asarray(labels)
    part = Part(images, labels.astype(np.uint8))
    return Digits("numbered", part, Part(images[:0], part.labels[:0]))


def numbers(part):
    return part.images[:, 0, 0].astype(int) * 256 + part.images[:, 0, 1]


def test_a_part_shares_the_callers_array():
    images = np.zeros((3, 784), np.uint8)
    part = Part.of(images, [0, 9, 5])
    assert part.images.shape == (3, 28, 28)
    assert np.shares_memory(part.images, images)
    assert part.labels.dtype == np.uint8
    assert len(part) == 3


def test_a_part_is_made_contiguous():
    part = Part.of(np.zeros((28, 28, 5), np.uint8).transpose(2, 0, 1))
    assert part.images.flags.c_contiguous
    assert part.labels is None


IMAGES = np.zeros((3, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((3, 784), np.float32), None, r"came float32: .*\(images \* 255\)\.round\(\)"),
        (np.zeros((3, 784), bool), None, r"came bool: .*astype\(np.uint8\) \* 255"),
        (np.zeros((3, 784), np.int64), None, r"came int64: .*images\.astype\(np\.uint8\)"),
        (np.zeros((28, 28), np.uint8), None, r"came \(28, 28\): give images\[None\]"),
        (np.zeros((3, 32, 32), np.uint8), None, r"came \(3, 32, 32\)"),
        (np.uint8(3), None, r"came \(\)"),
        ([[1, 2], [3]], None, "unequal length"),
        (IMAGES, [1, 2], "each of 3 images, came 2"),
        (IMAGES, [1, 2, 10], "came 10 at index 2"),
        (IMAGES, [1, -1, 1], "came -1 at index 1"),
        (IMAGES, ["1", "2", "3"], "labels_from_text"),
        (IMAGES, [1.0, 2.0, 3.0], "labels_from_text"),
        (IMAGES, np.eye(10)[:3], r"labels\.argmax\(axis=1\)"),
        (IMAGES, [[1], [2], [3]], r"labels\.ravel\(\)"),
    ],
)
def test_a_part_says_what_is_wrong(images, labels, message):
    with pytest.raises(DataError, match=message) as caught:
        Part.of(images, labels)
    assert "\n" not in str(caught.value)


def test_one_hot_refuses_what_has_no_column():
    for labels in ([10], [-1], [1.5], [[1]]):
        with pytest.raises(DataError):
            one_hot(labels)


def test_one_hot_of_no_labels():
    assert one_hot(np.empty(0, np.uint8)).shape == (0, 10)


def test_labels_from_text():
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    np.testing.assert_array_equal(labels_from_text(words), range(10))
    np.testing.assert_array_equal(labels_from_text([3, 4.0, " Nine\n", "2e0"]), [3, 4, 9, 2])
    for wrong in ("ten", "10", "-1", "7.5", "", "nan", "inf"):
        with pytest.raises(DataError, match="label 1 is"):
            labels_from_text(["1", wrong])


def test_split_keeps_every_image_with_its_label():
    split = numbered(1000).split(300, seed=7)
    found = np.concatenate([numbers(split.validation), numbers(split.train)])
    labels = np.concatenate([split.validation.labels, split.train.labels])
    np.testing.assert_array_equal(np.sort(found), range(1000))
    np.testing.assert_array_equal(labels, found % 10)
    assert (len(split.validation), len(split.train)) == (300, 700)


def test_split_is_the_same_for_the_same_seed_on_every_machine():
    assert numbers(numbered(12).split(4, seed=0).validation).tolist() == [5, 1, 11, 7]
    assert numbers(numbered(12).split(4, seed=1).validation).tolist() != [5, 1, 11, 7]


def test_split_does_not_use_the_stream_of_training():
    """SeedSequence pads with zeros: [seed] and [seed, 0, 0, 0] are one stream."""
    order = numbers(numbered(50).split(0, seed=3).train)
    for entropy in (3, [3], [3, 0], [3, 0, 0, 0]):
        assert not np.array_equal(order, np.random.default_rng(entropy).permutation(50))


def test_split_of_nothing_still_shuffles():
    split = numbered(50).split(0, seed=0)
    assert len(split.validation) == 0
    assert numbers(split.train).tolist() != list(range(50))


def test_split_makes_one_copy():
    digits = numbered(20)
    split = digits.split(5, seed=0)
    assert split.train.images.base is split.validation.images.base
    assert not np.shares_memory(split.train.images, digits.train.images)


def test_stratified_split_by_the_largest_remainder():
    """Of 10 images of 0, 7 of 1 and 3 of 2, a split of 6 has shares 3.0, 2.1 and 0.9: that is 3, 2 and 1."""
    labels = [0] * 10 + [1] * 7 + [2] * 3
    split = numbered(20, labels).split(6, seed=5, stratify=True)
    assert np.bincount(split.validation.labels).tolist() == [3, 2, 1]
    assert np.bincount(split.train.labels).tolist() == [7, 5, 2]
    found = np.concatenate([numbers(split.validation), numbers(split.train)])
    np.testing.assert_array_equal(np.sort(found), range(20))


def test_split_refuses_what_cannot_be_done():
    digits = numbered(20)
    for validation in (20, 21, -1):
        with pytest.raises(DataError, match="choose from 0 to 19"):
            digits.split(validation, seed=0)
    with pytest.raises(DataError, match="a validation part already"):
        digits.split(5, seed=0).split(5, seed=0)
    with pytest.raises(DataError, match="seed of 0 or more, came -1"):
        digits.split(5, seed=-1)
    unlabelled = Digits("x", Part(digits.train.images), Part(digits.train.images[:0]))
    assert unlabelled.split(5, seed=0).train.labels is None
    with pytest.raises(DataError, match="no labels to stratify by"):
        unlabelled.split(5, seed=0, stratify=True)


def test_the_fingerprint_sees_pixels_labels_parts_and_order():
    digits = numbered(6)
    prints = {digits.fingerprint, digits.split(0, seed=0).fingerprint, digits.split(2, seed=0).fingerprint}
    changed = numbered(6)
    changed.train.images[5, 27, 27] = 1
    relabelled = numbered(6, [1, 1, 2, 3, 4, 5])
    unlabelled = Digits("x", Part(digits.train.images), digits.validation)
    prints |= {changed.fingerprint, relabelled.fingerprint, unlabelled.fingerprint}
    prints.add(Digits("x", digits.train, digits.validation, test=digits.train).fingerprint)
    assert len(prints) == 7
    blank = Part(np.zeros((6, 28, 28), np.uint8), np.zeros(6, np.uint8))
    cuts = [
        Digits("x", Part(blank.images[:n], blank.labels[:n]), Part(blank.images[n:], blank.labels[n:])) for n in (2, 4)
    ]
    assert cuts[0].fingerprint != cuts[1].fingerprint
    assert Digits("other name", digits.train, digits.validation).fingerprint == digits.fingerprint
    assert len(digits.fingerprint) == 16
