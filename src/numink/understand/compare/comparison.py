"""What a comparison found: figures for each variant, tests of the best against the others, one sentence."""

import csv
from dataclasses import asdict, dataclass
from functools import cached_property
from io import StringIO
from itertools import combinations
from math import inf, isfinite
from pathlib import Path
from statistics import mean
from typing import Any, Literal

from numink.evaluate.page import counted
from numink.schema import lists
from numink.understand.compare.one_run import PartFigures, RunFailure, RunFigures
from numink.understand.compare.significance import PairedTest, Spread, holm, paired_test, spread
from numink.understand.compare.variants import Variant
from numink.understand.compare.verdicts import Verdict, sentences

Part = Literal["training", "validation", "test"]
PARTS: tuple[Part, ...] = ("training", "validation", "test")
MEASURES = ("accuracy", "squared_error", "squared_error_per_image", "cross_entropy")


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
    def seeds_shared(self) -> frozenset[int]:
        """The seeds that the variants are ranked by and tested on: those that all have.

        Where runs failed, a variant that would leave fewer than two takes no part.
        """
        by_variant = [frozenset(run.seed for run in self.runs_of(variant.name)) for variant in self.compared]
        shared, *others = sorted(by_variant, key=len, reverse=True)
        for seeds in others:
            shared = shared & seeds if len(shared & seeds) > 1 else shared
        alone = sum(shared <= seeds for seeds in by_variant) < 2
        return frozenset.intersection(*by_variant) if alone else shared

    @cached_property
    def best(self) -> Variant:
        """The variant that reads these images best."""
        return self.ranked[0]

    @cached_property
    def ranked(self) -> tuple[Variant, ...]:
        """The variants by their mean accuracy on these images, of equals the lower cross-entropy first.

        Over the seeds that are shared; those that lack one come last, by what they have.
        """

        def rank(variant: Variant) -> tuple[bool, float, float]:
            runs = self.runs_of(variant.name)
            shared = [run for run in runs if run.seed in self.seeds_shared]
            takes_part = len(shared) == len(self.seeds_shared)
            judged = [getattr(run, self.judged_by) for run in (takes_part and shared) or runs]
            return not takes_part, -mean(part.accuracy for part in judged), mean(part.cross_entropy for part in judged)

        return tuple(sorted(self.compared, key=rank))

    @cached_property
    def tests(self) -> tuple[Verdict, ...]:
        """The best against each other variant.

        The best was picked by these same figures: so every pair of variants is tested and corrected for, as if any
        of them might have been the one to be told of.
        """
        names = [variant.name for variant in self.compared]
        pairs = {frozenset(pair): self._paired(*pair) for pair in combinations(names, 2)}
        tested = {pair: test.p for pair, test in pairs.items() if test.p is not None}
        p = dict(zip(tested, holm([*tested.values()]), strict=True))
        best = self.best.name
        return tuple(
            Verdict(best, other, self._paired(best, other), p.get(frozenset((best, other))))
            for other in names
            if other != best
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
        return spread(self.figures(variant, part, measure), 0, 1 if measure == "accuracy" else inf)

    def final(self, variant: str) -> Spread | None:
        """The accuracy on the validation images after the last epoch; None where there are none."""
        finals = [run.final for run in self.runs_of(variant) if run.final is not None]
        return spread(finals, 0, 1) if finals else None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that all runs were judged on."""
        return tuple(part for part in PARTS if all(getattr(run, part) for run in self.runs))

    @property
    def length(self) -> str:
        """For how long the runs were trained, such as "500 iterations"; early stops and variants may differ."""
        in_steps = all(variant.recipe.train.iterations for variant in self.compared)
        lengths = [run.steps if in_steps else run.epochs for run in self.runs]
        longest = counted(max(lengths), "iteration" if in_steps else "epoch")
        return longest if min(lengths) == max(lengths) else f"{min(lengths):,} to {longest}"

    @property
    def sentence(self) -> str:
        """What was found, in plain words."""
        return " ".join(self.sentences)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What was found: whom the best beats, from whom it cannot be told apart, and what was not tested."""
        kept = ", each at its best within" if self.judged_by == "validation" else " after"
        where = f" in {self.judged_by} accuracy{kept} {self.length}"
        return sentences(self.tests, where, len(self.seeds_shared))

    def to_json(self) -> dict[str, Any]:
        """All of it as numbers, lists and dicts that `json.dumps` takes."""
        return {
            "folder": str(self.folder),
            "command": self.command,
            "sentence": self.sentence,
            "judged_by": f"{self.judged_by} accuracy",
            "figures_of": f"{'best' if self.judged_by == 'validation' else 'last'} epoch",
            "best": self.best.name,
            "seeds": self.seeds,
            "variants": [self._variant_json(variant) for variant in self.variants],
            "tests": [
                {
                    "best": test.best,
                    "other": test.other,
                    **asdict(test.paired),
                    "difference": test.paired.difference if isfinite(test.paired.difference) else None,
                    "p_holm": test.p,
                    "chance": test.chance,
                }
                for test in self.tests
            ],
            "runs": [asdict(run) for run in self.runs],
            "failed": [asdict(run) for run in self.failed],
        }

    def to_csv(self) -> str:
        """A line of names, and one for each run; of one that failed, why."""
        columns = ["variant", "seed", "parameters", "epochs", "steps", "seconds", "final"]
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
        of_a, of_b = [
            {run.seed: getattr(run, self.judged_by).accuracy for run in self.runs_of(variant)} for variant in (a, b)
        ]
        seeds = sorted(self.seeds_shared) if self.seeds_shared <= of_a.keys() & of_b.keys() else []
        return paired_test([of_a[seed] for seed in seeds], [of_b[seed] for seed in seeds])

    def _variant_json(self, variant: Variant) -> dict[str, Any]:
        runs = self.runs_of(variant.name)
        found: dict[str, Any] = {"name": variant.name, "meaning": variant.meaning or variant.name, "runs": len(runs)}
        found["recipe"] = variant.recipe.tables()
        if runs:
            found["parameters"] = runs[0].parameters
            found["seconds"] = asdict(spread([run.seconds for run in runs]))
            final = self.final(variant.name)
            found["final"] = final and asdict(final)
        for part in self.parts if runs else ():
            found[part] = {measure: asdict(self.spread(variant.name, part, measure)) for measure in MEASURES}
        return dict(lists(found))
