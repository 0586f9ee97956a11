"""The reader on pages and marks of unseen writers: a little of what benchmarks.reading measures."""

from functools import reduce
from operator import add

import numpy as np
import pytest

from benchmarks.reading_match import compare
from benchmarks.reading_others import read_kind
from benchmarks.reading_reader import read_image
from benchmarks.reading_small import Way, read_all
from numink.data.strokes import Photo, page

pytest.importorskip("cv2")

FIRST = 40_000


def read_pages(count, **how):
    """The counts of pages of 800 x 600."""
    tallies = []
    for seed in range(FIRST, FIRST + count):
        made = page(np.random.default_rng(seed), height_px=600, width_px=800, **how)
        tallies.append(compare(made, read_image(made.image), str(seed)))
    return reduce(add, tallies)


def test_good_scans_on_plain_paper():
    found = read_pages(4, paper="plain", layout="rows", pen="ballpoint", photo=Photo(blur_px=0.5, noise=1), strays=0)

    assert found.share("exact", "numbers") >= 0.93, found.worst
    assert found.share("ordered", "pages") >= 0.9
    assert found["from_nothing"] == 0


def test_telephones_pictures_of_ruled_paper():
    photo = Photo(lean_degrees=6, turn_degrees=3, unevenness=0.3, blur_px=0.7, noise=3, jpeg_quality=80)
    found = read_pages(3, paper="ruled", layout="columns", pen="felt pen", photo=photo)

    assert found.share("right", "digits") >= 0.9, found.worst


@pytest.mark.parametrize("kind", ["letter", "scribble", "struck out", "blank paper"])
def test_what_is_no_digit_is_not_accepted(kind):
    _, counts = read_kind(kind, 12, None)

    assert counts["accepted"] <= 2


@pytest.mark.parametrize("way", [Way(8, False, False), Way(16, True, True)], ids=str)
def test_small_digits_of_either_polarity(way):
    _, _, verdicts = read_all(("strokes", way), 20, None)

    assert verdicts["right"] + verdicts["right, rejected"] >= 17
    assert verdicts["wrong"] <= 1
