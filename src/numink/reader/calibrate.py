"""How far a model may be trusted as a reader: found out on digits and pages that it has not seen.

Its temperature is fitted on validation images of its own training and on strokes by unseen writers, as they are and
reduced to a few pixels, and on shapes that are no digit. Then it reads pages that numink writes: a third of them say
how the factors of a number add up to its confidence, the others how many errors are left at each confidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numink.data import strokes
from numink.data.digits import Bytes, Part
from numink.data.sources import read
from numink.data.strokes import no_digits
from numink.errors import DataError
from numink.evaluate.temperature import fit_temperature
from numink.model import Model, Predictor
from numink.reader.confidence import Factors, Trust, evidence
from numink.reader.digit import to_image
from numink.reader.fit import fit_odds
from numink.reader.plain import views
from numink.reader.poor import WAYS, reduced, unseen_strokes
from numink.reader.read import picture_of
from numink.reader.reader import Reader
from numink.reader.results import Box
from numink.reader.risk import Risk

FIRST_PAGE = 2_000_000
"""The seed of the first page: no other page of numink's has one above it."""
IMAGES = 4000
"""Digits of each kind at most."""
SHAPES, UNSEEN = 3000, 2
"""How many shapes that are no digit, and of which stream: neither that of training nor that of the cards' figures."""
SAME = 0.4
"""The overlap of two boxes, as a share of their union, from which they are of the same number."""
WEIGHING = 3
"""One page in so many serves to weigh the factors; the others, on which the promise rests, do not."""

Outcome = tuple[Factors, bool]
"""What was known of a number that was read, and whether it was right."""


def unseen_digits(model: Predictor, progress: Callable[[str, int, int], None] | None = None) -> list[Part]:
    """The validation images of the model's own training, where its data is at hand, and strokes by unseen writers."""
    parts = [unseen_strokes(IMAGES)]
    settings = model.members[0].recipe.data
    try:
        digits = read(settings.source, progress=progress, testing=True)
        split = digits.split(settings.validation, model.members[0].facts.get("split_seed") or 0, settings.stratify)
    except DataError:
        return parts
    if len(split.validation) and split.validation.labels is not None:
        parts.insert(0, Part(split.validation.images[:IMAGES], split.validation.labels[:IMAGES]))
    return parts


def with_temperature(model: Model, parts: Sequence[Part]) -> Model:
    """The model with the temperature that digits ask for, as they are and reduced, and shapes that are none.

    Each kind of each part counts the same, and so do the shapes.
    """
    plain = _at(model, 1.0)
    kinds = [(part.images, part.labels) for part in (*parts, *map(_reduced, parts), no_digits.read(SHAPES, UNSEEN))]
    P = [plain.probabilities(images) for images, _ in kinds]
    labels = [np.asarray(some) for _, some in kinds]
    weights = [np.full(len(some), 1 / len(some)) for some in labels]
    temperature = fit_temperature(np.concatenate(P), np.concatenate(labels), np.concatenate(weights))
    return _at(model, round(temperature, 3))


def single_outcomes(
    model: Predictor, parts: Sequence[Part], progress: Callable[[int, int], None] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The confidences of digits read with `single`, as they are and reduced, and whether each was right.

    progress(done, total): called as digits are read.
    """
    reader, pictures, labels = Reader(model, single=True), list[Bytes](), list[int]()
    for part in parts:
        assert part.labels is not None
        for place, (image, label) in enumerate(zip(part.images, part.labels, strict=True)):
            pictures.append(image if place % 2 else reduced(image, *WAYS[place // 2 % len(WAYS)]))
            labels.append(int(label))
    confidences, right = np.zeros(len(pictures)), np.zeros(len(pictures), bool)
    for first in range(0, len(pictures), 500):
        for place, steps in enumerate(reader.look_at_all(pictures[first : first + 500]), first):
            if steps.words:
                confidences[place], right[place] = steps.confidences[0], steps.words[0].text == str(labels[place])
        if progress is not None:
            progress(min(first + 500, len(pictures)), len(pictures))
    return confidences, right


def page_outcomes(reader: Reader, seed: int) -> list[Outcome]:
    """What was read on the page of this seed: the factors of each number, and whether there is one with that text."""
    page = strokes.page(np.random.default_rng(seed))
    steps = reader.look(page.image)
    numbers = reader.reading(steps, picture_of(page.image)).numbers
    outcomes = []
    for number, known in zip(numbers, steps.factors, strict=True):
        right = any(one.text == number.text and _overlap(one.box, number.box) >= SAME for one in page.numbers)
        outcomes.append((known, right))
    return outcomes


def trust_from(pages: Sequence[Sequence[Outcome]], confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> Trust:
    """The trust that pages, in any order that their outcomes had no say in, and single digits give reason for."""
    weighing = [outcome for place, page in enumerate(pages) if place % WEIGHING == 0 for outcome in page]
    judging = [(place, *outcome) for place, page in enumerate(pages) if place % WEIGHING for outcome in page]
    if not weighing or not judging:
        raise DataError(f"nothing was read on {len(pages)} pages: calibrate on more pages, or with a better model")
    weights = fit_odds([evidence(known) for known, _ in weighing], [good for _, good in weighing])
    trust = Trust(tuple(weights.round(4).tolist()))
    places, about, good = zip(*judging, strict=True)
    risk = Risk.of([trust.confidence(known) for known in about], good, places)
    return replace(trust, pages=risk, singles=Risk.of(confidences, right, np.arange(len(right))))


def _at(model: Model, temperature: float) -> Model:
    use = replace(model.recipe.use, temperature=temperature)
    return Model(replace(model.recipe, use=use), model.pixels, model.theta, model.facts)


def _reduced(part: Part) -> Part:
    """The same digits, each in one of the WAYS, as they reach the network."""
    small = (reduced(image, *WAYS[place % len(WAYS)]) for place, image in enumerate(part.images))
    return Part(np.stack([to_image(next(views(image))[0]) for image in small]), part.labels)


def _overlap(one: Box, other: Box) -> float:
    """What two boxes share, as a part of what they cover."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / max(one[2] * one[3] + other[2] * other[3] - shared, 1)
