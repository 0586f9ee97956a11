"""A run as Python sees it: what it gives, what it leaves in its folder, what it goes on from, what it refuses."""

import csv
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import numink
from fake_digits import images_and_labels
from numink.data.digits import Digits, Part
from numink.errors import RecipeError, RunError, TrainingError
from numink.evaluate import run_report
from numink.files import write_text
from numink.recipe import Recipe, load
from numink.run import begin, resume
from numink.training.callbacks import Callback

FILES = {"recipe.toml", "checkpoint.safetensors", "history.csv", "model.safetensors", "report.html"}
WIDE = ["network.layers=['dense 64', 'relu', 'dropout 0.2', 'dense 10']", "train.epochs=3", "train.batch_size=100"]
"""Wide enough that a crew of two shares its work."""


@pytest.fixture(scope="module")
def digits(few_digits):
    return numink.load(few_digits, validation=100)


def recipe(*settings):
    return Recipe("tried").with_settings(["train.epochs=3", "train.batch_size=50", "data.validation=100", *settings])


@pytest.fixture
def quick_report(monkeypatch):
    """A page that costs nothing, for those to whom the page does not matter."""
    monkeypatch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def test_what_a_run_leaves(digits, tmp_path):
    result = begin(recipe(), digits, seed=3, out=tmp_path / "run")

    assert {file.name for file in (tmp_path / "run").iterdir()} == FILES
    rows = history(tmp_path / "run")
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    assert [int(row["step"]) for row in rows] == [10, 20, 30]
    assert float(rows[-1]["validation_accuracy"]) == result.state.history["validation_accuracy"][-1]
    assert float(rows[0]["loss"]) > float(rows[-1]["loss"])
    again = load(tmp_path / "run" / "recipe.toml")
    assert (again.network, again.train) == (recipe().network, recipe().train)
    assert (again.data.source, again.data.validation) == (str(Path(digits.name).resolve()), len(digits.validation))
    model = numink.load_model(tmp_path / "run")
    assert model.facts["seed"] == 3
    assert model.facts["data"]["fingerprint"] == digits.fingerprint
    assert model.facts["scores"]["test"]["accuracy"] == result.scores.accuracy
    assert (model.probabilities(digits.test.images) == result.model.probabilities(digits.test.images)).all()


def test_the_same_seed_gives_the_same_weights_and_another_one_others(digits):
    plan = recipe(*WIDE)
    weights = [
        numink.train(digits, plan, seed=seed, workers=workers).theta for seed, workers in [(0, 1), (0, 2), (1, 2)]
    ]

    assert weights[0].tobytes() == weights[1].tobytes()
    assert weights[0].tobytes() != weights[2].tobytes()


def test_a_source_is_loaded_as_the_recipe_says(few_digits, digits):
    """By the recipe's own source, by a path, and already loaded with the same seed: all the same."""
    plan = recipe().with_source(str(few_digits))
    weights = {model.theta.tobytes() for model in (numink.train(recipe=plan), numink.train(few_digits, plan))}

    assert weights == {numink.train(digits, plan).theta.tobytes()}


def test_without_validation_images_the_last_weights_are_kept(few_digits, tmp_path):
    result = begin(recipe("data.validation=0"), numink.load(few_digits, validation=0), out=tmp_path / "run")

    assert (result.model.theta == result.state.theta).all()
    assert result.summary["validation_accuracy"] is None
    assert [row["validation_accuracy"] for row in history(tmp_path / "run")] == ["", "", ""]


def test_the_figures_of_a_training_that_ends_within_an_epoch(digits, quick_report):
    result = begin(recipe().with_settings(["train.iterations=13"]), digits)

    assert (result.state.steps, result.state.epoch) == (13, 2)
    assert result.summary["images_per_second"] == pytest.approx(13 * 50 / result.state.seconds, rel=0.01)


def test_early_stopping_stops_where_nothing_gets_better(digits, quick_report):
    """The accuracy soon is 100 % and stays there: as good as the best is no progress."""
    result = begin(recipe("train.epochs=50", "train.early_stop=2", "train.schedule=constant"), digits)
    accuracies = result.state.history["validation_accuracy"]

    assert result.state.epoch == accuracies.index(1.0) + 1 + 2
    assert "no progress" in result.state.stop
    assert not result.interrupted


def test_early_stopping_needs_validation_images(few_digits):
    with pytest.raises(RecipeError, match=r"early_stop watches the validation images, but data\.validation is 0"):
        begin(recipe("train.early_stop=2"), numink.load(few_digits, validation=0))


