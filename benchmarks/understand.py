"""How long do the experiments take, three activations from five seeds and thirty trials around mlp? What is found?"""

from benchmarks import common  # first: it makes the start fair

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

COMPARE = "compare classic-15-relu --vary network.activation=sigmoid,tanh,relu --seeds 5"
TUNE = "tune mlp --trials 30"
DOCTOR = (
    "`numink doctor` finds every planted fault and accuses no recipe of ours: `pytest tests/unit/test_diagnose.py "
    "tests/unit/test_doctor.py tests/unit/test_doctor_data.py tests/slow/test_doctor_recipes.py`."
)


def experiment(command: str) -> tuple[float, dict[str, Any]]:
    """How many seconds a command takes in a folder of its own, and its figures."""
    numink = str(Path(sys.executable).with_name("numink"))
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        words = [numink, *command.split(), "--out", folder, "--json"]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        return perf_counter() - start, json.loads(done.stdout)


def minutes(seconds: float) -> str:
    return "{:.0f} min {:02.0f} s".format(*divmod(round(seconds), 60))


def accuracies(compared: dict[str, Any]) -> str:
    """The table of a comparison: mean and 95 % interval over the seeds."""
    rows = []
    for variant in compared["variants"]:
        shares, sums = (
            [variant[part][what] for part in ("training", "test")] for what in ("accuracy", "squared_error")
        )
        rows.append(
            [
                variant["name"],
                *(f"{share['mean']:.2%} ± {share['interval_95'][1] - share['mean']:.2%}" for share in shares),
                *(f"{sum_['mean']:,.0f} ± {sum_['interval_95'][1] - sum_['mean']:,.0f}" for sum_ in sums),
            ]
        )
    header = ["", "accuracy, training", "accuracy, test", "error sum, training", "error sum, test"]
    return common.table(header, rows)


def main() -> None:
    compare_seconds, compared = experiment(COMPARE)
    tune_seconds, tuned = experiment(TUNE)
    found = f"{tuned['validation_accuracy']:.2%} (default {tuned['default_accuracy']:.2%})"
    rows = [
        [f"`numink {COMPARE}`", minutes(compare_seconds), "5 min", compared["sentence"]],
        [f"`numink {TUNE}`", minutes(tune_seconds), "10 min", f"best validation accuracy {found}"],
    ]
    text = common.table(["what", "measured", "aim", "found"], rows)
    text += f"\n\n{DOCTOR}"
    text += f"\n\nThe activations, each at its best within 500 iterations, five seeds each:\n\n{accuracies(compared)}"
    common.publish("understand", "Experiments", "python -m benchmarks.understand", text)


if __name__ == "__main__":
    main()
