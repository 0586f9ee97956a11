"""Images that show no digit, on the command line: trained on, counted, examined, and never judged by."""

import json

import numpy as np
import pytest

import numink
from fake_digits import write_idx
from program import QUICK

TRAIN = ("train", "small-10", *QUICK, "--data", "few", "--data", "non-digits 80", "--out", "run")


@pytest.fixture(autouse=True)
def quickly_drawn(monkeypatch):
    monkeypatch.setattr("numink.data.strokes.no_digits._BLOCK", 80)


@pytest.fixture
def mixed(command, tmp_path):
    write_idx(tmp_path / "few")
    return command(*TRAIN)


def test_a_run_learns_from_them_and_is_judged_by_digits(command, mixed, tmp_path):
    assert mixed.status == 0
    assert mixed.err.startswith("small-10 on few + non-digits 80: 580 training, 100 validation, 100 test images")
    page = " ".join((tmp_path / "run" / "report.html").read_text("utf-8").split())
    assert "500 images of few and 80 images of what is no digit (drawn by numink too)" in page
    assert "errors in 100 images" in command("test", "run").out
    whole = numink.load_model("run").theta
    assert command(*TRAIN[:-1], "again", "--workers", "1").status == 0
    np.testing.assert_array_equal(numink.load_model("again").theta, whole)


@pytest.mark.usefixtures("mixed")
def test_the_doctor_and_the_explanation_take_such_a_run(command):
    examined = command("doctor", "run", "--json")
    assert examined.status in (0, 2)
    assert "labels" not in json.dumps(json.loads(examined.out)["findings"])
    assert command("explain", "run", "few:3", "--json", "--out", "page").status == 0


@pytest.mark.usefixtures("mixed")
def test_they_are_counted_and_shown_apart(command):
    ended = command("data", "info", "few", "non-digits 80")
    rows = [line.split() for line in ended.out.splitlines()]
    assert ended.status == 0
    assert rows[11] == ["none", "80", "0"]
    assert rows[12] == ["all", "680", "100"]
    assert "none" in ended.out.split("In training and test part")[1]  # a caption
    described = json.loads(command("data", "info", "few", "non-digits 80", "--json").out)
    assert described["parts"]["train"] == {"images": 680, "classes": [60] * 10, "none": 80}
    assert "none" not in command("data", "info", "few").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "small-10", "--data", "non-digits 80"),
        ("test", "cnn-tiny", "--data", "non-digits"),
        ("predict", "cnn-tiny", "non-digits"),
        ("data", "info", "non-digits 80"),
    ],
)
def test_alone_they_are_one_line(command, arguments):
    ended = command(*arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert "non-digits" in ended.message
    assert "shows no digit: name it behind digits to learn from" in ended.message


def test_there_is_nothing_to_fetch(command):
    assert command("data", "fetch", "non-digits").out == (
        "non-digits need no fetching: numink draws them when they are asked for\n"
    )


def test_a_folder_of_ones_own_may_have_them(command, tmp_path):
    from PIL import Image

    from fake_digits import images_and_labels

    images, labels = images_and_labels(300, 1)
    for row, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "own" / ("no-digit" if row % 6 == 0 else str(label))
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{row}.png")
    trained = command("train", "small-10", *QUICK, "--data", "own", "--set", "data.stratify=true", "--out", "run")
    assert trained.status == 0
    assert json.loads(command("test", "run", "--data", "own", "--json").out)["images"] < 300
    assert command("doctor", "run").status in (0, 2)
