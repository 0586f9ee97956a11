"""`numink train`: what it leaves, that Python does the same, where it goes on from, and how it ends when it cannot."""

import csv
import json
import re
import shlex
import shutil
from html.parser import HTMLParser

import pytest

import numink
from fake_digits import write_csv, write_idx
from numink.data.sources import read
from numink.recipe import load
from program import QUICK


def theta(folder):
    return numink.load_model(folder).theta.tobytes()


def test_the_folder_of_a_run(trained):
    names = {file.name for file in trained.iterdir()}

    assert names == {"recipe.toml", "checkpoint.safetensors", "history.csv", "model.safetensors", "report.html"}
    with (trained / "history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3"]


class Addresses(HTMLParser):
    """All that a page asks a browser to load."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href", "srcset", "data", "poster")]


def test_the_report_needs_nothing_but_itself(trained):
    page = (trained / "report.html").read_text("utf-8")
    addresses = Addresses()
    addresses.feed(page)

    assert [address for address in addresses.found if not address.startswith(("data:", "#"))] == []
    assert not re.search(r"@import|url\((?!['\"]?(data:|#))", page)
    assert "small-10" in page
    assert "accuracy" in page.lower()


def test_python_gives_the_same_weights_as_the_command(few_digits, trained):
    plan = load("small-10").with_settings([word for word in QUICK if word != "--set"])

    assert numink.train(few_digits, plan).theta.tobytes() == theta(trained)


def test_the_number_of_workers_changes_nothing(command, few_digits):
    wide = ("--set", "network.layers=['dense 64', 'relu', 'dropout 0.2', 'dense 10']")
    for workers in (1, 2):
        line = ("train", "small-10", "--data", few_digits, *QUICK, *wide, "--workers", workers, "--out", f"by{workers}")
        assert command(*line).status == 0

    assert theta("by1") == theta("by2")


def test_a_runs_recipe_is_a_recipe(command, few_digits, trained, tmp_path):
    shutil.copy(trained / "recipe.toml", tmp_path / "again.toml")

    assert command("train", "again.toml", "--out", "run").status == 0
    assert theta("run") == theta(trained)


def test_the_folder_is_named_after_recipe_and_time(command, few_digits, tmp_path):
    command("train", "small-10", "--data", few_digits, *QUICK)
    (folder,) = (tmp_path / "runs").iterdir()

    assert re.fullmatch(r"small-10-\d{8}-\d{6}", folder.name)


def test_from_a_model_on_other_data(command, trained, tmp_path):
    """The recipe and the way that pixels are prepared are the model's; its own folder stays as it was."""
    write_idx(tmp_path / "others", seed=8)
    before = {file.name: file.read_bytes() for file in trained.iterdir()}
    done = command("train", "--from", trained, "--data", "others", "--set", "train.epochs=1", "--out", "on")

    assert done.status == 0
    assert done.err.startswith("small-10 on others")
    with (tmp_path / "on" / "history.csv").open() as file, (trained / "history.csv").open() as first:
        assert float(next(csv.DictReader(file))["loss"]) < 0.3 * float(next(csv.DictReader(first))["loss"])
    assert {file.name: file.read_bytes() for file in trained.iterdir()} == before


def test_from_a_model_of_other_layers(command, trained, few_digits):
    message = command("train", "small-15", "--from", trained, "--data", few_digits, *QUICK, "--out", "on").message

    assert "the model to go on from has the layers" in message
    assert message.endswith("leave the recipe out to take the model's own")


def test_a_run_is_never_written_over(command, trained, few_digits):
    before = {file.name: file.read_bytes() for file in trained.iterdir()}
    message = command("train", "small-10", "--data", few_digits, *QUICK, "--out", trained).message

    assert message == f"numink: {trained} holds a run already; choose another folder, or go on with --resume {trained}"
    assert {file.name: file.read_bytes() for file in trained.iterdir()} == before


def test_a_loss_that_is_not_finite_names_the_rate(program, few_digits, tmp_path):
    wild = ("--set", "train.learning_rate=1e30")
    ended = program("train", "small-10", "--data", few_digits, *QUICK, *wild, "--out", "run")

    assert (ended.status, ended.out) == (2, "")
    assert re.fullmatch(
        r"numink: the loss became (nan|inf) after .*lower train\.learning_rate.*", ended.err.splitlines()[-1]
    )
    assert "Traceback" not in ended.err
    assert "Warning" not in ended.err
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"recipe.toml", "checkpoint.safetensors"}


