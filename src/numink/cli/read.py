"""`numink read`."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from numink.cli.console import MODELS, AsJson, Bar, messages, print_json, program
from numink.cli.read_files import Job, Read, Wishes, read_files, reader_of, shared_out
from numink.errors import DataError
from numink.files import require_folder

PAGES_WORTH_A_PROCESS, SINGLES_WORTH_A_PROCESS = 3, 400
"""So many make up for the second in which a process begins."""

MOST_TOLD = 20
"""Files that failed, of which each has a line."""


def read(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", readable=False, help="Pictures and PDFs, and folders of these.")
    ],
    single: Annotated[bool, typer.Option("--single", help="Each picture holds one digit.")] = False,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help=f"{MODELS} By default cnn-best.")] = None,
    max_error_rate: Annotated[
        float | None,
        typer.Option(
            metavar="R",
            help="Accept as many numbers as can be while at most this share of them is wrong, such as 0.05; "
            "the others are marked as doubtful.",
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool,
        typer.Option("--csv", help="Print rows and columns where every page is a table, or else one row a number."),
    ] = False,
    as_table: Annotated[
        bool | None,
        typer.Option("--table/--no-table", help="With --csv: rows and columns as they stand, or one row a number."),
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each picture with what was read in it.")
    ] = None,
    explain: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page for each picture: how each number was read.")
    ] = None,
    save_doubtful: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the doubtful digits, to be sorted by hand and learned from."),
    ] = None,
    max_megapixels: Annotated[
        float | None, typer.Option(metavar="N", min=0.001, max=1e6, help="Larger pictures are refused; 100 by default.")
    ] = None,
    max_pages: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Of a file, so many pages are read; 500 by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes; by default as many as are worth their start.")
    ] = None,
) -> None:
    """Read the numbers in photographs, scans and drawings."""
    from numink.cli.read_text import closing_line, csv_text, print_pages, print_singles, printable
    from numink.reader.results import Reading

    if as_json and as_csv:
        raise DataError("--json and --csv print the same numbers in two ways; give one of them")
    if as_table is not None and not as_csv:
        raise DataError("--table and --no-table say how --csv prints; give --csv as well")
    wishes = Wishes(model, single, max_error_rate, max_megapixels, max_pages, annotate, explain, save_doubtful)
    for folder in filter(None, (annotate, explain, save_doubtful)):  # what cannot be written is told before any work
        require_folder(folder)
    done = _read(images, wishes, workers)
    reading = Reading(tuple(done.pages), tuple(dict.fromkeys(done.failed)))
    console = messages()
    if as_json:
        print_json(reading.to_json())
    elif as_csv:
        text, why = csv_text(reading.pages, as_table)
        typer.echo(text, nl=False)
        console.print(why, markup=False)
    else:
        (print_singles if single else print_pages)(reading.pages)
    _complain([f"{printable(one.file)}: {one.reason}" for one in reading.failed], MOST_TOLD, "read; --json lists all")
    _complain(done.unwritten, 1, "written")
    if reading.pages:
        console.print(closing_line(reading), markup=False)
    for line in _what_next(wishes, done):
        console.print(line, markup=False, soft_wrap=True)
    if reading.failed or done.unwritten:
        raise typer.Exit(2)


def _complain(lines: Sequence[str], most: int, what: str) -> None:
    """A line for each of the first `most` of these, and one for the others."""
    more = [f"{len(lines) - most:,} more could not be {what}"] if len(lines) > most else []
    for line in [*lines[:most], *more]:
        messages().print(f"numink: {line}", style="red", markup=False, soft_wrap=True)


def _what_next(wishes: Wishes, done: Read) -> Iterator[str]:
    """Where what was written is, and what helps with what is doubtful."""
    if wishes.annotate is not None and wishes.annotate.is_dir():
        yield f"Pictures with their readings: {wishes.annotate}"
    if wishes.explain is not None and wishes.explain.is_dir():
        yield f"How each was read: {wishes.explain}"
    doubtful = any(not number.accepted for page in done.pages for number in page.numbers)
    if wishes.save_doubtful is None:
        if doubtful and wishes.annotate is None and wishes.explain is None:
            yield "Look at the doubtful ones with --annotate DIR, or --explain DIR; sort them with --save-doubtful DIR."
    elif not done.saved:
        why = "they were saved before" if doubtful else "no number was doubtful"
        yield f"No new doubtful digits for {wishes.save_doubtful}: {why}."
    else:
        from numink.evaluate.page import counted
        from numink.reader.doubtful import write_readme

        write_readme(wishes.save_doubtful, program(), wishes.model or "cnn-best")
        found = counted(done.saved, "digit")
        yield f"{found} to sort by hand, and how a network learns from them: {wishes.save_doubtful / 'README.txt'}"


def _require_elsewhere(folder: Path | None, files: Sequence[Path]) -> None:
    """What is written is called like the pictures, and must neither replace them nor be read with them next time."""
    if folder is None:
        return
    links = {os.path.realpath(file.parent) for file in files}  # realpath bears links that lead in a circle
    if os.path.realpath(folder) in links | {str(Path(os.path.realpath(file)).parent) for file in files}:
        raise DataError(f"{folder} holds pictures that are read; name another folder to write into")


def _read(places: Sequence[Path], wishes: Wishes, workers: int | None) -> Read:
    """Read all files, in other processes where these are worth it; the pages are in the files' order."""
    from numink.crew import processors
    from numink.reader.load import find_files
    from numink.reader.pictures import Failure

    found = find_files(places)
    files = [one for one in found if not isinstance(one, Failure)]
    for folder in (wishes.annotate, wishes.save_doubtful):
        _require_elsewhere(folder, files)
    reader_of(wishes)  # what is wrong with a wish is told before any work
    shares = shared_out(files, wishes)
    count = sum(share.count for share in shares)
    worth = count // (SINGLES_WORTH_A_PROCESS if wishes.single else PAGES_WORTH_A_PROCESS)
    processes = min(workers or max(min(worth, processors()), 1), max(len(shares), 1))
    size = -(-len(shares) // (4 * processes)) if wishes.single and shares else 1
    jobs = [Job(tuple(shares[first : first + size]), wishes) for first in range(0, len(shares), size)]
    whole = Read(failed=[one for one in found if isinstance(one, Failure)])
    for part in _done(jobs, processes, count):
        whole.add(part)
    return whole


def _done(jobs: Sequence[Job], processes: int, count: int) -> list[Read]:
    """What came of each job, under a bar where there are several pictures."""
    done, ended = [0] * len(jobs), dict[int, Read]()
    with Bar(messages()) as bar:

        def heard(place: int, pictures_done: int) -> None:
            done[place] = pictures_done
            if count > 1:
                bar.move(sum(done) / count, f"{sum(done):,} of {count:,} pictures")

        if processes > 1:
            from numink.understand.side_by_side import Failure, side_by_side

            with closing(side_by_side(read_files, jobs, processes, heard)) as results:
                for place, result in results:
                    ended[place] = _lost(jobs[place], result.line) if isinstance(result, Failure) else result
        else:
            for place, job in enumerate(jobs):
                ended[place] = read_files(job, partial(heard, place))
    return [ended[place] for place in range(len(jobs))]


def _lost(job: Job, reason: str) -> Read:
    """What came of a job whose process did not end well."""
    from numink.reader.pictures import Failure

    return Read(failed=[Failure(str(share.file), reason) for share in job.shares])
