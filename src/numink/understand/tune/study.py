"""A study of `numink tune`: opened, refused where it is another's, and read as what numink says of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from numink.errors import RunError
from numink.evaluate.page import listed
from numink.recipe import Recipe
from numink.understand.tune.bookkeeping import abandon_dead, lost, trials_that_count
from numink.understand.tune.space import Space, Values
from numink.understand.tune.storage import connect, quiet, shown_url

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

    from numink.data.digits import Digits

FEW = 12
"""Trials, of which more are needed before the importance of keys means anything."""

State = Literal["done", "pruned", "failed", "running"]


@dataclass(frozen=True)
class Tried:
    """A trial: what it changed, and what came of it.

    accuracy: on the validation images, 0..1, of the weights kept, or where the trial was pruned, of the last seen.
    course: the accuracy after so many thirtieths of the steps. why: a failure's reason.
    """

    number: int
    state: State
    values: Values
    accuracy: float | None
    course: Mapping[int, float]
    facts: Mapping[str, Any]
    is_default: bool = False
    why: str = ""


@dataclass(frozen=True)
class Tuned:
    """A study as it stands."""

    space: Space
    trials: Sequence[Tried]
    """But for those that were interrupted, in their order."""

    @property
    def done(self) -> list[Tried]:
        """The trials that were trained to their end."""
        return [trial for trial in self.trials if trial.state == "done"]

    @property
    def best(self) -> Tried | None:
        """The first of the trials with the highest accuracy; None before one is done."""
        return max(self.done, key=lambda trial: trial.accuracy or 0, default=None)

    @property
    def default(self) -> Tried | None:
        """The recipe itself; None before it is done."""
        return next((trial for trial in self.done if trial.is_default), None)

    def recipe_of(self, trial: Tried) -> Recipe:
        """The recipe that a trial trained by."""
        return self.space.recipe if trial.is_default else self.space.recipe_of(trial.values)

    def changes(self, trial: Tried) -> Values:
        """What a trial changed: its values, but for those that the recipe has itself."""
        own = self.space.own()
        return {key: value for key, value in trial.values.items() if value != own[key]}

    def counts(self) -> dict[str, int]:
        """How many trials are in each state."""
        states: tuple[State, ...] = ("done", "pruned", "failed", "running")
        return {state: sum(trial.state == state for trial in self.trials) for state in states}

    def to_json(self) -> dict[str, Any]:
        """The study as JSON holds it."""
        best, default = self.best, self.default
        return {
            "recipe": self.space.recipe.name,
            "validation_accuracy": best and best.accuracy,
            "default_accuracy": default and default.accuracy,
            "best": best and {"number": best.number, "values": self.changes(best), **best.facts},
            "trials": self.counts(),
        }


def fingerprint(space: Space, digits: "Digits", seed: int) -> dict[str, Any]:
    """What a study is of; where this is the same, its trials can be compared."""
    tables = space.recipe.tables()
    del tables["data"]["source"]  # wherever the data are, it is they that count
    return {
        "recipe": digest(tables),
        "space": digest([asdict(axis) for axis in space.axes]),
        "data": digits.fingerprint,
        "seed": seed,
    }


def open_study(storage: str, space: Space, found: dict[str, Any]) -> "Study":
    """The study in this storage, a new one where there is none; RunError where it is of something else."""
    import optuna
    from optuna.trial import TrialState

    name = space.recipe.name
    with quiet():
        backend = connect(storage)
        others = [study.study_name for study in backend.get_all_studies()]
        if "://" not in storage and others and name not in others:
            raise RunError(refusal(shown_url(storage), found | {"recipe": None}, found))
        open_ = (
            optuna.load_study
            if name in others
            else partial(
                optuna.create_study,
                direction="maximize",
                load_if_exists=True,  # by another process, this moment
            )
        )
        study = open_(study_name=name, storage=backend)
        known = study.user_attrs.get("fingerprint", found)
        if known != found:
            raise RunError(refusal(shown_url(storage), known, found))
        study.set_user_attr("fingerprint", found)
        abandon_dead(study)
        trials = study.get_trials(deepcopy=False)
        if not any(trial.user_attrs.get("default") and trial.state != TrialState.FAIL for trial in trials):
            own = space.own()
            fixed = {axis.key: axis.label(own[axis.key]) for axis in space.axes} if space.holds(own) else {}
            study.enqueue_trial(fixed, user_attrs={"default": True})
            _leave_one_default(study)
    return study


def _leave_one_default(study: "Study") -> None:
    """Of the recipe itself, asked for by two processes at once, leave the first; the others try what they like."""
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False)
    asked = [trial for trial in trials if trial.user_attrs.get("default") and trial.state != TrialState.FAIL]
    for again in (trial for trial in asked[1:] if trial.state == TrialState.WAITING):
        study._storage.set_trial_system_attr(again._trial_id, "fixed_params", {})
        study._storage.set_trial_user_attr(again._trial_id, "default", False)


def read_study(study: "Study", space: Space) -> Tuned:
    """All that is known of a study now."""
    with quiet():
        reasons = study.user_attrs
        return Tuned(
            space, [_read(trial, space, reasons.get(lost(trial.number), "")) for trial in trials_that_count(study)]
        )


def importance(study: "Study") -> dict[str, float]:
    """How much each key decides whether a trial is among the best quarter: shares of 1, the largest first.

    PED-ANOVA (Watanabe 2023) over all trials with a result, the pruned ones, which are hopeless, among them. Empty
    where there are fewer than FEW, of which nothing can be said.
    """
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    judged = [trial for trial in trials_that_count(study) if trial.params and trial.state.is_finished()]
    values = [(trial.value or 0.0) - (trial.state.name == "PRUNED") for trial in judged]  # these below all others
    if len(judged) < FEW or len(set(values)) == 1:
        return {}
    with quiet():
        every = optuna.create_study(direction="maximize")
        for trial, value in zip(judged, values, strict=True):
            every.add_trial(optuna.create_trial(params=trial.params, distributions=trial.distributions, value=value))
        return get_param_importances(every, evaluator=PedAnovaImportanceEvaluator(target_quantile=0.25))


def _read(trial: "FrozenTrial", space: Space, why: str) -> Tried:
    """A trial of Optuna's as ours."""
    attributes = trial.user_attrs
    why = why or attributes.get("why", "")
    states: dict[str, State] = {"COMPLETE": "done", "PRUNED": "failed" if why else "pruned"}
    values = {axis.key: axis.value(trial.params[axis.key]) for axis in space.axes if axis.key in trial.params}
    if attributes.get("default") and values:
        values = space.own()  # to the last digit
    course = dict(sorted(trial.intermediate_values.items()))
    accuracy = trial.value if trial.state.name == "COMPLETE" else next(reversed(course.values()), None)
    return Tried(
        trial.number,
        states.get(trial.state.name, "running"),
        values,
        accuracy,
        course,
        attributes.get("facts", {}),
        attributes.get("default", False),
        why,
    )


def digest(value: Any) -> str:
    """16 hexadecimal digits that stand for what JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def refusal(where: str, known: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """A line for a place that holds a study of something else than what was found."""
    parts = [part for part in found if known.get(part) != found[part]]
    return (
        f"{where} holds a study with another {listed(parts)}; choose another --out or --storage, "
        "or give the same as before to go on with it"
    )
