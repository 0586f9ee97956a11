"""Fixtures that several rooms share."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

import fake_digits
from numink.data.digits import Part
from numink.errors import DownloadError

MNIST_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
ENVIRONMENT = dict(os.environ)


def pytest_collection_finish() -> None:
    """Put back what benchmarks.common, which some tests import, took out for a fair start.

    Else the processes that tests start would use other kernels than this one, whose BLAS was loaded before.
    """
    os.environ.update(ENVIRONMENT)


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder with MNIST's four files. Mark tests that take it with `pytest.mark.mnist`.

    Skips where they are not at hand, but fails where NUMINK_DATA is set: a variable that leads nowhere must
    not make the tests of real data vanish silently.
    """
    data = os.environ.get("NUMINK_DATA")
    places = [Path(data, "mnist"), Path(data)] if data else []
    for place in (*places, platformdirs.user_cache_path("numink") / "mnist"):
        if all((place / name).exists() or (place / f"{name}.gz").exists() for name in MNIST_NAMES):
            return place
    if data:
        pytest.fail(f"NUMINK_DATA is {data!r}, but neither it nor a folder mnist in it has MNIST's four files")
    pytest.skip("MNIST is not at hand: set NUMINK_DATA, or run `numink data fetch`")


@pytest.fixture(scope="session")
def few_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of IDX files that any network learns in no time: 600 training and 100 test images."""
    return fake_digits.write_idx(tmp_path_factory.mktemp("digits") / "few")


@pytest.fixture
def quick_strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strokes that cost nothing and look like `few_digits`: 600 to train on at most, and 100 to test on."""

    def read(train_images: int = 60_000, progress: Callable[[str, int, int], None] | None = None) -> tuple[Part, Part]:
        count = min(train_images, fake_digits.TRAIN)
        if progress is not None:
            progress("strokes", count, count)
        parts = [fake_digits.images_and_labels(n, seed) for n, seed in ((count, 5), (fake_digits.TEST, 6))]
        return Part(*parts[0]), Part(*parts[1])

    monkeypatch.setattr("numink.data.strokes.source.read", read)


@pytest.fixture
def no_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """A machine without MNIST and without a network; how long each mirror would have been waited for."""
    waited = []

    def fetch(folder: Path, *, progress: object, timeout_seconds: float, attempts: int) -> None:
        waited.append(timeout_seconds * attempts)
        raise DownloadError("MNIST cannot be fetched (mirror.test: no answer)")

    monkeypatch.delenv("NUMINK_DATA", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr("numink.data.download.fetch_mnist", fetch)
    return waited
