"""`numink test` and `numink predict`: figures, pictures, answers."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import numink
from fake_digits import write_csv
from numink.cli.predict import check_submission
from numink.data.sources import read
from numink.errors import DataError


def strictly(text):
    """JSON as others read it: without Python's NaN and Infinity."""

    def refuse(name):
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def expected(trained, few_digits):
    """The model's probabilities for the test part, and its labels."""
    part = read(few_digits).test
    return numink.load_model(trained).probabilities(part.images), part.labels


def test_json_has_the_keys_of_the_contract(command, trained, expected):
    P, y = expected
    ended = command("test", trained, "--json")
    found = strictly(ended.out)

    assert (ended.status, ended.err) == (0, "")
    assert found["images"] == 100
    assert found["errors"] == int((P.argmax(axis=1) != y).sum())
    assert found["accuracy"] == 1 - found["errors"] / 100
    low, high = found["interval_95"]
    assert low <= found["accuracy"] <= high
    assert found["loss"] == pytest.approx(-np.log(P[np.arange(100), y]).mean(), rel=1e-4)
    assert len(found["per_class"]) == 10
    assert {"precision", "recall", "f1", "support"} <= set(found["per_class"][3])
    assert np.array(found["confusion"]).shape == (10, 10)
    assert np.array(found["confusion"]).sum(axis=1).tolist() == [10] * 10
    assert "ece" not in found


def test_json_with_calibration(command, trained):
    found = strictly(command("test", trained, "--calibration", "--json").out)

    assert 0 <= found["ece"] <= 1
    assert found["nll"] == pytest.approx(found["loss"])
    assert {"images", "confusion", "reject_table"} <= set(found)


def test_the_figures_for_people(command, trained):
    """No line is broken where it is not a terminal, and there are no colours."""
    ended = command("test", trained, "--calibration")
    lines = ended.out.splitlines()

    assert (ended.status, ended.err) == (0, "")
    assert lines[0].startswith("Accuracy ")
    assert "errors in 100 images" in lines[0]
    assert any(line.split() == ["digit", "precision", "recall", "f1", "images"] for line in lines)
    assert any(line.startswith("least sure rejected") for line in lines)
    assert "\x1b" not in ended.out


def test_show_draws_in_shades_where_there_are_no_colours(command, trained, expected, tmp_path):
    P, y = expected
    ended = command("test", trained, "--show", "3,17,99", "--picture", "some/where.png")

    for number in (3, 17, 99):
        assert f"{y[number]} read as {P[number].argmax()}" in ended.out
    assert ended.out.count("read as ") == 3 + 1  # and the heading of the confusions
    assert "█" in ended.out
    assert "\x1b" not in ended.out
    assert ended.err == "Picture: some/where.png\n"
    with Image.open(tmp_path / "some" / "where.png") as picture:
        assert picture.width > 3 * 28


def test_show_chooses_at_random(command, trained):
    assert command("test", trained, "--show", "5").out.count(" read as ") == 5 + 1
    assert command("test", trained, "--show", "5").out != command("test", trained, "--show", "5").out


def test_show_with_json_keeps_stdout_clean(command, trained, tmp_path):
    assert strictly(command("test", trained, "--json", "--show", "4", "--picture", "p.png").out)["images"] == 100
    assert (tmp_path / "p.png").exists()


@pytest.mark.parametrize("show", ["0", "-3", "many", "1,2,x", "100,", "-1,", ",", "", "2.5"])
def test_show_that_makes_no_sense(command, trained, show):
    assert "--show takes" in command("test", trained, f"--show={show}").err


def test_a_picture_needs_to_know_of_what(command, trained):
    assert "give both, as in --show 20 --picture FILE" in command("test", trained, "--picture", "p.png").message


def test_without_a_test_part_the_images_set_aside_are_tested(command, few_digits, trained, tmp_path):
    part = read(few_digits).train
    write_csv(tmp_path / "train.csv", part.images, part.labels)
    settings = ("--set", "data.validation=90", "--set", "train.epochs=2", "--seed", "7")
    command("train", "small-10", "--data", "train.csv", *settings, "--out", "run")
    ended = command("test", "run")

    assert "train.csv set aside when it was trained" in ended.out
    assert "in 90 images" in ended.out
    assert "train.csv (95" in command("test", trained, "--data", "train.csv").out


