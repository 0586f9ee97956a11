"""MNIST's four files from the network: several mirrors, checked by SHA-256, resumed where they broke off."""

import hashlib
import http
import http.client
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from numink.errors import DownloadError

Progress = Callable[[str, int, int], None]
"""Called with what is being fetched or made, how much of it is there, and how much there will be."""

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

_CHUNK_BYTES = 1 << 16
_SLOWEST_BYTES_PER_SECOND = 4096
_PAUSES_SECONDS = (0.0, 0.5, 1.0)  # before each attempt at one mirror


@dataclass(frozen=True)
class RemoteFile:
    """A file on the mirrors, with what makes it the right one."""

    name: str
    bytes: int
    sha256: str


MNIST_FILES = (
    RemoteFile(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    RemoteFile(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    RemoteFile(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)


class _GivenUpError(Exception):
    """Why a mirror is not asked for this file again."""


class _BrokenOffError(Exception):
    """Why a transfer ended early; what came is kept, and asking again may help."""


def fetch_mnist(
    folder: Path,
    *,
    mirrors: Sequence[str] = MIRRORS,
    files: Sequence[RemoteFile] = MNIST_FILES,
    progress: Progress | None = None,
    timeout_seconds: float = 5.0,
    attempts: int = 3,
) -> None:
    """Put `files` into `folder`; those that are whole there stay, those that broke off are resumed.

    A mirror that cannot be reached, or does not have a file, is left at once for the next; one that breaks off is
    asked `attempts` times, 1 to 3. Without a network this takes `timeout_seconds` for each mirror at most; where
    mirrors answer and then stall, about twice as long for each attempt. Raises DownloadError, which says what failed
    at each mirror. What has come of a file by then stays beside its place.
    """
    order = list(mirrors)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if not _is_whole(folder / file.name, file):
                _fetch(file, folder, order, progress, timeout_seconds, attempts)
    except _GivenUpError as error:
        raise DownloadError(f"MNIST cannot be fetched ({error})") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DownloadError(f"MNIST cannot be fetched into {folder} ({reason})") from error


def _fetch(
    file: RemoteFile,
    folder: Path,
    order: list[str],
    progress: Progress | None,
    timeout_seconds: float,
    attempts: int,
) -> None:
    """Fetch one file from the first mirror that gives it; those that fail go to the end of `order`."""
    failures = []
    for mirror in tuple(order):
        try:
            return _fetch_from(mirror, file, folder, progress, timeout_seconds, attempts)
        except _GivenUpError as error:
            failures.append(f"{urlsplit(mirror).hostname}: {error}")
            order.remove(mirror)
            order.append(mirror)
    raise _GivenUpError("; ".join(failures))


def _fetch_from(
    mirror: str, file: RemoteFile, folder: Path, progress: Progress | None, timeout_seconds: float, attempts: int
) -> None:
    # Not `files.replacing`: what has come must outlive a kill, to be resumed
    part = folder / f"{file.name}.part"
    reason = "no answer"
    for pause_seconds in _PAUSES_SECONDS[:attempts]:
        time.sleep(pause_seconds)
        done = part.stat().st_size if part.exists() else 0
        try:
            if done < file.bytes:
                _transfer(f"{mirror.rstrip('/')}/{file.name}", file, part, done, progress, timeout_seconds)
        except _BrokenOffError as error:
            reason = str(error)
            continue
        if _is_whole(part, file):
            part.replace(folder / file.name)
            return
        part.unlink()
        reason = "its file is damaged"
        if not done:
            break  # it came from this mirror alone
    raise _GivenUpError(reason)


def _transfer(
    url: str, file: RemoteFile, part: Path, done: int, progress: Progress | None, timeout_seconds: float
) -> None:
    """Add what is left of the file to `part`, which has `done` bytes; anew if the mirror does not resume."""
    asked_seconds = time.monotonic()
    try:
        response = _open(url, done, timeout_seconds)
    except HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            raise _BrokenOffError("it does not resume") from error
        busy = error.code >= 500 or error.code == http.HTTPStatus.TOO_MANY_REQUESTS
        raise (_BrokenOffError if busy else _GivenUpError)(f"HTTP {error.code}") from error
    except URLError as error:  # not reached: asking again would only cost time
        raise _GivenUpError(_reason(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(_reason(error)) from error
    resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
    done = done if resumed else 0
    start_bytes = done
    with response, part.open("ab" if resumed else "wb") as sink:
        for chunk in _chunks(response):
            sink.write(chunk)
            done += len(chunk)
            if progress is not None:
                progress(file.name, min(done, file.bytes), file.bytes)
            if done > file.bytes:
                return  # which the checksum will find out
            seconds = time.monotonic() - asked_seconds
            if seconds > 2 * timeout_seconds and done - start_bytes < seconds * _SLOWEST_BYTES_PER_SECOND:
                raise _GivenUpError("too slow")
    if done < file.bytes:
        raise _BrokenOffError(f"cut off after {done:,} of {file.bytes:,} bytes")


def _open(url: str, done: int, timeout_seconds: float) -> http.client.HTTPResponse:
    """Ask for the bytes from `done` on, and wait `timeout_seconds` in all for the answer.

    In a thread, since `urlopen` would wait so long for each of a host's many addresses, and without any limit
    for its name.
    """
    request = Request(url, headers={"User-Agent": "numink"} | ({"Range": f"bytes={done}-"} if done else {}))
    answers: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urlopen(request, timeout=timeout_seconds))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_seconds)
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, TimeoutError):  # the thread's own, if it was the first to notice
        raise _GivenUpError(f"no answer within {timeout_seconds:g} s")
    if isinstance(answer, Exception):
        raise answer
    return answer


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """What comes, as it comes: `read1` returns what is there, so that a trickle is noticed as one."""
    try:
        while chunk := response.read1(_CHUNK_BYTES):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(_reason(error)) from error


def _is_whole(path: Path, file: RemoteFile) -> bool:
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def _reason(error: object) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
