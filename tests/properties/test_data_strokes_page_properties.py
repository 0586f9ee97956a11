"""Whatever is asked of a page, it is a sound picture with a sound truth, or one line says why not."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from numink.data.strokes.pages.layout import LARGEST_DIGIT_PX, LAYOUTS, lay_out, that_fit
from numink.data.strokes.pages.page import page
from numink.data.strokes.pages.paper import PAPERS
from numink.data.strokes.pages.photo import _RANGES, Photo
from numink.data.strokes.pages.texts import CHARACTERS
from numink.errors import DataError

SEEDS = st.integers(0, 2**32)
NUMBERS = st.one_of(st.just(""), st.from_regex(r"[-+]?[0-9]{1,4}([.,][0-9]{1,2})?", fullmatch=True))
PHOTOS = st.builds(
    Photo,
    table=st.booleans(),
    **{
        name: st.none() | st.integers(low, high) if name == "jpeg_quality" else st.floats(low, high) | st.just(high)
        for name, (low, high) in _RANGES.items()
    },
)
ROWS = st.lists(st.lists(NUMBERS, max_size=3), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    height_px=st.integers(20, 420),
    width_px=st.integers(20, 420),
    texts=st.none() | ROWS,
    photo=st.floats(0, 1) | PHOTOS,
    layout=st.none() | st.sampled_from(sorted(LAYOUTS)),
    paper=st.none() | st.sampled_from(sorted(PAPERS)),
    strays=st.none() | st.integers(0, 4),
)
def test_a_page_is_sound_or_refused_in_one_line(seed, height_px, width_px, texts, photo, layout, paper, strays):
    rng = np.random.default_rng(seed)
    photo = Photo.draw(rng, photo) if isinstance(photo, float) else photo
    size = {"height_px": height_px, "width_px": width_px}
    refused = ""
    try:
        made = page(rng, texts=texts, layout=layout, paper=paper, photo=photo, strays=strays, **size)
    except DataError as error:
        refused = str(error)
    if refused:
        assert "\n" not in refused
        assert texts is not None or "too small" in refused
        return

    assert made.image.shape == (height_px, width_px, 3)
    assert made.image.dtype == np.uint8
    assert made.numbers
    if texts is not None:
        assert [number.text for number in made.numbers] == [text for row in texts for text in row if text]
    marks = [mark for number in made.numbers for mark in number.digits + number.signs]
    for x, y, width, height in (mark.box for mark in [*marks, *made.numbers, *made.others]):
        assert 0 <= x < x + width <= width_px
        assert 0 <= y < y + height <= height_px
    for number in made.numbers:
        assert "".join(digit.kind for digit in number.digits) == re.sub("[^0-9]", "", number.text)
    rows = [number.row for number in made.numbers]
    assert rows == sorted(rows)
    assert set(rows) == set(range(rows[-1] + 1))


@settings(max_examples=100, deadline=None)
@given(SEEDS, ROWS, st.sampled_from(sorted(LAYOUTS)), st.integers(20, 900), st.integers(20, 900))
def test_what_fits_is_laid_out_inside_its_area(seed, texts, name, width_px, height_px):
    spacing, area = LAYOUTS[name], (7, 11, width_px, height_px)
    if not any(map(any, texts)):
        return
    texts = [[text or "0" for text in row] for row in texts if row]
    layout = lay_out(np.random.default_rng(seed), spacing, that_fit(spacing, texts, area), area)

    assert 0 < layout.digit_px <= LARGEST_DIGIT_PX
    for cell in layout.cells:
        assert set(cell.text) <= set(CHARACTERS)
        assert cell.left_px >= 7 - 1e-6
        assert cell.left_px + cell.width_px <= 7 + width_px + 1e-6
        assert cell.top_px >= 11 - 1e-6
        assert cell.top_px + cell.height_px <= 11 + height_px + 1e-6
