"""`numink doctor`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import AsJson, messages, print_json, reading, results, table

if TYPE_CHECKING:
    from rich.console import Console

    from numink.understand.doctor.examine import Examination

HEADING = 10
"""How wide the headings of lines are."""


def doctor(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, as numink train writes it.")],
    as_json: AsJson = False,
) -> None:
    """Examine a run: what is wrong, with the figure that shows it, why it hurts, and what to change.

    numink train says what goes wrong in the training itself; only this looks at the data, too: classes that are
    missing, copies, labels, ink and paper exchanged. It takes a few seconds.
    """
    from numink.understand.doctor.examine import doctor as examine

    with reading(messages()) as progress:
        examination = examine(run, progress)
    if as_json:
        print_json(examination.to_json())
    else:
        _tell(examination, results())


def _tell(examination: "Examination", console: "Console") -> None:
    causes = [finding for finding in examination.findings if not finding.after]
    colour = {True: "green", None: "yellow", False: "red"}[examination.healthy]
    console.print(f"{examination.run}: {examination.verdict}", style=f"bold {colour}", markup=False)
    for finding in causes:
        console.print(f"\n{finding.name}", style="bold")
        for what, clause in (("seen", finding.seen), ("hurts", finding.why), ("change", finding.change)):
            _item(console, what, clause)
    if after := [finding for finding in examination.findings if finding.after]:
        console.print("\nprobably a consequence", style="bold")
        for finding in after:
            _item(console, "also", f"{finding.name}: {finding.seen} (after: {finding.after})")
    console.print("\nlooked at", style="bold")
    _figures(examination.figures, examination.ended, console)
    if examination.layers:
        listed = table("  layer", "gradient", "activation", "dead", "saturated", numbers_from=1)
        for layer in examination.layers:
            shares = ("" if share is None else f"{share:.0%}" for share in (layer.dead, layer.saturated))
            listed.add_row(f"  {layer.name}", f"{layer.gradient:.2g}", layer.activation, *shares)
        console.print(listed, soft_wrap=False)
    for line in examination.unseen:
        _item(console, "not", line)


def _figures(figures: "dict[str, float]", ended: str, console: "Console") -> None:
    if "steps" in figures:
        stood = f"; stopped by itself: {ended}" if ended else ", as the last checkpoint has it"
        taken, all_steps = figures["steps"], figures["all steps"]
        _item(console, "steps", f"{taken:,} of {all_steps:,}{stood if taken < all_steps else ''}")
        _item(console, "loss", f"{figures['first loss']:.3g} at first, {figures['last loss']:.3g} at last")
    parts = [name for name in ("training", "validation", "test") if f"{name} accuracy" in figures]
    if parts:
        told = (f"{name} {figures[f'{name} accuracy']:.1%} of {figures[f'{name} images']:,}" for name in parts)
        _item(console, "accuracy", f"{', '.join(told)} images")
        _item(console, "", "(by the weights that are kept; the layers, by the last)")
    elif "accuracy" in figures:
        _item(console, "accuracy", f"{figures['accuracy']:.1%} after the last epoch")


def _item(console: "Console", what: str, text: str) -> None:
    """A line with its heading; on a terminal, where it is broken, with its lines below each other."""
    from rich.table import Table
    from rich.text import Text

    if not console.is_terminal:
        console.print(f"  {what:<{HEADING}}{text}", markup=False)
        return
    line = Table.grid()
    line.add_column(width=2 + HEADING)
    line.add_column()
    line.add_row(f"  {what}", Text(text))
    console.print(line, soft_wrap=False)
