"""What bad input gets: one line that says what was expected and what came, exit status 2, and nothing written."""

import pickle

import numpy as np
import pytest

from fake_digits import write_csv
from numink.data.sources import read
from program import QUICK


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


RECIPES = {
    "unknown key": ("[train]\nlerning_rate = 1", 'did you mean "train.learning_rate"?'),
    "unknown table": ("[trian]\nepochs = 1", 'there is no table "trian"'),
    "bad value": ('[network]\ninit = "random"', "network.init should be one of uniform, normal D"),
    "negative rate": ("[train]\nlearning_rate = -0.1", "train.learning_rate should be a number above 0, but -0.1 came"),
    "not a number": ("[train]\nlearning_rate = nan", "train.learning_rate should be a number above 0, but nan came"),
    "text for a number": ('[train]\nepochs = "five"', "train.epochs should be a whole number"),
    "both lengths": ("[train]\nepochs = 5\niterations = 5", "exclude each other"),
    "no length": ("[train]\nepochs = 0", "are both 0"),
    "a table that is none": ("train = 5", "[train] should be a table, but 5 came"),
    "a number of 5000 digits": (f"[train]\nepochs = {'9' * 5000}", "is not TOML"),
    "a number of 400 digits": (f"[train]\nlearning_rate = 1{'0' * 400}", "train.learning_rate should be"),
    "impossible chain": ('[network]\nlayers = ["dense 10", "relu", "dense 9"]', "the last layer must give 10 numbers"),
    "no layers": ("[network]\nlayers = []", "network.layers should be"),
    "unknown layer": ('[network]\nlayers = ["dens 5", "dense 10"]', 'layer 1, "dens 5": there is no such layer'),
    "a layer without its number": ('[network]\nlayers = ["dense", "dense 10"]', "expected dense N"),
    "far too large": ('[network]\nlayers = ["dense 100000", "dense 90000", "dense 10"]', "at most 100,000,000"),
    "not TOML": ("train: epochs: 5", "is not TOML"),
    "brackets": ("a = " + "[" * 5000, "is not TOML"),
}


@pytest.mark.parametrize("kind", RECIPES)
def test_recipes(command, few_digits, tmp_path, kind):
    text, says = RECIPES[kind]
    (tmp_path / "mine.toml").write_text(text)
    message = command(
        "train", "mine.toml", "--data", few_digits, "--set", "data.validation=100", "--out", "run"
    ).message

    assert says in message
    assert files(tmp_path) == ["mine.toml"]


def test_recipes_that_are_no_text(command, tmp_path):
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()

    assert "cannot read the recipe binary.toml" in command("train", "binary.toml").message
    assert 'there is no recipe "folder"' in command("train", "folder").message
    assert 'did you mean "small-15"?' in command("train", "smal-15").message
    assert "there is no recipe" in command("train", "x" * 5000 + ".toml").err[:6000]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("train.epochs", "expected table.key=value, such as train.epochs=5"),
        ("epochs=5", "expected table.key=value"),
        ("train.epoch=5", 'did you mean "train.epochs"?'),
        ("train.batch_size=some", 'or "all", but'),
        ("train.learning_rate=-1", "should be a number above 0, but -1 came"),
        ("train.learning_rate=1e999", "should be a number above 0, but inf came"),
        ("train.shards=0", "from 1 to 64"),
        ("data.validation=600", "600 validation images were asked for"),
        ("train.epochs=[[[[[", "train.epochs should be"),
        (f"train.epochs={'9' * 5000}", "train.epochs should be"),
        (f"train.epochs=0x{'f' * 5000}", "train.epochs should be"),
        ("=", "expected table.key=value"),
        (".=", "there is no table"),
    ],
)
def test_settings(command, few_digits, tmp_path, setting, says):
    assert says in command("train", "small-10", "--data", few_digits, "--set", setting, "--out", "run").message
    assert files(tmp_path) == []


