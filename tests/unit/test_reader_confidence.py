"""What a number's confidence comes from, and that a calibration belongs to the model that it was made of."""

import numpy as np
import pytest

from numink.data.digits import Bytes
from numink.errors import DataError, ModelError
from numink.model import Model, initial_weights
from numink.nn.layers import Pixels
from numink.reader.confidence import ACCEPTED, BEST, FACTORS, Trust, evidence, factors, fingerprint, trust_in
from numink.reader.fit import fit_odds
from numink.reader.numbers import Candidate, Other, Word
from numink.reader.reasons import reasons
from numink.reader.risk import Risk
from numink.recipe import Recipe

BLANK: Bytes = np.zeros((28, 28), np.uint8)
KNOWN = dict(zip(FACTORS, (0.9, 0.8, 0.9, 2.0, 0.1, 32.0, 0.0), strict=True))
RISK = Risk((0.99, 0.9), (4000, 5000), (1, 30), (1.0, 1.5))
TRUST = Trust((0.5, *([1.0] * len(FACTORS))), RISK, RISK)


def untrained(*settings, seed=0):
    recipe = Recipe().with_settings(["network.layers=['dense 10']", *settings])
    return Model(recipe, Pixels(), initial_weights(recipe, Pixels(), seed))


def digit(x, p, height=20):
    return Candidate((x, 50, 10, height), BLANK, np.array([p, *[(1 - p) / 9] * 9]))


def test_factors_by_hand():
    sure = Word("00", 0, (0, 50, 30, 20), (digit(0, 0.9), digit(20, 0.8)))
    mark = Word("-0", 0, (40, 50, 10, 20), (digit(40, 0.5),), signs=((36, 60, 3, 1),))
    below = Other((0, 90, 10, 20), "a letter")

    first, second = factors([sure, mark], [below], [0.6, 0.0])

    assert first == pytest.approx(
        {
            "digits": 0.72,
            "again": 0.6,
            "marks": 1.0,  # the other has none either
            "apart": 0.5,  # 10 pixels, digits being 20 high
            "rejected": 1 / 3,
            "height": 20,
            "crowd": 0,
        }
    )
    assert (second["digits"], second["again"], second["apart"]) == (0.5, 0, 0.5)
    assert factors([], [below], []) == []


def test_what_stands_alone_is_far_apart():
    (alone,) = factors([Word("0", 0, (0, 50, 10, 20), (digit(0, 0.9),))], [], [0.9])

    assert (alone["apart"], alone["rejected"], alone["marks"]) == (2, 0, 1)


def test_a_number_without_the_mark_that_all_others_have_is_unlike_them():
    words = [Word(text, n, (0, 50 * n, 20, 20), (digit(0, 0.9),) * 2) for n, text in enumerate(["0.0"] * 9 + ["00"])]

    *marked, plain = [one["marks"] for one in factors(words, [], [1.0] * 10)]

    assert marked == [0.9] * 9
    assert plain == 0.1


def test_more_ones_or_sevens_than_chance_would_have_are_a_crowd():
    def read(text):
        return Word(text, 0, (0, 50, 10, 20), tuple(Candidate((0, 50, 9, 20), BLANK, np.eye(10)[int(d)]) for d in text))

    words = [read(text) for text in (*["1"] * 9, "1234567890", "05")]  # ten ones among 21 digits, one seven

    crowd = [one["crowd"] for one in factors(words, [], [1.0] * 11)]

    assert crowd[:9] == [pytest.approx(np.log(11 / 3.1))] * 9
    assert crowd[9:] == [pytest.approx(np.log(11 / 3.1) / 10), 0]


def test_reasons_come_with_the_most_costly_first():
    trust = Trust((0.0, 0.1, 0.2, 1.5, 1.0, -1.0, 1.0, -3.0))
    known = dict(BEST) | {"again": 0.0, "apart": 0.0, "marks": 0.9}

    assert reasons(BEST, trust) == []
    assert reasons(known, trust) == [
        "a second look, at the page leaning a little, reads something else there",
        "other ink stands close beside it",
    ]
    assert "less sure" in reasons(known | {"again": 0.1}, trust)[1]


def test_each_factor_has_its_words():
    worst = dict(zip(FACTORS, (0.2, 0.0, 0.0, 0.0, 0.4, 9.0, 0.8), strict=True))
    told = reasons(worst, Trust((0.0, 1.0, 1.0, 1.0, 1.0, -3.0, 1.0, -1.0)))

    assert len(told) == len(FACTORS) == len(set(told))
    assert "its digits are only 9 pixels high" in told
    assert "40\N{NO-BREAK SPACE}% of what was found on the page is no number" in told


def test_without_a_calibration_it_is_what_both_looks_say():
    assert Trust().confidence(KNOWN) == pytest.approx(0.85)
    assert Trust().threshold(None, single=False) == ACCEPTED


def test_the_factors_add_up_on_the_scale_of_odds():
    assert evidence(KNOWN)[0] == 1
    assert len(evidence(KNOWN)) == 1 + len(FACTORS)
    odds = 0.5 + sum(evidence(KNOWN)[1:])

    assert TRUST.confidence(KNOWN) == pytest.approx(1 / (1 + np.exp(-odds)))


def test_what_is_surer_or_larger_than_enough_adds_nothing():
    place = 1 + FACTORS.index("height")
    small, enough, large = (evidence(dict(KNOWN) | {"height": height})[place] for height in (20.0, 45.0, 200.0))

    assert small < enough == large == 0
    assert evidence(dict(KNOWN) | {"digits": 0.999})[1] == evidence(dict(KNOWN) | {"digits": 1.0})[1]


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
    facts["weights"]["again"] = weight
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
