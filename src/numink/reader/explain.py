"""The page that shows how a picture was read: its stages, and then the way of each number."""

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

from numink.evaluate.page import counted, digit_word, listed, page, picture, sure
from numink.reader import stages
from numink.reader.confidence import Trust
from numink.reader.numbers import Candidate, Word
from numink.reader.reader import Steps
from numink.reader.reasons import reasons
from numink.reader.results import Box, Number, PageReading

MOST_REJECTED, MOST_OPEN = 200, 12
"""Shapes that are shown, for a picture full of texture may have thousands; and numbers, of more of which only the
doubtful are unfolded."""
SMALL_PX = 120
"""The longer side of the picture beside a number that is folded up."""
LEAST = 0.01
"""A probability below it is not told."""


def explain_page(steps: Steps, reading: PageReading, threshold: float, trust: Trust) -> str:
    """The page (HTML, one file) of one picture. threshold: the least confidence of an accepted number. trust: what
    its confidences come from.
    """
    found = zip(steps.words, reading.numbers, steps.factors, strict=True)
    given = steps.image.shape[1] / reading.width
    rejected = [
        (stages.jpeg(stages.cutting(steps.image, stages.scaled(other.box, given), 160)), other.reason)
        for other in reading.rejected[:MOST_REJECTED]
    ]
    return page(
        "explain.html.jinja",
        room="reader",
        reading=reading,
        name=Path(reading.file).name.encode(errors="replace").decode() or "a picture",
        rows=_rows(reading),
        places=[_place(number.box, reading) for number in reading.numbers],
        picture=stages.jpeg(stages.reduced(steps.image)),
        threshold=sure(threshold),
        stages=_stages(steps, reading),
        numbers=[_number(steps, word, number, given, threshold, reasons(one, trust)) for word, number, one in found],
        several_rows=len({number.row for number in reading.numbers}) > 1,
        unfolded=len(reading.numbers) <= MOST_OPEN,
        doubtful=[place for place, number in enumerate(reading.numbers) if not number.accepted],
        rejected=rejected,
        counted=counted,
    )


def _rows(reading: PageReading) -> list[list[list[int]]]:
    """The page's rows, in these its columns, in these which numbers stand there: several where they share a cell."""
    if reading.table is None:
        by_row = groupby(range(len(reading.numbers)), key=lambda place: reading.numbers[place].row)
        return [[[place] for place in row] for _, row in by_row]
    cells: list[list[list[int]]] = [[[] for _ in range(reading.table.columns)] for _ in range(reading.table.rows)]
    for place, (row, column) in enumerate(reading.table.cells):
        cells[row][column].append(place)
    return cells


def _place(box: Box, reading: PageReading) -> str:
    """A box as CSS, in percent of the picture."""
    left, width = (f"{100 * side / reading.width:.2f}%" for side in box[::2])
    top, height = (f"{100 * side / reading.height:.2f}%" for side in box[1::2])
    return f"left: {left}; top: {top}; width: {width}; height: {height}"


def _stages(steps: Steps, reading: PageReading) -> list[dict[str, str]]:
    """Pictures of the whole page, each with what to look for."""
    grey, coverage = stages.reduced(steps.sheet.grey), stages.reduced(steps.ink.coverage)
    found = stages.digits_found(steps, [number.accepted for number in reading.numbers])
    lies = {0: "upright", 180: "upside down"}.get(steps.sheet.turned, "on its side")
    turned = f" It was turned by {steps.sheet.turned} degrees to the left: its shapes look like digits that way."
    pictures = {
        "The picture": (
            stages.picture_with_sheet(steps),
            f"As it came, {lies}. Where a sheet was found on it, an orange line is its edge.",
            f"Is it {lies}, and is the line round all of the sheet?",
        ),
        "The sheet": (
            grey,
            "Cut out, straightened and evenly lit: paper is white, ink is dark."
            + (turned if steps.sheet.turned else ""),
            "Are the lines of writing level, and can you still read the faintest number?",
        ),
        "The ink": (
            stages.ink_and_gone(grey, coverage),
            f"Black was taken for writing. Orange was dark too and was taken away{_taken_away(steps)}.",
            "Is any part of a digit orange, or any line or shadow black?",
        ),
        "Digits, numbers and rows": (
            found,
            "Thin frames hold digits and thick ones numbers, blue where accepted and orange where doubtful; grey ones "
            "hold what was rejected. A line runs under each row of writing.",
            "Is each number in one frame, and each digit in one of its own?",
        ),
    }
    return [
        {"title": title, "picture": stages.jpeg(image), "caption": caption, "question": question}
        for title, (image, caption, question) in pictures.items()
    ]


def _taken_away(steps: Steps) -> str:
    """What was taken away from the ink, and how many of each kind."""
    kinds = Counter({"ruled line": len(steps.ink.rulings)}) + Counter(kind for kind, _ in steps.ink.removed)
    return f": {listed([f'{kind} ({count})' for kind, count in kinds.most_common()])}" if kinds else ""


def _number(
    steps: Steps, word: Word, number: Number, given: float, threshold: float, against: list[str]
) -> dict[str, Any]:
    """A number's cuttings of each stage, its digits as the network saw them, and the verdict."""
    cuttings = {
        "in the picture": stages.cutting(steps.image, stages.scaled(number.box, given)),
        "on the sheet": stages.cutting(steps.sheet.grey, word.box),
        "its ink, as it was cut": stages.digits_cut(steps, word, [*(digit.box for digit in word.digits), *word.signs]),
    }
    if word.second_boxes:
        title = f"the next best way to cut: {word.second}"
        cuttings[title] = stages.digits_cut(steps, word, word.second_boxes, stages.DOUBTFUL)
    return {
        "text": number.text,
        "row": number.row,
        "accepted": number.accepted,
        "confidence": sure(number.confidence),
        "small": stages.jpeg(stages.cutting(steps.sheet.grey, word.box, SMALL_PX)),
        "cuttings": {title: stages.jpeg(image) for title, image in cuttings.items()},
        "digits": [_digit(digit) for digit in word.digits],
        "verdict": _verdict(word, number, threshold),
        "against": [] if number.accepted else against,
    }


def _digit(digit: Candidate) -> dict[str, Any]:
    """A digit as the network saw it, and its three likeliest readings."""
    order = [int(place) for place in (-digit.P).argsort(kind="stable")[:3]]
    return {
        "picture": picture(digit.image),
        "chances": [(place, float(digit.P[place]), sure(float(digit.P[place]))) for place in order],
    }


def _verdict(word: Word, number: Number, threshold: float) -> list[str]:
    """Why the number was accepted or not, in sentences."""
    confidence, asked = sure(number.confidence), sure(threshold)
    if number.accepted:
        lines = [f"{confidence} sure, and {asked} are asked for: accepted."]
    else:
        little = "a little " if confidence == asked else ""
        lines = [f"{confidence} sure, {little}less than the {asked} that are asked for: a person should look at it."]
    least = min(word.digits, key=lambda digit: digit.P.max(), default=None)
    if least is not None and least.P.max() < 1 - LEAST:
        best, second = (int(digit) for digit in least.P.argsort()[:-3:-1])
        lines.append(
            f"Its least sure digit is the {best}, with {sure(float(least.P[best]))}; "
            f"next comes {digit_word(second)}, with {sure(float(least.P[second]))}."
        )
    if word.second:
        lines.append(
            f"Cut in the next best way, it reads {word.second}; the way that was chosen is {sure(word.cut)} sure."
        )
    return lines
