"""How long does one wait: for a CSV of Kaggle's size, for --help, for the import? And how much memory does mlp take?"""

from benchmarks import common  # first: it makes the start fair

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

ROUNDS = 7
ROWS = 42_000


def seconds(*command: str) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - start


def kaggle_csv(path: Path) -> None:
    """A file of the shape of Kaggle's train.csv, with about as many zeros."""
    rng = np.random.default_rng(0)
    images = rng.integers(1, 256, (ROWS, 784)) * (rng.random((ROWS, 784)) < 0.19)
    rows = np.column_stack([rng.integers(0, 10, ROWS), images])
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["label", *(f"pixel{number}" for number in range(784))])
        writer.writerows(rows.tolist())


def peak_mb(*command: str) -> float:
    """The largest resident memory of a command, in MB of 2**20 bytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return usage.ru_maxrss / 1024


def main() -> None:
    python, program = sys.executable, str(Path(sys.executable).with_name("numink"))
    with tempfile.TemporaryDirectory() as folder:
        # First, while this process is small: what a child had before it became the program counts for it
        memory = peak_mb(program, "train", "mlp", "--set", "train.epochs=2", "--out", str(Path(folder, "run")))
        table = Path(folder, "train.csv")
        kaggle_csv(table)
        code = (
            "from time import perf_counter; import numink; numink.load; start = perf_counter(); "
            f"numink.load({str(table)!r}); print(perf_counter() - start)"
        )
        reads = [
            float(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout)
            for _ in range(ROUNDS)
        ]
        size_mb = table.stat().st_size / 2**20

    def typical(*command: str) -> str:
        return f"{median(seconds(*command) for _ in range(ROUNDS)):.2f} s"

    rows = [
        [
            f"a CSV of Kaggle's shape ({ROWS:,} rows, {size_mb:.0f} MB) to arrays, split",
            f"{median(reads):.2f} s",
            "1.5 s",
        ],
        ["`numink --help`", typical(program, "--help"), "0.3 s"],
        ["`import numink`", typical(python, "-c", "import numink"), "0.2 s"],
        ["`import numink; numink.Model`", typical(python, "-c", "import numink; numink.Model"), ""],
        ["`python -c pass`, for comparison", typical(python, "-c", "pass"), ""],
        ["peak memory of `numink train mlp` on MNIST, report included", f"{memory:.0f} MB", "400 MB"],
    ]
    text = common.table(["what", "measured", "aim"], rows)
    common.publish("waiting", "Waiting, and memory", "python -m benchmarks.waiting", text)


if __name__ == "__main__":
    main()
