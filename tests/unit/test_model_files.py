"""Files that are no models, or no longer, or made to harm: each gets one ModelError of one line, and no memory."""

import json
import pickle
import struct
import tracemalloc

import numpy as np
import pytest
from safetensors.numpy import save

from numink import tensors
from numink.errors import ModelError
from numink.model import Model, initial_weights, network_of
from numink.model_file import load_model
from numink.nn.layers import Pixels
from numink.recipe import Recipe

RECIPE = Recipe("small").with_settings(["network.layers=['dense 3', 'relu', 'dense 10']"])


@pytest.fixture
def file(tmp_path):
    """A good model's file."""
    size = network_of(RECIPE, Pixels()).layout.size
    Model(RECIPE, Pixels(), np.linspace(-1, 1, size, dtype=np.float32)).save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def refused(path):
    """What is said of the file, in one line, with next to no memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelError) as error:
            load_model(path)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    text = str(error.value)
    assert len(text.splitlines()) == 1
    assert len(text) < 500
    return text


def rewrite(file, facts=None, arrays=None, header=None):
    """The file again with other facts (a function of the old ones), arrays, or what its header says of an array.

    Its checksum is right: this is what somebody does who means it.
    """
    contents = file.read_bytes()
    (length,) = struct.unpack("<Q", contents[:8])
    head, data = json.loads(contents[8 : 8 + length]), contents[8 + length :]
    told = json.loads(head["__metadata__"]["numink"])
    found = {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in head.items()
        if name != "__metadata__"
    }
    tensors.write(file, found | (arrays or {}), facts(told) if facts else told)
    if header:
        contents = file.read_bytes()
        (length,) = struct.unpack("<Q", contents[:8])
        head = json.loads(contents[8 : 8 + length])
        head["2.W"] |= header
        text = json.dumps(head).encode()
        file.write_bytes(struct.pack("<Q", len(text)) + text + contents[8 + length :])


def test_the_file_is_good(file):
    assert load_model(file).theta.size == 784 * 3 + 3 + 3 * 10 + 10
    rewrite(file)
    assert load_model(file).facts["format"] == 2


def test_cut_off_anywhere(file):
    contents = file.read_bytes()
    for length in [*range(0, 1200, 37), *range(1200, len(contents), 501), len(contents) - 1]:
        file.write_bytes(contents[:length])
        assert "is damaged or no model" in refused(file)


def test_longer_than_it_says(file):
    file.write_bytes(file.read_bytes() + b"more")

    assert "is damaged or no model" in refused(file)


def test_any_bit_flipped(file):
    """In the header or in the weights, where it changes a number by a hair: nothing passes."""
    contents = file.read_bytes()
    rng = np.random.default_rng(0)
    for place in [*range(8), *rng.integers(8, len(contents), 150)]:
        spoiled = bytearray(contents)
        spoiled[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(spoiled)
        assert "model" in refused(file)


FOREIGN = {
    "empty": b"",
    "text": b"hello",
    "a pickle": pickle.dumps({"a": np.zeros(3)}),
    "a zip": b"PK\x03\x04" + bytes(100),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "zeros": bytes(1000),
    "safetensors of somebody else": save({"weight": np.zeros(3, np.float32)}, metadata={"format": "pt"}),
    "safetensors without metadata": save({"weight": np.zeros(3, np.float32)}),
    "safetensors with metadata that are no JSON": save({}, metadata={"numink": "{"}),
    "brackets without end": save({}, metadata={"numink": "[" * 100_000}),
    "a number without end": save({}, metadata={"numink": '{"format": ' + "9" * 10_000 + "}"}),
    "a list": save({}, metadata={"numink": "[1, 2]"}),
    "a header of 2 to the power of 60": struct.pack("<Q", 2**60) + b"{}",
    "a header that is no JSON": struct.pack("<Q", 4) + b"{{{{",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files(tmp_path, kind):
    (tmp_path / "model").write_bytes(FOREIGN[kind])

    assert str(tmp_path / "model") in refused(tmp_path / "model")


def test_an_npz(tmp_path):
    np.savez(tmp_path / "weights.npz", W=np.zeros((784, 10)))

    assert "is damaged or no model" in refused(tmp_path / "weights.npz")


def test_no_file_and_no_folder(tmp_path):
    assert f"there is no file or folder {tmp_path / 'none'}, and no model of that name; " in refused(tmp_path / "none")
    assert "expected the file model.safetensors of a finished run" in refused(tmp_path)
    (tmp_path / "model.safetensors").mkdir()
    assert "there is no file" in refused(tmp_path)
    assert "there is no file /dev/zero; expected a model" in refused("/dev/zero")


def test_a_newer_format_says_so(file):
    rewrite(file, lambda facts: facts | {"format": 3, "version": "3.1.0", "recipe": "in another form"})

    assert "was made by numink 3.1.0, this is" in refused(file)
    assert refused(file).endswith("upgrade numink")


@pytest.mark.parametrize(
    "change",
    [
        {"format": "1"}, {"format": 1.0}, {"format": None}, {"format": True}, {"version": 3}, {"name": ["x"]},
        {"recipe": None}, {"recipe": []}, {"pixels": {}}, {"pixels": 3}, {"pixels": {"factor": "1", "shift": 0}},
        {"pixels": {"factor": 10**400, "shift": 0}}, {"pixels": {"factor": float("nan"), "shift": 0}},
        {"pixels": {"factor": 1, "shift": float("inf")}}, {"pixels": {"factor": 0, "shift": 0}},
        {"seed": "0"}, {"data": "mnist"}, {"scores": [1]}, {"training": 3},
        {"card": "best"}, {"members": []}, {"members": {}}, {"members": None}, {"members": 2},
    ],
    ids=str,
)  # fmt: skip
def test_facts_of_a_wrong_type(file, change):
    rewrite(file, lambda facts: facts | change)

    assert "what it says of itself is missing or wrong" in refused(file)


@pytest.mark.parametrize("missing", ["format", "version", "name", "recipe", "pixels"])
def test_facts_that_are_missing(file, missing):
    rewrite(file, lambda facts: {key: value for key, value in facts.items() if key != missing})

    assert "what it says of itself is missing or wrong" in refused(file)


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ({"network": {"layers": ["dense 5"]}}, "the last layer must give 10 numbers"),
        ({"network": {"layers": ["attention 8", "dense 10"]}}, "there is no such layer"),
        ({"network": {"layers": ["dense 100000"] * 50 + ["dense 10"]}}, "at most 100,000,000 are taken"),
        ({"network": {"layers": "dense 10"}}, "should be a list of words"),
        ({"network": {"layers": ["dense 10\nnumink: fine"]}}, "layer 1"),
        ({"network": {"dtype": "float16"}}, "network.dtype should be one of"),
        ({"network": {"a\nb": 1}}, "there is no key"),
        ({"train": {"learning_rate": -1}}, "train.learning_rate should be"),
        ({"web": {}}, 'there is no table "web"'),
    ],
)
def test_a_recipe_that_is_none(file, recipe, says):
    rewrite(file, lambda facts: facts | {"recipe": recipe})

    assert says in refused(file)
    assert "its recipe is not one of this numink's" in refused(file)


def test_arrays_that_are_not_those_of_the_recipe(file):
    good = file.read_bytes()
    rewrite(file, arrays={"9.W": np.zeros(3, np.float32)})
    assert "its arrays are not those of its network" in refused(file)
    for array in (np.zeros((3, 784), np.float32), np.zeros((784, 3)), np.zeros((784, 3), np.int32)):
        file.write_bytes(good)
        rewrite(file, arrays={"2.W": array})
        assert "2.W should be (784, 3) of float32" in refused(file)


def test_variances_below_zero(tmp_path):
    plan = Recipe().with_settings(['network.layers=["conv 2 9x9", "norm", "global-pool", "dense 10"]'])
    model = Model(plan, Pixels(), initial_weights(plan, Pixels(), 0))
    model.arrays()["3.variance"][1] = -1e-9
    model.save(tmp_path / "model.safetensors")

    assert "3.variance holds variances below 0" in refused(tmp_path / "model.safetensors")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(file, number):
    weights = np.zeros((784, 3), np.float32)
    weights[5, 1] = number
    rewrite(file, arrays={"2.W": weights})

    assert "2.W holds numbers that are not finite" in refused(file)


@pytest.mark.parametrize(
    "header",
    [
        {"shape": [784, 300_000_000]},
        {"shape": [2**62, 2**62]},
        {"data_offsets": [0, 2**50]},
        {"data_offsets": [100, 0]},
        {"shape": [784, -3]},
        {"dtype": "F4096"},
    ],
    ids=str,
)
def test_a_header_that_claims_more_than_there_is(file, header):
    rewrite(file, header=header)

    assert "is damaged or no model" in refused(file)


def test_arrays_of_many_gigabytes_that_agree_with_the_recipe(file):
    """A small file whose recipe and header both ask for 80,000,000 numbers that it does not hold."""
    rewrite(
        file,
        lambda facts: facts | {"recipe": {"network": {"layers": ["dense 90000", "relu", "dense 10"]}}},
        header={"shape": [784, 90000], "data_offsets": [0, 4 * 784 * 90000]},
    )

    assert "is damaged or no model" in refused(file)


def test_a_file_of_the_first_format_is_still_read(file):
    """It had no table [use]."""
    rewrite(
        file,
        lambda facts: facts | {"format": 1, "recipe": {k: v for k, v in facts["recipe"].items() if k != "use"}},
    )

    assert load_model(file).recipe == RECIPE


@pytest.mark.parametrize("name", ["x" * 300, "", "nul\0", "~"])
def test_names_that_no_file_can_have(name):
    assert refused(name)
