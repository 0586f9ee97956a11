"""One digit from a picture of any kind, or from a source by its number."""

import numpy as np
import pytest
from PIL import Image

from fake_digits import images_and_labels, write_csv
from numink.data.normalise import normalise
from numink.data.sources import read
from numink.errors import DataError
from numink.understand.explain.one_image import ink_of, pick

SEVEN = np.zeros((28, 28), np.uint8)
SEVEN[6:9, 8:20] = 255
for row in range(9, 24):
    SEVEN[row, 19 - (row - 9) // 2 : 22 - (row - 9) // 2] = 255


def likeness(one, other):
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def photograph(path, *, negative=False, scale=12, slope=30, noise=4, mode="L"):
    """The seven, large, on paper that is darker on one side, with a camera's noise."""
    large = np.kron(np.pad(SEVEN, 6), np.ones((scale, scale))) / 255
    paper = 220 - slope * np.linspace(0, 1, large.shape[1])
    grey = paper * (1 - 0.8 * large) + np.random.default_rng(0).normal(0, noise, large.shape)
    grey = grey.clip(0, 255).astype(np.uint8)
    Image.fromarray(255 - grey if negative else grey).convert(mode).save(path)
    return path


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_photograph_becomes_a_digit_as_mnist_has_them(tmp_path, negative, mode):
    picked = pick(str(photograph(tmp_path / "seven.png", negative=negative, mode=mode)))

    assert (picked.image.shape, picked.image.dtype) == ((28, 28), np.uint8)
    assert likeness(picked.image, normalise(SEVEN)) > 0.8
    assert picked.image.max() > 200
    assert (picked.image[:3] == 0).all()  # paper is paper
    assert (picked.name, picked.label) == ("seven.png", None)
    assert picked.done.startswith(f"a picture of 480 x 480 with {'dark' if negative else 'light'} paper")


def test_a_picture_of_28_x_28_keeps_its_size_and_place(tmp_path):
    Image.fromarray(SEVEN).save(tmp_path / "dark.png")
    Image.fromarray(255 - SEVEN).save(tmp_path / "light.png")

    dark, light = (pick(str(tmp_path / name)) for name in ("dark.png", "light.png"))

    np.testing.assert_array_equal(dark.image, SEVEN)
    np.testing.assert_array_equal(light.image, SEVEN)
    assert dark.done == "a picture of 28 x 28, as it is"
    assert "negative" in light.done


def test_what_is_transparent_is_paper_and_16_bits_are_read(tmp_path):
    drawn = np.zeros((60, 60, 4), np.uint8)
    drawn[10:50, 25:35, 3] = 255  # black ink, on nothing
    Image.fromarray(drawn).save(tmp_path / "drawn.png")
    Image.fromarray((255 - drawn[..., 3]).astype(np.uint16) * 257).save(tmp_path / "deep.png")

    first, second = (pick(str(tmp_path / name)).image for name in ("drawn.png", "deep.png"))

    assert first[14, 14] == 255
    np.testing.assert_array_equal(first, second)


def test_a_telephone_s_picture_is_turned_as_it_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    lying = Image.open(photograph(tmp_path / "seven.png")).transpose(Image.Transpose.ROTATE_90)
    lying.save(tmp_path / "held.jpg", exif=exif, quality=95)

    assert likeness(pick(str(tmp_path / "held.jpg")).image, normalise(SEVEN)) > 0.8


def test_an_image_by_its_number(few_digits):
    test_images, test_labels = images_and_labels(100, 1)
    train_images, train_labels = images_and_labels(600, 0)

    for place, images, labels, number, part in (
        (f"{few_digits}:17", test_images, test_labels, 17, "test"),
        (f"{few_digits}:test:0", test_images, test_labels, 0, "test"),
        (f"{few_digits}:train:599", train_images, train_labels, 599, "training"),
    ):
        picked = pick(place)
        np.testing.assert_array_equal(picked.image, images[number])
        assert picked.label == labels[number]
        assert picked.done == f"image {number} of the {part} part, as it is"


def test_a_table_has_one_part_and_may_have_no_labels(tmp_path):
    images, labels = images_and_labels(5, 0)
    write_csv(tmp_path / "train.csv", images, labels)
    write_csv(tmp_path / "blank.csv", images)

    picked = pick(f"{tmp_path / 'train.csv'}:3")
    assert (picked.label, picked.done) == (labels[3], "image 3 of the training part, as it is")
    assert pick(f"{tmp_path / 'blank.csv'}:3").label is None
    with pytest.raises(DataError, match="has no test part; name the image as"):
        pick(f"{tmp_path / 'train.csv'}:test:3")


def test_a_file_goes_before_a_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(SEVEN).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "mnist:17")

    np.testing.assert_array_equal(pick("mnist:17").image, SEVEN)


