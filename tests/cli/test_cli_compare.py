"""`numink compare`: what it prints, what it leaves, how it is stopped and how it goes on."""

import csv
import json
import os
import re
import signal
import subprocess
import time
from io import StringIO

import pytest
from rich.console import Console

from numink.cli.console import Bar
from program import PROGRAM, QUICK, environment

VARY = ("--vary", "network.activation=sigmoid,tanh")


@pytest.fixture(scope="module")
def compared(few_digits, tmp_path_factory):
    """A comparison by real processes: its folder, and what the command said."""
    folder = tmp_path_factory.mktemp("compared")
    arguments = ["compare", "small-15", *VARY, "--seeds", "2", "--data", few_digits, *QUICK, "--out", "it"]
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)], cwd=folder, capture_output=True, text=True, env=environment(), timeout=120
    )
    return folder / "it", done


def test_it_says_what_came_of_it(compared):
    _, done = compared

    assert done.returncode == 0, done
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 4
    for number, line in enumerate(lines, start=1):
        assert re.fullmatch(
            rf"{number} of 4: (sigmoid|tanh), seed [01]: best validation accuracy [\d.]+% in [\d.]+ s", line
        )
    assert max(map(len, done.stdout.splitlines()[:10])) <= 80
    assert re.search(r"^accuracy, % +training +validation +test +runs +seconds$", done.stdout, re.M)
    assert re.search(r"^error sum +training +validation +test +parameters$", done.stdout, re.M)
    assert re.search(
        r"^(sigmoid|tanh) .* in validation accuracy, each at its best within 3 epochs, over 2 seeds", done.stdout, re.M
    )
    assert done.stdout.endswith("Page: it/compare.html\n")


def test_it_leaves_figures_and_pages(compared):
    folder, _ = compared

    assert {path.name for path in folder.iterdir()} == {
        ".lock",
        "plan.json",
        "runs",
        "compare.json",
        "compare.csv",
        "compare.html",
    }
    rows = [*csv.DictReader((folder / "compare.csv").read_text().splitlines())]
    assert [(row["variant"], row["seed"]) for row in rows] == [(v, s) for v in ("sigmoid", "tanh") for s in "01"]
    page = (folder / "compare.html").read_text()
    for variant in ("sigmoid", "tanh"):
        for seed in range(2):
            link = f"runs/{variant}/seed-{seed}/report.html"
            assert f'href="{link}"' in page
            assert (folder / link).exists()


def test_again_as_json(compared, command, few_digits, monkeypatch):
    folder, _ = compared
    monkeypatch.chdir(folder.parent)
    done = command("compare", "small-15", *VARY, "--seeds", "2", "--data", few_digits, *QUICK, "--out", "it", "--json")

    assert done.status == 0
    assert re.fullmatch(r"figures of earlier runs, on the data \S+ \([0-9a-f]{16}\), not read again\n", done.err)
    assert json.loads(done.out) == json.loads((folder / "compare.json").read_text())


