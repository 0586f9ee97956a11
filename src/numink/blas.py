"""The libraries that do the arithmetic: a part of what a result depends on, to the last bit."""


def description() -> str:
    """NumPy's version and its libraries' names, versions and kernels, such as "numpy 2.4.6, openblas 0.3.31 SkylakeX".

    Another package may have brought a BLAS of its own into the process, as SciPy does: a result does not depend on it.
    """
    from pathlib import Path

    import numpy
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    site = Path(numpy.__file__).resolve().parents[1]
    bundled = [site / "numpy.libs", site / "numpy"]  # where NumPy's wheels keep it
    own = [pool for pool in pools if any(Path(pool["filepath"]).resolve().is_relative_to(at) for at in bundled)]
    parts = {
        " ".join(str(pool[key]) for key in ("internal_api", "version", "architecture") if pool.get(key))
        for pool in own or pools
    }
    return ", ".join([f"numpy {numpy.__version__}", *sorted(parts)])
