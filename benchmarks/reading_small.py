"""Digits as other collections keep them: a few pixels that fill their frame, read as pictures of one digit each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product

import numpy as np

from benchmarks import common
from benchmarks.reading_folder import judge_single
from benchmarks.reading_reader import Settings, over_processes, read_image
import numink
from numink.data import strokes
from numink.data.digits import Bytes, Part

DRAWN_PX = 64
SEED = 1_000_000


@dataclass(frozen=True)
class Way:
    """How a collection keeps a digit: the side of its frame, whether it is stretched to fill it, and two levels."""

    side_px: int
    stretched: bool
    two_levels: bool

    def __str__(self) -> str:
        proportions = "stretched to the frame" if self.stretched else "proportions kept"
        return f"{self.side_px}x{self.side_px}, {proportions}, {'two levels' if self.two_levels else 'grey'}"

    def keep(self, ink: Bytes) -> Bytes:
        """The ink of one digit, 0 = paper, of any size -> uint8 (side_px, side_px), averaged over areas."""
        from PIL import Image

        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = (self.side_px, self.side_px) if self.stretched else fitting(cut.shape, self.side_px)
        small = np.asarray(Image.fromarray(cut).resize((width, height), Image.Resampling.BOX))
        frame = np.zeros((self.side_px, self.side_px), np.uint8)
        top, left = (self.side_px - height) // 2, (self.side_px - width) // 2
        frame[top : top + height, left : left + width] = small
        return np.where(frame > frame.max() // 2, 255, 0).astype(np.uint8) if self.two_levels else frame


WAYS = [Way(*kind) for kind in product((8, 12, 16), (False, True), (False, True))]


def fitting(size: Sequence[int], side_px: int) -> tuple[int, int]:
    """Height and width whose longer side is `side_px`, in the proportions of `size`."""
    height, width = (max(1, round(side * side_px / max(size))) for side in size)
    return height, width


@cache
def digits(source: str, images: int) -> Part:
    """Digits as ink, uint8 of one size: of MNIST's part that is asked for, or of unseen writers of strokes."""
    if source == "strokes":
        return drawn(images)
    part: Part = getattr(numink.load("mnist"), source.split()[1])
    rows = np.random.default_rng(SEED).permutation(len(part))[:images]
    return Part.of(part.images[rows], part.labels[rows])


def drawn(images: int) -> Part:
    """Each by a writer of its own, on a square that has room for all."""
    rng = np.random.default_rng(SEED)
    side = 3 * DRAWN_PX
    inks, labels = np.zeros((images, side, side), np.uint8), np.arange(images) % 10
    for ink, label in zip(inks, labels, strict=True):
        writer = strokes.draw_writer(rng)
        drawing = strokes.draw(writer.form_for(str(label), rng), writer, DRAWN_PX, rng)
        x, y, width, height = drawing.box
        cut = drawing.coverage[y : y + height, x : x + width][:side, :side]
        ink[: cut.shape[0], : cut.shape[1]] = 255 * cut
    return Part(inks, labels.astype(np.uint8))


def read_all(job: tuple[str, Way], images: int, model: str | None) -> tuple[str, Way, Counter[str]]:
    """The verdicts on each digit of a source, kept in one way: half dark on light, half light on dark."""
    source, way = job
    part, verdicts = digits(source, images), Counter[str]()
    for number, (ink, label) in enumerate(zip(part.images, part.labels, strict=True)):
        kept, dark = way.keep(ink), number // 10 % 2 == 0
        verdict = judge_single(read_image(255 - kept if dark else kept, model, single=True), str(label))
        verdicts[verdict] += 1
        verdicts["light on dark missed"] += not dark and not verdict.startswith("right")
    return source, way, verdicts


def section(settings: Settings) -> str:
    """The figures in words and a table."""
    sources = [f"MNIST {'test' if settings.final else 'validation'}", "strokes"]
    jobs = [(source, way) for way in WAYS for source in sources]
    work = partial(read_all, images=settings.images, model=settings.model)
    found = {(source, way): counts for source, way, counts in over_processes(work, jobs, settings.workers)}
    rows = [[way, *(cell for source in sources for cell in cells(found[source, way], settings.images))] for way in WAYS]
    sums = [sum((found[source, way] for way in WAYS), Counter()) for source in sources]
    rows.append(["all", *(cell for counts in sums for cell in cells(counts, settings.images * len(WAYS)))])
    header = ["kept as", *(title for source in sources for title in (source, "accepted, and wrong"))]
    text = (
        f"{settings.images} digits of each source, cut to their ink, scaled by areas, and read with `--single`; every "
        "other ten dark on light, the rest light on dark. First what is right, accepted or not"
        f"; then how many are accepted, and how many of those are wrong. Of what was not read right "
        f"{sum(counts['light on dark missed'] for counts in sums)} were light on dark.\n\n"
    )
    return text + common.table(header, rows)


def cells(counts: Counter[str], images: int) -> Iterator[str]:
    """What is right, and what is accepted and wrong."""
    yield f"**{(counts['right'] + counts['right, rejected']) / images:.1%}**"
    yield f"{(counts['right'] + counts['wrong']) / images:.1%}, {counts['wrong'] / images:.2%}"
