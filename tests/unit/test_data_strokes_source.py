import numpy as np
import pytest

from numink.data.strokes import source
from numink.errors import DataError

SMALL_BLOCK = 200


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(source, "_BLOCK", SMALL_BLOCK)
    monkeypatch.setattr(source, "TEST_IMAGES", 300)


def test_both_parts_are_drawn_with_their_labels():
    train, test = source.read(450)
    for part, count in ((train, 450), (test, 300)):
        assert part.images.shape == (count, 28, 28)
        assert part.images.dtype == part.labels.dtype == np.uint8
        assert part.images.flags.c_contiguous
        assert part.images.any(axis=(1, 2)).all()
    assert np.bincount(train.labels[: 2 * SMALL_BLOCK]).tolist() == [40] * 10
    assert not (train.images[:300] == test.images).all(axis=(1, 2)).any()


def test_labels_are_those_of_the_images():
    train, test = source.read(2000)
    means = np.stack([train.images[train.labels == digit].mean(axis=0) for digit in range(10)]).reshape(10, -1)
    distances = ((test.images.reshape(300, 1, -1) - means) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == test.labels).mean() > 0.5  # and 0.1 by chance


def test_it_is_the_same_each_time_and_fewer_images_are_the_first_of_more():
    less, test = source.read(130)
    more, same_test = source.read(450)
    assert (less.images == more.images[:130]).all()
    assert (less.labels == more.labels[:130]).all()
    assert (test.images == same_test.images).all()
    assert len(np.unique(more.images, axis=0)) == 450  # no block is another's copy


def test_progress_counts_the_images_of_both_parts():
    told = []
    source.read(450, lambda *counts: told.append(counts))
    assert told == [("strokes", done, 750) for done in (200, 400, 450, 650, 750)]


def test_each_writer_writes_twenty_digits(monkeypatch):
    asked = []

    def draw_images(labels, writers, rng):
        asked.append(writers)
        return np.zeros((len(labels), 28, 28), np.uint8)

    monkeypatch.setattr(source, "draw_images", draw_images)
    source.read(SMALL_BLOCK)
    writers = asked[0]
    people = SMALL_BLOCK // 20
    assert len(set(map(id, writers))) == people
    assert len(set(map(id, writers[:people]))) == people  # few images are of many writers
    assert all(writers[row] is writers[row % people] for row in range(SMALL_BLOCK))


@pytest.mark.parametrize("count", [-1, 2_000_001])
def test_refuses_a_number_of_images_that_it_cannot_draw(count):
    with pytest.raises(DataError, match="expected from 0 to 2,000,000 images of strokes, came"):
        source.read(count)
