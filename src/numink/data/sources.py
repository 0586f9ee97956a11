"""Sources: names and paths to Digits. MNIST is found or fetched, strokes are drawn, files read, and several mixed."""

import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from numink.data import drawn, paths
from numink.data.digits import Digits, Part
from numink.data.mnist import cache_folder, read_mnist
from numink.data.table import Missing
from numink.errors import DataError, DownloadError

if TYPE_CHECKING:
    from numink.data.download import Progress

Source = str | Path | Sequence[str | Path]

_EXPECTED = f"expected mnist, strokes, auto, or a path to {paths.KINDS}"


def load(
    source: Source = "auto",
    *,
    validation: int = 5000,
    seed: int = 0,
    stratify: bool = False,
    missing: Missing = "error",
    progress: "Progress | None" = None,
) -> Digits:
    """Read `source` and set aside `validation` images of its training part, after a seeded shuffle.

    See `read` for what a source may be, and `Digits.split` for the shuffle. Raises DataError, one line, for
    whatever cannot be used.
    """
    return read(source, missing=missing, progress=progress).split(validation, seed, stratify)


def read(
    source: Source,
    *,
    missing: Missing = "error",
    progress: "Progress | None" = None,
    testing: bool = False,
) -> Digits:
    """Read `source` in its own order: "mnist", "strokes", "strokes 30000", "auto", a path, or a list of these.

    mnist is looked for in $NUMINK_DATA, then in the user's cache folder, then downloaded into that. strokes are digits
    that numink draws: 60,000 to train on, or as many as the number says, and 10,000 by other writers to test on. auto
    is mnist where it can be had, and otherwise strokes; `Digits.reason` says why. A path leads to a CSV, an npz, a
    folder of IDX files, a folder with a sub-folder of images for each digit, or a folder that holds just one of these;
    "./strokes" is a path, and so is every Path. "non-digits" or "non-digits 30000" are shapes that a reader must not
    take for digits, labelled 10, "none of them": they are for a mix, behind digits.

    Of several sources the first is what the network is for: the test part is its own, and so are the validation
    images. Of the others the training images are added to its training part; none of them may be among its own
    images, by which the network is judged. `missing` says what becomes of empty cells, as in `table.read`. With
    `testing`, training images are left out where there is a labelled test part and they would take time: those of
    strokes, and those of a mix. Raises DataError.
    """
    names = names_of(source)
    at_hand: dict[str, Digits] = {}
    reason = ""
    if "auto" in names:
        at_hand, reason = _try_mnist(progress)
        # Where it is strokes, those that stand beside it in a mix will do
        chosen = "mnist" if at_hand else next(filter(is_strokes, names), "strokes")
        names = [chosen if name == "auto" else name for name in names]
        names = names if at_hand else list(dict.fromkeys(names))
    for name in filter(drawn.kind_of, names):
        drawn.wanted(name)  # before anything is read, which may take its time
    if drawn.kind_of(names[0]) == drawn.NON_DIGITS:
        raise DataError(
            f"{names[0]} shows no digit: name it behind digits to learn from, as in --data mnist --data {names[0]!r}"
        )
    if len({drawn.kind_of(name) or name for name in names}) < len(names):
        raise DataError(
            f"{' + '.join(names)} has images twice, to learn from and to be judged by: name each source once"
        )
    first = at_hand.get(names[0]) or _read_one(names[0], missing, progress, testing)
    if testing and first.test is not None and first.test.labels is not None:
        return replace(first, reason=reason)
    others = [at_hand.get(name) or _read_one(name, missing, progress) for name in names[1:]]
    return replace(_mix(first, others) if others else first, reason=reason)


