"""What a comparison found: figures for each variant, tests of the best against the others, one sentence."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from numink.evaluate.page import counted, listed
from numink.schema import lists
from numink.understand.compare.one_run import PartFigures, RunFailure, RunFigures
from numink.understand.compare.significance import PairedTest, Spread, holm, paired_test, spread
from numink.understand.compare.variants import Variant

Part = Literal["training", "validation", "test"]
PARTS: tuple[Part, ...] = ("training", "validation", "test")
MEASURES = ("accuracy", "squared_error", "squared_error_per_image", "cross_entropy")
CHANCE = 0.05
"""Differences that chance gives more often than this are not told apart."""
ENOUGH_SEEDS = 5
"""With fewer, also a large difference may not be told from chance."""
MOST_NAMED = 4
"""Of the variants in one half of the sentence."""


@dataclass(frozen=True)
class Verdict:
    """The best variant against another, by `Comparison.judged_by`."""

    best: str
    other: str
    paired: PairedTest
    p: float | None
    """After Holm's correction for all tests of the comparison."""

    @property
    def told_apart(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p is not None and self.p < CHANCE


@dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of all variants, and what they say."""

    folder: Path
    command: str
    """Which makes it again."""
    variants: tuple[Variant, ...]
    seeds: int
    runs: tuple[RunFigures, ...]
    failed: tuple[RunFailure, ...]

    @cached_property
    def compared(self) -> tuple[Variant, ...]:
        """The variants with results, in their order."""
        there = {run.variant for run in self.runs}
        return tuple(variant for variant in self.variants if variant.name in there)

    @cached_property
    def judged_by(self) -> Part:
        """The images whose accuracy decides which is best: never the test images."""
        return "validation" if all(run.validation for run in self.runs) else "training"

    @cached_property
    def best(self) -> Variant:
        """The variant that reads these images best."""
        return self.ranked[0]

    @cached_property
    def ranked(self) -> tuple[Variant, ...]:
        """The variants by their mean accuracy on these images, of equals the lower cross-entropy first."""

        def rank(variant: Variant) -> tuple[float, float]:
            accuracy, cost = (
                self.spread(variant.name, self.judged_by, what).mean for what in ("accuracy", "cross_entropy")
            )
            return -accuracy, cost

        return tuple(sorted(self.compared, key=rank))

    @cached_property
    def tests(self) -> tuple[Verdict, ...]:
        """The best against each other variant, over the seeds that both have."""
        others = [variant.name for variant in self.compared if variant is not self.best]
        paired = [self._paired(self.best.name, other) for other in others]
        counted = [test.p for test in paired if test.p is not None]
        adjusted = iter(holm(counted))
        return tuple(
            Verdict(self.best.name, other, test, None if test.p is None else next(adjusted))
            for other, test in zip(others, paired, strict=True)
        )

    def runs_of(self, variant: str) -> list[RunFigures]:
        """The runs of the variant of this name, by their seeds."""
        return sorted((run for run in self.runs if run.variant == variant), key=lambda run: run.seed)

    def figures(self, variant: str, part: Part, measure: str) -> list[float]:
        """One of MEASURES of each of its runs; nothing where that part has no labelled images."""
        parts: list[PartFigures | None] = [getattr(run, part) for run in self.runs_of(variant)]
        return [getattr(found, measure) for found in parts if found]

    def spread(self, variant: str, part: Part, measure: str) -> Spread:
        """Mean and spread of that; ValueError (statistics') where there is nothing."""
        return spread(self.figures(variant, part, measure))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that all runs were judged on."""
        return tuple(part for part in PARTS if all(getattr(run, part) for run in self.runs))

    @property
    def length(self) -> str:
        """For how long all were trained, such as "after 500 iterations"; empty where that differs."""
        lengths = {(variant.recipe.train.iterations, variant.recipe.train.epochs) for variant in self.compared}
        if len(lengths) > 1:
            return ""
        ((iterations, epochs),) = lengths
        return f" after {counted(iterations or epochs, 'iteration' if iterations else 'epoch')}"

    @property
    def sentence(self) -> str:
        """What was found, in plain words."""
        return " ".join(self.sentences)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What was found: whom the best beats, from whom it cannot be told apart, and what was not tested."""
        beaten = [verdict for verdict in self.tests if verdict.told_apart]
        level = [verdict for verdict in self.tests if verdict.p is not None and not verdict.told_apart]
        untested = [verdict for verdict in self.tests if verdict.p is None]
        best, pairs = self.best.name, min(verdict.paired.pairs for verdict in self.tests)
        where = f" in {self.judged_by} accuracy{self.length}, over {counted(pairs, 'seed')}"
        found = []
        if beaten:
            found.append(f"{best} beats {_named(beaten, 'by ')}{where}.")
            where = ""
        if len(level) == 1:
            points, p = _points(level[0]), p_text(level[0].p)
            found.append(
                f"{best} and {level[0].other} cannot be told apart{where}: the difference of {points} is within chance "
                f"({p})."
            )
        elif level:
            found.append(f"{best} cannot be told from {_named(level)}{where}: such differences are within chance.")
        if level and pairs < ENOUGH_SEEDS:
            found.append("More seeds may tell more.")
        if untested:
            where = "" if beaten or level else where
            found.append(f"{best} is ahead of {_named(untested, 'by ')}{where}.")
            found.append(f"That could not be tested: {untested[0].paired.why}.")
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """All of it as numbers, lists and dicts that `json.dumps` takes."""
        return {
            "folder": str(self.folder),
            "command": self.command,
            "sentence": self.sentence,
            "judged_by": f"{self.judged_by} accuracy",
            "best": self.best.name,
            "seeds": self.seeds,
            "variants": [self._variant_json(variant) for variant in self.variants],
            "tests": [
                {
                    "best": test.best,
                    "other": test.other,
                    **asdict(test.paired),
                    "p_holm": test.p,
                    "chance": not test.told_apart,
                }
                for test in self.tests
            ],
            "runs": [asdict(run) for run in self.runs],
            "failed": [asdict(run) for run in self.failed],
        }

    def to_csv(self) -> str:
        """A line of names, and one for each run; of one that failed, why."""
        columns = ["variant", "seed", "parameters", "epochs", "steps", "seconds"]
        file = StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, *(f"{part}_{measure}" for part in PARTS for measure in MEASURES), "failed"])
        for run in self.runs:
            cells = [getattr(getattr(run, part), measure, "") for part in PARTS for measure in MEASURES]
            writer.writerow([*(getattr(run, column) for column in columns), *cells, ""])
        for failure in self.failed:
            empty = [""] * (len(columns) - 2 + len(PARTS) * len(MEASURES))
            writer.writerow([failure.variant, failure.seed, *empty, failure.line])
        return file.getvalue()

    def _paired(self, a: str, b: str) -> PairedTest:
        pairs = {run.seed: run for run in self.runs_of(b)}
        both = [(run, pairs[run.seed]) for run in self.runs_of(a) if run.seed in pairs]
        accuracies = [[getattr(run, self.judged_by).accuracy for run in pair] for pair in both]
        return paired_test([pair[0] for pair in accuracies], [pair[1] for pair in accuracies])

    def _variant_json(self, variant: Variant) -> dict[str, Any]:
        runs = self.runs_of(variant.name)
        found: dict[str, Any] = {"name": variant.name, "runs": len(runs), "recipe": variant.recipe.tables()}
        if runs:
            found["parameters"] = runs[0].parameters
            found["seconds"] = asdict(spread([run.seconds for run in runs]))
        for part in self.parts if runs else ():
            found[part] = {measure: asdict(self.spread(variant.name, part, measure)) for measure in MEASURES}
        return dict(lists(found))


