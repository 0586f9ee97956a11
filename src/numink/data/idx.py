"""IDX, the format of MNIST's own files: a big-endian header, then the bytes, packed with gzip or not.

Images: magic 0x00000803, count, rows, columns, then the pixels row by row. Labels: magic 0x00000801, count,
then one byte each (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
"""

import gzip
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from numink.data.digits import MOST_IMAGES, SIDE_PX, Bytes, Part, require_digits
from numink.data.look import MOST_INFLATED, opened
from numink.errors import DataError

_DIMENSIONS = {b"\0\0\x08\x03": 3, b"\0\0\x08\x01": 1}
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Header:
    """What an IDX file says that it holds: images (count, 28, 28) or labels (count,)."""

    path: Path
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many images or labels."""
        return self.shape[0]

    @property
    def holds(self) -> Literal["images", "labels"]:
        """Told by the number of dimensions."""
        return "images" if len(self.shape) == 3 else "labels"

    @property
    def says_train(self) -> bool:
        """Whether the name claims the training part: asked only where the counts leave it open."""
        return "train" in self.path.name.lower()


def read_header(path: Path) -> Header:
    """Read the header of `path` alone. Raises DataError unless it is of 28 x 28 images or of labels."""
    with opened(path) as file:
        return _header(path, file)


def read(path: Path) -> Bytes:
    """Read images, uint8 (n, 28, 28), or labels, uint8 (n,).

    Nothing is allocated before the header's claim has been held against the size of the file. Raises
    DataError for a file that is cut off, too long, damaged or foreign, and for labels outside 0 to 9.
    """
    with opened(path) as file:
        header = _header(path, file)
        expected = math.prod(header.shape)
        most = path.stat().st_size * (MOST_INFLATED if isinstance(file, gzip.GzipFile) else 1)
        if expected > most:
            raise DataError(f"{path} is cut off: it claims {expected:,} bytes and is too small for them; copy it again")
        array = np.empty(expected, np.uint8)
        filled = _fill(array, file)
        if filled < expected or file.read(1):
            came = f"{filled:,}" if filled < expected else "more"
            raise DataError(f"{path}: expected {expected:,} bytes of data, came {came}; copy it again")
    if header.holds == "labels":
        require_digits(array, str(path))
    return array.reshape(header.shape)


def read_pairs(headers: Sequence[Header]) -> tuple[Part, Part | None]:
    """Pair images with labels by their counts, and read the training part and, where there is one, the test
    part.

    The larger pair is the training part; only of two that are equally large must the name of one say "train".
    Raises DataError where files are left over or cannot be told apart.
    """
    folder = headers[0].path.parent
    names = {header.path.name for header in headers}
    # A folder that was unpacked in place holds each file twice
    headers = [h for h in headers if not (h.path.suffix == ".gz" and h.path.stem in names)]
    images, labels = (
        sorted((h for h in headers if h.holds == holds), key=lambda h: (-h.count, not h.says_train))
        for holds in ("images", "labels")
    )
    counts = [h.count for h in images]
    seen = ", ".join(f"{h.path.name} ({h.count} {h.holds})" for h in headers)
    if counts != [h.count for h in labels] or len(counts) > 2:
        raise DataError(f"{folder}: expected IDX images with as many labels, in one or two pairs; came {seen}")
    if len(counts) == 2 and counts[0] == counts[1]:
        for pair in (images, labels):
            if not (pair[0].says_train and not pair[1].says_train):
                raise DataError(f"{folder}: two pairs of one size, name the larger part train-...; came {seen}")
    parts = [Part(read(x.path), read(y.path)) for x, y in zip(images, labels, strict=True)]
    return parts[0], parts[1] if len(parts) == 2 else None


def _header(path: Path, file: BinaryIO) -> Header:
    magic = file.read(4)
    if magic not in _DIMENSIONS:
        raise DataError(f"{path}: expected IDX images (00000803) or labels (00000801), came {magic.hex() or 'nothing'}")
    sizes = file.read(4 * _DIMENSIONS[magic])
    if len(sizes) < 4 * _DIMENSIONS[magic]:
        raise DataError(f"{path} is cut off within its header; copy it again")
    shape = struct.unpack(f">{_DIMENSIONS[magic]}I", sizes)
    if shape[1:] not in ((), (SIDE_PX, SIDE_PX)):
        raise DataError(f"{path}: expected images of 28 x 28, came {shape[1]} x {shape[2]}; scale them first")
    if not 1 <= shape[0] <= MOST_IMAGES:
        raise DataError(f"{path}: expected 1 to {MOST_IMAGES:,} images or labels, came a claim of {shape[0]:,}")
    return Header(path, shape)


def _fill(array: Bytes, file: BinaryIO) -> int:
    """Read into `array` until it is full or the file ends; how many bytes came.

    In chunks, since `GzipFile.readinto` holds all that it is asked for a second time.
    """
    filled = 0
    while chunk := file.read(min(_CHUNK_BYTES, len(array) - filled)):
        array[filled : filled + len(chunk)] = np.frombuffer(chunk, np.uint8)
        filled += len(chunk)
    return filled
