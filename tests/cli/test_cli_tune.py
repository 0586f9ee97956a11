"""`numink tune`: a whole study, gone on with, joined by a second process, interrupted, and what it refuses."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from numink.cli.main import run
from program import PROGRAM, environment

pytest.importorskip("optuna")

SMALL = ("--set", "data.validation=100", "--set", "train.epochs=2", "--set", "train.batch_size=50")
SPACE = """
[train.learning_rate]
low = 0.001
high = 0.1
log = true

[train.optimizer]
choices = ["adam", "nesterov"]
"""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("spaces") / "two.toml"
    file.write_text(SPACE)
    return file


@pytest.fixture(scope="module")
def line(few_digits: Path, space: Path) -> list[str]:
    return ["tune", "small-10", "--data", str(few_digits), "--space", str(space), *SMALL, "--workers", "1"]


@pytest.fixture(scope="module")
def tuned(line: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study of three trials. Tests read it, and copy it where they would change it."""
    folder = tmp_path_factory.mktemp("studies") / "tuned"
    assert run([*line, "--trials", "3", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def copied(tuned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tuned, tmp_path / "copied"))


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_folder_of_a_study(tuned):
    assert set(files(tuned)) == {"best.toml", "default.toml", "study.log", "tune.html", "tune.json"}
    facts = json.loads((tuned / "tune.json").read_text())

    assert facts["trials"] == {"done": 3, "pruned": 0, "failed": 0, "running": 0}
    assert facts["validation_accuracy"] >= facts["default_accuracy"]
    assert facts["recipe"] == "small-10"
    text = (tuned / "best.toml").read_text()
    assert f"{facts['validation_accuracy']:.2%} of the validation images" in text
    assert "It is small-10 itself: 100.00% of the validation images" in text
    assert "compare" not in text
    recipe = tomllib.loads(text)
    for key, value in facts["best"]["values"].items():
        table, word = key.split(".")
        assert recipe[table][word] == value


def test_the_best_recipe_is_ready_for_train_and_as_good_as_it_says(command, tuned):
    ended = command("train", tuned / "best.toml", "--out", "run", "--json")

    assert ended.status == 0
    facts = json.loads((tuned / "tune.json").read_text())
    assert json.loads(ended.out)["validation_accuracy"] == facts["validation_accuracy"]


def test_a_finished_study_is_shown_at_once_and_more_trials_go_on_with_it(command, line, copied):
    again = command(*line, "--trials", 3, "--out", copied, "--json")
    assert again.status == 0
    assert json.loads(again.out) == json.loads((copied / "tune.json").read_text())
    assert "trial" not in again.err

    more = command(*line, "--trials", 4, "--out", copied)
    assert more.status == 0
    assert "3 trials are done already" in more.err
    assert [words.split()[0] for words in more.err.splitlines()][-2:] == ["trial", "3"]
    assert more.out.startswith("4 trials: ")
    assert f"Recipe: {copied / 'best.toml'}" in more.out


def test_a_study_of_something_else_is_left_untouched(command, line, copied):
    before = files(copied)
    for change, part in (
        (["--seed", "1"], "data and seed"),
        (["--set", "train.epochs=3"], "recipe"),
        (["--set", "data.validation=101"], "recipe and data"),
    ):
        message = command(*line, "--out", copied, *change).message
        assert f"holds a study with another {part}; choose another --out" in message
    elsewhere = command(*line, "--out", copied, "--seed", 1, "--storage", "else.log").message
    assert "tune.json holds a study with another data and seed" in elsewhere
    assert not Path("else.log").exists()
    (copied / "tune.json").unlink()  # the storage knows, too
    assert "study.log holds a study with another" in command(*line, "--out", copied, "--seed", 1).message
    assert files(copied) == {name: text for name, text in before.items() if name != "tune.json"}


def test_two_processes_share_one_study(line, tmp_path):
    """The same command twice, at once: together they do so many trials, and no two are alike."""
    words = [*PROGRAM, *line, "--set", "train.epochs=60", "--trials", "6", "--storage", "shared.log"]
    both = [
        subprocess.Popen(
            [*words, "--out", name],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    ended = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    lines = [re.findall(r"^ +(\d+) +[\d.]+%  (?:new best: |stopped early: )?(.*)$", err, re.M) for _, err in ended]

    assert sorted(int(number) for number, _ in lines[0] + lines[1]) == list(range(6))
    assert len({words for _, words in lines[0] + lines[1]}) == 6


def begun(folder: Path) -> bool:
    journal = folder / "study.log"
    return journal.exists() and b'"process"' in journal.read_bytes()


def wait_for(happened, seconds=30):
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_study_that_is_ended_goes_on(line, program, tmp_path, sent):
    long = ["--set", "train.epochs=100000", "--trials", "2", "--out", "study"]
    process = subprocess.Popen(
        [*PROGRAM, *line, *long], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: begun(tmp_path / "study"))
    process.send_signal(sent)
    _, err = process.communicate(timeout=30)

    if sent == signal.SIGINT:
        assert process.returncode == 130
        last = err.splitlines()[-1]
        assert last.startswith("numink: stopped; 0 trials are kept; go on with: ")
        assert "tune small-10" in last
    states = study_states(tmp_path / "study" / "study.log")
    wait_for(lambda: "RUNNING" not in study_states(tmp_path / "study" / "study.log"))  # its process notices
    assert states


def study_states(journal: Path) -> list[str]:
    import optuna

    from numink.understand.tune.storage import connect, quiet

    with quiet():
        study = optuna.load_study(study_name="small-10", storage=connect(str(journal)))
        return [trial.state.name for trial in study.trials]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--space", "nowhere.toml"], "cannot read the space nowhere.toml"),
        (["--storage", "sqlite:///nowhere/study.db"], "cannot use the storage sqlite:///nowhere/study.db"),
        (["--storage", "nowhere/study.log"], "cannot use the storage nowhere/study.log"),
        (["--set", "data.validation=0"], "data.validation is 0; set it"),
        (["--set", "train.epoch=3"], 'did you mean "train.epochs"'),
        (["--trials", "0"], "'--trials'"),
        (["--data", "nowhere", "--out", __file__], "test_cli_tune.py is a file, but the results need a folder"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(command, line, tmp_path, options, says):
    assert says in command(*line, "--out", "study", *options).message.split("\n")[-1]
    assert not (tmp_path / "study").exists()


def test_without_optuna_there_is_a_line_that_names_it(command, line, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)

    assert 'pip install "numink[tune]"' in command(*line, "--out", "study").message
