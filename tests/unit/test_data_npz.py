import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from numink.data import npz
from numink.errors import DataError

IMAGES = (np.arange(4 * 784) % 256).astype(np.uint8).reshape(4, 28, 28)
LABELS = np.array([3, 0, 9, 3])


@pytest.fixture
def read(tmp_path):
    def reader(save=np.savez_compressed, **arrays):
        path = tmp_path / "file.npz"
        save(path, **arrays)
        return npz.read(path)

    return reader


def check(part, images=IMAGES, labels=LABELS):
    assert part.images.dtype == part.labels.dtype == np.uint8
    assert part.images.flags.c_contiguous
    np.testing.assert_array_equal(part.images, images)
    np.testing.assert_array_equal(part.labels, labels)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
    ],
)
def test_reads_both_parts(read, save, names):
    train, test = read(save, **dict(zip(names, (IMAGES, LABELS, IMAGES[:2], LABELS[:2]), strict=True)))
    check(train)
    check(test, IMAGES[:2], LABELS[:2])


def test_reads_one_part_by_the_names_in_use_or_by_shape(read):
    for images, labels in (("images", "labels"), ("x", "y"), ("data", "target"), ("arr_0", "arr_1")):
        train, test = read(**{labels: LABELS, images: IMAGES})
        check(train)
        assert test is None


def test_labels_may_be_absent(read):
    train, test = read(images=IMAGES)
    assert train.labels is None
    _, test = read(x_train=IMAGES, y_train=LABELS, x_test=IMAGES)
    assert test.labels is None


@pytest.mark.parametrize("shape", [(4, 784), (4, 28, 28, 1), (4, 1, 28, 28)])
def test_reads_other_shapes_of_images(read, shape):
    check(read(images=IMAGES.reshape(shape), labels=LABELS)[0])


@pytest.mark.parametrize(
    "images",
    [
        IMAGES.astype(np.int64),
        IMAGES.astype(">u2"),
        IMAGES.astype(np.float64),
        (IMAGES / 255).astype(np.float32),
        (IMAGES / 255).astype(np.float16),
        np.asfortranarray(IMAGES),
    ],
    ids=["int64", "big-endian", "whole floats", "float32 to 1", "float16 to 1", "fortran order"],
)
def test_reads_other_types_of_pixels(read, images):
    check(read(images=images, labels=LABELS)[0])


def test_reads_booleans_as_paper_and_ink(read):
    check(read(images=IMAGES > 99, labels=LABELS)[0], np.where(IMAGES > 99, 255, 0))


@pytest.mark.parametrize(
    "labels",
    [
        LABELS.astype(np.uint8),
        LABELS.astype(np.float32),
        LABELS[:, None],
        np.eye(10)[LABELS],
        np.eye(10, dtype=bool)[LABELS],
        np.array(["3", "zero", "nine", "Three"]),
        np.array([b"3", b"0", b"9", b"3"]),
    ],
    ids=["uint8", "float", "column", "one-hot", "one-hot bool", "words", "bytes"],
)
def test_reads_other_types_of_labels(read, labels):
    check(read(images=IMAGES, labels=labels)[0])


