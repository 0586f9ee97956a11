import json

import numpy as np
import pytest

from numink.data.describe import describe
from numink.data.digits import Digits, Part


def part(images, labels=None):
    return Part(np.ascontiguousarray(images, np.uint8), None if labels is None else np.array(labels, np.uint8))


def digit(paper=0, ink=255):
    """An upright stroke, 4 of 28 columns wide and 20 of 28 rows high: 80 of 784 pixels."""
    image = np.full((28, 28), paper, np.uint8)
    image[4:24, 12:16] = ink
    return image


def digits(train, test=None, missing=0):
    return Digits("some", train, Part(train.images[:0], train.labels), test, missing)


def test_counts_ink_and_range():
    described = describe(digits(part([digit(0, 255), digit(3, 200)], [1, 1]), part([digit()], [7]), missing=4))
    assert described.parts["train"].images == 2
    assert described.parts["train"].classes == (0, 2, 0, 0, 0, 0, 0, 0, 0, 0)
    assert described.parts["test"].classes == (0, 0, 0, 0, 0, 0, 0, 1, 0, 0)
    assert "validation" not in described.parts
    assert (described.lowest, described.highest) == (0, 255)
    assert described.ink == pytest.approx(80 / 784)
    assert described.missing == 4
    assert described.name == "some"


def test_repetitions():
    images = [digit(0, 255), digit(0, 254), digit(0, 255), digit(0, 255), digit(0, 253)]
    described = describe(digits(part(images, [1] * 5), part([digit(0, 253), digit(0, 99), digit(0, 255)], [1] * 3)))
    assert described.repeated == 2
    assert described.in_test == 4
    notes = " ".join(described.notes)
    assert "2 training images repeat another" in notes
    assert "4 training images occur in the test part" in notes


def frame(paper, ink):
    image = np.full((28, 28), paper, np.uint8)
    image[[0, -1]] = ink
    image[:, [0, -1]] = ink
    return image


@pytest.mark.parametrize(
    ("image", "polarity", "ink"),
    [
        (digit(0, 255), "ink bright", 80 / 784),
        (digit(40, 130), "ink bright", 80 / 784),
        (digit(255, 0), "ink dark", 80 / 784),
        (digit(128, 127), "ink dark", 80 / 784),
        (frame(0, 255), "unclear", 108 / 784),
        (frame(255, 0), "unclear", 1 - 108 / 784),
        (digit(0, 0), "ink bright", 0),
    ],
)
def test_polarity(image, polarity, ink):
    described = describe(digits(part([image], [1])))
    assert described.polarity == polarity
    assert described.ink == pytest.approx(ink)
    assert any("bright ink on dark paper" in note for note in described.notes) == (polarity != "ink bright")


def test_notes_for_a_person():
    every = part([digit(0, 200 + i) for i in range(20)], list(range(10)) * 2)
    assert describe(digits(every)).notes == ()
    assert describe(digits(part(every.images[:9], range(9)))).notes == ("train has no image of 9",)
    lopsided = part([digit(0, 200 + i) for i in range(12)], [*range(10), 1, 1])
    assert describe(digits(lopsided)).notes == ("train has 3 images of one class and 1 of another",)
    assert describe(digits(every, missing=3)).notes == ("3 cells are empty",)
    assert "train has no labels" in describe(digits(part(every.images))).notes[0]
    assert "pixels end at 1" in describe(digits(part(every.images > 0, every.labels))).notes[-1]


def test_the_description_is_json():
    described = describe(digits(part([digit()], [1])))
    fields = json.loads(json.dumps(described.to_json()))
    assert fields["parts"]["train"] == {"images": 1, "classes": [0, 1, 0, 0, 0, 0, 0, 0, 0, 0], "none": 0}
    assert fields["polarity"] == "ink bright"
    assert isinstance(fields["notes"], list)
