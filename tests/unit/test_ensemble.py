"""Several models asked together: the mean of their probabilities, one file, and files that are none."""

import copy
import json
import pickle
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import numink
from fake_digits import images_and_labels
from numink import tensors
from numink.data.digits import Part
from numink.ensemble import MOST_MEMBERS, Ensemble
from numink.errors import ModelError
from numink.model import Model, initial_weights
from numink.model_file import load_model, load_one
from numink.nn.build import build
from numink.nn.layers import Pixels
from numink.recipe import Recipe

IMAGES, LABELS = images_and_labels(30, seed=5)


def member(*settings, seed=0, pixels=None, facts=None):
    recipe = Recipe(f"m{seed}").with_settings(["network.layers=['dense 6', 'tanh', 'dense 10']", *settings])
    pixels = pixels or Pixels()
    return Model(recipe, pixels, initial_weights(recipe, pixels, seed), facts)


def different():
    """Members that have next to nothing in common."""
    return [
        member(seed=1, facts={"seed": 1, "data": {"name": "mnist"}}),
        member("network.layers=['dense 10']", seed=2, pixels=Pixels(1 / 81, -0.4), facts={"data": {"name": "strokes"}}),
        member("use.shifts=1", "network.dtype=float64", seed=3, facts={"data": {"name": "mnist"}}),
    ]


@pytest.fixture
def file(tmp_path):
    """A good ensemble's file."""
    Ensemble(different(), {"scores": {"mnist": {"errors": 7}}}).save(tmp_path / "deep" / "e.safetensors")
    return tmp_path / "deep" / "e.safetensors"


def test_its_probabilities_are_the_mean_of_its_members():
    members = different()
    P = np.mean([one.probabilities(IMAGES) for one in members], axis=0)
    ensemble = numink.Ensemble(members)

    np.testing.assert_allclose(ensemble.probabilities(IMAGES), P, atol=1e-7)
    np.testing.assert_allclose(ensemble.probabilities(IMAGES).sum(axis=1), 1, rtol=1e-6)
    assert (ensemble.predict(IMAGES.reshape(-1, 784)) == P.argmax(axis=1)).all()
    assert ensemble.test(Part(IMAGES, LABELS)).errors == (P.argmax(axis=1) != LABELS).sum()
    assert ensemble.probabilities(IMAGES[:0]).shape == (0, 10)


def test_each_network_has_one_voice_however_they_were_put_together():
    first, second, third = different()
    nested = Ensemble([Ensemble([first, second]), third])

    assert nested.members == (first, second, third)
    assert (nested.probabilities(IMAGES) == Ensemble([first, second, third]).probabilities(IMAGES)).all()


def test_what_it_says_of_itself():
    ensemble = Ensemble(different(), {"scores": {}})

    assert repr(ensemble) == f"Ensemble(3 models, {2 * (784 * 6 + 6 + 70) + 7850:,} parameters)"
    assert ensemble.facts == {"data": {"name": "mnist, strokes"}, "scores": {}}
    assert ensemble.recipe.name == "m1"
    assert Ensemble([member(), member()]).facts == {}


@pytest.mark.parametrize("count", [0, 1, MOST_MEMBERS + 1])
def test_too_few_and_too_many(count):
    with pytest.raises(ModelError, match=f"^an ensemble takes from 2 to 100 models, but {count} came$"):
        Ensemble([member()] * count)


@pytest.mark.parametrize("other", [{"in_shape": (20, 20)}, {"classes": 3}])
def test_members_for_other_images_or_other_classes(other):
    odd = member(seed=9)
    odd.network = build([f"dense {other.get('classes', 10)}"], **other)
    with pytest.raises(ModelError, match=r"take the same images .* but \(\(28, 28\), 10\) and \(\(2"):
        Ensemble([member(), member(), odd])


@pytest.mark.parametrize("images", [IMAGES / 255, IMAGES[:, :20], None])
def test_it_takes_the_images_that_a_model_takes(images):
    with pytest.raises(ModelError) as expected:
        member().predict(images)
    with pytest.raises(ModelError) as error:
        Ensemble(different()).predict(images)
    assert str(error.value) == str(expected.value)


def test_members_of_the_same_network_work_in_the_same_memory():
    """Each from its own weights all the same, and with another thread beside it."""
    members = [member(seed=seed) for seed in range(6)]
    alone = [one.probabilities(IMAGES) for one in members]
    ensemble = Ensemble([*members, *different()])
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(one.probabilities, IMAGES) for one in members * 5]

    assert len({id(one._own) for one in ensemble.members}) == 3
    for answer, expected in zip(answers, alone * 5, strict=True):
        assert (answer.result() == expected).all()


