"""The pages of PDFs: scans at their own resolution, all else at 300 dots an inch."""

import numpy as np
import pytest
from PIL import Image

from numink.reader.load import count_pages, pictures
from numink.reader.pictures import MOST_WORKED_ON, Failure, Limits


def write_pdf(path, *contents, width=72, height=72, more=""):
    """A PDF with a page for each content stream, such as "0 0 36 36 re f": a black square at the lower left."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    pages = " ".join(f"{3 + 2 * i} 0 R" for i in range(len(contents)))
    objects.append(f"<< /Type /Pages /Kids [{pages}] /Count {len(contents)} >>")
    for i, content in enumerate(contents):
        box = f"/MediaBox [0 0 {width} {height}]"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} /Contents {4 + 2 * i} 0 R {more} >>")
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    text, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    text += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    path.write_text(text + f"startxref\n{text.index('xref')}\n%%EOF\n")
    return path


def test_drawn_pages_have_300_dots_an_inch(tmp_path):
    path = write_pdf(tmp_path / "a.pdf", "0 0 36 36 re f", "36 36 36 36 re f")

    first, second = pictures(path)

    assert first.image.shape == (300, 300, 3)
    assert (first.page, first.width, first.height, second.page) == (0, 300, 300, 1)
    assert first.image[160:, :140].max() == 0
    assert first.image[:140].min() == 255
    assert second.image[:140, 160:].max() == 0
    assert count_pages(path) == 2


def test_colours_are_red_green_and_blue(tmp_path):
    (page,) = pictures(write_pdf(tmp_path / "a.pdf", "1 0 0 rg 0 0 72 72 re f"))

    assert page.image[150, 150].tolist() == [255, 0, 0]


def test_pages_turned_by_the_pdf_stand_upright(tmp_path):
    (page,) = pictures(write_pdf(tmp_path / "a.pdf", "0 0 36 36 re f", height=144, more="/Rotate 90"))

    assert page.image.shape == (300, 600, 3)
    assert page.image[:140, :140].max() == 0  # the lower left corner has gone up


@pytest.mark.parametrize("dots", [100, 200, 600])
def test_scans_keep_their_own_resolution(tmp_path, dots):
    levels = np.random.default_rng(0).integers(0, 256, (500, 600), np.uint8)
    Image.fromarray(levels).save(tmp_path / "a.pdf", resolution=dots, quality=95)

    (page,) = pictures(tmp_path / "a.pdf")

    assert page.image.shape == (500, 600, 3)
    away = np.abs(page.image[..., 0] - levels.astype(float))
    assert away.mean() < 8  # JPEG's alone: no pixel was mixed with its neighbours


def test_posters_are_no_larger_than_what_is_worked_on(tmp_path):
    (page,) = pictures(write_pdf(tmp_path / "a.pdf", "0 0 9 9 re f", width=7200, height=7200))

    assert 0.99 * MOST_WORKED_ON < page.width * page.height < 1.01 * MOST_WORKED_ON


def test_a_scan_of_too_many_pixels_is_refused_and_the_other_pages_are_read(tmp_path):
    large, small = Image.new("L", (400, 300), 255), Image.new("L", (40, 30), 255)
    large.save(tmp_path / "a.pdf", save_all=True, append_images=[small])

    refused, read = pictures(tmp_path / "a.pdf", Limits(megapixels=0.1))

    assert refused.reason == "page 1: 0.1 megapixels, of which at most 0.1 are read; --max-megapixels 1 takes it"
    assert (read.page, read.width) == (1, 40)


def locked(path):
    """A PDF that opens with a password alone."""
    write_pdf(path, "0 0 9 9 re f")
    lock = "<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + "11" * 32 + "> /U <" + "22" * 32 + "> >>"
    ident = "/ID [<" + "00" * 16 + "> <" + "00" * 16 + ">]"
    text = path.read_text().replace("/Root 1 0 R", f"/Root 1 0 R /Encrypt {lock} {ident}")
    path.write_text(text)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (locked, "a PDF with a password; save a copy without one"),
        (lambda path: path.write_bytes(b"%PDF-1.7\n" + b"rubbish" * 50), "a damaged PDF"),
        (lambda path: write_pdf(path), "a damaged PDF"),
    ],
)
def test_what_cannot_be_read_gets_a_line(tmp_path, make, says):
    make(tmp_path / "a.pdf")

    found = list(pictures(tmp_path / "a.pdf"))

    assert len(found) == 1
    assert isinstance(found[0], Failure)
    assert found[0].reason.startswith(says)
