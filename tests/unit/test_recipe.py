"""Recipes: defaults, settings, what is refused and in which words, and the recipes that come with numink."""

import tomllib
from dataclasses import fields

import pytest

from numink import recipe as recipes
from numink.errors import RecipeError
from numink.model import network_of
from numink.nn.build import build
from numink.nn.layers import Pixels
from numink.recipe import SECTIONS, Recipe, describe, from_tables, load

PARAMETERS = {
    "classic-10": 7960,
    "classic-10-slow": 7960,
    "classic-15-relu": 11_935,
    "classic-15-sigmoid": 11_935,
    "classic-15-tanh": 11_935,
    "classic-25-15": 20_175,
    "small-10": 7960,
    "small-15": 11_935,
    "small-25-15": 20_175,
}


def refusal(tables):
    with pytest.raises(RecipeError) as caught:
        from_tables(tables)
    line = str(caught.value)
    assert "\n" not in line
    return line


def network_refusal(layers, **network):
    recipe = from_tables({"network": {"layers": layers, **network}})
    with pytest.raises(RecipeError) as caught:
        network_of(recipe, Pixels())
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_an_empty_recipe_has_every_default():
    recipe = from_tables({})

    assert recipe == Recipe()
    assert (recipe.data.validation, recipe.data.missing, recipe.data.scale) == (5000, "error", "unit")
    assert (recipe.network.activation, recipe.network.init, recipe.network.dtype) == ("relu", "he", "float32")
    assert (recipe.train.optimizer, recipe.train.learning_rate, recipe.train.shards) == ("adam", 0.003, 2)
    assert (recipe.train.epochs, recipe.train.iterations, recipe.train.early_stop) == (20, 0, 0)


def test_every_default_is_a_value_that_its_key_allows():
    for name, section in SECTIONS.items():
        for key in fields(section):
            if key.name != "iterations":  # 0, which stands for epochs
                default = list(key.default) if isinstance(key.default, tuple) else key.default
                assert from_tables({name: {key.name: default}}) == Recipe()


