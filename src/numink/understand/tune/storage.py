"""Where a study is kept: a journal's file, or a database that Optuna takes. What is wrong with it is one line."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from numink.errors import NuminkError, RunError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

LOCKED_SECONDS = 5
"""A journal is locked for milliseconds: after so long, who locked it was killed."""


def connect(storage: str) -> "BaseStorage":
    """The storage of this address: a journal's file, or whatever URL Optuna takes. RunError where it cannot be used."""
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    with using(storage):
        if "://" in storage:
            return RDBStorage(storage)
        path = Path(storage)
        if path.exists() and path.read_bytes()[:10] not in (b"", b'{"op_code"'):
            raise ValueError("it is no journal of a study")
        lock = JournalFileSymlinkLock(storage, LOCKED_SECONDS)
        return JournalStorage(JournalFileBackend(storage, lock))


@contextmanager
def using(storage: str) -> Iterator[None]:
    """What goes wrong with the storage as a RunError: of the database's driver, of the file, of what stands in it."""
    try:
        yield
    except NuminkError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise RunError(
            f"cannot use the storage {shown_url(storage)}: {shown_url(reason)}; give a file NAME.log, or the URL of a "
            "database that can be reached, such as sqlite:///study.db"
        ) from None


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
