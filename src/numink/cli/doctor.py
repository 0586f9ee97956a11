"""`numink doctor`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import AsJson, messages, print_json, reading, results, table

if TYPE_CHECKING:
    from rich.console import Console

    from numink.understand.doctor import Examination


def doctor(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, as numink train writes it.")],
    as_json: AsJson = False,
) -> None:
    """Examine a run: what is wrong, with the figure that shows it, why it hurts, and what to change."""
    from numink.understand.doctor import doctor as examine

    with reading(messages()) as progress:
        examination = examine(run, progress)
    if as_json:
        print_json(examination.to_json())
    else:
        _tell(examination, results())


def _tell(examination: "Examination", console: "Console") -> None:
    causes = [finding for finding in examination.findings if not finding.after]
    after = [finding for finding in examination.findings if finding.after]
    if examination.healthy:
        console.print(f"{examination.run}: [bold green]healthy[/], nothing found")
    for finding in causes:
        console.print(f"[bold red]{finding.name}[/]: {finding.seen}.")
        console.print(f"  why it hurts    {finding.why}")
        console.print(f"  what to change  {finding.change}")
    if after:
        console.print("\nProbably a consequence:")
    for finding in after:
        console.print(f"  {finding.name}: {finding.seen} (after {finding.after})")
    console.print("\nWhat was looked at:")
    for name, value in examination.figures.items():
        console.print(f"  {name:<22}{value:.4g}")
    if examination.layers:
        listed = table("layer", "gradient", "activation", "dead", "saturated", numbers_from=1)
        for layer in examination.layers:
            shares = ("" if share is None else f"{share:.0%}" for share in (layer.dead, layer.saturated))
            listed.add_row(layer.name, f"{layer.gradient:.2g}", layer.activation, *shares)
        console.print(listed, soft_wrap=False)
    for line in examination.unseen:
        console.print(f"Not looked at: {line}", markup=False)
