"""Sources by name: where MNIST is looked for, what strokes take, what auto comes to, what a mix is made of."""

import gzip
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs
import pytest

import numink
from fake_digits import TEST, TRAIN, images_and_labels, write_csv, write_idx
from numink.data import download, mnist
from numink.data.digits import Digits, Part
from numink.data.mnist import find_mnist
from numink.data.sources import anchored, is_strokes, load, names_of, read
from numink.errors import DataError, DownloadError


@pytest.fixture
def places(tmp_path, monkeypatch):
    """$NUMINK_DATA, the cache and the network are the test's own; a small MNIST counts as MNIST."""
    monkeypatch.setenv("NUMINK_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(mnist, "_HOLDS", {(what, n) for what in ("images", "labels") for n in (TRAIN, TEST)})
    fetched = []

    def fetch(folder, progress, timeout_seconds, attempts):
        fetched.append(folder)
        write_idx(folder)

    monkeypatch.setattr(download, "fetch_mnist", fetch)
    return fetched


def equal(part, other):
    return np.array_equal(part.images, other.images) and np.array_equal(part.labels, other.labels)


@pytest.mark.parametrize("place", ["data/mnist", "data", "cache/numink/mnist"])
def test_mnist_is_found_where_it_is_at_hand(tmp_path, places, place):
    write_idx(tmp_path / place)
    named, chosen = read("mnist"), read("auto")

    assert (named.name, chosen.name) == ("mnist", "mnist")
    assert (len(named.train), len(named.test)) == (TRAIN, TEST)
    assert named.fingerprint == chosen.fingerprint
    assert (named.reason, chosen.reason) == ("", f"it is at hand in {tmp_path / place}")
    assert not places


def test_the_users_own_place_comes_first(tmp_path, places):
    for place in ("data", "cache/numink/mnist", "data/mnist"):
        write_idx(tmp_path / place)
    assert find_mnist() == tmp_path / "data" / "mnist"


@pytest.mark.parametrize("source", ["mnist", "auto"])
def test_mnist_is_fetched_into_the_cache(tmp_path, places, monkeypatch, source):
    monkeypatch.delenv("NUMINK_DATA")
    assert len(read(source).test) == TEST
    assert places == [tmp_path / "cache" / "numink" / "mnist"]
    assert read(source).name == "mnist"
    assert len(places) == 1


def test_a_place_that_may_not_be_read_is_named(tmp_path, places, monkeypatch):
    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "data").mkdir()
    monkeypatch.setattr(Path, "iterdir", forbidden)
    with pytest.raises(DataError, match=r"cannot read mnist: .*Permission denied: '.*data'; name a folder"):
        read("mnist")


def test_an_unfinished_download_is_not_at_hand(tmp_path, places):
    folder = tmp_path / "cache" / "numink" / "mnist"
    write_idx(folder)
    (folder / "train-images-idx3-ubyte.gz").rename(folder / "train-images-idx3-ubyte.gz.part")
    assert find_mnist() is None


