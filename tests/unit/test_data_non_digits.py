"""What is no digit: how it is drawn, what label it has, and what a mix with digits is like."""

import numpy as np
import pytest

from numink.data import drawn, sources
from numink.data.describe import describe
from numink.data.digits import NO_DIGIT, Digits, Part
from numink.data.labels import shown
from numink.data.strokes import draw_writer, no_digits, pieces, source
from numink.data.strokes.others import KINDS
from numink.data.strokes.shapes import LETTERS, SHAPES
from numink.errors import DataError
from numink.model_file import load_model

SMALL_BLOCK = 120


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(no_digits, "_BLOCK", SMALL_BLOCK)
    monkeypatch.setattr(source, "_BLOCK", SMALL_BLOCK)
    monkeypatch.setattr(source, "TEST_IMAGES", 100)


def test_images_are_as_networks_see_them_and_labelled_none():
    part = no_digits.read(150)
    assert part.images.shape == (150, 28, 28)
    assert part.images.dtype == part.labels.dtype == np.uint8
    assert (part.labels == NO_DIGIT).all()
    assert (part.images.max(axis=(1, 2)) > 40).mean() > 0.98
    rows, columns = part.images.any(axis=2).sum(axis=1), part.images.any(axis=1).sum(axis=1)
    assert (np.maximum(rows, columns) <= 20).all()  # they went through normalise


def test_they_are_the_same_each_time_and_fewer_are_the_first_of_more():
    few, many, others = no_digits.read(70), no_digits.read(300), no_digits.read(300, no_digits.TEST)
    np.testing.assert_array_equal(few.images, many.images[:70])
    assert len(set(many.digests()) | set(others.digests())) == 600


def test_progress_is_told():
    told = []
    no_digits.read(150, progress=lambda *counts: told.append(counts))
    assert told == [("non-digits", 120, 150), ("non-digits", 150, 150)]


@pytest.mark.parametrize("count", [-1, 2_000_001])
def test_a_number_that_cannot_be_is_refused(count):
    with pytest.raises(DataError, match="expected from 0 to 2,000,000 images of non-digits, came"):
        no_digits.read(count)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_each_kind_gives_an_image_of_ink_for_each_writer(kind, seed):
    rng = np.random.default_rng(seed)
    images = KINDS[kind][1]([draw_writer(rng) for _ in range(40)], rng)
    assert len(images) == 40
    assert {image.dtype for image in images} == {np.dtype(np.uint8)}
    assert sum(image.max() > 100 for image in images) >= 38
    assert len({image.tobytes() for image in images}) == 40


def extents(kind, count=60):
    """Heights over widths of the ink."""
    rng = np.random.default_rng(3)
    images = KINDS[kind][1]([draw_writer(rng) for _ in range(count)], rng)
    return np.array([np.divide(*pieces.cropped(image).shape) for image in images])


def test_digits_stand_side_by_side_or_one_above_another():
    assert np.median(extents("digits side by side")) < 0.9
    assert np.median(extents("digit above another")) > 1.6


def test_shapes_have_names_of_their_own_and_words_are_made_of_letters():
    names = [form.name for form in SHAPES]
    assert len(set(names)) == len(names) > 100
    assert {"a", "A", "euro", "heart"} <= set(names)
    assert LETTERS[-1].name == "AB"
    assert not {"b", "l", "o", "q", "s", "z", "B", "D", "I", "O", "S", "Z"} & set(names)


def bar(height_px, width_px):
    return np.pad(np.full((height_px, width_px), 255, np.uint8), 4)


def test_images_beside_one_another_are_so_far_apart():
    row = pieces.beside([bar(20, 3), bar(20, 5)], [7], np.random.default_rng(0))
    assert (row.max(axis=0) > 0).tolist() == [True] * 3 + [False] * 7 + [True] * 5
    touching = pieces.beside([bar(20, 3), bar(20, 5)], [-2], np.random.default_rng(0))
    assert touching.shape[1] == 6


def test_what_is_struck_out_keeps_its_ink_and_gets_more_on_both_sides():
    for seed in range(20):
        struck = pieces.strike(bar(30, 20), 3, by_one=seed % 2 == 0, rng=np.random.default_rng(seed))
        inside = struck[12:42, 12:32]
        assert (inside == 255).all()
        assert struck[:, :12].any()
        assert struck[:, 32:].any()


