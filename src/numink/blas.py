"""Two facts about the matrix products that NumPy hands to OpenBLAS: which kernels, and how many threads.

**Kernels.** OpenBLAS 0.3.31 (in NumPy 2.4) does not know AMD's Zen 5 and falls back to its AVX2 kernels there, at
half the speed that the same processor reaches with the AVX-512 ones (125 against 240 GFLOP/s on one core). It reads the
choice once, when NumPy loads it, from an environment variable; so `import numink` sets it before NumPy, on AMD
processors with AVX-512 alone, and never where the user has set it.

**Threads.** The limit belongs to the process and takes 0.2 ms to set: once for a training run, never for a
prediction.
"""

import os
import sys
from pathlib import Path

KERNELS_VARIABLE = "OPENBLAS_CORETYPE"
NEEDED = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"}


def choose_kernels(processor_facts: Path = Path("/proc/cpuinfo")) -> None:
    """Ask OpenBLAS for its AVX-512 kernels on an AMD processor that has AVX-512; too late once NumPy is loaded."""
    if KERNELS_VARIABLE in os.environ or "numpy" in sys.modules:
        return
    try:
        with processor_facts.open() as file:
            facts = file.read(8192)  # the first processor's; they are alike
    except OSError:  # not Linux: leave the choice to OpenBLAS
        return
    if "AuthenticAMD" in facts and set(facts.split()) >= NEEDED:
        os.environ[KERNELS_VARIABLE] = "SkylakeX"


def description() -> str:
    """The BLAS libraries in use with their kernels, such as "openblas 0.3.31 SkylakeX": part of what a result depends on."""
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    parts = {
        " ".join(str(pool[key]) for key in ("internal_api", "version", "architecture") if pool.get(key))
        for pool in pools
    }
    return ", ".join(sorted(parts)) or "unknown"
