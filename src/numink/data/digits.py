"""Digits: images with their labels, in the parts that training, validation and testing see."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numink.errors import DataError

Bytes = NDArray[np.uint8]

SIDE_PX = 28
PIXELS = SIDE_PX * SIDE_PX
CLASSES = 10
NO_DIGIT = CLASSES
"""The label of an image that shows no digit: of the source non-digits, and of a sub-folder no-digit."""
MOST_IMAGES = 2_000_000  # 1.6 GB. A header that claims more is taken for damaged or hostile

# The stream of the shuffle. SeedSequence pads with zeros, so [seed, 0] would be the stream of [seed] and of
# [seed, 0, 0, 0], which is that of a first training step.
_SHUFFLE = int.from_bytes(b"split")


@dataclass(frozen=True, eq=False)
class Part:
    """Images and what they show.

    images: uint8 (n, 28, 28), C-contiguous, 0 = paper, 255 = ink.
    labels: uint8 (n,), 0 to 9, or 10 for what shows no digit; None for a set without labels, such as Kaggle's test.csv.
    """

    images: Bytes
    labels: Bytes | None = None

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def of(cls, images: ArrayLike, labels: ArrayLike | None = None) -> "Part":
        """Check arrays of the caller's own and make a Part of them; arrays that fit are shared, not copied.

        images: uint8 (n, 28, 28) or (n, 784). labels: integers (n,), 0 to 9. Raises DataError, which says how
        to convert anything else.
        """
        pixels = _checked_images(images)
        return cls(pixels, None if labels is None else _checked_labels(labels, len(pixels)))

    @property
    def digits_alone(self) -> "Part":
        """Its images that show a digit: those that a network can be judged by."""
        if self.labels is None or not (shown := self.labels < CLASSES).size or shown.all():
            return self
        return Part(self.images[shown], self.labels[shown])

    def digests(self) -> list[bytes]:
        """16 bytes for each image, by which those that are equal are found: 60,000 of them in 0.07 s."""
        return [hashlib.blake2b(image, digest_size=16).digest() for image in self.images]


@dataclass(frozen=True, eq=False)
class Digits:
    """A set of digits, by the name that the user gave its source.

    validation may have no images, test is None where the source has no test part, and missing counts the
    empty cells that were found in a table. split_seed and stratified say how `split` was called: None where it was not.
    reason says why auto came to this source, as a clause; it is empty where the source was named. mixed counts the
    training images of several sources, in the order in which the training part has them.
    """

    name: str
    train: Part
    validation: Part
    test: Part | None = None
    missing: int = 0
    split_seed: int | None = None
    stratified: bool = False
    reason: str = ""
    mixed: Mapping[str, int] = field(default_factory=dict)

    @property
    def sources(self) -> dict[str, int]:
        """How many training images come from each source, the main one first.

        Of a mix that some images have been taken out of, nobody knows which: it counts as one source.
        """
        whole = sum(self.mixed.values()) == len(self.train)
        return dict(self.mixed) if self.mixed and whole else {self.name: len(self.train)}

    @property
    def main_source(self) -> str:
        """The source that the validation and test images come from."""
        return next(iter(self.mixed), self.name)

    def split(self, validation: int, seed: int, stratify: bool = False) -> "Digits":
        """Shuffle the training part; its first `validation` images become the validation part.

        Of a mix only the first source's images are shuffled and set aside; the others stay behind them as they are.

        The order is a permutation by `np.random.default_rng([seed, tag])` with a constant tag of its own,
        so a seed gives the same split on every machine, and it is shuffled also where validation is 0. With
        `stratify` each class gives its share of the validation part, rounded by the largest remainder. Both
        parts are slices of one shuffled copy. Raises DataError where no image would be left to train on.
        """
        if len(self.validation):
            raise DataError(f"{self.name} has a validation part already: split it as it was read")
        if self.main_source not in self.sources:
            raise DataError(f"images of {self.name} were taken out: split the mix as it was read, and then choose")
        count = self.sources[self.main_source]
        if not 0 <= validation < count:
            raise DataError(
                f"{validation} validation images were asked for, but {self.main_source} has {count} to train on:"
                f" choose from 0 to {count - 1}, as in --set data.validation={count // 10} (in Python, validation=...)"
            )
        if seed < 0:
            raise DataError(f"expected a seed of 0 or more, came {seed}")
        order = np.random.default_rng([seed, _SHUFFLE]).permutation(count)
        labels = self.train.labels
        if stratify:
            if labels is None:
                raise DataError(f"{self.name} has no labels to stratify by: split it without stratify")
            order = _shares_first(order, labels, validation)
        order = np.concatenate([order, np.arange(count, len(self.train))])
        shuffled = Part(self.train.images[order], None if labels is None else labels[order])
        return replace(
            self,
            train=_sliced(shuffled, slice(validation, None)),
            validation=_sliced(shuffled, slice(validation)),
            split_seed=seed,
            stratified=stratify,
            mixed=self.mixed and {**self.mixed, self.main_source: count - validation},
        )

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of the SHA-256 over shapes, images and labels of all parts, in order."""
        digest = hashlib.sha256()
        for part in (self.train, self.validation, self.test):
            for array in (None, None) if part is None else (part.images, part.labels):
                digest.update(b"absent" if array is None else f"{array.shape}".encode())
                digest.update(b"" if array is None else np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]


