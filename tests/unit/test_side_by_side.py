"""Jobs in processes: one that ends badly ends alone, and none is left behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from numink.understand import side_by_side as module
from numink.understand.side_by_side import Failure, side_by_side
from side_by_side_tasks import fail, task

TESTS = Path(__file__).parents[1]

# Without `if __name__ == "__main__"`: a process that ran it again would start processes of its own
SCRIPT = """
import sys
from side_by_side_tasks import task
from numink.understand.side_by_side import side_by_side

for place, ended in side_by_side(task, {jobs!r}, 2, lambda place, said: None):
    print(place, ended, flush=True)
"""


def script(tmp_path, *jobs):
    (tmp_path / "script.py").write_text(SCRIPT.format(jobs=list(jobs)))
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py")],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(*paths):
    """What they say, once they are there."""
    until = time.monotonic() + 30
    while not all(path.exists() and path.read_text() for path in paths):
        assert time.monotonic() < until
        time.sleep(0.01)
    return [path.read_text() for path in paths]


def gone(*processes):
    until = time.monotonic() + 30
    while any(psutil.pid_exists(int(process)) and _alive(int(process)) for process in processes):
        assert time.monotonic() < until, "a process was left behind"
        time.sleep(0.01)
    return True


def _alive(process):
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_every_job_ends_as_it_must_and_spoils_no_other(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")  # what a process would begin with
    heard = []
    jobs = [
        "one",
        "die",
        ("say", 1, {"two": 2}),
        ("raise", ValueError("a\nb")),
        "unpicklable",
        "leave",
        "threads",
        "last",
    ]
    ended = dict(side_by_side(task, jobs, 2, lambda place, said: heard.append((place, said))))

    assert sorted(ended) == list(range(len(jobs)))
    assert (ended[0], ended[7]) == ("one", "last")
    assert ended[1] == Failure("died", "its process was killed; if memory ran out, use fewer workers")
    assert ended[2] == [True, True]
    assert heard == [(2, 1), (2, {"two": 2})]
    assert ended[3] == Failure("ValueError", f"ValueError: a b (task, line {ended[3].line.split()[-1][:-1]})".rstrip())
    assert ended[4].kind in ("AttributeError", "PicklingError")
    assert ended[5] == Failure("died", "its process ended by exit status 3")
    assert ended[6] in ([1], [1, 1])  # one BLAS thread each


def test_what_a_user_can_mend_is_told_as_it_is():
    ended = dict(side_by_side(fail, ["ours", "nobody's"], 1))

    assert ended[0] == Failure("TrainingError", "the loss became nan")
    assert ended[1].kind == "ZeroDivisionError"
    assert ended[1].line.startswith("ZeroDivisionError: in two lines (fail, line ")


def test_ctrl_c_is_for_the_caller_even_while_a_training_listens():
    assert list(side_by_side(task, ["train"], 1)) == [(0, True)]


def test_so_many_processes_work_and_none_is_left():
    processes = {process for _, process in side_by_side(task, ["who"] * 6, 2)}

    assert 1 <= len(processes) <= 2
    assert os.getpid() not in processes
    assert gone(*processes)


def test_no_jobs_need_no_process():
    assert list(side_by_side(task, [], 2)) == []


def test_left_early_it_lets_the_others_save(tmp_path):
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    with closing(side_by_side(task, [("until nobody listens", begun, ended), "quick"], 2)) as running:
        assert next(running) == (1, "quick")
        (process,) = wait_for(begun)

    assert gone(process)
    assert ended.read_text() == "saved"


def test_one_that_does_not_listen_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_TO_END", 0.1)
    with closing(side_by_side(task, [("deaf", tmp_path / "begun"), "quick"], 2)) as running:
        next(running)
        (process,) = wait_for(tmp_path / "begun")

    assert gone(process)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_when_the_caller_goes_its_processes_save_and_go(tmp_path, kind):
    """By Ctrl-C, which children must not hear, and by a kill, of which nobody tells them."""
    places = [[tmp_path / f"{what}{number}" for what in ("begun", "ended")] for number in range(2)]
    running = script(tmp_path, *(("until nobody listens", *map(str, place)) for place in places))
    processes = wait_for(*(begun for begun, _ in places))
    if kind == signal.SIGINT:
        for process in processes:
            os.kill(int(process), signal.SIGINT)  # as a terminal does, to all of them
    running.send_signal(kind)
    out, err = running.communicate(timeout=30)

    assert wait_for(*(ended for _, ended in places)) == ["saved", "saved"]
    assert gone(*processes)
    assert out == ""
    assert running.returncode == (-signal.SIGKILL if kind == signal.SIGKILL else -signal.SIGINT)
    assert err.count("Traceback") == (kind == signal.SIGINT)  # the caller's own
    assert "KeyboardInterrupt" in err or kind == signal.SIGKILL


def test_a_script_without_a_guard_is_not_run_again(tmp_path):
    out, err = script(tmp_path, "one", "two").communicate(timeout=30)

    assert sorted(out.splitlines()) == ["0 one", "1 two"]
    assert err == ""