def test_another_thread_gives_the_same_weights(digits):
    """OpenBLAS obeys only the thread that limited it first, until that one lets go."""
    results = [numink.train(digits, recipe()).theta]
    thread = threading.Thread(target=lambda: results.append(numink.train(digits, recipe()).theta))
    thread.start()
    thread.join()

    assert results[0].tobytes() == results[1].tobytes()


class Losses(Callback):
    def __init__(self):
        self.losses = []

    def on_step_end(self, trainer):
        self.losses.append(trainer.state.loss_sum / trainer.state.seen)


def test_going_on_from_a_model_starts_where_it_ended(digits, quick_report):
    first, then, anew = Losses(), Losses(), Losses()
    model = begin(recipe(), digits, callbacks=[first]).model
    begin(recipe(), digits, seed=9, start=model, callbacks=[then])
    begin(recipe(), digits, seed=9, callbacks=[anew])

    assert then.losses[0] < 0.2 * anew.losses[0]


def test_going_on_leaves_the_model_as_it_is(digits):
    model = numink.train(digits, recipe())
    before = model.theta.copy()
    begin(recipe(), digits, start=model)

    assert (model.theta == before).all()


def test_going_on_keeps_the_models_pixels_and_takes_other_data(digits, tmp_path, quick_report):
    """New images, much brighter: scaled by their own mean they would look to the network like nothing it knows."""
    model = numink.train(digits, recipe("data.scale=standard"))
    images, labels = images_and_labels(200, seed=77)
    bright = Digits("bright", Part(255 - images, labels), Part(images[:0], labels[:0]))
    result = begin(recipe("data.scale=standard"), bright, start=model, out=tmp_path / "run")

    assert result.model.pixels == model.pixels
    assert numink.load_model(tmp_path / "run").pixels == model.pixels
    assert result.summary["validation_accuracy"] is None


def test_going_on_in_the_other_precision(digits):
    model = numink.train(digits, recipe())

    assert begin(recipe("network.dtype=float64"), digits, start=model).model.theta.dtype == np.float64


@pytest.mark.parametrize(
    "layers", ["['dense 10']", "['dense 128', 'tanh', 'dense 10']", "['dense 127', 'relu', 'dense 10']"]
)
def test_going_on_with_other_layers_is_refused(digits, tmp_path, layers):
    model = numink.train(digits, recipe())
    with pytest.raises(RecipeError, match=r"the model to go on from has the layers .*dense 128.* but the recipe has"):
        begin(recipe(f"network.layers={layers}"), digits, start=model, out=tmp_path / "run")

    assert not (tmp_path / "run").exists()


def test_layers_are_refused_as_a_recipe_has_them(digits):
    layers = "network.layers=['dense 10', ['residual', 'relu', 'dropout {}']]"
    model = numink.train(digits, recipe(layers.format(0.3)))
    with pytest.raises(RecipeError, match=r"the layers \['dense 10', 'residual \(relu, dropout 0\.3\)'\] with relu"):
        begin(recipe(layers.format(0.4)), digits, start=model)


@pytest.mark.parametrize("left", ["recipe.toml", "model.safetensors"])
def test_a_folder_that_holds_a_run_is_refused_and_stays(digits, tmp_path, left):
    write_text(tmp_path / "run" / left, "precious")
    with pytest.raises(RunError, match="holds a run already; choose another folder, or go on with --resume"):
        begin(recipe(), digits, out=tmp_path / "run")

    assert [(file.name, file.read_text()) for file in (tmp_path / "run").iterdir()] == [(left, "precious")]


@pytest.mark.parametrize(
    "settings",
    [["network.layers=['dense 9']"], ["network.layers=['dense 100000', 'dense 100000', 'dense 10']"]],
)
def test_what_cannot_be_trained_leaves_no_folder(digits, tmp_path, settings):
    with pytest.raises(RecipeError):
        begin(recipe(*settings), digits, out=tmp_path / "run")

    assert not (tmp_path / "run").exists()


def test_images_without_labels_leave_no_folder(tmp_path):
    images, _ = images_and_labels(50, seed=1)
    with pytest.raises(numink.NuminkError, match="no labels to train on"):
        begin(recipe(), Digits("bare", Part(images), Part(images[:0])), out=tmp_path / "run")

    assert not (tmp_path / "run").exists()


def test_a_seed_below_0_is_refused(digits):
    with pytest.raises(RunError, match="the seed should be 0 or more, but -1 came"):
        numink.train(digits, recipe(), seed=-1)