def test_its_command_is_one_that_works(compared, command, few_digits, monkeypatch):
    folder, _ = compared
    monkeypatch.chdir(folder.parent)
    words = json.loads((folder / "compare.json").read_text())["command"].split()

    assert words[0] == "numink"
    assert command(*words[1:]).status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["small-15"], "there is one recipe alone"),
        (["small-15", "--vary", "network.activaton=relu,tanh"], 'did you mean "network.activation"'),
        (["small-15", "--vary", "network.activation=relu,than"], "network.activation should be one of"),
        (["small-15", "--vary", "network.activation=relu"], "two values or more"),
        (["small-15", "mlp", "--set", "train.epoch=2"], 'did you mean "train.epochs"'),
        (["small-15", "mlp", "--data", "nowhere.csv"], "nowhere.csv is no file or folder"),
        (["small-15", "mlp", "--seeds", "0"], "--seeds"),
        (["small-15", "mlp", "--workers", "0"], "--workers"),
        (["nothing", "mlp"], 'there is no recipe "nothing"'),
        ([], "missing argument"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(command, tmp_path, arguments, message):
    assert message in command("compare", *arguments).message
    assert list(tmp_path.iterdir()) == []


def test_another_comparison_is_not_written_over(compared, command, few_digits, monkeypatch):
    folder, _ = compared
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    message = command(
        "compare", "small-15", "--vary", "train.epochs=2,3", "--data", few_digits, "--out", folder
    ).message

    assert message == f"numink: {folder} holds another comparison; choose another folder with --out"
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_runs_that_fail_stop_no_other(program, few_digits):
    arguments = ("compare", "small-15", "--seeds", "1", "--data", few_digits, *QUICK)
    done = program(*arguments, "--vary", "train.learning_rate=0.1,0.2,1e30", "--out", "it")

    assert done.status == 2
    assert "learning_rate 1e+30, seed 0 failed: the loss became" in done.err
    assert done.err.splitlines()[-1].startswith("1 of 3 runs failed: the loss became")
    assert re.search(r"^learning_rate 1e\+30 +failed", done.out, re.M)


def test_ctrl_c_stops_all_and_the_same_command_goes_on(program, few_digits, tmp_path):
    arguments = (
        "compare",
        "small-15",
        *VARY,
        "--seeds",
        "1",
        "--data",
        few_digits,
        *QUICK,
        "--workers",
        "2",
        "--out",
        "it",
    )
    long = (*arguments, "--set", "train.epochs=3000")
    running = subprocess.Popen(
        [*PROGRAM, *map(str, long)],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    runs = [tmp_path / "it" / "runs" / variant / "seed-0" / "recipe.toml" for variant in ("sigmoid", "tanh")]
    until = time.monotonic() + 60
    while not all(run.exists() for run in runs) and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does, to all processes
    out, err = running.communicate(timeout=60)

    assert (running.returncode, out) == (130, "")
    (line,) = err.splitlines()
    start = re.escape("numink: stopped; go on with: ")
    assert re.fullmatch(f"{start}\\S+ compare small-15 .* --out it --set train.epochs=3000", line)
    assert not (tmp_path / "it" / "compare.json").exists()
    for run in runs:
        assert (run.parent / "checkpoint.safetensors").exists()
    assert program(*arguments).message == "numink: it holds another comparison; choose another folder with --out"


def test_an_out_that_is_a_file_is_refused_first(command, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        message = command("compare", "small-15", *VARY, "--data", "mnist", "--out", out).message

        assert message == f"numink: {tmp_path / 'file'} is a file, no folder; choose another folder with --out"
    assert (tmp_path / "file").read_text() == "mine"


def test_one_seed_has_no_interval_and_long_names_are_letters(command, few_digits, tmp_path):
    layers = [f'["dense {width}", "relu", "dropout 0.1", "dense 10"]' for width in (5, 6)]
    vary = f"network.layers={','.join(layers)}"
    arguments = ("--seeds", "1", "--data", few_digits, *QUICK, "--out", tmp_path / "it")
    done = command("compare", "small-15", "--vary", vary, *arguments)

    assert done.status == 0
    assert "±" not in done.out
    assert max(map(len, done.out.splitlines()[:10])) <= 80
    for line in ("A: dense 5 + relu + dropout 0.1 + dense 10", "B: dense 6 + relu + dropout 0.1 + dense 10"):
        assert line in done.out.splitlines()
        assert line in done.err.splitlines()
    assert re.search("^[AB] (is ahead of|and) [AB] ", done.out, re.M)


def test_a_bar_tells_what_is_left(monkeypatch):
    now = 0.0
    monkeypatch.setattr("numink.cli.console.perf_counter", lambda: now)
    console = Console(file=StringIO(), force_terminal=True, width=80)
    with Bar(console) as bar:
        bar.move(0.2, "2 of 10 runs")  # those were there already
        now = 60.0
        bar.move(0.4, "4 of 10 runs", "a fact")
        (task,) = bar._bar.tasks

        assert (task.description, task.completed) == ("4 of 10 runs", 0.4)
        assert task.fields["facts"] == "a fact  3:00 left"  # a fifth took a minute
    piped = Bar(Console(file=StringIO()))
    piped.move(0.5, "unseen")
    assert piped._bar is None
