"""The page of a comparison: one sentence, and all that it stands on."""

from typing import Any

from numink.evaluate.page import figure, listed, page
from numink.run import REPORT
from numink.understand import compare_plots as plots
from numink.understand.comparison import MEASURES, Comparison, Part, p_text
from numink.understand.variants import differing, readable

SECONDS_APART = 1.5
"""Where one variant takes so many times as long as another, accuracy over time is drawn as well."""


def compare_page(comparison: Comparison) -> str:
    """The page (HTML): links lead to the reports of the runs, beside it in its folder."""
    names = [variant.name for variant in comparison.compared]
    parts = comparison.parts
    bars = [("accuracy", part) for part in parts[-2:]] + [("squared_error", part) for part in (parts[0], parts[-1])]
    return page(
        "compare.html.jinja",
        room="understand",
        comparison=comparison,
        title=listed(names) if len(names) <= 4 and sum(map(len, names)) < 60 else f"{len(names)} variants",
        facts=_facts(comparison),
        rows=[_row(comparison, name) for name in names],
        verdicts=[(verdict, p_text(verdict.p)) for verdict in comparison.tests],
        untested=dict.fromkeys(verdict.paired.why for verdict in comparison.tests if verdict.p is None),
        bars=[_bars(comparison, part, measure) for measure, part in dict.fromkeys(bars)],
        curves=_curves(comparison),
        drawn=len(plots.drawn(comparison)),
        differing={key: [*map(readable, values)] for key, values in differing(comparison.variants).items()},
        runs=[(run, _link(comparison, run.variant, run.seed)) for run in comparison.runs],
        recipe=comparison.best.recipe.to_toml(),
    )


def _facts(comparison: Comparison) -> dict[str, str]:
    first = comparison.runs[0]
    parts = [f"{getattr(first, part).images:,} {part}" for part in comparison.parts]
    facts = {
        "Runs": f"{len(comparison.runs):,}, of {len(comparison.compared)} variants",
        "Seeds": f"{comparison.seeds} for each variant",
        "Images": listed(parts),
        "Data": f"{first.data} ({first.fingerprint})",
    }
    if comparison.length:
        facts["Trained for"] = comparison.length.removeprefix(" after ")
    return facts


def _row(comparison: Comparison, name: str) -> dict[str, Any]:
    """A variant's line in the table of results."""
    runs = comparison.runs_of(name)
    spreads = {
        measure: {part: comparison.spread(name, part, measure) for part in comparison.parts} for measure in MEASURES
    }
    seconds = sum(run.seconds for run in runs) / len(runs)
    return {"name": name, "runs": len(runs), "parameters": runs[0].parameters, "seconds": seconds, **spreads}


def _bars(comparison: Comparison, part: Part, measure: str) -> dict[str, Any]:
    what = "The share read wrong" if measure == "accuracy" else "The sum of squared errors"
    ends = []
    for variant in comparison.compared:
        mean = comparison.spread(variant.name, part, measure).mean
        ends.append(f"{variant.name} {f'{1 - mean:.2%}' if measure == 'accuracy' else f'{mean:,.0f}'}")
    made = plots.bars(comparison, part, measure)
    return {"figure": figure(made, f"bars-{part}-{measure}", f"{what} on {part} data: {listed(ends)}.")}


def _curves(comparison: Comparison) -> list[dict[str, Any]]:
    seconds = [
        sum(run.seconds for run in runs) / len(runs)
        for v in comparison.compared
        if (runs := comparison.runs_of(v.name))
    ]
    wanted: list[tuple[Part, plots.Column, plots.XAxis]] = []
    for column in ("loss", "accuracy"):
        wanted += [(part, column, plots.x_axis(comparison)) for part in comparison.parts if part != "test"]
    if max(seconds) > SECONDS_APART * min(seconds):
        wanted.append((comparison.judged_by, "accuracy", "second"))
    found = []
    for part, column, x in wanted:
        what = f"{'cost' if column == 'loss' else 'accuracy'} on {part} data over the {x}s"
        made = plots.curves(comparison, part, column, x)
        found.append({"figure": figure(made, f"curves-{part}-{column}-{x}", f"The {what}, a line for each variant.")})
    return found


def _link(comparison: Comparison, name: str, seed: int) -> str:
    folder = next(variant.folder for variant in comparison.variants if variant.name == name)
    return f"runs/{folder}/seed-{seed}/{REPORT}"
