"""Networks compared by experiment: each variant trained from several seeds, side by side, and tested in pairs.

A comparison is a folder: plan.json says what is compared, runs/VARIANT/seed-N are ordinary runs with a file of figures
beside each, and compare.json, compare.csv and compare.html tell what came of it. The same comparison finds the same
folder, and makes only those runs that are not there yet.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Any, cast

from numink import __version__, blas
from numink.crew import processors
from numink.data import sources
from numink.data.digits import Digits
from numink.data.table import Missing
from numink.errors import RecipeError, RunError
from numink.evaluate.page import counted, listed
from numink.files import write_text
from numink.recipe import Recipe
from numink.run import require_new
from numink.understand.compare.comparison import Comparison
from numink.understand.compare.lock import locked
from numink.understand.compare.one_run import Job, RunFailure, RunFigures, Source, known, source_of, train_one
from numink.understand.compare.variants import Variant, as_folder, variants
from numink.understand.side_by_side import Failure, side_by_side

if TYPE_CHECKING:
    from numink.data.download import Progress

PLAN, JSON, CSV, PAGE = "plan.json", "compare.json", "compare.csv", "compare.html"

Watch = Callable[[int, float, int, RunFigures | RunFailure | None], None]
"""watch(runs that are done, the sum of the shares of those on their way, runs in all, the one that has just ended)."""


def compare(
    recipes: Sequence[str | Path | Recipe],
    vary: Sequence[str] = (),
    *,
    seeds: int = 5,
    source: str | None = None,
    settings: Sequence[str] = (),
    out: str | Path | None = None,
    workers: int | None = None,
    watch: Watch = lambda done, under_way, total, ended: None,
    progress: "Progress | None" = None,
    say: Callable[[str], None] = lambda line: None,
) -> Comparison:
    """Train each recipe with each combination of `vary` from the seeds 0 to seeds - 1, and compare them.

    vary: such as ["network.activation=sigmoid,tanh,relu"]. settings: changes for all, such as ["train.epochs=5"].
    source: the data, in place of the recipes' own. out: the folder, by default one that is named after what is
    compared. workers: how many runs at once, by default one for each processor; each computes with one thread.
    progress: is told how far digits are fetched or drawn; say: what auto came to, what letters stand for, and what
    the results rest on that is not made now, a line each.

    Raises RecipeError, DataError or RunError before anything runs, where something cannot be as it is asked for; and
    RunError where fewer than two variants have results. A run that fails stops no other. Ctrl-C is a
    KeyboardInterrupt, after which the same call goes on where it stopped.
    """
    if seeds < 1:
        raise RecipeError(f"the number of seeds should be 1 or more, but {seeds} came")
    those = variants(recipes, vary, settings, source)
    plan = {
        variant.folder: {"name": variant.meaning or variant.name, "recipe": variant.recipe.tables()}
        for variant in those
    }
    folder = Path(out) if out is not None else Path("runs", _name(those, plan))
    _require_same(folder, plan)
    jobs = [
        Job(variant.name, variant.recipe, seed, folder / "runs" / variant.folder / f"seed-{seed}")
        for seed in range(seeds)
        for variant in those
    ]
    outcomes = {job: outcome for job in jobs if (outcome := known(job))}
    left = [job for job in jobs if job not in outcomes]
    data = _read(left, progress) if left else {}
    _require_same_data(outcomes, data)
    for line in _rests_on(outcomes, data):
        say(line)
    if left:
        for digits in data.values():
            if digits.reason:
                say(f"auto: {digits.name}, because {digits.reason}")
        for variant in those:
            if variant.meaning:
                say(f"{variant.name}: {variant.meaning}")
        with locked(folder):
            write_text(folder / PLAN, json.dumps(plan, indent=1) + "\n")
            _run(left, data, outcomes, workers or processors(), watch)
    called = [recipe.name if isinstance(recipe, Recipe) else str(recipe) for recipe in recipes]
    ended = [outcomes[job] for variant in those for job in jobs if job.variant == variant.name]
    comparison = Comparison(
        folder,
        _command(called, vary, seeds, source, settings, out),
        those,
        seeds,
        tuple(outcome for outcome in ended if isinstance(outcome, RunFigures)),
        tuple(outcome for outcome in ended if isinstance(outcome, RunFailure)),
    )
    if len(comparison.compared) < 2:
        raise RunError(f"there is nothing to compare: {_why_nothing(comparison)}")
    _publish(comparison)
    return comparison


def _run(
    jobs: Sequence[Job],
    data: Mapping[Source, Digits],
    outcomes: dict[Job, RunFigures | RunFailure],
    processes: int,
    watch: Watch,
) -> None:
    """Do these jobs side by side, and add what becomes of them to `outcomes`."""
    total, shares = len(outcomes) + len(jobs), [0.0] * len(jobs)

    def heard(place: int, share: float) -> None:
        shares[place] = share
        watch(len(outcomes), sum(shares), total, None)

    with closing(side_by_side(partial(train_one, data), jobs, processes, heard)) as running:
        for place, ended in running:
            job, shares[place] = jobs[place], 0.0  # it counts among the outcomes now
            if isinstance(ended, Failure):
                outcomes[job] = RunFailure(job.variant, job.seed, ended.kind, ended.line)
            else:
                outcomes[job] = ended
            watch(len(outcomes), sum(shares), total, outcomes[job])


def _read(jobs: Sequence[Job], progress: "Progress | None") -> dict[Source, Digits]:
    """The digits of all these runs, not split yet; DataError where one of the recipes cannot split them."""
    wanted = {source_of(job.recipe) for job in jobs}
    data = {
        (names, missing): sources.read(names, missing=cast(Missing, missing), progress=progress)
        for names, missing in sorted(wanted)
    }
    for source, validation, stratify in {
        (source_of(job.recipe), job.recipe.data.validation, job.recipe.data.stratify) for job in jobs
    }:
        data[source].split(validation, 0, stratify)
    if len(main := {digits.main_source for digits in data.values()}) > 1:
        raise RecipeError(
            f"all should be judged on images of one source, but they are of {listed(sorted(main))}; choose with --data"
        )
    return data


def _require_same(folder: Path, plan: dict[str, Any]) -> None:
    """RunError where the folder holds something else than this comparison."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if there.exists() and not there.is_dir():
        raise RunError(f"{there} is a file, no folder; choose another folder with --out")
    require_new(folder)
    if (folder / PLAN).exists():
        try:
            same = json.loads((folder / PLAN).read_text("utf-8")) == plan
        except (OSError, ValueError) as error:
            raise RunError(f"cannot read {folder / PLAN}: {error}; choose another folder with --out") from None
        if not same:
            raise RunError(f"{folder} holds another comparison; choose another folder with --out")


