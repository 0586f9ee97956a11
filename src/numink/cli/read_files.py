"""The work of `numink read`: files are read one after the other, here or in another process, and shown as wished."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from numink.errors import RunError
from numink.files import shortened

if TYPE_CHECKING:
    from numink.reader.pictures import Failure, Limits, Picture
    from numink.reader.reader import Reader, Steps
    from numink.reader.results import PageReading

PAGES_OF_A_SHARE = 4
LONGEST_NAME = 160
"""Bytes; a file system takes 255, and more is added to it."""


@dataclass(frozen=True)
class Wishes:
    """How to read, and what to write beside the readings."""

    model: str | None = None
    single: bool = False
    max_error_rate: float | None = None
    max_megapixels: float | None = None
    max_pages: int | None = None
    annotate: Path | None = None
    explain: Path | None = None
    save_doubtful: Path | None = None


@dataclass
class Read:
    """What was read, what could not be read or written, and how many doubtful digits were saved that are new."""

    pages: "list[PageReading]" = field(default_factory=list)
    failed: "list[Failure]" = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)
    saved: int = 0

    def add(self, other: "Read") -> None:
        """Append what is in another."""
        self.pages += other.pages
        self.failed += other.failed
        self.unwritten += other.unwritten
        self.saved += other.saved


@dataclass(frozen=True)
class Share:
    """A file, or some pages of one; name: of what is written about it. pages: None for all, of which it has one."""

    file: Path
    name: str
    pages: range | None = None

    @property
    def count(self) -> int:
        """How many pictures these are."""
        return 1 if self.pages is None else len(self.pages)


@dataclass(frozen=True)
class Job:
    """What is read together, and what is wished. Another process can do it."""

    shares: tuple[Share, ...]
    wishes: Wishes


def read_files(job: Job, say: Callable[[int], object]) -> Read:
    """Read the shares in their order. say(how many pictures are done) is called after each; where it gives False,
    nobody listens any more, and the rest is left.
    """
    from numink.reader.pictures import Failure

    reader, read = reader_of(job.wishes), Read()
    names = {str(share.file): share.name for share in job.shares}
    for done, one in enumerate(reader.look_through(_pictures(job)), start=1):
        if isinstance(one, Failure):
            read.failed.append(one)
        else:
            picture, steps = one
            reading = reader.reading(steps, picture)
            read.pages.append(reading)
            name = page_name(names[picture.file], picture.page)
            try:
                read.saved += _write(steps, reading, name, job.wishes, reader)
            except RunError as error:  # the disk may be full; what was read is not to be lost with it
                read.unwritten.append(str(error))
        if say(done) is False:
            break
    return read


def _pictures(job: Job) -> "Iterator[Picture | Failure]":
    from numink.reader.load import pictures
    from numink.reader.pictures import Failure

    for share in job.shares:
        try:
            yield from pictures(share.file, limits_of(job.wishes), share.pages)
        except MemoryError:
            yield Failure(str(share.file), "there is not enough memory to open it; make it smaller")


def _write(steps: "Steps", reading: "PageReading", name: str, wishes: Wishes, reader: "Reader") -> int:
    """Write what is wished about one picture; how many doubtful digits are new."""
    if wishes.annotate is not None:
        from numink.reader.annotate import annotated, write_picture

        write_picture(wishes.annotate / f"{name}.jpg", annotated(steps.image, reading))
    if wishes.explain is not None:
        from numink.files import write_text
        from numink.reader.explain import explain_page

        write_text(wishes.explain / f"{name}.html", explain_page(steps, reading, reader.threshold, reader.trust))
    if wishes.save_doubtful is None:
        return 0
    from numink.reader.doubtful import save_doubtful

    return save_doubtful(wishes.save_doubtful, steps, reading)


def limits_of(wishes: Wishes) -> "Limits":
    """What is refused as too large."""
    from numink.reader.pictures import Limits

    usual = Limits()
    return Limits(wishes.max_megapixels or usual.megapixels, wishes.max_pages or usual.pages)


@lru_cache(maxsize=1)
def reader_of(wishes: Wishes) -> "Reader":
    """The reader that is wished for, made once in each process."""
    from numink.reader.read import make_reader

    return make_reader(wishes.model, single=wishes.single, max_error_rate=wishes.max_error_rate)


def shared_out(files: Sequence[Path], wishes: Wishes) -> list[Share]:
    """The files, those of many pages in several shares, so that several processes can read them."""
    from numink.reader.load import count_pages

    named = list(zip(files, names_for(files), strict=True))
    if wishes.single:  # small pictures, of which opening each to count its pages would be half the work
        return [Share(file, name) for file, name in named]
    limits, shares = limits_of(wishes), []
    for file, name in named:
        count = count_pages(file, limits)
        firsts = range(0, count, PAGES_OF_A_SHARE)
        shares += [Share(file, name, range(first, min(first + PAGES_OF_A_SHARE, count))) for first in firsts]
    return shares


def names_for(files: Sequence[Path]) -> list[str]:
    """What to call what is written about each file, so that no two are the same on any system: its name without its
    kind, where several would have the same one with the folder before it, and where that is not enough with a number.

    >>> names_for([Path("a/page.jpg"), Path("b/page.jpg"), Path("b/notes.png"), Path("b/Notes.jpg")])
    ['a-page', 'b-page', 'b-notes', 'b-Notes-2']
    """
    often = Counter(_alike(file.stem) for file in files)
    names: dict[str, str] = {}
    for file in files:
        before = f"{file.absolute().parent.name}-" if often[_alike(file.stem)] > 1 else ""
        name = wanted = shortened(before + file.stem, LONGEST_NAME)
        number = 1
        while _alike(name) in names:
            number += 1
            name = f"{wanted}-{number}"
        names[_alike(name)] = name
    return list(names.values())


def page_name(name: str, page: int) -> str:
    """The name of a page; those behind the first say which they are."""
    return f"{name}-page-{page + 1}" if page else name


def _alike(name: str) -> str:
    """The same for names that some file systems, or another page of the same file, could take for one."""
    return re.sub(r"-page-\d+$", "", name.casefold())
