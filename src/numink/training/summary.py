"""What a training came to, in figures: for who ran the command, and for the model's file."""

from typing import Any

from numink.data.digits import Digits
from numink.training.state import TrainState
from numink.training.trainer import Trainer


def summary_of(recipe: str, digits: Digits, trainer: Trainer) -> dict[str, Any]:
    """What `numink train --json` prints of every training by a recipe of this name: plain texts and numbers."""
    state = trainer.state
    return {
        "recipe": recipe,
        "data": digits.name,
        "reason": digits.reason,
        "seed": trainer.seed,
        "parameters": trainer.network.layout.size,
        "epochs": state.epoch,
        "seconds": round(state.seconds, 3),
        "images_per_second": round(_images_seen(trainer) / max(state.seconds, 1e-9)),
        "validation_accuracy": _validation_accuracy(digits, state) if state.epoch else None,
    }


def facts_of(digits: Digits, state: TrainState, seed: int) -> dict[str, Any]:
    """What a model's file says of how the model came about, as JSON holds it."""
    sizes = {"train": len(digits.train), "validation": len(digits.validation)}
    return {
        "data": {"name": digits.name, "reason": digits.reason, "fingerprint": digits.fingerprint, **sizes},
        "seed": seed,
        "split_seed": digits.split_seed,
        "training": {"epochs": state.epoch, "best_epoch": state.best_epoch, "seconds": round(state.seconds, 3)},
        "scores": {"validation_accuracy": _validation_accuracy(digits, state)},
    }


def _validation_accuracy(digits: Digits, state: TrainState) -> float | None:
    return state.best_accuracy if len(digits.validation) else None


def _images_seen(trainer: Trainer) -> int:
    epochs, steps = divmod(trainer.state.steps, trainer.steps_per_epoch)
    return epochs * len(trainer.train) + steps * trainer.batch_size
