"""From names to pictures: every format that people have, and one line for each file that gives none."""

import os
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from heic_sample import HEIC
from numink.reader.load import count_pages, find_files, pictures
from numink.reader.pictures import Failure, Limits, Picture

GREY = np.full((60, 80), 230, np.uint8)
GREY[20:40, 30:34] = 20  # a bar


def image(mode="L"):
    return Image.fromarray(GREY).convert(mode)


def only(path, limits=None):
    (found,) = pictures(path, limits)
    return found


def reason(path, limits=None):
    found = only(path, limits)
    assert isinstance(found, Failure)
    assert found.file == str(path)
    assert "\n" not in found.reason
    return found.reason


def as_grey(picture):
    assert picture.image.dtype == np.uint8
    return picture.image if picture.image.ndim == 2 else picture.image.mean(axis=2)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.png", "L"),
        ("a.png", "RGB"),
        ("a.png", "P"),
        ("a.jpg", "L"),
        ("a.jpg", "RGB"),
        ("a.jpg", "CMYK"),
        ("a.webp", "RGB"),
        ("a.avif", "RGB"),
        ("a.gif", "L"),
        ("a.bmp", "RGB"),
        ("a.tif", "L"),
        ("a.tif", "LAB"),
        ("a.pgm", "L"),
        ("a.ppm", "RGB"),
        ("without suffix", "L"),
    ],
)
def test_every_format_and_mode_is_read(tmp_path, name, mode):
    if mode == "LAB":  # which Pillow makes of no other mode
        lab = Image.merge("LAB", [image(), Image.new("L", (80, 60), 128), Image.new("L", (80, 60), 128)])
        lab.save(tmp_path / name)
    else:
        image(mode).save(tmp_path / name, "PNG" if "." not in name else None)

    picture = only(tmp_path / name)

    assert isinstance(picture, Picture)
    assert (picture.page, picture.width, picture.height, picture.scale) == (0, 80, 60, 1.0)
    away = np.abs(as_grey(picture) - GREY.astype(float))
    assert away.max() < 60
    assert away.mean() < 30  # of palettes, which have few greys, and of JPEG's edges


def test_pictures_of_one_bit_are_black_and_white(tmp_path):
    image("1").save(tmp_path / "fax.tif", compression="group4")

    assert set(np.unique(only(tmp_path / "fax.tif").image)) == {0, 255}


@pytest.mark.parametrize(("name", "factor"), [("a.png", 257), ("a.tif", 257), ("twelve bits.png", 16)])
def test_sixteen_bits_become_eight(tmp_path, name, factor):
    Image.fromarray(GREY.astype(np.uint16) * factor).save(tmp_path / name)

    np.testing.assert_array_equal(only(tmp_path / name).image, GREY)


def test_a_pgm_of_sixteen_bits_is_read(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 80 60 65535\n" + (GREY.astype(">u2") * 257).tobytes())

    np.testing.assert_array_equal(only(tmp_path / "a.pgm").image, GREY)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (200, 0)])
def test_what_is_transparent_is_the_paper_on_which_the_ink_is_seen(tmp_path, mode, ink, paper):
    drawn = np.zeros((60, 80, 4), np.uint8)
    drawn[20:40, 30:34] = (ink, ink, ink, 255)
    Image.fromarray(drawn).convert(mode).save(tmp_path / "drawn.png")

    levels = as_grey(only(tmp_path / "drawn.png"))

    assert levels[0, 0] == paper
    assert levels[30, 32] == ink


def test_a_sheet_cut_out_of_its_background_stays_on_white(tmp_path):
    sheet = np.dstack([GREY, GREY, GREY, np.where(np.arange(80) < 70, 255, 0) + 0 * GREY]).astype(np.uint8)
    Image.fromarray(sheet).save(tmp_path / "sheet.png")

    assert as_grey(only(tmp_path / "sheet.png"))[0, 79] == 255


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize(("orientation", "row", "column"), [(1, 0, 0), (3, 59, 79), (6, 0, 59), (8, 79, 0)])
def test_pictures_stand_as_the_camera_noted(tmp_path, suffix, orientation, row, column):
    levels = np.full((60, 80, 3), 230, np.uint8)
    levels[:10, :10] = 20  # the corner that comes first in the file
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(levels).save(tmp_path / f"a.{suffix}", exif=exif)

    picture = only(tmp_path / f"a.{suffix}")

    assert (picture.height, picture.width) == picture.image.shape[:2] == ((60, 80) if orientation < 5 else (80, 60))
    assert picture.image[row, column].max() < 60
    assert (as_grey(picture) < 120).sum() == pytest.approx(100, abs=15)


