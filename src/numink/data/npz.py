"""NumPy archives (.npz) of images and labels: Keras' mnist.npz, MedMNIST's manner, and what else is clear.

Nothing in an archive is trusted: pickles are refused, and each array's header is held against the size of its
member, and that against the size of its packed bytes, before anything is allocated.
"""

import math
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from numink.data.digits import (
    CLASSES,
    MOST_IMAGES,
    PIXELS,
    SIDE_PX,
    Bytes,
    Part,
    require_digits,
)
from numink.data.labels import labels_from_text
from numink.data.look import MOST_INFLATED
from numink.errors import DataError

# The names in use for (images, labels), and for the same of a test part
_TRAIN = {
    "x_train": "y_train",
    "train_images": "train_labels",
    "images": "labels",
    "x": "y",
    "data": "target",
}
_TEST = {"x_test": "y_test", "test_images": "test_labels"}

_IMAGE_SHAPES = ((SIDE_PX, SIDE_PX), (PIXELS,), (SIDE_PX, SIDE_PX, 1), (1, SIDE_PX, SIDE_PX))
_LABEL_SHAPES = ((), (1,), (CLASSES,))
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class _Member:
    """An array in an archive, of which the header alone has been read."""

    path: Path
    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{self.path}, {_name(self.info)}"

    def read(self) -> NDArray[Any]:
        if self.dtype.hasobject:
            raise DataError(f"{self} needs pickle, which runs code as it is read; save it again as plain numbers")
        with _opened(self.path) as archive, archive.open(self.info) as file:
            return np.asarray(npy.read_array(file, allow_pickle=False))


def read(path: Path) -> tuple[Part, Part | None]:
    """Read the training part and, where there is one, the test part of the archive at `path`.

    Images are (n, 28, 28) or (n, 784) of integers 0 to 255, of booleans, of floats 0 to 1 (times 255,
    rounded) or of whole floats 0 to 255; labels are digits as numbers, words or one-hot. They are found by
    the names in use, or as the only two arrays of fitting shapes; labels may be absent. Raises DataError
    for anything else.
    """
    with _opened(path) as archive:
        arrays = [info for info in archive.infolist() if info.filename.endswith(".npy")]
        members = {_name(info).lower(): _member(path, archive, info) for info in arrays}
    train = _named(members, _TRAIN) or _alone(members)
    if train is None:
        seen = ", ".join(f"{name} {member.shape}" for name, member in members.items()) or "no arrays"
        raise DataError(f"{path}: expected arrays such as x_train and y_train, came {seen}; rename them")
    test = _named(members, _TEST)
    return _part(*train), _part(*test) if test is not None else None


def holds_arrays(path: Path) -> bool:
    """Whether the zip archive at `path` is one of arrays."""
    with _opened(path) as archive:
        return any(name.endswith(".npy") for name in archive.namelist())


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(path) as archive:
            warnings.simplefilter("ignore")  # NumPy's, that a header was written by Python 2
            yield archive
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib and the parser of headers have each their own for damaged files
        reason = " ".join(str(error).split())[:100]
        raise DataError(f"cannot read {path} as an archive of arrays: {reason}; copy it again") from error


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename.removesuffix(".npy")


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    """The member after its header, once that has told no lie about sizes."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{path}: expected members stored or deflated, came {info.filename} in another packing")
    with archive.open(info) as file:
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise DataError(f"{path}: expected arrays of format 1 or 2, came {info.filename} of {version[0]}")
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = header(file)
        bytes_there = info.file_size - file.tell()
    packed = min(info.compress_size, path.stat().st_size)
    claimed = math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and (claimed != bytes_there or info.file_size > packed * MOST_INFLATED):
        raise DataError(f"{path}: {info.filename} claims {claimed:,} bytes, which are not there; copy it again")
    return _Member(path, info, shape, dtype)


def _named(members: dict[str, _Member], names: dict[str, str]) -> tuple[_Member, _Member | None] | None:
    for images, labels in names.items():
        if images in members:
            return members[images], members.get(labels)
    return None


def _alone(members: dict[str, _Member]) -> tuple[_Member, _Member | None] | None:
    """The only array shaped like images, with the only other one shaped like its labels."""
    images = [member for member in members.values() if member.shape[1:] in _IMAGE_SHAPES]
    if len(images) != 1:
        return None
    others = [member for member in members.values() if member is not images[0]]
    labels = [m for m in others if m.shape[:1] == images[0].shape[:1] and m.shape[1:] in _LABEL_SHAPES]
    return (images[0], labels[0] if labels else None) if len(labels) < 2 else None


def _part(images: _Member, labels: _Member | None) -> Part:
    if images.shape[1:] not in _IMAGE_SHAPES:
        raise DataError(f"{images}: expected images (n, 28, 28) or (n, 784), came {images.shape}; scale them first")
    count = images.shape[0]
    if not 1 <= count <= MOST_IMAGES:
        raise DataError(f"{images}: expected 1 to {MOST_IMAGES:,} images, came {count:,}")
    if labels is not None and (labels.shape[:1] != (count,) or labels.shape[1:] not in _LABEL_SHAPES):
        raise DataError(f"{labels}: expected a label for each of {count} images, came {labels.shape}")
    pixels = _to_bytes(images.read(), str(images))
    return Part(
        np.ascontiguousarray(pixels.reshape(-1, SIDE_PX, SIDE_PX)),
        None if labels is None else _to_labels(labels.read(), str(labels)),
    )


def _to_bytes(pixels: NDArray[Any], what: str) -> Bytes:
    """Pixels of any number type as uint8 of the same shape; an array that is so already is not copied."""
    kind = pixels.dtype.kind
    if kind not in "buif":
        raise DataError(f"{what}: expected pixels as numbers, came {pixels.dtype}; save them as uint8")
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= 255):  # also where one is not a number
        raise DataError(f"{what}: expected pixels from 0 to 255, or 0 to 1, came {low} to {high}; scale them first")
    if kind in "ui":
        return pixels.astype(np.uint8, copy=False)
    scale = 255 if kind == "b" or high <= 1 else 1
    result = np.empty(pixels.shape, np.uint8)
    for start in range(0, len(pixels), _ROWS_AT_ONCE):  # floats of a whole set are large enough once
        rows = pixels[start : start + _ROWS_AT_ONCE] * np.float64(scale)
        rounded = np.rint(rows)
        if scale == 1 and (rounded != rows).any():
            raise DataError(f"{what}: expected floats from 0 to 1, or whole from 0 to 255, came a mixture; scale them")
        result[start : start + _ROWS_AT_ONCE] = rounded
    return result


def _to_labels(labels: NDArray[Any], what: str) -> Bytes:
    """Labels as numbers, words or one-hot, as uint8 (n,)."""
    if labels.shape[1:] == (CLASSES,):
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise DataError(f"{what}: expected labels one-hot, a single 1 in each row; came other numbers")
        return np.asarray(labels.argmax(axis=1), np.uint8)
    labels = labels.reshape(-1)
    if labels.dtype.kind in "SU":
        return labels_from_text(labels.astype(np.str_).tolist())
    if labels.dtype.kind not in "uif" or (labels != np.rint(labels)).any():
        raise DataError(f"{what}: expected labels as whole numbers or words, came {labels.dtype}; relabel them")
    require_digits(labels, what)
    return labels.astype(np.uint8)
