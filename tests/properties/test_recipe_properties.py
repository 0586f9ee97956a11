"""Any TOML at all gives a recipe or a RecipeError of one line; a recipe written and read is the same."""

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from numink.errors import RecipeError
from numink.model import network_of
from numink.nn.build import ACTIVATIONS, WORDS
from numink.nn.layers import Pixels
from numink.nn.losses import LOSSES
from numink.optim.rules import OPTIMIZERS
from numink.optim.schedules import SCHEDULES
from numink.recipe import SECTIONS, Recipe, describe, from_tables, load
from numink.schema import lists, toml_value

KEYS = [place for place, *_ in describe()]

scalars = st.one_of(
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.text(),
    st.sampled_from(["all", "he", "normal 1", "normal  inf", "adam", "auto", "dense 10", "nan"]),
    st.datetimes(),
    st.dates(),
    st.times(),
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
tables = st.dictionaries(
    st.sampled_from([*SECTIONS, "run"]) | st.text(),
    st.dictionaries(st.sampled_from([key.split(".")[1] for key in KEYS]) | st.text(), values, max_size=4) | values,
    max_size=3,
)


def check_line(error, *names):
    line = str(error)
    assert line.isprintable()
    assert 10 < len(line) < 2000
    for name in names:
        assert name in line


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(KEYS), values)
def test_a_value_is_taken_or_refused_by_the_name_of_its_key(place, value):
    table, key = place.split(".")
    try:
        recipe = from_tables({table: {key: value}})
    except RecipeError as error:
        check_line(error, place)
    else:
        taken = getattr(getattr(recipe, table), key)
        assert lists(taken) == value
        assert isinstance(taken, type(getattr(getattr(Recipe(), table), key)) | str | tuple)


@settings(deadline=None, max_examples=200)
@given(tables)
def test_tables_are_taken_or_refused_in_one_line(given_tables):
    try:
        recipe = from_tables(given_tables)
    except RecipeError as error:
        check_line(error)
    else:
        assert isinstance(recipe, Recipe)


sides = st.integers(0, 29)
words = st.one_of(
    st.sampled_from([*ACTIVATIONS, "activation", "flatten", "global-pool", "norm", "dense 10", "dropout 0.5"]),
    st.builds("{} {}".format, st.sampled_from([*WORDS]), st.integers() | st.floats() | st.text(max_size=5)),
    st.builds("{} {}x{}".format, st.sampled_from(["pool", "average-pool"]), sides, sides),
    st.builds(
        "conv {} {}x{} {}".format, sides, sides, sides, st.sampled_from(["", "same", "stride 2", "same stride 9"])
    ),
    st.text(max_size=10),
)
branches = st.lists(words, max_size=3).map(lambda inner: ["residual", *inner]) | st.lists(words, max_size=3)


@settings(deadline=None, max_examples=300)
@given(st.lists(words | branches, min_size=1, max_size=6), st.sampled_from(sorted(ACTIVATIONS)))
def test_layers_build_or_are_refused_in_one_line(layers, activation):
    recipe = from_tables({"network": {"layers": layers, "activation": activation}})
    try:
        network = network_of(recipe, Pixels())
    except RecipeError as error:
        check_line(error, "layer")
    else:
        assert network.shapes[-1] == (10,)


positive = st.floats(0, 1e308, exclude_min=True)
recipes = st.fixed_dictionaries(
    {},
    optional={
        "data": st.fixed_dictionaries(
            {},
            optional={
                "source": st.text() | st.lists(st.text(), min_size=1),
                "augment": st.lists(st.sampled_from(["rotate 10", "shift 2", "scale 7.5", "elastic 34 4"])),
                "validation": st.integers(0, 2**63 - 1),
                "stratify": st.booleans(),
                "missing": st.sampled_from(["error", "zero", "drop"]),
                "scale": st.sampled_from(["unit", "standard", "raw"]),
            },
        ),
        "network": st.fixed_dictionaries(
            {},
            optional={
                "layers": st.lists(st.text() | st.lists(st.text()), min_size=1),
                "activation": st.sampled_from(sorted(ACTIVATIONS)),
                "init": st.sampled_from(["uniform", "he", "xavier"]) | positive.map("normal {}".format),
                "loss": st.sampled_from(sorted(LOSSES)),
                "label_smoothing": st.floats(0, 0.9) | st.just(0),
                "dtype": st.sampled_from(["float32", "float64"]),
            },
        ),
        "train": st.fixed_dictionaries(
            {},
            optional={
                "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
                "learning_rate": positive | st.integers(1, 10),
                "schedule": st.sampled_from(sorted(SCHEDULES)),
                "weight_decay": st.floats(0, 1e300),
                "batch_size": st.integers(1, 2**63 - 1) | st.just("all"),
                "shards": st.integers(1, 64),
                "early_stop": st.integers(0, 100),
            },
        ).flatmap(
            lambda train: st.sampled_from(["epochs", "iterations"]).flatmap(
                lambda unit: st.integers(1, 2**63 - 1).map(lambda count: train | {unit: count})
            )
        ),
    },
)


@settings(deadline=None, max_examples=200)
@given(recipes)
def test_a_recipe_written_as_toml_and_read_again_is_the_same(given_tables):
    recipe = from_tables(given_tables, Recipe("mine"))

    assert from_tables(tomllib.loads(recipe.to_toml()), Recipe("mine")) == recipe
    assert from_tables(recipe.tables(), Recipe("mine")) == recipe


@settings(deadline=None, max_examples=100)
@given(recipes, st.data())
def test_settings_say_the_same_as_tables(given_tables, data):
    plain = {
        "train.learning_rate": st.floats(1e-9, 9),
        "train.epochs": st.integers(1, 99),
        "data.stratify": st.booleans(),
    }
    key = data.draw(st.sampled_from(sorted(plain)))
    value = data.draw(plain[key])
    table, name = key.split(".")
    base = from_tables(given_tables)

    text = str(value).lower() if isinstance(value, bool) else repr(value)

    assert base.with_settings([f"{key}={text}"]) == from_tables({table: {name: value}}, base)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text().map(str.encode))
def test_any_file_is_a_recipe_or_refused_in_one_line(tmp_path, content):
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    try:
        recipe = load(file)
    except RecipeError as error:
        check_line(error, str(file))
    else:
        assert recipe.name == "mine"


@settings(deadline=None)
@given(st.text())
def test_any_setting_is_taken_or_refused(setting):
    with pytest.raises(RecipeError) as caught:
        Recipe().with_settings([f"train.shards={setting}.0"])
    check_line(caught.value)


def test_a_branch_is_a_list_in_toml_in_settings_and_in_python():
    layers = ("conv 4 3x3", ("residual", "conv 4 3x3 same", "norm"), "global-pool", "dense 10")
    recipe = Recipe().with_settings([f"network.layers={toml_value(layers)}"])

    assert recipe.network.layers == layers
    assert hash(recipe.network) == hash(from_tables(recipe.tables()).network)
    assert network_of(recipe, Pixels()).shapes[-2] == (4,)


@pytest.mark.parametrize("branch", [["residual", 3], ["residual", ["norm"]], {"residual": "norm"}, [[]]])
def test_a_branch_of_anything_but_words_is_refused(branch):
    with pytest.raises(RecipeError) as caught:
        from_tables({"network": {"layers": ["conv 4 3x3", branch]}})
    check_line(caught.value, "network.layers", "a list of words")
