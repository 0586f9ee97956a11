"""`make models`: trainings that go on where they stopped, cards that are kept, and the page that is made of them."""

import json
from pathlib import Path

import numpy as np
import pytest

import numink
from fake_digits import images_and_labels
from numink import models
from numink.data.digits import Part
from numink.ensemble import Ensemble
from numink.errors import DataError, RecipeError, RunError
from numink.reader.confidence import FACTORS, Trust, trust_in
from numink.reader.risk import Risk
from numink.run import begin
from numink.training.callbacks import INTERRUPTED, Callback
from shipped import __main__ as shipped
from shipped import cards, page, trainings
from shipped.manifest import MANIFEST, names, read_manifest

RECIPE = """
[data]
source = "{source}"
validation = 100
[network]
layers = ["dense 8", "activation", "dense 10"]
[train]
epochs = 2
batch_size = 50
"""
MODELS = """
[best]
about = "reads best"
recipe = "plain.toml"
seeds = [3]
use = {{ shifts = 1 }}
shipped = true
limits = ["It reads <few>."]

[crowd]
about = "the record"
recipe = "plain.toml"
seeds = [3, 4]
shipped = false
limits = ["It is slow.", "And large."]
"""
RISK = Risk((0.9,), (100,), (1,), (1.0,))
TEST = Part(*images_and_labels(120, seed=9))


