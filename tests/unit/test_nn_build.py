"""The words for maps and branches: what they make, and what is refused, with the shape that came and what to do."""

import pytest

from numink.errors import RecipeError
from numink.nn.build import WORDS, build
from numink.nn.layers import Flatten
from numink.nn.maps import Conv2d, DropMaps, Maps
from numink.nn.norm import Norm
from numink.nn.pool import AveragePool, GlobalPool, MaxPool
from numink.nn.residual import Residual


def made(*words):
    """The layers that the words make, without the pixels in front."""
    return build([*words], classes=10).layers[1:]


def test_every_word_makes_its_layer():
    assert made(
        "conv 4 3x5", "pool 2x3", "norm", "drop-maps 0.2", "average-pool 2x2", "conv 10 1x1", "global-pool"
    ) == (
        Maps(),
        Conv2d(1, 4, (3, 5)),
        MaxPool((2, 3)),
        Norm(4),
        DropMaps(0.2),
        AveragePool((2, 2)),
        Conv2d(4, 10, (1, 1)),
        GlobalPool(),
    )


@pytest.mark.parametrize(
    ("words", "padding", "stride"),
    [
        ("conv 4 3x3", ((0, 0), (0, 0)), 1),
        ("conv 4 3x3 same", ((1, 1), (1, 1)), 1),
        ("conv 4 5x2 same", ((2, 2), (0, 1)), 1),
        ("conv 4 4x4 stride 3", ((0, 0), (0, 0)), 3),
        ("conv 4 4x1 same stride 2", ((1, 2), (0, 0)), 2),
    ],
)
def test_same_and_stride(words, padding, stride):
    conv = made(words, "flatten", "dense 10")[1]

    assert (conv.padding, conv.stride) == (padding, stride)


def test_same_with_a_stride_divides_the_sides_rounded_up():
    shapes = build(["conv 4 3x4 same stride 3", "conv 5 2x3 same stride 4", "flatten", "dense 10"]).shapes

    assert shapes[3:5] == ((10, 10, 4), (3, 3, 5))
    assert "with stride S divides them by S, rounded up" in WORDS["conv"][0]


def test_a_branch_is_a_layer_and_its_words_are_those_of_any_chain():
    layers = build(["conv 4 3x3", ["residual", "conv 4 3x3 same", "norm", "activation"], "flatten", "dense 10"]).layers

    assert layers[3] == Residual(
        tuple(build(["conv 4 3x3", "conv 4 3x3 same", "norm", "relu", "flatten", "dense 10"]).layers[3:6])
    )
    assert layers[3].params() == {"0.W": (3, 3, 4, 4), "0.b": (4,), "1.gamma": (4,), "1.beta": (4,)}
    assert layers[3].buffers() == {"1.mean": (4,), "1.variance": (4,)}


@pytest.mark.parametrize(
    "first", ["conv 3 3x3", "pool 2x2", "average-pool 2x2", "norm", "drop-maps 0.5", ["residual", "conv 1 3x3 same"]]
)
def test_an_image_enters_a_first_layer_on_maps_as_one_map(first):
    assert made(first, "flatten", "dense 10")[0] == Maps()
    assert made("dropout 0.1", first, "flatten", "dense 10")[1] == Maps()


def test_rows_may_be_normalised_and_have_branches():
    assert made("dense 10", "norm", ["residual", "dense 10", "relu"])[:3] == (
        Flatten(),
        *build(["dense 10", "norm"]).layers[2:],
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["conv 8"], ('layer 1, "conv 8"', "expected conv N KxK [same] [stride S]")),
        (["conv 8 3"], ("expected conv N KxK",)),
        (["conv 0 3x3"], ("expected conv N KxK", "1 to 1024")),
        (["conv 1025 3x3"], ("expected conv N KxK", "1 to 1024")),
        (["conv 8 3x3x3"], ("expected conv N KxK",)),
        (["conv 8 3x0"], ("expected conv N KxK",)),
        (["conv 8 3x3 sane"], ("expected conv N KxK",)),
        (["conv 8 3x3 stride"], ("expected conv N KxK",)),
        (["conv 8 3x3 stride 0"], ("expected conv N KxK",)),
        (["conv 8 3x3 stride 2 same"], ("expected conv N KxK",)),
        (["pool 2"], ("expected pool KxK",)),
        (["average-pool"], ("expected average-pool KxK",)),
        (["global-pool 2x2"], ("expected global-pool, without a value",)),
        (["norm 3"], ("expected norm, without a value",)),
        (["drop-maps 1"], ("expected drop-maps P",)),
        (["convv 8 3x3"], ('did you mean "conv"?',)),
        (
            ["conv 8 3x3", "dense 10"],
            ('layer 2, "dense 10"', "26 x 26 x 8 came", '"flatten" or "global-pool" before it'),
        ),
        ([f"conv {'9' * 5000} 3x3"], (f'layer 1, "conv {"9" * 94}...: expected conv',)),
        (["average-pool 14x5", "flatten"], ("has anything to learn", '"dense" or a "conv"')),
        (["conv 8 29x3"], ('layer 1, "conv 8 29x3"', "at least 29 x 3", "28 x 28 x 1 came", "kernel smaller")),
        (
            ["conv 8 3x29 same"],
            ("at least 3 x 29", "28 x 28 x 1 came; make the kernel smaller, or let the layers before"),
        ),
        (["pool 9x9", "pool 2x4"], ('layer 2, "pool 2x4"', "at least 2 x 4", "3 x 3 x 1 came")),
        (
            ["flatten", "conv 8 3x3"],
            ('layer 2, "conv 8 3x3"', "height x width x channels", "784 came", 'put it before "flatten"'),
        ),
        (["dense 9", "pool 2x2"], ('layer 2, "pool 2x2"', "height x width x channels", "9 came")),
        (["dense 9", "average-pool 2x2"], ('layer 2, "average-pool 2x2"', "9 came")),
        (["dense 9", "global-pool"], ('layer 2, "global-pool"', "9 came")),
        (["dense 9", "drop-maps 0.5"], ('layer 2, "drop-maps 0.5"', "9 came")),
        (["conv 8 3x3"], ("must give 10 numbers", "gives 26 x 26 x 8", 'end the layers with "flatten", "dense 10"')),
        (
            [["residual", "conv 8 3x3 same"]],
            ("layer 1, the branch", "28 x 28 x 1", "gives 28 x 28 x 8", '"conv 1 3x3 same"'),
        ),
        (["dense 20", ["residual", "dense 10"]], ("layer 2, the branch", "20", "gives 10", '"dense 20"')),
        (["conv 4 3x3", ["residual", "relu", "pool 27x1"]], ('layer 2.2, "pool 27x1"', "26 x 26 x 4 came")),
        ([["residual", "cnov 8 3x3"]], ('layer 1.1, "cnov 8 3x3"', 'did you mean "conv"?')),
        (["residual conv 8 3x3"], ("a list of its own", '["residual",')),
        ([["residual"]], ("layer 1", "a list is a branch", '["residual",')),
        ([[]], ("layer 1", "a list is a branch")),
        ([["conv 8 3x3", "norm"]], ("layer 1", "a list is a branch")),
    ],
)
def test_what_does_not_fit_is_refused_by_name(words, expected):
    with pytest.raises(RecipeError) as caught:
        build(words)

    assert len(str(caught.value)) < 300 or "known are" in str(caught.value)
    for text in expected:
        assert text in str(caught.value)
