"""From the words of a recipe to a network: "dense 25" becomes Dense(784, 25).

`WORDS` is the whole grammar: a word, the values that follow it, and what it makes of them and of the shape that
comes. To add a layer, add its line.
"""

import difflib
from collections.abc import Callable, Sequence
from math import prod

from numink.errors import RecipeError
from numink.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from numink.nn.layers import Dense, Dropout, Flatten, Layer, Pixels
from numink.nn.losses import LOSSES
from numink.nn.network import Network
from numink.nn.params import Shape

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
    (width,) = values
    return Dense(prod(shape), _whole(width))


def _dropout(values: Sequence[str], shape: Shape) -> Layer:
    (rate,) = map(float, values)
    if not 0 <= rate < 1:
        raise ValueError
    return Dropout(rate)


def _flatten(values: Sequence[str], shape: Shape) -> Layer:
    () = values
    return Flatten()


def _whole(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100_000:
        raise ValueError
    return number


WORDS: dict[str, tuple[str, Callable[[Sequence[str], Shape], Layer]]] = {
    "dense": ("dense N, with N units, 1 to 100000", _dense),
    "dropout": ("dropout P, with a probability P, 0 <= P < 1", _dropout),
    "flatten": ("flatten, without a value", _flatten),
}
"""The layers by their word in a recipe: how they are written, and what makes them."""


def build(
    words: Sequence[str],
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

    An image enters a first "dense" as one row of numbers. RecipeError, naming the layer, where a word is unknown,
    a value impossible, or the chain does not fit together.

    >>> build(["dense 25", "activation", "dense 10"]).layout.size
    19885
    """
    if label_smoothing and loss != "cross-entropy":
        raise RecipeError(f"label_smoothing goes with the loss cross-entropy; it is {label_smoothing:g}, with {loss}")
    layers: list[Layer] = [pixels or Pixels()]
    shape = in_shape
    for number, word in enumerate(words, start=1):
        place = f'layer {number}, "{word}"'
        if word.startswith("dense") and shape == in_shape and len(shape) > 1:
            layers.append(Flatten())
            shape = (prod(shape),)
        layer = _layer(word.replace("activation", activation) if word == "activation" else word, shape, place)
        try:
            shape = layer.out_shape(shape)
        except RecipeError as error:
            raise RecipeError(f"{place}: {error}") from None
        layers.append(layer)
    if shape != (classes,):
        raise RecipeError(
            f"the last layer must give {classes} numbers, one for each class, but it gives {_text(shape)}; "
            f'end the layers with "dense {classes}"'
        )
    return Network(tuple(layers), LOSSES[loss](label_smoothing), in_shape, dtype)


def _layer(word: str, shape: Shape, place: str) -> Layer:
    name, *values = word.split() or [""]
    if name in ACTIVATIONS and not values:
        return ACTIVATIONS[name]()
    if name not in WORDS:
        known = [*WORDS, "activation", *ACTIVATIONS]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(known)
        raise RecipeError(f"{place}: there is no such layer; {hint}")
    grammar, make = WORDS[name]
    try:
        return make(values, shape)
    except ValueError:
        raise RecipeError(f"{place}: expected {grammar}") from None


def _text(shape: Shape) -> str:
    return " x ".join(map(str, shape))
