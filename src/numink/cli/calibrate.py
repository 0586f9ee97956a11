"""`numink calibrate`."""

from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from numink.cli.console import AsJson, Bar, messages, print_json, reading, results
from numink.errors import DataError
from numink.files import require_folder

if TYPE_CHECKING:
    from rich.console import Console

    from numink.model import Predictor
    from numink.reader.calibrate import Outcome
    from numink.reader.reader import Reader
    from numink.understand.side_by_side import Say

PAGES, FEWEST = 600, 10
OF_PAGES = 0.95
"""How much of the time pages take; single digits take the rest."""
RATES = (0.002, 0.005, 0.01, 0.02, 0.05)
"""Largest error rates of which it is told how much they accept."""


def calibrate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's file or a run's folder.")],
    pages: Annotated[int, typer.Option(metavar="N", help="Pages to read; more allow for smaller error rates.")] = PAGES,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes; by default one a processor.")] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; by default in place of MODEL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find out how far a model may be trusted as a reader, and write that into its file: its temperature, and what
    numink read --max-error-rate may promise. It takes a second or two for each page and processor."""
    from numink.crew import processors
    from numink.evaluate.page import listed, percent
    from numink.model_file import load_model
    from numink.reader.read import make_reader

    make_reader(model)  # says in one line what is missing, before anything is drawn
    from numink.reader.confidence import trust_in

    place = output or _place(model)
    require_folder(place.parent)  # rather than after all the work
    if pages < FEWEST or (workers is not None and workers < 1):
        raise DataError(f"a calibration takes {FEWEST} pages or more and 1 process or more")
    console = messages()
    made = calibrated(load_model(model), pages, workers or processors(), console)
    made.save(place)
    trust = trust_in(made)
    assert trust.pages is not None
    assert trust.singles is not None
    facts: dict[str, Any] = {
        "model": str(place),
        "temperature": made.members[0].recipe.use.temperature,
        "numbers": trust.pages.accepted[-1],
        "wrong": trust.pages.wrong[-1],
        "least_error_rate": trust.pages.least_rate(),
        "least_error_rate_single": trust.singles.least_rate(),
        "accepted_at": {f"{rate:g}": round(trust.pages.accepted_at(rate), 4) for rate in RATES},
    }
    if as_json:
        print_json(facts)
        return
    accepts = [f"{percent(share, 0)} at {rate}" for rate, share in facts["accepted_at"].items() if share]
    told = f" (it accepts {listed(accepts)})" if accepts else ""
    results().print(
        f"{place}: temperature {facts['temperature']:g}; of {facts['numbers']:,} numbers that it read, "
        f"{facts['wrong']:,} were wrong.\nnumink read --max-error-rate may ask for {facts['least_error_rate']:g} and "
        f"more on pages{told}, and with --single for {facts['least_error_rate_single']:g} and more.",
        markup=False,
    )


def calibrated(model: "Predictor", pages: int, workers: int, console: "Console") -> "Predictor":
    """The model with its temperature (of one network alone) and with what may be promised of it as a reader."""
    from tempfile import TemporaryDirectory

    from numink.errors import RunError
    from numink.model import Model
    from numink.reader.calibrate import FIRST_PAGE, single_outcomes, trust_from, unseen_digits, with_temperature
    from numink.understand.side_by_side import Failure, side_by_side

    with reading(console) as progress:
        parts = unseen_digits(model, progress)
    if isinstance(model, Model):
        model = with_temperature(model, parts)
    model.facts.pop("reading", None)
    outcomes: list[Sequence[Outcome]] = [()] * pages
    with TemporaryDirectory(prefix="numink-") as folder, Bar(console) as bar:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        jobs = [(str(path), FIRST_PAGE + page) for page in range(pages)]
        with closing(side_by_side(_read_page, jobs, workers)) as ended:
            for done, (page, found) in enumerate(ended, 1):
                if isinstance(found, Failure):
                    raise RunError(f"the page of seed {FIRST_PAGE + page} could not be read: {found.line}")
                outcomes[page] = found
                bar.move(OF_PAGES * done / pages, f"page {done} of {pages}")

        def digits_read(done: int, total: int) -> None:
            bar.move(OF_PAGES + (1 - OF_PAGES) * done / total, f"digit {done:,} of {total:,}")

        model.facts["reading"] = trust_from(outcomes, *single_outcomes(model, parts, digits_read)).facts(model)
    return model


def _read_page(job: tuple[str, int], say: "Say") -> "Sequence[Outcome]":
    from numink.reader.calibrate import page_outcomes

    path, seed = job
    return page_outcomes(_reader(path), seed)


@cache
def _reader(path: str) -> "Reader":
    from numink.reader.reader import Reader

    return Reader(Path(path))


def _place(model: str) -> Path:
    """The file of a model that may be written over."""
    from numink import models

    if model in models.names():
        raise DataError(f"{model} comes with numink and stays as it is; --output FILE writes a calibrated copy")
    path = Path(model)
    return path / "model.safetensors" if path.is_dir() else path
