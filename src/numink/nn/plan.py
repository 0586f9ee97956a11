"""The plan: the layers that a network really runs, equal in what they compute to those of the recipe, but faster.

Made once, when a network is built. A convolution becomes one matrix product (conv.py), normalisation fewer passes
(fast_norm.py). Where a max pool follows, alone or behind an activation that never falls, the two change places, for
the largest of g(z + b) is g(the largest z + b) (eq. 75): so bias and activation work on a quarter of the numbers, and
what the pool throws away is not computed. The plan has a layer for each of the recipe's, so that parameters keep their
places.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from numink.nn.activations import ELU, LeakyReLU, ReLU, Sigmoid, Tanh
from numink.nn.conv import FastConv
from numink.nn.fast_dense import FastDense, worth_widening
from numink.nn.fast_norm import FastNorm
from numink.nn.layers import NEITHER, Backward, Base, Dense, Layer
from numink.nn.maps import Conv2d
from numink.nn.norm import Norm
from numink.nn.params import Array, Views
from numink.nn.pool import MaxPool
from numink.nn.residual import Residual
from numink.nn.work import Work

NEVER_FALLS = (ReLU, LeakyReLU, ELU, Sigmoid, Tanh)


@dataclass(frozen=True)
class Done(Base):
    """Stands where a layer was whose work another one does."""

    reads: ClassVar[frozenset[str]] = NEITHER

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X as it came."""
        return X, _pass_on


def _pass_on(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
    return dZ


def plan(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """What to run for these layers: as many, with the same parameters under the same names."""
    planned = list(layers)
    for index, layer in enumerate(layers):
        if isinstance(layer, Residual):
            planned[index] = replace(layer, layers=plan(layer.layers))
        if isinstance(layer, Norm):
            planned[index] = FastNorm(layer.channels)
        if isinstance(layer, Dense) and worth_widening(layer.d_out):
            planned[index] = FastDense(layer.d_in, layer.d_out)
        if not isinstance(layer, Conv2d):
            continue
        planned[index] = FastConv(layer)
        behind = index + 1
        if behind < len(layers) and isinstance(layers[behind], NEVER_FALLS):
            behind += 1
        if behind < len(layers) and isinstance(pool := layers[behind], MaxPool):
            planned[index], planned[behind] = FastConv(layer, pool.kernel), Done()  # eq. 75
    return tuple(planned)
