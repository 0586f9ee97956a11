"""Runs with a fault planted, examined as a user would: the doctor finds it, and leaves healthy runs in peace."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

import numink
from fake_digits import images_and_labels
from numink.data.digits import Part
from numink.errors import RunError, TrainingError
from numink.model_file import load_one
from numink.recipe import load
from numink.run import begin
from numink.training.callbacks import Callback
from numink.training.watch import Watch
from numink.understand.doctor.examine import doctor

TEN_SIGMOIDS = "network.layers=[" + "'dense 20', 'sigmoid', " * 10 + "'dense 10']"
FEW = "single labels that are wrong: that takes 200 validation images, and there are 100"
DEEP = "network.layers=[" + "'dense 50', 'relu', " * 3 + "'dense 10']"


@pytest.fixture(autouse=True)
def quick_report(monkeypatch):
    """A page that costs nothing: the doctor does not read it."""
    monkeypatch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")


@pytest.fixture(scope="module")
def digits(few_digits):
    return numink.load(few_digits, validation=100)


def recipe(*settings, name="small-10"):
    quick = ["train.epochs=8", "train.batch_size=50", "data.validation=100", "network.activation=relu"]
    return load(name).with_settings([*quick, *settings])


@pytest.fixture
def examine(digits, tmp_path):
    """Trains by these settings, and examines the run; beside it, what the watch said meanwhile."""

    def train(*settings, on=digits, start=None):
        said, plan = [], recipe(*settings)
        begin(plan, on, out=tmp_path / "run", start=start, callbacks=[Watch(said.append, plan)])
        return doctor(tmp_path / "run"), said

    return train


def names(examination):
    return [finding.name for finding in examination.findings]


@pytest.mark.parametrize("name", ["small-10", "small-15", "small-25-15", "classic-15-tanh"])
def test_healthy_runs_are_left_in_peace(digits, tmp_path, name):
    said = []
    plan = load(name).with_settings(["data.validation=100", "train.epochs=30", "train.batch_size=50"])
    begin(plan, digits, out=tmp_path / "run", callbacks=[Watch(said.append, recipe())])
    examination = doctor(tmp_path / "run")

    assert (examination.findings, examination.unseen, said) == ([], [FEW], [])
    assert examination.healthy
    assert examination.figures["validation accuracy"] > 0.9
    assert (examination.figures["steps"], examination.figures["all steps"]) == (300, 300)


FAULTS = {
    "learning rate too small": ["train.learning_rate=1e-7"],
    "learning rate too large": ["train.learning_rate=30"],
    "images not normalised": ["data.scale=raw", "train.optimizer=gradient-descent", "train.learning_rate=0.1"],
    "vanishing gradients": [TEN_SIGMOIDS, "network.init=xavier", "train.optimizer=momentum"],
    "saturated sigmoids": ["network.activation=sigmoid", "network.init=normal 5", "train.epochs=3"],
    "saturated tanhs": ["network.activation=tanh", "network.init=normal 5", "train.epochs=3"],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_the_first_that_is_named(examine, fault):
    examination, said = examine(*FAULTS[fault])

    assert names(examination)[:1] == [fault]
    assert [finding for finding in examination.findings if not finding.after] == examination.findings[:1]
    assert len(said) >= 1
    assert len(set(said)) == len(said)


def test_dead_units_are_a_consequence_of_the_rate(examine):
    examination, said = examine("train.learning_rate=30")
    by_name = {finding.name: finding for finding in examination.findings}

    assert by_name["dead ReLUs"].after == "learning rate too large"
    assert examination.layers[0].dead == 1
    assert any(
        "of the ReLUs of layer 1 (dense 10) are dead: lower train.learning_rate (now 30)" in line for line in said
    )


def test_units_that_begin_dead(digits, tmp_path):
    """A bias that no image overcomes, in a model to go on from."""
    begin(recipe("train.epochs=1"), digits, out=tmp_path / "first")
    model = load_one(tmp_path / "first")
    model.network.layout.views(model.theta)[2].b[:6] = -1000
    begin(recipe("train.learning_rate=0.0001"), digits, out=tmp_path / "run", start=model)
    examination = doctor(tmp_path / "run")

    assert examination.layers[0].dead >= 0.6
    assert "of the ReLUs of layer 1 (dense 10) are dead" in examination.findings[0].seen


def test_what_it_learned_by_heart(tmp_path):
    """60 images of noise with labels of chance."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (160, 28, 28)).astype(np.uint8)
    np.savez(tmp_path / "noise.npz", x_train=noise, y_train=rng.integers(0, 10, 160).astype(np.uint8))
    plan = recipe("train.epochs=60", "train.learning_rate=0.003", "network.layers=['dense 100', 'relu', 'dense 10']")
    begin(plan, numink.load(tmp_path / "noise.npz", validation=100), out=tmp_path / "run")
    examination = doctor(tmp_path / "run")

    assert "overfitting" in names(examination)
    assert examination.figures["training accuracy"] > 0.9
    assert examination.figures["validation accuracy"] < 0.3