@pytest.mark.parametrize("name", ["mnist", "auto", "strokes", "strokes 9"])
def test_a_path_is_a_path_also_where_it_is_called_like_a_data_set(tmp_path, no_mnist, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    images, labels = images_and_labels(9, 0)
    write_csv(tmp_path / name, images, labels)
    for source in (Path(name), f"./{name}"):
        digits = read(source)
        assert equal(digits.train, Part(images, labels))
        assert digits.name == f".{os.sep}{name}"
        assert anchored(digits) == [str(tmp_path / name)]
    assert names_of(Path("few")) == ["few"]


def test_a_name_stays_a_name_where_a_folder_is_called_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mnist", "strokes"):
        (tmp_path / name).mkdir()
        assert anchored(Digits(name, EMPTY, EMPTY)) == [name]


def test_a_source_that_is_named_is_never_replaced(no_mnist):
    with pytest.raises(DownloadError) as caught:
        read("mnist")
    text = str(caught.value)
    assert text.startswith("MNIST cannot be fetched (mirror.test: no answer); put MNIST's four files")
    assert all(word in text for word in ("$NUMINK_DATA/mnist or ", "cache/numink/mnist", "--data: strokes"))
    assert "\n" not in text


def test_auto_is_strokes_where_mnist_cannot_be_had(no_mnist, tmp_path, quick_strokes):
    digits = load("auto", validation=100)

    assert digits.name == "strokes"
    assert digits.fingerprint == load("strokes", validation=100).fingerprint
    place = tmp_path / "cache" / "numink" / "mnist"
    assert digits.reason == f"MNIST cannot be fetched (mirror.test: no answer), and MNIST is not at hand in {place}"


def test_auto_waits_less_for_a_network_than_who_named_mnist(no_mnist, quick_strokes):
    read("auto")
    with pytest.raises(DownloadError):
        read("mnist")

    assert no_mnist == [2.5, 15.0]


def test_a_variable_that_leads_to_no_mnist_is_named(no_mnist, tmp_path, monkeypatch, quick_strokes):
    write_idx(tmp_path / "mine")
    monkeypatch.setenv("NUMINK_DATA", str(tmp_path / "mine"))
    digits = read("auto")

    assert digits.name == "strokes"
    assert f"MNIST is not at hand in $NUMINK_DATA ({tmp_path / 'mine'}) or {tmp_path / 'cache'}" in digits.reason


def test_a_cache_that_cannot_be_written_is_a_reason_too(monkeypatch, tmp_path, quick_strokes):
    (tmp_path / "file").write_text("precious")
    monkeypatch.delenv("NUMINK_DATA", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "file" / name)
    digits = read("auto")

    assert digits.name == "strokes"
    place = tmp_path / "file" / "numink" / "mnist"
    assert digits.reason.startswith(f"MNIST cannot be fetched into {place} (not a directory), and")


def test_a_folder_that_may_not_be_looked_into_is_a_reason_too(no_mnist, monkeypatch, quick_strokes):
    def forbidden():
        raise PermissionError(13, "Permission denied", "/secret")

    monkeypatch.setattr(mnist, "find_mnist", forbidden)
    digits = read("auto")

    assert digits.name == "strokes"
    assert "Permission denied: '/secret'" in digits.reason


EMPTY = Part(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))


@pytest.mark.parametrize("keep", [5, 5000], ids=["half a header", "half the pixels"])
def test_damaged_data_of_the_users_are_an_error_and_no_reason(places, tmp_path, quick_strokes, keep):
    file = write_idx(tmp_path / "data") / "train-images-idx3-ubyte.gz"
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes())[:keep]))
    with pytest.raises(DataError, match="train-images") as caught:
        read("auto")

    assert not isinstance(caught.value, DownloadError)
    assert not places