def test_every_key_says_what_it_is_for_and_what_it_allows():
    keys = list(describe())

    assert [place for place, *_ in keys] == [
        f"{name}.{key.name}" for name in SECTIONS for key in fields(SECTIONS[name])
    ]
    for place, _, allowed, help_ in keys:
        assert len(help_) > 20, place
        assert not help_.endswith("."), place
        assert "\n" not in help_ + allowed, place
        assert allowed, place


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("data.source", 3, 'text or a list of texts, such as ["mnist", "strokes 60000"]'),
        ("data.source", [], "text or a list of texts"),
        ("data.source", ["mnist", 3], "text or a list of texts"),
        ("data.source", ["mnist", "\udcff.csv"], "text or a list of texts"),
        ("data.source", "\udcff.csv", "text"),  # what Python makes of a file's name that is no UTF-8
        ("data.validation", -1, "whole number, 0 or more"),
        ("data.validation", 1000.0, "whole number"),
        ("data.validation", True, "whole number"),
        ("data.stratify", 1, "true or false"),
        ("data.missing", "ignore", "one of error, zero, drop"),
        ("data.missing", ["zero"], "one of error, zero, drop"),
        ("data.scale", "Unit", "one of unit, standard, raw"),
        ("data.augment", "rotate 10", 'a list of words, such as ["rotate 10", "elastic 34 4"]'),
        ("data.augment", [10], "a list of words"),
        ("network.layers", [], 'a list of words, such as ["dense 128", "activation", "dense 10"]'),
        ("network.layers", "dense 10", "a list of words"),
        ("network.layers", ["dense 10", 3], "a list of words"),
        ("network.layers", [["residual", ["residual", "relu"]]], 'or of branches, such as ["residual", "conv 32 3x3'),
        ("network.layers", [["residual", 3]], 'or of branches, such as ["residual", "conv 32 3x3'),
        ("network.activation", "softmax", "sigmoid, tanh, relu, leaky-relu, elu, gelu, silu"),
        ("network.init", "normal", "normal D (D above 0)"),
        ("network.init", "normal -1", "normal D (D above 0)"),
        ("network.init", "normal 0", "normal D (D above 0)"),
        ("network.init", "normal nan", "normal D (D above 0)"),
        ("network.init", "normal 0.1 0.2", "normal D (D above 0)"),
        ("network.init", "he 2", "one of"),
        ("network.init", "", "one of"),
        ("network.loss", "mse", "one of cross-entropy, logistic, squared-error"),
        ("network.label_smoothing", 0.95, "a number from 0 to 0.9"),
        ("network.label_smoothing", -0.1, "a number from 0 to 0.9"),
        ("network.dtype", "float16", "one of float32, float64"),
        ("train.optimizer", "sgd", "gradient-descent, momentum, nesterov, rmsprop, adam, adamw"),
        ("train.learning_rate", -0.1, "a number above 0"),
        ("train.learning_rate", 0, "a number above 0"),
        ("train.learning_rate", float("nan"), "a number above 0"),
        ("train.learning_rate", float("inf"), "a number above 0"),
        ("train.learning_rate", "0.1", "a number above 0"),
        ("train.learning_rate", 10**400, "a number above 0"),
        ("train.schedule", "linear", "one of constant, step, cosine, one-cycle"),
        ("train.weight_decay", -1e-9, "a number, 0 or more"),
        ("train.batch_size", 0, 'a whole number, 1 or more, or "all"'),
        ("train.batch_size", "All", 'a whole number, 1 or more, or "all"'),
        ("train.epochs", -3, "a whole number, 0 or more"),
        ("train.epochs", 2.5, "a whole number, 0 or more"),
        ("train.iterations", "500", "a whole number, 0 or more"),
        ("train.shards", 0, "a whole number from 1 to 64"),
        ("train.shards", 65, "a whole number from 1 to 64"),
        ("train.early_stop", -1, "a whole number, 0 or more"),
        ("use.shifts", 3, "a whole number from 0 to 2"),
        ("use.temperature", 0, "a number from 0.05 to 20"),
        ("train.average", 1, "a number from 0 to 0.99999"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_what_is_allowed(key, value, expected):
    table, name = key.split(".")

    line = refusal({table: {name: value}})

    assert line.startswith(f"{key} should be ")
    assert expected in line
    assert "came" in line


def test_several_sources_are_one_value():
    tables = {"data": {"source": ["mnist", "strokes 60000"]}}
    mixed = from_tables(tables)

    assert mixed.data.source == ("mnist", "strokes 60000")
    assert mixed.data.sources == ("mnist", "strokes 60000")
    assert Recipe().data.sources == ("auto",)
    assert 'source = ["mnist", "strokes 60000"]\n' in mixed.to_toml()
    assert mixed.tables()["data"]["source"] == ["mnist", "strokes 60000"]
    assert Recipe().with_settings(['data.source=["mnist", "strokes 60000"]']) == mixed
    assert Recipe().with_source("mnist", "strokes 60000") == mixed
    assert mixed.with_source("strokes").data.source == "strokes"


def test_augmentation_is_checked_when_the_recipe_is_read():
    words = ["rotate 10", "elastic 34 4"]

    assert from_tables({"data": {"augment": words}}).data.augment == tuple(words)
    assert from_tables({"data": {"augment": []}}, from_tables({"data": {"augment": words}})).data.augment == ()
    assert refusal({"data": {"augment": ["rotate 10", "rotat 10"]}}).startswith(
        "data.augment: there is no augmentation"
    )
    assert "rotate should have degrees from 0 to" in refusal({"data": {"augment": ["rotate"]}})
    assert "[data]" not in refusal({"data": {"augment": [""]}})


def test_a_whole_number_will_do_for_a_number():
    rate = from_tables({"train": {"learning_rate": 1}}).train.learning_rate

    assert rate == 1
    assert isinstance(rate, float)


def test_every_key_has_a_wrong_value_among_those():
    (marked,) = test_a_wrong_value_is_refused_by_name_with_what_is_allowed.pytestmark

    assert {key for key, *_ in marked.args[1]} == {place for place, *_ in describe()}


@pytest.mark.parametrize(
    ("tables", "near"),
    [
        ({"train": {"learning-rate": 0.1}}, "train.learning_rate"),
        ({"train": {"optimiser": "adam"}}, "train.optimizer"),
        ({"train": {"epoch": 3}}, "train.epochs"),
        ({"network": {"layer": []}}, "network.layers"),
        ({"data": {"validaton": 3}}, "data.validation"),
        ({"training": {"epochs": 3}}, "train"),
        ({"networks": {}}, "network"),
    ],
)
def test_an_unknown_key_or_table_names_the_nearest(tables, near):
    assert f'did you mean "{near}"?' in refusal(tables)


def test_a_key_like_none_other_names_them_all():
    line = refusal({"zzz": {}})

    assert all(name in line for name in SECTIONS)


def test_a_table_must_be_one():
    assert "[train] should be a table" in refusal({"train": 3})
    assert "[data] should be a table" in refusal({"data": ["mnist"]})


def test_epochs_and_iterations_exclude_each_other():
    assert from_tables({"train": {"iterations": 500}}).train.epochs == 0
    back = from_tables({"train": {"epochs": 3}}, from_tables({"train": {"iterations": 500}}))
    assert (back.train.epochs, back.train.iterations) == (3, 0)
    assert "exclude each other" in refusal({"train": {"epochs": 3, "iterations": 500}})
    assert "both 0" in refusal({"train": {"epochs": 0}})


def test_a_recipe_written_as_toml_names_only_the_one_in_use():
    assert "iterations" not in Recipe().to_toml()
    assert "epochs" not in from_tables({"train": {"iterations": 500}}).to_toml()


def test_every_other_key_is_written():
    written = tomllib.loads(Recipe().to_toml())

    for name, section in SECTIONS.items():
        assert set(written[name]) == {key.name for key in fields(section)} - {"iterations"}


def test_settings_change_what_they_name_and_nothing_else():
    recipe = Recipe("mine").with_settings(
        ["train.learning_rate=0.1", " train.batch_size = all ", "data.stratify=true", 'network.layers=["dense 10"]']
    )

    assert recipe.name == "mine"
    assert (recipe.train.learning_rate, recipe.train.batch_size, recipe.data.stratify) == (0.1, "all", True)
    assert recipe.network.layers == ("dense 10",)
    assert recipe.train.epochs == Recipe().train.epochs
    assert recipe.with_settings([]) == recipe


def test_texts_in_settings_need_no_quotes():
    for text in ["train.optimizer=momentum", 'train.optimizer="momentum"', "train.optimizer='momentum'"]:
        assert Recipe().with_settings([text]).train.optimizer == "momentum"
    assert Recipe().with_settings(["network.init=normal 0.1"]).network.init == "normal 0.1"
    assert Recipe().with_settings(["data.source=/tmp/a=b.csv"]).data.source == "/tmp/a=b.csv"


@pytest.mark.parametrize("setting", ["", "epochs=3", "train.epochs", "=", "train=3", "train.epochs:3"])
def test_a_setting_of_another_form_is_refused(setting):
    with pytest.raises(RecipeError, match=r"expected table\.key=value, such as train\.epochs=5"):
        Recipe().with_settings([setting])


def test_the_later_of_two_settings_holds():
    assert Recipe().with_settings(["train.epochs=3", "train.epochs=4"]).train.epochs == 4


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["dense 20", "desne 10"], ('layer 2, "desne 10"', 'did you mean "dense"?')),
        (["dense"], ('layer 1, "dense"', "expected dense N")),
        (["dense 10 20"], ('layer 1, "dense 10 20"', "expected dense N")),
        (["dense ten"], ('layer 1, "dense ten"', "expected dense N")),
        (["dense -5", "dense 10"], ('layer 1, "dense -5"', "expected dense N")),
        (["dense 0", "dense 10"], ('layer 1, "dense 0"', "expected dense N")),
        (["dense 1e9", "dense 10"], ('layer 1, "dense 1e9"', "expected dense N")),
        (["dense 20", "dropout 1", "dense 10"], ('layer 2, "dropout 1"', "0 <= P < 1")),
        (["dense 20", "dropout nan", "dense 10"], ('layer 2, "dropout nan"', "0 <= P < 1")),
        (["dense 20", "dropout", "dense 10"], ('layer 2, "dropout"', "dropout P")),
        (["flatten 3", "dense 10"], ('layer 1, "flatten 3"', "without a value")),
        (["dense 20", "relu 3", "dense 10"], ('layer 2, "relu 3"',)),
        (["", "dense 10"], ('layer 1, ""',)),
        (["relu", "dropout 0.1"], ("must give 10 numbers", "28 x 28", 'end the layers with "dense 10"')),
        (["dense 20"], ("must give 10 numbers", "gives 20", 'end the layers with "dense 10"')),
    ],
)
def test_layers_that_cannot_be_are_refused_by_name(layers, expected):
    line = network_refusal(layers)

    for text in expected:
        assert text in line


