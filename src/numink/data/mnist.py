"""MNIST: where it is looked for, and where it is put when it has to be fetched."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from numink.data import paths
from numink.errors import DataError, DownloadError

if TYPE_CHECKING:
    from numink.data.download import Progress

_HOLDS = {("images", 60_000), ("labels", 60_000), ("images", 10_000), ("labels", 10_000)}


def find_mnist() -> Path | None:
    """The folder with MNIST's four files: $NUMINK_DATA/mnist, $NUMINK_DATA or the cache, or None.

    Raises DataError where a file of the user's is damaged.
    """
    data = os.environ.get("NUMINK_DATA")
    for place in [Path(data, "mnist"), Path(data)] if data else []:
        if _holds_mnist(place):
            return place
    with suppress(DataError):  # what is damaged in numink's own folder is fetched anew
        if _holds_mnist(cache_folder()):
            return cache_folder()
    return None


def _holds_mnist(folder: Path) -> bool:
    return folder.is_dir() and {(header.holds, header.count) for header in paths.idx_headers(folder)} >= _HOLDS


def cache_folder() -> Path:
    """The folder of numink's own that MNIST is fetched into."""
    return platformdirs.user_cache_path("numink") / "mnist"


def read_mnist(progress: "Progress | None", hurried: bool = False) -> tuple[Path, paths.Parts]:
    """MNIST's parts, and the folder that they are in.

    Where it is not at hand, or damaged in numink's own folder, it is fetched; `hurried`, a network that is dead or
    stalls costs ten seconds. Raises DownloadError where it cannot be had, and DataError where a file of the user's
    is damaged.
    """
    found, cache = find_mnist(), cache_folder()
    if found is not None:
        try:
            return found, paths.read(found, "error")
        except DataError:
            if found != cache:
                raise
    from numink.data.download import fetch_mnist  # loads http and ssl, which few runs need

    fetch_mnist(cache, progress=progress, timeout_seconds=2.5 if hurried else 5.0, attempts=1 if hurried else 3)
    try:
        return cache, paths.read(cache, "error")
    except DataError as error:  # not of what was fetched, but of what else lies there
        raise DownloadError(f"MNIST was fetched, but beside it {error}") from error
