"""The program, as its users meet it: in this process where that is enough, as a process of its own where it is not."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from numink.cli.main import run

QUICK = ("--set", "data.validation=100", "--set", "train.epochs=3", "--set", "train.batch_size=50")
"""Settings with which small-10 learns the few digits in a moment, though not to the last."""


class Ended(NamedTuple):
    """What became of a command."""

    status: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one line of a command that refused. Fails where it did anything else."""
        assert self.status == 2, self
        assert self.out == "", self
        (line,) = self.err.splitlines()
        assert line.startswith("numink: ")
        assert len(line) < 600
        return line


Command = Callable[..., Ended]


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Ended:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        return Ended(status, *capfd.readouterr())

    return call


@pytest.fixture
def program(tmp_path: Path) -> Command:
    """Runs a command as a process of its own, in an empty folder."""

    def call(*arguments: object, **more: object) -> Ended:
        words = [sys.executable, "-m", "numink", *map(str, arguments)]
        settings = {"capture_output": True, "text": True, "timeout": 60, "cwd": tmp_path, "env": environment()}
        done = subprocess.run(words, **settings | more)
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


def environment(**more: str) -> dict[str, str]:
    """This process's, with one BLAS thread: starting more costs more than they bring here."""
    return os.environ | {"OPENBLAS_NUM_THREADS": "1", "COLUMNS": "80"} | more


@pytest.fixture(scope="session")
def trained(few_digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run. Tests read it, and copy it where they would change it."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    status = run(["train", "small-10", "--data", str(few_digits), *QUICK, "--out", str(folder)])
    assert status == 0
    return folder
