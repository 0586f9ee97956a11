"""What a number's confidence comes from, and that a calibration belongs to the model that it was made of."""

import numpy as np
import pytest

from numink.data.digits import Bytes
from numink.errors import DataError, ModelError
from numink.model import Model, initial_weights
from numink.nn.layers import Pixels
from numink.reader.confidence import ACCEPTED, FACTORS, Trust, evidence, factors, fingerprint, trust_in
from numink.reader.fit import fit_odds
from numink.reader.numbers import Candidate, Other, Word
from numink.reader.risk import Risk
from numink.recipe import Recipe

BLANK: Bytes = np.zeros((28, 28), np.uint8)
KNOWN = dict(zip(FACTORS, (0.9, 0.95, 0.8, 2.0, 0.1, 32.0, 0.3, 0.0), strict=True))
RISK = Risk((0.99, 0.9), (4000, 5000), (1, 30))
TRUST = Trust((0.5, *([1.0] * len(FACTORS))), RISK, RISK)


def untrained(*settings, seed=0):
    recipe = Recipe().with_settings(["network.layers=['dense 10']", *settings])
    return Model(recipe, Pixels(), initial_weights(recipe, Pixels(), seed))


def digit(x, p, height=20):
    return Candidate((x, 50, 10, height), BLANK, np.array([p, *[(1 - p) / 9] * 9]))


def test_factors_by_hand():
    sure = Word("00", 0, (0, 50, 30, 20), (digit(0, 0.9), digit(20, 0.8)), cut=0.7)
    mark = Word("-0", 0, (40, 50, 10, 20), (digit(40, 0.5),), signs=((36, 60, 3, 1),))
    below = Other((0, 90, 10, 20), "a letter")

    first, second = factors([sure, mark], [below])

    assert first == pytest.approx(
        {
            "digits": 0.72,
            "weakest": 0.8,
            "cut": 0.7,
            "apart": 0.5,  # 10 pixels, digits being 20 high
            "rejected": 1 / 3,
            "height": 20,
            "unlike": 0,
            "bar": 0,
        }
    )
    assert (second["digits"], second["apart"]) == (0.5, 0.5)
    assert factors([], [below]) == []


def test_what_stands_alone_is_far_apart():
    (alone,) = factors([Word("0", 0, (0, 50, 10, 20), (digit(0, 0.9),))], [])

    assert (alone["apart"], alone["rejected"]) == (2, 0)


def test_a_one_alone_may_be_a_line_and_what_is_higher_than_the_rest_something_else():
    words = [Word("0", n, (0, 50 * n, 10, 20), (digit(0, 0.9),)) for n in range(3)]
    bar = Candidate((0, 200, 3, 40), BLANK, np.eye(10)[1])

    *usual, found = factors([*words, Word("1", 3, bar.box, (bar,))], [])

    assert [one["unlike"] for one in usual] == [0, 0, 0]
    assert (found["bar"], found["unlike"]) == (1, pytest.approx(np.log(2)))


def test_without_a_calibration_it_is_digits_and_cut():
    assert Trust().confidence(KNOWN) == pytest.approx(0.72)
    assert Trust().threshold(None, single=False) == ACCEPTED


def test_the_factors_add_up_on_the_scale_of_odds():
    assert evidence(KNOWN)[0] == 1
    assert len(evidence(KNOWN)) == 1 + len(FACTORS)
    odds = 0.5 + sum(evidence(KNOWN)[1:])

    assert TRUST.confidence(KNOWN) == pytest.approx(1 / (1 + np.exp(-odds)))


def test_a_calibration_comes_back_from_the_model_s_file(tmp_path):
    from numink.model_file import load_model

    model = untrained()
    model.facts["reading"] = TRUST.facts(model)
    model.save(tmp_path / "m.safetensors")

    assert trust_in(load_model(tmp_path / "m.safetensors")) == TRUST


def test_it_belongs_to_one_model_used_in_one_way():
    model = untrained()
    facts = TRUST.facts(model)
    for other in (untrained(seed=1), untrained("use.temperature=1.5"), untrained("use.shifts=1")):
        other.facts["reading"] = facts
        assert trust_in(other) == Trust()
        assert fingerprint(other) != fingerprint(model)
    assert trust_in(untrained()) == Trust()
    model.facts["reading"] = facts | {"weights": facts["weights"] | {"colour": 1.0}}  # by another numink
    assert trust_in(model) == Trust()


@pytest.mark.parametrize("damage", [{"weights": None}, {"weights": {"always": "1"}}, {"pages": {}}, {"singles": 7}])
def test_a_damaged_calibration_gets_one_line(damage):
    model = untrained()
    model.facts["reading"] = TRUST.facts(model) | damage

    with pytest.raises(ModelError, match="calibration is damaged; numink calibrate makes it anew"):
        trust_in(model)


@pytest.mark.parametrize("weight", [float("nan"), "1", None, 1])
def test_a_weight_that_is_none(weight):
    model = untrained()
    facts = TRUST.facts(model)
    facts["weights"]["cut"] = weight
    model.facts["reading"] = facts

    with pytest.raises(ModelError, match="damaged"):
        trust_in(model)


def test_thresholds_and_what_cannot_be_promised():
    assert TRUST.threshold(0.01, single=False) == 0.9
    assert TRUST.threshold(0.003, single=True) == 0.99
    with pytest.raises(
        DataError, match=r"5,000 readings\) cannot promise an error rate of 0.0001; the smallest is 0.002"
    ):
        TRUST.threshold(0.0001, single=False)
    with pytest.raises(
        ModelError, match="needs a model that was calibrated for reading; numink calibrate MODEL does it"
    ):
        Trust().threshold(0.01, single=False)


@pytest.mark.parametrize("rate", [0, 1, -0.1, 7, float("nan")])
def test_rates_out_of_range(rate):
    with pytest.raises(DataError, match="between 0 and 1, such as"):
        TRUST.threshold(rate, single=False)


def test_odds_that_were_put_in_are_found():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 2))])
    right = rng.random(20_000) < 1 / (1 + np.exp(-X @ [1.0, -2.0, 0.5]))

    np.testing.assert_allclose(fit_odds(X, right), [1.0, -2.0, 0.5], atol=0.1)


def test_odds_stay_finite_where_the_evidence_says_all():
    assert np.isfinite(fit_odds([[1, -1], [1, -1], [1, 1], [1, 1]], [0, 0, 1, 1])).all()
