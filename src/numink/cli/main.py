"""`numink`: the commands together, and what becomes of errors.

Exit status: 0 done, 2 for what the user can mend (one line says what), 1 for a fault of numink's own, 130 for Ctrl-C.
"""

import sys
from typing import Annotated

import typer

from numink import __version__
from numink.cli import check_gradients, data, predict, recipes, test, train
from numink.errors import NuminkError

app = typer.Typer(
    name="numink",
    help="Handwritten digits, recognised by neural networks written from scratch in NumPy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("train")(train.train)
app.command("test")(test.test)
app.command("predict")(predict.predict)
app.command("recipes")(recipes.recipes)
app.command("check-gradients")(check_gradients.check_gradients)
app.add_typer(data.app, name="data")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"numink {__version__}")
        raise typer.Exit


@app.callback()
def numink(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Train, test and use networks that read handwritten digits."""


def main() -> None:
    """The program: run the command, and end as the exit status above says."""
    try:
        app()
    except NuminkError as error:
        typer.secho(f"numink: {error}", fg="red", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.secho("numink: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:  # as when piped into head
        sys.stderr.close()
        sys.exit(141)
