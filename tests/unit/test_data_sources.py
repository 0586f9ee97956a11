import gzip
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from numink.data.describe import describe
from numink.data.sources import load, read
from numink.errors import DataError

IMAGES = (np.arange(40 * 784) % 256).astype(np.uint8).reshape(40, 28, 28)
LABELS = (np.arange(40) * 7 % 10).astype(np.uint8)


def write_idx(folder, part, name, pack=bytes):
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = part
    header = struct.pack(">IIII", 0x803, *images.shape)
    (folder / f"{name}-images").write_bytes(pack(header + images.tobytes()))
    (folder / f"{name}-labels").write_bytes(pack(struct.pack(">II", 0x801, len(labels)) + labels.tobytes()))


def write_csv(path, part, labelled=True):
    images, labels = part
    table = images.reshape(-1, 784)
    if labelled:
        table = np.column_stack([labels, table])
    names = [*(["label"] if labelled else []), *(f"pixel{i}" for i in range(784))]
    np.savetxt(path, table, "%d", delimiter=",", header=",".join(names), comments="")


ALL, FEW = (IMAGES, LABELS), (IMAGES[:9], LABELS[:9])


def check(part, expected):
    np.testing.assert_array_equal(part.images, expected[0])
    np.testing.assert_array_equal(part.labels, expected[1])


def test_reads_each_kind_by_looking_inside(tmp_path):
    """No name says what a file is, or it says another thing."""
    write_idx(tmp_path / "idx", ALL, "x")
    write_idx(tmp_path / "packed", ALL, "x", gzip.compress)
    np.savez(tmp_path / "arrays", images=IMAGES, labels=LABELS)
    (tmp_path / "arrays.npz").rename(tmp_path / "arrays.csv")
    write_csv(tmp_path / "table.npz", ALL)
    (tmp_path / "table").write_bytes(gzip.compress((tmp_path / "table.npz").read_bytes()))
    for name in ("idx", "packed", "arrays.csv", "table.npz", "table"):
        digits = read(tmp_path / name)
        check(digits.train, ALL)
        assert digits.name == str(tmp_path / name)
        assert len(digits.validation) == 0
        assert digits.test is None
        assert digits.missing == 0


def test_reads_images_in_sub_folders(tmp_path):
    for index in range(10):
        path = tmp_path / str(LABELS[index]) / "a.png"
        path.parent.mkdir()
        Image.fromarray(IMAGES[index]).save(path)
    order = np.argsort(LABELS[:10])
    check(read(str(tmp_path)).train, (IMAGES[order], LABELS[order]))


def test_load_splits(tmp_path):
    write_csv(tmp_path / "table", ALL)
    digits = load(tmp_path / "table", validation=10, seed=3)
    assert (len(digits.train), len(digits.validation)) == (30, 10)
    assert digits.fingerprint == read(tmp_path / "table").split(10, 3).fingerprint
    with pytest.raises(DataError, match="choose from 0 to 39"):
        load(tmp_path / "table")


def test_missing_cells_are_handed_on(tmp_path):
    path = tmp_path / "table"
    write_csv(path, FEW)
    path.write_text(path.read_text().replace(",0,", ",,", 1))
    with pytest.raises(DataError, match="row 2, column"):
        read(path)
    assert read(path, missing="zero").missing == 1
    assert len(load(path, missing="drop", validation=0).train) == 8


