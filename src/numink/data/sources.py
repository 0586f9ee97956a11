"""Sources: a name or a path to Digits. What a path holds is found out by looking inside."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from numink.data import folder, idx, npz, table
from numink.data.digits import PIXELS, Digits, Part
from numink.data.look import kind_of
from numink.data.table import Missing
from numink.errors import DataError

if TYPE_CHECKING:
    from numink.data.download import Progress

_Parts = tuple[Part, Part | None, int]
"""The training part, the test part, and how many cells were empty."""

_KINDS = "a CSV, an npz, a folder of IDX files, or images, in a sub-folder for each digit unless they have no labels"
_MNIST = {("images", 60_000), ("labels", 60_000), ("images", 10_000), ("labels", 10_000)}


def load(
    source: str | Path = "auto",
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


def read(source: str | Path, *, missing: Missing = "error", progress: "Progress | None" = None) -> Digits:
    """Read `source` in its own order: "mnist", "auto" (MNIST, where it can be had), or a path.

    A path leads to a CSV, an npz, a folder of IDX files, a folder with a sub-folder of images for each
    digit, or a folder that holds just one of these. MNIST is looked for in $NUMINK_DATA, then in the user's
    cache folder, then downloaded into that. `missing` says what becomes of empty cells, as in `table.read`.
    Raises DataError.
    """
    try:
        path = _mnist_folder(progress) if source in ("mnist", "auto") else Path(source).expanduser()
        if not path.exists():
            raise DataError(f"{path} is no file or folder: expected mnist, auto, or a path to {_KINDS}")
        train, test, empty = (_read_folder if path.is_dir() else _read_file)(path, missing)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no such user's home
        raise DataError(f"cannot read {source}: {error}; name a folder that you may read") from error
    name = "mnist" if source == "auto" else str(source)  # what was found, not what was asked for
    return Digits(name, train, _no_images(train), test, empty)


def find_mnist() -> Path | None:
    """The folder with MNIST's four files: $NUMINK_DATA/mnist, $NUMINK_DATA or the cache, or None."""
    data = os.environ.get("NUMINK_DATA")
    places = [Path(data, "mnist"), Path(data)] if data else []
    for place in (*places, _cache_folder()):
        if place.is_dir() and {(header.holds, header.count) for header in _idx_headers(place)} >= _MNIST:
            return place
    return None


def _mnist_folder(progress: "Progress | None") -> Path:
    found = find_mnist()
    if found is None:
        from numink.data.download import fetch_mnist  # loads http and ssl, which few runs need

        found = _cache_folder()
        fetch_mnist(found, progress=progress)
    return found


def _cache_folder() -> Path:
    return platformdirs.user_cache_path("numink") / "mnist"


def _no_images(train: Part) -> Part:
    return Part(train.images[:0], None if train.labels is None else train.labels[:0])


def _read_file(path: Path, missing: Missing) -> _Parts:
    kind = kind_of(path)
    if kind == "text":
        return _read_tables([path], missing)
    if kind == "zip":
        return (*npz.read(path), 0)
    if kind == "idx":
        if idx.read_header(path).holds == "labels":
            raise DataError(f"{path} has labels alone: name the folder that also has their images")
        return Part(idx.read(path)), None, 0
    if (image := folder.read_image(path)) is not None:
        return Part(image[None]), None, 0
    came = {"pickle": "a pickle, which runs code as it is read", "empty": "an empty file"}.get(kind, "something else")
    raise DataError(f"{path}: expected {_KINDS}, came {came}")


def _read_folder(path: Path, missing: Missing) -> _Parts:
    """Read the one source in the folder, or say what was seen there."""
    sources: dict[str, Callable[[], _Parts]] = {}
    if folder.is_divided(path):
        sources["sub-folders of images"] = lambda: (*folder.read(path), 0)
    headers = _idx_headers(path)
    if headers:
        sources["IDX files"] = lambda: (*idx.read_pairs(headers), 0)
    kinds = {file: kind_of(file) for file in _files(path)}
    for file, kind in kinds.items():
        if kind == "zip" and npz.holds_arrays(file):
            sources[file.name] = partial(_read_file, file, missing)
    for files in _table_parts([file for file, kind in kinds.items() if kind == "text"]):
        sources[" and ".join(file.name for file in files)] = partial(_read_tables, files, missing)
    if not sources and folder.has_images(path):
        return folder.read_flat(path), None, 0
    if len(sources) == 1:
        return next(iter(sources.values()))()
    if sources:
        raise DataError(f"{path} has several sources of digits: {', '.join(sources)}; name the file that you mean")
    names = [entry.name for entry in sorted(path.iterdir())]
    seen = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    raise DataError(f"{path}: expected {_KINDS}; saw {seen or 'nothing'}")


def _table_parts(files: list[Path]) -> list[list[Path]]:
    """The tables among `files`, each a source of its own, or as one source where it is clear how they
    belong together.

    That is one table with labels beside others without (Kaggle's train.csv and test.csv), or two with
    labels, of which one is named train and one test.
    """
    columns = {file: table.count_columns(file) for file in files}
    labelled = [file for file, count in columns.items() if count == PIXELS + 1]
    train = [file for file in labelled if "train" in file.name.lower()]
    test = [file for file in labelled if "test" in file.name.lower()]
    unlabelled = [file for file, count in columns.items() if count == PIXELS]
    if len(labelled) == 1 and len(unlabelled) <= 1:
        return [labelled + unlabelled]
    if len(labelled) == 2 and len(train) == len(test) == 1 and train != test:
        return [train + test]
    return [[file] for file, count in columns.items() if count in (PIXELS, PIXELS + 1)]


def _read_tables(files: list[Path], missing: Missing) -> _Parts:
    parts, empty = zip(*(table.read(file, missing) for file in files), strict=True)
    return parts[0], parts[1] if len(parts) == 2 else None, sum(empty)


def _idx_headers(path: Path) -> list[idx.Header]:
    return [idx.read_header(file) for file in _files(path) if kind_of(file) == "idx"]


def _files(path: Path) -> list[Path]:
    """The files in a folder, by name, without hidden ones and what a download left unfinished."""
    files = (file for file in sorted(path.iterdir()) if file.is_file())
    return [file for file in files if not file.name.startswith(".") and file.suffix != ".part"]