DAMAGES = {
    "half a header": lambda content: gzip.compress(gzip.decompress(content)[:5]),
    "half the pixels": lambda content: gzip.compress(gzip.decompress(content)[:5000]),
    "half a download": lambda content: content[:5000],
    "a flipped bit": lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
    "a page of a hotel's": lambda content: b"<html>Welcome!</html>",
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("source", ["mnist", "auto"])
def test_what_is_damaged_in_the_cache_is_fetched_anew(places, tmp_path, monkeypatch, source, damage):
    monkeypatch.delenv("NUMINK_DATA")
    file = write_idx(tmp_path / "cache" / "numink" / "mnist") / "train-images-idx3-ubyte.gz"
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    digits = read(source)

    assert places == [file.parent]
    assert digits.fingerprint == read(write_idx(tmp_path / "whole")).fingerprint


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_in_the_cache_and_cannot_be_fetched_is_not_at_hand(no_mnist, tmp_path, quick_strokes, damage):
    file = write_idx(tmp_path / "cache" / "numink" / "mnist") / "train-images-idx3-ubyte.gz"
    file.write_bytes(DAMAGES[damage](file.read_bytes()))

    assert read("auto").name == "strokes"
    with pytest.raises(DownloadError, match="MNIST cannot be fetched"):
        read("mnist")


def test_what_is_damaged_beside_what_was_fetched_is_named(places, tmp_path, monkeypatch, quick_strokes):
    monkeypatch.delenv("NUMINK_DATA")
    file = write_idx(tmp_path / "cache" / "numink" / "mnist") / "train-images-idx3-ubyte"
    file.write_bytes(b"\0\0\x08\x03\0")

    with pytest.raises(DownloadError, match=r"but beside it .*train-images-idx3-ubyte is cut off"):
        read("mnist")
    assert read("auto").name == "strokes"


def test_ctrl_c_while_mnist_is_fetched_ends_it_all(no_mnist, monkeypatch, quick_strokes):
    def fetch(*place, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "fetch_mnist", fetch)
    with pytest.raises(KeyboardInterrupt):
        read("auto")


def test_strokes_by_number(quick_strokes):
    seen = []
    few, many = read("strokes 70", progress=lambda *call: seen.append(call)), read("strokes")

    assert (few.name, len(few.train), len(few.test)) == ("strokes 70", 70, TEST)
    assert (many.name, len(many.train), len(many.test)) == ("strokes", TRAIN, TEST)
    assert read("strokes  0070 ").name == "strokes 70"
    assert read(" strokes").name == "strokes"
    assert seen[-1][1:] == (70, 70)
    assert len(few.validation) == 0


@pytest.mark.parametrize("number", ["0", "-5", "2000001", "many", "1e3", "6.0", "5 6", "9" * 5000])
def test_strokes_by_a_number_that_cannot_be(quick_strokes, number):
    with pytest.raises(DataError, match=r"strokes takes the number of images to train on, 1 to 2,000,000, as in strok"):
        read(f"strokes {number}")


def test_what_is_called_strokes():
    assert all(map(is_strokes, ["strokes", "strokes 5", "strokes x", " strokes", "strokes 5 6"]))
    assert not any(map(is_strokes, ["./strokes", "", "Strokes", "strokes5", "my strokes"]))


@pytest.mark.parametrize(
    ("name", "near"), [("stroke", "strokes"), ("STROKES", "strokes"), ("Mnist ", "mnist"), ("aut", "auto")]
)
def test_a_name_that_is_none_brings_the_nearest(tmp_path, monkeypatch, name, near):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=rf'is no file or folder \(did you mean "{near}"\?\): expected mnist, strokes'):
        read(name)


@pytest.mark.parametrize("path", ["digits.csv", "data/mnist", "mnist/train.csv"])
def test_a_path_that_leads_nowhere_brings_no_guess(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=rf"^{path} is no file or folder: expected mnist"):
        read(path)


@pytest.mark.parametrize(
    ("source", "came"),
    [
        (5, "int"),
        (None, "NoneType"),
        (["mnist", 5], "int"),
        (b"mnist", "bytes"),
        (np.zeros(3), "ndarray"),
        ({"mnist"}, "set"),
        ([["mnist"]], "list"),
    ],
)
def test_what_can_be_no_source_is_one_line(source, came):
    with pytest.raises(DataError, match=rf"expected a source \(a name, a path or a list of these\), came {came};"):
        load(source)
    if source is not None:
        with pytest.raises(DataError, match=r"make numink\.Digits of arrays, each part by numink\.Part\.of"):
            numink.train(source)


@pytest.mark.parametrize("source", ["", " ", ["strokes 500", ""], [" ", "mnist"]])
def test_a_name_that_is_empty_is_not_the_folder_that_one_is_in(few_digits, monkeypatch, source):
    monkeypatch.chdir(few_digits)
    with pytest.raises(DataError, match="the name of a source is empty: expected mnist, strokes, auto, or a path"):
        read(source)


