"""The models that come with numink: by name, before any file of that name, and what they say of themselves."""

import re
from pathlib import Path

import numpy as np
import pytest

import numink
from numink import models
from numink.errors import ModelError
from numink.model import Model, initial_weights
from numink.model_file import load_model
from numink.nn.layers import Pixels
from numink.recipe import Recipe

PLAN = Recipe("plain").with_settings(["network.layers=['dense 10']"])


def model(seed):
    return Model(PLAN, Pixels(), initial_weights(PLAN, Pixels(), seed), {"seed": seed})


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A numink that comes with two models, seen from an empty folder."""
    monkeypatch.setattr(models, "FOLDER", tmp_path / "package")
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("cnn-best", "cnn-tiny")):
        model(seed).save(tmp_path / "package" / f"{name}.safetensors")
    (tmp_path / "package" / "__init__.py").touch()


@pytest.mark.usefixtures("shipped")
def test_they_have_names():
    assert models.names() == ["cnn-best", "cnn-tiny"]
    assert [numink.load_model(name).facts["seed"] for name in models.names()] == [0, 1]


@pytest.mark.usefixtures("shipped")
def test_a_name_goes_before_a_file_of_that_name_and_a_path_is_a_path(tmp_path):
    """As with sources: what a command does is not to depend on the folder that it is called in."""
    model(7).save("cnn-best")
    model(8).save(Path("cnn-tiny", "model.safetensors"))

    assert load_model("cnn-best").facts["seed"] == 0
    assert load_model("cnn-tiny").facts["seed"] == 1
    for path in ("./cnn-best", Path("cnn-best"), tmp_path / "cnn-best", str(tmp_path / "cnn-best")):
        assert load_model(path).facts["seed"] == 7
    for path in ("./cnn-tiny", "cnn-tiny/", Path("cnn-tiny")):
        assert load_model(path).facts["seed"] == 8


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cnn-bset", 'there is no file or folder cnn-bset, and no model of that name; did you mean "cnn-best"?'),
        ("Cnn-Tiny", 'did you mean "cnn-tiny"?'),
        ("runs/mine", "there is no file or folder runs/mine, .* named ones are cnn-best, cnn-tiny$"),
        (Path("cnn-best"), "there is no file or folder cnn-best, "),
    ],
)
@pytest.mark.usefixtures("shipped")
def test_a_name_that_is_none(name, says):
    with pytest.raises(ModelError, match=says.replace("?", r"\?")):
        load_model(name)


@pytest.mark.usefixtures("shipped")
def test_without_any(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match=r"no model of that name; numink train makes one$"):
        load_model("cnn-best")


@pytest.mark.parametrize("name", models.names())
def test_those_that_do_come_with_numink(name):
    """Small, named, with a card that says what it is for and how good, and without a word about who made them."""
    made, image = load_model(name), np.zeros((1, 28, 28), np.uint8)
    with models.opened(name) as path:
        contents = path.read_bytes()

    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert len(contents) < 2_000_000
    assert made.probabilities(image).shape == (1, 10)
    assert made.facts["card"]["about"]
    assert made.facts["card"]["limits"]
    assert {"mnist", "strokes"} <= set(made.facts["scores"])
    for scores in (made.facts["scores"][judged] for judged in ("mnist", "strokes")):
        low, high = scores["interval_95"]
        assert 0.9 < low < scores["accuracy"] < high < 1
        assert scores["images"] == 10_000
    assert b"/home" not in contents
    assert b"/root" not in contents


def test_a_path_that_is_called_like_a_model_is_written_so_that_it_is_a_path():
    assert models.as_argument(Path("cnn-best")) == "./cnn-best"
    assert models.as_argument(Path("runs/cnn-best")) == "runs/cnn-best"
