"""Whatever the chance, ink is ink: no draw of the pen model warns, fails or leaves the range of pixels."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from numink.data.normalise import normalise
from numink.data.strokes import FORMS, PENS, Form, draw, draw_images, draw_writer

seeds = st.integers(0, 2**32 - 1)
places = st.tuples(st.integers(-50, 150), st.integers(-50, 150), st.booleans())
strokes = st.lists(places, min_size=2, max_size=8, unique_by=lambda place: place[:2])
inks = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 255))


def text_of(form):
    return " / ".join(" ".join(f"{x},{y}{'!' * corner}" for x, y, corner in stroke) for stroke in form)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_images_hold_ink_and_nothing_else(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, 100).tolist()
    images = draw_images(labels, [draw_writer(rng) for _ in labels], rng)
    assert images.dtype == np.uint8
    assert images.shape == (100, 28, 28)
    assert (images.max(axis=(1, 2)) > 100).all()
    inked = (images > 16).sum(axis=(1, 2))
    assert (inked >= 15).all()
    assert (inked <= 400).all()  # the box of 20 x 20
    again = np.random.default_rng(seed)
    labels = again.integers(0, 10, 100).tolist()
    assert (draw_images(labels, [draw_writer(again) for _ in labels], again) == images).all()


@settings(max_examples=40, deadline=None)
@given(seeds, st.lists(strokes, min_size=1, max_size=3).map(text_of), st.floats(4, 120), st.sampled_from(PENS))
def test_any_form_can_be_drawn_at_any_size(seed, text, height_px, pen):
    rng = np.random.default_rng(seed)
    drawing = draw(Form("", "anything", text), draw_writer(rng, pen), height_px, rng)
    assert drawing.coverage.dtype == drawing.path.dtype == np.float32
    assert 0 <= drawing.coverage.min() <= drawing.coverage.max() <= 1
    assert max(drawing.coverage[[0, -1]].max(), drawing.coverage[:, [0, -1]].max()) < 0.01
    assert (drawing.path >= 0).all()
    assert (drawing.path < drawing.coverage.shape[::-1]).all()


@settings(max_examples=60, deadline=None)
@given(seeds, st.sampled_from([form for forms in FORMS.values() for form in forms]), st.floats(20, 60))
def test_a_digit_lies_about_its_box(seed, form, height_px):
    rng = np.random.default_rng(seed)
    drawing = draw(form, draw_writer(rng), height_px, rng)
    _, y, _, height = drawing.box
    top, bottom = (drawing.top_px + y) / height_px, (drawing.top_px + y + height) / height_px
    assert -1 < top < 0.6
    assert 0.5 < bottom < 1.9


@settings(max_examples=200)
@given(inks)
def test_normalised_ink_stays_within_the_image(ink):
    image = normalise(ink)
    assert image.dtype == np.uint8
    assert image.shape == (28, 28)
    assert image.any() == ink.any()
    assert int(image.max()) <= int(ink.max())
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    if ink.any():
        assert max(np.ptp(rows), np.ptp(columns)) <= 19


@settings(max_examples=100)
@given(inks, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_paper_around_the_ink_changes_nothing(ink, above, below, left, right):
    assert (normalise(np.pad(ink, ((above, below), (left, right)))) == normalise(ink)).all()
