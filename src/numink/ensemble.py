"""Several networks that are asked together."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numink import __version__, tensors
from numink.errors import ModelError
from numink.model import FORMAT, Model, Predictor
from numink.nn.network import Network
from numink.nn.params import Array
from numink.schema import shown

MOST_MEMBERS = 100
"""Far above what still helps."""


class Ensemble(Predictor):
    """Several networks whose probabilities are averaged: of equally good ones, usually more often right than each.

    They may have different recipes; an ensemble among them stands for its members. The file holds them all, the arrays
    named by member, layer and name ("0/2.W"). ModelError for fewer than 2 networks, for more than 100, and for networks
    that do not take the same images.

    >>> from numink import Recipe
    >>> from numink.model import initial_weights
    >>> from numink.nn.layers import Pixels
    >>> recipe = Recipe().with_settings(["network.layers=['dense 10']"])
    >>> Ensemble([Model(recipe, Pixels(), initial_weights(recipe, Pixels(), seed)) for seed in range(3)])
    Ensemble(3 models, 23,550 parameters)
    """

    def __init__(self, members: Sequence[Predictor], facts: Mapping[str, Any] | None = None) -> None:
        for member in members:
            if not isinstance(member, Predictor):
                raise ModelError(f"an ensemble is made of models, but {shown(member)} came; load_model gives one")
        self._members = tuple(network for member in members for network in member.members)
        if not 2 <= len(self._members) <= MOST_MEMBERS:
            raise ModelError(f"an ensemble takes from 2 to {MOST_MEMBERS} models, but {len(self._members)} came")
        first, *others = ((member.network.in_shape, member.network.classes) for member in self._members)
        for other in others:
            if other != first:
                raise ModelError(
                    f"the models of an ensemble take the same images for the same number of classes, but {first} and "
                    f"{other} came"
                )
        same: dict[Network, Model] = {}
        for member in self._members:
            member.share_memory(same.setdefault(member.network, member))
        self.recipe = self._members[0].recipe
        sources = dict.fromkeys(str(member.facts["data"]["name"]) for member in self._members if _has_data(member))
        self.facts = ({"data": {"name": ", ".join(sources)}} if sources else {}) | dict(facts or {})

    def __repr__(self) -> str:
        return f"Ensemble({len(self.members)} models, {self.parameters:,} parameters)"

    @property
    def members(self) -> tuple[Model, ...]:
        """The networks."""
        return self._members

    def probabilities(self, images: Array) -> Array:
        """The mean of the members' probabilities: float (n, 10), rows adding up to 1."""
        first, *others = self.members
        P = first.probabilities(images)
        for member in others:  # one after the other: memory does not grow with their number
            P = P + member.probabilities(images)
        return P / len(self.members)  # eq. 74

    def save(self, path: str | Path) -> None:
        """Write all members as one safetensors file, whole or not at all."""
        arrays = {f"{n}/{name}": array for n, one in enumerate(self.members) for name, array in one.arrays().items()}
        members = [member.description() for member in self.members]
        known = {"format": FORMAT, "version": __version__, "name": "ensemble", "members": members}
        tensors.write(path, arrays, self.facts | known)


def _has_data(member: Model) -> bool:
    return "name" in member.facts.get("data", {})
