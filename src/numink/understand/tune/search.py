"""The best recipe in a space of recipes, by validation accuracy: what `numink tune` calls.

Optuna proposes and prunes; processes side by side train. All that is known stands in the study's storage, so that any
number of processes, terminals and machines may work on one study, and the same command goes on with it.
"""

import json
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from shlex import quote
from time import perf_counter
from typing import Any

from numink.crew import processors
from numink.data.digits import Digits
from numink.data.sources import anchored
from numink.errors import RecipeError, RunError, TrainingError
from numink.files import write_text
from numink.understand.side_by_side import Failure, side_by_side
from numink.understand.tune.bookkeeping import abandon, count_trials
from numink.understand.tune.page import tune_page
from numink.understand.tune.space import Space
from numink.understand.tune.storage import shown_url, using
from numink.understand.tune.study import (
    Tried,
    Tuned,
    digest,
    fingerprint,
    importance,
    open_study,
    read_study,
    refusal,
)
from numink.understand.tune.trial import Job, Progress, one_trial

BEST, DEFAULT, PAGE, FACTS, JOURNAL = "best.toml", "default.toml", "tune.html", "tune.json", "study.log"

SEEDS = 5
"""Beside the search's own, that show whether the best is better indeed."""

Heard = Callable[[Tuned, float, Tried | None], None]
"""heard(the study, the share of all its steps that are done, the trial that has just ended or None)."""


def tune(
    space: Space,
    digits: Digits,
    *,
    out: str | Path | None = None,
    trials: int = 30,
    seed: int = 0,
    workers: int | None = None,
    storage: str | None = None,
    again: str = "numink tune",
    heard: Heard = lambda tuned, share, ended: None,
) -> Tuned:
    """Bring a study to so many trials, those of earlier calls and other processes counted in; what is then known.

    space: around a recipe; digits: as its `load_digits(recipe, seed)` gives them (the test part is left out). out: the
    folder of best.toml and, at the end, tune.html and tune.json; by default `folder_of` these. seed: of the split and
    of every training, the same for all trials, and of what is proposed: with one worker the same seed gives the same
    study. workers: processes, by default one for each processor. storage: a file NAME.log or a URL of Optuna's, by
    default study.log in `out`. again: the command that goes on, for the page.

    Raises RecipeError where there are no validation images, RunError where the storage cannot be used or the study is
    of another recipe, space, data or seed. KeyboardInterrupt leaves a study that the same call goes on with.
    """
    _require_optuna()
    if not len(digits.validation):
        raise RecipeError("tune chooses by validation images, but data.validation is 0; set it, such as to 5000")
    digits = replace(digits, test=None)
    out = Path(out or folder_of(space, digits, seed))
    require_folder(out)
    space = replace(space, recipe=space.recipe.with_source(*anchored(digits)))
    found = fingerprint(space, digits, seed)
    _require_own(out / FACTS, found)
    start = perf_counter()
    if storage is None:
        out.mkdir(parents=True, exist_ok=True)
        storage = str(out / JOURNAL)
    study = open_study(storage, space, found)
    tuned, first = read_study(study, space), count_trials(study)
    under_way: dict[int, Progress] = {}

    def share() -> float:
        ended = sum(trial.state != "running" for trial in tuned.trials)
        return min((ended + sum(progress.share for progress in under_way.values())) / trials, 1)

    def progressed(place: int, progress: Progress) -> None:
        under_way[place] = progress
        heard(tuned, share(), None)

    jobs = [Job(storage, study.study_name, space, seed, trials, place) for place in range(first, trials)]
    try:
        with closing(side_by_side(partial(one_trial, digits), jobs, workers or processors(), progressed)) as results:
            for place, result in results:
                if isinstance(result, Failure) and (place not in under_way or result.kind == RunError.__name__):
                    raise RunError(result.line)  # of the storage
                last = under_way.pop(place, None)
                with using(storage):
                    if isinstance(result, Failure) and last is not None:
                        abandon(study, last.number, result.line)
                    tuned = read_study(study, space)
                ended = next((trial for trial in tuned.trials if last and trial.number == last.number), None)
                if ended is not None and ended == tuned.best:
                    _write_best(tuned, out, seed)
                heard(tuned, share(), ended)
    finally:
        with suppress(RunError), using(storage):
            for last in under_way.values():
                abandon(study, last.number)
    if tuned.best is None:
        reasons = {trial.why: "" for trial in tuned.trials if trial.why} or {"others still work on them": ""}
        raise TrainingError(f"none of {len(tuned.trials)} trials came to its end: {'; '.join(list(reasons)[:3])}")
    _write_best(tuned, out, seed)
    weights = importance(study)
    facts = tuned.to_json() | {"importance": weights, "seconds": round(perf_counter() - start, 3)}
    facts |= {"files": {"best": str(out / BEST), "page": str(out / PAGE)}, "storage": shown_url(storage)}
    write_text(out / PAGE, tune_page(tuned, weights, next_commands(out, tuned, seed), next_note(tuned, seed), again))
    write_text(out / FACTS, json.dumps(facts | {"of": found}, indent=1))
    return tuned


