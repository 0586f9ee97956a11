"""Contact sheets: digits side by side with a caption under each, as a picture or in the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from numink.errors import DataError
from numink.evaluate.look import PALETTE

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

COLUMNS = 14
"""How many characters wide a digit is in the terminal (five fit into 80); it is half as many lines high."""
GAP = 2
SHADES = " ░▒▓█"
ASCII_SHADES = " .:*#"


def picture(
    images: NDArray[np.uint8],
    captions: Sequence[str],
    *,
    wrong: Sequence[bool] | None = None,
    columns: int | None = None,
    scale: int = 3,
) -> "Image":
    """Draw images (n, 28, 28) dark on light, each with its caption; those that are `wrong` in red and framed.

    `columns` is how many stand in a row (10 at most unless told), `scale` how many pixels wide each of theirs
    becomes. Raises DataError, one line, where the numbers of images and captions differ or are 0.
    """
    from PIL import Image, ImageDraw, ImageFont

    wrong = _checked(images, captions, wrong)
    columns = min(len(images), columns or 10)
    rows = -(-len(images) // columns)
    side_px, gap_px = 28 * scale, 5 * scale
    font = ImageFont.load_default(max(11, 5 * scale))
    pitch_x = max(side_px, *(round(font.getlength(caption)) for caption in captions)) + gap_px
    pitch_y = side_px + 8 * scale + gap_px
    sheet = Image.new("RGB", (gap_px + columns * pitch_x, gap_px + rows * pitch_y), "#f1f3f6")
    draw = ImageDraw.Draw(sheet)
    for i, (caption, bad) in enumerate(zip(captions, wrong, strict=True)):
        row, column = divmod(i, columns)
        x = gap_px + column * pitch_x + (pitch_x - gap_px - side_px) // 2
        y = gap_px + row * pitch_y
        digit = Image.fromarray(255 - images[i]).resize((side_px, side_px), Image.Resampling.NEAREST)
        sheet.paste(digit, (x, y))
        if bad:
            draw.rectangle((x - 2, y - 2, x + side_px + 1, y + side_px + 1), outline=PALETTE["red"], width=2)
        below = (x + side_px // 2, y + side_px + scale + 1)
        draw.text(below, caption, PALETTE["red" if bad else "ink"], font, anchor="ma")
    return sheet


def terminal(
    images: NDArray[np.uint8],
    captions: Sequence[str],
    *,
    wrong: Sequence[bool] | None = None,
    width: int = 80,
) -> "TerminalSheet":
    """For rich to print: images (n, 28, 28) side by side, as many as fit `width` and the terminal.

    Captions are cut at 14 characters; those that are `wrong` are red. Where there are no colours (a pipe, a
    file, NO_COLOR) the digits are drawn in shades of characters. Raises DataError as `picture` does.
    """
    return TerminalSheet(images, captions, _checked(images, captions, wrong), width)


@dataclass(frozen=True, eq=False)
class TerminalSheet:
    """A sheet for `rich`, which asks it for its lines once it knows what the terminal can show."""

    images: NDArray[np.uint8]
    captions: Sequence[str]
    wrong: Sequence[bool]
    width: int

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "Iterator[Segment]":
        from rich.segment import Segment
        from rich.style import Style

        in_grey = console.color_system in ("256", "truecolor") and not console.no_color
        shades = ASCII_SHADES if options.ascii_only else SHADES
        abreast = max(1, (min(self.width, options.max_width) + GAP) // (COLUMNS + GAP))
        space, line = Segment(" " * GAP), Segment.line()
        red = Style(bold=True, color="red")
        for start in range(0, len(self.images), abreast):
            some = slice(start, start + abreast)
            small = self.images[some].reshape(-1, COLUMNS, 2, COLUMNS, 2).mean(axis=(2, 4))
            for y in range(0, COLUMNS, 2):
                for i, digit in enumerate(small):
                    if i:
                        yield space
                    if in_grey:
                        yield from _half_blocks(digit[y], digit[y + 1])
                    else:
                        yield Segment(_shaded((digit[y] + digit[y + 1]) / 2, shades))
                yield line
            for i, (caption, bad) in enumerate(zip(self.captions[some], self.wrong[some], strict=True)):
                if i:
                    yield space
                yield Segment(f"{caption[:COLUMNS]:^{COLUMNS}}", red if bad else None)
            yield line
            yield line


def _half_blocks(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> "Iterator[Segment]":
    """Two rows of pixels as one of characters: half blocks in the upper grey on the lower one."""
    from rich.color import Color
    from rich.segment import Segment
    from rich.style import Style

    for top, bottom in zip(upper, lower, strict=True):
        yield Segment("▀", Style.from_color(Color.from_rgb(top, top, top), Color.from_rgb(bottom, bottom, bottom)))


def _shaded(row: NDArray[np.float64], shades: str) -> str:
    # A stroke fills about two thirds of a character's square at most, so that counts as full.
    levels = np.rint(row * ((len(shades) - 1) / 170)).clip(0, len(shades) - 1).astype(int)
    return "".join(shades[level] for level in levels)


def _checked(images: NDArray[np.uint8], captions: Sequence[str], wrong: Sequence[bool] | None) -> Sequence[bool]:
    if images.shape[1:] != (28, 28) or images.dtype != np.uint8 or not len(images):
        raise DataError(f"expected uint8 images (n, 28, 28), got {images.dtype} {images.shape}")
    wrong = [False] * len(images) if wrong is None else wrong
    if not len(images) == len(captions) == len(wrong):
        raise DataError(f"expected a caption for each image, got {len(captions)} for {len(images)}")
    return wrong
