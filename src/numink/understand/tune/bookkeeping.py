"""Which trials of a study count, and the end of those that their own process can no longer end."""

import os
import platform
from time import time
from typing import TYPE_CHECKING

from numink.understand.tune.storage import quiet

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

PROCESS, SEEN = "process", "seen"
"""A trial's attributes: where it runs, and when its process last said so, in seconds since 1970."""

SECONDS_TO_SIGN, SECONDS_OF_SILENCE = 60, 600
"""A process gives a sign of life each minute; after ten minutes without one it is taken for dead."""


def trials_that_count(study: "Study") -> "list[FrozenTrial]":
    """All but those that were interrupted, and those that wait to be begun."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name not in ("FAIL", "WAITING")]


def count_trials(study: "Study", before: int | None = None) -> int:
    """How many trials (with a lower number) count."""
    return sum(before is None or trial.number < before for trial in trials_that_count(study))


def this_process() -> str:
    """The name of this machine and the number of this process."""
    return f"{platform.node()} {os.getpid()}"


def lost(number: int) -> str:
    """The study's attribute that says why the process of a trial died: the trial is then out of reach."""
    return f"lost {number}"


def abandon(study: "Study", number: int, why: str = "") -> None:
    """End a trial that its process could not end: failed with a reason, or as if it had never been begun."""
    from optuna.trial import TrialState

    with quiet():
        if why:
            study.set_user_attr(lost(number), why)
        study.tell(number, state=TrialState.PRUNED if why else TrialState.FAIL, skip_if_finished=True)


def abandon_dead(study: "Study") -> None:
    """Abandon the trials of processes that are no more: of this machine it is known, of others their silence tells."""
    from optuna.trial import TrialState

    machine = this_process().split()[0]
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        *where, process = trial.user_attrs.get(PROCESS, "? 0").split()
        patience = SECONDS_OF_SILENCE if PROCESS in trial.user_attrs else SECONDS_TO_SIGN  # that is said at once
        begun = trial.datetime_start.timestamp() if trial.datetime_start else 0
        is_silent = time() - max(trial.user_attrs.get(SEEN, 0), begun) > patience
        if is_silent or (where == [machine] and os.name == "posix" and not _is_alive(int(process))):
            abandon(study, trial.number)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
