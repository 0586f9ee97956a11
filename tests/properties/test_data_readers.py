"""Whatever stands in a file, a reader gives sound arrays or a DataError of one line, and never allocates much."""

import gzip
import io
import struct
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from numink.data import folder, idx, npz, sources, table
from numink.errors import DataError

MOST_BYTES = 30_000_000

IMAGES = (np.arange(3 * 784) % 256).astype(np.uint8).reshape(3, 28, 28)
LABELS = np.array([3, 0, 9], np.uint8)


def saved(save, *arguments, **options):
    file = io.BytesIO()
    save(file, *arguments, **options)
    return file.getvalue()


IDX = struct.pack(">IIII", 0x803, 3, 28, 28) + IMAGES.tobytes()
IDX_LABELS = struct.pack(">II", 0x801, 3) + LABELS.tobytes()
ROWS = [",".join(map(str, [label, *image.ravel()])) for label, image in zip(LABELS, IMAGES, strict=True)]
CSV = "\n".join([",".join(["label", *(f"pixel{i}" for i in range(784))]), *ROWS]).encode()
NPZ = saved(np.savez, images=IMAGES, labels=LABELS)
PNG = saved(Image.fromarray(IMAGES[0]).save, "png")

SEEDS = {
    "idx": IDX,
    "idx labels": IDX_LABELS,
    "idx gzip": gzip.compress(IDX),
    "csv": CSV,
    "csv gzip": gzip.compress(CSV),
    "npz": NPZ,
    "npz packed": saved(np.savez_compressed, x_train=IMAGES, y_train=LABELS, x_test=IMAGES / 255, y_test=["1"] * 3),
    "png": PNG,
    "bmp": saved(Image.fromarray(IMAGES[0]).save, "bmp"),
    "jpeg": saved(Image.fromarray(IMAGES[0]).save, "jpeg"),
    "gif": saved(Image.fromarray(IMAGES[0]).save, "gif"),
}


