"""One trial of `numink tune`, in a process of its own: Optuna proposes values, a training says what they are worth.

Processes share nothing but the study's storage. That is why a trial, which any number of processes may be doing at
once, is asked for, counted and told of there.
"""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from numink.data.digits import Digits
from numink.errors import NuminkError
from numink.optim.update import Average
from numink.recipe import Recipe
from numink.run import begin, load_digits
from numink.training.callbacks import Callback
from numink.understand.tune.space import Axis, Space
from numink.understand.tune.storage import connect, quiet

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

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
        default = trial.user_attrs.get("default", False)
        values = {}
        if not default or job.space.holds(job.space.own()):
            values = {axis.key: axis.value(_suggested(trial, axis)) for axis in job.space.axes}
        watch = Watch(trial, say)
        try:
            recipe = job.space.recipe if default else job.space.recipe_of(values)
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
            if not self.say(Moved(self.trial.number, state.steps / trainer.all_steps)):
                state.stop = state.stop or ALONE

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
