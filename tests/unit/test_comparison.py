"""What a comparison says of its figures: worked out by hand, for runs that were never trained."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from numink.understand.compare.comparison import Comparison
from numink.understand.compare.one_run import PartFigures, RunFailure, RunFigures
from numink.understand.compare.variants import variants

IMAGES = 1000
FINAL = 0.4


def part(accuracy, error=0.0, cost=0.5):
    return PartFigures(IMAGES, accuracy, error, cost)


def run(variant, seed, accuracy, *, test=0.5, validation=True, cost=0.5):
    judged = part(accuracy, 100 * accuracy, cost) if validation else None
    train = part(accuracy if not validation else 0.99)
    return RunFigures(
        variant, seed, 7850, 20, 500, 2.0, "mnist", "0" * 16, "0.1", "numpy", FINAL, train, judged, part(test)
    )


def comparison(accuracies, *, failed=(), vary="network.activation", **more):
    """accuracies: for each variant its runs', None where there is none."""
    those = variants(["classic-15-relu"], [f"{vary}={','.join(accuracies)}"])
    runs = [
        run(variant.name, seed, accuracy, **more)
        for variant, figures in zip(those, accuracies.values(), strict=True)
        for seed, accuracy in enumerate(figures)
        if accuracy is not None
    ]
    seeds = max(map(len, accuracies.values()))
    return Comparison(Path("runs/it"), "numink compare", those, seeds, tuple(runs), tuple(failed))


# Differences 0.018, 0.020, 0.022: mean 0.02, deviation 0.002, t = 0.02 / (0.002 / sqrt(3)) = 17.3, p = 0.0033
AHEAD = {"sigmoid": [0.900, 0.910, 0.920], "tanh": [0.918, 0.930, 0.942]}


def test_the_sentence_of_the_issue():
    found = comparison(AHEAD)

    assert found.best.name == "tanh"
    assert found.sentence == (
        "tanh beats sigmoid by 2.0 points (p = 0.003) in validation accuracy, each at its best within 500 iterations, "
        "over 3 seeds. 3 seeds tell little of chance; --seeds 5 or more may tell more."
    )
    (verdict,) = found.tests
    assert (verdict.best, verdict.other, verdict.told_apart) == ("tanh", "sigmoid", True)
    assert verdict.paired.t == pytest.approx(17.3205, abs=1e-3)
    assert verdict.p == verdict.paired.p == pytest.approx(0.003316, abs=1e-5)


def test_what_chance_may_have_done_is_said():
    """Differences 0.001, -0.001, 0.003, 0, 0.002: mean 0.001, deviation 0.00158, t = 1.414, p = 0.23."""
    found = comparison({"tanh": [0.9] * 5, "relu": [0.901, 0.899, 0.903, 0.900, 0.902]})

    assert found.sentence == (
        "relu and tanh cannot be told apart in validation accuracy, each at its best within 500 iterations, over 5 "
        "seeds: the difference of 0.10 points is within chance (p = 0.23)."
    )


def test_one_that_is_beaten_and_one_that_is_not():
    found = comparison(AHEAD | {"relu": [0.919, 0.929, 0.940]})

    assert found.sentence == (
        "tanh beats sigmoid by 2.0 points (p = 0.007) in validation accuracy, each at its best within 500 iterations, "
        "over 3 seeds. tanh and relu cannot be told apart: the difference of 0.07 points is within chance (p = 0.53). "
        "3 seeds tell little of chance; --seeds 5 or more may tell more."
    )
    assert [verdict.p for verdict in found.tests] == pytest.approx([2 * 0.003316, 0.5286], abs=1e-4)  # Holm's


def test_several_that_cannot_be_told_apart():
    found = comparison({"tanh": [0.90, 0.91], "relu": [0.92, 0.90], "elu": [0.91, 0.90]})

    assert found.sentence == (
        "relu cannot be told from tanh (0.50 points, p = 1.00) and elu (0.50 points, p = 1.00) in validation accuracy, "
        "each at its best within 500 iterations, over 2 seeds: such differences are within chance. "
        "2 seeds tell little of chance; --seeds 5 or more may tell more."
    )


def test_many_are_counted():
    rates = {f"0.{number}": [0.9 + number / 1000, 0.9 + number / 500] for number in range(1, 8)}
    found = comparison(rates, vary="train.learning_rate")

    assert found.sentence.startswith("learning_rate 0.7 cannot be told from 6 others (0.15 to 0.90 points) in")


