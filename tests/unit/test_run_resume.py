"""A run that dies at any moment, and what becomes of it: the same weights, or one line and nothing lost."""

import shutil
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import numink
from fake_digits import write_idx
from numink.data.strokes import source as strokes
from numink.errors import RunError
from numink.files import write_text
from numink.recipe import Recipe
from numink.run import begin, load_digits, resume
from numink.training.callbacks import Callback, Checkpoint
from numink.training.record import read_record

SETTINGS = ["train.epochs=3", "train.batch_size=100", "network.layers=['dense 12', 'relu', 'dropout 0.2', 'dense 10']"]
RECIPE = Recipe("tried").with_settings(SETTINGS)


@pytest.fixture(scope="module")
def digits(few_digits):
    return numink.load(few_digits, validation=100)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A page that costs nothing, and a checkpoint after each epoch."""
    monkeypatch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")
    monkeypatch.setattr(Checkpoint.__init__, "__defaults__", (0.0,))


class Killed(BaseException):
    """Stands for a kill: nothing in numink may catch it."""


class Dying:
    """Path.replace, which puts every file in its place: it fails at the call number `last`, before or after."""

    def __init__(self, last, after):
        self.left, self.after, self.real = last, after, Path.replace

    def __call__(self, path, target):
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        self.real(path, target)
        if self.left == 0:
            raise Killed


def contents(folder):
    """What a run came to, but for the time that it took."""
    model = numink.load_model(folder)
    rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    return model.theta.tobytes(), [row[:2] + row[3:] for row in rows], sorted(file.name for file in folder.iterdir())


@pytest.fixture(scope="module")
def whole(digits, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")
        folder = tmp_path_factory.mktemp("whole") / "run"
        begin(RECIPE, digits, seed=4, out=folder)
    return contents(folder)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_file_that_is_written(digits, tmp_path, monkeypatch, whole, after):
    """Every file that a run writes is put in its place by one rename; it dies around each of them in turn."""
    for last in range(1, 100):
        folder = tmp_path / f"{last}"
        with monkeypatch.context() as patch:
            dying = Dying(last, after)
            patch.setattr(Path, "replace", lambda path, target, dying=dying: dying(path, target))
            with suppress(Killed):
                begin(RECIPE, digits, seed=4, out=folder)
                break
        if (folder / "recipe.toml").exists():
            resume(folder, digits=digits)
        else:  # nothing had begun: the command is simply given again
            with pytest.raises(RunError, match="there is no run to resume"):
                resume(folder, digits=digits)
            begin(RECIPE, digits, seed=4, out=folder)
        assert contents(folder) == whole

    assert last == 10 + 1  # start, recipe, 3 epochs, end, history, model, model with scores, report


def test_killed_again_and_again(digits, tmp_path, monkeypatch, whole):
    """Each time after two files more, until nothing is left to do."""
    deaths = 0
    for _ in range(20):
        with monkeypatch.context() as patch:
            dying = Dying(3, after=True)
            patch.setattr(Path, "replace", lambda path, target, dying=dying: dying(path, target))
            try:
                if (tmp_path / "run" / "recipe.toml").exists():
                    resume(tmp_path / "run", digits=digits)
                else:
                    begin(RECIPE, digits, seed=4, out=tmp_path / "run")
            except Killed:
                deaths += 1
                continue
        break
    else:
        resume(tmp_path / "run", digits=digits)

    assert deaths > 2
    assert contents(tmp_path / "run") == whole


def test_what_a_kill_leaves_beside_is_cleared_away(digits, tmp_path, whole):
    begin(RECIPE, digits, seed=4, out=tmp_path / "run")
    (tmp_path / "run" / ".model.safetensors.123.part").write_bytes(b"half")
    resume(tmp_path / "run", digits=digits)

    assert contents(tmp_path / "run") == whole


class Stop(Callback):
    def __init__(self, why, epoch):
        self.why, self.epoch = why, epoch

    def on_epoch_end(self, trainer):
        if trainer.state.epoch == self.epoch:
            trainer.state.stop = self.why


@pytest.fixture
def interrupted(digits, tmp_path):
    """A run that Ctrl-C ended after its second epoch."""
    assert begin(RECIPE, digits, seed=4, out=tmp_path / "run", callbacks=[Stop("interrupted", 2)]).interrupted
    return tmp_path / "run"


def test_interrupted_and_resumed_with_another_number_of_workers(digits, interrupted, whole):
    assert numink.load_model(interrupted).facts["training"]["epochs"] == 2
    resume(interrupted, digits=digits, workers=1)

    assert contents(interrupted) == whole


def test_a_finished_run_stays_as_it_is(digits, tmp_path, whole):
    first = begin(RECIPE, digits, seed=4, out=tmp_path / "run")
    again = resume(tmp_path / "run", digits=digits)

    assert contents(tmp_path / "run") == whole
    assert again.scores.errors == first.scores.errors
    assert again.summary == first.summary


def test_a_run_that_stopped_early_is_not_trained_on(digits, tmp_path):
    begin(RECIPE, digits, out=tmp_path / "run", callbacks=[Stop("good enough", 1)])
    before = contents(tmp_path / "run")

    assert resume(tmp_path / "run", digits=digits).state.stop == "good enough"
    assert contents(tmp_path / "run") == before


def test_ctrl_c_when_it_has_just_stopped_early_comes_too_late(digits, tmp_path):
    """The reason to stop stays: a run that is resumed must not go on behind it."""

    class Late(Callback):
        def on_epoch_end(self, trainer):
            if trainer.state.stop:
                signal.raise_signal(signal.SIGINT)

    plan = RECIPE.with_settings(["train.epochs=50", "train.early_stop=1"])
    result = begin(plan, digits, out=tmp_path / "run", callbacks=[Late()])

    assert not result.interrupted
    assert result.model.theta.tobytes() == numink.train(digits, plan).theta.tobytes()


def test_a_run_from_a_model_is_resumed_from_where_it_began(digits, tmp_path):
    """Its first weights are nowhere but in the checkpoint."""
    model = numink.train(digits, RECIPE, seed=1)
    begin(RECIPE, digits, seed=4, start=model, out=tmp_path / "whole")
    begin(RECIPE, digits, seed=4, start=model, out=tmp_path / "run", callbacks=[Stop("interrupted", 1)])
    resume(tmp_path / "run", digits=digits)

    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def snapshot(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else None


def edited(name, before, after):
    def edit(folder):
        text = (folder / name).read_text()
        assert before in text
        write_text(folder / name, text.replace(before, after, 1))

    return edit


def flipped(place):
    def flip(folder):
        contents = bytearray((folder / "checkpoint.safetensors").read_bytes())
        contents[int(place * len(contents))] ^= 1
        (folder / "checkpoint.safetensors").write_bytes(contents)

    return flip


FAULTS = {
    "no folder": (shutil.rmtree, "there is no run to resume"),
    "no recipe": (lambda run: (run / "recipe.toml").unlink(), "expected the file .*recipe.toml"),
    "no facts": (edited("recipe.toml", "[run]", "[data]"), "recipe.toml cannot be used to resume"),
    "a fact missing": (edited("recipe.toml", "seed = 4\n", ""), "'seed' is missing; begin a new run"),
    "a fact of another type": (edited("recipe.toml", "seed = 4", 'seed = "four"'), "run.seed should be"),
    "a recipe that is none": (edited("recipe.toml", "[train]", "[train"), "cannot be used to resume"),
    "an unknown key": (edited("recipe.toml", "epochs = 3", "epoch = 3"), "did you mean .*train.epochs"),
    "a recipe in another code": (
        lambda run: (run / "recipe.toml").write_bytes(b"\xff\xfe"),
        "cannot be used to resume",
    ),
    "another seed": (edited("recipe.toml", "seed = 4", "seed = 5"), "is not as it was when the run was begun"),
    "more epochs": (
        edited("recipe.toml", "epochs = 3", "epochs = 9"),
        "undo the change, or begin a new run with --from",
    ),
    "other layers": (edited("recipe.toml", "dense 12", "dense 13"), "is no checkpoint of numink's"),
    "other data": (edited("recipe.toml", 'fingerprint = "', 'fingerprint = "f'), "the data are not those"),
    "no checkpoint": (lambda run: (run / "checkpoint.safetensors").unlink(), "there is no file .*checkpoint"),
    "an empty checkpoint": (lambda run: (run / "checkpoint.safetensors").write_bytes(b""), "damaged or no checkpoint"),
    "half a checkpoint": (
        lambda run: (run / "checkpoint.safetensors").write_bytes((run / "checkpoint.safetensors").read_bytes()[:5000]),
        "damaged or no checkpoint",
    ),
    "a bit flipped in its header": (flipped(0.05), "damaged|no checkpoint"),
    "a bit flipped in its weights": (flipped(0.5), "checkpoint.safetensors is damaged: its content is not what"),
    "a model as checkpoint": (
        lambda run: shutil.copy(run / "model.safetensors", run / "checkpoint.safetensors"),
        "is no checkpoint of numink's",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_resumed_gets_one_line_and_stays(digits, interrupted, fault):
    spoil, says = FAULTS[fault]
    spoil(interrupted)
    before = snapshot(interrupted)
    with pytest.raises(RunError, match=says) as error:
        resume(interrupted, digits=digits)

    assert len(str(error.value).splitlines()) == 1
    assert snapshot(interrupted) == before


def test_changed_data_are_refused(few_digits, tmp_path, digits, monkeypatch):
    shutil.copytree(few_digits, tmp_path / "few")
    plan = RECIPE.with_settings([f"data.source={tmp_path / 'few'}", "data.validation=100"])
    begin(plan, load_digits(plan, 0), out=tmp_path / "run")
    write_idx(tmp_path / "few", seed=1)
    said = []
    monkeypatch.setattr("numink.blas.description", lambda: "mkl 2030")
    with pytest.raises(
        RunError, match=r"the data are not those .*; restore .*few, or begin a new run, with --from .*run"
    ):
        resume(tmp_path / "run", say=said.append)

    assert said == []


@pytest.mark.parametrize("others", [[], ["few"]], ids=["alone", "in a mix"])
@pytest.mark.parametrize("killed", [False, True])
def test_strokes_that_another_processor_draws_are_refused_with_what_to_do(
    few_digits, quick_strokes, tmp_path, monkeypatch, others, killed
):
    """One grey level of one image is another."""
    names = [str(few_digits) for _ in others] + ["strokes 300"]
    plan = RECIPE.with_source(*names).with_settings(["data.validation=100"])
    begin(plan, load_digits(plan, 0), out=tmp_path / "run", callbacks=[Stop("interrupted", 1)])
    if killed:
        (tmp_path / "run" / "model.safetensors").unlink()
    read = strokes.read

    def elsewhere(*asked, **more):
        train, test = read(*asked, **more)
        train.images[7, 14, 14] ^= 1
        return train, test

    monkeypatch.setattr(strokes, "read", elsewhere)
    with pytest.raises(RunError) as error:
        resume(tmp_path / "run")

    drawn = "another processor or another numink draws strokes a little differently"
    restore = f"restore {few_digits} and " if others else ""
    keeping = "" if killed else f", with --from {tmp_path / 'run'} to keep what it has learned"
    assert str(error.value).partition("; ")[2] == (
        f"{restore}go on where the run was begun ({drawn}), or begin a new run{keeping}"
    )


def test_other_libraries_are_said_and_taken(digits, interrupted, monkeypatch):
    said = []
    monkeypatch.setattr("numink.blas.description", lambda: "mkl 2030")
    result = resume(interrupted, digits=digits, say=said.append)

    assert np.isfinite(result.model.theta).all()
    assert len(said) == 1
    assert "mkl 2030: the result will be as good, but not the same to the last bit" in said[0]


def test_a_record_of_before_there_was_a_reason_is_read(digits, tmp_path):
    begin(RECIPE, digits, out=tmp_path / "run", callbacks=[Stop("interrupted", 1)])
    edited("recipe.toml", 'reason = ""\n', "")(tmp_path / "run")

    assert read_record(tmp_path / "run" / "recipe.toml")[0].facts.reason == ""


def test_digits_that_were_split_by_another_seed_are_split_so_again(few_digits, tmp_path):
    digits = numink.load(few_digits, validation=70, seed=5, stratify=True)
    numink.train(digits, RECIPE, seed=1, out=tmp_path / "run")
    record, _ = read_record(tmp_path / "run" / "recipe.toml")

    assert (record.facts.seed, record.facts.split_seed) == (1, 5)
    assert record.recipe.data.source == str(few_digits)
    assert load_digits(record.recipe, record.facts.split_seed).fingerprint == digits.fingerprint
    assert resume(tmp_path / "run").state.epoch == RECIPE.train.epochs
