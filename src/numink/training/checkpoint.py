"""A checkpoint: the whole state of a training in one file."""

from pathlib import Path
from typing import Any

from numink import tensors
from numink.errors import RunError
from numink.training.state import COLUMNS, TrainState


def save_checkpoint(path: Path, state: TrainState, facts: dict[str, Any]) -> None:
    """Write the state and `facts` (what the run was begun with), whole or not at all."""
    tensors.write(path, state.arrays(), {**facts, "state": state.numbers()})


def load_checkpoint(path: Path, state: TrainState) -> dict[str, Any]:
    """Take the file's state over into `state`, whose vectors say what it must hold; its facts.

    Raises RunError, one line, where the file is missing, damaged or of another network.
    """

    def wanted(facts: dict[str, Any]) -> tensors.Wanted:
        numbers = state.numbers()
        if set(facts["state"]) != set(numbers) or set(facts["state"]["history"]) != set(COLUMNS):
            raise KeyError("state")
        return {name: (vector.shape, str(vector.dtype)) for name, vector in state.arrays().items()}

    arrays, facts = tensors.read(path, wanted, "checkpoint", RunError)
    state.restore(arrays, facts["state"])
    return facts