def test_one_seed_alone_is_no_test():
    found = comparison({"tanh": [0.90], "relu": [0.92]})

    assert found.tests[0].p is None
    assert found.sentence == (
        "relu is ahead of tanh by 2.0 points in validation accuracy, each at its best within 500 iterations, over 1 "
        "seed, but that could not be tested: one seed alone tells nothing of chance; run two or more."
    )


def test_the_same_difference_every_time_is_no_test():
    found = comparison({"tanh": [0.90, 0.92], "relu": [0.91, 0.93]})

    assert found.tests[0].p is None
    assert "but that could not be tested: every seed gave the same difference" in found.sentence


def test_pairs_are_of_one_seed():
    """Were they paired by place, the differences would be 0.018 and 0.010."""
    found = comparison({"sigmoid": [0.900, None, 0.920], "tanh": [None, 0.930, 0.942]})

    (verdict,) = found.tests
    assert (verdict.paired.pairs, verdict.p) == (1, None)
    assert verdict.paired.difference == pytest.approx(0.022)


def test_the_test_part_never_chooses():
    those = variants(["classic-15-relu"], ["network.activation=tanh,relu"])
    runs = [run("tanh", seed, 0.90, test=0.99) for seed in range(2)] + [
        run("relu", seed, 0.91, test=0.5) for seed in range(2)
    ]
    found = Comparison(Path("it"), "", those, 2, tuple(runs), ())

    assert (found.best.name, found.judged_by) == ("relu", "validation")


def test_of_equals_the_surer_is_best():
    those = variants(["classic-15-relu"], ["network.activation=tanh,relu"])
    runs = (run("tanh", 0, 0.9, cost=0.3), run("relu", 0, 0.9, cost=0.2))

    assert Comparison(Path("it"), "", those, 1, runs, ()).best.name == "relu"


def test_without_validation_images_training_decides_and_is_named():
    found = comparison(AHEAD, validation=False)

    assert found.judged_by == "training"
    assert found.parts == ("training", "test")
    assert "in training accuracy after 500 iterations" in found.sentence
    assert found.to_json()["figures_of"] == "last epoch"
    assert "in training accuracy" in found.sentence
    assert "validation" not in found.to_json()["variants"][0]


def test_the_length_is_that_of_the_runs():
    """Early stops end some runs sooner than the recipe says."""
    found = comparison(AHEAD)
    runs = tuple(replace(run, steps=500 - 10 * place) for place, run in enumerate(found.runs))

    assert replace(found, runs=runs).length == "450 to 500 iterations"
    those = variants(["small-10"], ["network.activation=sigmoid,tanh"])
    assert replace(found, variants=those, runs=runs).length == "20 epochs"


def test_the_best_is_the_best_of_the_seeds_that_all_have():
    """elu is ahead over all that each has, by two seeds that tanh has not, and behind by 0.010 on each of the rest."""
    found = comparison({"elu": [0.900, 0.902, 0.901, 0.990, 0.990], "tanh": [0.910, 0.913, 0.911]})

    assert found.best.name == "tanh"
    assert found.sentence.startswith("tanh beats elu by 1.0 points (p = 0.001) in validation accuracy")
    assert "over 3 seeds" in found.sentence


def test_one_that_lost_most_of_its_seeds_takes_no_part():
    found = comparison({"elu": [0.9, 0.92, 0.91], "tanh": [0.91, 0.915, 0.9], "relu": [0.99, None, None]})

    assert found.best.name == "elu"
    assert found.ranked[-1].name == "relu"
    assert "elu and relu could not be tested: they have too few seeds in common." in found.sentence
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))["tests"][1]
    assert (told["other"], told["difference"], told["chance"], told["p_holm"]) == ("relu", None, None, None)


