"""From the words of a recipe to a network: "dense 25" becomes Dense(784, 25).

`WORDS` is the whole grammar: a word, the values that follow it, and what it makes of them and of the shape that
comes. To add a layer, add its line.
"""

import difflib
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from numink.errors import RecipeError
from numink.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from numink.nn.layers import Dense, Dropout, Flatten, Layer, Pixels
from numink.nn.losses import LOSSES
from numink.nn.maps import Conv2d, DropMaps, Maps, Pair, shape_text
from numink.nn.network import Network
from numink.nn.norm import Norm
from numink.nn.params import Shape
from numink.nn.pool import AveragePool, GlobalPool, MaxPool
from numink.nn.residual import Residual
from numink.schema import cut, toml_value

Word: TypeAlias = str | Sequence[str]
"""A layer in a recipe: "dense 10", or for a branch ["residual", "conv 32 3x3 same", "norm"]."""

Maker: TypeAlias = Callable[[Sequence[str], Shape], Layer]
"""From the values behind a word, and the shape that comes, to a layer; ValueError where the values are wrong."""
Value = TypeVar("Value")

ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky-relu": LeakyReLU,
    "elu": ELU,
    "gelu": GELU,
    "silu": SiLU,
}
"""The activations by their name in a recipe."""


def _dense(values: Sequence[str], shape: Shape) -> Layer:
    (width,) = map(_whole, values)
    if len(shape) != 1:
        raise RecipeError(
            f"one row of numbers is needed for each image, but maps of {shape_text(shape)} came; "
            'put "flatten" or "global-pool" before it'
        )
    return Dense(shape[0], width)


