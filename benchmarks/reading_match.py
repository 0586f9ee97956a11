"""What a reading of a page got right: its numbers and digits against the truth, matched by their boxes.

Readings are as `numink read --json` gives them. Boxes are (x, y, width, height) in pixels of the picture.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, lgamma, log
from typing import Any

import numpy as np

from numink.data.strokes import Page
from numink.reader.confidence import ACCEPTED as SURE

Box = Sequence[float]
LEAST_OVERLAP = 0.3  # of two boxes' union; what matches is then judged by its text
SLACK_PX = 2  # boxes are read off blurred edges: those of a 1 would else differ by half their width
NOTHING = "nothing"
LEAST_STANDING_ON = 0.5  # of a reading's box: it stands on a mark


@dataclass
class Tally:
    """Counts over pages; tallies add up.

    marks: how many marks of each kind, such as "letter", are no numbers; invented: how many of them were read as one.
    worst: which pages to look at, (numbers lost or made up, name).
    """

    counts: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    invented: Counter[str] = field(default_factory=Counter)
    worst: list[tuple[int, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(mine + vars(other)[name] for name, mine in vars(self).items()))

    def share(self, part: str, whole: str) -> float:
        """One count in relation to another; 0 where there is nothing."""
        return self.counts[part] / self.counts[whole] if self.counts[whole] else 0.0


def compare(page: Page, reading: dict[str, Any], name: str = "") -> Tally:
    """Count what `reading`, one entry of images, has right of the page.

    numbers, exact: a number is exact where a reading whose box overlaps has its very text, sign and decimal mark
    included. digits, right, wrong, missed, made_up: of single digits. accepted, accepted_wrong: of the readings that
    say they can be trusted, those that are no exact number, invented ones among them; sure, sure_wrong: the same of
    those of a confidence of SURE. others, others_read, others_read_accepted: marks that are no number, and how many of
    them a reading stands on; from_nothing: readings on nothing that is known. pages, ordered: on how many all numbers
    that were found stand in their lines and in order.
    """
    read = reading["numbers"]
    of_read = dict(matched([number["box"] for number in read], [number.box for number in page.numbers]))
    exact = {i for i, j in of_read.items() if read[i]["text"] == page.numbers[j].text}
    tally = Tally(Counter(pages=1, numbers=len(page.numbers), exact=len(exact), read=len(read)))
    tally.counts.update(count_digits(page, read))
    for i, number in enumerate(read):
        tally.counts["accepted"] += number["accepted"]
        tally.counts["accepted_exact"] += number["accepted"] and i in exact
        tally.counts["accepted_wrong"] += number["accepted"] and i not in exact
        sure = number.get("confidence", 0.0) >= SURE  # peers tell none
        tally.counts["sure"] += sure
        tally.counts["sure_wrong"] += sure and i not in exact
    tally.counts["others"] = len(page.others)
    tally.marks.update(mark.kind for mark in page.others)
    for kind, accepted in read_as_numbers(page, [number for i, number in enumerate(read) if i not in of_read]):
        what = "from_nothing" if kind == NOTHING else "others_read"
        tally.counts[what] += 1
        tally.counts[f"{what}_accepted"] += accepted
        tally.invented[kind] += 1
    tally.counts["ordered"] = int(in_order([(read[i]["row"], page.numbers[of_read[i]].row, of_read[i])
                                            for i in sorted(of_read)]))  # fmt: skip
    if lost := len(page.numbers) - len(exact) + tally["others_read"] + tally["from_nothing"]:
        tally.worst.append((lost, name))
    return tally


def count_digits(page: Page, read: Sequence[dict[str, Any]]) -> Counter[str]:
    """How many of a page's digits were read right, read as another, or missed, and how many are made up."""
    truth = [digit for number in page.numbers for digit in number.digits]
    found = [digit for number in read for digit in number["digits"]]
    pairs = matched([digit["box"] for digit in found], [digit.box for digit in truth])
    right = sum(str(found[i]["digit"]) == truth[j].kind for i, j in pairs)
    return Counter(
        digits=len(truth),
        right=right,
        wrong=len(pairs) - right,
        missed=len(truth) - len(pairs),
        made_up=len(found) - len(pairs),
    )