def test_no_seed_in_common():
    found = comparison({"elu": [0.9, 0.92, None, None], "tanh": [None, None, 0.91, 0.915]})

    assert found.sentence == (
        "tanh and elu could not be tested in validation accuracy, each at its best within 500 iterations: "
        "they have too few seeds in common."
    )
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("elu", "tanh", "said"),
    [
        (
            [0.9],
            [0.9],
            "elu and tanh are level in validation accuracy, each at its best within 500 iterations, over 1 ",
        ),
        ([0.9, 0.9], [0.9, 0.9], "elu and tanh cannot be told apart in validation accuracy, each at its best within"),
        ([0.9, 0.9], [0.9, 0.90004], "tanh and elu cannot be told apart"),
    ],
)
def test_nobody_is_ahead_by_nothing(elu, tanh, said):
    found = comparison({"elu": elu, "tanh": tanh})

    assert found.sentence.startswith(said)
    assert "0.00 " not in found.sentence
    assert "ahead" not in found.sentence


def test_each_is_said_with_its_own_reason():
    level = {"elu": [0.95, 0.951, 0.952], "tanh": [0.90, 0.901, 0.902]}
    found = comparison(level | {"relu": [0.94, None, None]})

    assert found.sentences[:2] == (
        "elu is ahead of tanh by 5.0 points in validation accuracy, each at its best within 500 iterations, over 3 "
        "seeds, but that could not be tested: every seed gave the same difference, so that there is no spread to test "
        "it against.",
        "elu and relu could not be tested: they have too few seeds in common.",
    )
    assert {test["other"]: test["chance"] for test in found.to_json()["tests"]} == {"tanh": None, "relu": None}


def test_a_best_that_was_picked_seldom_beats_by_chance():
    """Five alike, five seeds: with the best's own four tests alone corrected for, 8.6 % of them beat another."""
    rng, false = np.random.default_rng(0), 0
    for _ in range(300):
        seeds = 0.9 + 0.007 * rng.standard_normal(5)
        draws = {name: seeds + 0.01 * rng.standard_normal(5) for name in ("elu", "tanh", "relu", "silu", "sigmoid")}
        found = comparison({name: [*map(float, values)] for name, values in draws.items()})
        false += any(verdict.told_apart for verdict in found.tests)

    assert false / 300 < 0.05


def test_shares_end_at_100_percent():
    found = comparison({"elu": [0.98, 0.99, 1.0], "tanh": [0.9, 0.91, 0.92]})

    told = found.spread("elu", "validation", "accuracy")
    assert told.interval_95[1] == 1
    assert told.half_width == pytest.approx(0.02484, abs=1e-5)  # 4.3027 * 0.01 / sqrt(3)


def test_the_last_epoch_stands_beside_the_best():
    found = comparison(AHEAD)

    assert found.to_json()["variants"][0]["final"]["mean"] == FINAL
    assert found.to_json()["figures_of"] == "best epoch"
    assert [row["final"] for row in csv.DictReader(StringIO(found.to_csv()))] == [str(FINAL)] * 6


def test_json_and_csv():
    failure = RunFailure("relu", 0, "TrainingError", "the loss became nan, and\nso on")
    found = comparison(AHEAD | {"relu": [None, None, None]}, failed=[failure])
    figures = json.loads(json.dumps(found.to_json(), allow_nan=False))

    assert figures["sentence"] == found.sentence
    assert figures["judged_by"] == "validation accuracy"
    assert [variant["runs"] for variant in figures["variants"]] == [3, 3, 0]
    assert figures["variants"][1]["validation"]["accuracy"]["mean"] == pytest.approx(0.93)
    # 0.012 deviation, 4.3027 * 0.012 / sqrt(3) = 0.02981
    assert figures["variants"][1]["validation"]["accuracy"]["interval_95"] == pytest.approx(
        [0.90019, 0.95981], abs=1e-5
    )
    assert figures["variants"][1]["validation"]["squared_error_per_image"]["mean"] == pytest.approx(0.093)
    assert figures["failed"] == [{"variant": "relu", "seed": 0, "kind": "TrainingError", "line": failure.line}]
    assert figures["tests"][0]["p_holm"] == pytest.approx(0.003316, abs=1e-5)
    assert figures["tests"][0]["chance"] is False
    rows = [*csv.DictReader(StringIO(found.to_csv()))]
    assert len(rows) == 7
    assert (rows[3]["variant"], rows[3]["seed"], rows[3]["validation_accuracy"]) == ("tanh", "0", "0.918")
    assert (rows[3]["validation_squared_error"], rows[3]["failed"]) == (str(100 * 0.918), "")
    assert (rows[6]["variant"], rows[6]["test_accuracy"], rows[6]["failed"]) == ("relu", "", failure.line)