def test_gaps_are_filled_as_in_training(command, few_digits, tmp_path):
    digits = read(few_digits)
    write_csv(tmp_path / "gaps.csv", digits.train.images, digits.train.labels)
    lines = (tmp_path / "gaps.csv").read_text().splitlines()
    lines[4] = ",".join([lines[4].split(",")[0], "", *lines[4].split(",")[2:]])
    (tmp_path / "gaps.csv").write_text("\n".join(lines))
    settings = ("--set", "data.validation=90", "--set", "train.epochs=1", "--set", "data.missing=zero")

    assert command("train", "small-10", "--data", "gaps.csv", *settings, "--out", "run").status == 0
    assert command("test", "run").status == 0
    assert command("predict", "run", "gaps.csv").status == 0


def test_predict_csv(command, trained, few_digits, expected):
    P, _ = expected
    ended = command("predict", trained, few_digits)
    rows = list(csv.DictReader(io.StringIO(ended.out)))

    assert (ended.status, ended.err) == (0, "")
    assert [int(row["image"]) for row in rows] == list(range(100))
    assert [int(row["digit"]) for row in rows] == P.argmax(axis=1).tolist()
    np.testing.assert_allclose([float(row["confidence"]) for row in rows], P.max(axis=1), atol=1e-6)


def test_predict_json(command, trained, few_digits, expected):
    P, _ = expected
    answers = strictly(command("predict", trained, few_digits, "--format", "json").out)["images"]

    assert [answer["digit"] for answer in answers] == P.argmax(axis=1).tolist()
    assert set(answers[0]) == {"image", "digit", "confidence"}


def test_predict_to_a_file(command, trained, few_digits, tmp_path):
    ended = command("predict", trained, few_digits, "--output", "deep/answers.csv")

    assert (ended.status, ended.out, ended.err) == (0, "", "Wrote 100 answers to deep/answers.csv\n")
    assert len((tmp_path / "deep" / "answers.csv").read_text().splitlines()) == 101


def test_predict_images_in_folders(command, trained, few_digits, tmp_path, expected):
    P, labels = expected
    for number, (image, label) in enumerate(zip(read(few_digits).test.images[:20], labels, strict=False)):
        folder = tmp_path / "pictures" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number}.png")
    answers = strictly(command("predict", trained, "pictures", "--format", "json").out)["images"]

    assert sorted(answer["digit"] for answer in answers) == sorted(P[:20].argmax(axis=1).tolist())


def submission(*rows):
    return "".join(f"{row}\n" for row in ("ImageId,Label", *rows))


def test_a_right_submission():
    check_submission(submission("1,7", "2,0"), images=2)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "1,7\n2,0\n", "imageid,label\n1,7\n2,0\n", submission("0,7", "1,0"), submission("1,7"),
        submission("1,7", "2,0", "3,1"), submission("2,0", "1,7"), submission("1,7", "1,0"), submission("1,7", "2,10"),
        submission("1,7", "2,"), submission("1,7", "2"), submission("1,7", "2,0,0"), submission("1,7", "", "2,0"),
        submission("1,7", "2,3.0"), submission("1.0,7", "2,3"),
    ],
)  # fmt: skip
def test_wrong_submissions_are_refused(text):
    with pytest.raises(DataError, match="nothing was written"):
        check_submission(text, images=2)


def test_a_submission_that_is_wrong_is_not_written(command, trained, few_digits, tmp_path, monkeypatch):
    monkeypatch.setattr("numink.cli.predict._text", lambda *more: submission("1,7"))
    message = command("predict", trained, few_digits, "--format", "kaggle", "--output", "s.csv").message

    assert "a submission has the ids 1 to 100, each once" in message
    assert not (tmp_path / "s.csv").exists()


def test_a_model_serves_as_file_folder_and_copy(command, trained, tmp_path):
    shutil.copy(trained / "model.safetensors", tmp_path / "mine")
    outputs = {command("test", name, "--json").out for name in (trained, trained / "model.safetensors", "mine")}

    assert len(outputs) == 1
