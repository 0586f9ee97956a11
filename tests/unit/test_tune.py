"""One trial, and a study of them: what counts, what is given up, what is refused. All in this process, but for one test
that kills its own."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from numink.errors import RunError, TrainingError
from numink.model import Model
from numink.recipe import load
from numink.run import begin, load_digits
from numink.training.callbacks import Callback
from numink.understand.tune import bookkeeping
from numink.understand.tune import storage as tune_storage
from numink.understand.tune import trial as tune_trial
from numink.understand.tune.bookkeeping import count_trials
from numink.understand.tune.search import folder_of, next_commands, next_note, tune
from numink.understand.tune.space import load_space
from numink.understand.tune.storage import connect, shown_url
from numink.understand.tune.study import FEW, Tried, Tuned, fingerprint, importance, open_study, read_study
from numink.understand.tune.trial import Job, Progress, Watch, one_trial

optuna = pytest.importorskip("optuna")
JournalFileSymlinkLock = optuna.storages.journal.JournalFileSymlinkLock

SPACE = """
[train.learning_rate]
low = 0.003
high = 0.1
log = true

[layers.width]
low = 0.5
high = 2.0
"""


@pytest.fixture(scope="module")
def plan(few_digits):
    settings = ["data.validation=100", "train.epochs=2", "train.batch_size=50"]
    return load("small-10").with_settings(settings).with_source(str(few_digits))


def digits_of(space, seed=0):
    return replace(load_digits(space.recipe, seed), test=None)


@pytest.fixture
def space_of(plan, tmp_path):
    def make(text=SPACE, recipe=plan):
        (tmp_path / "a.space.toml").write_text(text)
        return load_space(recipe, file=tmp_path / "a.space.toml")

    return make


@pytest.fixture
def study_of(tmp_path):
    """Opens a study of a space in this test's folder, as `tune` does."""

    def open_(space, name="study.log", seed=0):
        return open_study(str(tmp_path / name), space, fingerprint(space, digits_of(space, seed), seed))

    return open_


@pytest.fixture
def go_on(tmp_path):
    """Does trials in this process, up to so many in all; what it said."""

    def run(space, study, trials, seed=0, name="study.log", listens=True):
        said = []

        def say(words):
            said.append(words)
            return listens

        for place in range(count_trials(study), trials):
            one_trial(digits_of(space), Job(str(tmp_path / name), study.study_name, space, seed, trials, place), say)
        return said

    return run


def test_the_first_trial_is_the_recipe_itself(space_of, study_of, go_on, plan):
    space = space_of()
    study = study_of(space)
    said = go_on(space, study, 1)
    tuned = read_study(study, space)
    alone = begin(plan, replace(load_digits(plan, 0), test=None), workers=1)

    (trial,) = tuned.trials
    assert (trial.state, trial.is_default, trial.number) == ("done", True, 0)
    assert trial.values == {"train.learning_rate": plan.train.learning_rate, "layers.width": 1.0}
    assert trial.accuracy == alone.summary["validation_accuracy"]
    assert trial.facts["parameters"] == 7960
    assert list(trial.course) == [15, 30]
    assert said[0] == Progress(0, 0)
    assert tuned.best == tuned.default == trial


def test_two_processes_that_open_a_new_study_at_once_try_the_recipe_once(space_of, study_of, monkeypatch):
    enqueue = optuna.Study.enqueue_trial

    def twice(study, *values, **named):
        enqueue(study, *values, **named)  # the other process, this moment
        enqueue(study, *values, **named)

    monkeypatch.setattr(optuna.Study, "enqueue_trial", twice)
    space = space_of()
    study = study_of(space)
    first, second = (study.ask() for _ in range(2))
    rates = [trial.suggest_float("train.learning_rate", 0.003, 0.1, log=True) for trial in (first, second)]

    assert first.user_attrs["default"] is True
    assert second.user_attrs["default"] is False
    assert rates[0] != rates[1]


