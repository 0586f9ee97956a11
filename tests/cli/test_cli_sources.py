"""Sources on the command line: auto and what it says, strokes, mixes, and augmentation to look at."""

import io
import json
import tomllib

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from rich.progress import Progress

import numink
from fake_digits import TEST, TRAIN, images_and_labels, write_csv, write_idx
from numink.cli.console import reading
from program import QUICK

WRITERS = "The validation images are by the same writers as the training images, the test images by others."
TRAIN_QUICKLY = ("train", "small-10", *QUICK, "--out", "run")


@pytest.fixture
def alone(no_mnist, quick_strokes):
    """A machine with nothing but numink on it."""


@pytest.fixture
def no_page(monkeypatch):
    """A report that costs nothing, for those to whom it does not matter."""
    monkeypatch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")


def test_auto_without_mnist_trains_on_strokes_and_says_why_everywhere(command, alone, tmp_path):
    ended = command(*TRAIN_QUICKLY)
    reason = (
        f"MNIST cannot be fetched (mirror.test: no answer), and MNIST is not at hand in {tmp_path}/cache/numink/mnist"
    )

    assert ended.status == 0
    assert ended.err.splitlines()[0] == f"auto: strokes, because {reason}"
    assert ended.err.splitlines()[1] == "small-10 on strokes: 500 training, 100 validation, 100 test images"
    assert "parameters on strokes for 3 epochs" in ended.out
    assert "errors in 100 images that it had never seen, the test part of strokes." in ended.out
    assert "These images are drawn by numink: how well it reads what people write remains to be tested." in ended.out
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert f"learned from 500 images of strokes (digits that numink draws), because {reason}." in page
    assert "not learned from, the test images of strokes (digits that numink draws)" in " ".join(page.split())
    assert "drawn by numink: how well it reads what people write remains to be tested" in page
    assert WRITERS in " ".join(page.split())
    recipe = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text("utf-8"))
    assert recipe["data"]["source"] == "strokes"
    assert recipe["run"]["reason"] == reason


@pytest.mark.usefixtures("no_page")
def test_json_names_the_data(command, alone):
    ended = command(*TRAIN_QUICKLY, "--json")
    summary = json.loads(ended.out)

    assert (summary["data"], summary["tested_on"]) == ("strokes", "the test part of strokes")
    assert ended.err.splitlines()[0] == f"auto: strokes, because {summary['reason']}"
    assert numink.load_model("run").facts["data"]["reason"] == summary["reason"]
    assert json.loads(command(*TRAIN_QUICKLY[:-1], "named", "--data", "strokes", "--json").out)["reason"] == ""


def test_auto_with_mnist_says_so(command, monkeypatch, few_digits, tmp_path):
    monkeypatch.setattr("numink.data.mnist.find_mnist", lambda: few_digits)
    ended = command(*TRAIN_QUICKLY)

    assert ended.err.splitlines()[0] == f"auto: mnist, because it is at hand in {few_digits}"
    page = " ".join((tmp_path / "run" / "report.html").read_text("utf-8").split())
    assert f"learned from 500 images of MNIST, because it is at hand in {few_digits}." in page
    assert "had not learned from, the test images of MNIST: it read" in page
    assert "drawn by numink" not in page + ended.out
    assert WRITERS not in page


def test_who_names_mnist_gets_mnist_or_one_line(command, alone, tmp_path):
    message = command(*TRAIN_QUICKLY, "--data", "mnist").message

    assert "MNIST cannot be fetched (mirror.test: no answer); put MNIST's four files" in message
    assert not (tmp_path / "run").exists()


def test_a_named_source_needs_no_reason(command, alone, tmp_path):
    assert command(*TRAIN_QUICKLY, "--data", "strokes 300").err.startswith("small-10 on strokes 300: 200 training")
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "learned from 200 images of strokes (digits that numink draws). It was" in " ".join(page.split())


def test_a_resumed_run_stays_with_strokes_though_mnist_has_come(command, alone, monkeypatch, few_digits, tmp_path):
    def interrupted(*anything):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("numink.training.trainer.Trainer.take_step", interrupted)
        assert command(*TRAIN_QUICKLY).status == 130
    monkeypatch.setattr("numink.data.mnist.find_mnist", lambda: few_digits)
    ended = command("train", "--resume", "run")

    assert (ended.status, "the test part of strokes" in ended.out) == (0, True)
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "because MNIST cannot be fetched (mirror.test: no answer)" in page
    assert command(*TRAIN_QUICKLY[:-1], "whole", "--data", "strokes").status == 0
    assert numink.load_model("run").theta.tobytes() == numink.load_model("whole").theta.tobytes()


MIX = ("--data", "few", "--data", "strokes 200")


@pytest.fixture
def mixed(command, quick_strokes, tmp_path):
    write_idx(tmp_path / "few")
    return command(*TRAIN_QUICKLY, *MIX)


