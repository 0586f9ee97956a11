"""Doubtful digits as a folder to sort and to learn from."""

import shlex

import numpy as np
import pytest
from PIL import Image

import fake_reading
from numink.data import folder as folders
from numink.data.digits import NO_DIGIT
from numink.reader.doubtful import save_doubtful, write_readme


def saved(folder):
    """The files of each folder."""
    return {sub.name: sorted(file.name for file in sub.iterdir()) for sub in sorted(folder.iterdir()) if sub.is_dir()}


def test_the_doubtful_digit_and_the_rejected_shape_are_written_and_no_other(tmp_path):
    assert save_doubtful(tmp_path, fake_reading.steps(), fake_reading.reading()) == 2

    files = saved(tmp_path)
    assert set(files) == {"7", "no-digit", "look"}
    assert files["look"] == sorted(files["7"] + files["no-digit"])
    (name,) = files["7"]
    assert name.startswith("page-")
    assert name.endswith("-20-70-18x30.png")
    image = np.asarray(Image.open(tmp_path / "7" / name))
    np.testing.assert_array_equal(image, fake_reading.candidate(7, 0.6).image)


def test_boxes_of_an_original_that_is_larger_are_cut_out_of_the_image(tmp_path):
    save_doubtful(tmp_path, fake_reading.steps(), fake_reading.reading(scale=3))

    (name,) = saved(tmp_path)["7"]
    assert name.endswith("-60-210-54x90.png")
    look = np.asarray(Image.open(tmp_path / "look" / name))
    assert (look < 50).mean() == pytest.approx(18 * 30 / (look.shape[0] * look.shape[1]), abs=0.02)
    assert look.shape[0] > 30


def test_again_nothing_is_doubled_wherever_it_was_moved_to(tmp_path):
    made = fake_reading.steps(), fake_reading.reading()
    save_doubtful(tmp_path, *made)
    (name,) = saved(tmp_path)["7"]
    (tmp_path / "1").mkdir()
    (tmp_path / "7" / name).rename(tmp_path / "1" / name)

    assert save_doubtful(tmp_path, *made) == 0
    assert saved(tmp_path)["7"] == []
    assert saved(tmp_path)["1"] == [name]


def test_what_was_deleted_does_not_come_again(tmp_path):
    made = fake_reading.steps(), fake_reading.reading()
    save_doubtful(tmp_path, *made)
    (tmp_path / "7" / saved(tmp_path)["7"][0]).unlink()

    assert save_doubtful(tmp_path, *made) == 0
    assert saved(tmp_path)["7"] == []


def test_another_picture_of_the_same_name_is_another(tmp_path):
    made = fake_reading.steps()
    save_doubtful(tmp_path, made, fake_reading.reading())
    made.image[0, 0] = 0

    assert save_doubtful(tmp_path, made, fake_reading.reading()) == 2
    assert len(saved(tmp_path)["7"]) == 2


def test_the_folder_is_one_that_a_network_learns_from(tmp_path):
    save_doubtful(tmp_path, fake_reading.steps(), fake_reading.reading())
    write_readme(tmp_path, "bin/numink", "my model")

    part, test = folders.read(tmp_path)

    assert test is None
    assert part.labels.tolist() == [7, NO_DIGIT]
    np.testing.assert_array_equal(part.images[0], fake_reading.candidate(7, 0.6).image)
    told = (tmp_path / "README.txt").read_text("utf-8")
    assert "bin/numink train --from 'my model' --data \"strokes 2000\"" in told
    assert f"--data {shlex.quote(str(tmp_path))} --set" in told
    assert "bin/numink read PICTURE --model runs/mended" in told
    assert all((tmp_path / str(digit)).is_dir() for digit in range(10))