def test_the_same_seed_gives_the_same_study_and_another_another(space_of, study_of, go_on):
    space, found = space_of(), []
    for name, seed in (("a.log", 0), ("b.log", 0), ("c.log", 1)):
        study = study_of(space, name, seed)
        go_on(space, study, 2, seed, name)
        go_on(space, study, 4, seed, name)  # goes on as if it had never ended
        found.append([(trial.values, trial.accuracy) for trial in read_study(study, space).trials])

    assert found[0] == found[1]
    assert [values for values, _ in found[0]][1:] != [values for values, _ in found[2]][1:]
    assert len({str(values) for values, _ in found[0]}) == 4


def test_a_recipe_outside_its_space_is_tried_all_the_same(space_of, study_of, go_on):
    space = space_of('[network.activation]\nchoices = ["tanh", "sigmoid"]')
    study = study_of(space)
    go_on(space, study, 3)
    first, *others = read_study(study, space).trials

    assert (first.values, first.is_default) == ({}, True)
    assert {trial.values["network.activation"] for trial in others} <= {"tanh", "sigmoid"}
    assert not any(trial.is_default for trial in others)


def test_the_test_part_takes_no_part(space_of, study_of, go_on, monkeypatch):
    tested = []
    monkeypatch.setattr(Model, "test", lambda *images: tested.append(images))
    space = space_of()
    go_on(space, study_of(space), 1)

    assert tested == []


def test_a_loss_that_is_not_finite_is_a_trial_lost_with_its_reason(space_of, study_of, go_on):
    space = space_of("[train.learning_rate]\nchoices = [1e30, 2e30]")
    study = study_of(space)
    go_on(space, study, 3)
    _, *lost = read_study(study, space).trials

    assert [trial.state for trial in lost] == ["failed", "failed"]
    assert all(re.match("the loss became (nan|inf) after step", trial.why) for trial in lost)
    assert count_trials(study) == 3


def test_two_values_that_do_not_fit_together_are_a_trial_lost(space_of, study_of, go_on):
    """Each can be had alone, as the space's check finds."""
    layers = '[["dense 8", "relu", "dense 8", "relu", "dense 10"], ["dense 10"]]'
    space = space_of(f"[network.layers]\nchoices = {layers}\n[layers.depth]\nchoices = [1, 2]")
    study = study_of(space)
    go_on(space, study, 8)
    states = {trial.state: trial for trial in read_study(study, space).trials}

    assert set(states) == {"done", "failed"}
    assert "of 0 hidden layers one at least must be left" in states["failed"].why


def test_a_trial_that_nobody_waits_for_does_not_count(space_of, study_of, go_on, monkeypatch):
    monkeypatch.setattr(tune_trial, "SECONDS_BETWEEN", 0)
    space = space_of()
    study = study_of(space)
    go_on(space, study, 1, listens=False)

    assert count_trials(study) == 0
    assert read_study(study, space).trials == []
    study = study_of(space)  # which puts the recipe itself first again
    go_on(space, study, 1)
    assert read_study(study, space).default is not None


def test_others_may_have_done_them_all(space_of, study_of, go_on, tmp_path):
    space = space_of()
    study = study_of(space)
    go_on(space, study, 2)

    job = Job(str(tmp_path / "study.log"), "small-10", space, 0, 2, 1)
    assert one_trial(digits_of(space), job, lambda said: True) is None
    assert len(study.trials) == 2


def test_of_two_that_begin_the_last_trial_at_once_one_gives_it_up(space_of, study_of, tmp_path, monkeypatch):
    space = space_of()
    study = study_of(space)
    study.ask()  # another process has the only one
    monkeypatch.setattr(tune_trial, "trials_that_count", lambda study: [])  # which was not to be seen yet
    job = Job(str(tmp_path / "study.log"), "small-10", space, 0, 1, 0)

    assert one_trial(digits_of(space), job, lambda said: True) is None
    assert [trial.state.name for trial in study.trials] == ["RUNNING", "FAIL"]


class FakeTrainer:
    """As much of a trainer as `Watch` looks at."""

    def __init__(self, steps):
        self.all_steps = steps
        self.state = type("State", (), {"steps": 0, "stop": None, "history": {"validation_accuracy": []}})()

    def epoch(self, watch, steps, accuracy):
        self.state.steps += steps
        self.state.history["validation_accuracy"].append(accuracy)
        watch.on_epoch_end(self)