def _require_optuna() -> None:
    try:
        import optuna  # noqa: F401
    except ModuleNotFoundError as error:
        raise RunError(f'tune needs optuna ({error}): pip install "numink[tune]"') from None


def folder_of(space: Space, digits: Digits, seed: int) -> Path:
    """The folder of a study, where none is named: the same for the same recipe, space, data and seed."""
    found = fingerprint(space, digits if digits.test is None else replace(digits, test=None), seed)
    return Path("runs", f"tune-{space.recipe.name}-{digest(found)[:8]}")


def require_folder(out: Path) -> None:
    """RunError where the results cannot have this folder, a file being in its place."""
    for place in (out, *out.parents):
        if place.exists() and not place.is_dir():
            raise RunError(f"{place} is a file, but the results need a folder; choose another --out")


def next_commands(out: Path, tuned: Tuned, seed: int, program: str = "numink") -> list[str]:
    """What to try when the best recipe is known; a comparison where it is another than the recipe itself."""
    default, best = quote(str(out / DEFAULT)), quote(str(out / BEST))
    seeds = SEEDS + (seed < SEEDS)
    compare = f"{program} compare {default} {best} --seeds {seeds}"
    return [f"{program} train {best}"] + [compare] * (tuned.best != tuned.default)


def next_note(tuned: Tuned, seed: int) -> str:
    """What to bear in mind when reading the comparison; empty where there is nothing."""
    if tuned.best == tuned.default or seed >= SEEDS:
        return ""
    return f"Seed {seed} is the search's own: its validation images chose the recipe, so that its pair flatters it."


def _write_best(tuned: Tuned, out: Path, seed: int) -> None:
    """The best recipe so far, and the one that all began with, as files that `numink train` takes."""
    best, default = tuned.best, tuned.default
    assert best is not None
    lines = [f"# The best of {len(tuned.trials)} trials that began with {tuned.space.recipe.name}."]
    if best.is_default:
        lines += [f"# It is {tuned.space.recipe.name} itself: {best.accuracy:.2%} of the validation images read right."]
    else:
        itself = f" (the recipe itself: {default.accuracy:.2%})" if default else ""
        lines += [
            f"# It read {best.accuracy:.2%} of the validation images right{itself}. These",
            "# chose it, so that its figure is a little too good; whether it is better indeed, other seeds show:",
            f"#   {next_commands(out, tuned, seed)[1]}",
        ]
        lines += [f"# {note}"] if (note := next_note(tuned, seed)) else []
    write_text(out / DEFAULT, tuned.space.recipe.to_toml())
    write_text(out / BEST, "\n".join(lines) + "\n\n" + tuned.recipe_of(best).to_toml())


def _require_own(facts: Path, found: dict[str, Any]) -> None:
    """RunError where the folder has the result of another study."""
    if facts.is_file():
        try:
            other = json.loads(facts.read_text("utf-8"))["of"]
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{facts} is not as numink wrote it ({error}); choose another --out") from None
        if other != found:
            raise RunError(refusal(str(facts), other, found))
