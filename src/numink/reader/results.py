"""What was read: numbers with their digits and boxes, what was no number, and which files could not be read."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

from numink.reader.pictures import Failure
from numink.reader.table import Table

Box = tuple[int, int, int, int]
"""x, y, width, height in whole pixels of the upright picture, x to the right and y down from its upper left corner."""


@dataclass(frozen=True)
class Digit:
    """One digit. confidence: the probability that it is this one. alternatives: all others (digit, probability),
    the likeliest first.
    """

    digit: int
    box: Box
    confidence: float
    alternatives: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Number:
    """A number: its text, such as "-3.5", and the line of writing that it stands in, counted from 0.

    confidence: the probability, 0 to 1, that all of the text is right. accepted: whether it may be taken without a
    look. digits: one for each digit of the text; signs and decimal marks have none.
    """

    text: str
    row: int
    box: Box
    confidence: float
    accepted: bool
    digits: tuple[Digit, ...]


@dataclass(frozen=True)
class Rejected:
    """Ink that is no number, and why."""

    box: Box
    reason: str


class _Numbers(Sequence[Number]):
    """A sequence of the numbers that were read, in reading order."""

    numbers: tuple[Number, ...]

    def _told(self) -> str:
        """How many numbers there are, in words."""
        doubtful = sum(not number.accepted for number in self)
        return f"{len(self):,} numbers" + (f", {doubtful:,} doubtful" if doubtful else "")

    @overload
    def __getitem__(self, index: int) -> Number: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Number]: ...
    def __getitem__(self, index: int | slice) -> Number | Sequence[Number]:
        return self.numbers[index]

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Number]:
        return iter(self.numbers)


@dataclass(frozen=True)
class PageReading(_Numbers):
    """What was read in one picture. page counts from 0 within its file; width and height are in pixels, upright.

    As a sequence it is its numbers in reading order: rows from the top, in each from the left; printed it is its text.
    table: where they stand in columns, how many `rows` and `columns` there are, and in `cells` the (row, column) of
    each number, in the order of `numbers`; None where they are no table. What programs read counts from 0: pages, rows
    and columns; what is said to people counts pages from 1.
    """

    file: str
    page: int
    width: int
    height: int
    numbers: tuple[Number, ...]
    rejected: tuple[Rejected, ...]
    table: Table | None = None

    @property
    def text(self) -> str:
        """The numbers, a line for each row, parted by blanks."""
        rows: dict[int, list[str]] = {}
        for number in self.numbers:
            rows.setdefault(number.row, []).append(number.text)
        return "\n".join(" ".join(rows[row]) for row in sorted(rows))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<PageReading {self.file!r}, page {self.page}: {self._told()}, {len(self.rejected):,} shapes rejected>"

    def to_json(self) -> dict[str, Any]:
        """As `numink read --json` prints it: dicts, lists, strings and numbers."""
        found: dict[str, Any] = _listed(asdict(self))
        return found


@dataclass(frozen=True)
class Reading(_Numbers):
    """What was read in all pictures: a sequence of their numbers, page after page, each in reading order.

    >>> reading = Reading((PageReading("a.png", 0, 9, 9, (Number("12", 0, (0, 0, 9, 9), 1.0, True, ()),), ()),), ())
    >>> reading[0].text, len(reading), reading.to_json()["failed"]
    ('12', 1, [])
    >>> reading
    <Reading of 1 pictures, 0 failed: 1 numbers>
    >>> print(reading)
    12
    """

    pages: tuple[PageReading, ...]
    failed: tuple[Failure, ...]

    @property
    def numbers(self) -> tuple[Number, ...]:  # type: ignore[override]
        """All numbers, in reading order."""
        return tuple(number for page in self.pages for number in page.numbers)

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """What was no number, of all pages."""
        return tuple(other for page in self.pages for other in page.rejected)

    @property
    def text(self) -> str:
        """The numbers, a line for each row of each page."""
        return "\n".join(page.text for page in self.pages if page.numbers)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Reading of {len(self.pages):,} pictures, {len(self.failed):,} failed: {self._told()}>"

    def to_json(self) -> dict[str, Any]:
        """As `numink read --json` prints it: {"images": [...], "failed": [...]}, of `PageReading` and `Failure`."""
        return {"images": [page.to_json() for page in self.pages], "failed": [asdict(one) for one in self.failed]}


def _listed(value: Any) -> Any:
    """The same with lists instead of tuples, as JSON gives it back."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