def course_of(study, accuracies):
    """What becomes of a trial with these accuracies after its epochs: its course, and why it was stopped."""
    trial, trainer = study.ask(), FakeTrainer(len(accuracies))
    watch = Watch(trial, lambda said: True)
    watch.averaged = lambda trainer: trainer.state.history["validation_accuracy"][-1]
    for accuracy in accuracies:
        trainer.epoch(watch, 1, accuracy)
        if trainer.state.stop:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return study.trials[trial.number].intermediate_values, trainer.state.stop
    study.tell(trial, accuracies[-1])
    return study.trials[trial.number].intermediate_values, None


def test_a_trial_that_is_behind_half_of_the_others_is_stopped(tmp_path):
    optuna.create_study(study_name="s", storage=connect(str(tmp_path / "s.log")), direction="maximize")
    study = tune_trial._study(str(tmp_path / "s.log"), "s")
    for accuracies in ([0.5] * 10, [0.6] * 10, [0.7] * 10):  # too few to compare with
        course, stop = course_of(study, accuracies)
        assert (list(course), stop) == ([3, 6, 9, 12, 15, 18, 21, 24, 27, 30], None)

    assert course_of(study, [0.59, *[0.9] * 9]) == ({3: 0.59}, tune_trial.HOPELESS)  # of 0.5, 0.6 and 0.7
    assert course_of(study, [0.61, 0.59, 0.58, *[0.9] * 7])[1] is None  # the best so far is what counts
    assert course_of(study, [0.61, 0.61, 0.61, 0.64, *[0.9] * 6])[0] == {3: 0.61, 6: 0.61, 9: 0.61, 12: 0.64}
    assert course_of(study, [*[0.8] * 9, 0.1])[1] is None


def test_short_epochs_report_thirty_times_and_one_long_one_once():
    study = optuna.create_study(direction="maximize")

    assert list(course_of(study, [0.5] * 600)[0]) == list(range(1, 31))
    assert list(course_of(study, [0.5])[0]) == [30]


class Recorder(Callback):
    """What the average of the weights is after the first epoch, from every so many-th step's."""

    def __init__(self, every):
        self.every = every

    def on_train_begin(self, trainer):
        self.average, self.taken = trainer.state.theta.astype(np.float64), 0

    def on_step_end(self, trainer):
        if trainer.state.steps % self.every == 0 and trainer.state.epoch == 0:
            self.taken += 1
            kept = min(29 / 30, self.taken / (self.taken + 9))
            self.average = kept * self.average + (1 - kept) * trainer.state.theta


@pytest.mark.parametrize(("snapshots", "every"), [(600, 1), (10, 2)])  # of 20 steps
def test_on_its_way_a_trial_is_judged_by_its_averaged_weights(plan, monkeypatch, snapshots, every):
    monkeypatch.setattr(tune_trial, "SNAPSHOTS", snapshots)
    recipe, digits, reports = plan.with_settings(["train.learning_rate=0.002"]), load_digits(plan, 0), {}
    trial = type(
        "Trial",
        (),
        {"report": lambda self, value, part: reports.update({part: value}), "should_prune": lambda self: False},
    )()
    recorder, watch = Recorder(every), Watch(trial, lambda said: True)
    result = begin(recipe, digits, workers=1, callbacks=[recorder, watch])
    averaged = Model(recipe, result.model.pixels, recorder.average.astype(np.float32))

    assert reports[15] == averaged.test(digits.validation).accuracy
    assert reports[30] == result.state.history["validation_accuracy"][-1]
    assert reports[15] != result.state.history["validation_accuracy"][0]


def running(study, process):
    trial = study.ask()
    trial.set_user_attr("process", process)
    return trial.number


def test_trials_of_processes_that_are_no_more_are_given_up(space_of, study_of):
    space = space_of()
    study = study_of(space)
    machine = bookkeeping.this_process().split()[0]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = running(study, f"{machine} {ended.pid}")
    alive, elsewhere = running(study, bookkeeping.this_process()), running(study, f"other-{machine} {ended.pid}")
    study = study_of(space)

    assert [trial.number for trial in read_study(study, space).trials] == [alive, elsewhere]
    assert study.trials[dead].state.name == "FAIL"


