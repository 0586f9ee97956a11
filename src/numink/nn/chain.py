"""A chain of layers, forward and back: what a network is, and the branch of a residual layer."""

from collections.abc import Sequence

from numink.nn.layers import Backward, Layer
from numink.nn.params import Array, Views
from numink.nn.work import Work


def in_place(layers: Sequence[Layer]) -> tuple[bool, ...]:
    """For each layer, and last for whoever takes the output, whether it may write over what it is handed.

    It may, where neither its own backward reads that array (as its input) nor the backward of the layer that made it
    (as its output). A layer that hands its input on as its output (dropout while the network is used, flatten) leaves
    the array in the hands of its maker. What enters the chain is never written over.
    """
    allowed = []
    held = True  # whether somebody will read the array that is handed on
    for layer in layers:
        allowed.append(not held and "input" not in layer.reads)
        passes_on = not layer.params() and not layer.reads
        held = ("output" in layer.reads) or (passes_on and held)
    return (*allowed, not held)


def forward(
    layers: Sequence[Layer], X: Array, p: Sequence[Views], works: Sequence[Work]
) -> tuple[Array, Sequence[Backward]]:
    """X through all layers: what comes out, and each layer's way back."""
    way_back = []
    for layer, views, work in zip(layers, p, works, strict=True):
        X, back = layer.forward(X, views, work)
        way_back.append(back)
    return X, way_back


def backward(
    way_back: Sequence[Backward], dZ: Array, g: Sequence[Views], want_dX: bool, first: int = 0
) -> Array | None:
    """Fill g from dZ, which is written over, down to layer `first`; its dX, where that is wanted."""
    dX: Array | None = dZ
    for index in range(len(way_back) - 1, first - 1, -1):
        assert dX is not None  # every layer above `first` was asked for its dX
        dX = way_back[index](dX, g[index], want_dX or index > first)
    return dX if want_dX else None
