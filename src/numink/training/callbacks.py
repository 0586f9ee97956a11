"""Callbacks watch a training and may stop it: progress, checkpoints, early stopping, Ctrl-C.

They are called in the order of their list, with the trainer, whose `state` says where it stands. To stop after the
current step, set `trainer.state.stop = "why"`. One that holds something which must be given back even when the
training fails (the terminal, a signal) is a context manager besides.
"""

import signal
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

from numink.training.checkpoint import save_checkpoint

if TYPE_CHECKING:
    from numink.training.trainer import Trainer

INTERRUPTED = "interrupted"


class Callback:
    """Does nothing: the methods that a callback may have."""

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Before the first step of this session."""

    def on_step_end(self, trainer: "Trainer") -> None:
        """After each step. Called often: be quick."""

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """After each epoch, when the history has its row and the best weights are known."""

    def on_train_end(self, trainer: "Trainer") -> None:
        """After the last step of this session, unless training failed."""


class EarlyStop(Callback):
    """Stops when the validation accuracy has made no progress for `patience` epochs (Prechelt 1998)."""

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """Compare the last epoch with the best; as good as the best is no progress."""
        state = trainer.state
        accuracies = state.history["validation_accuracy"]
        if len(accuracies) - 1 - accuracies.index(max(accuracies)) >= self.patience:
            state.stop = f"no progress on the validation images for {self.patience} epochs"


class Checkpoint(Callback):
    """Writes the state to a file: after epochs at least `seconds` apart, and at the end.

    A run that is killed goes on from the last one. Nothing depends on when they were written. A state that has
    diverged is not written: the last good one stays.
    """

    def __init__(self, path: Path, facts: dict[str, Any], seconds: float = 5.0) -> None:
        self.path, self.facts, self.seconds = path, facts, seconds

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Start the clock."""
        self._saved = perf_counter()

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """Save, if the last one is old enough."""
        if perf_counter() - self._saved >= self.seconds:
            self._save(trainer)

    def on_train_end(self, trainer: "Trainer") -> None:
        """The last."""
        self._save(trainer)

    def _save(self, trainer: "Trainer") -> None:
        if not trainer.state.diverged:
            save_checkpoint(self.path, trainer.state, self.facts)
        self._saved = perf_counter()


class Interrupt(Callback):
    """Ctrl-C finishes the step and stops; a second Ctrl-C stops at once. Used as `with Interrupt() as callback`."""

    def __enter__(self) -> Self:
        self._before: Any = None
        return self

    def __exit__(self, *error: object) -> None:
        """Give the signal back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Take over the signal. Outside the main thread there is none to take over."""

        def interrupted(number: int, frame: FrameType | None) -> None:
            # What stopped the training already stays the reason: resuming must not go on behind it.
            trainer.state.stop = trainer.state.stop or INTERRUPTED
            signal.signal(signal.SIGINT, signal.default_int_handler)

        try:
            self._before = signal.signal(signal.SIGINT, interrupted)
        except ValueError:
            return
