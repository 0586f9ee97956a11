import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from numink.data import idx
from numink.errors import DataError


def images_file(count, side=28, pixel=7):
    return struct.pack(">IIII", 0x803, count, side, side) + bytes([pixel]) * (count * side * side)


def labels_file(labels):
    return struct.pack(">II", 0x801, len(labels)) + bytes(labels)


def read_bytes(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    return idx.read(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_reads_images_and_labels(tmp_path, pack):
    pixels = bytes(i % 251 for i in range(2 * 784))
    images = read_bytes(tmp_path, pack(struct.pack(">IIII", 0x803, 2, 28, 28) + pixels))
    assert images.dtype == np.uint8
    assert images.shape == (2, 28, 28)
    assert images.tobytes() == pixels
    assert read_bytes(tmp_path, pack(labels_file([5, 0, 9]))).tolist() == [5, 0, 9]


def test_reads_gzip_of_several_members(tmp_path):
    content = labels_file([1, 2, 3, 4])
    packed = gzip.compress(content[:7]) + gzip.compress(content[7:])
    assert read_bytes(tmp_path, packed).tolist() == [1, 2, 3, 4]


GOOD = images_file(3)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD[:-1], "cut off|expected 2,352 bytes of data, came 2,351"),
        (GOOD + b"\0", "expected 2,352 bytes of data, came more"),
        (GOOD[:9], "cut off within its header"),
        (GOOD[:3], "came 000008$"),
        (struct.pack(">IIII", 0xD03, 3, 28, 28) + bytes(4 * 3 * 784), "came 00000d03"),
        (b"GIF89a" + GOOD, "came 47494638"),
        (images_file(3, side=32), "28 x 28, came 32 x 32"),
        (images_file(0), "came a claim of 0"),
        (struct.pack(">IIII", 0x803, 2**32 - 1, 28, 28), "came a claim of 4,294,967,295"),
        (labels_file([1, 2, 10]), "from 0 to 9, came 10 at index 2"),
    ],
)
def test_says_what_is_wrong(tmp_path, pack, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read_bytes(tmp_path, pack(content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [1, 10, -9, -1])
def test_a_gzip_cut_off_anywhere_is_refused(tmp_path, cut):
    with pytest.raises(DataError):
        read_bytes(tmp_path, gzip.compress(GOOD)[:cut])


def test_a_gzip_with_a_wrong_checksum_is_refused(tmp_path):
    packed = bytearray(gzip.compress(GOOD))
    packed[-6] ^= 1
    with pytest.raises(DataError, match="CRC"):
        read_bytes(tmp_path, packed)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_large_claim_is_refused_before_anything_is_allocated(tmp_path, pack):
    path = tmp_path / "file"
    path.write_bytes(pack(struct.pack(">IIII", 0x803, 1_000_000, 28, 28) + bytes(1000)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="claims 784,000,000 bytes"):
            idx.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_is_inflated_no_further_than_it_claims(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(images_file(1) + bytes(50_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="came more"):
            idx.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def pairs(tmp_path, **files):
    """Write files such as train_images=3 or labels=[1, 2, 3] under these names and read them as pairs."""
    for name, content in files.items():
        is_count = isinstance(content, int)
        path = tmp_path / name
        path.write_bytes(images_file(content, pixel=content) if is_count else labels_file(content))
    return idx.read_pairs([idx.read_header(path) for path in sorted(tmp_path.iterdir())])


def test_pairs_are_told_by_their_counts_and_not_by_their_names(tmp_path):
    train, test = pairs(tmp_path, a_test_images=3, b_train_labels=[4], c=[1, 2, 3], d_train=1)
    assert (len(train), len(test)) == (3, 1)
    assert train.labels.tolist() == [1, 2, 3]
    assert test.labels.tolist() == [4]
    assert (train.images == 3).all()


def test_one_pair_is_a_training_part(tmp_path):
    train, test = pairs(tmp_path, t10k=2, labels=[7, 7])
    assert len(train) == 2
    assert test is None


def test_between_pairs_of_one_size_the_names_decide(tmp_path):
    files = {"t10k_x": 2, "t10k_y": [1, 1], "Train_x": 2, "Train_y": [2, 2]}
    train, test = pairs(tmp_path, **files)
    assert train.labels.tolist() == [2, 2]
    assert test.labels.tolist() == [1, 1]
    (tmp_path / "Train_y").rename(tmp_path / "y")
    with pytest.raises(DataError, match="two pairs of one size"):
        pairs(tmp_path)


def test_a_file_beside_its_packed_copy_counts_once(tmp_path):
    (tmp_path / "images.gz").write_bytes(gzip.compress(images_file(2)))
    train, test = pairs(tmp_path, images=2, labels=[1, 2])
    assert len(train) == 2
    assert test is None


@pytest.mark.parametrize(
    "files",
    [
        {"images": 2},
        {"labels": [1]},
        {"images": 2, "labels": [1]},
        {"images": 2, "labels": [1, 1], "more": 3},
        {"a": 1, "b": [1], "c": 2, "d": [1, 1], "e": 3, "f": [1, 1, 1]},
    ],
)
def test_what_cannot_be_paired_is_listed(tmp_path, files):
    with pytest.raises(DataError, match=r"one or two pairs; came .*(images|labels)"):
        pairs(tmp_path, **files)
