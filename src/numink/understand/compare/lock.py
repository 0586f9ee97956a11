"""One process at a time in a folder: a lock that ends with the process that holds it, however it ends."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from numink.errors import RunError

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder, which is made where it is missing; RunError where another process does.

    SQLite knows each system's own way to lock a file, which the system undoes when a process dies. So nothing stale
    is left, unlike a file that names its owner. The empty file stays: to delete it would let two have it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise RunError(f"cannot write to {folder}: {error}; choose another folder with --out") from None
    with closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise RunError(
                    f"another process works on this comparison, in {folder}; wait for it, or choose another folder "
                    "with --out"
                ) from None
            raise RunError(f"cannot lock {folder}: {error}; choose another folder with --out") from None
        yield
