"""Damaged files of every format give pictures or one line, and never anything else."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from heic_sample import HEIC
from numink.reader.load import count_pages, pictures
from numink.reader.pictures import Failure, Limits, Picture

LIMITS = Limits(megapixels=0.25, pages=3)


def sample(kind):
    levels = np.full((24, 32), 230, np.uint8)
    levels[8:16, 12:14] = 20
    image = Image.fromarray(levels).convert("RGB")
    more = {"save_all": True, "append_images": [image.rotate(90)]} if kind in ("TIFF", "GIF", "PDF") else {}
    if kind == "TIFF":
        more["compression"] = "tiff_lzw"
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


SAMPLES = {kind: sample(kind) for kind in ("JPEG", "PNG", "TIFF", "GIF", "WEBP", "BMP", "PPM", "AVIF", "PDF")}
SAMPLES["HEIC"] = HEIC


@st.composite
def damaged(draw, kind):
    content = bytearray(SAMPLES[kind])
    for _ in range(draw(st.integers(1, 4))):
        how = draw(st.sampled_from(["flip", "cut", "put", "take", "splice"]))
        at = draw(st.integers(0, max(0, len(content) - 1)))
        if how == "flip" and content:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "cut":
            del content[at:]
        elif how == "put":
            content[at:at] = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\x80"]))
        elif how == "take":
            del content[at : at + draw(st.integers(1, 16))]
        else:
            other = SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))]
            content[at : at + 32] = other[at : at + 32]
    return bytes(content)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_whole_files_are_pictures(tmp_path, kind):
    (tmp_path / "whole").write_bytes(SAMPLES[kind])

    found = list(pictures(tmp_path / "whole", LIMITS))

    assert [type(each) for each in found] == [Picture] * count_pages(tmp_path / "whole", LIMITS)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_give_pictures_or_a_line(capfd, kind, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged")
        path.write_bytes(data.draw(damaged(kind)))

        found = list(pictures(path, LIMITS))
        pages = count_pages(path, LIMITS)

    assert 1 <= pages <= LIMITS.pages + 1
    assert len(found) <= LIMITS.pages + 1
    for each in found:
        if isinstance(each, Failure):
            assert each.reason.isprintable()
            assert len(each.reason) < 250
        else:
            assert each.image.dtype == np.uint8
            assert each.image.nbytes <= 3 * 13_000_000
            assert each.image.ndim == 2 or each.image.shape[2] == 3
    assert "".join(capfd.readouterr()) == ""  # nor do the C libraries write to the terminal