def test_trials_of_other_machines_are_given_up_after_ten_minutes_of_silence(space_of, study_of, monkeypatch):
    space = space_of()
    study = study_of(space)
    silent, heard = running(study, "elsewhere 1"), running(study, "elsewhere 2")
    nameless = study.ask().number  # whose process had no room to tell its name
    late = time.time() + 601
    study.set_user_attr("unrelated", 0)
    study._storage.set_trial_user_attr(study.trials[heard]._trial_id, bookkeeping.SEEN, late - 599)
    study_of(space)
    assert [trial.number for trial in read_study(study, space).trials] == [silent, heard, nameless]

    monkeypatch.setattr(bookkeeping, "time", lambda: late - 540)
    study_of(space)
    assert [trial.number for trial in read_study(study, space).trials] == [silent, heard]
    monkeypatch.setattr(bookkeeping, "time", lambda: late)
    study_of(space)
    assert [trial.number for trial in read_study(study, space).trials] == [heard]


def test_a_training_gives_signs_of_life(space_of, study_of, go_on, monkeypatch):
    space = space_of()
    study = study_of(space)
    monkeypatch.setattr(tune_trial, "SECONDS_TO_SIGN", 0)
    before = time.time()
    go_on(space, study, 1)

    assert before <= study.trials[0].user_attrs[bookkeeping.SEEN] <= time.time()


def test_a_trial_that_was_given_up_while_its_machine_slept_ends_quietly(space_of, study_of, go_on):
    space = space_of()
    study = study_of(space)

    def say(said):
        bookkeeping.abandon(study, said.number)
        return True

    job = Job(study._storage._backend._file_path, study.study_name, space, 0, 1, 0)
    assert one_trial(digits_of(space), job, say) == 0
    assert read_study(study, space).trials == []


@pytest.mark.parametrize("rest", [b'{"op_code": 5, "wor', b'{"op_code"'])
def test_half_a_line_at_a_journals_end_costs_nothing(rest, space_of, study_of, go_on, tmp_path):
    """As a full disk or a kill leaves it."""
    space, journal = space_of(), tmp_path / "study.log"
    study = study_of(space)
    go_on(space, study, 1)
    whole = journal.read_bytes()
    for open_before in (study, None):
        journal.write_bytes(whole + rest)
        if open_before:
            open_before.set_user_attr("known", 1)
            assert journal.read_bytes().startswith(whole + b'{"op_code":2')
        found = read_study(study_of(space), space)
        assert [trial.state for trial in found.trials] == ["done"]
        assert journal.read_bytes().endswith(b"\n")


def test_a_journal_that_is_half_a_line_alone_is_begun_anew(tmp_path):
    (tmp_path / "study.log").write_bytes(b'{"op_c')
    connect(str(tmp_path / "study.log"))

    assert (tmp_path / "study.log").read_bytes() == b""


def test_the_lock_of_a_process_that_was_killed_is_taken(tmp_path, monkeypatch):
    """Also where the journal is named from here: the lock is a link, and must lead somewhere."""
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tune_storage, "LOCKED_SECONDS", 1)
    with tune_storage.quiet():
        connect("out/study.log")
        JournalFileSymlinkLock(str(Path("out/study.log").absolute())).acquire()
        connect("out/study.log")

    assert [file.name for file in (tmp_path / "out").iterdir()] == ["study.log"]


FULL = """
import resource, sys
from numink.cli.main import run
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
sys.exit(run(sys.argv[1:]))
"""


