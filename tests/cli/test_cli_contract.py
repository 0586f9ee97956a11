"""The public contract: the commands, their options, what goes where, and the exit status."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import numink
from program import QUICK, environment

OPTIONS = {
    "train": "--data --set --seed --workers --out --from --resume --json",
    "test": "--data --show --picture --calibration --report --json",
    "predict": "--output --format",
    "calibrate": "--pages --workers --output --json",
    "compare": "--vary --seeds --data --set --workers --out --json",
    "tune": "--trials --space --storage --data --set --seed --workers --out --json",
    "doctor": "--json",
    "explain": "--label --data --out --json",
    "ensemble": "--output",
    "recipes": "--json",
    "models": "--json",
    "check-gradients": "",
    "data fetch": "",
    "data info": "--json",
}


@pytest.mark.parametrize("name", OPTIONS)
def test_help_names_every_option_of_the_contract(command, name):
    ended = command(*name.split(), "--help")

    assert (ended.status, ended.err) == (0, "")
    assert {*OPTIONS[name].split()} <= {*re.findall(r"--[a-z]+", ended.out)}
    assert "Traceback" not in ended.out


def test_the_program_alone_shows_its_help(command):
    assert command() == command("--help")
    assert set(re.findall(r"^  ([a-z-]+)  ", command().out, re.M)) >= {name.split()[0] for name in OPTIONS}
    assert not [line for line in command().out.splitlines() if "..." in line and "[ARGS]" not in line]


def test_as_a_module_and_by_its_version(program):
    assert program("--version") == (0, f"numink {numink.__version__}\n", "")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("bogus", "no such command 'bogus'; see numink --help"),
        ("train --bogus", "no such option"),
        ("train --workers 0", "'--workers'"),
        ("train --workers many", "'--workers'"),
        ("train --seed -1", "'--seed'"),
        ("train one two", "see numink train --help"),
        ("test", "missing argument 'MODEL'; see numink test --help"),
        ("predict model", "missing argument 'INPUT'"),
        ("predict model digits --format xml", "'csv', 'json', 'kaggle'"),
        ("data", "see numink data --help"),
        ("data info", "missing argument 'SOURCE'"),
        ("data fetch cifar", "mnist can be fetched, but 'cifar' came"),
    ],
)
def test_a_wrong_command_line_gets_one_line(command, line, says):
    assert says in command(*line.split()).message


def test_a_name_cannot_break_the_line(command):
    assert "no file" in command("test", "two\nlines\x1b[31m").message
    assert "no such command" in command("two\nlines").message


def test_results_go_to_stdout_and_progress_to_stderr(program, few_digits):
    ended = program("train", "small-10", "--data", few_digits, *QUICK, "--out", "run")

    assert ended.status == 0
    assert "epoch" not in ended.out.split("Try next")[0].replace("3 epochs", "")
    assert ended.out.startswith("Trained 7,960 parameters")
    assert "Report: run/report.html" in ended.out
    assert [line.split()[0] for line in ended.err.splitlines()] == ["small-10", "epoch", "1/3", "2/3", "3/3"]


def test_json_is_one_object_and_nothing_else(program, few_digits):
    ended = program("train", "small-10", "--data", few_digits, *QUICK, "--seed", "5", "--out", "run", "--json")

    assert ended.status == 0
    assert ended.out.count("\n") == 1
    summary = json.loads(ended.out)
    assert summary["recipe"] == "small-10"
    assert (summary["model"], summary["seed"], summary["epochs"]) == ("run/model.safetensors", 5, 3)
    assert summary["parameters"] == 784 * 10 + 10 + 10 * 10 + 10
    assert summary["images_per_second"] == pytest.approx(3 * 500 / summary["seconds"], rel=0.2)
    assert 0.2 < summary["validation_accuracy"] <= 1
    assert 0.2 < summary["test_accuracy"] <= 1


def test_the_source_without_a_test_part_has_no_test_accuracy(command, tmp_path, few_digits):
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        (tmp_path / "half").mkdir(exist_ok=True)
        (tmp_path / "half" / name).write_bytes((few_digits / name).read_bytes())

    summary = json.loads(command("train", "small-10", "--data", "half", *QUICK, "--out", "run", "--json").out)

    assert "test_accuracy" not in summary
    assert 0.2 < summary["validation_accuracy"] <= 1


def test_a_fault_of_numinks_own_shows_itself_and_ends_with_1():
    planted = "import numink.cli.recipes as r; r.recipes.__code__ = (lambda name=None, as_json=None: 1 / 0).__code__"
    words = [sys.executable, "-c", f"{planted}; from numink.cli.main import main; main()", "recipes"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment())

    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("how", ["", "--json"])
def test_a_closed_pipe_is_no_error(program, how):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        ended = program("recipes", *how.split(), capture_output=False, stdout=pipe, stderr=subprocess.PIPE)

    assert (ended.status, ended.err) == (128 + signal.SIGPIPE, "")


def test_output_that_cannot_be_written_gets_one_line(program):
    with Path("/dev/full").open("w") as full:
        ended = program("recipes", capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert ended.status == 2
    assert ended.err == "numink: the output cannot be read or written: No space left on device\n"


def test_a_terminal_without_the_signs_gets_others(program, trained, few_digits):
    ended = program("test", trained, "--data", few_digits, env=environment(PYTHONIOENCODING="ascii", LC_ALL="C"))

    assert (ended.status, ended.err) == (0, "")
    assert "Accuracy" in ended.out
