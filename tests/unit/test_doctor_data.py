"""What the doctor makes of images and labels: with a witness who reads the fake digits, each fault planted."""

from dataclasses import replace

import numpy as np
import pytest

from fake_digits import images_and_labels
from numink.data.describe import describe
from numink.data.digits import Digits, Part
from numink.model_file import load_model
from numink.understand.doctor.of_data import (
    contradicted,
    counted,
    labels_to_judge_by,
    labels_to_learn_from,
    not_examined,
)

COUNT = 600


class Witness:
    """Knows the ten patterns of blocks, and is sure of them; of anything else it says what lies nearest."""

    def __init__(self, sure=0.99):
        self.sure = sure
        images, labels = images_and_labels(200, 7)
        self.patterns = np.array([images[labels == digit].mean(axis=0).ravel() for digit in range(10)])

    def probabilities(self, images):
        rows = images.reshape(len(images), 784).astype(float)
        said = np.argmin(((rows[:, None] - self.patterns) ** 2).sum(axis=2), axis=1)
        return np.full((len(rows), 10), (1 - self.sure) / 9) + np.eye(10)[said] * (self.sure - (1 - self.sure) / 9)

    def predict(self, images):
        return self.probabilities(images).argmax(axis=1)


@pytest.fixture(scope="module")
def good():
    """In an order of chance, as real digits are: the neighbour of an image says nothing of it."""
    order = np.random.default_rng(3).permutation(COUNT)
    images, labels = images_and_labels(COUNT, 0)
    return Part(images[order], labels[order])


def digits(train, validation=None, test=None, name="fake"):
    return Digits(name, train, validation or Part(train.images[:0], train.labels[:0]), test)


def shuffled(part, seed=0):
    return Part(part.images, np.random.default_rng(seed).permutation(part.labels))


def seen(part):
    return list(labels_to_learn_from(digits(part), Witness()))


def test_good_digits_are_left_in_peace(good):
    assert seen(good) == []
    assert list(counted(describe(digits(good)), digits(good))) == []


@pytest.mark.parametrize(("moved", "says"), [(1, "1 too large"), (9, "1 too small"), (3, "3 too large")])
def test_labels_that_are_moved(good, moved, says):
    (found,) = seen(Part(good.images, (good.labels + moved) % 10))

    assert found.name == "labels moved"
    assert says in found.seen
    assert f"(label + {10 - moved}) % 10" in found.change


@pytest.mark.parametrize(("rows", "side"), [(slice(1, None), "previous"), (slice(None, -1), "next")])
def test_labels_of_the_neighbouring_image(good, rows, side):
    """A line of headings was read as a label, or as an image."""
    images, labels = (good.images[:-1], good.labels[1:]) if side == "previous" else (good.images[1:], good.labels[:-1])
    (found,) = seen(Part(images, labels))

    assert found.name == "labels of the neighbour"
    assert side in found.seen


def test_images_with_ink_and_paper_exchanged(good):
    (found,) = seen(Part(255 - good.images, good.labels))

    assert found.name == "opposite polarity"
    assert "100% inverted" in found.seen


def test_labels_that_are_shuffled(good):
    (found,) = seen(shuffled(good))

    assert found.name == "labels shuffled"
    assert "sure of 100%" in found.seen


def test_one_source_of_two(good):
    """Only the second is inverted, and only it is accused."""
    both = Part(np.concatenate([good.images, 255 - good.images]), np.concatenate([good.labels, good.labels]))
    mixed = replace(digits(both), mixed={"the first": COUNT, "the second": COUNT})
    (found,) = labels_to_learn_from(mixed, Witness())

    assert "the second" in found.seen


def test_the_test_part_is_heard_too(good):
    assert list(labels_to_judge_by(good, Witness())) == []
    (found,) = labels_to_judge_by(Part(255 - good.images, good.labels), Witness())
    assert "the test images" in found.seen


def test_a_witness_who_is_not_sure_accuses_nobody(good):
    assert list(labels_to_learn_from(digits(shuffled(good)), Witness(sure=0.6))) == []


def test_a_witness_who_knows_few_classes_accuses_nobody(good):
    """As of other images than digits: it is sure, but takes all for ones and sevens."""
    part = shuffled(good)
    few = Part(part.images[np.isin(good.labels, (1, 7))], part.labels[np.isin(good.labels, (1, 7))])
    few = Part(np.repeat(few.images, 3, axis=0), np.repeat(few.labels, 3))

    assert seen(few) == []