def test_the_watch_sees_overfitting_too(digits):
    said = []
    wrong = replace(digits, validation=Part(digits.validation.images, (digits.validation.labels + 1) % 10))
    begin(recipe("train.epochs=60"), wrong, callbacks=[Watch(said.append, recipe())])

    assert any("of the training images are read right, and" in line for line in said)


NOT_FINITE = {
    "": ["train.learning_rate=1e30"],
    "images not normalised": ["train.learning_rate=1e4", "data.scale=raw"],
    "exploding gradients": [DEEP, "train.learning_rate=0.1", "network.init=normal 1"],
}


@pytest.mark.parametrize("cause", NOT_FINITE)
def test_a_run_whose_loss_is_no_longer_finite(digits, tmp_path, cause):
    """It may have left nothing but its start: the steps are taken again."""
    plan = recipe("train.optimizer=gradient-descent", *NOT_FINITE[cause])
    with pytest.raises(TrainingError):
        begin(plan, digits, out=tmp_path / "run")
    examination = doctor(tmp_path / "run")
    (found,) = [finding for finding in examination.findings if finding.name == "learning rate too large"]

    assert "the loss became nan after step" in found.seen
    assert found.after == cause
    assert examination.figures["steps"] < examination.figures["all steps"]


class StopAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer):
        if trainer.state.steps == self.step:
            trainer.state.stop = "interrupted"


def test_an_interrupted_run_is_healthy_so_far_and_can_still_go_on(digits, tmp_path):
    begin(recipe(), digits, out=tmp_path / "run", callbacks=[StopAt(33)])
    before = {file.name: file.read_bytes() for file in (tmp_path / "run").iterdir()}
    examination = doctor(tmp_path / "run")

    assert examination.healthy
    assert (examination.figures["steps"], examination.figures["all steps"]) == (33, 80)
    assert {file.name: file.read_bytes() for file in (tmp_path / "run").iterdir()} == before


@pytest.fixture(scope="module")
def poor_run(digits, tmp_path_factory, few_digits):
    """One that learned next to nothing, of data that a test may take away."""
    folder = tmp_path_factory.mktemp("poor")
    shutil.copytree(few_digits, folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")
        begin(recipe("train.learning_rate=1e-7"), numink.load(folder / "data", validation=100), out=folder / "run")
    return folder


def copy(poor_run, tmp_path):
    """The same run, with data of its own."""
    shutil.copytree(poor_run, tmp_path / "poor")
    path = tmp_path / "poor" / "run" / "recipe.toml"
    path.write_text(path.read_text().replace(str(poor_run.resolve()), str((tmp_path / "poor").resolve())))
    return tmp_path / "poor"


def test_without_its_data_the_history_is_looked_at(poor_run, tmp_path):
    folder = copy(poor_run, tmp_path)
    shutil.rmtree(folder / "data")
    examination = doctor(folder / "run")

    assert names(examination) == ["accuracy near chance"]
    assert examination.layers == ()
    assert [line[:9] for line in examination.unseen] == ["the data:"]


def test_data_that_were_changed_are_not_looked_at(poor_run, tmp_path, few_digits):
    folder = copy(poor_run, tmp_path)
    images, labels = images_and_labels(600, 5)
    shutil.rmtree(folder / "data")
    np.savez(folder / "data", x_train=images, y_train=labels)
    (folder / "data.npz").rename(folder / "data")
    examination = doctor(folder / "run")

    assert "are no longer what the run was begun with" in examination.unseen[0]
    assert examination.layers == ()


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "model.safetensors", "history.csv"])
@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_files_that_are_missing_or_damaged(poor_run, tmp_path, name, how):
    """One line says so, and the rest is looked at all the same."""
    folder = copy(poor_run, tmp_path)
    place = folder / "run" / name
    place.unlink() if how == "missing" else place.write_bytes(b"epoch\n\x00nonsense")
    examination = doctor(folder / "run")

    assert "accuracy near chance" in names(examination)
    if (name, how) != ("history.csv", "missing"):  # the checkpoint has it too
        (line,) = [line for line in examination.unseen if line != FEW]
        assert name in line


@pytest.mark.parametrize(
    "row", ["1,0,0.1,0.1,2.3,0.1,2.3,0.1", "1,7,0.1,0.1,2.3,0.1,2.3,0.1\n2,7,0.1,0.1,2.3,0.1,2.3,0.1"]
)
def test_a_history_whose_steps_are_none(poor_run, tmp_path, row):
    """Nor is there anything else: no data, no checkpoint."""
    folder = copy(poor_run, tmp_path)
    shutil.rmtree(folder / "data")
    table = folder / "run" / "history.csv"
    table.write_text(table.read_text().splitlines()[0] + f"\n{row}\n")
    examination = doctor(folder / "run")

    assert (examination.healthy, examination.verdict) == (None, "nothing to judge it by")
    assert "its steps do not go up" in examination.unseen[-1]