def test_a_full_disk_is_one_line_and_the_study_goes_on(space_of, few_digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space_of()
    words = ["tune", "small-10", "--data", few_digits, "--set", "data.validation=100", "--set", "train.epochs=2"]
    words += ["--space", "a.space.toml", "--trials", "9", "--workers", "1", "--out", "out"]
    ended = subprocess.run([sys.executable, "-c", FULL, *map(str, words)], capture_output=True, text=True)

    assert ended.returncode == 2
    last = [line for line in ended.stderr.splitlines() if not line.startswith(" ")][-1]
    assert re.match(r"numink: cannot use the storage out/study\.log: .*File too large; make room on the disk", last)
    assert "Traceback" not in ended.stderr
    plan = load("small-10").with_settings(["data.validation=100", "train.epochs=2"]).with_source(str(few_digits))
    space = load_space(plan, file=Path("a.space.toml"))
    found = fingerprint(space, digits_of(space), 0)
    assert read_study(open_study("out/study.log", space, found), space).trials


def test_a_database_that_another_is_making_is_waited_for(tmp_path, monkeypatch):
    from sqlalchemy.exc import OperationalError

    real, failures = optuna.storages.RDBStorage, ["table studies already exists", "UNIQUE constraint failed"]

    def fails_first(url):
        if failures:
            raise OperationalError("CREATE TABLE", {}, Exception(failures.pop()))
        return real(url)

    monkeypatch.setattr(optuna.storages, "RDBStorage", fails_first)
    monkeypatch.setattr(tune_storage, "SECONDS_BETWEEN", 0)
    assert connect(f"sqlite:///{tmp_path / 'new.db'}").get_all_studies() == []
    assert failures == []


def test_a_folder_that_is_a_file_is_refused(space_of, tmp_path):
    space = space_of()
    (tmp_path / "file").write_text("mine")

    for out in (tmp_path / "file", tmp_path / "file" / "in it"):
        with pytest.raises(RunError, match=r"file is a file, but the results need a folder; choose another --out"):
            tune(space, digits_of(space), out=out, trials=1, workers=1)
    assert (tmp_path / "file").read_text() == "mine"


def tuned_of(space, best_accuracy):
    own, better = (
        Tried(number, "done", space.own(), accuracy, {}, {}, number == 0)
        for number, accuracy in enumerate((0.9, best_accuracy))
    )
    return Tuned(space, [own, better])


def test_what_to_try_next(space_of, tmp_path):
    """The comparison needs seeds beside the search's own, whose validation images chose the best."""
    better, worse = tuned_of(space_of(), 0.95), tuned_of(space_of(), 0.85)

    assert [line.split()[1] for line in next_commands(tmp_path, better, 0)] == ["train", "compare"]
    assert [next_commands(tmp_path, better, seed)[1][-1] for seed in (0, 4, 5, 99)] == ["6", "6", "5", "5"]
    assert "Seed 4 is the search's own" in next_note(better, 4)
    assert next_note(better, 5) == ""
    assert [line.split()[1] for line in next_commands(tmp_path, worse, 0)] == ["train"]
    assert next_note(worse, 0) == ""


@pytest.mark.parametrize(
    ("other", "part"),
    [
        (lambda space: (replace(space, recipe=space.recipe.with_settings(["train.epochs=3"])), 0), "recipe"),
        (lambda space: (replace(space, axes=space.axes[:1]), 0), "space"),
        (lambda space: (replace(space, recipe=replace(space.recipe, name="else")), 0), "recipe"),
        (lambda space: (space, 1), "data and seed"),  # the seed decides the split, too
    ],
)
def test_a_study_of_something_else_is_left_untouched(other, part, space_of, study_of, tmp_path):
    space = space_of()
    study_of(space)
    before = (tmp_path / "study.log").read_bytes()

    with pytest.raises(RunError, match=rf"study\.log holds a study with another {part}; choose another --out"):
        study_of(*((changed := other(space))[0], "study.log", changed[1]))
    assert (tmp_path / "study.log").read_bytes() == before


@pytest.mark.parametrize(
    ("storage", "says"),
    [
        ("nowhere/study.log", "No such file or directory"),
        ("sqlite:///nowhere/study.db", "unable to open database file"),
        ("bogus://host/studies", "cannot use the storage bogus://host/studies"),
    ],
)
def test_a_storage_that_cannot_be_reached(storage, says, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError) as caught:
        connect(storage)

    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("tail", [b"hello\n", b'{"op_code": 4, \n{}\n', b"{}\n{}\n", b'{"op_code"\n\n\n'])
def test_a_file_that_is_no_journal_is_left_as_it_is(tail, tmp_path):
    file = tmp_path / "study.log"
    file.write_bytes(tail)

    with pytest.raises(RunError, match=r"cannot use the storage .*study\.log: "):
        connect(str(file))
    assert file.read_bytes() == tail


def test_a_password_is_not_shown():
    assert "secret" not in shown_url("postgresql+psycopg2://me:secret@host:5432/db")
    assert shown_url("sqlite:///a/b.db") == "sqlite:///a/b.db"


def test_importance_finds_the_key_that_matters(space_of):
    study, rng = optuna.create_study(direction="maximize"), np.random.default_rng(0)
    bounds = optuna.distributions.FloatDistribution(0, 1)
    for number in range(40):
        params = {"this": rng.random(), "that": rng.random()}
        trial = optuna.create_trial(
            params=params,
            distributions=dict.fromkeys(params, bounds),
            value=params["this"],
            state=optuna.trial.TrialState.COMPLETE if params["this"] > 0.3 else optuna.trial.TrialState.PRUNED,
        )
        study.add_trial(trial)
        if number + 1 < FEW:
            assert importance(study) == {}
    shares = importance(study)

    assert list(shares) == ["this", "that"]
    assert shares["this"] > 0.9
    assert sum(shares.values()) == pytest.approx(1)


def test_a_process_that_is_killed_costs_its_trial_alone(space_of, tmp_path, plan):
    """The first process that tells of a trial is killed; the study goes on without it."""
    space, killed = space_of(recipe=plan.with_settings(["train.epochs=40"])), []

    journal = str(tmp_path / "out" / "study.log")
    lock = JournalFileSymlinkLock(journal)  # so that it does not die with the lock, which takes seconds to notice

    def heard(tuned, share, ended):
        study = optuna.load_study(study_name="small-10", storage=connect(journal))
        if not killed and (alive := [t for t in study.trials if t.number == 1 and "process" in t.user_attrs]):
            killed.append(int(alive[0].user_attrs["process"].split()[1]))
            lock.acquire()
            os.kill(killed[0], signal.SIGKILL)
            lock.release()

    digits = load_digits(space.recipe, 0)
    tuned = tune(space, digits, out=tmp_path / "out", trials=3, workers=1, heard=heard)

    assert [trial.state for trial in tuned.trials] == ["done", "failed", "done"]
    assert "its process was killed" in tuned.trials[1].why
    assert (tmp_path / "out" / "tune.html").is_file()


def test_where_no_trial_comes_to_its_end_there_is_no_best(space_of, tmp_path, plan):
    space = space_of("[train.learning_rate]\nchoices = [1e30, 2e30]", plan.with_settings(["train.learning_rate=1e30"]))

    with pytest.raises(TrainingError, match="none of 1 trials came to its end: the loss became"):
        tune(space, load_digits(space.recipe, 0), out=tmp_path / "out", trials=1, workers=1)
    assert not (tmp_path / "out" / "best.toml").exists()


def test_a_database_is_a_storage_too(space_of, study_of, tmp_path):
    space = space_of()
    address = f"sqlite:///{tmp_path / 'study.db'}"
    digits = replace(load_digits(space.recipe, 0), test=None)
    study = open_study(address, space, fingerprint(space, digits, 0))
    assert one_trial(digits, Job(address, "small-10", space, 0, 1, 0), lambda said: True) == 0
    other = replace(space, recipe=replace(space.recipe, name="other"))  # a database has room for several
    assert read_study(open_study(address, other, fingerprint(other, digits, 0)), other).trials == []

    assert read_study(study, space).default.accuracy > 0.5
    with pytest.raises(RunError, match=r"study\.db holds a study with another seed"):
        open_study(address, space, fingerprint(space, digits, 0) | {"seed": 1})


def test_the_folder_is_named_after_what_the_study_is_of(space_of, plan):
    space, digits = space_of(), load_digits(plan, 0)
    folder = folder_of(space, digits, 0)

    assert re.fullmatch(r"tune-small-10-[0-9a-f]{8}", folder.name)
    assert folder == folder_of(space, digits, 0)
    assert folder == folder_of(space, replace(digits, test=None), 0)
    assert folder != folder_of(space, digits, 1)
    assert folder != folder_of(replace(space, axes=space.axes[:1]), digits, 0)


def test_a_storage_that_is_lost_on_the_way_is_one_line(space_of, plan, tmp_path):
    space = space_of()

    def heard(tuned, share, ended):
        (tmp_path / "out" / "study.log").unlink(missing_ok=True)

    with pytest.raises(RunError) as caught:
        tune(space, load_digits(space.recipe, 0), out=tmp_path / "out", trials=2, workers=1, heard=heard)
    assert "study.log" in str(caught.value)
    assert "\n" not in str(caught.value)
