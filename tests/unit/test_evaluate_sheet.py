from io import StringIO

import numpy as np
import pytest
from PIL import ImageColor
from rich.console import Console

from numink.errors import DataError
from numink.evaluate.look import PALETTE
from numink.evaluate.sheet import picture, terminal

RED = ImageColor.getrgb(PALETTE["red"])


def blocks(count):
    """Images with ink in their upper left quarter alone."""
    images = np.zeros((count, 28, 28), dtype=np.uint8)
    images[:, :14, :14] = 255
    return images


def printed(sheet, **options):
    file = StringIO()
    Console(**({"file": file, "width": 80, "_environ": {}} | options)).print(sheet)
    return file.getvalue().splitlines()


def test_without_colours_digits_are_shades():
    lines = printed(terminal(blocks(2), ["7", "3  read 5"], wrong=[False, True]))

    assert lines[0] == "███████" + " " * 7 + "  " + "███████" + " " * 7
    assert lines[3] == "▓▓▓▓▓▓▓" + " " * 7 + "  " + "▓▓▓▓▓▓▓" + " " * 7  # half of that line has ink
    assert lines[4].strip() == lines[6].strip() == ""
    assert [caption.strip() for caption in (lines[7][:14], lines[7][16:])] == ["7", "3  read 5"]
    assert len(lines) == 9


def test_shades_grow_with_the_ink():
    images = np.repeat(np.uint8([0, 40, 90, 130, 255]), 784).reshape(5, 28, 28)
    first = printed(terminal(images, list("abcde")))[0]
    assert [first[column] for column in range(0, 80, 16)] == list(" ░▒▓█")


def test_with_colours_two_rows_of_pixels_are_half_blocks():
    lines = printed(terminal(blocks(1), ["3  read 5"], wrong=[True]), force_terminal=True, color_system="truecolor")
    assert lines[0].count("▀") == 14
    assert "\x1b[38;2;255;255;255;48;2;255;255;255m▀" in lines[0]
    assert "\x1b[38;2;255;255;255;48;2;0;0;0m▀" in lines[3]  # ink above, paper below
    assert "\x1b[1;31m" in lines[7]
    right = printed(terminal(blocks(1), ["3"]), force_terminal=True, color_system="truecolor")
    assert "\x1b[1;31m" not in right[7]


def test_no_color_is_heeded_in_a_terminal():
    lines = printed(
        terminal(blocks(1), ["7"]), force_terminal=True, _environ={"NO_COLOR": "1", "TERM": "xterm-256color"}
    )
    assert lines[0].startswith("███████")
    assert "\x1b" not in lines[7]


def test_a_terminal_of_ascii_gets_ascii():
    class Ascii(StringIO):
        encoding = "ascii"

    file = Ascii()
    printed(terminal(blocks(1), ["7"]), file=file)
    assert file.getvalue().startswith("#######")
    assert file.getvalue().isascii()


@pytest.mark.parametrize(("width", "abreast"), [(200, 5), (80, 5), (78, 5), (77, 4), (30, 2), (29, 1), (14, 1)])
def test_as_many_stand_abreast_as_fit(width, abreast):
    lines = printed(terminal(blocks(11), [str(i) for i in range(11)]), width=width)
    assert max(map(len, lines)) == 16 * abreast - 2
    assert len(lines) == 9 * -(-11 // abreast)
    assert " ".join(lines[7::9]).split() == [str(i) for i in range(11)]


def test_long_captions_are_cut():
    lines = printed(terminal(blocks(2), ["a caption too long", "b"]))
    assert lines[7][:18].rstrip() == "a caption too"


def test_a_picture_shows_ink_dark_and_frames_what_is_wrong():
    sheet = picture(blocks(3), ["1", "2", "3"], wrong=[False, True, False], columns=2, scale=2)

    assert sheet.size == (10 + 2 * 66, 10 + 2 * (56 + 16 + 10))
    assert sheet.getpixel((10, 10)) == (0, 0, 0)
    assert sheet.getpixel((10 + 40, 10 + 40)) == (255, 255, 255)
    assert sheet.getpixel((10, 10 + 82)) == (0, 0, 0)  # the third begins the second row
    assert sheet.getpixel((10 + 66 - 1, 10 - 1)) == RED
    assert sheet.getpixel((10 - 1, 10 - 1)) != RED


def test_captions_of_a_picture_never_overlap():
    narrow, wide = picture(blocks(4), ["7"] * 4), picture(blocks(4), ["8  read 3  99.9 %  of the time"] * 4)
    assert wide.width > 1.5 * narrow.width
    written = np.asarray(wide.convert("L"))[15 + 84 + 2 :, :]
    columns = (written < 128).any(axis=0)
    gaps = [len(gap) for gap in "".join(" #"[int(column)] for column in columns).strip().split("#") if gap]
    assert sum(gap >= 12 for gap in gaps) == 3


@pytest.mark.parametrize("draw", [picture, terminal])
@pytest.mark.parametrize(
    ("images", "captions", "message"),
    [
        (blocks(2), ["1"], "a caption for each image, got 1 for 2"),
        (blocks(0), [], r"expected uint8 images \(n, 28, 28\), got uint8 \(0, 28, 28\)"),
        (blocks(1).reshape(1, 784), ["1"], r"got uint8 \(1, 784\)"),
        (blocks(1) / 255, ["1"], "got float64"),
    ],
)
def test_bad_input_gets_one_line(draw, images, captions, message):
    with pytest.raises(DataError, match=message):
        draw(images, captions)