def test_resume_of_a_finished_run(command, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    ended = command("train", "--resume", "run", "--json")

    assert ended.status == 0
    assert json.loads(ended.out)["epochs"] == 3
    assert theta("run") == theta(trained)


@pytest.mark.parametrize(
    "more", ["small-10", "--seed 0", "--workers 1", "--data x", "--set a.b=1", "--out x", "--from x"]
)
def test_resume_takes_nothing_else(command, trained, more):
    message = command("train", "--resume", trained, *more.split()).message

    assert message == f"numink: --resume takes no other option than --json: all is in {trained}"


def test_resume_where_there_is_no_run(command, tmp_path):
    assert (
        "there is no run to resume in none: expected the file none/recipe.toml"
        in command("train", "--resume", "none").message
    )


@pytest.mark.parametrize("stage", ["Trainer.take_step", "report"])
def test_a_second_ctrl_c_says_how_to_go_on(command, few_digits, monkeypatch, stage):
    """Or a first one, where it is not training any more."""

    def interrupted(*anything):
        raise KeyboardInterrupt

    place = {"report": "numink.evaluate.run_report.run_report"}.get(stage, f"numink.training.trainer.{stage}")
    with monkeypatch.context() as patch:
        patch.setattr(place, interrupted)
        ended = command("train", "small-10", "--data", few_digits, *QUICK, "--out", "a run")

    assert (ended.status, ended.out) == (130, "")
    assert ended.err.splitlines()[-1] == "numink: stopped at once; go on with: numink train --resume 'a run'"
    assert command("train", "--resume", "a run").status == 0


def test_ctrl_c_before_there_is_anything_to_resume(command, monkeypatch):
    def interrupted(*anything, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("numink.run.load_digits", interrupted)

    assert command("train", "small-10", "--out", "run") == (130, "", "numink: stopped\n")


def test_a_session(command, few_digits, tmp_path):
    """Train, look, read, hand in, go on: every command that the one before suggests works as it stands."""
    done = command("train", "small-10", "--data", few_digits, *QUICK, "--out", "my run")
    assert done.status == 0
    lines = [line.strip() for line in done.out.split("Try next:\n")[1].splitlines()]
    assert len(lines) == 3
    for line in lines:
        name, *words = shlex.split(line)
        assert name == "numink"
        assert command(*words).status == 0
    assert (tmp_path / "answers.csv").read_text().splitlines()[0] == "image,digit,confidence"


def test_names_that_look_like_markup(command, few_digits, tmp_path):
    """Square brackets mean something to the library that prints."""
    shutil.copytree(few_digits, tmp_path / "[bold]few")
    done = command("train", "small-10", "--data", "[bold]few", *QUICK, "--out", "[red]run[/nope]")

    assert done.status == 0
    assert "small-10 on [bold]few:" in done.err
    assert "Report: [red]run[/nope]/report.html" in done.out
    assert "[bold]few (95 %" in command("test", "[red]run[/nope]").out


def test_kaggles_files(command, few_digits, tmp_path):
    """train.csv, then test.csv, which has no labels, then the answers as a submission."""
    digits = read(few_digits)
    write_csv(tmp_path / "train.csv", digits.train.images, digits.train.labels)
    write_csv(tmp_path / "test.csv", digits.test.images)
    assert command("train", "small-10", "--data", "train.csv", *QUICK, "--out", "run").status == 0
    done = command("predict", "run", "test.csv", "--format", "kaggle", "--output", "submission.csv")

    assert (done.status, done.out) == (0, "")
    assert done.err.splitlines() == [
        "Kaggle's competition expects 28,000 rows, and these are 100.",
        "Wrote 100 answers to submission.csv",
    ]
    rows = list(csv.reader((tmp_path / "submission.csv").read_text().splitlines()))
    assert rows[0] == ["ImageId", "Label"]
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(1, 101)]
    assert sum(int(row[1]) == label for row, label in zip(rows[1:], digits.test.labels, strict=True)) > 60
    assert (
        "test.csv has no labels to test against; use numink predict"
        in command("test", "run", "--data", "test.csv").message
    )


def test_after_a_warning_the_doctor_is_what_to_try_next(program, few_digits, tmp_path):
    settings = ("--data", few_digits, *QUICK, "--out", tmp_path / "run")
    ended = program("train", "small-10", *settings, "--set", "train.learning_rate=300", "--set", "train.epochs=12")

    assert "the loss jumps" in ended.err
    assert ended.out.splitlines()[-1] == f"  numink doctor {tmp_path / 'run'}"


def test_more_images_set_aside_than_learned_from_are_worth_a_word(program, few_digits, tmp_path):
    settings = ("--data", few_digits, *QUICK, "--out", tmp_path / "run")
    ended = program("train", "small-10", *settings, "--set", "data.validation=400")

    assert "more images are set aside than learned from; fewer are enough: --set data.validation=60" in ended.err
    assert ended.status == 0
