"""What is compared: the grid, names that tell, and what cannot be compared."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numink.errors import RecipeError
from numink.recipe import Recipe
from numink.schema import toml_value
from numink.understand.compare.variants import differing, variants


def names(*arguments):
    return [variant.name for variant in variants(*arguments)]


def test_one_key_gives_a_variant_for_each_value():
    found = variants(["classic-15-relu"], ["network.activation=sigmoid,tanh,relu"])

    assert [variant.name for variant in found] == ["sigmoid", "tanh", "relu"]
    assert [variant.folder for variant in found] == ["sigmoid", "tanh", "relu"]
    assert [variant.recipe.network.activation for variant in found] == ["sigmoid", "tanh", "relu"]
    assert {variant.recipe.train.iterations for variant in found} == {500}


@pytest.mark.parametrize(
    ("vary", "expected"),
    [
        (["train.learning_rate=0.1,1"], ["learning_rate 0.1", "learning_rate 1.0"]),
        (["network.activation=tanh,relu", "train.epochs=1,2"], ["tanh / 1", "tanh / 2", "relu / 1", "relu / 2"]),
        (["train.epochs=1,2", "train.shards=3,4"], [f"epochs {e} / shards {s}" for e in (1, 2) for s in (3, 4)]),
        (['train.batch_size=100,"all"'], ["batch_size 100", "batch_size all"]),
        (["train.average=0.9,0.99"], ["average 0.9", "average 0.99"]),
        (['data.augment=[],["rotate 10", "shift 2"]'], ["augment none", "rotate 10 + shift 2"]),
        (["network.init=normal 0.1, he"], ["normal 0.1", "he"]),
        (['network.layers=["dense 10"],["dense 9", "relu", "dense 10"]'], ["dense 10", "dense 9 + relu + dense 10"]),
    ],
)
def test_names_tell_what_differs(vary, expected):
    assert names(["mlp"], vary) == expected


def test_several_recipes_are_called_by_their_names():
    assert names(["small-10", "mlp"]) == ["small-10", "mlp"]
    assert names([Recipe("mine"), "mlp"], ["train.epochs=2,3"]) == [
        f"{name} / epochs {epochs}" for name in ("mine", "mlp") for epochs in (2, 3)
    ]


def test_recipes_of_one_name_are_called_by_their_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder, epochs in (("a", 2), ("b", 3)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.toml").write_text(f"[train]\nepochs = {epochs}\n")
    paths = [Path(folder, "mine.toml") for folder in "ab"]

    assert names(paths) == [*map(str, paths)]
    assert len({variant.folder for variant in variants(paths)}) == 2


def test_settings_and_source_are_for_all():
    found = variants(["mlp", "small-10"], ["train.epochs=2,3"], ["train.batch_size=50"], "digits.csv")

    assert {(variant.recipe.train.batch_size, variant.recipe.data.source) for variant in found} == {(50, "digits.csv")}


def test_names_without_room_are_letters():
    layers = [f'["dense {width}", "relu", "dropout 0.5", "dense 10"]' for width in range(5, 33)]
    found = variants(["mlp"], [f"network.layers={','.join(layers)}"])

    assert [variant.name for variant in found][::9] == ["A", "J", "S", "B1"]
    assert found[1].meaning == "dense 6 + relu + dropout 0.5 + dense 10"
    assert found[1].folder == "dense-6-relu-dropout-0.5-dense-10"


@pytest.mark.parametrize(
    "settings",
    [
        "data.source=mnist,digits.csv",
        "data.source=strokes 60000,strokes 30000",
        "data.validation=1000,5000",
        "data.stratify=true,false",
        'data.missing="error","zero"',
    ],
)
def test_what_is_judged_on_different_images_is_no_pair(settings):
    with pytest.raises(RecipeError, match="should be the same for all, because figures of different images"):
        variants(["mlp"], [settings])


def test_other_images_to_learn_from_are_compared():
    sources = 'data.source=["mnist"],["mnist", "strokes 60000"]'

    assert names(["mlp"], [sources]) == ["mnist", "mnist + strokes 60000"]
    with pytest.raises(RecipeError, match=r"data\.source should be the same"):  # the training images would judge
        variants(["mlp"], [sources], ["data.validation=0"])


def test_iterations_take_the_place_of_epochs():
    found = variants(["mlp"], ["train.iterations=5,6"])

    assert [(variant.recipe.train.epochs, variant.recipe.train.iterations) for variant in found] == [(0, 5), (0, 6)]


def test_what_differs_is_found():
    found = variants(["classic-15-relu"], ["network.activation=tanh,relu", "train.iterations=5,6"])

    assert differing(found) == {
        "network.activation": ["tanh", "tanh", "relu", "relu"],
        "train.iterations": [5, 6, 5, 6],
    }


def test_folders_differ_even_where_names_hardly_do():
    found = variants([Recipe("my digits"), Recipe("my-digits").with_settings(["train.epochs=2"])])

    assert [variant.folder for variant in found] == ["1-my-digits", "2-my-digits"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["mlp"],), "there is one recipe alone"),
        (([Recipe(), Recipe().with_settings(["train.epochs=2"])],), 'two variants would be called "recipe"'),
        ((["mlp", "mlp"],), '"mlp" and "mlp" would be the same training'),
        ((["classic-15-relu", "classic-15-tanh"], ["network.activation=elu,silu"]), "would be the same training"),
        ((["mlp"], ["network.activation=relu,relu"]), '"relu" and "relu" would be the same training'),
        ((["mlp"], ["network.activation=relu"]), "two values or more"),
        ((["mlp"], ["network.activation=relu,"]), "two values or more"),
        ((["mlp"], ["network.activation"]), "expected table.key=value,value"),
        ((["mlp"], ["activation=relu,tanh"]), "expected table.key=value,value"),
        ((["mlp"], ["network.layers=[dense 10,dense 20"]), "expected table.key=value,value"),
        ((["mlp"], ["network.activaton=relu,tanh"]), 'did you mean "network.activation"?'),
        ((["mlp"], ["network.activation=relu,than"]), "network.activation should be one of sigmoid"),
        ((["mlp"], ["train.epochs=1,2", "train.epochs=3,4"]), "train.epochs is varied twice"),
        ((["mlp"], ["train.epochs=1,2", "train.iterations=3,4"]), "exclude each other"),
        ((["mlp"], ['network.layers=["dense 10"],["dense 11"]']), "the last layer must give 10 numbers"),
        ((["mlp"], ["train.epochs=" + ",".join(map(str, range(1, 300)))]), "more than 200 variants"),
        ((["mlq"], ["train.epochs=1,2"]), 'did you mean "mlp"?'),
    ],
)
def test_what_cannot_be_compared_is_one_line(arguments, message):
    with pytest.raises(RecipeError) as error:
        variants(*arguments)

    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_activation_that_stands_nowhere_makes_no_difference(tmp_path):
    with pytest.raises(RecipeError, match="would be the same training"):
        variants(["mlp"], ["network.activation=relu,tanh"], ['network.layers=["dense 9", "elu", "dense 10"]'])


words = st.lists(
    st.sampled_from(["dense 12", "relu", "dropout 0.5", "tanh", 'a "quoted", word', "it's, so"]), min_size=1
)


@given(st.lists(words, min_size=2, max_size=4))
def test_no_comma_within_a_value_cuts_it(values):
    from numink.understand.compare.variants import _choices

    key, cut = _choices("network.layers=" + ",".join(map(toml_value, values)))

    assert key == "network.layers"
    assert cut == [*map(toml_value, values)]


@given(st.text(max_size=40))
def test_any_text_is_varied_or_refused(text):
    with suppress(RecipeError):  # and nothing else
        variants(["mlp"], [f"network.init={text}"])