def test_activation_stands_for_the_one_that_is_chosen():
    layers = ["dense 20", "activation", "tanh", "dense 10"]
    chosen = from_tables({"network": {"layers": layers, "activation": "elu"}})

    named = from_tables({"network": {"layers": ["dense 20", "elu", "tanh", "dense 10"]}})
    assert network_of(chosen, Pixels()).layers == network_of(named, Pixels()).layers


@pytest.mark.parametrize("name", recipes.names())
def test_the_recipes_that_come_with_numink_load_and_build(name):
    recipe = load(name)
    network = network_of(recipe, Pixels())

    assert recipe.name == name
    assert network.layout.size == PARAMETERS.get(name, network.layout.size)
    assert network.layout.size <= 700_000
    assert from_tables(tomllib.loads(recipe.to_toml()), Recipe(name)) == recipe


def test_all_the_recipes_of_the_descriptions_are_there():
    assert set(recipes.names()) >= {*PARAMETERS, "mlp"}
    assert recipes.names() == sorted(recipes.names())


def test_the_classic_ones_are_as_published():
    classic = load("classic-10")

    assert classic.network.layers == ("dense 10", "relu", "dense 10")
    assert classic.network.init == "uniform"
    assert (classic.train.optimizer, classic.train.schedule) == ("gradient-descent", "constant")
    assert (classic.train.learning_rate, classic.train.batch_size, classic.train.iterations) == (0.1, "all", 500)
    assert classic.data.validation == 1000
    slow = load("classic-10-slow")
    assert slow.network == classic.network
    assert (slow.train.learning_rate, slow.train.iterations) == (0.0001, 1000)
    trio = [load(f"classic-15-{activation}") for activation in ("sigmoid", "tanh", "relu")]
    assert len({(recipe.train, recipe.network.init, recipe.network.layers) for recipe in trio}) == 1
    assert load("classic-25-15").train.iterations == 1500


