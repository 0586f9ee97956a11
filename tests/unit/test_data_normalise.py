import numpy as np
import pytest
from PIL import Image

from numink.data import idx
from numink.data.normalise import normalise
from numink.errors import DataError


def paper(height_px, width_px):
    return np.zeros((height_px, width_px), np.uint8)


def box(image):
    """First and last inked row and column."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def centre(images):
    """The centre of mass (n, 2), as row and column."""
    mass = images.sum(axis=(1, 2), dtype=float)
    places = np.arange(images.shape[1])
    return np.stack([images.sum(axis=2) @ places / mass, images.sum(axis=1) @ places / mass], axis=1)


@pytest.mark.parametrize("side_px", [1, 5, 20, 100])
def test_a_square_fills_the_box(side_px):
    ink = paper(side_px + 30, side_px + 11)
    ink[3 : 3 + side_px, 7 : 7 + side_px] = 255
    image = normalise(ink)
    assert box(image) == (4, 23, 4, 23)  # its middle is at 13.5, as near to pixel 14 as whole pixels allow
    assert (image[4:24, 4:24] == 255).all()


def test_the_longer_side_becomes_20_pixels_and_the_shorter_keeps_its_proportion():
    ink = paper(50, 120)
    ink[20:30, 10:110] = 200
    image = normalise(ink)
    assert box(image) == (13, 14, 4, 23)
    assert set(np.unique(image)) == {0, 200}


def test_the_centre_of_mass_is_put_in_the_middle():
    ink = paper(20, 20)
    ink[:, :4] = 255  # 80 pixels at column 1.5 on average
    ink[19, 4:] = 255  # 16 at column 11.5
    image = normalise(ink)
    assert box(image)[2:] == (8, 27)  # the mean is 3.2: the box would begin at 11, and be cut off
    assert image.sum() == ink.sum()
    ink[:, :4] = 0
    ink[:10, 8] = 255  # now 10 pixels at column 4 of the box, and 16 at 7.5: the mean is 6.2
    assert box(normalise(ink))[2:] == (8, 23)


def test_what_is_finer_than_a_pixel_becomes_grey():
    ink = paper(100, 100)
    ink[:, ::2] = 255
    inside = normalise(ink)[5:23, 5:23]
    assert inside.mean() == pytest.approx(127.5, abs=8)
    assert np.ptp(inside) < 120


def test_no_ink_gives_zeros():
    assert not normalise(paper(7, 9)).any()


@pytest.mark.parametrize(("shape", "expected"), [((1, 40), (14, 14, 4, 23)), ((40, 1), (4, 23, 14, 14))])
def test_a_hair_is_not_lost(shape, expected):
    assert box(normalise(np.full(shape, 255, np.uint8))) == expected


def test_faint_noise_does_not_widen_the_box():
    ink = paper(90, 90)
    ink[30:70, 40:50] = 240
    noisy = np.maximum(ink, np.random.default_rng(0).integers(0, 16, ink.shape, np.uint8))  # a sixteenth: up to 15
    assert (normalise(noisy) == normalise(ink)).all()
    noisy[0, 0] = 16
    assert (normalise(noisy) != normalise(ink)).any()


def test_what_is_faint_throughout_is_ink():
    ink = paper(30, 30)
    ink[5:15, 5:15] = 3
    assert box(normalise(ink)) == (4, 23, 4, 23)


@pytest.mark.parametrize(
    "ink",
    [np.zeros((28, 28)), np.zeros((28, 28), bool), np.zeros((2, 28, 28), np.uint8), np.zeros((0, 5), np.uint8)],
    ids=["float", "bool", "several", "empty"],
)
def test_says_what_is_wrong(ink):
    with pytest.raises(DataError, match=r"expected ink as uint8 \(height, width\), .* came") as caught:
        normalise(ink)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def mnist_images(mnist_folder):
    file = next(file for file in mnist_folder.iterdir() if file.name.startswith("train-images"))
    return idx.read(file)[::60]


@pytest.mark.mnist
def test_gives_back_mnist_as_it_is(mnist_images):
    again = np.stack([normalise(image) for image in mnist_images])
    assert (again == mnist_images).all(axis=(1, 2)).mean() > 0.9
    assert np.abs(again.astype(int) - mnist_images).mean() < 0.05
    assert np.abs(centre(again) - centre(mnist_images)).max() < 1


@pytest.mark.mnist
@pytest.mark.parametrize(
    ("method", "difference"),
    [(Image.Resampling.NEAREST, 2.5), (Image.Resampling.BICUBIC, 8.5)],
    ids=["blocks", "smooth"],
)
def test_gives_back_mnist_enlarged_three_times(mnist_images, method, difference):
    larger = [np.asarray(Image.fromarray(image).resize((84, 84), method)) for image in mnist_images]
    again = np.stack([normalise(image) for image in larger])
    assert np.median(np.abs(centre(again) - centre(mnist_images)), axis=0).max() < 0.25
    assert np.abs(again.astype(int) - mnist_images).mean() < difference