def p_text(p: float | None) -> str:
    """A p-value as it is read.

    >>> p_text(0.0004), p_text(0.0021), p_text(0.413), p_text(None)
    ('p < 0.001', 'p = 0.002', 'p = 0.41', 'not tested')
    """
    if p is None:
        return "not tested"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _named(verdicts: Sequence[Verdict], by: str = "") -> str:
    """The others, each with its difference; of many, how many they are."""
    if len(verdicts) > MOST_NAMED:
        ordered = sorted(verdicts, key=lambda verdict: verdict.paired.difference)
        smallest, largest = _points(ordered[0]).removesuffix(" points"), _points(ordered[-1])
        return (
            f"{len(verdicts)} others by {smallest} to {largest}"
            if by
            else f"{len(verdicts)} others ({smallest} to {largest})"
        )
    named = []
    for verdict in verdicts:
        points, p = _points(verdict), "" if verdict.p is None else p_text(verdict.p)
        if by:
            named.append(f"{verdict.other} {by}{points}" + (f" ({p})" if p else ""))
        else:
            named.append(f"{verdict.other} ({points}, {p})")
    return listed(named)


def _points(verdict: Verdict) -> str:
    points = 100 * verdict.paired.difference
    return f"{points:.1f} points" if points >= 1 else f"{points:.2f} points"
