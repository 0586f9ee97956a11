"""numink's reader as the benchmarks ask it, and work shared among processes."""

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from numink.data.digits import Bytes

if TYPE_CHECKING:
    from numink.reader.reader import Reader
    from numink.reader.results import PageReading

MAX_ERROR_RATE = 0.002
Job = TypeVar("Job")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Settings:
    """How much is measured. folder: of real handwriting. pages: of strokes, from the seed `first` on. images: of each
    kind of small picture. model: another than the reader's own. final: MNIST's test images are opened."""

    folder: Path | None = None
    pages: int = 200
    first: int = 1_000_000
    images: int = 150
    model: str | None = None
    workers: int = 2
    final: bool = True


@cache
def reader_for(model: str | None, single: bool, max_error_rate: float | None) -> "Reader":
    """A reader; made once in a process."""
    from numink.reader.reader import Reader

    return Reader(model, single=single, max_error_rate=max_error_rate)


@cache
def promised() -> float:
    """The error rate to ask of the reader's own model: MAX_ERROR_RATE, or the least that its calibration promises."""
    pages = reader_for(None, False, None).trust.pages
    return max(MAX_ERROR_RATE, pages.least_rate() if pages else 1.0)


def read_image(
    image: Bytes, model: str | None = None, single: bool = False, rate: float | None = None, name: str = ""
) -> dict[str, Any]:
    """What numink reads in a picture: an entry of `images` as `numink read --json` prints it."""
    from numink.reader.read import picture_of

    reader = reader_for(model, single, rate)
    return surely(name, lambda: reader.read(picture_of(image)))


def read_file(path: Path, model: str | None = None, single: bool = False) -> dict[str, Any]:
    """The same of a file with one picture."""
    from numink.reader.read import read

    return surely(path.name, lambda: read(path, single=single, model=model).pages[0])


def surely(name: str, work: Callable[[], "PageReading"]) -> dict[str, Any]:
    """A reader that fails has read nothing; the trace goes to stderr, that of one place in the code once."""
    try:
        return work().to_json()
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        if (last.filename, last.lineno) not in _told:
            _told.add((last.filename, last.lineno))
            print(f"\n{name}:\n{traceback.format_exc()}", file=sys.stderr)
        return {"numbers": [], "rejected": []}


_told: set[tuple[str, int | None]] = set()


def best_text(reading: dict[str, Any]) -> tuple[str, bool]:
    """Of a picture with one digit: its text, "" where there is none, and whether it is accepted."""
    numbers = reading["numbers"]
    return (numbers[0]["text"], numbers[0]["accepted"]) if numbers else ("", False)


def over_processes(work: Callable[[Job], Found], jobs: Iterable[Job], workers: int) -> Iterator[Found]:
    """work(job) for each job, in order, by so many processes with one BLAS thread each."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, found in enumerate(pool.map(work, jobs, chunksize=1), 1):
            print(f"\r{number} done", end="", file=sys.stderr, flush=True)
            yield found
    print(file=sys.stderr)
    del os.environ["OPENBLAS_NUM_THREADS"]
