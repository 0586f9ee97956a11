"""Fixtures that several rooms share."""

import os
from pathlib import Path

import platformdirs
import pytest

import fake_digits

MNIST_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


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
