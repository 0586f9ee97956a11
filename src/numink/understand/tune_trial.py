"""One trial of `numink tune`, in a process of its own: Optuna proposes values, a training says what they are worth.

Processes share nothing but the study's storage. That is why a trial, which any number of processes may be doing at
once, is asked for, counted and told of there.
"""

import os
import platform
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from numink.data.digits import Digits
from numink.errors import NuminkError, RunError
from numink.recipe import Recipe
from numink.run import begin, load_digits
from numink.training.callbacks import Callback
from numink.understand.space import Axis, Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial, Trial

    from numink.training.trainer import Trainer

REPORTS = 30
"""A trial says so many times, evenly over its steps, how well it does."""
RUNGS = {3: 100 / 3, 12: 50.0}
"""After so many of these, a trial goes on only if it is among so many percent of those that came as far.

The very start tells what cannot learn. Then the rate is at its highest, and the trials that end best are often behind:
where every epoch was judged by the median, the best of 30 was lost in four studies of five; so, in one of three, in the
same time (drawn from 13 trials around mlp, smaller, that nobody stopped).
"""
SECONDS_BETWEEN = 0.3
LOCKED_SECONDS = 5
"""A journal is locked for milliseconds: after so long, who locked it was killed."""
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
class Moved:
    """What a process tells of a trial that goes on: its number, and the share of its steps that are done."""

    number: int
    share: float


def one_trial(job: Job, say: Callable[[Any], bool]) -> int | None:
    """Do one trial and write what came of it to the study; its number, or None where others have done them all.

    A recipe that cannot be built and a loss that is no longer finite are results too: pruned, with the reason.
    """
    from optuna.trial import TrialState

    with quiet():
        study = _study(job.storage, job.study)
        known = begun(study)
        if len(known) >= job.trials:
            return None
        # Alone, the seed decides all; beside others, whose pace is chance, no two may draw the same.
        others = any(other.state == TrialState.RUNNING for other in known)
        study.sampler = _sampler([job.seed, job.place, len(known), *([os.getpid()] * others)])
        trial = study.ask()
        if counted(study, before=trial.number) >= job.trials:  # another process was quicker
            study.tell(trial, state=TrialState.FAIL)
            return None
        trial.set_user_attr("process", this_process())
        say(Moved(trial.number, 0))
        outside = trial.user_attrs.get("default") and not job.space.holds(job.space.own())
        values = {} if outside else {axis.key: _suggested(trial, axis) for axis in job.space.axes}
        watch = Watch(trial, say)
        try:
            recipe = job.space.recipe_of(values)
            result = begin(recipe, digits_of(job.space.recipe, job.seed), seed=job.seed, workers=1, callbacks=[watch])
        except (NuminkError, MemoryError) as error:
            trial.set_user_attr("why", str(error) or "there is not enough memory for it")
            study.tell(trial, state=TrialState.PRUNED)
            return trial.number
        facts = {name: result.summary[name] for name in ("parameters", "epochs", "seconds")}
        trial.set_user_attr("facts", facts | {"best_epoch": result.state.best_epoch})
        if result.state.stop == HOPELESS:
            study.tell(trial, state=TrialState.PRUNED)
        elif result.state.stop == ALONE or result.interrupted:
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, result.state.best_accuracy)
        return trial.number


class Watch(Callback):
    """Tells of a training how far it is and how well it does, and ends it where it is hopeless or nobody waits."""

    def __init__(self, trial: "Trial", say: Callable[[Any], bool]) -> None:
        self.trial, self.say = trial, say
        self._said, self._reported = perf_counter(), 0

    def on_step_end(self, trainer: "Trainer") -> None:
        """Say how far it is, now and then."""
        state = trainer.state
        if perf_counter() - self._said >= SECONDS_BETWEEN:
            self._said = perf_counter()
            if not self.say(Moved(self.trial.number, state.steps / trainer.all_steps)):
                state.stop = state.stop or ALONE

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """Report the validation accuracy, by the share of the steps that are done: batches may be of other sizes."""
        state = trainer.state
        part = int(REPORTS * state.steps / trainer.all_steps)
        if part == self._reported or state.stop:
            return
        before, self._reported = self._reported, part
        self.trial.report(state.history["validation_accuracy"][-1], part)
        passed = [rung for rung in RUNGS if before < rung <= part < REPORTS]
        if passed and self._is_hopeless(RUNGS[passed[-1]]):
            state.stop = HOPELESS

    def _is_hopeless(self, percent: float) -> bool:
        from optuna.pruners import PercentilePruner

        self.trial.study.pruner = PercentilePruner(percent, n_startup_trials=1, n_min_trials=3)
        return self.trial.should_prune()


def counted(study: "Study", before: int | None = None) -> int:
    """How many trials (with a lower number) a study has."""
    return sum(before is None or trial.number < before for trial in begun(study))


def begun(study: "Study") -> "list[FrozenTrial]":
    """The trials that count: all but those that were interrupted, and those that wait to be begun."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name not in ("FAIL", "WAITING")]


def this_process() -> str:
    """The name of this machine and the number of this process."""
    return f"{platform.node()} {os.getpid()}"


@cache
def digits_of(recipe: Recipe, seed: int) -> Digits:
    """The digits to train and validate on: without the test part, by which nothing is chosen."""
    return replace(load_digits(recipe, seed), test=None)


def connect(storage: str) -> "BaseStorage":
    """The storage of this address: a journal's file, or whatever URL Optuna takes. RunError where it cannot be used."""
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    try:
        if "://" in storage:
            return RDBStorage(storage)
        path = Path(storage)
        if path.exists() and path.read_bytes()[:10] not in (b"", b'{"op_code"'):
            raise ValueError("it is no journal of a study")
        lock = JournalFileSymlinkLock(storage, LOCKED_SECONDS)
        return JournalStorage(JournalFileBackend(storage, lock))
    except Exception as error:  # of the database's driver, of the file, of what stands in it: any
        reason = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise RunError(
            f"cannot use the storage {shown_url(storage)}: {shown_url(reason)}; give a file NAME.log, or the URL of a "
            "database that can be reached, such as sqlite:///study.db"
        ) from None


def shown_url(url: str) -> str:
    """The address without its password.

    >>> shown_url("postgresql://me:secret@host/studies")
    'postgresql://me:***@host/studies'
    """
    return re.sub(r"(://[^:/@]*:)[^@/]*@", r"\1***@", url)


@contextmanager
def quiet() -> Iterator[None]:
    """While Optuna works: it writes lines of its own, and warns of what is new in it."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)


@cache
def _study(storage: str, name: str) -> "Study":
    import optuna

    return optuna.load_study(study_name=name, storage=connect(storage))


def _sampler(seeds: list[int]) -> Any:
    """The tree-structured Parzen estimator (Bergstra 2011), over all keys at once (Falkner 2018)."""
    from optuna.samplers import TPESampler

    seed = int(np.random.SeedSequence(seeds).generate_state(1)[0])
    return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True, warn_independent_sampling=False)


def _suggested(trial: "Trial", axis: Axis) -> Any:
    """The value that Optuna proposes for a key."""
    if axis.choices:
        return axis.labels[trial.suggest_categorical(axis.key, list(axis.labels))]
    if axis.whole:
        return trial.suggest_int(axis.key, int(axis.low), int(axis.high), step=int(axis.step) or 1, log=axis.log)
    return trial.suggest_float(axis.key, axis.low, axis.high, step=axis.step or None, log=axis.log)
