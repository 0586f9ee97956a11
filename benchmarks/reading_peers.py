"""Others at the same pictures: Tesseract, and the usual way with a network (threshold, components, cut out)."""

import csv
import shutil
import subprocess
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks import common
from benchmarks.reading_folder import judge_page, judge_single, labelled
from benchmarks.reading_match import Tally, compare
from benchmarks.reading_pages import drawn_page
from benchmarks.reading_reader import Settings, over_processes, read_image
from numink.data.digits import Bytes
from numink.data.normalise import normalise

PAGES = 40
Reading = dict[str, Any]


SINGLE, DIGITS, NUMBERS = "single", "digits", "numbers"
"""What is looked for in a picture: one digit, digits in lines, or numbers with their signs."""


def numink_reads(image: Bytes, wanted: str) -> Reading:
    return read_image(image, single=wanted == SINGLE)


def tesseract(image: Bytes, wanted: str) -> Reading:
    """As people set it for digits: one character (--psm 10) or a block of them (6), no letters."""
    allowed = "0123456789" + ".,+-" * (wanted == NUMBERS)
    with TemporaryDirectory() as place:
        Image.fromarray(image).save(Path(place, "page.png"))
        command = ["tesseract", "page.png", "page", "--psm", "10" if wanted == SINGLE else "6",
                   "-c", f"tessedit_char_whitelist={allowed}", "tsv", "makebox"]  # fmt: skip
        subprocess.run(command, cwd=place, check=True, capture_output=True)
        boxes = [line.split() for line in Path(place, "page.box").read_text().splitlines()]
        with Path(place, "page.tsv").open(newline="") as file:
            words = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    digits = []
    for text, *corners in boxes:
        left, bottom, right, top = map(int, corners[:4])
        if text.isdigit():
            digits.append({"digit": text, "box": (left, len(image) - top, right - left, top - bottom)})
    rows: dict[tuple[str, ...], int] = {}
    numbers = []
    for word in words:
        if any(letter.isdigit() for letter in word["text"] or ""):
            line = tuple(word[key] for key in ("block_num", "par_num", "line_num"))
            box = tuple(int(word[key]) for key in ("left", "top", "width", "height"))
            row = rows.setdefault(line, len(rows))
            numbers.append({"text": word["text"], "row": row, "box": box, "accepted": True, "digits": []})
    if numbers:  # which word a character belongs to does not count
        numbers[0]["digits"] = digits
    return {"numbers": numbers, "rejected": []}


def usual(image: Bytes, wanted: str) -> Reading:
    """Adaptive threshold, connected components, each normalised and classified by the same network as numink's."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    side = max(11, min(grey.shape) // 8 | 1)
    mask = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, side, 12)
    if wanted == SINGLE:
        return as_one(classified([255 * mask])[0]) if mask.any() else {"numbers": [], "rejected": []}
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    height, width = mask.shape
    chosen = [n for n in range(1, count) if height / 60 < stats[n, 3] < height / 2 and stats[n, 2] < width / 2]
    if not chosen:
        return {"numbers": [], "rejected": []}
    boxes = [tuple(map(int, stats[n, :4])) for n in chosen]
    cuts = [255 * (labels[y : y + h, x : x + w] == n) for n, (x, y, w, h) in zip(chosen, boxes, strict=True)]
    digits = [{"digit": int(p.argmax()), "box": box} for p, box in zip(classified(cuts), boxes, strict=True)]
    return {"numbers": in_lines(digits), "rejected": []}


def classified(cuts: list[np.ndarray]) -> np.ndarray:
    return network().probabilities(np.stack([normalise(cut.astype(np.uint8)) for cut in cuts]))


@cache
def network() -> Any:
    from numink.model_file import load_model

    return load_model("cnn-best")


def as_one(p: np.ndarray) -> Reading:
    return {"numbers": [{"text": str(p.argmax()), "row": 0, "accepted": True}], "rejected": []}


def in_lines(digits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Digits whose middles lie within half a height are one line; a gap wider than a digit parts numbers."""
    lines: list[list[dict[str, Any]]] = []
    for digit in sorted(digits, key=lambda one: one["box"][1] + one["box"][3] / 2):
        _, y, _, h = digit["box"]
        last = lines[-1][-1]["box"] if lines else (0, -1e9, 0, 0)
        if abs(y + h / 2 - last[1] - last[3] / 2) > max(h, last[3]) / 2:
            lines.append([])
        lines[-1].append(digit)
    numbers: list[dict[str, Any]] = []
    for row, line in enumerate(lines):
        end = -1e9
        for digit in sorted(line, key=lambda one: one["box"][0]):
            x, _, w, h = digit["box"]
            if x - end > 0.7 * h:
                numbers.append({"text": "", "row": row, "accepted": True, "digits": []})
            numbers[-1]["text"] += str(digit["digit"])
            numbers[-1]["digits"].append(digit)
            end = x + w
    for number in numbers:
        number["box"] = around([digit["box"] for digit in number["digits"]])
    return numbers


def around(boxes: list[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


READERS: dict[str, Callable[[Bytes, str], Reading]] = {
    "numink": numink_reads,
    "threshold, components, `cnn-best`": usual,
    "Tesseract": tesseract,
}


def compare_page(seed: int, readers: list[str]) -> dict[str, Tally]:
    page, _ = drawn_page(seed)
    return {name: compare(page, READERS[name](page.image, NUMBERS)) for name in readers}


def section(settings: Settings) -> str:
    """The figures in words and a table."""
    readers = [name for name in READERS if name != "Tesseract" or shutil.which("tesseract")]
    tallies = {name: Tally() for name in readers}
    seeds = range(settings.first, settings.first + min(settings.pages, PAGES))
    for found in over_processes(partial(compare_page, readers=readers), seeds, settings.workers):
        for name, tally in found.items():
            tallies[name] += tally
    rows = []
    for name in readers:
        row = [name]
        if settings.folder:
            row += [*of_folder(settings.folder, READERS[name])]
        tally = tallies[name]
        row += [
            f"{tally.share('right', 'digits'):.1%}",
            str(tally["made_up"]),
            f"{tally.share('exact', 'numbers'):.1%}",
        ]
        rows.append(row)
    header = ["FOLDER: single digits right", "digits of pages right"] if settings.folder else []
    header = ["reader", *header, f"{len(seeds)} drawn pages: digits right", "made up", "numbers exact"]
    text = (
        "Tesseract is told to expect digits (and signs on pages): one character (`--psm 10`), or a block (`--psm 6`). "
        "The usual way is OpenCV's adaptive threshold, connected components, and numink's network on each.\n\n"
    )
    missing = "" if "Tesseract" in readers else "\n\nTesseract is not installed here, and left out."
    return text + common.table(header, rows) + missing


def of_folder(folder: Path, reads: Callable[[Bytes, str], Reading]) -> tuple[str, str]:
    """Single digits right, accepted or not; and digits of pages."""
    singles = [judge_single(reads(opened(path), SINGLE), label) for path, label in labelled(folder / "single")]
    right = sum(verdict.startswith("right") for verdict in singles)
    found = [judge_page(reads(opened(path), DIGITS), label) for path, label in labelled(folder / "pages")]
    digits = sum(one["digits"] for one in found)
    digits_right = sum(max(0, one["digits"] - one["digit_edits"]) for one in found)
    return f"{right} of {len(singles)}", f"{digits_right} of {digits}"


def opened(path: Path) -> Bytes:
    """A picture on white paper, uint8 (h, w, 3)."""
    picture = Image.open(path).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(paper, picture).convert("RGB"))