@pytest.mark.parametrize(
    ("which", "height_px", "width_px"),
    [
        ("left", (40, 40), (5, 10)),
        ("top", (11, 19), (20, 20)),
        ("bottom", (11, 19), (20, 20)),
        ("middle", (8, 21), (20, 20)),
    ],
)
def test_parts_are_smaller_than_the_whole(which, height_px, width_px):
    for seed in range(20):
        height, width = pieces.part(bar(40, 20), which, np.random.default_rng(seed)).shape
        assert height_px[0] <= height <= height_px[1]
        assert width_px[0] <= width <= width_px[1]


def test_a_line_is_as_wide_as_it_should_be():
    ink = pieces.drawn((30, 40), [np.array([[5.0, 15.0], [35.0, 15.0]])], 5)
    assert ink[:, 20].sum() == pytest.approx(5 * 255, abs=2)
    assert ink[15, 2:38].astype(bool).sum() == 36 - 1
    assert not ink[:, :2].any()


def test_random_fields_are_smooth_and_of_one_size():
    rng = np.random.default_rng(0)
    fields = np.array([pieces.field(44, 6, rng) for _ in range(200)])
    ways = pieces.wander(500, 400, 12, rng)
    assert fields.std() == pytest.approx(1, abs=0.05)
    assert ways.std() == pytest.approx(1, abs=0.05)
    assert np.abs(np.diff(ways, axis=1)).max() < 0.2


def test_in_a_mix_they_stand_behind_the_digits_and_are_never_judged_by():
    mixed = sources.read(["strokes 300", "non-digits 50"])
    assert mixed.sources == {"strokes 300": 300, "non-digits 50": 50}
    assert mixed.train.labels[:300].max() == 9
    assert (mixed.train.labels[300:] == NO_DIGIT).all()
    split = mixed.split(100, seed=0, stratify=True)
    assert split.validation.labels.max() == mixed.test.labels.max() == 9
    assert (split.train.labels[-50:] == NO_DIGIT).all()


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ("non-digits", "non-digits shows no digit: name it behind digits to learn from, as in --data mnist --data"),
        (["non-digits 30", "strokes 30"], "non-digits 30 shows no digit"),
        (["strokes 30", "non-digits 0"], "non-digits takes the number of images to train on, 1 to 2,000,000"),
        (["strokes 30", "non-digits many"], "'non-digits many' came"),
        (["strokes 30", "non-digits 5", "non-digits 6"], "name each source once"),
        ("non-digit", 'did you mean "non-digits"'),
    ],
)
def test_other_uses_are_refused_in_one_line(names, says):
    with pytest.raises(DataError) as caught:
        sources.read(names)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_number_that_cannot_be_is_refused_before_anything_is_drawn(monkeypatch):
    monkeypatch.setattr(source, "read", lambda *asked, **more: pytest.fail("strokes were drawn"))
    with pytest.raises(DataError, match="non-digits takes the number"):
        sources.read(["strokes 30", "non-digits 0"])


def test_which_sources_numink_draws():
    assert [drawn.kind_of(name) for name in ("strokes 5", " non-digits ", "mnist", "", "strokes.csv")] == [
        "strokes", "non-digits", None, None, None,
    ]  # fmt: skip
    assert sources.is_strokes("strokes 5")
    assert not sources.is_strokes("non-digits 5")


def mixed(labels):
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    return Part(images, np.array(labels, np.uint8))


def test_they_are_counted_apart():
    part = mixed([3, 10, 3, 10, 10])
    described = describe(Digits("some", part, Part(part.images[:0], part.labels[:0])))
    assert described.parts["train"].classes == (0, 0, 0, 2, 0, 0, 0, 0, 0, 0)
    assert described.parts["train"].none == 3
    assert [shown(label) for label in (0, 9, NO_DIGIT)] == ["0", "9", "none"]


def test_digits_alone_leaves_them_out():
    part = mixed([3, 10, 4])
    assert part.digits_alone.labels.tolist() == [3, 4]
    assert part.digits_alone.images[:, 0, 0].tolist() == [0, 2]
    digits = mixed([1, 2])
    assert digits.digits_alone is digits
    assert Part(part.images).digits_alone.labels is None
    assert len(mixed([]).digits_alone) == 0
    assert load_model("cnn-tiny").test(part).images == 2