@pytest.fixture
def mix(few_digits, quick_strokes):
    return read([few_digits, "strokes 40"])


def test_a_mix_is_tested_on_its_first_source_alone(few_digits, mix):
    first, second = read(few_digits), read("strokes 40")

    assert mix.name == f"{few_digits} + strokes 40"
    assert mix.sources == {str(few_digits): TRAIN, "strokes 40": 40}
    assert equal(mix.test, first.test)
    assert np.array_equal(mix.train.images, np.concatenate([first.train.images, second.train.images]))
    assert np.array_equal(mix.train.labels, np.concatenate([first.train.labels, second.train.labels]))
    assert anchored(mix) == [str(few_digits), "strokes 40"]


@pytest.mark.parametrize("stratify", [False, True])
def test_only_the_first_source_of_a_mix_is_set_aside(few_digits, mix, stratify):
    alone, split = read(few_digits).split(100, 3, stratify), mix.split(100, 3, stratify)

    assert equal(split.validation, alone.validation)
    assert np.array_equal(split.train.images[: TRAIN - 100], alone.train.images)
    assert np.array_equal(split.train.images[TRAIN - 100 :], mix.train.images[TRAIN:])
    assert np.array_equal(split.train.labels[TRAIN - 100 :], mix.train.labels[TRAIN:])
    assert split.sources == {str(few_digits): TRAIN - 100, "strokes 40": 40}
    assert split.fingerprint != alone.fingerprint


def test_a_mix_has_so_many_validation_images_as_its_first_source(mix):
    assert len(mix.split(TRAIN - 1, 0).train) == 1 + 40
    with pytest.raises(DataError, match=f"few has {TRAIN} to train on: choose from 0 to {TRAIN - 1}"):
        mix.split(TRAIN, 0)


def test_one_source_in_a_list_is_that_source(few_digits):
    digits = read([few_digits])

    assert (digits.name, digits.mixed) == (str(few_digits), {})
    assert digits.sources == {str(few_digits): TRAIN}


def test_a_mix_counts_the_gaps_of_all(tmp_path):
    for seed, name in enumerate(("a.csv", "b.csv")):
        path = write_csv(tmp_path / name, *images_and_labels(20, seed))
        lines = path.read_text().splitlines()
        lines[1] = lines[1].rsplit(",", 1)[0] + ","
        path.write_text("\n".join(lines))

    assert read([tmp_path / "a.csv", tmp_path / "b.csv"], missing="zero").missing == 2


@pytest.mark.parametrize("names", [["strokes", "strokes 40"], ["strokes 40", "strokes 40"], ["mnist", "mnist"]])
def test_a_source_that_stands_twice_is_refused(places, tmp_path, quick_strokes, names):
    """It would be set aside, and be learned from all the same."""
    with pytest.raises(DataError, match=rf"{' . '.join(names)} has images twice.*: name each source once"):
        read(names)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_mix_does_not_learn_from_images_that_it_is_judged_by(tmp_path, few_digits, part):
    judged_by = getattr(read(few_digits), part)
    images, labels = images_and_labels(30, 9)
    other = write_csv(
        tmp_path / "train.csv", np.concatenate([judged_by.images[-20:], images]), labels[np.arange(50) % 30]
    )

    with pytest.raises(DataError, match=r"20 of the 50 training images of .*train\.csv are in .*few too, by which the"):
        read([few_digits, other])


def test_a_mix_does_not_learn_from_its_own_images_by_another_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images, labels = images_and_labels(30, 9)
    np.savez("mine.npz", images=images, labels=labels)

    with pytest.raises(DataError, match=r"30 of the 30 training images of mine\.npz are in \./mine\.npz too, by which"):
        read(["./mine.npz", "mine.npz"])