def test_another_alphabet_is_no_shuffle(good):
    """Each pattern has a label of its own that the witness does not know: answers and labels go together."""
    other = np.array([3, 8, 0, 5, 9, 1, 7, 2, 4, 6], np.uint8)

    assert seen(Part(good.images, other[good.labels])) == []


def test_few_images_show_nothing(good):
    few = shuffled(Part(good.images[:150], good.labels[:150]))

    assert seen(few) == []
    assert list(not_examined(digits(few, validation=Part(few.images[:20], few.labels[:20])), few)) == [
        "labels and polarity: 150 images of fake are too few, 200 are needed",
        "single labels that are wrong: that takes 200 validation images, and there are 150",
    ]
    assert list(not_examined(digits(good), good)) == []


def test_images_that_show_nothing_are_no_copies(good):
    """Blank ones, or pixels that were divided by 255 and are bytes again."""
    faint = Part(np.concatenate([good.images, good.images[:100] // 255]), np.resize(good.labels, 700))
    other = images_and_labels(100, 9)[0]
    test = Part(np.concatenate([other, np.zeros_like(other), good.images[:50] // 255]), np.resize(good.labels, 250))

    assert names(faint, test=test) == {}


@pytest.mark.parametrize("kind", ["blocks", "shuffled blocks", "noise", "dark", "paper"])
def test_the_real_witness_does_not_accuse_what_are_no_digits(kind, good):
    images = {
        "blocks": good.images,
        "shuffled blocks": good.images,
        "noise": np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28)).astype(np.uint8),
        "dark": 255 - good.images,
        "paper": np.zeros((COUNT, 28, 28), np.uint8),
    }[kind]
    part = Part(images, good.labels)
    part = shuffled(part) if kind == "shuffled blocks" else part

    assert list(labels_to_learn_from(digits(part), load_model("cnn-tiny"))) == []


def test_some_labels_that_two_contradict(good):
    wrong = np.random.default_rng(1).random(COUNT) < 0.1
    validation = Part(good.images, np.where(wrong, (good.labels + 4) % 10, good.labels).astype(np.uint8))
    (found,) = contradicted(validation, (Witness(), Witness()))

    assert found.name == "some labels wrong"
    assert f"{wrong.mean():.1%} of the validation images" in found.seen
    assert list(contradicted(good, (Witness(), Witness()))) == []


def test_one_witness_alone_contradicts_nothing(good):
    class Other(Witness):
        def probabilities(self, images):
            return np.roll(super().probabilities(images), 1, axis=1)

    assert list(contradicted(Part(good.images, (good.labels + 4) % 10), (Witness(), Other()))) == []


def names(train, validation=None, test=None):
    every = digits(train, validation, test)
    return {finding.name: finding for finding in counted(describe(every), every)}


def test_classes_that_are_missing(good):
    kept = ~np.isin(good.labels, (3, 7))
    found = names(Part(good.images[kept], good.labels[kept]))

    assert list(found) == ["classes missing"]
    assert "no image of 3, 7" in found["classes missing"].seen


def test_classes_that_are_rare(good):
    kept = (good.labels != 5) | (np.arange(COUNT) % 4 == 0)
    found = names(Part(good.images[kept], good.labels[kept]))

    assert list(found) == ["classes unbalanced"]
    assert f"{np.sum(good.labels[kept] == 5)} of 5" in found["classes unbalanced"].seen


def test_few_images_are_uneven_by_chance(good):
    kept = np.r_[np.flatnonzero(good.labels != 5)[:60], np.flatnonzero(good.labels == 5)[:3]]

    assert names(Part(good.images[kept], good.labels[kept])) == {}


def test_training_images_among_those_that_judge(good):
    test = Part(np.concatenate([good.images[:30], images_and_labels(70, 9)[0]]), images_and_labels(100, 9)[1])
    found = names(good, validation=Part(good.images[:50], good.labels[:50]), test=test)

    assert list(found) == ["training images in the test part", "training images in the validation part"]
    assert "30 of the 100 test images (30.0%)" in found["training images in the test part"].seen
    assert "50 of the 50 validation images" in found["training images in the validation part"].seen


def test_what_shows_no_digit_is_no_witness_of_anything(good):
    none = Part(images_and_labels(300, 5)[0], np.full(300, 10, np.uint8))
    both = Part(np.concatenate([good.images, none.images]), np.concatenate([good.labels, none.labels]))

    assert seen(both) == []
    assert names(both) == {}
    assert list(contradicted(both, (Witness(), Witness()))) == []
    mixed = Digits("fake + none", both, Part(none.images[:0], none.labels[:0]), mixed={"fake": COUNT, "none": 300})
    assert list(labels_to_learn_from(mixed, Witness())) == []