def read_as_numbers(page: Page, read: Iterable[dict[str, Any]]) -> list[tuple[str, bool]]:
    """The marks that readings stand on which are no numbers: (kind, whether one was accepted), once for each mark.

    A reading that stands on nothing known is of the kind "nothing"; one on (a part of) a number is not counted here.
    """
    numbers = [number.box for number in page.numbers]
    found: dict[int, bool] = {}
    nothing = []
    for number in read:
        box = number["box"]
        if max((inside(box, other) for other in numbers), default=0.0) >= LEAST_STANDING_ON:
            continue
        on = [inside(box, other.box) for other in page.others]
        if not on or max(on) < LEAST_STANDING_ON:
            nothing.append((NOTHING, bool(number["accepted"])))
        else:
            best = int(np.argmax(on))
            found[best] = found.get(best, False) or bool(number["accepted"])
    return [(page.others[i].kind, accepted) for i, accepted in found.items()] + nothing


def matched(boxes: Sequence[Box], others: Sequence[Box]) -> list[tuple[int, int]]:
    """Pairs (i, j) of boxes that overlap, best first, each in one pair at most.

    >>> matched([(0, 0, 10, 10), (40, 0, 10, 10)], [(41, 0, 10, 10), (20, 0, 9, 10), (0, 1, 10, 10)])
    [(0, 2), (1, 0)]
    """
    pairs = [(overlap(box, other), i, j) for i, box in enumerate(boxes) for j, other in enumerate(others)]
    chosen: list[tuple[int, int]] = []
    left, right = set(range(len(boxes))), set(range(len(others)))
    for share, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        if share >= LEAST_OVERLAP and i in left and j in right:
            left.remove(i)
            right.remove(j)
            chosen.append((i, j))
    return chosen


def common_area(box: Box, other: Box) -> float:
    """The area of two boxes' intersection, each grown by SLACK_PX on all sides."""
    (x, y, width, height), (u, v, wide, high) = box, other
    across = min(x + width, u + wide) - max(x, u) + 2 * SLACK_PX
    down = min(y + height, v + high) - max(y, v) + 2 * SLACK_PX
    return max(0.0, across) * max(0.0, down)


def area(box: Box) -> float:
    """The area of a box grown by SLACK_PX on all sides."""
    return (box[2] + 2 * SLACK_PX) * (box[3] + 2 * SLACK_PX)


def overlap(box: Box, other: Box) -> float:
    """Intersection over union."""
    shared = common_area(box, other)
    return shared / (area(box) + area(other) - shared)


def inside(box: Box, other: Box) -> float:
    """The share of a box that lies in another."""
    return common_area(box, other) / area(box)


def in_order(rows: Sequence[tuple[int, int, int]]) -> bool:
    """Whether numbers, given as read, are in order: (row as read, true row, true place) of each.

    Empty lines count for nothing: the next number stands in a new line as read exactly where it does in truth.
    """
    for (row, true_row, place), (next_row, next_true_row, next_place) in pairwise(rows):
        if place > next_place or (row == next_row) != (true_row == next_true_row):
            return False
    return True


def edits(text: str, truth: str) -> int:
    """How many characters must be put in, left out or changed to make one text of the other (Levenshtein 1965).

    >>> edits("0521859", "05221859"), edits("7", "1")
    (1, 1)
    """
    costs = list(range(len(truth) + 1))
    for i, character in enumerate(text, 1):
        before, costs[0] = costs[0], i
        for j, other in enumerate(truth, 1):
            before, costs[j] = costs[j], min(costs[j] + 1, costs[j - 1] + 1, before + (character != other))
    return costs[-1]


def clopper_pearson(events: int, trials: int, doubt: float = 0.05) -> tuple[float, float]:
    """The rates that so many events leave possible with 95 % confidence (Clopper and Pearson 1934): exact, never short.

    >>> [round(bound, 4) for bound in clopper_pearson(0, 1000)], [round(bound, 4) for bound in clopper_pearson(2, 1000)]
    ([0.0, 0.0037], [0.0002, 0.0072])
    """
    if not trials:
        return 0.0, 1.0

    def at_most(count: int, rate: float) -> float:
        ways = lgamma(trials + 1)
        return sum(
            exp(ways - lgamma(k + 1) - lgamma(trials - k + 1) + k * log(rate) + (trials - k) * log(1 - rate))
            for k in range(count + 1)
        )

    def solved(count: int, wanted: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if at_most(count, middle) > wanted else (low, middle)
        return low

    below = solved(events - 1, 1 - doubt / 2) if events else 0.0
    above = solved(events, doubt / 2) if events < trials else 1.0
    return below, above
