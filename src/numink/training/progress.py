"""What one sees of a training: a table that grows by a line for each epoch, and on a terminal a live bar below it."""

from math import isnan
from time import perf_counter
from typing import TYPE_CHECKING, Self

from numink.training.callbacks import Callback

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from numink.training.trainer import Trainer

MOST_LINES = {True: 25, False: 50}
"""Of finished epochs, on a terminal and elsewhere: a full-batch training has many short ones."""
TUTORIALS_LINES = 10
"""Elsewhere than on a terminal a full-batch training prints at least every tenth iteration, as the tutorials do."""
SECONDS_BETWEEN = 0.1


class Progress(Callback):
    """Loss, accuracy on training and validation images, images a second and the time left, to a rich console.

    Used as `with Progress(console, title) as callback`, so that the terminal is given back whatever happens.
    """

    def __init__(self, console: "Console", title: str) -> None:
        self.console, self.title = console, title
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Print the headings and show the bar."""
        state, live = trainer.state, self.console.is_terminal
        self._first_step, self._first_seconds, self._shown = state.steps, state.seconds, 0.0
        full_batch = trainer.steps_per_epoch == 1
        self._unit = "iteration" if full_batch else "epoch"
        self._width = max(len(self._unit), len(f"{trainer.epochs}/{trainer.epochs}"))
        self._every = max(1, -(-trainer.epochs // MOST_LINES[live]))
        if full_batch and not live:
            self._every = min(self._every, TUTORIALS_LINES)
        if state.steps >= trainer.all_steps or state.stop:
            return
        self._print(self.title)
        judged = f"{'validation':>12}" if len(trainer.validation) else ""
        self._print(f"{self._unit:>{self._width}}{'loss':>9}{'accuracy':>10}{judged}{'images/s':>12}{'seconds':>9}")
        if live:
            self._show_bar(trainer)

    def on_step_end(self, trainer: "Trainer") -> None:
        """Move the bar, ten times a second at most."""
        state = trainer.state
        if self._bar is None or perf_counter() - self._shown < SECONDS_BETWEEN or not state.seen:
            return
        self._shown = perf_counter()
        left = (trainer.all_steps - state.steps) * self._seconds_a_step(trainer)
        self._bar.update(
            self._bar.task_ids[0],
            completed=state.steps,
            description=self._place(trainer, state.epoch + 1),
            facts=f"loss {_loss(state.loss_sum / state.seen)}  accuracy {state.right / state.seen:.2%}  "
            f"{_thousands(self._images_a_second(trainer))} images/s  {_clock(left)} left",
        )

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """A line for this epoch, or for some where there are many."""
        state = trainer.state
        if state.epoch % self._every and state.steps < trainer.all_steps and state.epoch > 1 and not state.stop:
            return
        last = {name: column[-1] for name, column in state.history.items()}
        judged = "" if isnan(last["validation_accuracy"]) else f"{last['validation_accuracy']:>12.2%}"
        self._print(
            f"{self._place(trainer, state.epoch)}{_loss(last['loss']):>9}{last['accuracy']:>10.2%}{judged}"
            f"{self._images_a_second(trainer):>12,.0f}{last['seconds']:>9.1f}"
        )

    def on_train_end(self, trainer: "Trainer") -> None:
        """Take the bar away."""
        self.__exit__()

    def _place(self, trainer: "Trainer", epoch: int) -> str:
        return f"{f'{epoch}/{trainer.epochs}':>{self._width}}"

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _show_bar(self, trainer: "Trainer") -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(self._bar_width(), complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[facts]}"),
            console=self.console,
            transient=True,
        )
        self._bar.add_task("training", total=trainer.all_steps, completed=trainer.state.steps, facts="")
        self._bar.start()

    def _bar_width(self) -> int:
        facts = len("loss 0.1234  accuracy 100.00%  1,234k images/s  12:34 left")
        # Two columns stay free, for the ^C that a terminal writes: a line that it breaks could not be taken away.
        return min(24, max(4, self.console.width - 2 - self._width - 2 - facts))

    def _seconds_a_step(self, trainer: "Trainer") -> float:
        state = trainer.state
        return (state.seconds - self._first_seconds) / max(state.steps - self._first_step, 1)

    def _images_a_second(self, trainer: "Trainer") -> float:
        return trainer.batch_size / max(self._seconds_a_step(trainer), 1e-9)


def _loss(loss: float) -> str:
    return f"{loss:.4f}" if loss < 1000 else f"{loss:.2e}"  # one that explodes must not break the table


def _thousands(number: float) -> str:
    return f"{number / 1000:,.0f}k" if number >= 10_000 else f"{number:,.0f}"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"
