"""Opening a file and telling what it is by its first bytes, never by its name."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, cast

from numink.errors import DataError

Kind = Literal["idx", "zip", "text", "pickle", "empty", "other"]

GZIP = b"\x1f\x8b"
MOST_INFLATED = 1032  # times the packed size: deflate's own limit (zlib.net, technical details)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open `path` to read bytes, inflated where it is gzip. Raises DataError, also while the block reads."""
    try:
        if not path.is_file():  # a pipe or a device could block, or never end
            raise DataError(f"{path} is {'a folder' if path.is_dir() else 'no file'}: expected a file")
        with path.open("rb") as file:
            if file.peek(len(GZIP)).startswith(GZIP):
                with gzip.GzipFile(fileobj=file) as inflated:
                    yield cast(BinaryIO, inflated)
            else:
                yield file
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read {path}: {reason}; fetch or copy it again") from error


def kind_of(path: Path) -> Kind:
    """What `path` holds, inside its gzip where it has one."""
    with opened(path) as file:
        start = file.read(4096)
    if not start:
        return "empty"
    if start[:2] == b"\0\0" and start[2:3] in b"\x08\x09\x0b\x0c\x0d\x0e":
        return "idx"
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    if start[:1] == b"\x80" and start[1:2] in b"\2\3\4\5":
        return "pickle"
    return "text" if min(start) >= ord("\t") else "other"
