"""Where a study is kept: a journal's file, or a database that Optuna takes. What is wrong with it is one line."""

import errno
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from numink.errors import NuminkError, RunError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.storages.journal import JournalFileSymlinkLock

BEGINNING = b'{"op_code"'
"""Of every journal."""

LOCKED_SECONDS = 5
"""A journal is locked for milliseconds: after so long, who locked it was killed."""

TIMES, SECONDS_BETWEEN = 20, 0.1
"""How often a new database is opened: of two processes that make its tables at once, one fails until they are there."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def connect(storage: str) -> "BaseStorage":
    """The storage of this address: a journal's file, or whatever URL Optuna takes. RunError where it cannot be used."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    with using(storage):
        if "://" in storage:
            return _database(storage)
        path = Path(storage).absolute()  # or the lock, a link beside it, would lead nowhere
        if path.exists():
            with path.open("rb") as file:
                if not BEGINNING.startswith(file.read(len(BEGINNING))):
                    raise ValueError("it is no journal of a study")
        lock = MendingLock(path, JournalFileSymlinkLock(str(path), LOCKED_SECONDS))
        backend = JournalFileBackend(str(path), lock)  # type: ignore[arg-type] # it is one in all that is asked of it
        lock.acquire()
        lock.release()
        return JournalStorage(backend)


class MendingLock:
    """A journal's lock. Who gets it finds whole lines: half a last one, from a full disk or a kill, is cut off.

    Behind half a line the next one would make both unreadable, and with them the study.
    """

    def __init__(self, journal: Path, lock: "JournalFileSymlinkLock") -> None:
        self.journal, self.lock = journal, lock

    def acquire(self) -> bool:
        """Wait for the lock, and mend the journal."""
        self.lock.acquire()
        try:
            with self.journal.open("r+b") as file:
                file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
                if file.read() not in (b"", b"\n"):
                    file.seek(0)
                    file.truncate(file.read().rfind(b"\n") + 1)
        except BaseException:
            self.lock.release()
            raise
        return True

    def release(self) -> None:
        """Give the lock back."""
        self.lock.release()


def _database(url: str) -> "BaseStorage":
    """A database, whose tables others may be making this moment."""
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

    for left in reversed(range(TIMES)):
        try:
            return RDBStorage(url)
        except (IntegrityError, OperationalError, ProgrammingError) as error:
            if not left or not re.search("exist|unique|locked", str(error), re.IGNORECASE):
                raise
            sleep(SECONDS_BETWEEN)
    raise AssertionError


@contextmanager
def using(storage: str, faults: tuple[type[Exception], ...] = (Exception,)) -> Iterator[None]:
    """What goes wrong with the storage (any error, or these) as a RunError: of a driver, a file, what stands in it."""
    try:
        yield
    except NuminkError:
        raise
    except faults as error:
        reason = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        remedy = (
            "make room on the disk, and go on by the same command"
            if isinstance(error, OSError) and error.errno in FULL
            else "give a file NAME.log, or the URL of a database that can be reached, such as sqlite:///study.db"
        )
        raise RunError(f"cannot use the storage {shown_url(storage)}: {shown_url(reason)}; {remedy}") from None


def shown_url(url: str) -> str:
    """The address without its password.

    >>> shown_url("postgresql://me:secret@host/studies")
    'postgresql://me:***@host/studies'
    """
    return re.sub(r"(://[^:/@]*:)[^@/]*@", r"\1***@", url)


@contextmanager
def quiet() -> Iterator[None]:
    """While Optuna works: it writes lines of its own, and warns of what is new in it."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)
