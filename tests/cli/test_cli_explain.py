"""`numink explain`: one digit as text, as JSON and as a page."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

import numink
from fake_digits import images_and_labels, write_csv
from numink.cli import explain as cli_explain
from numink.cli.main import run
from numink.data import paths
from numink.ensemble import Ensemble
from numink.understand.explain import dream
from program import QUICK

TEST_IMAGES, TEST_LABELS = images_and_labels(100, 1)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(dream, "STEPS", 2)


def test_text_and_page(command, trained, few_digits, tmp_path):
    ended = command("explain", trained, f"{few_digits}:17", "--out", tmp_path / "why")

    assert (ended.status, ended.err) == (0, "")
    answer = numink.load_model(trained).predict(TEST_IMAGES[17:18])[0]
    first, second = ended.out.splitlines()[:2]
    assert first.startswith(f"{trained} reads {answer} in {few_digits}:17, ")
    assert first.endswith(" sure, rightly." if answer == TEST_LABELS[17] else f", but it is {TEST_LABELS[17]}.")
    assert second == "It is image 17 of the test part, as it is."
    for word in ("FORWARD", "THE LOSS", "BACKWARD", "ONE STEP", "dense 10", "most similar digits of the training part"):
        assert word in ended.out
    assert str(tmp_path / "why" / "explain.html") in ended.out
    page = (tmp_path / "why" / "explain.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "60" in page
    assert "the 600 digits of the training part" in page


def test_json_and_nothing_else(command, trained, few_digits):
    ended = command("explain", trained, f"{few_digits}:5", "--json")
    found = json.loads(ended.out, parse_constant=pytest.fail)

    assert (ended.status, ended.err) == (0, "")
    (P,) = numink.load_model(trained).probabilities(TEST_IMAGES[5:6])
    np.testing.assert_allclose(found["probabilities"], P, atol=1e-5)
    assert (found["label"], found["answer"]) == (TEST_LABELS[5], P.argmax())
    assert found["right"] == (TEST_LABELS[5] == P.argmax())
    assert found["explained"]["label"] == TEST_LABELS[5]
    assert found["explained"]["loss"] == pytest.approx(-np.log(P[TEST_LABELS[5]]), abs=1e-5)
    assert found["step"]["loss"] < found["explained"]["loss"]
    assert len(found["similar"]["pixels"]) == 8
    assert re.fullmatch(r"runs/explain-trained-\w{8}-few-5-\w{8}/explain.html", found["page"])


def test_a_label_of_one_s_own_is_explained_and_is_not_the_truth(command, trained, few_digits):
    label = (int(TEST_LABELS[5]) + 1) % 10
    arguments = "explain", trained, f"{few_digits}:5"
    plain = json.loads(command(*arguments, "--json").out)
    found = json.loads(command(*arguments, "--label", label, "--json").out)

    assert (found["label"], found["right"], found["answer"]) == (plain["label"], plain["right"], plain["answer"])
    assert found["explained"]["label"] == label
    assert found["explained"]["loss"] == pytest.approx(-np.log(found["explained"]["probabilities"][label]))
    assert label in {leaning["digit"] for leaning in found["speaks_for"]}
    assert found["page"] != plain["page"]
    told = command(*arguments, "--label", label).out
    assert told.splitlines()[0] == command(*arguments).out.splitlines()[0]
    assert f"Explained for the label {label}, as asked." in told


def test_what_is_not_the_same_has_a_page_of_its_own(command, trained, few_digits, tmp_path):
    """Two pictures and two models of one name, in two folders; and names that would not fit into a folder's."""
    pixels = TEST_IMAGES[3]
    long = f"{'d' * 245}.png"
    for folder in "ab":
        (tmp_path / folder).mkdir()
        shutil.copy(trained / "model.safetensors", tmp_path / folder / "m.safetensors")
        Image.fromarray(np.pad(pixels, 2)).save(tmp_path / folder / "d.png")
    Image.fromarray(np.pad(pixels, 2)).save(tmp_path / long)
    shutil.copy(tmp_path / "a" / "d.png", tmp_path / "few-5")

    for model, image in (
        ("a/m.safetensors", "a/d.png"),
        ("a/m.safetensors", "b/d.png"),
        ("b/m.safetensors", "a/d.png"),
        ("a/m.safetensors", long),
        ("a/m.safetensors", "few-5"),
        ("a/m.safetensors", f"{few_digits}:5"),
    ):
        assert command("explain", model, image).status == 0

    assert len(list((tmp_path / "runs").glob("*/explain.html"))) == 6
    for model, image in (("./a/m.safetensors", "a/d.png"), (tmp_path / "a/m.safetensors", tmp_path / "a/d.png")):
        assert command("explain", model, image).status == 0
    assert len(list((tmp_path / "runs").glob("*/explain.html"))) == 6


