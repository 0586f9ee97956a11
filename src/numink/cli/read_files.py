"""The work of `numink read`: files are read one after the other, here or in another process, and shown as wished."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from numink.files import shortened

if TYPE_CHECKING:
    from numink.reader.pictures import Failure, Limits, Picture
    from numink.reader.reader import Reader, Steps
    from numink.reader.results import PageReading

MOST_TOGETHER, MOST_TOGETHER_PIXELS = 500, 500_000
"""Pictures of single digits that are read in one go, for the network takes them together."""

TOO_LITTLE_MEMORY = "there is not enough memory to read it; make it smaller"

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


Read: TypeAlias = "tuple[list[PageReading], list[Failure]]"
"""What was read, and what could not be."""


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
    from numink.reader.load import pictures
    from numink.reader.pictures import Failure

    limits, reader = limits_of(job.wishes), reader_of(job.wishes)
    pages: list[PageReading] = []
    failed: list[Failure] = []
    waiting: list[tuple[Picture, str]] = []

    def read_waiting() -> None:
        try:
            pages.extend([*_read(reader, waiting, job.wishes)])
        except MemoryError:
            failed.extend(Failure(picture.file, TOO_LITTLE_MEMORY) for picture, _ in waiting)
        waiting.clear()

    every = ((picture, share.name) for share in job.shares for picture in pictures(share.file, limits, share.pages))
    for done, (picture, name) in enumerate(every, start=1):
        if isinstance(picture, Failure):
            failed.append(picture)
        else:
            waiting.append((picture, name))
        if not job.wishes.single or _many(waiting):
            read_waiting()
        if say(done) is False:
            return pages, failed
    read_waiting()
    return pages, failed


def _many(waiting: "Sequence[tuple[Picture, str]]") -> bool:
    pixels = sum(picture.image.shape[0] * picture.image.shape[1] for picture, _ in waiting)
    return len(waiting) >= MOST_TOGETHER or pixels >= MOST_TOGETHER_PIXELS


def _read(reader: "Reader", waiting: "Sequence[tuple[Picture, str]]", wishes: Wishes) -> "Iterator[PageReading]":
    """Read pictures together, and write what is wished about each."""
    for (picture, name), steps in zip(waiting, reader.look_at_all([one.image for one, _ in waiting]), strict=True):
        reading = reader.reading(steps, picture)
        _show(steps, reading, page_name(name, picture.page), wishes, reader.threshold)
        yield reading


def _show(steps: "Steps", reading: "PageReading", name: str, wishes: Wishes, threshold: float) -> None:
    if wishes.annotate is not None:
        from numink.reader.annotate import annotated, write_picture

        write_picture(wishes.annotate / f"{name}.jpg", annotated(steps.image, reading))
    if wishes.explain is not None:
        from numink.files import write_text
        from numink.reader.explain import explain_page

        write_text(wishes.explain / f"{name}.html", explain_page(steps, reading, threshold))
    if wishes.save_doubtful is not None:
        from numink.reader.doubtful import save_doubtful

        save_doubtful(wishes.save_doubtful, steps, reading)


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
