"""The page that shows how a picture was read: its stages, and then the way of each number."""

from itertools import groupby
from pathlib import Path
from typing import Any

from numink.evaluate.page import counted, digit_word, page, percent, picture, sure
from numink.reader import stages
from numink.reader.confidence import Factors
from numink.reader.numbers import Candidate, Word
from numink.reader.reader import Steps
from numink.reader.results import Number, PageReading

MOST_REJECTED = 200
"""Shapes that are shown; a picture full of texture may have thousands."""
CLOSE = 0.5
"""Heights of a digit to other ink on the same line; farther is told to be apart."""
MUCH = 0.2
LEAST = 0.01
"""A probability below it is not told."""


def explain_page(steps: Steps, reading: PageReading, threshold: float) -> str:
    """The page (HTML, one file) of one picture. threshold: the least confidence of an accepted number."""
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
        rows=[list(row) for _, row in groupby(reading.numbers, key=lambda number: number.row)],
        threshold=sure(threshold),
        stages=_stages(steps, reading),
        numbers=[_number(steps, *one, given, threshold) for one in found],
        doubtful=[place for place, number in enumerate(reading.numbers) if not number.accepted],
        rejected=rejected,
        counted=counted,
    )


def _stages(steps: Steps, reading: PageReading) -> list[dict[str, str]]:
    """Pictures of the whole page, each with what to look for."""
    grey, coverage = stages.reduced(steps.sheet.grey), stages.reduced(steps.ink.coverage)
    found = stages.digits_found(steps, [number.accepted for number in reading.numbers])
    pictures = {
        "The picture": (
            stages.picture_with_sheet(steps),
            "As it came, upright; where a sheet was found on it, with its edge.",
        ),
        "The sheet": (grey, "Cut out, straightened and evenly lit: paper is white, ink is dark."),
        "The ink": (
            stages.ink_and_gone(grey, coverage),
            "What was taken for writing is black. What was dark and taken away is orange: rulings, shadows, dirt.",
        ),
        "The digits": (
            found,
            "A frame for each digit, blue where its number was accepted and orange where it is doubtful. "
            "Grey frames hold what was rejected.",
        ),
    }
    return [
        {"title": title, "picture": stages.jpeg(image), "caption": caption}
        for title, (image, caption) in pictures.items()
    ]


def _number(
    steps: Steps, word: Word, number: Number, factors: Factors, given: float, threshold: float
) -> dict[str, Any]:
    """A number's cuttings of each stage, its digits as the network saw them, and the verdict."""
    return {
        "text": number.text,
        "row": number.row,
        "accepted": number.accepted,
        "confidence": sure(number.confidence),
        "cuttings": {
            "in the picture": stages.jpeg(stages.cutting(steps.image, stages.scaled(number.box, given))),
            "on the sheet": stages.jpeg(stages.cutting(steps.sheet.grey, word.box)),
            "its ink, cut": stages.jpeg(stages.digits_cut(steps, word)),
        },
        "digits": [_digit(digit) for digit in word.digits],
        "verdict": _verdict(word, number, threshold),
        "factors": _factors(factors),
    }


def _digit(digit: Candidate) -> dict[str, Any]:
    order = [int(place) for place in (-digit.P).argsort()]
    likely = [f"{place}: {sure(float(digit.P[place]))}" for place in order[:3] if digit.P[place] >= LEAST]
    return {
        "digit": order[0],
        "picture": picture(digit.image),
        "bars": [round(100 * float(p)) for p in digit.P],
        "words": ", ".join(likely),
    }


def _verdict(word: Word, number: Number, threshold: float) -> list[str]:
    """Why the number was accepted or not, in sentences."""
    lines = [
        f"{sure(number.confidence)} sure, and {sure(threshold)} are asked for: "
        + ("accepted." if number.accepted else "a person should look at it.")
    ]
    least = min(word.digits, key=lambda digit: digit.P.max(), default=None)
    if least is not None and least.P.max() < 1 - LEAST:
        best, second = (int(digit) for digit in least.P.argsort()[:-3:-1])
        lines.append(
            f"Its least sure digit is the {best}, with {sure(float(least.P[best]))}; "
            f"next comes {digit_word(second)}, with {sure(float(least.P[second]))}."
        )
    if word.second:
        lines.append(f"Cut in the next best way, the ink reads {word.second}; this way is {sure(word.cut)} sure.")
    return lines


def _factors(factors: Factors) -> str:
    """What the confidence comes from, as far as it is out of the ordinary."""
    told = [
        f"its digits together {sure(factors['digits'])}",
        f"the cutting {sure(factors['cut'])}",
        f"digits {factors['height']:.0f} pixels high",
    ]
    if factors["apart"] < CLOSE:
        told.append("other ink close by")
    if factors["rejected"] > MUCH:
        told.append(f"{percent(factors['rejected'], 0)} of what was found on the page is no number")
    if factors["bar"]:
        told.append("it is a single stroke")
    return "Its confidence comes from: " + ", ".join(told) + "."