def test_a_recipe_is_loaded_from_a_file_and_named_after_it(tmp_path):
    file = tmp_path / "wide.toml"
    file.write_text('[network]\nlayers = ["dense 99", "activation", "dense 10"]\n')

    assert load(file).name == load(str(file)).name == "wide"
    assert load(file).network.layers == ("dense 99", "activation", "dense 10")
    assert load(load(file)) is not None
    assert load(Recipe("x")) == Recipe("x")


def test_a_recipe_that_is_not_there_names_the_nearest(tmp_path):
    for name, expected in [
        ("mpl", 'did you mean "mlp"?'),
        ("clasic-10", 'did you mean "classic-10"?'),
        ("zzz", "mlp"),
        (str(tmp_path), "neither by that name nor as a file"),
        ("a" * 5000, "there is no recipe"),
        ("\0", "there is no recipe"),
    ]:
        with pytest.raises(RecipeError) as caught:
            load(name)
        assert expected in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"layers = [", "not TOML"),
        (b"\xff\xfe\x00", "expected a text file in TOML"),
        (b"[train]\nepochs = 3\nepochs = 4\n", "not TOML"),
        (b"x = " + b"[" * 10_000, "not TOML"),
        (b"x = " + b"9" * 5_000, "not TOML"),
        (b"[train]\nrate = 3\n", "train.rate"),
        (b'"a\\nb" = 1\n', "there is no table"),
        (b'[network]\n"a\\nb" = 1\n', "there is no key"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused_by_its_name(tmp_path, content, expected):
    file = tmp_path / "mine.toml"
    file.write_bytes(content)

    with pytest.raises(RecipeError) as caught:
        load(file)
    line = str(caught.value)
    assert str(file) in line
    assert expected in line
    assert "\n" not in line


def test_label_smoothing_with_a_loss_that_has_none_is_refused():
    with pytest.raises(RecipeError, match="label_smoothing goes with the loss cross-entropy"):
        build(["dense 10"], loss="logistic", label_smoothing=0.1)
