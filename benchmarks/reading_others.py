"""What is no digit, one mark a picture: how many are accepted as a digit all the same?"""

from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import common
from benchmarks.reading_reader import Settings, best_text, over_processes, read_image
from numink.data.digits import Bytes
from numink.data.strokes.pages.fields import Field, smooth_noise
from numink.data.strokes.pages.hand import Glyph, Hand
from numink.data.strokes.pages.strays import STRAYS, extent

SEED = 1_000_000
Rng = np.random.Generator


def stray(draw: Callable[[Rng, Hand, float], list[Glyph]], rng: Rng) -> Field:
    """A mark of a writer's, on as much paper as a person leaves round it: coverage float32 (h, w), 0 to 1."""
    return laid(draw(rng, Hand.draw(rng, None), rng.uniform(24, 120)), rng)


def laid(glyphs: list[Glyph], rng: Rng) -> Field:
    """Glyphs on an empty sheet."""
    left, top, right, bottom = (round(side) for side in extent(glyphs))
    before, above, after, below = (round(share * (bottom - top)) for share in rng.uniform(0.05, 0.8, 4))
    sheet = np.zeros((bottom - top + above + below, right - left + before + after), np.float32)
    for glyph in glyphs:
        height, width = glyph.coverage.shape
        y, x = glyph.top_px - top + above, glyph.left_px - left + before
        np.maximum(sheet[y : y + height, x : x + width], glyph.coverage, out=sheet[y : y + height, x : x + width])
    return sheet


def two_digits(rng: Rng) -> Field:
    """Two digits side by side, where one is expected."""
    return laid(Hand.draw(rng, None).write(rng, f"{rng.integers(10, 100)}", rng.uniform(24, 120)), rng)


def box(rng: Rng) -> Field:
    """An empty box, at times one that the cut has left open at a side or two."""
    side, line = int(rng.uniform(30, 150)), int(rng.integers(1, 5))
    height = round(side * rng.uniform(0.7, 1.5))
    sheet = np.zeros((height, side), np.float32)
    margins = np.where(rng.random(4) < 0.3, -line, rng.uniform(0, 0.2, 4) * side).round().astype(int)
    top, bottom, left, right = margins[0], height - margins[1], margins[2], side - margins[3]
    sheet[max(top, 0) : bottom, max(left, 0) : right] = 1
    sheet[max(top + line, 0) : max(bottom - line, 0), max(left + line, 0) : max(right - line, 0)] = 0
    return sheet


def blank(rng: Rng) -> Field:
    """Nothing but paper."""
    return np.zeros(tuple(rng.integers(20, 300, 2)), np.float32)


def texture(rng: Rng) -> Field:
    """Clouds, soft or with hard edges, as of cloth, wood or shadows."""
    height, width = rng.integers(40, 300, 2)
    clouds = smooth_noise(rng, height, width, rng.uniform(3, 60), rng.uniform(1, 4))
    return np.clip(0.5 + clouds * rng.uniform(0.2, 3), 0, 1)


KINDS: dict[str, Callable[[Rng], Field]] = {
    **{name: partial(stray, draw) for name, (_, draw) in STRAYS.items()},
    "two digits": two_digits,
    "empty box": box,
    "blank paper": blank,
    "texture": texture,
}
MARKS = ("letter", "word", "sign", "scribble", "struck out", "empty box", "blank paper")


def photographed(coverage: Field, rng: Rng) -> Bytes:
    """A plain picture of it, uint8 (h, w): ink on paper or chalk on slate, with a little unevenness and noise."""
    height, width = coverage.shape
    paper, ink = rng.uniform(150, 255), rng.uniform(0, 90)
    if rng.random() < 0.2:
        paper, ink = ink, paper
    grey = paper + (ink - paper) * rng.uniform(0.6, 1) * coverage
    grey *= 1 + 0.05 * smooth_noise(rng, height, width, max(height, width) / 2)
    return np.clip(grey + rng.uniform(0, 4) * rng.standard_normal(coverage.shape), 0, 255).astype(np.uint8)


def read_kind(kind: str, images: int, model: str | None) -> tuple[str, Counter[str]]:
    """How many of a kind's pictures are accepted with --single, and how many pages would show an accepted number."""
    counts = Counter[str]()
    for number in range(images):
        rng = np.random.default_rng([SEED, list(KINDS).index(kind), number])
        image = photographed(KINDS[kind](rng), rng)
        text, accepted = best_text(read_image(image, model, single=True, name=f"{kind} {number}"))
        counts["read"] += bool(text)
        counts["accepted"] += accepted
        numbers = read_image(image, model, name=f"{kind} {number}")["numbers"]
        counts["page"] += bool(numbers)
        counts["page accepted"] += any(number["accepted"] for number in numbers)
    return kind, counts


def section(settings: Settings) -> str:
    """The figures in words and a table."""
    work = partial(read_kind, images=settings.images, model=settings.model)
    found = dict(over_processes(work, KINDS, settings.workers))
    columns = ("accepted", "page", "page accepted")
    rows = [[kind, *(f"{counts[name] / settings.images:.1%}" for name in columns)] for kind, counts in found.items()]
    total = sum((found[kind] for kind in MARKS), Counter())
    rows.append(
        ["**letters, words, signs, scribbles, struck out, boxes, blank**",
         *(f"**{total[name] / settings.images / len(MARKS):.2%}**" for name in columns)]
    )  # fmt: skip
    text = (
        f"{settings.images} pictures of each kind, one mark in each, by writers that nothing was trained on. "
        "First the share that is accepted as a digit with `--single`, which names the likeliest digit of any ink; then "
        "read as pages: the share that holds a number (a dash, a dot or a word may not; of two digits it should), and "
        "an accepted one. The aim is less than 2 %.\n\n"
    )
    return text + common.table(["kind", "single, accepted", "page, a number", "page, accepted"], rows)