@pytest.fixture
def place(few_digits, tmp_path, monkeypatch):
    """An empty folder with a manifest, in which models are made; `place / "..."` are its files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.toml").write_text(RECIPE.format(source=few_digits.resolve()))
    (tmp_path / "models.toml").write_text(MODELS.format())
    (tmp_path / "package").mkdir()
    monkeypatch.setattr(models, "FOLDER", tmp_path / "package")
    monkeypatch.setattr(shipped, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(page, "CARDS", tmp_path / "cards")
    monkeypatch.setattr(page, "PAGE", tmp_path / "docs" / "models.md")
    monkeypatch.setattr(cards, "_test_part", lambda source: TEST)
    monkeypatch.setattr("numink.reader.calibrate.unseen_strokes", lambda count: TEST)
    nothing = Part(images_and_labels(20, seed=7)[0], np.full(20, 10, np.uint8))
    monkeypatch.setattr("numink.reader.calibrate.no_digits.read", lambda count, which: nothing)
    monkeypatch.setattr(cards, "_non_digits", lambda: Part(255 - TEST.images[:50], np.full(50, 10, np.uint8)))
    monkeypatch.setattr("numink.evaluate.run_report.run_report", lambda *facts: "")  # it takes a second
    return tmp_path


def make(place, *wanted, handwriting=None):
    shipped.make(wanted, handwriting, place / "models.toml")


def test_models_are_trained_judged_and_described(place):
    make(place)
    best, crowd = numink.load_model("best"), numink.load_model(place / "runs" / "crowd.safetensors")
    alone = [numink.load_model(place / "runs" / f"plain-{seed}") for seed in (3, 4)]

    assert best.theta.tobytes() == alone[0].theta.tobytes()
    assert best.recipe.use.shifts == 1
    assert isinstance(crowd, Ensemble)
    assert [one.theta.tobytes() for one in crowd.members] == [one.theta.tobytes() for one in alone]
    assert models.names() == ["best"]
    for model in (best, crowd):
        scores, found = model.test(TEST), model.facts["scores"]
        assert set(found) == {"mnist", "strokes"}
        assert found["mnist"]["errors"] == scores.errors
        assert found["mnist"]["loss"] == pytest.approx(scores.loss, rel=1e-6)
        assert found["mnist"]["interval_95"] == list(scores.interval_95)
    assert 0.5 < best.facts["card"].pop("validation_accuracies")[0] <= 1
    largest = best.probabilities(255 - TEST.images[:50]).max(axis=1)
    found = best.facts["card"].pop("non_digits")
    assert found == {"images": 50, "shares": [np.mean(largest > 0.5), np.mean(largest > 0.9)]}
    assert best.facts["card"] | {"seconds": 0, "trained_on": ""} == {
        "about": "reads best",
        "limits": ["It reads <few>."],
        "recipe": "plain",
        "layers": ["dense 8", "activation", "dense 10"],
        "augment": [],
        "average": 0.0,
        "shifts": 1,
        "temperature": best.recipe.use.temperature,
        "seeds": [3],
        "trained_on": "",
        "images": 500,
        "epochs": 2,
        "seconds": 0,
        "parameters": 784 * 8 + 8 + 8 * 10 + 10,
        "multiplications": 9 * (784 * 8 + 8 * 10),
    }
    assert crowd.facts["card"]["multiplications"] == 2 * (784 * 8 + 8 * 10)


def test_the_page_says_what_the_cards_say(place):
    make(place)
    text = (place / "docs" / "models.md").read_text()
    card = json.loads((place / "cards" / "crowd.json").read_text())
    crowd = card["scores"]["mnist"]

    assert f"**{crowd['accuracy']:.2%}**".replace("%", " %") in text
    assert f"{crowd['errors']} errors in 120" in text
    assert "numink comes with `best`." in text
    assert "## best\n\nReads best.\n\n- **Made by** the recipe `plain`, with the seed 3: `dense 8`" in text
    assert "2 networks with the seeds 3 and 4" in text
    assert "averaged over the image moved by up to 1 px each way, 9 images in all" in text
    assert "- **Limits**: It is slow. And large.\n" in text
    assert "It reads <few>." in text
    assert "\n\n\n" not in text
    for name in ("best", "crowd"):
        assert (f"](pictures/models-{name}.png)" in text) == (place / f"docs/pictures/models-{name}.png").exists()
    (row,) = (line for line in text.splitlines() if line.startswith("| [`crowd`]"))
    (heads,) = (line for line in text.splitlines() if line.startswith("| model |"))
    assert row.count("|") == heads.count("|") == 7
    assert ", not in the package" in row


def test_what_is_made_is_not_trained_again(place, monkeypatch):
    make(place)
    first = (place / "docs" / "models.md").read_text()
    weights = (place / "package" / "best.safetensors").read_bytes()
    monkeypatch.setattr(trainings, "begin", None)
    monkeypatch.setattr(trainings, "resume", None)
    make(place)

    assert (place / "docs" / "models.md").read_text() == first
    assert (place / "package" / "best.safetensors").read_bytes() == weights


def test_another_use_needs_no_other_training(place, monkeypatch):
    make(place, "best")
    errors = numink.load_model("best").facts["scores"]
    monkeypatch.setattr(trainings, "begin", None)
    (place / "models.toml").write_text((place / "models.toml").read_text().replace("shifts = 1", "shifts = 2"))
    make(place, "best")

    assert numink.load_model("best").recipe.use.shifts == 2
    assert numink.load_model("best").facts["scores"]["mnist"]["loss"] != errors["mnist"]["loss"]


def test_a_temperature_is_fitted_once_for_the_same_weights(place, monkeypatch):
    make(place, "best")
    temperature = numink.load_model("best").recipe.use.temperature
    monkeypatch.setattr("shipped.trust.with_temperature", None)
    make(place, "best")

    assert numink.load_model("best").recipe.use.temperature == temperature != 1
    assert numink.load_model("best").facts["card"]["temperature"] == temperature
    assert f"by a temperature of {temperature:.3g}, fitted" in (place / "docs" / "models.md").read_text()


def test_the_model_that_reads_is_calibrated_for_it_once(place, monkeypatch):
    asked = []

    def calibrated(model, pages, workers, console):
        asked.append(pages)
        model.facts["reading"] = Trust((1.0,) * (1 + len(FACTORS)), RISK, RISK).facts(model)
        return model

    monkeypatch.setattr("shipped.trust.MODEL", "best")
    monkeypatch.setattr("shipped.trust.calibrated", calibrated)
    for _ in range(2):
        make(place, "best")
        assert trust_in(numink.load_model("best")).pages == RISK
    assert asked == [600]


def test_one_source_may_be_written_as_a_list(place, monkeypatch):
    make(place, "best")
    monkeypatch.setattr(trainings, "begin", None)
    text = (place / "plain.toml").read_text()
    (place / "plain.toml").write_text(text.replace('source = "', 'source = ["').replace('"\nvalid', '"]\nvalid'))
    make(place, "best")


class StopAfter(Callback):
    def __init__(self, epochs):
        self.epochs = epochs

    def on_epoch_end(self, trainer):
        if trainer.state.epoch == self.epochs:
            trainer.state.stop = INTERRUPTED


def test_a_training_that_was_interrupted_is_gone_on_with(place, few_digits):
    (entry, _) = read_manifest(place / "models.toml")
    digits = numink.load(few_digits, validation=100, seed=3)
    begin(entry.recipe, digits, seed=3, out=place / "runs" / "plain-3", callbacks=[StopAfter(1)])
    make(place, "best")

    assert numink.load_model("best").theta.tobytes() == numink.train(digits, entry.recipe, seed=3).theta.tobytes()


def test_ctrl_c_ends_it_and_what_was_done_is_kept(place, monkeypatch):
    def interrupted(*arguments, **options):
        return begin(*arguments, **options | {"callbacks": [StopAfter(1)]})

    monkeypatch.setattr(trainings, "begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(place)
    assert models.names() == []
    make(place, "best")
    assert numink.load_model("best").facts["training"]["epochs"] == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("epochs = 2", "epochs = 5", "train.epochs is 2 there, 5 here"),
        ("validation = 100", "validation = 90", "data.validation is 100 there, 90 here"),
        ("dense 8", "dense 9", "network.layers is"),
        ("seeds = [3]", "seeds = [4]", None),
    ],
)
def test_a_run_of_another_kind_is_not_taken(place, old, new, says):
    make(place, "best")
    for file in ("plain.toml", "models.toml"):
        (place / file).write_text((place / file).read_text().replace(old, new))
    if says is None:
        make(place, "best")
        assert numink.load_model("best").facts["card"]["seeds"] == [4]
    else:
        with pytest.raises(RunError, match=says):
            make(place, "best")


def test_a_run_under_the_name_of_another_seed_is_not_taken(place):
    make(place, "best")
    (place / "runs" / "plain-3").rename(place / "runs" / "plain-4")
    with pytest.raises(RunError, match="plain-4 is another one: seed is 3 there, 4 here"):
        make(place, "crowd")


def test_scores_on_handwriting_stay_where_it_is_not_at_hand(place, monkeypatch):
    """They are kept with the weights that they are of, and no longer."""
    monkeypatch.setattr("benchmarks.unseen.read_folder", lambda folder: Part(TEST.images[:40], TEST.labels[:40]))
    (place / "labels.csv").touch()
    make(place, "best", handwriting=place)
    scores = numink.load_model("best").facts["scores"]["handwriting"]
    make(place, "best")

    assert scores["images"] == 40
    assert numink.load_model("best").facts["scores"]["handwriting"] == scores
    assert "40" in (place / "docs" / "models.md").read_text()
    (place / "models.toml").write_text((place / "models.toml").read_text().replace("seeds = [3]", "seeds = [4]"))
    make(place, "best")
    assert "handwriting" not in numink.load_model("best").facts["scores"]


def test_a_folder_without_labels_is_refused_before_the_training(place):
    with pytest.raises(DataError, match=r"there is no .*labels.csv; expected one with the columns file and label"):
        make(place, handwriting=place / "none")
    assert not (place / "runs").exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seeds = [3]", "seeds = 3", r"\[best\] needs about \(str\)"),
        ("seeds = [3]", "seeds = []", r"\[best\] needs about"),
        ('about = "reads best"', "", r"\[best\] needs about"),
        ("shipped = true", 'shipped = true\nship = "yes"', r"\[best\] needs about"),
        ("plain.toml", "none.toml", "there is no recipe"),
        ("shifts = 1", "shifts = 7", "use.shifts should be"),
        ("seeds = [3]", 'seeds = [3]\ndata = ["auto"]', "should name its data"),
        ("[best]", "[best", "cannot read"),
    ],
)
def test_a_manifest_that_is_wrong(place, old, new, says):
    (place / "models.toml").write_text((place / "models.toml").read_text().replace(old, new))
    with pytest.raises(RecipeError, match=says):
        make(place)


def test_a_model_that_is_not_in_the_manifest(place):
    with pytest.raises(RecipeError, match=r"there is no model bets in .*; it has best, crowd"):
        make(place, "bets")


def test_no_mistakes_no_picture(place):
    class Perfect(Ensemble):
        def __init__(self):
            pass

        def probabilities(self, images):
            return np.eye(10)[TEST.labels]

    cards.draw_mistakes(Perfect(), place / "p.png")
    assert not (place / "p.png").exists()


def test_the_page_is_fresh():
    """Made of the cards in the files that are shipped, and in shipped/cards."""
    assert page.PAGE.read_text("utf-8") == page.page(page.cards(names())), "run python -m shipped"


def test_numinks_own_manifest():
    entries = read_manifest()

    assert set(models.names()) <= {entry.name for entry in entries if entry.shipped}
    assert {Path(file).stem for file in page.CARDS.glob("*.json")} <= {e.name for e in entries if not e.shipped}
    assert MANIFEST.is_file()
