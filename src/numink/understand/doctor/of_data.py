"""What is wrong with the data of a run: what counting shows, and what a witness who knows real digits sees.

The witness is the smallest model that comes with numink. Images that are no ordinary digits confuse it, and so it
accuses on strong evidence alone: that it reads nearly all images right once one thing is undone, or that it is sure of
nearly all of them and still its answers have nothing to do with the labels.
"""

from collections.abc import Iterator

import numpy as np

from numink.data.describe import Description
from numink.data.digits import CLASSES, Digits, Part
from numink.model import Predictor
from numink.nn.params import Array
from numink.training.finding import Finding

WITNESS = "cnn-tiny"
LOOKED_AT = 1000
"""Images of each source that the witness reads."""
FEWEST = 200
"""Fewer images than that show nothing."""
READS, FAILS = 0.8, 0.3
"""Where so many answers agree the witness reads the images; where so few do it does not, or the labels are wrong."""
SURE = 0.9
"""A probability from which on an answer counts as sure."""
SPREAD = 0.03
"""On real digits the witness names every class at least so often; on other images a few classes alone."""
INDEPENDENT = 150
"""Chi-squared of answers and labels, with 81 degrees of freedom: chance stays below (81 + 5 standard deviations)."""
WRONG = 0.02
"""So many labels that two witnesses contradict are no chance: in MNIST they are 0.05 %."""
LOPSIDED = 2
"""The largest class over the smallest, from where on a network learns to prefer the one."""
FAINT = 16
"""Images whose brightest and darkest pixels differ less show nothing: they are equal by chance."""
COPIES = 0.001
"""The share of test images that may occur among the training images by chance: none in MNIST."""


def counted(description: Description, digits: Digits) -> Iterator[Finding]:
    """What counting shows: classes missing or rare, and images that are in two parts."""
    counts = np.array(description.parts["train"].classes)
    if not counts.all():
        missing = ", ".join(map(str, np.flatnonzero(counts == 0)))
        yield Finding(
            "classes missing",
            f"the training part has no image of {missing}",
            "a network never says what it was never shown",
            "add images of these digits, as by a second source: --data SOURCE --data strokes",
        )
    present = counts[counts > 0]
    most, least = int(present.max()), int(present.min())
    if most > LOPSIDED * least and most - least > 4 * np.sqrt(most + least):
        yield Finding(
            "classes unbalanced",
            f"the training part has {most:,} images of {counts.argmax()} and {least:,} of "
            f"{np.flatnonzero(counts == least)[0]}",
            "in doubt the network says the digit that it was shown more often",
            "add images of the rare digits, or leave some of the common ones out",
        )
    for name, part in (("test", digits.test), ("validation", digits.validation)):
        if part is None or not len(part):
            continue
        train = set(_with_ink(digits.train).digests())
        copies = sum(digest in train for digest in part.digests())
        if copies > max(COPIES * len(part), 1):
            yield Finding(
                "training images in the test part" if name == "test" else "training images in the validation part",
                f"{copies:,} of the {len(part):,} {name} images ({copies / len(part):.1%}) are also training images",
                f"the network has seen the answers, and its {name} accuracy flatters it",
                "leave the copies out of one of the two parts",
            )


def not_examined(raw: Digits, validation: Part) -> Iterator[str]:
    """What is not said of labels, since the images are too few: a line each."""
    for source, count in raw.sources.items():
        if count < FEWEST:
            yield f"labels and polarity: {count:,} images of {source} are too few, {FEWEST} are needed"
    if len(validation) < FEWEST:
        yield f"single labels that are wrong: that takes {FEWEST} validation images, and there are {len(validation):,}"


def labels_to_learn_from(raw: Digits, witness: Predictor) -> Iterator[Finding]:
    """What is wrong with the labels or the polarity of each source's images; `raw` is in its own order, not split."""
    first = 0
    for source, count in raw.sources.items():
        rows = np.linspace(first, first + count - 1, min(count, LOOKED_AT)).astype(int)
        yield from _testimony(raw.train, rows, witness, f"the training images of {source}")
        first += count


def labels_to_judge_by(test: Part, witness: Predictor) -> Iterator[Finding]:
    """What is wrong with the labels or the polarity of the test part."""
    rows = np.linspace(0, len(test) - 1, min(len(test), LOOKED_AT)).astype(int)
    yield from _testimony(test, rows, witness, "the test images")


