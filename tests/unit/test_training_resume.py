"""A training that is interrupted at any step and resumed ends as if it had never been, bit for bit."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from numink import tensors
from numink.crew import Crew
from numink.errors import RunError
from numink.training.callbacks import INTERRUPTED, Callback, Checkpoint, Interrupt
from numink.training.checkpoint import load_checkpoint, save_checkpoint
from program import environment
from small_training import noisy, small_trainer

WORDS = ("dense 6", "relu", "dropout 0.3", "dense 3")
COMMON = {"words": WORDS, "seed": 3}
PLANS = {
    "mini-batches": COMMON | {"batch_size": 8, "epochs": 3, "optimizer": "adam", "schedule": "one-cycle", "shards": 2},
    "ending in an epoch": COMMON
    | {"batch_size": 7, "epochs": 0, "iterations": 12, "optimizer": "momentum", "weight_decay": 0.01},
    "full batch": COMMON | {"batch_size": "all", "epochs": 0, "iterations": 12, "optimizer": "rmsprop", "shards": 3},
    "all at once": COMMON
    | {"words": ("dense 6", "norm", "relu", "dropout 0.3", "dense 3"), "augment": noisy, "average": 0.8}
    | {"batch_size": 8, "epochs": 3, "optimizer": "adamw", "weight_decay": 0.1, "shards": 3},
}


@pytest.fixture(autouse=True)
def always_sharing(monkeypatch):
    """So little work would otherwise be done by one thread."""
    monkeypatch.setattr("numink.training.trainer.WORTH_SHARING", 0)


class StopAt(Callback):
    """Stops before the first step, or after so many in all."""

    def __init__(self, steps):
        self.steps = steps

    def on_train_begin(self, trainer):
        self.on_step_end(trainer)

    def on_step_end(self, trainer):
        if trainer.state.steps == self.steps:
            trainer.state.stop = INTERRUPTED


def outcome(state):
    """All that a training comes to, but for the time that it took."""
    numbers = state.numbers() | {"seconds": 0, "history": state.history | {"seconds": []}}
    return repr(numbers), {name: vector.tobytes() for name, vector in state.arrays().items()}


@pytest.mark.parametrize("plan", PLANS)
@settings(deadline=None, max_examples=12)
@given(stops=st.lists(st.integers(0, 12), max_size=3, unique=True))
def test_through_arrays_and_numbers(plan, stops):
    whole = small_trainer(**PLANS[plan]).run([])
    before = None
    for stop in [*sorted(stops), None]:
        trainer = small_trainer(**PLANS[plan])
        if before:
            arrays, numbers = before
            trainer.state.restore(arrays, numbers)
            trainer.state.stop = None
        state = trainer.run([StopAt(stop)])
        arrays = {name: vector.copy() for name, vector in state.arrays().items()}
        before = arrays, json.loads(json.dumps(state.numbers()))

    assert outcome(state) == outcome(whole)


@pytest.mark.parametrize("plan", PLANS)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stop=st.integers(0, 11), dtype=st.sampled_from(["float32", "float64"]), workers=st.integers(1, 3))
def test_through_a_file_and_with_another_crew(tmp_path, plan, stop, dtype, workers):
    whole = small_trainer(dtype=dtype, **PLANS[plan]).run([])
    file = tmp_path / "checkpoint.safetensors"
    small_trainer(dtype=dtype, **PLANS[plan]).run([StopAt(stop), Checkpoint(file, {"seed": 3})])
    with Crew(workers) as crew:
        trainer = small_trainer(dtype=dtype, crew=crew, **PLANS[plan])
        trainer.state.theta[:] = 99  # of no consequence: all comes from the file

        facts = load_checkpoint(file, trainer.state)
        assert facts["seed"] == 3
        assert trainer.state.steps == stop
        assert trainer.state.stop == INTERRUPTED
        trainer.state.stop = None

        assert outcome(trainer.run([])) == outcome(whole)


KILLED = """
import os, signal, sys
from numink.training.callbacks import Callback, Checkpoint
from numink.crew import Crew
from small_training import small_trainer
from test_training_resume import PLANS

class Kill(Callback):
    def on_step_end(self, trainer):
        if trainer.state.steps == 10:
            os.kill(os.getpid(), signal.SIGKILL)

with Crew(3) as crew:
    small_trainer(crew=crew, **PLANS["all at once"]).run([Checkpoint(sys.argv[1], {}, seconds=0), Kill()])
"""


WHOLE = """
import sys
from pathlib import Path
from small_training import small_trainer
from test_training_resume import PLANS, outcome
from numink.training.checkpoint import load_checkpoint
trainer = small_trainer(**PLANS["all at once"])
if sys.argv[1:]:
    load_checkpoint(Path(sys.argv[1]), trainer.state)
    assert trainer.state.steps == 8
