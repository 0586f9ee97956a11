"""A path to the parts of a set of digits. What it holds is found out by looking inside, never by its name."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from numink.data import folder, idx, npz, table
from numink.data.digits import PIXELS, Part
from numink.data.look import kind_of
from numink.data.table import Missing
from numink.errors import DataError

KINDS = "a CSV, an npz, a folder of IDX files, or images, in a sub-folder for each digit unless they have no labels"
Parts = tuple[Part, Part | None, int]
"""The training part, the test part, and how many cells were empty."""


def read(path: Path, missing: Missing) -> Parts:
    """Read the file or folder, with `missing` for empty cells as in `table.read`.

    A folder may hold IDX files, a sub-folder of images for each digit, or one file or pair of tables among others.
    Raises DataError, one line, where it holds none of these or several, and OSError where it may not be read.
    """
    return (_read_folder if path.is_dir() else _read_file)(path, missing)


def _read_file(path: Path, missing: Missing) -> Parts:
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
    raise DataError(f"{path}: expected {KINDS}, came {came}")


def _read_folder(path: Path, missing: Missing) -> Parts:
    """Read the one source in the folder, or say what was seen there."""
    sources: dict[str, Callable[[], Parts]] = {}
    if folder.is_divided(path):
        sources["sub-folders of images"] = lambda: (*folder.read(path), 0)
    headers = idx_headers(path)
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
    raise DataError(f"{path}: expected {KINDS}; saw {seen or 'nothing'}")


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


def _read_tables(files: list[Path], missing: Missing) -> Parts:
    parts, empty = zip(*(table.read(file, missing) for file in files), strict=True)
    return parts[0], parts[1] if len(parts) == 2 else None, sum(empty)


def idx_headers(path: Path) -> list[idx.Header]:
    """What the folder's IDX files say of themselves. Raises DataError where one is damaged."""
    return [idx.read_header(file) for file in _files(path) if kind_of(file) == "idx"]


def _files(path: Path) -> list[Path]:
    """The files in a folder, by name, without hidden ones and what a download left unfinished."""
    files = (file for file in sorted(path.iterdir()) if file.is_file())
    return [file for file in files if not file.name.startswith(".") and file.suffix != ".part"]
