"""Writing files so that a kill at any moment leaves the old file or the new one, never half of one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from numink.errors import RunError


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file beside `path` for writing bytes; it takes the place of `path` when the block ends well.

    Folders on the way are made. Raises RunError, one line, where the folder cannot be written or the disk is
    full; whatever stood at `path` before is then still there.
    """
    place = Path(os.path.realpath(path))  # what a link leads to is replaced, and not the link
    beside = place.parent / f".{place.name}.{os.getpid()}.part"
    try:
        if place.exists() and not place.is_file():  # a device or a pipe has nothing to lose, and must stay what it is
            with place.open("wb") as file:
                yield file
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RunError(f"cannot write {path}: {reason}; choose a folder that can be written and has space") from error


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all. Raises RunError as `replacing` does."""
    with replacing(path) as file:
        file.write(text.encode())


def require_folder(folder: Path) -> None:
    """Raise RunError, one line, where this cannot become a folder, or files cannot be written into it."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise RunError(f"{there} is a file, and a folder to write into is needed; name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise RunError(f"{there} is a folder that may not be written into; name another")


def shortened(name: str, most_bytes: int) -> str:
    """A name of at most so many bytes of UTF-8, as file systems count them; what has no letter becomes "?".

    >>> shortened("数字.png", 7)
    '数字.'
    """
    return name.encode(errors="replace")[:most_bytes].decode(errors="ignore")
