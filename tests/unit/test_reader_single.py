"""One digit a picture: every polarity, size and company, with a network that knows what it sees."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numink.data.normalise import normalise
from numink.reader.lines import find_lines
from numink.reader.pictures import Picture
from numink.reader.plain import contrast, flattened, grey_of, plain_ink, views
from numink.reader.reader import Reader
from numink.reader.results import PageReading
from numink.reader.single import find_singles

SEVEN = np.zeros((100, 70), np.uint8)
cv2.polylines(SEVEN, [np.array([[8, 10], [60, 10], [30, 92]])], isClosed=False, color=255, thickness=9)
ZERO = np.zeros((100, 70), np.uint8)
cv2.ellipse(ZERO, (35, 50), (26, 42), 0, 0, 360, 255, 9)
SAMPLES = {7: normalise(SEVEN), 0: normalise(ZERO)}


def classify(images):
    """A digit as far as it is like one of the samples; ten even probabilities where it is like none."""
    P = np.full((len(images), 10), 0.1)
    for row, image in zip(P, images, strict=True):
        for digit, sample in SAMPLES.items():
            likeness = float(np.corrcoef(image.ravel(), sample.ravel())[0, 1]) if image.any() else 0.0
            row[digit] += 20 * max(likeness - 0.6, 0)
        row /= row.sum()
    return P


def on_paper(digit, *, paper=220, ink=60, around=40, slope=0.0):
    """A photograph of a digit's coverage: paper that is darker to the right, ink on it."""
    coverage = np.pad(digit, around) / 255
    light = paper * (1 - slope * np.linspace(0, 1, coverage.shape[1]))
    return (light * (1 - coverage) + ink * coverage).astype(np.uint8)


def read(image):
    ((_, _, words, _),) = find_singles([image], classify)
    return words[0].text if words else None


@pytest.mark.parametrize("digit", [0, 7])
@pytest.mark.parametrize("size_px", [8, 12, 16, 20, 28, 40, 180])
@pytest.mark.parametrize("negative", [False, True])
def test_any_size_and_polarity(digit, size_px, negative):
    drawn = {0: ZERO, 7: SEVEN}[digit]
    high = cv2.resize(np.pad(drawn, ((0, 0), (15, 15))), (size_px, size_px), interpolation=cv2.INTER_AREA)

    assert read(high if negative else 255 - high) == str(digit)


def test_shadows_and_broad_strokes_are_no_paper():
    broad = cv2.dilate(SEVEN, np.ones((15, 15), np.uint8))

    assert read(on_paper(SEVEN, slope=0.5)) == "7"
    ink = plain_ink(flattened(on_paper(broad, slope=0.3))).coverage
    assert ((ink[40:140, 40:110] > 127) == (broad > 127)).mean() > 0.98
    assert ink[:40].max() == 0


def test_chalk_becomes_ink_as_a_pen_s():
    chalk = flattened(on_paper(SEVEN, paper=40, ink=200, slope=0.2))

    assert ((plain_ink(chalk).coverage[40:140, 40:110] > 127) == (SEVEN > 127)).mean() > 0.98
    assert np.median(chalk) > 250


def test_dots_and_a_neighbour_s_stroke_are_left_out():
    dotted = on_paper(SEVEN)
    cv2.circle(dotted, (20, 20), 4, 60, -1)
    cv2.circle(dotted, (130, 160), 3, 60, -1)
    cv2.rectangle(dotted, (144, 30), (149, 150), 60, -1)

    assert read(dotted) == "7"


def test_a_ruling_goes_and_what_crosses_it_stays():
    ruled = np.pad(SEVEN, 40)
    ruled[125:129] = 255

    (lines,) = find_lines(ruled)

    assert cv2.connectedComponents(np.where(lines, 0, ruled).astype(np.uint8))[0] == 2
    assert read(255 - ruled) == "7"


@pytest.fixture(scope="module")
def shipped():
    """What the shipped reader reads and accepts."""
    reader = Reader(single=True)

    def text(image):
        steps = reader.look(image)
        return steps.words[0].text if steps.words and steps.confidences[0] > reader.threshold else None

    return text