def _conv(values: Sequence[str], shape: Shape) -> Layer:
    maps, kernel, *rest = values
    padding, stride = ((0, 0), (0, 0)), 1
    if rest[:1] == ["same"]:
        k_h, k_w = _pair(kernel)
        padding = (((k_h - 1) // 2, k_h // 2), ((k_w - 1) // 2, k_w // 2))
        del rest[0]
    if rest:
        name, number = rest
        if name != "stride":
            raise ValueError
        stride = _whole(number)
    return Conv2d(shape[-1], _whole(maps, 1024), _pair(kernel), stride, padding)


def _norm(values: Sequence[str], shape: Shape) -> Layer:
    () = values
    return Norm(shape[-1])


def _alone(layer: Callable[[], Layer]) -> Maker:
    """A layer without a value."""

    def make(values: Sequence[str], shape: Shape) -> Layer:
        () = values
        return layer()

    return make


def _by(read: Callable[[str], Value], layer: Callable[[Value], Layer]) -> Maker:
    """A layer with one value."""

    def make(values: Sequence[str], shape: Shape) -> Layer:
        (value,) = map(read, values)
        return layer(value)

    return make


def _whole(text: str, most: int = 100_000) -> int:
    number = int(text)
    if not 1 <= number <= most:
        raise ValueError
    return number


def _pair(text: str) -> Pair:
    height, width = map(_whole, text.split("x"))
    return height, width


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 <= rate < 1:
        raise ValueError
    return rate


WORDS: dict[str, tuple[str, Maker]] = {
    "dense": ("dense N, with N units, 1 to 100000", _dense),
    "conv": (
        "conv N KxK [same] [stride S], with N maps, 1 to 1024, by kernels of K x K; same keeps height and width, "
        "and with stride S divides them by S, rounded up",
        _conv,
    ),
    "pool": ("pool KxK, the largest number of each window of K x K", _by(_pair, MaxPool)),
    "average-pool": ("average-pool KxK, the mean of each window of K x K", _by(_pair, AveragePool)),
    "global-pool": ("global-pool, without a value: the mean of each map", _alone(GlobalPool)),
    "flatten": ("flatten, without a value", _alone(Flatten)),
    "norm": ("norm, without a value: batch normalisation, each channel to mean 0 and variance 1", _norm),
    "dropout": ("dropout P, with a probability P, 0 <= P < 1", _by(_rate, Dropout)),
    "drop-maps": ("drop-maps P, whole maps with a probability P, 0 <= P < 1 (spatial dropout)", _by(_rate, DropMaps)),
}
"""The layers by their word in a recipe: how they are written, and what makes them."""

BRANCH = '["residual", "conv 32 3x3 same", "norm"], layers whose result is added to what enters them'
"""How a branch is written."""

NEED_MAPS = {"residual", "conv", "pool", "average-pool", "global-pool", "norm", "drop-maps"}


def build(
    words: Sequence[Word],
    *,
    activation: str = "relu",
    loss: str = "cross-entropy",
    label_smoothing: float = 0.0,
    dtype: str = "float32",
    pixels: Pixels | None = None,
    in_shape: Shape = (28, 28),
    classes: int = 10,
) -> Network:
    """The network that the words describe, from images of `in_shape` to `classes` outputs.

    An image enters a first "dense" as one row of numbers, and a first "conv" as one map. RecipeError, naming the layer,
    where a word is unknown, a value impossible, or the chain does not fit together; and where it has nothing to learn.

    >>> build(["dense 25", "activation", "dense 10"]).layout.size
    19885
    >>> build(["conv 8 5x5 stride 2", "relu", ["residual", "conv 8 3x3 same"], "flatten", "dense 10"]).shapes[2:]
    ((28, 28, 1), (12, 12, 8), (12, 12, 8), (12, 12, 8), (1152,), (10,))
    """
    if label_smoothing and loss != "cross-entropy":
        raise RecipeError(f"label_smoothing goes with the loss cross-entropy; it is {label_smoothing:g}, with {loss}")
    layers, shape = _chain(words, in_shape, activation)
    if shape != (classes,):
        end = f'"flatten", "dense {classes}"' if len(shape) == 3 else f'"dense {classes}"'
        raise RecipeError(
            f"the last layer must give {classes} numbers, one for each class, but it gives {shape_text(shape)}; "
            f"end the layers with {end}"
        )
    network = Network((pixels or Pixels(), *layers), LOSSES[loss](label_smoothing), in_shape, dtype)
    if not network.layout.size:
        raise RecipeError('none of the layers has anything to learn; put a "dense" or a "conv" among them')
    return network


def written(words: Sequence[Word]) -> list[str]:
    """Each word as a text, for lists and tables.

    >>> written(["conv 8 3x3", ["residual", "conv 8 3x3 same", "norm"]])
    ['conv 8 3x3', 'residual (conv 8 3x3 same, norm)']
    """
    return [word if isinstance(word, str) else f"{word[0]} ({', '.join(word[1:])})" for word in words]


def _chain(words: Sequence[Word], shape: Shape, activation: str, before: str = "") -> tuple[tuple[Layer, ...], Shape]:
    """The layers of these words, and the shape that they give. `before` begins the numbers of a branch's layers."""
    layers: list[Layer] = []
    for number, word in enumerate(words, start=1):
        place = f"{before}{number}"
        name = (word.split() or [""])[0] if isinstance(word, str) else "residual"
        if len(shape) == 2 and (name == "dense" or name in NEED_MAPS):
            layers.append(Flatten() if name == "dense" else Maps())
            shape = layers[-1].out_shape(shape)
        if isinstance(word, str):
            meant = activation if word == "activation" else word
            layers.append(_layer(meant, shape, f"layer {place}, {cut(toml_value(word))}"))
        else:
            layers.append(_branch(word, shape, activation, place))
        shape = layers[-1].out_shape(shape)
    return tuple(layers), shape


def _layer(word: str, shape: Shape, place: str) -> Layer:
    name, *values = word.split() or [""]
    if name in ACTIVATIONS and not values:
        return ACTIVATIONS[name]()
    if name == "residual":
        raise RecipeError(f"{place}: a branch is a list of its own, such as {BRANCH}")
    if name not in WORDS:
        known = [*WORDS, "activation", *ACTIVATIONS]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(known)
        raise RecipeError(f"{place}: there is no such layer; {hint}")
    grammar, make = WORDS[name]
    try:
        layer = make(values, shape)
        layer.out_shape(shape)
    except ValueError:
        raise RecipeError(f"{place}: expected {grammar}") from None
    except RecipeError as error:
        raise RecipeError(f"{place}: {error}") from None
    return layer


def _branch(words: Sequence[str], shape: Shape, activation: str, number: str) -> Layer:
    if list(words[:1]) != ["residual"] or len(words) < 2:
        raise RecipeError(f"layer {number}: a list is a branch, such as {BRANCH}")
    layers, _ = _chain(words[1:], shape, activation, f"{number}.")
    try:
        Residual(layers).out_shape(shape)
    except RecipeError as error:
        raise RecipeError(f"layer {number}, the branch: {error}") from None
    return Residual(layers)