def _require_same_data(outcomes: Mapping[Job, RunFigures | RunFailure], data: Mapping[Source, Digits]) -> None:
    """RunError where runs that are there learned from other data than those that are to come."""
    for job, run in outcomes.items():
        now = data.get(source_of(job.recipe))
        if isinstance(run, RunFigures) and now is not None and now.fingerprint != run.fingerprint:
            raise RunError(
                f"the data are not those that {job.folder} was trained on (fingerprint {now.fingerprint}, then "
                f"{run.fingerprint}); choose another folder with --out"
            )


def _rests_on(outcomes: Mapping[Job, RunFigures | RunFailure], data: Mapping[Source, Digits]) -> list[str]:
    """What a reader should know of runs that are there already: the data that were not looked at, and who made them."""
    runs = [(job, run) for job, run in outcomes.items() if isinstance(run, RunFigures)]
    unread = {f"{run.data} ({run.fingerprint})" for job, run in runs if source_of(job.recipe) not in data}
    lines = [f"figures of earlier runs, on the data {listed(sorted(unread))}, not read again"] if unread else []
    now = f"numink {__version__}, {blas.description()}"
    before = [made for _, run in runs if (made := run.made_with) != now]
    if before:
        those = f"{counted(len(before), 'run')} made with {listed(sorted(set(before)))}"
        lines.append(f"{those}, and now it is {now}: as good, but not the same to the last bit")
    return lines


def _name(those: Sequence[Variant], plan: dict[str, Any]) -> str:
    """The folder's name: the recipes, and a fingerprint of all that is compared."""
    digest = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:8]
    called = as_folder("-".join(dict.fromkeys(variant.recipe.name for variant in those)))
    return f"compare-{called}-{digest}"


def _command(
    recipes: Sequence[str],
    vary: Sequence[str],
    seeds: int,
    source: str | None,
    settings: Sequence[str],
    out: str | Path | None,
) -> str:
    """How to make the comparison again."""
    words = ["numink", "compare", *recipes]
    for option, values in (("--vary", vary), ("--set", settings)):
        words += [word for value in values for word in (option, value)]
    words += ["--seeds", str(seeds)]
    words += ["--data", source] if source is not None else []
    words += ["--out", str(out)] if out is not None else []
    return join(words)


def _why_nothing(comparison: Comparison) -> str:
    first = comparison.failed[0]
    there = "one variant alone has a result" if comparison.compared else "no run has a result"
    return f"{there}; {first.variant}, seed {first.seed}: {first.line}"


def _publish(comparison: Comparison) -> None:
    """Write what came of it, for programs and for people."""
    from numink.understand.compare.page import compare_page

    folder = comparison.folder
    write_text(folder / JSON, json.dumps(comparison.to_json(), indent=1) + "\n")
    write_text(folder / CSV, comparison.to_csv())
    write_text(folder / PAGE, compare_page(comparison))