@pytest.mark.parametrize(("height_px", "askew"), [(32, 0), (40, 0), (40, 6), (180, 0), (180, 6)])
def test_a_cell_s_sides_are_none_of_its_digit(shipped, height_px, askew):
    """They are darker than the digit, and not straight; alone they are nothing."""
    full, blank = on_paper(ZERO, ink=150), on_paper(0 * ZERO)
    for cell in (full, blank):
        for x, y in ((8, 9), (140, 164)):
            cv2.line(cell, (x, 0), (x + askew, 179), 20, 5)
            cv2.line(cell, (0, y), (149, y + askew), 20, 5)
    size = height_px * 5 // 6, height_px

    assert shipped(cv2.resize(full, size, interpolation=cv2.INTER_AREA)) == "0"
    assert shipped(cv2.resize(blank, size, interpolation=cv2.INTER_AREA)) is None


@pytest.mark.parametrize("dark_px", [30, 120])
def test_a_shadow_s_edge_is_no_ink(shipped, dark_px):
    shaded = on_paper(ZERO, ink=40).astype(float)
    shaded[:, :dark_px] *= 0.6

    assert shipped(shaded.astype(np.uint8)) == "0"


def test_colour_that_is_light_in_grey():
    yellow = np.full((180, 150, 3), 255, np.uint8)
    yellow[40:140, 40:110][SEVEN > 127] = (255, 230, 0)

    assert grey_of(yellow).min() == 0
    assert read(yellow) == "7"


def test_a_digit_that_fills_its_frame_is_no_paper():
    zero = cv2.ellipse(np.zeros((100, 60), np.uint8), (30, 50), (22, 42), 0, 0, 360, 255, 17)
    cut = zero[2:98, 2:58]
    assert (cut > 127).mean() > 0.5

    assert read(255 - cut) == "0"
    assert read(cut) == "0"


def test_what_touches_the_border():
    assert read(255 - SEVEN[8:94, 5:64]) == "7"


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([(8, 8), (16, 16), (28, 28), (60, 200), (150, 150)]),
    st.integers(0, 255),
    st.integers(0, 8),
)
def test_a_blank_picture_gives_no_number(seed, size, level, noise):
    image = (level + np.random.default_rng(seed).normal(0, noise, size)).clip(0, 255).astype(np.uint8)

    assert read(image) is None


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32))
def test_where_there_is_contrast_there_is_one_number(height, width, seed):
    image = (np.random.default_rng(seed).random((height, width)) < 0.4).astype(np.uint8) * 255
    (found,) = find_singles([image], classify)

    assert len(found[2]) == int(contrast(image) > 0)
    for word in found[2]:
        assert min(word.box[2:]) > 0
        assert word.digits[0].P.sum() == pytest.approx(1)


def test_views_are_the_digit_enlarged_or_itself():
    ((whole, box),) = views(SEVEN)
    assert whole.shape == (box[3], box[2])
    small = cv2.resize(SEVEN, (8, 12), interpolation=cv2.INTER_AREA)

    seen = [view for view, _ in views(small)]

    assert len(seen) == 4
    assert all(np.corrcoef(normalise(view).ravel(), SAMPLES[7].ravel())[0, 1] > 0.7 for view in seen)


class Known:
    """A model that is `classify`."""

    members = ()
    probabilities = staticmethod(classify)

    def __init__(self):
        self.facts = {}


def test_many_are_read_as_each_alone(monkeypatch):
    monkeypatch.setattr("numink.model_file.load_model", lambda name: Known())
    monkeypatch.setattr("numink.reader.reader.TOGETHER", 30_000)
    images = [on_paper(SEVEN), on_paper(ZERO), 255 - SEVEN, np.full((30, 30), 9, np.uint8), SAMPLES[0]]
    reader = Reader("known", single=True)
    pictures = [Picture(f"{n}.png", 0, image, image.shape[1], image.shape[0]) for n, image in enumerate(images)]

    together = list(reader.read_all(pictures))

    assert together == [reader.read(picture) for picture in pictures]
    assert [one.text for one in together if isinstance(one, PageReading)] == ["7", "0", "7", "", "0"]
    assert [one.file for one in together] == [picture.file for picture in pictures]