def write(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "none.png", "there is neither a picture"),
        (lambda folder: f"{folder}:100000000000", "there is neither a picture"),
        (lambda folder: folder, "is no file"),
        (lambda folder: write(folder / "a.png", b"no picture at all"), "is no picture"),
        (lambda folder: write(folder / "a.png", b""), "is no picture"),
        (lambda folder: f"{folder / 'nothing'}:3", "is no file or folder"),
        (lambda folder: "\0:3", "no file or folder"),
        (lambda folder: f"{write(folder / 'a.png', b'x')}:3", "expected 784 pixels"),
    ],
)
def test_what_cannot_be_read_gets_a_line(tmp_path, make, says):
    with pytest.raises(DataError, match=says):
        pick(str(make(tmp_path)))


def test_pictures_that_are_damaged_empty_or_far_too_large(tmp_path, monkeypatch):
    whole = photograph(tmp_path / "seven.png").read_bytes()
    write(tmp_path / "cut.png", whole[: len(whole) // 2])
    Image.new("L", (50, 50), 180).save(tmp_path / "blank.png")
    Image.new("I", (50, 50), 180).save(tmp_path / "deep.tiff")

    for name, says in (("cut", "damaged image"), ("blank", "shows no ink"), ("deep", "shows no ink")):
        (path,) = tmp_path.glob(f"{name}.*")
        with pytest.raises(DataError, match=says):
            pick(str(path))
    monkeypatch.setattr("numink.understand.explain.one_image._MOST_PIXELS", 480 * 480 - 1)
    with pytest.raises(DataError, match="480 x 480 pixels, and at most 230,399 are read; cut the digit out first"):
        pick(str(tmp_path / "seven.png"))


@pytest.mark.parametrize("levels", [0, 255, 180, "faint"])
def test_a_blank_picture_of_28_x_28_shows_no_ink(tmp_path, levels):
    faint = np.random.default_rng(0).integers(0, 2, (28, 28)) * np.pad(np.full((20, 20), 20), 4)
    blank = faint if levels == "faint" else np.full((28, 28), levels)
    Image.fromarray(blank.astype(np.uint8)).save(tmp_path / "blank.png")

    with pytest.raises(DataError, match="shows no ink"):
        pick(str(tmp_path / "blank.png"))


@pytest.mark.parametrize("paper", [200, 60])
def test_grey_paper_of_28_x_28_becomes_paper(tmp_path, paper):
    ink = (SEVEN > 0) * (120 if paper < 128 else -120)
    Image.fromarray((paper + ink).astype(np.uint8)).save(tmp_path / "grey.png")

    picked = pick(str(tmp_path / "grey.png"))

    np.testing.assert_array_equal(picked.image, SEVEN)
    assert picked.done.endswith("paper: its ink taken out, its size and place left as they are")


def test_a_picture_above_pillow_s_own_limit_is_said_to_be_large(tmp_path, monkeypatch):
    path = photograph(tmp_path / "seven.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(DataError, match=r"seven.png has 230,400 pixels, and at most 2,000 are read; cut the digit"):
        pick(str(path))


@pytest.mark.parametrize("error", [MemoryError("too little"), PermissionError(13, "Permission denied")])
def test_what_is_not_the_picture_s_fault_is_not_called_damage(tmp_path, monkeypatch, error):
    path = photograph(tmp_path / "seven.png")

    def fail(*_):
        raise error

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)

    with pytest.raises(type(error)) as caught:
        pick(str(path))
    assert getattr(caught.value, "filename", str(path)) == str(path)


def test_what_a_damaged_picture_makes_of_the_file_is_damage(tmp_path, monkeypatch):
    path = photograph(tmp_path / "seven.png")

    def fail(*_):
        raise OSError(22, "Invalid argument")  # as of a place before the file's beginning

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)

    with pytest.raises(DataError, match="is a damaged image"):
        pick(str(path))


@pytest.mark.mnist
def test_no_picture_of_mnist_is_changed(mnist_folder, tmp_path):
    """By the two conditions of it for all, and for some as files."""
    for images in (part.images for part in (read("mnist").train, read("mnist").test)):
        border = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
        assert not np.median(border, axis=1).any()
        assert images.max(axis=(1, 2)).min() >= 32
        for image in images[:20]:
            for stored in (image, 255 - image):
                Image.fromarray(stored).save(tmp_path / "a.png")
                np.testing.assert_array_equal(pick(str(tmp_path / "a.png")).image, image)


def test_pillow_s_warning_of_a_large_picture_is_not_the_user_s(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 480 * 480 - 1)

    assert pick(str(photograph(tmp_path / "seven.png"))).image.any()


def test_a_number_that_no_image_has(few_digits):
    with pytest.raises(DataError, match=r"test part of .* has the images 0 to 99, but 100 came"):
        pick(f"{few_digits}:100")


def test_ink_by_hand():
    grey = np.full((40, 40), 200, np.uint8)
    grey[10:30, 18:22] = 100
    grey[5, 5] = 250  # brighter than paper is no ink

    ink = ink_of(grey)

    assert (ink[10:30, 18:22] == 255).all()
    assert ink.sum() == 255 * 80
    assert ink_of(np.full((40, 40), 9, np.uint8)) is None