def test_names_alone_stay_readable(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert str(cli_explain._folder("cnn-tiny", "mnist:train:17", None)) == "runs/explain-cnn-tiny-mnist-train-17"
    assert str(cli_explain._folder("cnn-tiny", "mnist:17", 3)) == "runs/explain-cnn-tiny-mnist-17-as-3"
    assert len(os.fsencode(cli_explain._folder("\N{GRINNING FACE}" * 60 + "/字" * 60, "字" * 80, 3).name)) < 255


def test_what_cannot_be_written_is_told_before_the_work(command, trained, few_digits, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("numink.understand.explain.explanation.explain", pytest.fail)

    for out in (tmp_path / "file", tmp_path / ("d" * 300)):
        assert "cannot write" in command("explain", trained, f"{few_digits}:5", "--out", out).message


def test_a_page_that_fails_leaves_the_earlier_one(command, trained, few_digits, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    (tmp_path / "explain.html").write_text("earlier")
    monkeypatch.setattr("numink.understand.explain.explanation.explain", stop)

    assert command("explain", trained, f"{few_digits}:5", "--out", tmp_path).status == 130
    assert (tmp_path / "explain.html").read_text() == "earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["explain.html"]


def test_digits_at_hand_are_read_once(command, few_digits, tmp_path, monkeypatch):
    digits = tmp_path / "digits.csv"
    write_csv(digits, *images_and_labels(200, 0))
    assert run(["train", "small-10", "--data", str(digits), *QUICK, "--out", str(tmp_path / "run")]) == 0
    reads = []
    real = paths.read
    monkeypatch.setattr(paths, "read", lambda *arguments: (reads.append(arguments), real(*arguments))[1])

    ended = command("explain", tmp_path / "run", f"{digits}:5")

    assert ended.status == 0
    assert "most similar digits of the training part" in ended.out
    assert len(reads) == 1


def test_a_picture_that_may_not_be_read_is_not_called_damaged(command, trained, tmp_path, monkeypatch):
    Image.fromarray(TEST_IMAGES[0]).save(tmp_path / "a.png")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)

    message = command("explain", trained, tmp_path / "a.png").message
    assert f"{tmp_path / 'a.png'} cannot be read or written: Permission denied" in message


def test_a_picture_without_a_label_and_a_model_without_its_data(command, trained, tmp_path):
    """Trained on digits that are gone by now: similar ones are left out, and all else is there."""
    digits = tmp_path / "digits.csv"
    write_csv(digits, *images_and_labels(200, 0))
    assert run(["train", "small-10", "--data", str(digits), *QUICK, "--out", str(tmp_path / "run")]) == 0
    digits.unlink()
    paper = np.full((90, 60), 230, np.uint8)
    paper[10:80, 26:34] = 20
    Image.fromarray(paper).save(tmp_path / "one.png")

    ended = command("explain", tmp_path / "run", tmp_path / "one.png", "--out", tmp_path)

    assert (ended.status, ended.err) == (0, "")
    assert "most similar" not in ended.out
    assert "a picture of 60 x 90 with light paper" in ended.out
    page = (tmp_path / "explain.html").read_text("utf-8")
    assert "No label came with it" in page
    assert "Left out: " in page


def test_an_ensemble_says_that_its_first_is_explained(command, trained, few_digits, tmp_path):
    one = numink.load_model(trained)
    Ensemble([one, one]).save(tmp_path / "both.safetensors")

    ended = command("explain", tmp_path / "both.safetensors", f"{few_digits}:5")

    assert "Explained step by step is the first network: by itself it reads" in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("image", "more", "says"),
    [
        (
            "mnist",
            (),
            'there is neither a picture "mnist" nor an image of that number; expected a picture file, or an',
        ),
        ("{few}:100", (), "has the images 0 to 99, but 100 came"),
        ("{few}:train:600", (), "has the images 0 to 599, but 600 came"),
        ("none:3", (), "none is no file or folder"),
        ("{few}:3", ("--label", "10"), "'--label'"),
        ("{few}:3", ("--data", "nowhere"), "nowhere is no file or folder"),
        ("{few}:3", ("--data", "blank.csv"), "has no labels; name labelled digits with --data"),
        ("{few}:3", ("--out", "file"), "cannot write"),
    ],
)
def test_bad_input_gets_one_line(command, trained, few_digits, tmp_path, image, more, says):
    (tmp_path / "file").write_text("")
    write_csv(tmp_path / "blank.csv", images_and_labels(3, 0)[0])

    assert says in command("explain", trained, image.format(few=few_digits), *more).message


def test_a_model_that_is_none(command, few_digits):
    assert "no model of that name" in command("explain", "nothing", f"{few_digits}:3").message


def test_as_a_program(program, trained, few_digits, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    ended = program("explain", "run", f"{few_digits}:3")

    assert (ended.status, ended.err) == (0, "")
    assert len(list((tmp_path / "runs").glob("explain-run-*-few-3-*/explain.html"))) == 1


@pytest.mark.mnist
def test_the_headline_is_what_the_model_says_where_the_look_explained_says_otherwise(command, mnist_folder):
    ended = command("explain", "cnn-tiny", "mnist:321")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("cnn-tiny reads 7 in mnist:321, 51.0\N{NO-BREAK SPACE}% sure, but it is 2.")
    assert "one look, the image where it is: by itself it reads 2, not 7, 93.3" in ended.out
