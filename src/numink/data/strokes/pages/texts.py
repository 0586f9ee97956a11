"""What people write on pages: numbers of the kinds that stand together in lists, tables and forms."""

from collections.abc import Sequence

import numpy as np

from numink.data.strokes.pages.wanted import one_line
from numink.errors import DataError

DIGITS = "0123456789"
CHARACTERS = DIGITS + ".,+-"
MOST_CHARACTERS = 2000
"""On one page; some 1500 digits of 20 px fill one of 1200 x 1600."""

KINDS = ("digits", "counts", "codes", "amounts", "measurements", "mixed")


def draw_text(rng: np.random.Generator, kind: str, mark: str) -> str:
    """A number of one of the KINDS, with `mark` ("." or ",") before its decimals."""
    if kind == "mixed":
        kind = KINDS[rng.integers(len(KINDS) - 1)]
    if kind == "digits":
        return _digits(rng, 1)
    if kind == "counts":
        return str(int(10 ** rng.uniform(0, 3.3)))
    if kind == "codes":
        return _digits(rng, int(rng.integers(4, 9)))
    if kind == "amounts":
        return f"{int(10 ** rng.uniform(0, 3.2))}{mark}{_digits(rng, 2)}"
    sign = ("-", "+", "", "", "")[rng.integers(5)]
    return f"{sign}{int(10 ** rng.uniform(0, 2))}" + (f"{mark}{_digits(rng, 1)}" if rng.random() < 0.7 else "")


def draw_texts(rng: np.random.Generator, rows: int, columns: int, ragged: bool) -> list[list[str]]:
    """Rows of numbers of one kind; where `ragged`, rows may be shorter than `columns`, and otherwise cells empty."""
    kind, mark = KINDS[rng.integers(len(KINDS))], ".,"[rng.integers(2)]
    texts = [[draw_text(rng, kind, mark) for _ in range(columns)] for _ in range(rows)]
    if ragged:
        return [row[: rng.integers(1, columns + 1)] for row in texts]
    empty = rng.random((rows, columns)) < rng.choice([0, 0, 0.15])
    empty[0, 0] = False
    return [["" if gone else text for text, gone in zip(*row, strict=True)] for row in zip(texts, empty, strict=True)]


def checked_texts(texts: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows as lists; DataError, one line, for what is no text of numbers."""
    if not isinstance(texts, Sequence) or any(isinstance(row, str) or not isinstance(row, Sequence) for row in texts):
        raise DataError(f'expected rows of texts, such as [["12", "3.5"], ["7"]], came {one_line(texts)}')
    rows = [list(row) for row in texts]
    for text in (text for row in rows for text in row):
        if not isinstance(text, str) or not set(text) <= set(CHARACTERS) or (text and not set(text) & set(DIGITS)):
            raise DataError(
                f"a page's numbers have digits and . , + - alone, came {one_line(text)}: leave the rest out"
            )
    count = sum(len(text) for row in rows for text in row)
    if not 0 < count <= MOST_CHARACTERS:
        raise DataError(
            f"a page takes 1 to {MOST_CHARACTERS} characters of text, came {count}: give fewer or more rows"
        )
    return rows


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(map(str, rng.integers(10, size=count)))