print(outcome(trainer.run([])))
"""


def test_a_process_that_is_killed_in_its_third_epoch(tmp_path):
    """Three workers, and the thread beside them at work on the next step's images.

    All in processes of their own: other libraries that a process has loaded can change the last bit.
    """
    file = tmp_path / "checkpoint.safetensors"
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    alone = {"env": environment(PYTHONPATH=paths), "text": True, "capture_output": True}
    died = subprocess.run([sys.executable, "-c", KILLED, file], **alone)
    assert died.returncode == -signal.SIGKILL
    resumed = subprocess.run([sys.executable, "-c", WHOLE, file], **alone, check=True)
    whole = subprocess.run([sys.executable, "-c", WHOLE], **alone, check=True)

    assert resumed.stdout == whole.stdout != ""


def test_restoring_keeps_the_memory_that_others_hold_views_of():
    trained = small_trainer(batch_size=8, epochs=1).run([])
    trainer = small_trainer(batch_size=8, epochs=1)
    theta, v = trainer.state.theta, trainer.updater.memory["v"]

    trainer.state.restore(trained.arrays(), trained.numbers())

    assert trainer.state.theta is theta
    assert trainer.updater.memory["v"] is v
    np.testing.assert_array_equal(theta, trained.theta)
    np.testing.assert_array_equal(v, trained.memory["v"])


def test_checkpoints_are_written_after_epochs_and_at_the_end(tmp_path):
    file, found = tmp_path / "checkpoint.safetensors", []

    class Look(Callback):
        def look(self, trainer):
            if file.exists():
                other = small_trainer(batch_size=8, epochs=3).state
                load_checkpoint(file, other)
                found.append(other.steps)

        on_epoch_end = on_train_end = look

    small_trainer(batch_size=8, epochs=3).run([Checkpoint(file, {}, seconds=0), Look()])
    assert found == [4, 8, 12, 12]

    file.unlink()
    found.clear()
    small_trainer(batch_size=8, epochs=3).run([Checkpoint(file, {}, seconds=1000), Look()])
    assert found == [12]


def test_a_state_that_has_diverged_is_not_written(tmp_path):
    file = tmp_path / "checkpoint.safetensors"
    plan = {"words": ("dense 6", "relu", "dense 3"), "optimizer": "gradient-descent", "batch_size": 8}
    good = small_trainer(epochs=2, **plan).run([])
    save_checkpoint(file, good, {})

    state = small_trainer(epochs=30, learning_rate=1e300, **plan).run([Checkpoint(file, {}, seconds=0)])

    assert state.diverged
    other = small_trainer(**plan).state
    load_checkpoint(file, other)
    assert outcome(other) == outcome(good)


@pytest.fixture
def checkpoint(tmp_path):
    file = tmp_path / "checkpoint.safetensors"
    save_checkpoint(file, small_trainer(batch_size=8, epochs=1).run([]), {"seed": 0})
    return file


def refusal(file, state):
    """The one line that a checkpoint is refused with; the state is as it was."""
    before = outcome(state)
    with pytest.raises(RunError) as caught:
        load_checkpoint(file, state)
    assert outcome(state) == before
    line = str(caught.value)
    assert "\n" not in line
    assert str(file) in line
    return line


def test_a_checkpoint_of_another_network_or_optimiser_is_refused(checkpoint):
    assert "theta" in refusal(checkpoint, small_trainer(("dense 7", "tanh", "dense 3")).state)
    assert "theta" in refusal(checkpoint, small_trainer(dtype="float32").state)
    refusal(checkpoint, small_trainer(optimizer="momentum").state)


def test_a_missing_or_damaged_checkpoint_is_refused(checkpoint, tmp_path):
    state = small_trainer().state
    refusal(tmp_path / "nowhere", state)
    refusal(tmp_path, state)
    whole = checkpoint.read_bytes()
    for damaged in [b"", b"{}", whole[:7], whole[: len(whole) // 2], whole[:-1], whole + b"x", b"\xff" * 100]:
        checkpoint.write_bytes(damaged)
        refusal(checkpoint, state)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"state": None},
        {"state": {}},
        {"state": {"steps": 1}},
        {"state": "steps"},
        [],
    ],
)
def test_a_checkpoint_that_says_something_else_of_itself_is_refused(checkpoint, facts):
    state = small_trainer().state
    tensors.write(checkpoint, state.arrays(), facts)

    refusal(checkpoint, state)


@pytest.mark.parametrize(
    ("name", "value"), [("steps", "many"), ("epoch", None), ("loss_sum", []), ("history", {"epoch": 1}), ("stop", 3)]
)
def test_a_checkpoint_with_a_wrong_number_is_refused(checkpoint, name, value):
    state = small_trainer().state
    tensors.write(checkpoint, state.arrays(), {"state": state.numbers() | {name: value}})

    refusal(checkpoint, state)


@pytest.fixture
def handler():
    """What Ctrl-C does before: something that is nobody's default."""

    def handler(number, frame):
        raise AssertionError("not given over")

    before = signal.signal(signal.SIGINT, handler)
    yield handler
    signal.signal(signal.SIGINT, before)


class PressCtrlC(Callback):
    def __init__(self, step, times=1):
        self.step, self.times = step, times

    def on_step_end(self, trainer):
        if trainer.state.steps == self.step:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_finishes_the_step_and_stops(handler):
    with Interrupt() as interrupt:
        state = small_trainer(batch_size=8, epochs=9).run([interrupt, PressCtrlC(3)])

    assert (state.stop, state.steps) == (INTERRUPTED, 3)
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_stops_at_once_and_the_signal_is_given_back(handler):
    with pytest.raises(KeyboardInterrupt), Interrupt() as interrupt:
        small_trainer(batch_size=8, epochs=9).run([interrupt, PressCtrlC(3, times=2)])

    assert signal.getsignal(signal.SIGINT) is handler


def test_training_in_another_thread_has_no_signal_to_take_over():
    trainer, ended = small_trainer(batch_size=8, epochs=1), []

    def train():
        with Interrupt() as interrupt:
            ended.append(trainer.run([interrupt]).steps)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()

    assert ended == [4]