@pytest.mark.parametrize("again", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copies_answer_the_same(again):
    ensemble = Ensemble(different())

    assert (again(ensemble).probabilities(IMAGES) == ensemble.probabilities(IMAGES)).all()


def test_saved_and_loaded_it_is_the_same(file, tmp_path):
    ensemble, loaded = Ensemble(different()), load_model(file)

    assert isinstance(loaded, Ensemble)
    assert (loaded.probabilities(IMAGES) == ensemble.probabilities(IMAGES)).all()
    assert loaded.facts["scores"] == {"mnist": {"errors": 7}}
    assert loaded.facts["data"] == {"name": "mnist, strokes"}
    for mine, its in zip(loaded.members, different(), strict=True):
        assert (mine.recipe, mine.pixels, mine.theta.dtype) == (its.recipe, its.pixels, its.theta.dtype)
        assert mine.theta.tobytes() == its.theta.tobytes()
        assert mine.facts.get("data") == its.facts["data"]
    loaded.save(tmp_path / "again")
    assert load_model(tmp_path / "again").facts == loaded.facts


def test_a_member_can_be_taken_out_and_saved_alone(file, tmp_path):
    load_model(file).members[1].save(tmp_path / "one")

    assert load_one(tmp_path / "one").theta.tobytes() == different()[1].theta.tobytes()


def test_where_one_network_is_needed_an_ensemble_is_refused(file):
    with pytest.raises(ModelError, match=r"is an ensemble, but one network was expected; .* one of its 3 members"):
        load_one(file)


def refused(path):
    with pytest.raises(ModelError) as error:
        load_model(path)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def rewrite(file, change):
    """The file again with other facts and arrays, its checksum right; `change` is handed both, by name."""
    contents = file.read_bytes()
    (length,) = struct.unpack("<Q", contents[:8])
    head, data = json.loads(contents[8 : 8 + length]), contents[8 + length :]
    facts = json.loads(head.pop("__metadata__")["numink"])
    arrays = {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], {"F32": "f4", "F64": "f8"}[entry["dtype"]])
        for name, entry in head.items()
    }
    arrays = {name: array.reshape(head[name]["shape"]) for name, array in arrays.items()}
    change(facts, arrays)
    tensors.write(file, arrays, facts)


def test_cut_off_anywhere(file):
    contents = file.read_bytes()
    for length in [*range(0, len(contents), 3001), len(contents) - 1]:
        file.write_bytes(contents[:length])
        assert "is damaged or no model" in refused(file)


WRONG = "what it says of itself is missing or wrong"
ARRAYS = "its arrays are not those of its network"
BROKEN = {
    "no member": (lambda facts, arrays: facts.update(members=[]), WRONG),
    "one member": (lambda facts, arrays: facts.update(members=facts["members"][:1]), WRONG),
    "a member less": (lambda facts, arrays: facts.update(members=facts["members"][:2]), ARRAYS),
    "a member more": (lambda facts, arrays: facts.update(members=[*facts["members"], facts["members"][0]]), ARRAYS),
    "too many members": (lambda facts, arrays: facts.update(members=facts["members"][:1] * 101), WRONG),
    "members by name": (lambda facts, arrays: facts.update(members=dict.fromkeys("ab", facts["members"][0])), WRONG),
    "a member that is a text": (lambda facts, arrays: facts["members"].__setitem__(1, "m1"), WRONG),
    "a member without a recipe": (lambda facts, arrays: facts["members"][2].pop("recipe"), WRONG),
    "an ensemble as a member": (lambda facts, arrays: facts["members"].__setitem__(0, copy.deepcopy(facts)), WRONG),
    "members that are no longer named": (lambda facts, arrays: facts.pop("members"), WRONG),
    "a newer member": (
        lambda facts, arrays: facts["members"][1].update(format=9, version="7.0"),
        "was made by numink 7",
    ),
    "a wrong layer": (
        lambda facts, arrays: facts["members"][1]["recipe"]["network"].update(layers=["dense 11"]),
        "its recipe is not one of this numink's: the last layer must give 10 numbers",
    ),
    "an array of another shape": (
        lambda facts, arrays: arrays.update({"1/2.W": np.zeros((10, 784), np.float32)}),
        "1/2.W should be (784, 10) of float32, but (10, 784)",
    ),
    "an array of another type": (
        lambda facts, arrays: arrays.update({"2/2.b": np.zeros(6, np.float32)}),
        "2/2.b should be (6,) of float64, but (6,) of F32",
    ),
    "an array of nobody's": (lambda facts, arrays: arrays.update({"2.W": np.zeros(3, np.float32)}), ARRAYS),
    "a weight that is no number": (
        lambda facts, arrays: arrays.update({"1/2.b": np.full(10, np.nan, np.float32)}),
        "1/2.b holds numbers that are not finite",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_files_that_are_no_ensembles(file, how):
    change, says = BROKEN[how]
    rewrite(file, change)

    assert says in refused(file)


def test_members_that_ask_for_too_much_together(file):
    """Each of them alone would be taken."""
    large = {"network": {"layers": ["dense 60000", "relu", "dense 10"]}}
    rewrite(file, lambda facts, arrays: [one.update(recipe=large) for one in facts["members"]])

    assert "asks for 143,100,030 parameters; at most 100,000,000 are taken" in refused(file)


def test_names_are_no_models():
    with pytest.raises(ModelError, match="made of models, but 'cnn-best' came; load_model gives one"):
        Ensemble(["cnn-best", "cnn-tiny"])