@pytest.mark.parametrize("kind", [b"\2\0", b"\7\0", b"\3\0"])  # text, bytes, a number
def test_what_a_camera_noted_wrongly_is_passed_over(tmp_path, kind):
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1" + kind + b"\1\0\0\0\x09\0\0\0" + bytes(4)
    image().save(tmp_path / "a.jpg", exif=exif)
    image().save(tmp_path / "b.png", exif=b"Exif\0\0no metadata")

    for name in ("a.jpg", "b.png"):
        picture = only(tmp_path / name)
        assert (picture.width, picture.height, picture.image.shape) == (80, 60, (60, 80))


def test_heic_of_a_telephone_is_read(tmp_path):
    (tmp_path / "IMG_0001.HEIC").write_bytes(HEIC)

    picture = only(tmp_path / "IMG_0001.HEIC")

    assert picture.image.shape == (32, 24, 3)
    assert abs(int(picture.image[0, 0, 0]) - 230) < 12
    assert picture.image[12:14, 8:16].mean() < 80


def test_pages_of_a_tiff_and_of_a_gif_come_one_by_one(tmp_path):
    pages = [image(), image().rotate(90, expand=True), image("RGB")]
    for name in ("a.tif", "a.gif"):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])

    tiff = list(pictures(tmp_path / "a.tif"))
    assert [(page.page, page.width, page.height) for page in tiff] == [(0, 80, 60), (1, 60, 80), (2, 80, 60)]
    np.testing.assert_array_equal(tiff[2].image[..., 0], GREY)
    assert [page.page for page in pictures(tmp_path / "a.gif")] == [0, 1, 2]
    assert [page.page for page in pictures(tmp_path / "a.tif", pages=range(1, 2))] == [1]
    assert [page.page for page in pictures(tmp_path / "a.tif", pages=range(2, 5))] == [2]
    assert list(pictures(tmp_path / "a.tif", pages=range(3, 5))) == []
    assert count_pages(tmp_path / "a.tif") == count_pages(tmp_path / "a.gif") == 3


def test_smaller_copies_in_a_tiff_are_no_pages(tmp_path):
    copy = image().resize((20, 15))
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    image().save(tmp_path / "a.tif", save_all=True, append_images=[copy, image().rotate(180)])

    found = list(pictures(tmp_path / "a.tif"))

    assert [(page.page, page.width) for page in found] == [(0, 80), (1, 80)]
    assert count_pages(tmp_path / "a.tif") == 2


def test_an_animation_is_its_first_picture(tmp_path):
    image("RGB").save(tmp_path / "a.webp", save_all=True, append_images=[image("RGB").rotate(180)])

    assert only(tmp_path / "a.webp").page == 0


def test_a_damaged_page_is_told_and_the_others_are_read(tmp_path):
    image().save(tmp_path / "a.tif", save_all=True, append_images=[image()] * 2, compression="tiff_lzw")
    whole = bytearray((tmp_path / "a.tif").read_bytes())
    with Image.open(tmp_path / "a.tif") as file:
        file.seek(1)
        (start,), (length,) = file.tag_v2[273], file.tag_v2[279]
    whole[start : start + length] = bytes(length)
    (tmp_path / "a.tif").write_bytes(whole)

    first, second, third = pictures(tmp_path / "a.tif")

    assert (first.page, third.page) == (0, 2)
    assert second.reason.startswith("page 2: a damaged image: ")


def test_more_pages_than_allowed_are_told(tmp_path):
    image().save(tmp_path / "a.tif", save_all=True, append_images=[image().rotate(90)] * 3)
    image("RGB").save(tmp_path / "a.pdf", save_all=True, append_images=[image("RGB")] * 3)

    for name in ("a.tif", "a.pdf"):
        limits = Limits(pages=2)
        first, second, rest = pictures(tmp_path / name, limits)
        assert (first.page, second.page) == (0, 1)
        assert rest.reason == "more than 2 pages, the others are left out; --max-pages takes more"
        assert count_pages(tmp_path / name, limits) == 3
        assert list(pictures(tmp_path / name, limits, range(2, 3))) == [rest]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_large_pictures_become_smaller_ones_with_the_size_of_the_original(tmp_path, monkeypatch, name):
    monkeypatch.setattr("numink.reader.pictures.MOST_WORKED_ON", 1000)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image("RGB").save(tmp_path / name, exif=exif)

    picture = only(tmp_path / name)

    assert (picture.width, picture.height) == (60, 80)
    height, width = picture.image.shape[:2]
    assert 500 < height * width <= 1000
    assert picture.scale == 60 / width
    assert height / width == pytest.approx(80 / 60, rel=0.06)