def test_a_mix_trains_on_all_and_is_tested_on_the_first(command, mixed, tmp_path):
    assert mixed.err.startswith("small-10 on few + strokes 200: 700 training, 100 validation, 100 test images")
    assert "errors in 100 images that it had never seen, the test part of few." in mixed.out
    assert "drawn by numink" not in mixed.out
    page = " ".join((tmp_path / "run" / "report.html").read_text("utf-8").split())
    assert "learned from 500 images of few and 200 images of strokes (digits that numink draws). It was" in page
    assert "the test images of few: it read" in page
    source = tomllib.loads((tmp_path / "run" / "recipe.toml").read_text("utf-8"))["data"]["source"]
    assert source == [str(tmp_path / "few"), "strokes 200"]


@pytest.mark.usefixtures("no_page")
def test_a_mix_comes_from_the_recipe_as_well(command, mixed, tmp_path):
    (tmp_path / "mine.toml").write_text('[data]\nsource = ["few", "strokes 200"]\n')
    plan = numink.recipe.load("mine.toml").with_settings([word for word in QUICK if word != "--set"])
    by_python = numink.train(["few", "strokes 200"], numink.recipe.load("small-10").with_settings(QUICK[1::2]))
    setting = ("--set", 'data.source=["few", "strokes 200"]')

    assert plan.data.source == ("few", "strokes 200")
    assert command(*TRAIN_QUICKLY[:-1], "again", *setting).status == 0
    weights = {numink.load_model(run).theta.tobytes() for run in ("run", "again")} | {by_python.theta.tobytes()}
    assert len(weights) == 1


@pytest.mark.usefixtures("no_page")
def test_a_run_on_a_mix_is_tested_and_resumed_on_the_same(command, mixed, tmp_path):
    ended = command("test", "run")
    found = json.loads(command("test", "run", "--json").out)

    assert ended.out.splitlines()[0].startswith("Accuracy ")
    assert f"on the test part of {tmp_path}/few (95 %" in ended.out.splitlines()[0]
    assert ended.out.splitlines()[1] == "Trained on few + strokes 200."
    assert (found["trained_on"], found["tested_on"]) == ("few + strokes 200", f"the test part of {tmp_path}/few")
    assert "the test part of strokes 7 (95 %" in command("test", "run", "--data", "strokes 7").out
    assert command("train", "--resume", "run").status == 0


@pytest.mark.usefixtures("no_page")
def test_a_mix_without_a_test_part_is_tested_on_what_was_set_aside(command, quick_strokes, tmp_path):
    write_idx(tmp_path / "few")
    for file in (tmp_path / "few").glob("t10k*"):
        file.unlink()
    assert command(*TRAIN_QUICKLY, *MIX).status == 0

    assert "few set aside when it was trained (95 %" in command("test", "run").out


@pytest.mark.usefixtures("no_page")
def test_a_mix_whose_test_part_has_no_labels_is_tested_on_what_was_set_aside(command, quick_strokes, tmp_path):
    """As Kaggle's."""
    (tmp_path / "few").mkdir()
    images, labels = images_and_labels(300, 0)
    write_csv(tmp_path / "few" / "train.csv", images, labels)
    write_csv(tmp_path / "few" / "test.csv", images)
    assert command(*TRAIN_QUICKLY, *MIX).status == 0

    assert "few set aside when it was trained (95 %" in command("test", "run").out
    assert "test part of strokes 7 (95 %" in command("test", "run", "--data", "strokes 7").out


def test_a_mix_with_the_same_twice_is_one_line(command, quick_strokes):
    message = command(*TRAIN_QUICKLY, "--data", "strokes", "--data", "strokes 5").message

    assert "strokes + strokes 5 has images twice" in message


def test_models_of_strokes_are_tested_on_strokes_with_a_note(command, alone, trained):
    ended = command("test", trained, "--data", "auto")

    assert ended.err.startswith("auto: strokes, because MNIST cannot be fetched")
    assert "on the test part of strokes (95 %" in ended.out
    assert "These images are drawn by numink" in ended.out
    assert command("predict", trained, "strokes").out.count("\n") == TEST + 1


