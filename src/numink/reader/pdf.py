"""The pages of a PDF as pictures, through pypdfium2: scans at their own resolution, all else at 300 dots an inch."""

from collections.abc import Iterator
from contextlib import closing
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from numink.data.picture import NotReadableError
from numink.reader.pictures import LONGEST_PX, MOST_WORKED_ON, Failure, Limits, Picture

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

USUAL_DPI = 300
_POINTS = 72  # to the inch
_SCAN = 0.5  # of a page's area, that an image covers at least: then the page is a scan, with writing over it at most
_ROUNDING = 1e-5  # pdfium's bounds are no more exact, and pypdfium2 rounds sizes up
_WRONG_PASSWORD, _UNKNOWN_LOCK = 4, 5  # pdfium's numbers of what went wrong


def count(path: Path, limits: Limits) -> int:
    """How many pages a PDF has; one more than the limit stands for all beyond it. Raises as `pages` does."""
    with closing(_opened(path)) as document:
        return min(len(document), limits.pages + 1)


def pages(path: Path, limits: Limits, wanted: range) -> Iterator[Picture | Failure]:
    """The wanted ones of its pages, drawn on white with their annotations. NotReadableError where there are none."""
    with closing(_opened(path)) as document:
        for number in range(wanted.start, min(wanted.stop, len(document))):
            if number == limits.pages:
                yield Failure(str(path), limits.too_many_pages())
                return
            try:
                yield _drawn(str(path), number, document, limits)
            except (NotReadableError, RuntimeError, ValueError) as error:  # pdfium's are RuntimeErrors
                yield Failure(str(path), f"page {number + 1}: {error}")


def _opened(path: Path) -> "PdfDocument":
    try:
        from pypdfium2 import PdfDocument, PdfiumError
    except ImportError as error:
        raise NotReadableError('a PDF, which pypdfium2 reads: pip install "numink[read]"') from error
    try:
        document = PdfDocument(path)
        document.init_forms()
    except PdfiumError as error:
        if error.err_code in (_WRONG_PASSWORD, _UNKNOWN_LOCK):
            raise NotReadableError("a PDF with a password; save a copy without one") from error
        raise NotReadableError("a damaged PDF; copy it again or print it into a new one") from error
    return document


def _drawn(name: str, number: int, document: "PdfDocument", limits: Limits) -> Picture:
    page = document[number]
    try:
        width, height = page.get_size()  # points
        dots = min(_dots(page, width * height, limits), LONGEST_PX / max(width, height, 1))
        bitmap = page.render(dots, rev_byteorder=True, draw_annots=True)
        try:
            image = np.array(bitmap.to_numpy())
        finally:
            bitmap.close()
    finally:
        page.close()
    return Picture(name, number, image, image.shape[1], image.shape[0])


def _dots(page: "PdfPage", area: float, limits: Limits) -> float:
    """Pixels for one point: as many as its largest image has where that is the page, and no more than are worked on."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    dots = USUAL_DPI / _POINTS
    largest = 0.0
    for image in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3):
        wide, high = image.get_px_size()
        limits.require(wide * high)  # pdfium decodes it whole
        left, bottom, right, top = image.get_bounds()
        covered = max(0.0, right - left) * max(0.0, top - bottom)
        if covered > max(largest, _SCAN * area):
            largest, dots = covered, sqrt(wide * high / covered)
    return min(dots, sqrt(MOST_WORKED_ON / max(area, 1))) * (1 - _ROUNDING)