@pytest.mark.parametrize("mode", ["1", "P", "L", "RGBA"])
def test_any_mode_becomes_smaller(tmp_path, monkeypatch, mode):
    monkeypatch.setattr("numink.reader.pictures.MOST_WORKED_ON", 1000)
    image(mode).save(tmp_path / "a.png")

    levels = as_grey(only(tmp_path / "a.png"))

    assert levels.size <= 1000
    assert levels.max() > 190
    assert levels.min() < 120


def test_long_strips_become_short_enough_for_opencv(tmp_path):
    Image.new("L", (40_000, 8), 255).save(tmp_path / "strip.png")

    picture = only(tmp_path / "strip.png")

    assert picture.width == 40_000
    assert picture.image.shape == (6, 32_000)


def test_enormous_pictures_are_refused_by_their_header(tmp_path):
    image().save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    side = (60_000).to_bytes(4, "big")
    header = b"IHDR" + side + side + whole[24:29]
    (tmp_path / "bomb.png").write_bytes(whole[:12] + header + zlib.crc32(header).to_bytes(4, "big") + whole[33:])

    assert reason(tmp_path / "bomb.png") == (
        "3,600.0 megapixels, of which at most 100 are read; --max-megapixels 3600 takes it"
    )
    few = Limits(megapixels=0.004)
    assert reason(tmp_path / "a.png", few).startswith("0.0 megapixels, of which at most 0.004 are read")
    assert isinstance(only(tmp_path / "a.png", Limits(megapixels=0.0048)), Picture)
    assert Image.MAX_IMAGE_PIXELS is not None
    assert Image.MAX_IMAGE_PIXELS > 80_000_000  # Pillow's own is back


def test_what_gives_no_picture_says_why(tmp_path, monkeypatch):
    image("RGB").save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "link.png").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.png")
    Image.new("I", (9, 9), 70_000).save(tmp_path / "deep.tif")

    assert reason(tmp_path / "cut.jpg").startswith("a damaged image: ")
    assert reason(tmp_path / "text.jpg").startswith("no picture; expected JPEG, PNG")
    assert reason(tmp_path / "empty.png") == "an empty file; copy it again or remove it"
    assert reason(tmp_path / "link.png") == "a link that leads nowhere; remove it"
    assert reason(tmp_path / "pipe.png").startswith("no regular file")
    assert reason("/dev/zero").startswith("no regular file")
    assert reason(tmp_path / "none.png") == "no such file; look at its name"
    assert reason(tmp_path).startswith("no regular file")
    assert reason(tmp_path / "deep.tif").startswith("a picture of 32 bits a pixel")
    assert "null" in reason("\0.png")
    assert count_pages("\0.png") == count_pages(tmp_path / "text.jpg") == 1

    def forbidden(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("numink.reader.load._head", forbidden)
    assert reason(tmp_path / "a.jpg") == "a file that may not be read; allow it (chmod +r)"


@pytest.mark.parametrize(("name", "package"), [("a.heic", "pi_heif"), ("a.pdf", "pypdfium2")])
def test_a_missing_extra_is_named_and_the_others_go_on(tmp_path, monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "a.heic").write_bytes(HEIC)
    image("RGB").save(tmp_path / "a.pdf")

    assert reason(tmp_path / name).endswith(f'which {package} reads: pip install "numink[read]"')


def test_places_are_files_and_folders_in_natural_order(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("page10.png", "page2.png", "Page1.PNG", ".hidden.png", "no suffix"):
        image().save(folder / name, "PNG")
    (folder / "notes.txt").write_text("BM, as bitmaps begin")
    (folder / "broken.jpg").write_text("named like a picture")
    (folder / "more").mkdir()
    (folder / "link.png").symlink_to("nowhere")
    image("RGB").save(folder / "all.pdf")

    found = find_files([folder / "page10.png", folder, tmp_path / "none.png"])

    names = ["page10.png", "all.pdf", "broken.jpg", "link.png", "no suffix", "Page1.PNG", "page2.png", "page10.png"]
    assert found[:-1] == [folder / name for name in names]
    assert found[-1] == Failure(str(tmp_path / "none.png"), "no such file; look at its name")


def test_a_folder_without_pictures_says_so(tmp_path):
    (tmp_path / "notes.txt").write_text("none")

    assert find_files([tmp_path]) == [
        Failure(
            str(tmp_path),
            "a folder without pictures; expected JPEG, PNG, TIFF, WebP, GIF, BMP, PPM, HEIC, AVIF or PDF",
        )
    ]
    (tmp_path / "2026").mkdir()
    assert "name its sub-folders one by one" in find_files([tmp_path])[0].reason


def test_loading_needs_no_opencv():
    code = "import sys; import numink.reader.load; sys.exit('cv2' in sys.modules or 'PIL' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
