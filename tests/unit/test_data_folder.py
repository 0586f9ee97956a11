import zlib

import numpy as np
import pytest
from PIL import Image

from numink.data import folder
from numink.data.digits import NO_DIGIT
from numink.errors import DataError

PIXELS = (np.arange(784) % 256).astype(np.uint8).reshape(28, 28)


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)


def test_reads_digits_and_names_in_order(tmp_path):
    for name, pixel in (("7/b.png", 1), ("7/a.bmp", 2), ("zero/z.png", 3), ("2/10.gif", 4), ("2/9.png", 5)):
        save(tmp_path / name, np.full((28, 28), pixel, np.uint8))
    part, test = folder.read(tmp_path)
    assert part.labels.tolist() == [0, 2, 2, 7, 7]
    assert part.images[:, 0, 0].tolist() == [3, 4, 5, 2, 1]
    assert part.images.dtype == part.labels.dtype == np.uint8
    assert part.images.flags.c_contiguous
    assert test is None


def test_a_folder_may_hold_what_is_no_digit(tmp_path):
    for name in ("7/a.png", "no-digit/b.png", "look/c.png"):
        save(tmp_path / name, np.zeros((28, 28), np.uint8))

    assert folder.read(tmp_path)[0].labels.tolist() == [7, NO_DIGIT]


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "testing")])
def test_reads_both_parts(tmp_path, train, test):
    save(tmp_path / train / "4" / "a.png", PIXELS)
    assert folder.read(tmp_path)[1] is None
    save(tmp_path / test / "five" / "a.png", PIXELS)
    parts = folder.read(tmp_path)
    assert [part.labels.tolist() for part in parts] == [[4], [5]]


def test_a_folder_is_divided_or_not(tmp_path):
    assert not folder.is_divided(tmp_path)
    (tmp_path / "train").mkdir()
    (tmp_path / "10").mkdir()
    (tmp_path / "7").write_text("a file")
    assert not folder.is_divided(tmp_path)
    (tmp_path / "train" / "7").mkdir()
    assert folder.is_divided(tmp_path)
    assert folder.is_divided(tmp_path / "train")


def read_one(tmp_path, image, name="image.png", **options):
    save(tmp_path / "3" / name, image, **options)
    return folder.read(tmp_path)[0].images[0]


def test_what_is_an_image_is_found_out_by_looking_inside(tmp_path):
    save(tmp_path / "3" / "scan", PIXELS, format="PNG")
    save(tmp_path / "3" / "page.txt", PIXELS, format="PNG")
    (tmp_path / "3" / "notes.txt").write_text("made in May")
    (tmp_path / "3" / "drawing.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n")
    (tmp_path / "3" / "Thumbs.db").write_bytes(bytes(range(256)))
    (tmp_path / "3" / ".hidden.png").write_bytes(b"no image")
    (tmp_path / "3" / "folder.png").mkdir()
    part, _ = folder.read(tmp_path)
    np.testing.assert_array_equal(part.images, [PIXELS, PIXELS])


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp"])
def test_reads_grey_as_it_is(tmp_path, suffix):
    options = {"lossless": True} if suffix == "webp" else {}
    np.testing.assert_array_equal(read_one(tmp_path, PIXELS, f"image.{suffix}", **options), PIXELS)


def test_reads_jpeg(tmp_path):
    smooth = np.tile(np.arange(28, dtype=np.uint8) * 9, (28, 1))
    assert np.abs(read_one(tmp_path, smooth, "image.jpg", quality=100).astype(int) - smooth).max() <= 2


def test_colour_becomes_grey(tmp_path):
    """By ITU-R 601: red is 0.299 of white."""
    red = np.zeros((28, 28, 3), np.uint8)
    red[..., 0] = 200
    assert (read_one(tmp_path, red) == 60).all()


def test_transparent_becomes_white(tmp_path):
    image = np.zeros((28, 28, 4), np.uint8)
    image[:14, :, 3] = 255
    image[0, 0, 3] = 51  # a fifth of black on white
    pixels = read_one(tmp_path, image)
    assert pixels[0, 0] == 204
    assert (pixels[1:14] == 0).all()
    assert (pixels[14:] == 255).all()


def test_a_palette_may_have_a_transparent_colour(tmp_path):
    image = Image.fromarray(np.zeros((28, 28), np.uint8)).convert("P")
    assert (read_one(tmp_path, image, transparency=0) == 255).all()


def test_two_colours_and_sixteen_bits(tmp_path):
    assert read_one(tmp_path, Image.fromarray(PIXELS > 99), "a.png").tolist() == np.where(PIXELS > 99, 255, 0).tolist()
    assert read_one(tmp_path, PIXELS.astype(np.uint16) * 257, "A.png").tolist() == PIXELS.tolist()


def test_an_image_of_another_size_is_named(tmp_path):
    with pytest.raises(DataError, match=r"wide\.png: expected an image of 28 x 28, came 40 x 28") as caught:
        read_one(tmp_path, np.zeros((28, 40), np.uint8), "wide.png")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("side_px", "message"), [(10_000, "28 x 28, came 10000 x 10000"), (65_536, "has 4,294,967,296 pixels")]
)
def test_a_huge_image_is_refused_by_its_header(tmp_path, side_px, message):
    """Pillow itself warns of the first and refuses the second."""
    save(tmp_path / "3" / "a.png", PIXELS)
    path = tmp_path / "3" / "a.png"
    content = bytearray(path.read_bytes())
    content[16:24] = side_px.to_bytes(4) * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4)
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        folder.read(tmp_path)


def test_damaged_images_are_named(tmp_path):
    path = tmp_path / "3" / "a.png"
    save(path, PIXELS)
    whole = path.read_bytes()
    for content in (b"", b"no image", whole[:20], whole[:60], whole[:50] + bytes(30) + whole[80:]):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.png is") as caught:
            folder.read(tmp_path)
        assert "\n" not in str(caught.value)


def test_floating_point_images_are_refused(tmp_path):
    with pytest.raises(DataError, match="8 or 16 bits"):
        read_one(tmp_path, Image.fromarray(PIXELS.astype(np.float32)), "a.tiff")


def test_sub_folders_without_images(tmp_path):
    (tmp_path / "3").mkdir()
    with pytest.raises(DataError, match="expected images in sub-folders"):
        folder.read(tmp_path)
