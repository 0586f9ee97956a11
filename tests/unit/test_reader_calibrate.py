"""What a calibration is made of: unseen digits, their temperature, and what becomes of pages."""

from dataclasses import replace

import numpy as np
import pytest

from fake_digits import images_and_labels
from numink.data import strokes
from numink.data.digits import Part
from numink.errors import DataError
from numink.model import Model
from numink.reader import calibrate
from numink.reader.calibrate import page_outcomes, single_outcomes, trust_from, unseen_digits, with_temperature
from numink.reader.confidence import FACTORS
from numink.reader.poor import WAYS, reduced, unseen_strokes
from numink.reader.read import make_reader
from numink.recipe import load
from numink.run import train
from numink.scores import cross_entropy


@pytest.fixture(scope="module")
def few(few_digits):
    """A model of few digits."""
    recipe = load("small-10").with_source(str(few_digits)).with_settings(["train.epochs=2", "data.validation=50"])
    return train(recipe=recipe)


def outcomes(pages, seed=0):
    """Numbers whose digits say how likely they are right."""
    rng = np.random.default_rng(seed)
    known = dict.fromkeys(FACTORS, 0.9)
    return [
        [(known | {"digits": p}, bool(rng.random() < p)) for p in rng.uniform(0.3, 1, 20).tolist()]
        for _ in range(pages)
    ]


def test_confidence_becomes_what_it_says():
    made = outcomes(300)
    trust = trust_from(made, np.ones(5), np.ones(5, bool))
    confidences = np.array([trust.confidence(known) for page in made for known, _ in page])
    right = np.array([good for page in made for _, good in page])

    for low in (0.3, 0.5, 0.7, 0.9):
        some = (confidences >= low) & (confidences < low + 0.1)
        assert abs(confidences[some].mean() - right[some].mean()) < 0.06


def test_the_promise_rests_on_pages_that_weighed_nothing():
    made = outcomes(30)
    trust = trust_from(made, np.array([0.9, 0.8]), np.array([True, False]))
    other = trust_from([page if n % 3 == 0 else page[:1] for n, page in enumerate(made)], np.ones(1), np.ones(1, bool))

    assert trust.weights == other.weights
    assert (trust.pages.accepted[-1], other.pages.accepted[-1]) == (20 * 20, 20)
    assert (trust.singles.accepted, trust.singles.wrong) == ((1, 2), (0, 1))


def test_where_nothing_was_read_nothing_is_known():
    with pytest.raises(DataError, match="nothing was read on 12 pages"):
        trust_from([[] for _ in range(12)], np.ones(1), np.ones(1, bool))


def test_what_was_read_on_a_page(monkeypatch):
    page = strokes.page(
        np.random.default_rng(3), texts=[["12", "507"]], layout="rows", paper="plain", photo=strokes.Photo(),
        strays=0, height_px=200, width_px=400,
    )  # fmt: skip
    monkeypatch.setattr(strokes, "page", lambda rng: page)
    reader = make_reader()

    assert [good for _, good in page_outcomes(reader, 7)] == [True, True]
    wrong = strokes.Page(page.image, (page.numbers[0], replace(page.numbers[1], text="501")), ())
    monkeypatch.setattr(strokes, "page", lambda rng: wrong)
    assert [good for _, good in page_outcomes(reader, 7)] == [True, False]
    wrong = strokes.Page(page.image, page.numbers[:1], ())
    monkeypatch.setattr(strokes, "page", lambda rng: wrong)
    assert [good for _, good in page_outcomes(reader, 7)] == [True, False]


def test_unseen_strokes_are_the_same_each_time_and_no_source_s():
    one, other = unseen_strokes(50), unseen_strokes(50)

    np.testing.assert_array_equal(one.images, other.images)
    assert np.bincount(one.labels).tolist() == [5] * 10


@pytest.mark.parametrize(("side_px", "stretched", "two_levels"), WAYS)
def test_reduced_digits_fill_their_square(side_px, stretched, two_levels):
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 9:19] = 200

    small = reduced(image, side_px, stretched, two_levels)

    assert small.shape == (side_px, side_px)
    assert small[:, side_px // 2].min() > 100
    assert (small[:, 0].max() > 0) == stretched
    assert not two_levels or set(np.unique(small)) <= {0, 255}


def test_the_digits_of_its_own_training_and_strokes(few, few_digits, monkeypatch):
    monkeypatch.setattr(calibrate, "unseen_strokes", lambda count: Part(*images_and_labels(10, seed=3)))

    own, drawn = unseen_digits(few)
    assert (len(own), len(drawn)) == (50, 10)
    settings = few.recipe.with_source("nowhere.csv")
    assert [len(part) for part in unseen_digits(Model(settings, few.pixels, few.theta, few.facts))] == [10]


def test_a_temperature_is_fitted_and_the_old_one_does_not_count(few, monkeypatch):
    parts = [Part(*images_and_labels(100, seed=4))]
    nothing = Part(images_and_labels(20, seed=7)[0], np.full(20, 10, np.uint8))
    monkeypatch.setattr("numink.reader.calibrate.no_digits.read", lambda count, which: nothing)
    hot = Model(few.recipe.with_settings(["use.temperature=9"]), few.pixels, few.theta, few.facts)

    made, again = with_temperature(few, parts), with_temperature(hot, parts)

    assert made.recipe.use.temperature == again.recipe.use.temperature != 1
    P, P_hot = (one.probabilities(parts[0].images) for one in (made, hot))
    assert cross_entropy(P, parts[0].labels) < cross_entropy(P_hot, parts[0].labels)


def test_single_digits_good_and_poor():
    part, seen = unseen_strokes(120), []
    confidences, right = single_outcomes(make_reader().model, [part], lambda *done: seen.append(done))

    assert confidences.shape == right.shape == (120,)
    assert seen == [(120, 120)]
    assert right[1::2].mean() > 0.9
    assert confidences[1::2].mean() > confidences[::2].mean()
