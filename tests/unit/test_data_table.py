import gzip

import numpy as np
import pytest

from numink.data import table
from numink.errors import DataError

HEADER = ["label", *(f"pixel{i}" for i in range(784))]


def row(label, **cells):
    """A row whose pixel i is i % 256, but for those given by name: p3="x" is pixel 3."""
    pixels = [str(i % 256) for i in range(784)]
    for name, value in cells.items():
        pixels[int(name[1:])] = value
    return [str(label), *pixels]


def text(*rows, end="\n"):
    return "".join(",".join(cells) + end for cells in rows)


@pytest.fixture
def read(tmp_path):
    def reader(content, missing="error"):
        path = tmp_path / "table"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return table.read(path, missing)

    return reader


PIXELS = np.arange(784) % 256


def check(part, labels):
    assert part.images.dtype == np.uint8
    assert part.images.flags.c_contiguous
    np.testing.assert_array_equal(part.images.reshape(-1, 784), np.tile(PIXELS, (len(labels), 1)))
    assert part.labels.tolist() == labels


CONTENTS = {
    "kaggle": text(HEADER, row(3), row(0)),
    "no header": text(row(3), row(0)),
    "1x1": text(["label", *(f"{i // 28 + 1}x{i % 28 + 1}" for i in range(784))], row(3), row(0)),
    "numbered header": text(["label", *map(str, range(784))], row(3), row(0)),
    "header of numbers alone": text([*map(str, range(785))], row(3), row(0)),
    "odd name first": text(["what", *HEADER[1:]], row(3), row(0)),
    "crlf": text(HEADER, row(3), row(0), end="\r\n"),
    "cr": text(HEADER, row(3), row(0), end="\r"),
    "no newline at the end": text(HEADER, row(3), row(0))[:-1],
    "blank lines": "\n".join([text(HEADER), text(row(3)), "  \n\n", text(row(0)), "\n\n"]),
    "byte order mark": "\ufeff" + text(row(3), row(0)),
    "quotes": text([f'"{name}"' for name in HEADER], [f'"{cell}"' for cell in row(3)], row(0)),
    "spaces": text(HEADER, [f" {cell} " for cell in row(3)], row(0)),
    "whole floats": text(HEADER, [f"{cell}.0" for cell in row(3)], row("0.0")),
    "words": text(HEADER, row("three"), row(" Zero")),
    "labels last": text([*HEADER[1:], "class"], [*row(0)[1:], "3"], [*row(0)[1:], "0"]),
    "labels amid": text(
        [*HEADER[1:4], "Digit", *HEADER[4:]], [*row(0)[1:4], "3", *row(0)[4:]], [*row(0)[1:4], "0", *row(0)[4:]]
    ),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_reads(read, content):
    part, empty = read(content)
    check(part, [3, 0])
    assert empty == 0


def test_reads_gzip(read):
    check(read(gzip.compress(CONTENTS["kaggle"].encode()))[0], [3, 0])


def test_reads_tables_without_labels(read):
    for content in (text(HEADER[1:], row(1)[1:]), text(row(1)[1:])):
        part, empty = read(content)
        assert part.labels is None
        assert empty == 0
        np.testing.assert_array_equal(part.images.reshape(-1), PIXELS)


def test_reads_more_rows_than_a_block_in_order(read):
    labels = [i % 7 for i in range(2500)]
    labels[1030] = "eight"  # the second block goes cell by cell, the first and the third do not
    part, _ = read(text(HEADER, *map(row, labels)))
    labels[1030] = 8
    check(part, labels)


def test_counts_and_fills_empty_cells(read):
    part, empty = read(text(HEADER, row(3), row(0, p5="", p600=" NaN ")), missing="zero")
    assert empty == 2
    assert part.labels.tolist() == [3, 0]
    second = part.images[1].reshape(-1)
    assert second[5] == second[600] == 0
    assert second[4] == 4


def test_rows_and_empty_cells_are_counted_across_blocks(read):
    rows = [row(1) for _ in range(2500)]
    rows[10], rows[11], rows[2100] = row(1, p0=""), [], row(1, p0="")
    assert read(text(HEADER, *rows), missing="zero")[1] == 2
    rows[2200] = row(1, p0="x")
    with pytest.raises(DataError, match="row 2202, column 'pixel0'"):
        read(text(HEADER, *rows), missing="zero")


def test_numpys_reader_is_given_nothing_that_can_crash_it(read, monkeypatch):
    """It looks characters far beyond ASCII up in a short table (numpy/numpy#31586)."""
    numpys = np.loadtxt

    def guarded(lines, *args, **options):
        assert all(line.isascii() for line in lines)
        return numpys(lines, *args, **options)

    monkeypatch.setattr(np, "loadtxt", guarded)
    for cell in ("\U0010ffff", "\u4e03", "\xe9"):
        with pytest.raises(DataError, match="row 2, column 'pixel0'"):
            read(text(HEADER, row(1, p0=cell)))


def test_drops_rows_with_empty_cells(read):
    part, empty = read(text(HEADER, row(3), row(0, p5=""), row(""), row(7)), missing="drop")
    check(part, [3, 7])
    assert empty == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text(HEADER, row(1), row(1, p3="300")), r"row 3, column 'pixel3': expected a whole .* came '300'"),
        (text(row(1), row(1, p3="300")), r"row 2, column 5: .* came '300'"),
        (text(row(1, p3="x"), row(1)), r"row 1, column 5: .* came 'x'"),
        (text(HEADER, row(1, p0="-1")), "row 2, column 'pixel0': .* came '-1'"),
        (text(HEADER, row(1, p0="256")), "came '256'"),
        (text(HEADER, row(1, p0="7.5")), "came '7.5'"),
        (text(HEADER, row(1, p0="1e400")), "came '1e400'"),
        (text(HEADER, row(1, p783="dark")), "row 2, column 'pixel783': .* came 'dark'"),
        (text(HEADER, row(1, p0="x" * 999)), f"came '{'x' * 40}'$"),
        (text(HEADER, row(1), [], row(1, p9="")), 'row 4, column \'pixel9\' is empty: .*"zero" or "drop"'),
        (text(HEADER, row(10)), "row 2, column 'label': expected a label from 0 to 9, came '10'"),
        (text(HEADER, row(1), row(255)), "row 3, column 'label': .* came '255'"),
        (text(HEADER, row("ten")), "expected a label from 0 to 9, came 'ten'"),
        (text(HEADER, row("")), "row 2, column 'label' is empty: .* choose missing = \"drop\""),
        (text(HEADER, row(1), row(1)[:-1]), "row 3: expected 785 columns, came 784"),
        (text(HEADER, row(1)[:-1], row(1)[:-1]), "row 2: expected 785 columns, came 784"),
        (text(HEADER, [*row(1), ""]), "row 2: expected 785 columns, came 786"),
        (text(["a", "b"], ["1", "2"]), "came 2 columns"),
        (text(HEADER, row(1)).replace(",", ";"), "separated by commas.* came 1 columns"),
        (text(HEADER), "expected a row for each image, came none"),
        ("", "came 0 columns"),
        (text(["ImageId", *HEADER[1:]], row(1)), "a column named label, came 'ImageId' first"),
        ("1," * 99_999, "came one of 65,536 characters"),
    ],
)
def test_says_what_is_wrong(read, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_a_missing_label_cannot_be_zero(read):
    with pytest.raises(DataError, match="row 2, column 'label' is empty"):
        read(text(HEADER, row("")), missing="zero")


def test_a_wrong_cell_is_an_error_whatever_is_missing(read):
    for missing in ("zero", "drop"):
        with pytest.raises(DataError, match="came 'x'"):
            read(text(HEADER, row(1, p3="", p4="x")), missing)


def test_dropping_every_row_leaves_no_images(read):
    with pytest.raises(DataError, match="came none"):
        read(text(HEADER, row(1, p3="")), missing="drop")


def test_an_unknown_way_with_missing_cells(read):
    with pytest.raises(DataError, match="expected error, zero, drop, came 'mean'"):
        read(text(HEADER, row(1)), missing="mean")


def test_counts_columns(tmp_path):
    (tmp_path / "table").write_text(text(HEADER, row(1)))
    assert table.count_columns(tmp_path / "table") == 785
