"""`numink.read`: places of all kinds, results as the contract has them, and one line for what cannot be read."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import numink
from numink.data import strokes
from numink.errors import DataError, ModelError
from numink.reader.pictures import Picture
from numink.reader.read import make_reader, picture_of, read
from numink.reader.reader import LEAST_LIKELY, Reader
from numink.reader.results import Box, Reading

PAGE = strokes.page(
    np.random.default_rng(3),
    texts=[["12", "507"], ["9"]],
    layout="rows",
    paper="plain",
    pen="ballpoint",
    photo=strokes.Photo(),
    strays=0,
    height_px=300,
    width_px=500,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a page, a picture that is cut off, and a text."""
    folder = tmp_path_factory.mktemp("pictures")
    Image.fromarray(PAGE.image).save(folder / "page.png")
    whole = (folder / "page.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.txt").write_text("no picture")
    return folder


def overlap(one: Box, other: Box) -> float:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def test_a_page_is_read(place):
    reading = numink.read(place / "page.png")

    assert reading[0].text == "12"
    assert [number.text for number in reading] == ["12", "507", "9"]
    assert [number.row for number in reading] == [0, 0, 1]
    assert reading.text == "12 507\n9"
    assert (len(reading.pages), reading.failed) == (1, ())
    for number, truth in zip(reading, PAGE.numbers, strict=True):
        assert overlap(number.box, truth.box) > 0.7
        for digit, mark in zip(number.digits, truth.digits, strict=True):
            assert str(digit.digit) == mark.kind
            assert overlap(digit.box, mark.box) > 0.6
            assert sorted([digit.digit, *(other for other, _ in digit.alternatives)]) == list(range(10))
            assert digit.confidence + sum(p for _, p in digit.alternatives) == pytest.approx(1, abs=1e-5)


def test_a_reading_is_short_to_look_at_and_its_text_to_print(place):
    (page,) = numink.read(place / "page.png").pages
    sure, unsure = (replace(page, numbers=tuple(replace(one, accepted=yes) for one in page)) for yes in (True, False))

    assert str(page) == str(Reading((page, page), ()).pages[1]) == "12 507\n9"
    assert repr(sure) == f"<PageReading {page.file!r}, page 0: 3 numbers, 0 shapes rejected>"
    assert repr(Reading((sure, unsure), ())) == "<Reading of 2 pictures, 0 failed: 6 numbers, 3 doubtful>"


