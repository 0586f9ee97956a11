"""One trial of `numink tune`, in a process of its own: Optuna proposes values, a training says what they are worth.

Processes share nothing but the study's storage. That is why a trial, which any number of processes may be doing at
once, is asked for, counted and told of there.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from json import JSONDecodeError
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

import numpy as np

from numink.data.digits import Digits
from numink.errors import NuminkError
from numink.optim.update import Average
from numink.run import begin
from numink.training.callbacks import Callback
from numink.understand.tune.bookkeeping import (
    PROCESS,
    SECONDS_TO_SIGN,
    SEEN,
    count_trials,
    this_process,
    trials_that_count,
)
from numink.understand.tune.space import Axis, Space
from numink.understand.tune.storage import connect, quiet, using

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial, TrialState

    from numink.training.trainer import Trainer

REPORTS = 30
"""A trial says so many times, evenly over its steps, how well it does."""
SNAPSHOTS, AVERAGED = 600, 30
"""On its way a trial is judged by the average of its last 30 of 600 snapshots of the weights, a twentieth of its steps.

While the rate is high, the weights are thrown to and fro, most in the very trainings that end best. Judged by its own
accuracy the best of 30 trials was stopped in two studies of three, judged by the average, which shows what a lower rate
will make of the weights, in one of four, in the same time (drawn from 26 trials around small-25-15, none stopped).
"""
SECONDS_BETWEEN = 0.3
HOPELESS, ALONE = "hopeless", "nobody waits for it"


@dataclass(frozen=True)
class Job:
    """A trial to be done: the place-th of so many that a study is to have in all."""

    storage: str
    study: str
    space: Space
    seed: int
    trials: int
    place: int


@dataclass(frozen=True)
class Progress:
    """What a process tells of a trial that goes on: its number, and the share of its steps that are done."""

    number: int
    share: float


def one_trial(digits: Digits, job: Job, say: Callable[[Any], bool]) -> int | None:
    """Do one trial and write what came of it to the study; its number, or None where others have done them all.

    digits: to train and validate on. A recipe that cannot be built and a loss that is no longer finite are results
    too: pruned, with the reason. RunError is of the storage alone.
    """
    from optuna.exceptions import OptunaError, UpdateFinishedTrialError

    with quiet(), using(job.storage, (OSError, JSONDecodeError, OptunaError)):
        study = _study(job.storage, job.study)
        trial = _asked(study, job)
        if trial is None:
            return None
        say(Progress(trial.number, 0))
        with suppress(UpdateFinishedTrialError):  # this machine slept so long that another gave the trial up
            trial.set_user_attr(PROCESS, this_process())
            accuracy, state = _done(trial, digits, job, say)
            study.tell(trial, accuracy, state, skip_if_finished=True)
        return trial.number


def _done(
    trial: "Trial", digits: Digits, job: Job, say: Callable[[Any], bool]
) -> "tuple[float | None, TrialState | None]":
    """Train by what Optuna proposes: the accuracy, or how the trial is to end without one."""
    from optuna.trial import TrialState

    default = trial.user_attrs.get("default", False)
    values = {}
    if not default or job.space.holds(job.space.own()):
        values = {axis.key: axis.value(_suggested(trial, axis)) for axis in job.space.axes}
    try:
        recipe = job.space.recipe if default else job.space.recipe_of(values)
        result = begin(recipe, digits, seed=job.seed, workers=1, callbacks=[Watch(trial, say)])
    except (NuminkError, MemoryError) as error:
        trial.set_user_attr("why", str(error) or "there is not enough memory for it")
        return None, TrialState.PRUNED
    facts = {name: result.summary[name] for name in ("parameters", "epochs", "seconds")}
    trial.set_user_attr("facts", facts | {"best_epoch": result.state.best_epoch})
    if result.state.stop == HOPELESS:
        return None, TrialState.PRUNED
    if result.state.stop == ALONE or result.interrupted:
        return None, TrialState.FAIL
    return result.state.best_accuracy, None


def _asked(study: "Study", job: Job) -> "Trial | None":
    """The next trial of a study; None where it has all of them."""
    from optuna.trial import TrialState

    known = trials_that_count(study)
    if len(known) >= job.trials:
        return None
    # Alone, the seed decides all; beside others, whose pace is chance, no two may draw the same. Of two that ask at
    # once one sees the other afterwards.
    seeds = [job.seed, job.place, len(known)]
    others = any(other.state == TrialState.RUNNING for other in known)
    study.sampler = _sampler([*seeds, *([os.getpid()] * others)])
    trial = study.ask()
    if any(other.state == TrialState.RUNNING and other.number != trial.number for other in trials_that_count(study)):
        study.sampler = _sampler([*seeds, os.getpid()])
    if count_trials(study, before=trial.number) >= job.trials:  # another process was quicker
        study.tell(trial, state=TrialState.FAIL)
        return None
    return trial


class Watch(Callback):
    """Tells of a training how far it is and how well it does, and ends it where it is hopeless or nobody waits."""

    def __init__(self, trial: "Trial", say: Callable[[Any], bool]) -> None:
        self.trial, self.say = trial, say
        self._said, self._signed, self._reported = perf_counter(), perf_counter(), 0

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Begin the average."""
        self._average = Average(1 - 1 / AVERAGED, trainer.state.theta)
        self._every = max(trainer.all_steps // SNAPSHOTS, 1)
        self._p, self._worker = trainer.network.layout.views(self._average.vector), trainer.network.worker()

    def on_step_end(self, trainer: "Trainer") -> None:
        """Take in a snapshot, and say how far it is, both now and then."""
        state = trainer.state
        if state.steps % self._every == 0:
            self._average.update(state.theta, state.steps // self._every)
        if perf_counter() - self._said >= SECONDS_BETWEEN:
            self._said = perf_counter()
            if not self.say(Progress(self.trial.number, state.steps / trainer.all_steps)):
                state.stop = state.stop or ALONE
        if perf_counter() - self._signed >= SECONDS_TO_SIGN:
            self._signed = perf_counter()
            self.trial.set_user_attr(SEEN, time())

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """Report the accuracy, by the share of the steps that are done: batches may be of other sizes."""
        state, before = trainer.state, self._reported
        self._reported = part = int(REPORTS * state.steps / trainer.all_steps)
        if part == before or state.stop:
            return
        last = state.history["validation_accuracy"][-1]
        self.trial.report(last if part == REPORTS else self.averaged(trainer), part)
        if part < REPORTS and self.trial.should_prune():
            state.stop = HOPELESS

    def averaged(self, trainer: "Trainer") -> float:
        """The accuracy of the averaged weights on the validation images."""
        Z = trainer.network.logits(trainer.validation.images, self._p, self._worker)
        return float(np.mean(Z.argmax(axis=1) == trainer.validation.labels))


@cache
def _study(storage: str, name: str) -> "Study":
    """The study, which stops what is behind half of the others that came as far, from a tenth of the steps on."""
    import optuna

    pruner = optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=REPORTS // 10, n_min_trials=3)
    return optuna.load_study(study_name=name, storage=connect(storage), pruner=pruner)


def _sampler(seeds: list[int]) -> Any:
    """The tree-structured Parzen estimator (Bergstra 2011), over all keys at once (Falkner 2018)."""
    from optuna.samplers import TPESampler

    seed = int(np.random.SeedSequence(seeds).generate_state(1)[0])
    return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True, warn_independent_sampling=False)


def _suggested(trial: "Trial", axis: Axis) -> Any:
    """What Optuna proposes for a key."""
    if axis.choices:
        return trial.suggest_categorical(axis.key, list(axis.labels))
    if axis.whole:
        return trial.suggest_int(axis.key, int(axis.low), int(axis.high), step=int(axis.step) or 1, log=axis.log)
    return trial.suggest_float(axis.key, axis.low, axis.high, step=axis.step or None, log=axis.log)
