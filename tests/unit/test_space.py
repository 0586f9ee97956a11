"""The space of `numink tune`: what stands in its file, what it makes of a recipe, and what it refuses."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numink.errors import RecipeError
from numink.model import network_of
from numink.nn.layers import Pixels
from numink.recipe import Recipe, load, names
from numink.understand.tune.reshape import deepened, dropped, widened
from numink.understand.tune.space import Axis, Space, load_space

MLP = load("mlp")
MLP_SPACE = load_space(MLP)


def space_of(text: str, folder: Path, recipe: Recipe = MLP) -> Space:
    file = folder / "any.space.toml"
    file.write_text(text)
    return load_space(recipe, file=file)


@pytest.mark.parametrize("name", names())
def test_the_default_space_is_around_every_recipe(name):
    recipe = load(name)
    space = load_space(recipe, name)

    assert len(space.axes) >= 8
    assert space.holds(space.own())
    assert space.recipe_of(space.own()) == recipe


def test_the_default_space_has_all_that_was_promised():
    assert {axis.key for axis in MLP_SPACE.axes} == {
        "train.learning_rate",
        "train.batch_size",
        "train.optimizer",
        "train.weight_decay",
        "network.activation",
        "network.init",
        "layers.width",
        "layers.depth",
        "layers.dropout",
        "data.augment",
    }


def test_what_does_not_fit_a_recipe_is_left_out_of_the_default_space():
    axes = {axis.key: axis for axis in load_space(load("classic-15-relu")).axes}

    assert "layers.dropout" not in axes  # it has none
    assert axes["layers.depth"].choices == (0, 1)  # its one hidden layer stays
    assert axes["train.batch_size"].choices == (128, 256, "all")  # its own is among them
    assert (axes["train.learning_rate"].low, axes["train.learning_rate"].high) == pytest.approx((0.12, 3.0))


@st.composite
def points(draw):
    """Values from anywhere in the default space around mlp."""
    return {
        axis.key: draw(st.sampled_from(axis.choices) if axis.choices else st.floats(axis.low, axis.high))
        for axis in MLP_SPACE.axes
    }


@given(points())
def test_every_point_of_the_default_space_can_be_built(values):
    assert MLP_SPACE.holds(values)
    recipe = MLP_SPACE.recipe_of(values)

    network_of(recipe, Pixels())
    assert recipe.train.learning_rate == values["train.learning_rate"]
    assert recipe.data.augment == tuple(values["data.augment"])
    widths = [int(word.split()[1]) for word in recipe.network.layers if word.startswith("dense")]
    expected = [round(width * values["layers.width"]) for width in (512, 256, 128, 128)[: 3 + values["layers.depth"]]]
    assert widths == [*expected, 10]


WORDS = ("dropout 0.1", "dense 8", "tanh", "dense 6", "relu", "dropout 0.4", "dense 10")
MAPS = (
    "conv 4 3x3",
    "norm",
    "relu",
    ("residual", "conv 4 3x3 same"),
    "pool 2x2",
    "global-pool",
    "dropout 0.2",
    "dense 10",
)


@pytest.mark.parametrize(
    ("change", "words", "number", "expected"),
    [
        (widened, WORDS, 1.25, ("dropout 0.1", "dense 10", "tanh", "dense 8", "relu", "dropout 0.4", "dense 10")),
        (widened, WORDS, 0.01, ("dropout 0.1", "dense 1", "tanh", "dense 1", "relu", "dropout 0.4", "dense 10")),
        (widened, MAPS, 2, ("conv 8 3x3", *MAPS[1:3], ("residual", "conv 8 3x3 same"), *MAPS[4:])),
        (deepened, WORDS, -1, (*WORDS[:3], "dense 10")),
        (deepened, WORDS, 2, (*WORDS[:6], *WORDS[3:6], *WORDS[3:6], "dense 10")),
        (deepened, MAPS, -1, (*MAPS[:3], *MAPS[5:])),
        (deepened, MAPS, 1, (*MAPS[:5], *MAPS[3:5], *MAPS[5:])),
        (dropped, WORDS, 0, ("dropout 0", *WORDS[1:5], "dropout 0", "dense 10")),
        (dropped, WORDS, 1.5, ("dropout 0.15", *WORDS[1:5], "dropout 0.6", "dense 10")),
    ],
)
def test_the_layers_as_a_whole(change, words, number, expected):
    assert change(words, number) == expected


@pytest.mark.parametrize(
    ("change", "words", "number", "says"),
    [
        (widened, ("dense 10",), 2, "no hidden layer"),
        (deepened, WORDS, -2, "of 2 hidden layers one at least must be left, but -2 came"),
        (deepened, ("dense 10",), 1, "of 0 hidden layers"),
        (dropped, ("dense 4", "relu", "dense 10"), 0.5, "have no dropout"),
    ],
)
def test_layers_that_cannot_be_changed_so(change, words, number, says):
    with pytest.raises(RecipeError, match=says):
        change(words, number)


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("[train.epochs]\nlow = 2\nhigh = 8", Axis("train.epochs", low=2, high=8, whole=True)),
        ("[train.epochs]\ntimes = [0.01, 0.5]", Axis("train.epochs", low=1, high=15, log=True, whole=True)),
        ("[train.average]\nlow = 0\nhigh = 0.9\nstep = 0.3", Axis("train.average", low=0, high=0.9, step=0.3)),
        ("[layers.width]\nlow = 0.5\nhigh = 2\nlog = true", Axis("layers.width", low=0.5, high=2, log=True)),
        ("[layers.depth]\nlow = -1\nhigh = 2", Axis("layers.depth", low=-1, high=2, whole=True)),
        ('[train.batch_size]\nchoices = [64, "all"]', Axis("train.batch_size", (64, "all"))),
        ('[data.augment]\nchoices = [[], ["shift 1"]]', Axis("data.augment", ([], ["shift 1"]))),
    ],
)
def test_the_ways_to_write_a_key(text, axis, tmp_path):
    assert space_of(text, tmp_path).axes == (axis,)


def test_a_step_counts_from_the_low_end():
    axis = Axis("train.average", low=0.1, high=0.9, step=0.2)

    assert [axis.holds(value) for value in (0.1, 0.3, 0.9, 0.2, 1.1, "all")] == [True, True, True, False, False, False]


def test_choices_have_texts():
    axis = Axis("data.augment", ([], ["shift 1", "rotate 8"]))

    assert axis.labels == {"[]": [], '["shift 1", "rotate 8"]': ["shift 1", "rotate 8"]}
    assert [axis.label(choice) for choice in axis.choices] == list(axis.labels)
    assert Axis("x.y", low=0, high=1).label(0.5) == 0.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[train.learning_rat]\nlow = 1\nhigh = 2", 'no key "train.learning_rat"; did you mean "train.learning_rate"'),
        ("[trian.epochs]\nlow = 1\nhigh = 2", 'no table "trian"; did you mean "train"'),
        ("[layers.widht]\nlow = 1\nhigh = 2", 'did you mean "layers.width"'),
        ("[train.epochs]\nlow = 3\nhigh = 2", "the range is empty: 3 is not below 2"),
        ("[train.epochs]\nlow = 2\nhigh = 2", "the range is empty"),
        ("[train.epochs]\nlow = 1.5\nhigh = 2", "takes whole numbers"),
        ("[train.epochs]\nlow = 1\nhigh = 9\nstep = 0.5", "takes whole numbers"),
        ("[train.weight_decay]\nlow = 0\nhigh = 1\nlog = true", "low must be above 0, but 0 came"),
        ("[train.weight_decay]\ntimes = [0.1, 10]", "the recipe's own value, but that is 0.0"),
        ("[train.learning_rate]\nlow = -1\nhigh = 1", "should be a number above 0, but -1 came"),
        ("[train.learning_rate]\nlow = nan\nhigh = 1", "expected finite numbers"),
        ("[train.learning_rate]\nlow = true\nhigh = 1", "expected finite numbers"),
        ('[train.learning_rate]\nlow = 0.1\nhigh = 1\nlog = "yes"', "log should be true or false"),
        ("[train.learning_rate]\nlow = 0.1\nhigh = 1\nstp = 1", "should have choices, or times, or low and high"),
        ("[train.learning_rate]\nlow = 0.1", "should have choices, or times, or low and high"),
        ('[train.optimizer]\nchoices = ["adam", "sgd"]', "'sgd' came"),
        ("[train.optimizer]\nchoices = []", "a list of one value at least"),
        ('[train.optimizer]\nchoices = ["adam", "adam"]', "has a value twice"),
        ('[data.augment]\nchoices = [["turn 3"]]', 'no augmentation "turn"'),
        ("[data.validation]\nchoices = [100, 200]", "stays the same for all trials"),
        (
            '[layers.width]\nchoices = ["wide", 1]',
            "layers.width should be a number from 0.001 to 1000, but 'wide' came",
        ),
        ("[layers.width]\nchoices = [1.0, nan]", "but nan came"),
        ("[layers.width]\nchoices = [1.0, inf]", "but inf came"),
        ("[layers.width]\nlow = -0.5\nhigh = 1.0", "but -0.5 came"),
        ("[layers.width]\nchoices = [true, 2]", "but True came"),
        (
            "[layers.depth]\nchoices = [0, 0.5]",
            "layers.depth should be a whole number from -1000 to 1000, but 0.5 came",
        ),
        ("[layers.depth]\nchoices = [0, 300000000]", "but 300000000 came"),
        ("[layers.dropout]\nchoices = [[0.5], 1]", "layers.dropout should be a number from 0 to 1000, but [0.5] came"),
        ("[layers.width]\nchoices = [1.0, 90]", "network.layers ask for"),
        ("[train.epochs]\ntimes = [0.001, 0.01]", "the range is empty: [0.001, 0.01] times 30"),
        ("[train.learning_rate]\nlow = 0.1\nhigh = 1.0\nstep = 5", "the step 5 is longer than the range"),
        ("[train.epochs]\nchoices = [2, 1979-05-27]", "takes texts, numbers, true, false and lists"),
        ("[layers.dropout]\nlow = 0.0\nhigh = 4.0", "probability P, 0 <= P < 1"),
        ('[network.layers]\nchoices = [["dense 5"]]', "must give 10 numbers"),
        ("[train]\nlearning_rate = 3", "expected tables such as [train.learning_rate]"),
        ("train = 3", "expected tables such as [train.learning_rate]"),
        ("", "needs one table at least"),
        ("x = [", "is not TOML"),
    ],
)
def test_a_space_that_cannot_be_is_refused_in_one_line(text, says, tmp_path):
    with pytest.raises(RecipeError) as caught:
        space_of(text, tmp_path)

    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'any.space.toml'}")
    assert "\n" not in str(caught.value)


def test_the_space_beside_a_recipe_is_its_own(tmp_path):
    mine, other = tmp_path / "mine.toml", tmp_path / "other.toml"
    mine.write_text("[train]\nepochs = 2")
    (tmp_path / "mine.space.toml").write_text("[train.epochs]\nlow = 1\nhigh = 3")
    other.write_text("[train.epochs]\nlow = 1\nhigh = 9")

    assert [axis.high for axis in load_space(load(mine), mine).axes] == [3]
    assert [axis.high for axis in load_space(load(mine), mine, file=other).axes] == [9]
    assert len(load_space(load("mlp"), "mlp").axes) == 10


def test_a_space_that_cannot_be_read(tmp_path):
    with pytest.raises(RecipeError, match=r"cannot read the space .*nowhere\.toml"):
        load_space(MLP, file=tmp_path / "nowhere.toml")
