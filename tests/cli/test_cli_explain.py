"""`numink explain`: one digit as text, as JSON and as a page."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import numink
from fake_digits import images_and_labels, write_csv
from numink.cli.main import run
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
    for word in ("FORWARD", "THE LOSS", "BACKWARD", "ONE STEP", "dense 10", "most similar training digits"):
        assert word in ended.out
    assert str(tmp_path / "why" / "explain.html") in ended.out
    page = (tmp_path / "why" / "explain.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "60" in page
    assert "600 training digits" in page


def test_json_and_nothing_else(command, trained, few_digits):
    ended = command("explain", trained, f"{few_digits}:5", "--json")
    found = json.loads(ended.out, parse_constant=pytest.fail)

    assert (ended.status, ended.err) == (0, "")
    (P,) = numink.load_model(trained).probabilities(TEST_IMAGES[5:6])
    np.testing.assert_allclose(found["probabilities"], P, atol=1e-5)
    assert (found["label"], found["label_known"], found["answer"]) == (TEST_LABELS[5], True, P.argmax())
    assert found["loss"] == pytest.approx(-np.log(P[TEST_LABELS[5]]), abs=1e-5)
    assert found["step"]["loss"] < found["loss"]
    assert len(found["similar"]["pixels"]) == 8
    assert found["page"] == "runs/explain-trained-few-5/explain.html"


def test_a_label_of_one_s_own(command, trained, few_digits):
    label = (int(TEST_LABELS[5]) + 1) % 10
    found = json.loads(command("explain", trained, f"{few_digits}:5", "--label", label, "--json").out)

    assert (found["label"], found["label_known"]) == (label, True)
    assert label in {leaning["digit"] for leaning in found["speaks_for"]}


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

    assert "Explained is the first." in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("image", "more", "says"),
    [
        ("mnist", (), "there is no picture mnist; expected a picture file, or an image of a source by its number"),
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
    assert len(list((tmp_path / "runs").glob("explain-run-few-3/explain.html"))) == 1


@pytest.mark.mnist
def test_a_shipped_model_and_mnist(command, mnist_folder):
    ended = command("explain", "cnn-tiny", "mnist:18", "--data", "mnist")

    assert (ended.status, ended.err) == (0, "")
    assert "moved by up to 1 px" in " ".join(ended.out.split())
    assert "cnn-tiny reads 3 in mnist:18" in ended.out
