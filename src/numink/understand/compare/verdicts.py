"""The tests of a comparison, and what they say in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

from numink.evaluate.page import counted, listed
from numink.understand.compare.significance import PairedTest

CHANCE = 0.05
"""Differences that chance gives more often than this are not told apart."""
ENOUGH_SEEDS = 5
"""With fewer, also a large difference may not be told from chance."""
MOST_NAMED = 4
"""Of the variants in one half of the sentence."""
LEVEL = 1e-9
"""Differences of accuracies below this are rounding."""


@dataclass(frozen=True)
class Verdict:
    """The best variant against another, by `Comparison.judged_by`."""

    best: str
    other: str
    paired: PairedTest
    p: float | None
    """After Holm's correction for every pair of variants; None where it was not tested."""

    @property
    def told_apart(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p is not None and self.p < CHANCE

    @property
    def chance(self) -> bool | None:
        """Whether chance alone gives such a difference easily; None where that was not tested."""
        return None if self.p is None else not self.told_apart


def sentences(verdicts: Sequence[Verdict], where: str, seeds: int) -> tuple[str, ...]:
    """Whom the best beats, from whom it cannot be told apart, and what was not tested, why.

    where: by what all were judged, such as " in validation accuracy"; it is said once. seeds: that they share.
    """
    best, found = verdicts[0].best, list[str]()
    where += f", over {counted(seeds, 'seed')}" if seeds else ""

    def say(before: str, after: str) -> None:
        found.append(f"{best} {before}{'' if found else where}{after}.")

    if beaten := [verdict for verdict in verdicts if verdict.told_apart]:
        say(f"beats {_named(beaten, 'by ')}", "")
    near = [verdict for verdict in verdicts if verdict.chance]
    if len(near) == 1:
        (one,) = near
        there = f"the difference of {points(one)} is within chance ({p_text(one.p)})"
        say(f"and {one.other} cannot be told apart", f": {there if _ahead(one) else 'there is no difference'}")
    elif near:
        say(f"cannot be told from {_named(near)}", ": such differences are within chance")
    untested = [verdict for verdict in verdicts if verdict.p is None]
    for why in dict.fromkeys(verdict.paired.why for verdict in untested):
        alike = [verdict for verdict in untested if verdict.paired.why == why]
        ahead = [verdict for verdict in alike if _ahead(verdict)]
        rest = [verdict for verdict in alike if not _ahead(verdict)]
        if ahead:
            say(f"is ahead of {_named(ahead, 'by ')}", f", but that could not be tested: {why}")
        if rest:
            others = listed([verdict.other for verdict in rest]) if len(rest) <= MOST_NAMED else f"{len(rest)} others"
            level = all(verdict.paired.difference > -LEVEL for verdict in rest)
            say(f"and {others} {'are level' if level else 'could not be tested'}", f": {why}")
    if 1 < seeds < ENOUGH_SEEDS:
        found.append(f"{seeds} seeds tell little of chance; --seeds {ENOUGH_SEEDS} or more may tell more.")
    return tuple(found)


def p_text(p: float | None) -> str:
    """A p-value as it is read.

    >>> p_text(0.0004), p_text(0.0021), p_text(0.413), p_text(None)
    ('p < 0.001', 'p = 0.002', 'p = 0.41', 'not tested')
    """
    if p is None:
        return "not tested"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def points(verdict: Verdict) -> str:
    """By how many points of accuracy the best is ahead; never 0.00 where there is a difference."""
    ahead = 100 * verdict.paired.difference
    return f"{ahead:.1f} points" if ahead >= 1 else f"{ahead:.2f} points" if ahead >= 0.01 else f"{ahead:.1g} points"


def _named(verdicts: Sequence[Verdict], by: str = "") -> str:
    """The others, each with its difference; of many, how many they are."""
    if len(verdicts) > MOST_NAMED:
        ordered = sorted(verdicts, key=lambda verdict: verdict.paired.difference)
        smallest, largest = points(ordered[0]).removesuffix(" points"), points(ordered[-1])
        between = f"{smallest} to {largest}"
        return f"{len(verdicts)} others {by}{between}" if by else f"{len(verdicts)} others ({between})"
    named = []
    for verdict in verdicts:
        ahead, p = points(verdict), "" if verdict.p is None else p_text(verdict.p)
        if by:
            named.append(f"{verdict.other} {by}{ahead}" + (f" ({p})" if p else ""))
        else:
            named.append(f"{verdict.other} ({ahead}, {p})")
    return listed(named)


def _ahead(verdict: Verdict) -> bool:
    return verdict.paired.difference > LEVEL