@st.composite
def mutated(draw, whole):
    """`whole` with a few bytes changed, a piece taken out, put in or doubled, or the end cut off."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        # Headers and directories are at the ends
        near = st.integers(0, min(200, len(content)))
        start = draw(st.one_of(near, near.map(lambda i: len(content) - i), st.integers(0, len(content))))
        stop = min(len(content), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.binary(max_size=12), st.just(bytes(content[start:stop]) * 2), st.just(b"\xff" * 4)))
        content[start:stop] = piece
    if draw(st.booleans()):
        del content[draw(st.integers(0, len(content))) :]
    return bytes(content)


def require_sound(part):
    assert part.images.dtype == np.uint8
    assert part.images.shape[1:] == (28, 28)
    assert part.images.flags.c_contiguous
    assert len(part) > 0
    if part.labels is not None:
        assert part.labels.dtype == np.uint8
        assert part.labels.shape == (len(part),)
        assert part.labels.max() <= 9


def try_reader(read, content, name="file"):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        tracemalloc.start()
        try:
            read(path)
        except DataError as error:
            message = str(error)
        else:
            message = ""
        finally:
            peak_bytes = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert "\n" not in message
    assert peak_bytes < MOST_BYTES


def read_any(path):
    digits = sources.read(path)
    require_sound(digits.train)
    if digits.test is not None:
        require_sound(digits.test)


def read_idx(path):
    array = idx.read(path)
    assert array.dtype == np.uint8
    assert array.shape[1:] in ((), (28, 28))
    assert array.ndim == 3 or array.max() <= 9


def read_npz(path):
    for part in npz.read(path):
        if part is not None:
            require_sound(part)


def read_table(path):
    part, empty = table.read(path, "zero")
    require_sound(part)
    assert empty >= 0


def read_image(path):
    part, _ = folder.read(path.parent.parent)
    require_sound(part)


READERS = [read_any, read_idx, read_npz, read_table]


@pytest.mark.parametrize("read", READERS)
@given(content=st.binary(max_size=2000))
@settings(max_examples=40, deadline=None)
def test_random_bytes(read, content):
    try_reader(read, content)


@pytest.mark.parametrize(
    ("read", "seed"),
    [
        *((read_any, seed) for seed in SEEDS),
        (read_idx, "idx"),
        (read_idx, "idx gzip"),
        (read_idx, "idx labels"),
        (read_npz, "npz"),
        (read_npz, "npz packed"),
        (read_table, "csv"),
        (read_table, "csv gzip"),
    ],
)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_damaged_files(read, seed, data):
    try_reader(read, data.draw(mutated(SEEDS[seed])))


@pytest.mark.parametrize("seed", ["png", "bmp", "jpeg", "gif"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_damaged_images(seed, data):
    try_reader(read_image, data.draw(mutated(SEEDS[seed])), "7/image")


HEADERS = st.builds(
    "{{'descr': {!r}, 'fortran_order': {}, 'shape': {}, }}".format,
    st.sampled_from(["|u1", "<f8", ">i4", "|O", "<U9", "|V0", "|S0", "<m8[s]", [("a", "<i4")], "x", 3]),
    st.sampled_from([True, False, 0, "no"]),
    st.one_of(
        st.tuples(st.integers(-(2**70), 2**70), st.sampled_from([28, 784]), st.integers(-1, 30)),
        st.sampled_from([(), (3,), (3, 28, 28), (3, 784), "(3L, 28L, 28L)", "3", "(" * 500, (0, 28, 28)]),
    ),
)


@given(header=HEADERS, version=st.sampled_from([(1, 0), (2, 0), (3, 0), (9, 9)]), body=st.integers(0, 5000))
@settings(max_examples=100, deadline=None)
def test_hostile_headers_of_arrays(header, version, body):
    length = struct.pack("<H" if version == (1, 0) else "<I", len(header))
    array = b"\x93NUMPY" + bytes(version) + length + header.encode() + bytes(body)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", array)
    try_reader(read_npz, file.getvalue())


@given(
    shape=st.tuples(*[st.integers(0, 2**32 - 1)] * 3) | st.tuples(st.integers(0, 2**32 - 1), st.just(28), st.just(28)),
    packed=st.booleans(),
    body=st.integers(0, 5000),
)
@settings(max_examples=100, deadline=None)
def test_hostile_headers_of_idx(shape, packed, body):
    content = struct.pack(">IIII", 0x803, *shape) + bytes(body)
    try_reader(read_idx, gzip.compress(content) if packed else content)


CELLS = st.one_of(
    st.integers(-300, 300).map(str),
    st.sampled_from(
        ["", "NaN", "7.0", "7.5", '"8"', '"', "1e2", "seven", "\x00", "9" * 400, "\u0663", "+1", "1_0", " 5 "]
    ),
    st.text(max_size=5),
)


@given(
    cells=st.lists(st.tuples(st.integers(0, 784), CELLS), max_size=4),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    missing=st.sampled_from(["error", "zero", "drop"]),
    head=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_tables_with_odd_cells(cells, end, missing, head):
    """The value of a cell that is read is the number that stands there, and every other cell keeps its own."""
    rows = [["4"] + ["8"] * 784 for _ in range(3)]
    for column, cell in cells:
        rows[1][column] = cell
    names = [["label", *(f"pixel{i}" for i in range(784))]] if head else []
    content = end.join(",".join(row) for row in names + rows).encode()
    read = []
    try_reader(lambda path: read.append(table.read(path, missing)), content)
    if read:
        part, _ = read[0]
        require_sound(part)
        assert len(part) >= 2
        for image, label in ((part.images[0], part.labels[0]), (part.images[-1], part.labels[-1])):
            assert label == 4
            assert (image == 8).all()
        if len(part) == 3:
            values = [part.labels[1], *part.images[1].ravel()]
            for column, cell in dict(cells).items():
                text = cell.strip().strip('"').strip().lower()
                if text in {str(i) for i in range(256)}:
                    assert values[column] == int(text)
            assert sum(value != (8 if i else 4) for i, value in enumerate(values)) <= len(cells)
