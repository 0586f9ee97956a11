"""Pages of unseen writers, everything mixed: how many numbers are read exactly, and by what the others fail."""

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.reading_match import SURE, Tally, clopper_pearson, compare
from benchmarks.reading_reader import MAX_ERROR_RATE, Settings, over_processes, promised, read_image
from numink.data import strokes
from numink.data.strokes.pages.hand import Hand
from numink.data.strokes.pages.layout import LAYOUTS
from numink.data.strokes.pages.paper import PAPERS

HEIGHTS_PX = (25, 35, 50, 70)


@dataclass(frozen=True)
class Kind:
    """What a page is like: height is the median of its digits', in words; photo goes from a scan to a bad picture."""

    layout: str
    paper: str
    pen: str
    height: str
    photo: str


def drawn_page(seed: int) -> tuple[strokes.Page, Kind]:
    """The page of this seed, and what was drawn for it: the same random numbers once more."""
    page = strokes.page(np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    layout, paper = str(rng.choice(list(LAYOUTS))), str(rng.choice(list(PAPERS)))
    pen, roughness = Hand.draw(rng, None).writer.pen.name, rng.random()
    height = median(digit.box[3] for number in page.numbers for digit in number.digits)
    return page, Kind(layout, paper, pen, height_in_words(height), f"roughness to {np.ceil(4 * roughness) / 4:.2f}")


def height_in_words(height_px: float) -> str:
    for low, high in zip((0, *HEIGHTS_PX), HEIGHTS_PX, strict=False):
        if height_px < high:
            return f"{low} to {high - 1} px"
    return f"{HEIGHTS_PX[-1]} px and more"


def read_page(seed: int, model: str | None) -> tuple[Kind, Tally]:
    """A page of strokes, read and counted."""
    page, kind = drawn_page(seed)
    rate = promised() if model is None else None  # what is promised, is promised of the reader's own model
    return kind, compare(page, read_image(page.image, model, rate=rate, name=f"seed {seed}"), str(seed))


def measure(settings: Settings) -> tuple[Tally, dict[str, dict[str, Tally]]]:
    """All pages together; and by each field of Kind, for each of its values."""
    seeds = range(settings.first, settings.first + settings.pages)
    total, by = Tally(), {name: defaultdict(Tally) for name in Kind.__annotations__}
    for kind, tally in over_processes(partial(read_page, model=settings.model), seeds, settings.workers):
        total += tally
        for name, tallies in by.items():
            tallies[getattr(kind, name)] += tally
    return total, by


def section(settings: Settings) -> str:
    """The figures in words and tables."""
    total, by = measure(settings)
    low, high = clopper_pearson(total["accepted_wrong"], total["accepted"])
    rule = "by default" if settings.model else f"at `--max-error-rate {promised():g}`"
    sure_low, sure_high = clopper_pearson(total["sure_wrong"], total["sure"])
    rows = [
        ["numbers read exactly, sign and decimal mark included", share(total, "exact", "numbers"), "98 %"],
        ["digits right", share(total, "right", "digits"), ""],
        ["digits read as another, missed, made up", f"{total['wrong']}, {total['missed']}, {total['made_up']}", ""],
        ["pages with all lines and their order right", share(total, "ordered", "pages"), ""],
        [f"accepted {rule}", share(total, "accepted", "read"), "90 %"],
        [
            "errors among the accepted",
            f"**{total['accepted_wrong']}** of {total['accepted']:,}: {total.share('accepted_wrong', 'accepted'):.2%}, "
            f"the 95 % interval {low:.2%} to {high:.2%}",
            f"{MAX_ERROR_RATE:.1%} in the interval",
        ],
        [f"of a confidence of {SURE:.0%}, as is accepted without that option", share(total, "sure", "read"), ""],
        [
            "errors among these",
            f"**{total['sure_wrong']}** of {total['sure']:,}: {total.share('sure_wrong', 'sure'):.2%}, "
            f"the 95 % interval {sure_low:.2%} to {sure_high:.2%}",
            "",
        ],
        ["other marks read as a number", share(total, "others_read", "others"), ""],
        ["other marks accepted as a number", share(total, "others_read_accepted", "others"), "2 %"],
        [
            "numbers read from what nobody wrote",
            f"{total['from_nothing']}, {total['from_nothing_accepted']} accepted",
            "",
        ],
    ]
    text = (
        f"{settings.pages} pages of `strokes.page`, seeds from {settings.first:,}: writers, pens, papers, layouts and "
        "photographs that nothing was trained on or chosen by. A number is exact where a reading stands at its place "
        "and has its very text.\n\n" + common.table(["what", "measured", "aim"], rows)
    )
    kinds = [
        [name, value, tally["pages"], tally["numbers"], f"{tally.share('exact', 'numbers'):.1%}",
         f"{tally.share('right', 'digits'):.1%}", f"{tally['others_read']}, {tally['from_nothing']}"]
        for name, tallies in by.items() for value, tally in sorted(tallies.items())
    ]  # fmt: skip
    text += "\n\n" + common.table(["", "", "pages", "numbers", "exact", "digits right", "others, nothing read"], kinds)
    return text + "\n\n" + told(total) + f"\n\nWorst pages (numbers lost, seed): {worst(total)}."


def share(tally: Tally, part: str, whole: str) -> str:
    return f"**{tally.share(part, whole):.2%}** ({tally[part]:,} of {tally[whole]:,})"


def told(total: Tally) -> str:
    """Which marks were taken for numbers."""
    kinds = [f"{kind} {total.invented[kind]} of {count}" for kind, count in total.marks.most_common()]
    return f"Marks that are no numbers, and were read as some: {', '.join(kinds) or 'none'}."


def worst(total: Tally, most: int = 12) -> str:
    found: list[tuple[int, Any]] = sorted(total.worst, reverse=True)[:most]
    return ", ".join(f"{lost}: {name}" for lost, name in found) or "none"