def test_a_poor_history_without_its_data_is_not_healthy(poor_run, tmp_path):
    folder = copy(poor_run, tmp_path)
    shutil.rmtree(folder / "data")
    table = folder / "run" / "history.csv"
    table.write_text(table.read_text().splitlines()[0] + "\n1,50,0.1,0.1,1.5,0.4,1.4,0.46\n")
    examination = doctor(folder / "run")

    assert examination.healthy is None
    assert examination.verdict in (
        "nothing found, but the accuracy is only 46.0%",
        "too early to judge, with an accuracy of 46.0%",
    )


def test_figures_that_are_not_finite(poor_run, tmp_path):
    """They are told, and JSON has null for them."""
    folder = copy(poor_run, tmp_path)
    shutil.rmtree(folder / "data")
    table = folder / "run" / "history.csv"
    table.write_text(table.read_text().splitlines()[0] + "\n1,50,0.1,0.1,inf,0.1,nan,nan\n")
    examination = doctor(folder / "run")

    assert names(examination)[0] == "learning rate too large"
    assert examination.to_json()["figures"]["first_loss"] is None


def test_a_run_that_stopped_by_itself_is_judged(examine):
    """It learned nothing, and has ten times as many steps to go: none of them will be taken."""
    examination, _ = examine("train.learning_rate=1e-9", "train.epochs=100", "train.early_stop=2")

    assert names(examination)[0] == "learning rate too small"
    assert examination.ended == "no progress on the validation images for 2 epochs"


def test_a_run_that_is_too_short_is_not_called_healthy(examine):
    examination, _ = examine("train.learning_rate=1e-9", "train.epochs=0", "train.iterations=10")

    assert (examination.findings, examination.healthy) == ([], None)
    assert examination.verdict.startswith("too early to judge, with an accuracy of ")
    assert examination.to_json()["healthy"] is None


def test_a_rate_that_leaves_half_of_it_unlearned(examine):
    """Neither stuck nor jumping: only another rate shows what was possible."""
    examination, _ = examine("train.learning_rate=7e-5", "train.epochs=40")
    (found,) = examination.findings

    assert 0.5 < examination.figures["accuracy"] < 0.9
    assert found.name == "learning rate too small"
    assert found.seen.startswith("trained anew at the rate 0.00")


def test_the_steps_that_are_tried_are_few_where_they_are_long(digits, tmp_path, monkeypatch):
    begin(recipe(), digits, out=tmp_path / "run", callbacks=[StopAt(33)])
    monkeypatch.setattr("numink.understand.doctor.of_run.WORK", 1)

    assert "one of them takes too long" in doctor(tmp_path / "run").unseen[0]


def test_branches_are_said_not_to_be_looked_into(examine):
    examination, _ = examine("network.layers=['conv 2 3x3', ['residual', 'conv 2 3x3 same'], 'flatten', 'dense 10']")

    assert any("residual branches" in line for line in examination.unseen)


def test_what_is_no_run(tmp_path, poor_run):
    with pytest.raises(
        RunError, match=r"there is no run in .*: expected the file .*recipe.toml, as numink train writes"
    ):
        doctor(tmp_path)
    with pytest.raises(RunError, match="there is no run"):
        doctor(poor_run / "run" / "model.safetensors")
    folder = copy(poor_run, tmp_path)
    (folder / "run" / "recipe.toml").write_text("[run]")
    with pytest.raises(RunError, match=r"recipe.toml cannot be used"):
        doctor(folder / "run")


def test_the_watch_changes_nothing(digits):
    plan = recipe("network.layers=['dense 20', 'relu', 'dropout 0.3', 'dense 10']")
    alone = begin(plan, digits)
    watched = begin(plan, digits, callbacks=[Watch(lambda line: None, recipe())])

    assert watched.state.theta.tobytes() == alone.state.theta.tobytes()


def test_the_watch_looks_ever_more_seldom(digits):
    looks = []

    class Counted(Watch):
        def _look(self, trainer, most):
            looks.append(trainer.state.steps)
            return super()._look(trainer, most)

    begin(recipe("train.epochs=40"), digits, callbacks=[Counted(lambda line: None, recipe())])

    assert looks == [0, 1, 40, 160, 400]


def test_the_watch_hears_of_images_that_a_model_knows_inverted(digits):
    said = []
    model = begin(recipe(), digits).model
    dark = Part(255 - digits.train.images, digits.train.labels)
    begin(recipe("train.epochs=1"), replace(digits, train=dark), start=model, callbacks=[Watch(said.append, recipe())])

    assert "with ink and paper exchanged" in said[0]
    said.clear()
    begin(recipe("train.epochs=1"), digits, start=model, callbacks=[Watch(said.append, recipe())])
    assert said == []


def test_a_run_that_went_on_from_a_model_says_so(digits, tmp_path):
    """So that nobody takes the random weights of its seed for its start."""
    model = begin(recipe(), digits).model
    begin(recipe("train.learning_rate=0.0001"), digits, start=model, out=tmp_path / "run")

    assert 'start = "small-10"' in (tmp_path / "run" / "recipe.toml").read_text()
    assert doctor(tmp_path / "run").healthy
