"""Whatever a file says of itself, a model comes out of it or one line."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numink import tensors
from numink.errors import ModelError
from numink.model import Model, network_of
from numink.model_file import load_model
from numink.nn.layers import Pixels
from numink.recipe import Recipe

RECIPE = Recipe("small").with_settings(["network.layers=['dense 10']"])
THETA = np.zeros(network_of(RECIPE, Pixels()).layout.size, np.float32)
ARRAYS = {"2.W": np.zeros((784, 10), np.float32), "2.b": np.zeros(10, np.float32)}
IMAGES = np.full((2, 28, 28), 255, np.uint8)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    Model(RECIPE, Pixels(), THETA, {"seed": 3, "data": {"name": "few"}, "scores": {}}).save(path)
    return path


@pytest.fixture(scope="module")
def facts(file):
    contents = file.read_bytes()
    (length,) = struct.unpack("<Q", contents[:8])
    return json.loads(json.loads(contents[8 : 8 + length])["__metadata__"]["numink"])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """The way to each value within a JSON value, itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from places(below, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    other = value.copy()
    other[path[0]] = replaced(value[path[0]], path[1:], new)
    return other


def loads_or_says_why(path):
    """Whether a model came out that works, or at least says that it does not."""
    text = ""
    try:
        load_model(path).predict(IMAGES)
    except ModelError as error:
        text = str(error)
    assert len(text.splitlines()) <= 1
    return not text


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_fact_replaced_by_anything(file, facts, data):
    path = data.draw(st.sampled_from(list(places(facts))))
    tensors.write(file, ARRAYS, replaced(facts, path, data.draw(anything)))

    loads_or_says_why(file)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_fact_of_an_ensemble_replaced_by_anything(file, facts, data):
    whole = {key: facts[key] for key in ("format", "version", "name", "data")} | {"members": [facts, facts]}
    path = data.draw(st.sampled_from(list(places(whole))))
    arrays = {f"{number}/{name}": array for number in range(2) for name, array in ARRAYS.items()}
    tensors.write(file.with_name("ensemble"), arrays, replaced(whole, path, data.draw(anything)))

    loads_or_says_why(file.with_name("ensemble"))


@settings(deadline=None, max_examples=100)
@given(contents=st.binary(max_size=300))
def test_any_bytes(file, contents):
    file.with_name("bytes").write_bytes(contents)

    assert not loads_or_says_why(file.with_name("bytes"))


@settings(deadline=None, max_examples=100)
@given(header=st.recursive(anything, lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3)))
def test_any_header(file, header):
    text = json.dumps(header).encode()
    file.with_name("header").write_bytes(struct.pack("<Q", len(text)) + text + bytes(40))

    assert not loads_or_says_why(file.with_name("header"))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_byte_replaced_is_noticed(file, facts, data):
    tensors.write(file, ARRAYS, facts)
    contents = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(contents) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != contents[place]))
    contents[place] = byte
    file.with_name("spoiled").write_bytes(contents)

    assert not loads_or_says_why(file.with_name("spoiled"))