def test_a_terminal_shows_a_bar_at_a_time_and_none_when_all_is_there():
    """Beside the bar of a training, which is a second one in one terminal."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    with reading(console) as progress:
        for name, total in (("train-images.gz", 9_000), ("strokes", 700)):
            progress(name, total // 2, total)
            progress(name, total, total)
        with Progress(console=console) as other:
            other.add_task("training")

    assert "Fetching train-images.gz" in screen.getvalue()
    assert "Drawing strokes" in screen.getvalue()
    assert screen.getvalue().rindex("Drawing strokes") < screen.getvalue().index("training")


def test_fetching_strokes(command, alone):
    assert command("data", "fetch", "strokes") == (
        0,
        "strokes need no fetching: numink draws them when they are asked for\n",
        "",
    )
    assert "MNIST cannot be fetched" in command("data", "fetch", "auto").message
    assert "strokes takes the number of images to train on" in command("data", "fetch", "strokes x").message
    assert "mnist can be fetched, but '' came" in command("data", "fetch", "").message


def test_what_is_damaged_in_the_cache_is_mended_by_fetching(command, alone, monkeypatch, tmp_path):
    monkeypatch.setattr("numink.data.mnist._HOLDS", {(what, n) for what in ("images", "labels") for n in (TRAIN, TEST)})
    monkeypatch.setattr("numink.data.download.fetch_mnist", lambda folder, **more: write_idx(folder))
    cache = tmp_path / "cache" / "numink" / "mnist"
    (write_idx(cache) / "t10k-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b")

    assert command("data", "fetch") == (0, f"{TRAIN} + {TEST} images in {cache}\n", "")


def test_a_source_without_a_name_is_one_line(command, trained, tmp_path):
    """And never the folder that one is in."""
    write_idx(tmp_path)
    (tmp_path / "mine.toml").write_text('[data]\nsource = ""\n')
    lines = [(*TRAIN_QUICKLY, "--data", ""), ("train", "mine.toml"), ("test", trained, "--data", "")]
    lines += [("predict", trained, ""), ("data", "info", ""), (*TRAIN_QUICKLY, "--data", "strokes 500", "--data", "")]
    for line in lines:
        assert "the name of a source is empty: expected mnist, strokes" in command(*line).message
    assert not (tmp_path / "run").exists()


def test_info_of_strokes_and_of_auto(command, alone):
    named, chosen = command("data", "info", "strokes"), command("data", "info", "auto")

    assert (named.status, named.err) == (0, "")
    assert named.out.splitlines()[11].split() == ["all", f"{TRAIN}", f"{TEST}"]
    assert chosen.out == named.out
    assert chosen.err.startswith("auto: strokes, because MNIST cannot be fetched")
    assert len(chosen.err.splitlines()) == 1
    assert json.loads(command("data", "info", "auto", "--json").out)["name"] == "strokes"


def test_info_asks_a_dead_network_once(command, no_mnist):
    assert "MNIST cannot be fetched" in command("data", "info", "mnist").message
    assert len(no_mnist) == 1


def test_info_shows_before_and_after(command, few_digits, tmp_path):
    line = ("data", "info", few_digits, "--picture", "sheet.png")
    plain = command(*line)
    changed = command(*line, "--augment", "shift 2", "--augment", "rotate 10")
    head = changed.out.splitlines()[:14]

    assert head == plain.out.splitlines()[:14]
    assert "changed" not in plain.out
    assert changed.out.count("0 changed") == 4
    assert changed.out == command(*line, "--augment", "shift 2", "--augment", "rotate 10").out
    sheets = []
    for strength in (0, 9):
        command(*line, "--augment", f"shift {strength}")
        with Image.open(tmp_path / "sheet.png") as picture:
            sheets.append(np.asarray(picture))
    tile_px = picture.width // 10
    assert (sheets[0][:, :tile_px] == sheets[1][:, :tile_px]).all()
    assert all((sheets[0] != sheets[1])[:, n * tile_px : (n + 1) * tile_px].any() for n in range(1, 10))


def test_info_as_json_has_no_sheet_to_show_augmentation_in(command, few_digits, tmp_path):
    line = ("data", "info", few_digits, "--json")

    assert "--json prints none; add --picture FILE" in command(*line, "--augment", "shift 2").message
    assert command(*line, "--augment", "shift 2", "--picture", "sheet.png").out == command(*line).out
    assert (tmp_path / "sheet.png").exists()


def test_info_of_a_mix(command, few_digits, quick_strokes):
    ended = command("data", "info", few_digits, "strokes 200")
    described = json.loads(command("data", "info", few_digits, "strokes 200", "--json").out)

    assert ended.out.splitlines()[11].split() == ["all", f"{TRAIN + 200}", f"{TEST}"]
    assert described["name"] == f"{few_digits} + strokes 200"
    assert (described["parts"]["train"]["images"], described["in_test"]) == (TRAIN + 200, 0)
    assert f"{TRAIN} of the {TRAIN} training images" in command("data", "info", few_digits, f"{few_digits}/.").message


@pytest.mark.parametrize("word", ["shift", "shft 2", "rotate ten", ""])
def test_an_augmentation_that_is_none(command, few_digits, tmp_path, word):
    message = command("data", "info", few_digits, "--augment", word).message

    assert f'"{word.split(" ")[0]}"' in message or word in message
    assert "data.augment: " in command(*TRAIN_QUICKLY, "--set", f'data.augment=["{word}"]').message
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_page")
def test_a_training_with_augmentation_gives_other_weights_and_the_same_again(command, few_digits, tmp_path):
    augmented = ("--data", few_digits, "--set", 'data.augment=["shift 2"]')
    for out, more in (("plain", augmented[:2]), ("one", augmented), ("two", augmented)):
        assert command(*TRAIN_QUICKLY[:-1], out, *more).status == 0
    weights = [numink.load_model(out).theta.tobytes() for out in ("plain", "one", "two")]

    assert weights[0] != weights[1] == weights[2]
    assert 'augment = ["shift 2"]' in (tmp_path / "one" / "recipe.toml").read_text("utf-8")