def test_a_folder_of_which_nothing_can_be_read_says_how_much_that_is(place, tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes((place / "cut.png").read_bytes())

    with pytest.raises(DataError, match=r"a\.png is .*damaged.* \(and 2 more that cannot be read\)"):
        read(tmp_path)


def test_pictures_too_large_for_memory_fail_alone(monkeypatch):
    careful = Reader.look_at_all

    def look_at_all(self, images):
        if images and images[0].shape[0] == 7:
            raise MemoryError
        return careful(self, images)

    monkeypatch.setattr(Reader, "look_at_all", look_at_all)
    large = Picture("large.png", 0, np.full((7, 9, 3), 255, np.uint8), 9, 7)

    first, second = make_reader().look_through([large, picture_of(PAGE.image)])

    assert (first.file, "not enough memory" in first.reason) == ("large.png", True)
    assert len(second[1].words) == 3


def test_json_is_that_of_the_contract(place):
    found = json.loads(json.dumps(read(place).to_json()))

    assert list(found) == ["images", "failed"]
    (image,) = found["images"]
    assert set(image) >= {"file", "page", "width", "height", "numbers", "rejected"}
    assert (image["file"], image["page"], image["width"], image["height"]) == (str(place / "page.png"), 0, 500, 300)
    assert set(image["numbers"][0]) >= {"text", "row", "box", "confidence", "accepted", "digits"}
    assert set(image["numbers"][0]["digits"][0]) >= {"digit", "box", "confidence", "alternatives"}
    assert len(image["numbers"][0]["digits"][0]["alternatives"][0]) == 2
    assert [set(one) for one in found["failed"]] == [{"file", "reason"}]
    assert found["failed"][0]["file"] == str(place / "cut.png")
    assert found == read(place).to_json()  # lists, as JSON gives them back


def test_a_list_of_files_and_images(place):
    reading = read([str(place / "page.png"), PAGE.image, place / "none.png"])

    assert [page.file for page in reading.pages] == [str(place / "page.png"), ""]
    assert reading.pages[0].numbers == reading.pages[1].numbers
    assert len(reading) == 6
    assert [one.file for one in reading.failed] == [str(place / "none.png")]
    assert read([]).pages == ()


@pytest.mark.parametrize(
    ("name", "says"), [("none.png", "no such file"), ("cut.png", "damaged"), ("notes.txt", "no picture")]
)
def test_one_place_that_cannot_be_read_raises(place, name, says):
    with pytest.raises(DataError, match=says) as caught:
        read(place / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "image",
    [np.zeros((9, 9)), np.zeros((9, 9, 4), np.uint8), np.zeros((3, 9, 9, 3), np.uint8), np.zeros((0, 9), np.uint8)],
)
def test_arrays_of_other_kinds(image):
    with pytest.raises(DataError, match=r"expected an image as uint8 \(height, width\)"):
        read(image)


def test_a_picture_that_was_reduced_has_boxes_of_the_original():
    reader = make_reader()
    whole, half = reader.read(picture_of(PAGE.image)), reader.read(Picture("", 0, PAGE.image, 1000, 600))

    assert (half.width, half.height) == (1000, 600)
    for one, other in zip(whole, half, strict=True):
        np.testing.assert_allclose(np.array(other.box), 2 * np.array(one.box), atol=2)


def test_steps_and_numbers_go_side_by_side():
    reader = make_reader()
    steps = reader.look(PAGE.image)
    reading = reader.reading(steps, picture_of(PAGE.image))

    assert [word.text for word in steps.words] == [number.text for number in reading]
    assert [other.reason for other in steps.others] == [one.reason for one in reading.rejected]
    assert [round(confidence, 6) for confidence in steps.confidences] == [number.confidence for number in reading]
    assert len(steps.factors) == len(steps.words)
    assert [number.accepted for number in reading] == [number.confidence >= reader.threshold for number in reading]


def test_a_lonely_shape_that_is_hardly_a_digit_is_rejected(monkeypatch):
    reader = make_reader()
    even = np.full((1, 10), (1 - LEAST_LIKELY + 0.01) / 9)
    even[0, 4] = LEAST_LIKELY - 0.01
    monkeypatch.setattr(type(reader.model), "probabilities", lambda model, images: even.repeat(len(images), axis=0))

    found = reader.read(picture_of(PAGE.image))

    assert all(len(number.digits) > 1 for number in found)
    assert not any(number.accepted for number in found)
    assert found.rejected


def test_blank_paper_has_no_numbers():
    found = read(np.full((200, 300), 230, np.uint8)).pages[0]

    assert (found.numbers, found.rejected, found.text) == ((), (), "")
    assert read(np.full((28, 28), 0, np.uint8), single=True).pages[0].numbers == ()


def test_a_reader_goes_to_another_process_and_back():
    reader = make_reader(single=True)
    copy = pickle.loads(pickle.dumps(reader))
    picture = picture_of(PAGE.image[:150, :160])

    assert copy.read(picture) == reader.read(picture)


def test_models_by_name_path_or_itself(tmp_path):
    model = numink.load_model("cnn-tiny")
    model.save(tmp_path / "m.safetensors")

    readings = [read(PAGE.image, model=which).pages[0] for which in (model, "cnn-tiny", tmp_path / "m.safetensors")]

    assert readings[0] == readings[1] == readings[2]
    with pytest.raises(ModelError, match="no model of that name"):
        Reader("cnn-beast")
    with pytest.raises(ModelError, match="numink calibrate"):
        read(PAGE.image, model=model, max_error_rate=0.01)


def test_without_opencv_there_is_one_line():
    code = (
        "import sys; sys.modules['cv2'] = None; import numink\n"
        "try: numink.read('page.png')\n"
        "except numink.NuminkError as error: print(error)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert 'pip install "numink[read]"' in ended.stdout
    assert ended.stdout.count("\n") == 1
