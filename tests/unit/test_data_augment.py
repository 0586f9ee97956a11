"""The words of a recipe, and what their chain keeps to: new images, the same for the same seed, one resampling."""

import numpy as np
import pytest

from fixed_random import Fixed
from numink.data import warp
from numink.data.augment import IMAGES_AT_ONCE, KINDS, parse
from numink.errors import DataError

EXAMPLES = [kind.example for kind in KINDS.values()]


@pytest.fixture(scope="module")
def images():
    """Slanted crosses of any width and grey, which every augmentation changes."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:28, :28] - 13.5
    slope, width = rng.uniform(-0.5, 0.5, (2, 40, 1, 1)) * [[[[1]]], [[[3]]]] + [[[[0]]], [[[2.5]]]]
    lines = np.minimum(np.abs(x - slope * y), np.abs(y + slope * x))
    inside = np.maximum(np.abs(x), np.abs(y)) < 10
    return (np.clip(width - lines, 0, 1) * inside * rng.uniform(150, 255, (40, 1, 1))).astype(np.uint8)


def test_the_names_that_recipes_may_rely_on():
    names = "shift rotate scale shear elastic stroke blur noise contrast low-resolution reduce break erase marks"
    assert set(names.split()) <= set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_an_example_changes_images_and_says_what_it_is(name, images):
    assert KINDS[name].example.split()[0] == name
    assert KINDS[name].help
    changed = parse([KINDS[name].example])(images, np.random.default_rng(0))
    assert changed.shape == images.shape
    assert changed.dtype == np.uint8
    assert (changed != images).any(axis=(1, 2)).mean() > 0.3
    assert np.abs(changed.astype(float) - images).mean() < 40  # and leaves digits


@pytest.mark.parametrize("words", [[], *([word] for word in EXAMPLES), EXAMPLES])
def test_the_input_is_left_alone(words, images):
    before = images.copy()
    before.setflags(write=False)
    changed = parse(words)(before, np.random.default_rng(0))
    np.testing.assert_array_equal(before, images)
    assert not np.shares_memory(changed, before)


def test_no_words_change_nothing(images):
    np.testing.assert_array_equal(parse([])(images, np.random.default_rng(0)), images)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(images):
    chain = parse(EXAMPLES)
    first, again, other = (chain(images, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert (first != other).any(axis=(1, 2)).all()


def test_equal_images_become_different_ones(images):
    alike = np.repeat(images[:1], 2 * IMAGES_AT_ONCE + 10, axis=0)
    changed = parse(["rotate 10", "noise 15"])(alike, np.random.default_rng(0))
    assert len({image.tobytes() for image in changed}) == len(alike)


@pytest.mark.parametrize("words", [*([word] for word in EXAMPLES), EXAMPLES])
def test_an_image_does_not_depend_on_the_others(words, images):
    chain = parse(words)
    others = 255 - images
    others[7] = images[7]
    there, here = (chain(batch, np.random.default_rng(3))[7] for batch in (others, images))
    np.testing.assert_array_equal(there, here)


@pytest.mark.parametrize("count", [0, 1, IMAGES_AT_ONCE, IMAGES_AT_ONCE + 1])
def test_any_number_of_images(count, images):
    batch = np.resize(images, (count, 28, 28))
    assert parse(EXAMPLES)(batch, np.random.default_rng(0)).shape == (count, 28, 28)


def test_moves_that_stand_side_by_side_are_one_resampling(images, monkeypatch):
    calls = []
    resample = warp.resample
    monkeypatch.setattr(warp, "resample", lambda *arguments: calls.append(1) or resample(*arguments))
    parse(["rotate 10", "shift 2", "elastic 34 4", "blur 1", "scale 10", "shear 5"])(images, np.random.default_rng(0))
    assert len(calls) == 2


def test_moves_are_done_in_the_order_of_the_recipe():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 5, 13] = 200
    # To the left and up by 2, and round by a quarter turn against the clock; then the other way round
    np.testing.assert_array_equal(
        parse(["shift 2", "rotate 90"])(image, Fixed(1)), np.rot90(np.roll(image, (-2, -2), (1, 2)), 1, (1, 2))
    )
    np.testing.assert_array_equal(
        parse(["rotate 90", "shift 2"])(image, Fixed(1)), np.roll(np.rot90(image, 1, (1, 2)), (-2, -2), (1, 2))
    )


def test_repaints_are_done_in_the_order_of_the_recipe(images):
    grainy, smooth = (
        parse(words)(images, Fixed(1, normal=20.0)).astype(float)
        for words in (["contrast 0.5", "noise 1"], ["noise 1", "contrast 0.5"])
    )
    assert grainy[:, 0, 0].tolist() == [20] * len(images)
    assert smooth[:, 0, 0].max() < 20


def test_pixels_are_rounded_and_clipped_at_the_end_alone():
    greys = np.zeros((1, 28, 28), np.uint8)
    greys[0, 0, :4] = [0, 7, 100, 250]
    darker = parse(["noise 1"])(greys, Fixed(1, normal=9.6))
    assert darker[0, 0, :4].tolist() == [10, 17, 110, 255]
    paler = parse(["noise 1"])(greys, Fixed(1, normal=-9.6))
    assert paler[0, 0, :4].tolist() == [0, 0, 90, 240]
    # What noise put beyond the greys is there for the next: 250 + 40 = 290, of which one half is left
    both = parse(["noise 1", "contrast 0.5"])(greys, Fixed(1, normal=40.0))
    value = 290 / 255
    assert both[0, 0, 3] == round(255 * (value + 0.5 * value * (1 - value)) / 2)


def test_a_chain_knows_its_steps():
    assert parse(["rotate 10", "elastic 34 4"]).steps == (("rotate", (10.0,)), ("elastic", (34.0, 4.0)))


@pytest.mark.parametrize("words", ["rotate 10", [5], [None]])
def test_what_is_no_list_of_texts_is_refused(words):
    with pytest.raises(DataError, match="expected a list of augmentations"):
        parse(words)


@pytest.mark.parametrize(
    "images", [np.zeros((2, 28, 28)), np.zeros((2, 784), np.uint8), np.zeros((2, 28, 27), np.uint8)]
)
def test_images_of_another_kind_are_refused(images):
    with pytest.raises(DataError, match="expected images as uint8"):
        parse(["shift 1"])(images, np.random.default_rng(0))


@pytest.mark.parametrize("name", KINDS)
def test_the_ends_of_each_range_are_allowed_and_what_lies_beyond_is_not(name):
    strengths = KINDS[name].strengths
    for number, strength in enumerate(strengths):
        middle = [(other.low + other.high) / 2 for other in strengths]
        for end, beyond in ((strength.low, -1e-6), (strength.high, 1e-6)):
            middle[number] = end
            parse([" ".join([name, *map(str, middle)])])
            middle[number] = end + beyond
            with pytest.raises(DataError, match=f"from {strength.low:g} to {strength.high:g}.*, as in"):
                parse([" ".join([name, *map(repr, middle)])])


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("rotat 10", 'there is no augmentation "rotat"; did you mean "rotate"?'),
        ("Rotate 10", 'there is no augmentation "Rotate"; did you mean "rotate"?'),
        ("mirror", 'there is no augmentation "mirror"; known are shift, rotate, scale, shear, elastic, stroke,'),
        ("", 'there is no augmentation ""; known are shift, '),
        ("shift", 'shift should have pixels from 0 to 10, as in "shift 2", but "shift" came'),
        ("shift 11", 'shift should have pixels from 0 to 10, as in "shift 2", but "shift 11" came'),
        ("shift -1", 'but "shift -1" came'),
        ("shift 1 2", 'but "shift 1 2" came'),
        ("shift far", 'but "shift far" came'),
        ("shift nan", 'but "shift nan" came'),
        ("noise inf", 'but "noise inf" came'),
        ("break 1e999", 'but "break 1e999" came'),
        (
            "elastic 34",
            'elastic should have alpha from 0 to 100 and sigma in pixels from 2 to 10, as in "elastic 34 4"',
        ),
        ("elastic 34 0", 'but "elastic 34 0" came'),
    ],
)
def test_what_is_wrong_with_a_word(word, message):
    with pytest.raises(DataError) as error:
        parse(["rotate 10", word])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_spaces_do_not_matter(images):
    spaced, plain = (
        parse([word])(images, np.random.default_rng(0)) for word in ("  elastic   34 4.0 ", "elastic 34 4")
    )
    np.testing.assert_array_equal(spaced, plain)


def test_every_kind_is_done_by_a_function_of_its_own():
    functions = {kind.function for kind in KINDS.values()}
    assert len(functions) == len(KINDS)
    assert {function.__module__ for function in functions} == {
        f"numink.data.{name}" for name in ("warp", "wear", "reduce")
    }
