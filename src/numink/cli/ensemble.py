"""`numink ensemble`."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from numink.cli.console import MODELS, program


def ensemble(
    members: Annotated[list[str], typer.Argument(metavar="MODEL...", help=MODELS)],
    output: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it, such as ensemble.safetensors.")],
) -> None:
    """Make one model of several, whose probabilities are averaged: of other seeds, or of other recipes."""
    from numink import models
    from numink.ensemble import Ensemble
    from numink.model_file import load_model

    made = Ensemble([load_model(member) for member in members])
    made.save(output)
    typer.echo(f"Wrote {len(made.members)} models with {made.parameters:,} parameters in all to {output}")
    typer.echo(f"\nTry next:\n  {program()} test {quote(models.as_argument(output))}")
