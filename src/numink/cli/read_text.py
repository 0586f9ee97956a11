"""What `numink read` prints: for people, as CSV, and what it came to."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from numink.cli.console import results

if TYPE_CHECKING:
    from rich.text import Text

    from numink.reader.results import Number, PageReading, Reading

DOUBTFUL = "?"
"""Stands behind a number that was not accepted."""

HEADINGS = ("file", "page", "row", "column", "text", "confidence", "accepted", "x", "y", "width", "height")


def marked(number: "Number") -> str:
    """The text of a number, with a mark where a person should look."""
    return number.text if number.accepted else number.text + DOUBTFUL


def printable(name: str) -> str:
    """A file's name on one line of a terminal, whatever it holds."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def print_pages(pages: "Sequence[PageReading]") -> None:
    """Each picture's name, and below it its rows of numbers as they stand."""
    console = results()
    several = {page.file for page in pages if page.page}
    for place, page in enumerate(pages):
        if place:
            console.print()
        name = printable(page.file)
        if page.file in several:
            name += f", page {page.page + 1}"
        console.print(name, style="bold", markup=False, soft_wrap=True)
        for line in _lines(page):
            console.print(line, soft_wrap=True)
        if not page.numbers:
            console.print("  no numbers", style="dim")


def print_singles(pages: "Sequence[PageReading]") -> None:
    """A line for each picture: its digit, how sure that is, and the picture's name."""
    from rich.text import Text

    from numink.evaluate.page import sure

    console = results()
    console.print(f"digit  {'sure':>8}  picture", style="bold")
    for page in pages:
        digit, confidence = Text("-"), ""
        if page.numbers:
            digit, confidence = _coloured(marked(page.numbers[0])), sure(page.numbers[0].confidence)
        digit.align("left", 5)
        console.print(digit + Text(f"  {confidence:>8}  {printable(page.file)}"), soft_wrap=True)


def _lines(page: "PageReading") -> "list[Text]":
    """The rows of a page, the columns of a table below each other; empty rows are left out."""

    texts = [marked(number) for number in page.numbers]
    if page.table is None:
        return [_line(row) for row in _written_rows(page, texts)]
    columns = zip(*[row for row in page.table.filled(texts) if any(row)], strict=True)
    return [_line(row) for row in zip(*map(_flush_right, columns), strict=True)]


def _line(cells: "Iterable[str]") -> "Text":
    from rich.text import Text

    line = Text("  ") + Text("  ").join(_coloured(cell) for cell in cells)
    line.rstrip()
    return line


def _flush_right(cells: Sequence[str]) -> list[str]:
    """A column's cells of one width, digits below digits though some are marked.

    >>> _flush_right(["128", "41?", ""])
    ['128 ', ' 41?', '    ']
    """
    if any(DOUBTFUL in cell for cell in cells):
        cells = [cell if cell.endswith(DOUBTFUL) else f"{cell} " for cell in cells]
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells]


def _written_rows(page: "PageReading", texts: Sequence[str]) -> list[list[str]]:
    rows: dict[int, list[str]] = {}
    for number, text in zip(page.numbers, texts, strict=True):
        rows.setdefault(number.row, []).append(text)
    return [rows[row] for row in sorted(rows)]


def _coloured(text: str) -> "Text":
    from rich.text import Text

    return Text(text, "yellow" if DOUBTFUL in text else "")


def csv_text(pages: "Sequence[PageReading]", as_table: bool | None) -> tuple[str, str]:
    """The CSV, and a line that says which of the two forms it has. as_table None: by what the pages are."""
    tables = [page for page in pages if page.table is not None]
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if as_table or (as_table is None and tables and len(tables) == len(pages)):
        for page in pages:
            before = [page.file, page.page] if len(pages) > 1 else []
            writer.writerows([*before, *row] for row in _cells(page))
        what = "rows and columns as they stand" if tables else "rows as they stand: no lines and no columns were found"
        return out.getvalue(), f"CSV: {what}; --no-table prints one row a number."
    writer.writerow(HEADINGS)
    for page in pages:
        writer.writerows(_csv_rows(page))
    return out.getvalue(), "CSV: one row a number" + ("; --table prints rows and columns." if tables else ".")


def _cells(page: "PageReading") -> list[list[str]]:
    texts = [marked(number) for number in page.numbers]
    return page.table.filled(texts) if page.table is not None else _written_rows(page, texts)


def _csv_rows(page: "PageReading") -> "Iterator[list[object]]":
    """A number a row; where the page is no table, its columns are counted along each row."""
    along: Counter[int] = Counter()
    for place, number in enumerate(page.numbers):
        row, column = page.table.cells[place] if page.table else (number.row, along[number.row])
        along[number.row] += 1
        sure = f"{number.confidence:.4f}", str(number.accepted).lower()
        yield [page.file, page.page, row, column, number.text, *sure, *number.box]


def closing_line(reading: "Reading") -> str:
    """What all came to, in one line."""
    from numink.evaluate.page import counted

    doubtful = sum(not number.accepted for number in reading.numbers)
    parts = [f"{counted(len(reading.pages), 'picture')}: {counted(len(reading.numbers), 'number')}"]
    if doubtful:
        parts.append(f"{doubtful:,} doubtful (marked {DOUBTFUL})")
    if reading.rejected:
        parts.append(f"{counted(len(reading.rejected), 'shape')} rejected")
    if reading.failed:
        parts.append(f"{counted(len({one.file for one in reading.failed}), 'file')} failed")
    return ", ".join(parts) + "."
