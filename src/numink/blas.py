"""The libraries that do the arithmetic: a part of what a result depends on, to the last bit."""


def description() -> str:
    """Their names, versions and kernels, such as "numpy 2.4.6, openblas 0.3.31 SkylakeX"."""
    import numpy
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    parts = {
        " ".join(str(pool[key]) for key in ("internal_api", "version", "architecture") if pool.get(key))
        for pool in pools
    }
    return ", ".join([f"numpy {numpy.__version__}", *sorted(parts)])