def one_hot(labels: ArrayLike, classes: int = CLASSES) -> NDArray[np.float32]:
    """Rows of zeros with a one where the label is: integers (n,) -> float32 (n, classes).

    >>> one_hot([2, 0], classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    columns = np.asarray(labels)
    if columns.ndim != 1 or columns.dtype.kind not in "iu":
        raise DataError(f"expected labels as integers (n,), came {columns.dtype} {columns.shape}")
    if len(columns) and not 0 <= columns.min() <= columns.max() < classes:
        raise DataError(f"expected labels from 0 to {classes - 1}, came {columns.min()} to {columns.max()}")
    rows = np.zeros((len(columns), classes), np.float32)
    rows[np.arange(len(columns)), columns] = 1
    return rows


def _shares_first(order: NDArray[np.int64], labels: Bytes, count: int) -> NDArray[np.int64]:
    """`order` with `count` images moved to the front, so many of each class as is its share."""
    shuffled = labels[order]
    totals = np.bincount(shuffled, minlength=CLASSES)
    shares, remainders = np.divmod(count * totals, len(order))
    shares[np.argsort(-remainders, kind="stable")[: count - shares.sum()]] += 1
    first = np.zeros(len(order), bool)
    for digit, share in enumerate(shares):
        first[np.flatnonzero(shuffled == digit)[:share]] = True
    return np.concatenate([order[first], order[~first]])


def _sliced(part: Part, rows: slice) -> Part:
    return Part(part.images[rows], None if part.labels is None else part.labels[rows])


def _array(values: ArrayLike, what: str) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise DataError(f"{what} are rows of unequal length: give one NumPy array") from error


def _checked_images(values: ArrayLike) -> Bytes:
    images = _array(values, "images")
    if images.dtype != np.uint8:
        remedy = {
            "f": "where they run from 0 to 1, give (images * 255).round().astype(np.uint8)",
            "b": "give images.astype(np.uint8) * 255",
        }.get(images.dtype.kind, "where they run from 0 to 255, give images.astype(np.uint8)")
        raise DataError(f"expected images as uint8, 0 = paper to 255 = ink, came {images.dtype}: {remedy}")
    if images.ndim < 2 or images.shape[1:] not in ((SIDE_PX, SIDE_PX), (PIXELS,)):
        remedy = "give images[None]" if images.shape == (SIDE_PX, SIDE_PX) else "scale or reshape them"
        raise DataError(f"expected images (n, 28, 28) or (n, 784), came {images.shape}: {remedy}")
    return np.ascontiguousarray(images.reshape(-1, SIDE_PX, SIDE_PX))


def _checked_labels(values: ArrayLike, count: int) -> Bytes:
    labels = _array(values, "labels")
    if labels.ndim != 1:
        remedy = "give labels.argmax(axis=1)" if labels.shape == (count, CLASSES) else "give labels.ravel()"
        raise DataError(f"expected labels ({count},), came {labels.shape}: {remedy}")
    if len(labels) != count:
        raise DataError(f"expected one label for each of {count} images, came {len(labels)}")
    if labels.dtype.kind not in "iu" and count:
        raise DataError(f"expected labels as integers, came {labels.dtype}: convert them by labels_from_text")
    require_digits(labels, "labels")
    return labels.astype(np.uint8, copy=False)


def require_digits(labels: NDArray[Any], what: str) -> None:
    """Raise DataError, naming the first culprit, unless all `labels` are from 0 to 9."""
    wrong = np.flatnonzero((labels < 0) | (labels >= CLASSES))
    if len(wrong):
        index = int(wrong[0])
        raise DataError(f"{what}: expected labels from 0 to 9, came {labels[index]} at index {index}: relabel it")
