"""What happens to real processes: killed at any moment, interrupted from the keyboard, on a full disk."""

import csv
import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import numink
from program import environment, run_program

SETTINGS = {"train.epochs": 150, "train.batch_size": 25, "data.validation": 100, "train.optimizer": "momentum"}
LAYERS = "network.layers=['dense 10', 'relu', 'dropout 0.3', 'dense 10']"
OPTIONS = [*(word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")), "--set", LAYERS]

# Checkpoints after each epoch and not every five seconds, so that a kill finds them being written.
EAGER = """
from numink.training.callbacks import Checkpoint
Checkpoint.__init__.__defaults__ = (0.0,)
from numink.cli.main import main
main()
"""


def contents(folder):
    """What a run came to, but for the time that it took."""
    rows = list(csv.reader((folder / "history.csv").read_text().splitlines()))
    assert "<html" in (folder / "report.html").read_text()
    weights = numink.load_model(folder).theta.tobytes()
    return weights, [row[:2] + row[3:] for row in rows], sorted(file.name for file in folder.iterdir())


@pytest.fixture(scope="module")
def begin(few_digits):
    return ["train", "mlp", "--data", few_digits, *OPTIONS, "--seed", "2", "--out", "run"]


class Undisturbed(NamedTuple):
    """What a run comes to when nothing happens to it, and how long it takes."""

    folder: Path
    contents: tuple
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(begin, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    start = time.perf_counter()
    assert run_program(*begin, cwd=folder).status == 0
    return Undisturbed(folder / "run", contents(folder / "run"), time.perf_counter() - start)


def start(words, folder):
    """A process of its own, its progress to be read from stderr."""
    words = [sys.executable, "-c", EAGER, *map(str, words)]
    return subprocess.Popen(words, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_killed_at_random_moments(begin, undisturbed, tmp_path):
    """At any moment from its start to the report that it ends with; each time it goes on from where it was."""
    rng = np.random.default_rng()
    kills = 0
    for _ in range(9):
        resumable = (tmp_path / "run" / "recipe.toml").exists()
        process = start(["train", "--resume", "run"] if resumable else begin, tmp_path)
        try:
            process.wait(timeout=float(rng.uniform(0.3, 0.9 * undisturbed.seconds)))
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    else:
        resumable = (tmp_path / "run" / "recipe.toml").exists()
        assert run_program(*(["train", "--resume", "run"] if resumable else begin), cwd=tmp_path).status == 0

    assert kills
    assert contents(tmp_path / "run") == undisturbed.contents


def test_killed_while_the_report_is_made(begin, undisturbed, tmp_path):
    process = start(begin, tmp_path)
    while not (tmp_path / "run" / "model.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert not (tmp_path / "run" / "report.html").exists()

    assert run_program("train", "--resume", "run", cwd=tmp_path).status == 0
    assert contents(tmp_path / "run") == undisturbed.contents


def test_ctrl_c(begin, undisturbed, tmp_path):
    """It finishes its step, says how to go on, and ends with 130; and going on leads to the same weights."""
    process = start(begin, tmp_path)
    while b"  3/150" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    last = errors.decode().splitlines()[-1]

    assert process.returncode == 130
    assert last.startswith("numink: saved after ")
    assert last.endswith("; go on with: numink train --resume run")
    assert numink.load_model(tmp_path / "run").facts["training"]["best_epoch"] >= 1
    done = run_program("train", "--resume", "run", "--json", cwd=tmp_path)
    assert done.status == 0
    assert json.loads(done.out)["epochs"] == 150
    assert done.err.startswith("going on with run\n")
    assert contents(tmp_path / "run") == undisturbed.contents


def test_a_process_in_the_background_leaves_ctrl_c_alone_after_training(few_digits, tmp_path):
    """A program of one's own that trains has its own SIGINT back afterwards, also where training failed."""
    script = f"""
import signal, numink, numink.recipe
mine = signal.signal(signal.SIGINT, lambda *anything: None)
handler = signal.getsignal(signal.SIGINT)
plan = numink.recipe.load("small-10").with_settings(["data.validation=100", "train.epochs=1"])
numink.train({str(few_digits)!r}, plan)
assert signal.getsignal(signal.SIGINT) is handler
try:
    numink.train({str(few_digits)!r}, plan, out="/dev/null")
except numink.NuminkError:
    assert signal.getsignal(signal.SIGINT) is handler
    print("well")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment())

    assert (done.stdout, done.stderr) == ("well\n", "")


@pytest.fixture
def small_disk(tmp_path):
    """Mounts an empty disk of so many bytes, and remounts it larger. Skips where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(room, *again):
        options = ",".join([*again, f"size={room}"])
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small disk is not allowed here")
        return folder

    yield mount
    subprocess.run(["umount", folder], capture_output=True)


STAGES = ("the first checkpoint", "the next checkpoint", "the report")


def room_for(stage, run):
    """How many bytes a disk has that is full at this stage, from what the files of a whole run take."""
    size = {file.name: file.stat().st_size for file in run.iterdir()}
    checkpoint, report = size["checkpoint.safetensors"], size["report.html"]
    room = dict(zip(STAGES, (0.7 * checkpoint, 1.5 * checkpoint, sum(size.values()) - report / 4), strict=True))
    assert room["the report"] > 2.05 * checkpoint  # while a checkpoint is written, the one before is still there
    return int(room[stage])


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk(begin, undisturbed, small_disk, stage):
    disk = small_disk(room_for(stage, undisturbed.folder))
    ended = run_program(*begin, cwd=disk)

    assert ended.status == 2, ended
    assert "Traceback" not in ended.err
    last = ended.err.splitlines()[-1]
    assert last.startswith("numink: cannot write run/")
    assert last.endswith("no space left on device; choose a folder that can be written and has space")
    assert not list(disk.glob("run/.*"))
    small_disk(5_000_000, "remount")
    go_on = begin if stage == "the first checkpoint" else ["train", "--resume", "run"]
    assert run_program(*go_on, cwd=disk).status == 0
    assert contents(disk / "run") == undisturbed.contents


def test_files_may_not_grow(begin, undisturbed, tmp_path):
    """Another way in which writing fails, which needs no rights to try."""
    room = room_for("the first checkpoint", undisturbed.folder)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    assert "run/checkpoint.safetensors: file too large" in run_program(*begin, cwd=tmp_path, preexec_fn=limit).message
    assert list((tmp_path / "run").iterdir()) == []
