"""A branch that is added to its own input: Z = X + F(X) (He et al. 2016)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numink.errors import RecipeError
from numink.nn import chain
from numink.nn.layers import INPUT, Backward, Base, Layer
from numink.nn.maps import shape_text
from numink.nn.params import Array, Shape, Views
from numink.nn.work import Work


@dataclass(frozen=True)
class Residual(Base):
    """Z = X + F(X), F being a chain of layers that keeps the shape.

    The branch learns what is to be changed about X and not all of it anew, and the gradient has a way back that no
    layer weakens. The arrays of layer 0 of the branch are named "0.W", "0.b", and so on.
    """

    layers: tuple[Layer, ...]
    reads: ClassVar[frozenset[str]] = INPUT

    def params(self) -> Mapping[str, Shape]:
        """Those of all layers of the branch, each name with its layer's number before it."""
        return dict(_numbered([layer.params() for layer in self.layers]))

    def buffers(self) -> Mapping[str, Shape]:
        """The running averages of all layers of the branch, named likewise."""
        return dict(_numbered([layer.buffers() for layer in self.layers]))

    def out_shape(self, shape: Shape) -> Shape:
        """The shape that came; RecipeError where the branch gives another one."""
        given = shape
        for layer in self.layers:
            given = layer.out_shape(given)
        if given != shape:
            fitting = f"conv {shape[-1]} 3x3 same" if len(shape) == 3 else f"dense {shape[-1]}"
            raise RecipeError(
                f"a branch must give the shape that enters it, {shape_text(shape)}, for the two are added, but it "
                f'gives {shape_text(given)}; "{fitting}" fits'
            )
        return shape

    def forward(self, X: Array, p: Views, work: Work) -> tuple[Array, Backward]:
        """X to X + F(X)."""
        *allowed, over_F = chain.in_place(self.layers)
        works = [work.inner(index, free) for index, free in enumerate(allowed)]
        indices = range(len(self.layers))
        F, way_back = chain.forward(self.layers, X, [p.inner(index) for index in indices], works)
        Z = np.add(X, F, out=F if over_F else work.array("Z", X.shape))  # eq. 69

        def backward(dZ: Array, g: Views, want_dX: bool = True) -> Array | None:
            dF = work.array("dF", dZ.shape)
            np.copyto(dF, dZ)  # the branch writes over what it is handed
            dX = chain.backward(way_back, dF, [g.inner(index) for index in indices], want_dX)
            if dX is None:
                return None
            dZ += dX  # eq. 70: X went both ways
            return dZ

        return Z, backward


def _numbered(layers: Sequence[Mapping[str, Shape]]) -> Iterator[tuple[str, Shape]]:
    for index, shapes in enumerate(layers):
        for name, shape in shapes.items():
            yield f"{index}.{name}", shape
