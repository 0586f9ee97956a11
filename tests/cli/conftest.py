"""The program, as its users meet it: in this process where that is enough, as a process of its own where it is not."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from numink.cli.main import run
from program import QUICK, Ended, run_program

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
    return partial(run_program, cwd=tmp_path)


@pytest.fixture(scope="session")
def trained(few_digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run. Tests read it, and copy it where they would change it."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    assert run(["train", "small-10", "--data", str(few_digits), *QUICK, "--out", str(folder)]) == 0
    return folder