def contradicted(validation: Part, witnesses: tuple[Predictor, Predictor]) -> Iterator[Finding]:
    """Labels of images that no witness has learned from, where both are sure of one and the same other digit."""
    y = (validation := validation.digits_alone).labels
    if y is None or len(y) < FEWEST:
        return
    images, y = validation.images[:2000], y[:2000]
    one, other = (witness.probabilities(images) for witness in witnesses)
    said = one.argmax(axis=1)
    sure = (one.max(axis=1) > SURE) & (other.max(axis=1) > SURE / 2) & (said == other.argmax(axis=1))
    share = float(np.mean(sure & (said != y)))
    if share >= WRONG and np.mean(said == y) > FAILS:
        yield Finding(
            "some labels wrong",
            f"{share:.1%} of the validation images are read alike by the run's model and by {WITNESS}, "
            "and labelled as another digit",
            "the network is taught these mistakes, and judged by them",
            "look at the worst mistakes in the run's report, and put such labels right or leave the images out",
        )


def _testimony(part: Part, rows: Array, witness: Predictor, what: str) -> Iterator[Finding]:
    y = part.labels
    if y is None or len(rows := rows[y[rows] < CLASSES]) < FEWEST:  # what shows no digit is nothing to be read
        return
    images, labels = part.images[rows], y[rows]
    P = witness.probabilities(images)
    said = P.argmax(axis=1)
    if np.mean(said == labels) > FAILS:
        return
    for shift in range(1, CLASSES):
        if (share := np.mean(said == (labels + shift) % CLASSES)) > READS:
            by = f"{CLASSES - shift} too large" if shift > CLASSES / 2 else f"{shift} too small"
            yield Finding(
                "labels moved",
                f"the labels of {what} are {by}: so moved, {WITNESS} agrees with {share:.0%} of them, else with "
                f"{np.mean(said == labels):.0%}",
                "whatever the network learns, it says the wrong digit",
                f"put the labels right: (label + {shift}) % 10",
            )
            return
    for step, side in ((1, "next"), (-1, "previous")):
        if (share := np.mean(said == y[np.clip(rows + step, 0, len(y) - 1)])) > READS:
            yield Finding(
                "labels of the neighbour",
                f"{what} have their label beside the {side} image: with that, {WITNESS} agrees in {share:.0%}, "
                f"else in {np.mean(said == labels):.0%}",
                "to the network such labels are random, and there is nothing to learn",
                "read images and labels from the same row on: is a line of headings, or a row, missing in one of them?",
            )
            return
    if (share := np.mean(witness.predict(255 - images) == labels)) > READS:
        yield Finding(
            "opposite polarity",
            f"the ink of {what} is dark: {WITNESS} reads {np.mean(said == labels):.0%} of them as they are, and "
            f"{share:.0%} inverted",
            "a model trained on the one reads next to nothing of the other",
            "invert the images: 255 - pixel; numink expects 0 = paper and 255 = ink",
        )
        return
    if np.mean(P.max(axis=1) > SURE) > READS and _spread(said) and _independent(said, labels):
        yield Finding(
            "labels shuffled",
            f"{WITNESS} is sure of {np.mean(P.max(axis=1) > SURE):.0%} of {what}, and agrees with "
            f"{np.mean(said == labels):.0%} of the labels, which is chance",
            "labels that have nothing to do with their images can only be learned by heart",
            "read images and labels in one and the same order, and shuffle both together",
        )


def _with_ink(part: Part) -> Part:
    images = part.images.reshape(len(part), -1)
    shown = np.ptp(images, axis=1) >= FAINT
    return part if shown.all() else Part(part.images[shown], None)


def _spread(said: Array) -> bool:
    return bool(np.bincount(said, minlength=CLASSES).min() > SPREAD * len(said))


def _independent(said: Array, labels: Array) -> bool:
    """Whether answers and labels have nothing to do with each other: Pearson's chi-squared."""
    table = np.bincount(CLASSES * said + labels, minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(said)
    there = expected > 0
    return bool(np.sum((table - expected)[there] ** 2 / expected[there]) < INDEPENDENT)
