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
        numbers, history = facts["state"], facts["state"]["history"]
        kinds = {name: str | None if name == "stop" else type(value) for name, value in state.numbers().items()}
        if set(numbers) != set(kinds) or not all(isinstance(numbers[name], kind) for name, kind in kinds.items()):
            raise TypeError("state")
        if set(history) != set(COLUMNS) or not all(isinstance(column, list) for column in history.values()):
            raise TypeError("history")
        return {name: (vector.shape, str(vector.dtype)) for name, vector in state.arrays().items()}

    arrays, facts = tensors.read(path, wanted, "checkpoint", RunError)
    state.restore(arrays, facts.pop("state"))
    return facts
