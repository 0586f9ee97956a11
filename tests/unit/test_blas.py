from pathlib import Path

import numpy
import threadpoolctl

from numink import blas


def pool(place: Path, version: str) -> dict[str, str]:
    return {
        "user_api": "blas",
        "internal_api": "openblas",
        "version": version,
        "architecture": "Zen",
        "filepath": str(place),
    }


def test_another_packages_library_is_not_named(monkeypatch):
    site = Path(numpy.__file__).resolve().parents[1]
    ours, theirs = pool(site / "numpy.libs" / "a.so", "1.0"), pool(site / "scipy.libs" / "a.so", "2.0")
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [theirs, ours])

    assert blas.description() == f"numpy {numpy.__version__}, openblas 1.0 Zen"


def test_a_library_of_the_system_is_named(monkeypatch):
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [pool(Path("/usr/lib/libblas.so"), "3.0")])

    assert blas.description() == f"numpy {numpy.__version__}, openblas 3.0 Zen"