@pytest.mark.parametrize("settings", [["train.batch_size=all"], []], ids=["full batch", "batches of 50"])
def test_a_loss_that_is_not_finite_keeps_the_last_good_weights(digits, tmp_path, settings):
    """The training blows up in its third epoch, when the learning rate has become absurd."""

    class Spoil(Callback):
        def on_epoch_end(self, trainer):
            if trainer.state.epoch == 2:
                self.good = trainer.state.best_theta.copy()
                trainer.state.theta[:] *= 1e36

    spoil, plan = Spoil(), recipe("train.epochs=4", *settings)
    with pytest.raises(
        TrainingError, match=r"lower train\.learning_rate \(now 0.003, try 0.0003\); the weights of epoch"
    ):
        begin(plan, digits, out=tmp_path / "run", callbacks=[spoil])

    assert (numink.load_model(tmp_path / "run").theta == spoil.good).all()
    assert len(history(tmp_path / "run")) >= 2


@pytest.mark.parametrize("batch", ["all", 50])
def test_a_rate_beyond_all_measure_is_named_and_can_be_resumed_to_the_same_words(digits, tmp_path, batch):
    """The weights are spoiled in the first epoch: none are worth keeping, and the checkpoint of the start stays."""
    plan = recipe("train.learning_rate=1e30", f"train.batch_size={batch}")
    with pytest.raises(TrainingError, match=r"the loss became nan.*lower train\.learning_rate.*no weights") as first:
        begin(plan, digits, out=tmp_path / "run")
    assert {file.name for file in (tmp_path / "run").iterdir()} - {"history.csv"} == {
        "recipe.toml",
        "checkpoint.safetensors",
    }
    with safe_open(tmp_path / "run" / "checkpoint.safetensors", framework="numpy") as file:
        assert '"diverged": false' in file.metadata()["numink"]
        assert np.isfinite(file.get_tensor("theta")).all()
    with pytest.raises(TrainingError) as second:
        resume(tmp_path / "run", digits=digits)

    assert str(first.value) == str(second.value)


def test_ctrl_c_in_python_is_a_keyboard_interrupt(digits, tmp_path, monkeypatch, quick_report):
    """And the run can be resumed to the same weights; outside the main thread there is no signal to take over."""
    plan = recipe("train.epochs=20")
    whole = begin(plan, digits)

    step = numink.training.trainer.Trainer.take_step
    monkeypatch.setattr(
        "numink.training.trainer.Trainer.take_step",
        lambda self, *more: (step(self, *more), self.state.steps == 37 and signal.raise_signal(signal.SIGINT)),
    )
    with pytest.raises(KeyboardInterrupt):
        numink.train(digits, plan, out=tmp_path / "run")
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    results = []
    thread = threading.Thread(target=lambda: results.append(resume(tmp_path / "run", digits=digits)))
    thread.start()
    thread.join()

    assert (results[0].model.theta == whole.model.theta).all()
    assert results[0].state.history | {"seconds": 0} == whole.state.history | {"seconds": 0}
    assert results[0].scores.accuracy == whole.scores.accuracy


@pytest.mark.parametrize(
    ("layers", "shown"),
    [
        ('["dropout 0.1", "dense 12", "relu", "dense 10"]', True),
        ('["conv 4 5x5 stride 3", "relu", "flatten", "dense 10"]', True),
        ('["pool 2x2", "conv 4 5x5", "global-pool", "dense 10"]', True),
        ('["conv 4 9x3", "global-pool", "dense 10"]', True),
        ('["conv 4 28x1", "flatten", "dense 10"]', False),  # stripes, with more gap between them than picture
        ('["pool 2x2", "flatten", "dense 10"]', False),  # no picture of 28 x 28
        ('["norm", "conv 4 5x5", "global-pool", "dense 10"]', False),
    ],
)
def test_the_report_shows_the_first_weights_where_they_are_pictures(layers, shown, digits, tmp_path):
    begin(recipe(f"network.layers={layers}"), digits, out=tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert ("What the first layer looks for" in page) == shown


def test_a_first_kernel_is_shown_as_it_lies(digits, tmp_path, monkeypatch):
    monkeypatch.setattr(run_report, "render", lambda report: shown.append(report.weights) or "")
    shown = []
    result = begin(recipe("network.layers=['conv 4 3x3', 'global-pool', 'dense 10']"), digits, out=tmp_path / "run")
    W = result.model.theta[:36].reshape(3, 3, 4)

    np.testing.assert_array_equal(shown[0][0, 2], W[0, 2])  # the corner at the top right, of each of the kernels
    np.testing.assert_array_equal(shown[0], W)
