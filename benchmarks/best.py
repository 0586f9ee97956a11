"""How long do 60,000 images take through cnn-best, the shipped model, and how much memory?"""

from benchmarks import common  # first: it makes the start fair

from time import perf_counter

import numpy as np

from benchmarks.memory import status_mb
from numink.model_file import load_model

MODEL, IMAGES, MOST_MB = "cnn-best", 60_000, 500
ROUNDS = 3


def probabilities() -> dict[str, float]:
    model = load_model(MODEL)
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    before_mb = status_mb("VmRSS")
    start = perf_counter()
    model.probabilities(images)
    return {"seconds": perf_counter() - start, "before_mb": before_mb, "most_mb": status_mb("VmHWM")}


JOBS = {"probabilities": probabilities}


def main() -> None:
    figures = common.in_turns("benchmarks.best", list(JOBS), ROUNDS)["probabilities"]
    seconds, most_mb, before_mb = (figures[key] for key in ("seconds", "most_mb", "before_mb"))
    rows = [
        ["time", f"**{seconds:.1f} s**", ""],
        ["images a second", f"**{IMAGES / seconds:,.0f}**", ""],
        ["most memory of the process", f"**{most_mb:.0f} MB**", f"{MOST_MB} MB"],
        ["of which before the call: Python, NumPy, the model, the images", f"{before_mb:.0f} MB", ""],
    ]
    text = (
        f"{IMAGES:,} images (uint8, drawn at random, {IMAGES * 784 / 2**20:.0f} MB) in one call of `probabilities` of "
        f"the shipped `{MODEL}`, its first call in a fresh process, as it is used: shifts and members included, where "
        f"the model has them. Medians of {ROUNDS} processes.\n\n" + common.table(["", "measured", "aim"], rows)
    )
    common.publish("best", f"`{MODEL}`: {IMAGES:,} images", "python -m benchmarks.best", text)


if __name__ == "__main__" and not common.run_job(JOBS):
    main()
