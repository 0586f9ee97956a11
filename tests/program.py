"""What the tests of the commands share."""

import os
import re
import subprocess
import sys
from typing import NamedTuple

QUICK = ("--set", "data.validation=100", "--set", "train.epochs=3", "--set", "train.batch_size=50")
"""Settings with which small-10 learns the few digits in a moment, though not to the last."""

PROGRAM = [sys.executable, "-m", "numink"]


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
        assert re.match("numink: [^\\s]", line)
        assert len(line) < 700
        return line


def environment(**more: str) -> dict[str, str]:
    """This process's, with one BLAS thread: starting more costs more than they bring here."""
    return os.environ | {"OPENBLAS_NUM_THREADS": "1", "COLUMNS": "80"} | more


def run_program(*arguments: object, **more: object) -> Ended:
    """Run a command as a process of its own. `more` is for subprocess.run."""
    settings = {"capture_output": True, "text": True, "timeout": 60, "env": environment()}
    done = subprocess.run([*PROGRAM, *map(str, arguments)], **settings | more)
    return Ended(done.returncode, done.stdout, done.stderr)
