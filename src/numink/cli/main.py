"""`numink`: the commands together, and what becomes of errors.

Exit status: 0 done, 2 for what the user can mend (one line says what), 1 for a fault of numink's own, 130 for Ctrl-C.
"""

import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TextIO

import typer

from numink import __version__
from numink.cli import (
    calibrate,
    check_gradients,
    compare,
    data,
    doctor,
    ensemble,
    explain,
    models,
    predict,
    read,
    recipes,
    test,
    train,
    tune,
)
from numink.errors import NuminkError

DONE, MENDABLE, CTRL_C, PIPE_CLOSED = 0, 2, 130, 141

# The parent of all errors in a command line, of which typer names this child alone.
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="numink",
    help="Handwritten digits, recognised by neural networks written from scratch in NumPy.",
    add_completion=False,
    rich_markup_mode=None,  # plain help in half the time
)
app.command("train", short_help="Train a network by a recipe.")(train.train)
app.command("test", short_help="Test a model on labelled images.")(test.test)
app.command("predict", short_help="Read digits with a model.")(predict.predict)
app.command("read", short_help="Read the numbers in photographs and scans.")(read.read)
app.command("calibrate", short_help="Find out how far a model may be trusted.")(calibrate.calibrate)
app.command("compare", short_help="Compare recipes, and say whether the difference is chance.")(compare.compare)
app.command("tune", short_help="Search for a better recipe around one.")(tune.tune)
app.command("doctor", short_help="Find out what is wrong with a run.")(doctor.doctor)
app.command("explain", short_help="Take one digit through a network, step by step.")(explain.explain)
app.command("ensemble", short_help="Make one model of several.")(ensemble.ensemble)
app.command("recipes", short_help="List the named recipes, or print one.")(recipes.recipes)
app.command("models", short_help="List the models that come with numink.")(models.models)
app.command("check-gradients", short_help="Compare all gradients with central differences.")(
    check_gradients.check_gradients
)
app.add_typer(data.app, name="data")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"numink {__version__}")
        raise typer.Exit


@app.callback()
def numink(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Train, test and use networks that read handwritten digits."""


def main() -> None:
    """The program: run the command, and end as the exit status above says."""
    sys.stdout, sys.stderr = _open(sys.stdout), _open(sys.stderr)
    sys.exit(run(sys.argv[1:]))


def _open(stream: TextIO | None) -> TextIO:
    """The stream; the null device where it was closed, as by >&- in a shell."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # what a terminal cannot show becomes a question mark
    return stream


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; the exit status. What is no error of the user's is raised."""
    try:
        with typer.main.get_command(app).make_context("numink", [*arguments] or ["--help"]) as context:
            context.command.invoke(context)
            sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    except (NuminkError, MemoryError) as error:
        return _tell(str(error) or "there is not enough memory for this; make the network or the batch smaller")
    except USAGE_ERROR as error:
        return _tell(_usage(error))
    except KeyboardInterrupt:
        return _tell("stopped", CTRL_C)
    except (BrokenPipeError, SystemExit):  # as when piped into head; the latter is rich's word for the former
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try to flush it again
        return PIPE_CLOSED
    except OSError as error:
        return _tell(f"{error.filename or 'the output'} cannot be read or written: {error.strerror or error}")
    return DONE


def _tell(line: str, status: int = MENDABLE) -> int:
    typer.secho(f"numink: {' '.join(line.splitlines())}", fg="red" if status == MENDABLE else None, err=True)
    return status


def _usage(error: Exception) -> str:
    message: str = error.format_message().rstrip(".")  # type: ignore[attr-defined]
    context: typer.Context | None = getattr(error, "ctx", None)
    if isinstance(error.__cause__, ValueError):  # newer typers ask pydantic, which does not say what came
        message, plain = re.subn(r"^Invalid value for (.+?): Input (should be .+?)(, unable .*)?$", r"\1 \2", message)
        if plain:
            message += f", came {error.__cause__.errors()[0]['input']}"  # type: ignore[attr-defined]
    message = message.replace("Value error, ", "")
    return f"{message[:1].lower()}{message[1:]}; see {context.command_path if context else 'numink'} --help"
