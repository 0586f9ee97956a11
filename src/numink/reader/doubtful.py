"""Doubtful digits as a folder that a person sorts by hand, and that a network then learns from.

    DIR/0 ... DIR/9     28 x 28 pixels, as the network saw them, by its best guess
    DIR/no-digit        what was rejected, though it has the size of a digit
    DIR/look            each of them as it stands in its picture, by the same name: to look at

A file's name says its picture, what is in that, and the place, so that a second reading of the same picture finds what
was written at the first, wherever it was moved to, or by look that it was deleted, and writes only what is new.
"""

from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from shlex import quote

import numpy as np

from numink.data.digits import Bytes
from numink.data.folder import NO_DIGIT_NAME
from numink.files import replacing, shortened, write_text
from numink.reader.digit import to_image
from numink.reader.reader import Steps
from numink.reader.results import Box, PageReading
from numink.reader.stages import cutting, scaled

LOOK = "look"
SURE = 0.99
"""A digit as sure as this is not asked about, though its number is doubtful by another."""
LEAST, MOST = 0.5, 1.8
"""Heights of the page's digits: what is rejected and smaller or larger is no digit that a person would recognise."""
LONGEST_NAME = 100
"""Bytes; a file system takes 255, and more is added to it."""
LOOK_PX = 240

FOLDERS = (*map(str, range(10)), NO_DIGIT_NAME)

LEARNING = (
    '--data "strokes 2000" --data "non-digits 1000" --data {folder} --set data.validation=0 --set train.epochs=6 '
    "--set train.learning_rate=0.0005 --set train.average=0 --out runs/mended"
)
"""How a network goes on with a few digits: a short while and gently, with others, and with what is no digit, beside
them, so that it forgets neither."""

README = """\
Digits that numink was not sure about, to be sorted by hand.

The folders 0 to 9 hold images that were taken for this digit, and no-digit holds what was rejected. In look, each is as
it stands in its picture, under the same name.

1. Move each image that is in a wrong folder to the right one, digits in no-digit too. Delete what nobody can tell.
2. Let a network learn from them. Others are mixed in, so that it forgets nothing:

   {program} train --from {model} {learning}

3. Read with the new one. For --max-error-rate it needs a calibration first:

   {program} calibrate runs/mended
   {program} read PICTURE --model runs/mended

numink read --save-doubtful may write into this folder again: it adds what is new, and leaves what was sorted.
"""


def save_doubtful(folder: Path, steps: Steps, reading: PageReading) -> int:
    """Write the doubtful digits of one picture, and what was rejected and might be some; how many are new."""
    new = 0
    content = blake2b(steps.image.tobytes(), digest_size=4).hexdigest()
    before = f"{shortened(Path(reading.file).stem, LONGEST_NAME)}-{content}"
    for guess, image, box in _doubtful(steps, reading):
        x, y, width, height = box
        name = f"{before}-{x}-{y}-{width}x{height}.png"
        if any((sub / name).exists() for sub in folder.glob("*/")):
            continue
        _write(folder / guess / name, image)
        _write(folder / LOOK / name, cutting(steps.image, scaled(box, steps.image.shape[1] / reading.width), LOOK_PX))
        new += 1
    return new


def _doubtful(steps: Steps, reading: PageReading) -> Iterator[tuple[str, Bytes, Box]]:
    """The folder of each doubtful digit, its image (28, 28) and its box in the picture."""
    heights = [digit.box[3] for word in steps.words for digit in word.digits]
    for word, number in zip(steps.words, reading.numbers, strict=True):
        least = min((digit.confidence for digit in number.digits), default=0.0)
        for candidate, digit in zip(word.digits, number.digits, strict=True):
            if not number.accepted and digit.confidence <= max(least, SURE):
                yield str(digit.digit), candidate.image, digit.box
    usual_px = float(np.median(heights)) if heights else None
    for other, rejected in zip(steps.others, reading.rejected, strict=True):
        x, y, width, height = other.box
        like = usual_px is None or LEAST * usual_px <= height <= MOST * usual_px
        coverage = steps.ink.coverage[y : y + height, x : x + width]
        if like and width <= 2 * height and coverage.any():
            yield NO_DIGIT_NAME, to_image(coverage), rejected.box


def _write(path: Path, image: Bytes) -> None:
    from PIL import Image

    file = BytesIO()
    Image.fromarray(image).save(file, "PNG")
    with replacing(path) as whole:
        whole.write(file.getvalue())


def write_readme(folder: Path, program: str, model: str) -> None:
    """Say what the folder is for and how a network learns from it; make the folders to sort into.

    program: how numink is called. model: the one that read.
    """
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    learning = LEARNING.format(folder=quote(str(folder)))
    write_text(folder / "README.txt", README.format(program=program, model=quote(model), learning=learning))
