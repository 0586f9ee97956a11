"""Sources: names and paths to Digits. MNIST is found or fetched, strokes are drawn, files read, and several mixed."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs

from numink.data import paths
from numink.data.digits import MOST_IMAGES, Digits, Part
from numink.data.table import Missing
from numink.errors import DataError, DownloadError

if TYPE_CHECKING:
    from numink.data.download import Progress

Source = str | Path | Sequence[str | Path]

_EXPECTED = f"expected mnist, strokes, auto, or a path to {paths.KINDS}"
_MNIST = {("images", 60_000), ("labels", 60_000), ("images", 10_000), ("labels", 10_000)}
_PATIENCE_SECONDS = 5.0  # with each mirror
_AUTO_PATIENCE_SECONDS = 2.5  # where there is something to fall back on


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
    "./strokes" is a path, and so is every Path.

    Of several sources the first is what the network is for: the test part is its own, and so are the validation
    images. Of the others the training images are added to its training part. `missing` says what becomes of empty
    cells, as in `table.read`. With `testing`, training images are left out where there is a labelled test part and
    they would take time: those of strokes, and those of a mix. Raises DataError.
    """
    names = names_of(source)
    if not names:
        raise DataError(f"the list of sources is empty: {_EXPECTED}")
    reason = ""
    if "auto" in names:
        chosen, reason = _choose(names, progress)
        names = list(dict.fromkeys(chosen if name == "auto" else name for name in names))
    if len({"strokes" if is_strokes(name) else name for name in names}) < len(names):
        raise DataError(
            f"{' + '.join(names)} has images twice, to learn from and to be judged by: name each source once"
        )
    first = _read_one(names[0], missing, progress, testing)
    if testing and first.test is not None and first.test.labels is not None:
        return replace(first, reason=reason)
    others = [_read_one(name, missing, progress) for name in names[1:]]
    return replace(_mix(first, others) if others else first, reason=reason)


def names_of(source: Source) -> list[str]:
    """The source as a recipe lists it; a Path that is called like a data set has its folder before it."""
    if isinstance(source, Path):
        return [f".{os.sep}{source}" if _is_name(str(source)) else str(source)]
    return [source] if isinstance(source, str) else [name for one in source for name in names_of(one)]


def anchored(digits: Digits) -> list[str]:
    """The sources of these digits as they can be named from any folder: paths are made absolute."""
    return [name if _is_name(name) or not Path(name).exists() else str(Path(name).resolve()) for name in digits.sources]


def is_strokes(name: str) -> bool:
    """Whether a source is numink's own handwriting: strokes, or strokes N."""
    first, *number = name.split() or [""]
    return first == "strokes" and len(number) <= 1


def find_mnist() -> Path | None:
    """The folder with MNIST's four files: $NUMINK_DATA/mnist, $NUMINK_DATA or the cache, or None."""
    data = os.environ.get("NUMINK_DATA")
    places = [Path(data, "mnist"), Path(data)] if data else []
    for place in (*places, _cache_folder()):
        if place.is_dir() and {(header.holds, header.count) for header in paths.idx_headers(place)} >= _MNIST:
            return place
    return None


def _cache_folder() -> Path:
    return platformdirs.user_cache_path("numink") / "mnist"


def _mnist_folder(progress: "Progress | None", patience_seconds: float = _PATIENCE_SECONDS) -> Path:
    found = find_mnist()
    if found is None:
        from numink.data.download import fetch_mnist  # loads http and ssl, which few runs need

        found = _cache_folder()
        fetch_mnist(found, progress=progress, timeout_seconds=patience_seconds)
    return found


def _choose(names: Sequence[str], progress: "Progress | None") -> tuple[str, str]:
    """What auto is, and why. Where it is strokes, those that stand beside it in a mix will do."""
    try:
        return "mnist", f"it is at hand in {_mnist_folder(progress, _AUTO_PATIENCE_SECONDS)}"
    except (DownloadError, OSError, RuntimeError) as error:
        data = os.environ.get("NUMINK_DATA")
        places = f"$NUMINK_DATA ({data}) or {_cache_folder()}" if data else f"{_cache_folder()}"
        reason = f"{error}, and MNIST is not at hand in {places}"
    return next((name for name in names if is_strokes(name)), "strokes"), reason


def _read_one(name: str, missing: Missing, progress: "Progress | None", testing: bool = False) -> Digits:
    if is_strokes(name):
        return _draw_strokes(name, progress, testing)
    try:
        path = _mnist_folder(progress) if name == "mnist" else Path(name).expanduser()
        if not path.exists():
            raise DataError(f"{path} is no file or folder: {_EXPECTED}")
        train, test, empty = paths.read(path, missing)
    except DownloadError as error:
        raise DownloadError(
            f"{error}; put MNIST's four files, packed or not, into $NUMINK_DATA/mnist or {_cache_folder()}, or name"
            f" other digits with --data: strokes, which numink draws, or a path to {paths.KINDS}"
        ) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no such user's home
        raise DataError(f"cannot read {name}: {error}; name a folder that you may read") from error
    return Digits(name, train, _no_images(train), test, empty)


def _draw_strokes(name: str, progress: "Progress | None", testing: bool) -> Digits:
    from numink.data.strokes import source  # the pen model, which other runs do not need

    _, *number = name.split()
    try:
        count = int(number[0]) if number else source.TRAIN_IMAGES
    except ValueError:
        count = 0
    if not 1 <= count <= MOST_IMAGES:
        raise DataError(
            f"strokes takes the number of images to train on, 1 to {MOST_IMAGES:,}, as in strokes 60000, but {name!r}"
            f" came; a file of that name is .{os.sep}{name}"
        )
    train, test = source.read(0 if testing else count, progress=progress)
    return Digits(f"strokes {count}" if number else name, train, _no_images(train), test)


def _mix(first: Digits, others: Sequence[Digits]) -> Digits:
    """`first`, with the training images of the others behind its own."""
    every = (first, *others)
    for digits in every:
        if digits.train.labels is None:
            raise DataError(f"{digits.name} has no labels: in a mix every source needs them, to be trained on")
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
    return text in ("mnist", "auto") or is_strokes(text)


def _no_images(train: Part) -> Part:
    return Part(train.images[:0], None if train.labels is None else train.labels[:0])