def test_a_folder_with_one_source_among_other_files(tmp_path):
    for name, content in {
        "README.md": b"# Digits\n",
        "logo.svg": b"<svg/>",
        ".x": b"\0\0\x08\x03",
    }.items():
        (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        archive.writestr("notes", "")
    with pytest.raises(DataError, match=r"saw \.x, README\.md, logo\.svg, notes\.zip$"):
        read(tmp_path)
    write_csv(tmp_path / "digits.txt", FEW)
    check(read(tmp_path).train, FEW)
    (tmp_path / "digits.txt").unlink()
    np.savez(tmp_path / "digits.npz", images=IMAGES, labels=LABELS)
    check(read(tmp_path).train, ALL)


def test_kaggles_folder(tmp_path):
    write_csv(tmp_path / "train.csv", ALL)
    write_csv(tmp_path / "test.csv", FEW, labelled=False)
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    digits = read(tmp_path)
    check(digits.train, ALL)
    assert np.array_equal(digits.test.images, IMAGES[:9])
    assert digits.test.labels is None
    assert read(tmp_path / "test.csv").train.labels is None


def test_two_tables_named_train_and_test(tmp_path):
    write_csv(tmp_path / "mnist_test.csv", FEW)
    write_csv(tmp_path / "mnist_train.csv", ALL)
    digits = read(tmp_path)
    check(digits.train, ALL)
    check(digits.test, FEW)
    (tmp_path / "mnist_test.csv").rename(tmp_path / "other.csv")
    with pytest.raises(DataError, match=r"several sources of digits: mnist_train\.csv, other\.csv; name the file"):
        read(tmp_path)


def test_several_sources_are_listed_and_none_is_guessed(tmp_path):
    write_idx(tmp_path, ALL, "x")
    write_csv(tmp_path / "table", FEW)
    np.savez(tmp_path / "arrays", images=IMAGES, labels=LABELS)
    (tmp_path / "7").mkdir()
    expected = r"several sources of digits: sub-folders of images, IDX files, arrays\.npz, table; name"
    with pytest.raises(DataError, match=expected):
        read(tmp_path)


def test_what_is_no_source(tmp_path):
    def message(content):
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            read(path)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
        return str(caught.value)

    assert "labels alone" in message(struct.pack(">III", 0x801, 1, 0))
    assert "came a pickle, which runs code" in message(b"\x80\x04]\x94.")
    assert "came a pickle, which runs code" in message(gzip.compress(b"\x80\x02]q\0."))
    assert "came an empty file" in message(b"")
    assert "came something else" in message(b"\x7fELF" + bytes(99))
    assert "came 1 columns" in message(b"Dear reader")
    assert "came 00000d03" in message(b"\0\0\x0d\x03" + bytes(99))
    with pytest.raises(DataError, match="is no file or folder: expected mnist, strokes, auto, or a path to a CSV"):
        read("nowhere")


def test_images_without_labels(tmp_path):
    (tmp_path / "images").write_bytes(struct.pack(">IIII", 0x803, len(IMAGES), 28, 28) + IMAGES.tobytes())
    (tmp_path / "flat").mkdir()
    for number, image in enumerate(IMAGES):
        Image.fromarray(image).save(tmp_path / "flat" / f"{number:03}.png")
    for path in (tmp_path / "images", tmp_path / "flat"):
        part = read(path).train
        assert np.array_equal(part.images, IMAGES)
        assert part.labels is None
    assert np.array_equal(read(tmp_path / "flat" / "003.png").train.images, IMAGES[3:4])


def test_a_folder_without_a_source(tmp_path):
    with pytest.raises(DataError, match="saw nothing"):
        read(tmp_path)
    for i in range(8):
        (tmp_path / f"{i}.x").write_bytes(b"")
    with pytest.raises(DataError, match=r"saw 0\.x, 1\.x, 2\.x, 3\.x, 4\.x and 3 more"):
        read(tmp_path)


@pytest.mark.parametrize("source", ["x" * 5000, "~no-such-user-at-all/x", "a\0b"])
def test_paths_that_cannot_be(source):
    with pytest.raises(DataError):
        read(source)


@pytest.mark.mnist
def test_mnist_is_what_it_is_known_to_be(mnist_folder):
    digits = read(mnist_folder)
    assert digits.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    described = describe(digits)
    train = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    assert described.parts["train"].classes == train
    assert described.parts["test"].classes == (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    assert (described.repeated, described.in_test, described.missing) == (0, 0, 0)
    assert (described.lowest, described.highest, described.polarity) == (0, 255, "ink bright")
    assert described.notes == ()
    counts = sum(np.bincount(images.ravel(), minlength=256) for images in np.array_split(digits.train.images, 20))
    values = np.arange(256) / 255
    mean = counts @ values / counts.sum()
    assert mean == pytest.approx(0.1306605, abs=5e-8)
    assert np.sqrt(counts @ (values - mean) ** 2 / counts.sum()) == pytest.approx(0.3081078, abs=5e-8)


@pytest.mark.mnist
def test_a_stratified_split_of_mnist_has_mnists_proportions(mnist_folder):
    split = read(mnist_folder).split(6000, seed=0, stratify=True)
    counts = np.bincount(split.validation.labels)
    assert counts.tolist() == [592, 674, 596, 613, 584, 542, 592, 627, 585, 595]


def test_importing_the_sources_loads_no_heavy_library():
    code = "import sys, numink.data.sources as s; print(*{'PIL', 'polars', 'http', 'ssl', 'pandas'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
