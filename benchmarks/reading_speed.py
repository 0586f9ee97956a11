"""How long does reading take, and how much memory? By the command, in a process of its own, and in one that is warm."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from PIL import Image

from benchmarks import common
from benchmarks.reading_reader import Settings
from numink.data import strokes
from numink.data.strokes.source import read as read_strokes

DIGITS = [["12345", "67890"]] * 10
ROUNDS = 3
SMALL = 1000


def photograph(path: Path) -> None:
    """12 megapixels, 100 digits, as a usual telephone takes it."""
    rng = np.random.default_rng(12)
    photo = strokes.Photo.draw(rng, 0.5)
    page = strokes.page(rng, texts=DIGITS, layout="rows", height_px=4000, width_px=3000, photo=photo)
    Image.fromarray(page.image).save(path, quality=90)


def small_pictures(folder: Path) -> None:
    """One digit of 28 x 28 in each."""
    folder.mkdir()
    for number, image in enumerate(read_strokes(0)[1].images[:SMALL]):
        Image.fromarray(255 - image).save(folder / f"{number}.png")


def run(arguments: Sequence[str | Path]) -> tuple[float, float]:
    """Seconds and the most memory (MB) of a `numink` command."""
    ended = subprocess.run(
        [sys.executable, "-c", _WATCH, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(f"numink {' '.join(map(str, arguments))} failed:\n{ended.stderr}")
    seconds, most_kb = map(float, ended.stdout.split())
    return seconds, most_kb / 1024


# From a process of its own, that is small: Linux counts the memory of a command's parent before it starts as its own
_WATCH = """
import resource, subprocess, sys, time
start = time.perf_counter()
command = [sys.executable, "-m", "numink", *sys.argv[1:]]
subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def warm(path: Path) -> float:
    """Seconds of `numink.read` after a first call that does not count."""
    import numink

    numink.read(path)
    taken = []
    for _ in range(ROUNDS):
        start = perf_counter()
        numink.read(path)
        taken.append(perf_counter() - start)
    return median(taken)


def section(settings: Settings) -> str:
    """The figures in words and a table."""
    with TemporaryDirectory() as place:
        photo, folder = Path(place, "photo.jpg"), Path(place, "small")
        photograph(photo)
        small_pictures(folder)
        of_photo = [run(["read", photo, "--json"]) for _ in range(ROUNDS)]
        of_small = [run(["read", folder, "--single", "--json"]) for _ in range(ROUNDS)]
        warm_seconds = warm(photo)
    megapixels = "A photograph of 12 megapixels with 100 digits"
    rows = [
        [f"{megapixels}: `numink read`", f"**{median(one[0] for one in of_photo):.2f} s**", "1.5 s"],
        ["the most memory of that process", f"**{median(one[1] for one in of_photo):.0f} MB**", "600 MB"],
        ["the same by `numink.read` in a process that has read before", f"{warm_seconds:.2f} s", ""],
        [f"{SMALL:,} pictures of 28 x 28: `numink read --single`", f"**{median(one[0] for one in of_small):.2f} s**",
         "5 s"],
        ["the most memory of a process of it", f"{median(one[1] for one in of_small):.0f} MB", ""],
    ]  # fmt: skip
    text = f"From the start of Python to the end of the process, JSON printed; medians of {ROUNDS} runs.\n\n"
    return text + common.table(["what", "measured", "aim"], rows)
