"""docs/activations.md says what its stored figures say, and they are the figures of the experiment that it names."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from numink.recipe import load
from numink.understand.tune.space import load_space

ROOT = Path(__file__).parents[2]


def load_maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_activations", ROOT / "docs" / "make_activations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_activations = load_maker()
PAGE = make_activations.PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return dict(json.loads(make_activations.FIGURES.read_text("utf-8")))


def test_the_page_says_what_the_figures_say(figures: dict[str, Any]) -> None:
    assert make_activations.page_with(figures, PAGE) == PAGE, "run make docs"


def test_a_figure_that_changes_changes_the_page(figures: dict[str, Any]) -> None:
    figures = json.loads(json.dumps(figures))
    figures["experiment"]["variants"][0]["test"]["squared_error"]["mean"] += 10
    assert make_activations.page_with(figures, PAGE) != PAGE


def test_a_page_without_its_place_for_a_table_is_refused(figures: dict[str, Any]) -> None:
    with pytest.raises(LookupError, match="<!-- rates -->"):
        make_activations.page_with(figures, PAGE.replace("<!-- rates -->", ""))


def test_the_figures_are_of_that_experiment(figures: dict[str, Any]) -> None:
    found = figures["experiment"]
    assert [variant["name"] for variant in found["variants"]] == ["sigmoid", "tanh", "relu"]
    assert sorted((run["variant"], run["seed"]) for run in found["runs"]) == [
        (name, seed) for name in ("relu", "sigmoid", "tanh") for seed in range(5)
    ]
    assert {(run["parameters"], run["steps"]) for run in found["runs"]} == {(11_935, 500)}
    assert found["failed"] == []
    recipe = load("classic-15-relu").tables()
    for variant in found["variants"]:
        assert variant["recipe"]["train"] == json.loads(json.dumps(recipe["train"]))
        assert variant["recipe"]["network"]["init"] == recipe["network"]["init"]


def test_the_best_is_chosen_by_validation_images_and_never_by_the_test(figures: dict[str, Any]) -> None:
    for name in ("experiment", "rates", "tuned"):
        assert figures[name]["judged_by"] == "validation accuracy"


def test_what_the_text_says_is_so(figures: dict[str, Any]) -> None:
    runs = figures["experiment"]["runs"]
    shares = {
        (part, name): [run[part]["accuracy"] for run in runs if run["variant"] == name]
        for part in ("training", "validation", "test")
        for name in make_activations.ACTIVATIONS
    }
    assert figures["experiment"]["best"] == "relu"
    for part in ("training", "validation", "test"):
        assert max(shares[part, "sigmoid"]) < min(shares[part, "tanh"] + shares[part, "relu"])
    assert make_activations.behind(figures["experiment"], "test")[1].endswith("p = 0.20")  # tanh: within chance
    after_the_last = make_activations.behind(figures["experiment"], "final")[1]
    assert 0.05 < float(after_the_last.partition("p = ")[2]) < 0.1
    assert float(after_the_last.split()[0]) < float(
        make_activations.behind(figures["experiment"], "validation")[1].split()[0]
    )
    rates = {
        name: {rate: make_activations.accuracy(figures["rates"], name, rate) for rate in make_activations.RATES}
        for name in make_activations.ACTIVATIONS
    }
    best = {name: max(by_rate.values()) for name, by_rate in rates.items()}
    assert best["relu"] == rates["relu"][0.6]
    assert rates["relu"][2.0] < 0.7
    assert best["sigmoid"] == rates["sigmoid"][2.0]
    assert abs(best["sigmoid"] - sum(shares["validation", "sigmoid"]) / 5) < 0.01
    assert abs(best["tanh"] - best["relu"]) < 0.005
    assert rates["relu"][0.6] - rates["sigmoid"][0.6] > 0.06
    assert 0 < best["relu"] - best["sigmoid"] < 0.025
    mistakes = {name: 1 - share for name, share in on_test_images(figures).items()}
    assert 0.4 < mistakes["best"] / mistakes["relu"] < 0.7
    search = figures["tuning"]
    gain = search["default_accuracy"] - sum(shares["validation", "relu"]) / 5
    assert gain > search["validation_accuracy"] - search["default_accuracy"] > 0


def on_test_images(figures: dict[str, Any]) -> dict[str, float]:
    """The mean test accuracy of the experiment's ReLU, and of what was tuned."""
    (relu,) = (variant for variant in figures["experiment"]["variants"] if variant["name"] == "relu")
    best, _ = figures["tuned"]["variants"]
    return {"relu": relu["test"]["accuracy"]["mean"], "best": best["test"]["accuracy"]["mean"]}


def test_the_commands_of_the_page_are_what_was_run(figures: dict[str, Any]) -> None:
    said = {line.replace("\\\n", " ") for line in re.findall(r"^(numink (?:[^\n]*\\\n)*[^\n]*)", PAGE, re.M)}
    options = [set(line.split()) for line in said]
    for name in ("experiment", "rates"):
        words = figures[name]["command"].split()
        words = words[: words.index("--out")]
        assert set(words) in options
    (searched,) = (line for line in options if "tune" in line)
    assert {*make_activations.FREED, str(make_activations.TRIALS), "docs/activations.space.toml"} < searched


def test_what_was_found_lies_in_the_space_of_the_page(figures: dict[str, Any]) -> None:
    recipe = load("classic-15-relu").with_settings(make_activations.FREED)
    space = load_space(recipe, file=ROOT / "docs" / "activations.space.toml")
    found = figures["tuning"]["best"]["values"]
    assert space.holds(space.own() | found)
    assert space.recipe_of(space.own() | found).network.layers == recipe.network.layers
    assert figures["tuning"]["trials"]["running"] == figures["tuning"]["trials"]["failed"] == 0
    assert sum(figures["tuning"]["trials"].values()) == make_activations.TRIALS


def test_the_pictures_are_shown() -> None:
    shown = set(re.findall(r"\(pictures/(activations-[\w-]+\.svg)\)", PAGE))
    drawn = {path.name for path in make_activations.PICTURES.glob("activations-*.svg")}
    assert shown == drawn
    assert len(shown) == 7