def test_a_mix_may_learn_twice_from_what_it_is_not_judged_by(tmp_path, few_digits):
    paths_ = [write_csv(tmp_path / name, *images_and_labels(20, 9)) for name in ("a.csv", "b.csv")]

    assert len(read([few_digits, *paths_]).train) == TRAIN + 40


def test_what_has_no_labels_cannot_be_mixed(tmp_path, quick_strokes):
    bare = write_csv(tmp_path / "bare.csv", images_and_labels(20, 1)[0])
    for names in ([bare, "strokes 40"], ["strokes 40", bare]):
        with pytest.raises(DataError, match=r"bare\.csv has no labels: in a mix every source needs them"):
            read(names)


def test_no_source_at_all():
    with pytest.raises(DataError, match="the list of sources is empty: expected mnist, strokes, auto, or a path"):
        read([])


def test_a_mix_with_auto_is_of_mnist(places, tmp_path, quick_strokes):
    write_idx(tmp_path / "data")
    digits = read(["auto", "strokes 40"])

    assert digits.sources == {"mnist": TRAIN, "strokes 40": 40}
    assert digits.reason.startswith("it is at hand")


def test_a_mix_with_auto_is_of_strokes_once_where_there_is_no_mnist(no_mnist, few_digits, quick_strokes):
    assert read(["auto", "strokes 40"]).sources == {"strokes 40": 40}
    assert read(["strokes 40", "auto"]).sources == {"strokes 40": 40}
    assert read(["auto", few_digits]).sources == {"strokes": TRAIN, str(few_digits): TRAIN}
    assert read(["auto", few_digits, "strokes 40"]).sources == {"strokes 40": 40, str(few_digits): TRAIN}
    assert read(["auto", "strokes 40"]).reason.startswith("MNIST cannot be fetched")


def test_a_mix_that_images_were_taken_from_counts_as_one_source(few_digits, mix):
    for whole in (mix, mix.split(100, 0)):
        few = replace(whole, train=Part(whole.train.images[:30], whole.train.labels[:30]))

        assert few.sources == {f"{few_digits} + strokes 40": 30}
        assert few.main_source == str(few_digits)
        assert anchored(few) == [str(few_digits), "strokes 40"]
    few = replace(mix, train=Part(mix.train.images[:30], mix.train.labels[:30]))
    with pytest.raises(DataError, match=r"images of .* were taken out: split the mix as it was read"):
        few.split(10, 0)


def test_digits_of_ones_own_have_one_source():
    digits = Digits("mine", EMPTY, EMPTY)

    assert digits.sources == {"mine": 0}
    assert anchored(digits) == ["mine"]


def test_load_takes_a_list(few_digits, quick_strokes):
    digits = numink.load([few_digits, "strokes 40"], validation=100, seed=3)

    assert (len(digits.train), len(digits.validation), digits.split_seed) == (TRAIN - 100 + 40, 100, 3)


def test_for_testing_no_strokes_are_drawn_to_train_on(quick_strokes):
    for_testing = read("strokes 300", testing=True)

    assert for_testing.name == "strokes 300"
    assert len(for_testing.train) == 0
    assert equal(for_testing.test, read("strokes 300").test)


def test_for_testing_a_mix_is_its_first_source_where_that_has_a_test_part(tmp_path, quick_strokes):
    write_idx(tmp_path / "idx")
    write_csv(tmp_path / "train.csv", *images_and_labels(TRAIN, 1))

    assert read([tmp_path / "idx", "strokes 300"], testing=True).name == str(tmp_path / "idx")
    # without one, what was set aside of the whole is to be found again, so all of it is needed
    assert len(read([tmp_path / "train.csv", "strokes 300"], testing=True).train) == TRAIN + 300


def test_auto_beside_what_it_comes_to_is_the_same_images_twice(tmp_path, places, quick_strokes):
    write_idx(tmp_path / "data")

    with pytest.raises(DataError, match=r"mnist \+ mnist has images twice"):
        read(["mnist", "auto"])
