"""What one sees of a training: a live bar with a line for each epoch on a terminal, plain lines elsewhere."""

from math import isnan
from time import perf_counter
from typing import TYPE_CHECKING

from numink.training.callbacks import Callback

if TYPE_CHECKING:
    from rich.console import Console

    from numink.training.trainer import Trainer

MOST_LINES = 25  # of finished epochs above the bar; a full-batch training has many short ones
SECONDS_BETWEEN = 0.1


class Progress(Callback):
    """Loss, accuracy on training and validation images, images a second and the time left, to a rich console."""

    def __init__(self, console: "Console") -> None:
        self.console = console
        self.live = console.is_terminal

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Show the bar, or the heading of the plain lines."""
        state = trainer.state
        self._first_step, self._first_seconds, self._shown = state.steps, state.seconds, 0.0
        self._unit = "iteration" if trainer.steps_per_epoch == 1 else "epoch"
        lines = MOST_LINES if self.live else 50
        self._every = max(1, -(-trainer.epochs // lines))
        if trainer.steps_per_epoch == 1 and not self.live:
            self._every = min(self._every, 10)  # as the tutorials print
        if not self.live:
            return
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[facts]}"),
            console=self.console,
            transient=True,
        )
        self._task = self._bar.add_task("training", total=trainer.all_steps, completed=state.steps, facts="")
        self._bar.start()

    def on_step_end(self, trainer: "Trainer") -> None:
        """Move the bar, ten times a second at most."""
        if not self.live or perf_counter() - self._shown < SECONDS_BETWEEN or not trainer.state.seen:
            return
        self._shown = perf_counter()
        state = trainer.state
        left = (trainer.all_steps - state.steps) * self._seconds_a_step(trainer)
        facts = (
            f"loss {state.loss_sum / state.seen:.4f}  accuracy {state.right / state.seen:7.2%}  "
            f"{self._images_a_second(trainer):,.0f} images/s  {_clock(left)} left"
        )
        self._bar.update(
            self._task,
            completed=state.steps,
            description=f"{self._unit} {state.epoch + 1}/{trainer.epochs}",
            facts=facts,
        )

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """A line for this epoch, or for some where there are many."""
        state = trainer.state
        if state.epoch % self._every and state.steps < trainer.all_steps and state.epoch > 1:
            return
        last = {name: column[-1] for name, column in state.history.items()}
        seen = "" if isnan(last["validation_accuracy"]) else f"  validation {last['validation_accuracy']:7.2%}"
        self.console.print(
            f"{self._unit} {state.epoch:>{len(str(trainer.epochs))}}/{trainer.epochs}  loss {last['loss']:.4f}  "
            f"accuracy {last['accuracy']:7.2%}{seen}  {self._images_a_second(trainer):,.0f} images/s  "
            f"{last['seconds']:.1f} s",
            highlight=False,
        )

    def on_train_end(self, trainer: "Trainer") -> None:
        """Take the bar away."""
        if self.live:
            self._bar.stop()

    def _seconds_a_step(self, trainer: "Trainer") -> float:
        state = trainer.state
        return (state.seconds - self._first_seconds) / max(state.steps - self._first_step, 1)

    def _images_a_second(self, trainer: "Trainer") -> float:
        return trainer.batch_size / max(self._seconds_a_step(trainer), 1e-9)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"
