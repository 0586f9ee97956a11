"""The page of a comparison: one sentence, and all that it stands on."""

from typing import Any

from numink.evaluate.page import figure, listed, page, percent
from numink.run import REPORT
from numink.understand.compare import plots
from numink.understand.compare.comparison import MEASURES, Comparison, Part
from numink.understand.compare.variants import differing, readable
from numink.understand.compare.verdicts import MOST_NAMED, p_text

SECONDS_APART = 1.5
"""Where one variant takes so many times as long as another, accuracy over time is drawn as well."""


def compare_page(comparison: Comparison) -> str:
    """The page (HTML): links lead to the reports of the runs, beside it in its folder."""
    names = [variant.name for variant in comparison.compared]
    parts = comparison.parts
    bars = [("accuracy", part) for part in parts[-2:]] + [("squared_error", part) for part in (parts[0], parts[-1])]
    return page(
        "compare.html.jinja",
        room="understand.compare",
        comparison=comparison,
        title=listed(names) if len(names) <= 4 and sum(map(len, names)) < 60 else f"{len(names)} variants",
        facts=_facts(comparison),
        several=max(len(comparison.runs_of(name)) for name in names) > 1,
        pairs=len(names) * (len(names) - 1) // 2,
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
    shared = f"; compared by the {len(comparison.seeds_shared)} that they share" if comparison.failed else ""
    return {
        "Runs": f"{len(comparison.runs):,}, of {len(comparison.compared)} variants",
        "Seeds": f"{comparison.seeds} for each variant{shared}",
        "Images": listed(parts),
        "Data": f"{first.data} ({first.fingerprint})",
        "Trained for": comparison.length,
        "Made with": "; ".join(sorted({run.made_with for run in comparison.runs})),
    }


def _row(comparison: Comparison, name: str) -> dict[str, Any]:
    """A variant's line in the table of results."""
    runs = comparison.runs_of(name)
    spreads = {
        measure: {part: comparison.spread(name, part, measure) for part in comparison.parts} for measure in MEASURES
    }
    seconds = sum(run.seconds for run in runs) / len(runs)
    told = {"name": name, "runs": len(runs), "parameters": runs[0].parameters, "seconds": seconds}
    return {**told, "final": comparison.final(name), **spreads}


def _bars(comparison: Comparison, part: Part, measure: str) -> dict[str, Any]:
    """A chart of bars, with its caption."""
    means = {variant.name: comparison.spread(variant.name, part, measure).mean for variant in comparison.compared}
    if measure == "accuracy":
        what, ends = "share read wrong", {name: (1 - mean, percent(1 - mean)) for name, mean in means.items()}
    else:
        what, ends = "sum of squared errors", {name: (mean, f"{mean:,.0f}") for name, mean in means.items()}
    caption = f"The {what} of the {part} images: {_ends(ends)}."
    made = plots.bars(comparison, part, measure)
    return {"figure": figure(made, f"bars-{part}-{measure}", caption), "caption": caption}


def _curves(comparison: Comparison) -> list[dict[str, Any]]:
    """The courses of cost and accuracy, each with its caption."""
    runs = [comparison.runs_of(variant.name) for variant in comparison.compared]
    seconds = [sum(run.seconds for run in those) / len(those) for those in runs]
    along = plots.x_axis(comparison)
    wanted: list[tuple[Part, plots.Column, plots.XAxis]] = []
    for column in ("loss", "accuracy"):
        wanted += [(part, column, along) for part in comparison.parts if part != "test"]
    if max(seconds) > SECONDS_APART * min(seconds):
        wanted.append((comparison.judged_by, "accuracy", "second"))
    found = []
    for part, column, x in wanted:
        ends = {}
        for variant in plots.drawn(comparison):
            last = float(plots.course(comparison, variant, part, column, x).mean[-1])
            ends[variant.name] = (last, f"{last:.3g}" if column == "loss" else percent(last))
        caption = f"{'Cost' if column == 'loss' else 'Accuracy'} on {part} data at the end: {_ends(ends)}."
        made = plots.curves(comparison, part, column, x)
        found.append({"figure": figure(made, f"curves-{part}-{column}-{x}", caption), "caption": caption})
    return found


def _ends(ends: dict[str, tuple[float, str]]) -> str:
    """Each variant with its value, the lowest first; of many the lowest and the highest."""
    ordered = sorted(ends, key=ends.__getitem__)
    if len(ordered) > MOST_NAMED:
        return f"from {ends[ordered[0]][1]} ({ordered[0]}) to {ends[ordered[-1]][1]} ({ordered[-1]})"
    return listed([f"{name} {ends[name][1]}" for name in ordered])


def _link(comparison: Comparison, name: str, seed: int) -> str:
    folder = next(variant.folder for variant in comparison.variants if variant.name == name)
    return f"runs/{folder}/seed-{seed}/{REPORT}"
