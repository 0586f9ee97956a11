"""`numink models`, `numink ensemble`, and MODEL as a name or an ensemble in the commands that take it."""

import json
import shutil

import numpy as np
import pytest

import numink
from fake_digits import write_csv
from numink import models
from numink.data.sources import read
from program import QUICK

SCORES = {"images": 10_000, "errors": 25, "accuracy": 0.9975, "interval_95": [0.9963, 0.9983]}


@pytest.fixture
def shipped(trained, tmp_path, monkeypatch):
    """A numink that comes with one model with a card, and one without."""
    model = numink.load_model(trained)
    model.save(tmp_path / "package" / "plain.safetensors")
    model.facts["card"] = {"about": "reads digits", "limits": ["few [digits]"]}
    model.facts["scores"]["mnist"] = SCORES
    model.save(tmp_path / "package" / "best.safetensors")
    monkeypatch.setattr(models, "FOLDER", tmp_path / "package")


@pytest.fixture(scope="session")
def second(few_digits, tmp_path_factory):
    """The folder of another model of the same digits, of another recipe and another seed."""
    folder = tmp_path_factory.mktemp("runs") / "second"
    plan = numink.Recipe("b").with_settings([*QUICK[1::2]])
    numink.train(few_digits, plan, seed=3).save(folder / "model.safetensors")
    return folder


@pytest.mark.usefixtures("shipped")
def test_models_for_programs(command, trained, tmp_path):
    ended = command("models", "--json")
    best, plain = json.loads(ended.out)["models"]

    assert (ended.status, ended.err, ended.out.count("\n")) == (0, "", 1)
    assert best | {"trained_on": 0} == {
        "name": "best",
        "about": "reads digits",
        "parameters": 7960,
        "bytes": (tmp_path / "package" / "best.safetensors").stat().st_size,
        "members": 1,
        "trained_on": 0,
        "scores": {"mnist": SCORES},
    }
    assert best["trained_on"] == numink.load_model(trained).facts["data"]["name"]
    assert (plain["name"], plain["about"], plain["scores"]) == ("plain", None, {})


@pytest.mark.usefixtures("shipped")
def test_models_for_people(command):
    ended = command("models")

    assert (ended.status, ended.err) == (0, "")
    for words in ("best", "7,960", "33 kB", "99.75%", "99.63 to 99.83%", "best: reads digits; trained on "):
        assert words in ended.out


def test_without_models(command, tmp_path, monkeypatch):
    monkeypatch.setattr(models, "FOLDER", tmp_path)

    assert "numink train makes one" in command("models").out
    assert json.loads(command("models", "--json").out) == {"models": []}


@pytest.mark.usefixtures("shipped")
def test_a_name_serves_wherever_a_model_does(command, few_digits, trained):
    assert command("test", "best", "--json").out == command("test", trained, "--json").out
    assert command("predict", "best", few_digits).out == command("predict", trained, few_digits).out
    assert command("train", "--from", "best", *QUICK, "--out", "further").status == 0
    assert 'did you mean "best"?' in command("test", "bets").message


def test_an_ensemble_of_runs_and_files(command, few_digits, trained, second):
    shutil.copy(second / "model.safetensors", "second")
    ended = command("ensemble", trained, "second", "--output", "deep/both.safetensors")
    parameters = 7960 + numink.load_model(second).parameters

    assert (ended.status, ended.err) == (0, "")
    assert f"Wrote 2 models with {parameters:,} parameters in all to deep/both.safetensors" in ended.out
    assert "numink test deep/both.safetensors" in ended.out

    part = read(few_digits).test
    P = np.mean([numink.load_model(one).probabilities(part.images) for one in (trained, second)], axis=0)
    found = json.loads(command("test", "deep/both.safetensors", "--json").out)
    assert found["errors"] == (P.argmax(axis=1) != part.labels).sum()
    assert found["loss"] == pytest.approx(-np.log(P[np.arange(100), part.labels]).mean(), rel=1e-4)
    assert found["trained_on"] == numink.load_model(trained).facts["data"]["name"]
    answers = json.loads(command("predict", "deep/both.safetensors", few_digits, "--format", "json").out)["images"]
    np.testing.assert_allclose([answer["confidence"] for answer in answers], P.max(axis=1), atol=2e-6)
    assert command("test", "deep/both.safetensors", "--calibration", "--show", "3").status == 0


def test_nobody_goes_on_from_an_ensemble(command, trained, second):
    command("ensemble", trained, second, "--output", "both")

    assert "both is an ensemble, but one network was expected" in command("train", "--from", "both").message


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["one"], "takes from 2 to 100 models, but 1 came"),
        (["one", "none"], "there is no file or folder none"),
        (["one", "text"], "is damaged or no model"),
        ([], "missing argument 'MODEL...'"),
    ],
)
def test_ensembles_that_cannot_be(command, trained, tmp_path, words, says):
    shutil.copy(trained / "model.safetensors", "one")
    (tmp_path / "text").write_text("hello")

    assert says in command("ensemble", *words, "--output", "both").message
    assert not (tmp_path / "both").exists()


def test_without_output(command, trained):
    assert "missing option '--output'" in command("ensemble", trained, trained).message


def test_members_that_set_others_aside_are_not_tested_on_what_one_has_learned(command, few_digits, tmp_path):
    """Of a source without a test part: only where all members set the same images aside are these new to all."""
    part = read(few_digits).train
    write_csv(tmp_path / "train.csv", part.images, part.labels)
    plan = numink.Recipe("csv").with_settings(["data.validation=90", *QUICK[3::2]])
    for seed, width in ((1, 5), (1, 6), (2, 5)):
        wider = plan.with_settings([f"network.layers=['dense {width}', 'tanh', 'dense 10']"])
        numink.train("train.csv", wider, seed=seed).save(f"run{seed}{width}")
    command("ensemble", "run15", "run16", "--output", "same")
    command("ensemble", "run15", "run25", "--output", "other")

    assert "train.csv set aside when it was trained (95" in command("test", "same").out
    assert "in 90 images" in command("test", "same").out
    assert "train.csv that it was trained on (95" in command("test", "other").out
    assert "in 600 images" in command("test", "other").out