def test_data(command, trained, few_digits, tmp_path):
    """A command that reads data says the same of them as any other."""
    digits = read(few_digits)
    half = (few_digits / "train-images-idx3-ubyte.gz").read_bytes()[:5000]
    (tmp_path / "half").mkdir()
    for file in few_digits.iterdir():
        (tmp_path / "half" / file.name).write_bytes(half if "train-images" in file.name else file.read_bytes())
    np.savez(tmp_path / "pickled.npz", images=np.array([{"a": 1}], dtype=object), labels=np.zeros(1, int))
    np.savez(tmp_path / "large.npz", images=np.zeros((3, 32, 32), np.uint8), labels=np.zeros(3, int))
    np.savez(tmp_path / "eleven.npz", images=np.zeros((3, 28, 28), np.uint8), labels=np.array([1, 10, 2]))
    write_csv(tmp_path / "wrong.csv", digits.test.images, digits.test.labels)
    text = (tmp_path / "wrong.csv").read_text().splitlines()
    for name, cell in (("gap", ""), ("word", "ink"), ("big", "256")):
        row = text[7].split(",")
        row[12] = cell
        (tmp_path / f"{name}.csv").write_text("\n".join([*text[:7], ",".join(row), *text[8:]]))
    (tmp_path / "wrong.csv").unlink()
    (tmp_path / "digits.pkl").write_bytes(pickle.dumps([1]))
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing.csv").touch()
    before = files(tmp_path)

    for name in before:
        if "/" in name:
            continue
        for line in (
            ("train", "small-10", "--data", name, *QUICK, "--out", "run"),
            ("test", trained, "--data", name),
            ("predict", trained, name, "--output", "answers.csv"),
            ("data", "info", name),
        ):
            if name == "gap.csv" and line[0] == "data":
                continue  # which counts the gaps
            message = command(*line).message
            assert name in message
            if name in ("gap.csv", "word.csv", "big.csv"):
                assert "row 8" in message
                assert "pixel11" in message
    assert files(tmp_path) == before


def test_data_without_labels(command, trained, few_digits, tmp_path):
    write_csv(tmp_path / "test.csv", read(few_digits).test.images)

    few = ("--set", "data.validation=10")
    assert "no labels" in command("train", "small-10", "--data", "test.csv", *few, "--out", "run").message
    assert "no labels" in command("test", trained, "--data", "test.csv").message
    assert files(tmp_path) == ["test.csv"]


def test_data_that_are_not_there(command, trained):
    for line in (("train", "--data", "none"), ("test", trained, "--data", "none"), ("predict", trained, "none")):
        assert "none is no file or folder: expected mnist, strokes, auto, or a path" in command(*line).message
    assert "too long" in command("data", "info", "x" * 5000).err


def test_models(command, tmp_path, few_digits):
    np.savez(tmp_path / "weights.npz", W=np.zeros(3))
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    for name in ("weights.npz", "empty", "folder", "none"):
        for line in (
            ("test", name, "--data", few_digits),
            ("predict", name, few_digits),
            ("train", "--from", name, "--data", few_digits, "--out", "run"),
        ):
            assert name in command(*line).message
    assert "too long" in command("test", "x" * 5000).err
    assert files(tmp_path) == ["empty", "folder", "weights.npz"]


@pytest.mark.parametrize("out", ["taken", "taken/run", "/proc/run", "/dev/null"])
def test_folders_that_cannot_be_written(command, few_digits, tmp_path, out):
    (tmp_path / "taken").write_text("precious")
    message = command("train", "small-10", "--data", few_digits, *QUICK, "--out", out).message

    assert message.startswith(f"numink: cannot write {out}")
    assert message.endswith("choose a folder that can be written and has space")
    assert (tmp_path / "taken").read_text() == "precious"
    assert "name too long" in command("train", "small-10", "--data", few_digits, *QUICK, "--out", "x" * 300).message


def test_files_that_cannot_be_written(command, trained, few_digits, tmp_path):
    (tmp_path / "folder").mkdir()
    for line in (
        ("predict", trained, few_digits, "--output", "folder"),
        ("predict", trained, few_digits, "--output", "/proc/answers.csv"),
    ):
        assert "cannot write" in command(*line).message
    for line in (
        ("test", trained, "--show", "3", "--picture", "folder"),
        ("data", "info", few_digits, "--picture", "/proc/sheet.png"),
    ):
        ended = command(*line)
        assert ended.status == 2
        assert len(ended.err.splitlines()) == 1
    assert files(tmp_path) == ["folder"]


def test_memory_that_is_not_there(command, few_digits, monkeypatch):
    def none_left(*anything):
        raise MemoryError

    monkeypatch.setattr("numink.run.initial_weights", none_left)
    message = command("train", "small-10", "--data", few_digits, *QUICK).message

    assert message == "numink: there is not enough memory for this; make the network or the batch smaller"