def names_of(source: Source) -> list[str]:
    """The source as a recipe lists it; a Path that is called like a data set has its folder before it.

    Raises DataError for what cannot be a source, and where there is none.
    """
    every = [source] if isinstance(source, str | bytes) or not isinstance(source, Sequence) else source
    names = []
    for one in every:
        if not isinstance(one, str | Path):
            raise DataError(
                f"expected a source (a name, a path or a list of these), came {type(one).__name__}; "
                "make numink.Digits of arrays, each part by numink.Part.of"
            )
        name = str(one).strip() if _is_name(str(one)) else str(one)
        names.append(f".{os.sep}{one}" if isinstance(one, Path) and _is_name(name) else name)
    if not all(name.strip() for name in names) or not names:
        raise DataError(f"{'the name of a source' if names else 'the list of sources'} is empty: {_EXPECTED}")
    return names


def anchored(digits: Digits) -> list[str]:
    """The sources of these digits as they can be named from any folder: paths are made absolute."""
    names = digits.mixed or [digits.name]
    return [name if _is_name(name) or not Path(name).exists() else str(Path(name).resolve()) for name in names]


def is_strokes(name: str) -> bool:
    """Whether a source is numink's own handwriting: strokes, or strokes N."""
    return drawn.kind_of(name) == drawn.STROKES


def _try_mnist(progress: "Progress | None") -> tuple[dict[str, Digits], str]:
    """MNIST by its name, if it can be had, and why auto is MNIST or is not."""
    try:
        place, (train, test, empty) = read_mnist(progress, hurried=True)
    except (DownloadError, OSError, RuntimeError) as error:
        data = os.environ.get("NUMINK_DATA")
        places = f"$NUMINK_DATA ({data}) or {cache_folder()}" if data else f"{cache_folder()}"
        return {}, f"{error}, and MNIST is not at hand in {places}"
    return {"mnist": Digits("mnist", train, _no_images(train), test, empty)}, f"it is at hand in {place}"


def _read_one(name: str, missing: Missing, progress: "Progress | None", testing: bool = False) -> Digits:
    if drawn.kind_of(name):
        return drawn.draw(name, progress, testing)
    try:
        train, test, empty = read_mnist(progress)[1] if name == "mnist" else paths.read(_existing(name), missing)
    except DownloadError as error:
        raise DownloadError(
            f"{error}; put MNIST's four files, packed or not, into $NUMINK_DATA/mnist or {cache_folder()}, or name"
            f" other digits with --data: strokes, which numink draws, or a path to {paths.KINDS}"
        ) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no such user's home
        raise DataError(f"cannot read {name}: {error}; name a folder that you may read") from error
    return Digits(name, train, _no_images(train), test, empty)


def _existing(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.exists():
        near = difflib.get_close_matches(name.lower(), ("mnist", "strokes", "auto", "non-digits"), n=1, cutoff=0.75)
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        raise DataError(f"{path} is no file or folder{hint}: {_EXPECTED}")
    return path


def _mix(first: Digits, others: Sequence[Digits]) -> Digits:
    """`first`, with the training images of the others behind its own. DataError where these are among the first's."""
    every = (first, *others)
    for digits in every:
        if digits.train.labels is None:
            raise DataError(f"{digits.name} has no labels: in a mix every source needs them, to be trained on")
    judged_by = set(first.train.digests() + (first.test.digests() if first.test else []))
    for digits in others:
        if again := sum(digest in judged_by for digest in digits.train.digests()):
            raise DataError(
                f"{again:,} of the {len(digits.train):,} training images of {digits.name} are in {first.name} too, by "
                "which the network is judged: leave them out, or name one of the two alone"
            )
    train = Part(
        np.concatenate([digits.train.images for digits in every]),
        np.concatenate([digits.train.labels for digits in every if digits.train.labels is not None]),
    )
    return replace(
        first,
        name=" + ".join(digits.name for digits in every),
        train=train,
        missing=sum(digits.missing for digits in every),
        mixed={digits.name: len(digits.train) for digits in every},
    )


def _is_name(text: str) -> bool:
    return text.strip() in ("mnist", "auto") or drawn.kind_of(text) is not None


def _no_images(train: Part) -> Part:
    return Part(train.images[:0], None if train.labels is None else train.labels[:0])