def with_pixel(value):
    images = IMAGES.astype(np.float64)
    images[1, 2, 3] = value
    return images


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES.astype(object), "labels": LABELS}, "images needs pickle"),
        ({"images": IMAGES, "labels": LABELS.astype(object)}, "labels needs pickle"),
        ({"images": IMAGES, "labels": LABELS + 5}, "labels from 0 to 9, came 14 at index 2"),
        ({"images": IMAGES, "labels": LABELS - 1}, "came -1 at index 1"),
        ({"images": IMAGES, "labels": LABELS + 0.5}, "whole numbers or words"),
        ({"images": IMAGES, "labels": LABELS * np.nan}, "whole numbers or words"),
        ({"images": IMAGES, "labels": LABELS > 1}, "whole numbers or words, came bool"),
        ({"images": IMAGES, "labels": np.array(["a", "1", "2", "3"])}, "label 0 is 'a'"),
        ({"images": IMAGES, "labels": np.ones((4, 10))}, "one-hot"),
        ({"images": IMAGES, "labels": LABELS[:3]}, r"each of 4 images, came \(3,\)"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "1 to 2,000,000 images, came 0"),
        ({"images": np.zeros((4, 32, 32)), "labels": LABELS}, r"28, 28\) .* came \(4, 32, 32\)"),
        ({"images": np.zeros(()), "labels": LABELS}, r"came \(\)"),
        ({"images": IMAGES.astype(str), "labels": LABELS}, "pixels as numbers, came <U3"),
        ({"images": IMAGES.astype(complex), "labels": LABELS}, "pixels as numbers"),
        ({"images": with_pixel(256), "labels": LABELS}, "came 0.0 to 256.0"),
        ({"images": with_pixel(-1), "labels": LABELS}, "came -1.0 to 255.0"),
        ({"images": with_pixel(np.nan), "labels": LABELS}, "came nan to nan"),
        ({"images": with_pixel(np.inf), "labels": LABELS}, "came 0.0 to inf"),
        ({"images": with_pixel(0.5), "labels": LABELS}, "came a mixture"),
        ({"a": IMAGES, "b": IMAGES, "c": LABELS}, r"came a \(4, 28, 28\), b \(4, 28, 28\), c \(4,\)"),
        ({"a": IMAGES, "b": LABELS, "c": LABELS}, "expected arrays such as x_train and y_train"),
        ({}, "came no arrays"),
    ],
)
def test_says_what_is_wrong(read, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        read(**arrays)
    assert "\n" not in str(caught.value)


def header(shape, dtype="|u1"):
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("shape", [(1_000_000, 28, 28), (10**18, 28, 28), (-1, 28, 28), (3, 28, 28)])
def test_a_header_that_claims_other_bytes_than_follow_is_refused(tmp_path, method, shape):
    path = tmp_path / "file.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("images.npy", header(shape) + bytes(2 * 784))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"images\.npy claims"):
            npz.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_size_that_the_packed_bytes_cannot_hold_is_refused(tmp_path):
    """The zip's own record of sizes is a claim, too."""
    path = tmp_path / "file.npz"
    start = header((1_000_000, 28, 28))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", start + bytes(784))
    size, claim = (struct.pack("<I", len(start) + pixels) for pixels in (784, 784_000_000))
    path.write_bytes(content.getvalue().replace(size, claim))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="claims 784,000,000 bytes, which are not there"):
            npz.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_an_array_of_nothing_is_no_array_of_many(tmp_path):
    path = tmp_path / "file.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", header((10**12, 28, 28), "|V0"))
    with pytest.raises(DataError, match="came 1,000,000,000,000"):
        npz.read(path)


def test_a_header_by_python_2_is_read_without_a_warning(tmp_path):
    path = tmp_path / "file.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", header("(2L, 28L, 28L)") + bytes(2 * 784))
    assert len(npz.read(path)[0]) == 2


def test_foreign_archives_are_refused(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, images=IMAGES, labels=LABELS)
    whole = path.read_bytes()
    for content in (b"", whole[:-30], whole[40:], b"PK\x03\x04" + bytes(99), whole[:500] + whole[900:]):
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            npz.read(path)
        assert "\n" not in str(caught.value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("images.npy", header((2, 28, 28)) + bytes(2 * 784))
    with pytest.raises(DataError, match="another packing"):
        npz.read(path)


def test_tells_archives_of_arrays_from_others(tmp_path):
    path = tmp_path / "file.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", "label")
    assert not npz.holds_arrays(path)
    np.savez(path, images=IMAGES)
    assert npz.holds_arrays(path.with_suffix(".zip.npz"))
