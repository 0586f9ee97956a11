"""Handwriting from a pen model: letterforms, writers, pens and pages. It needs no data and no network.

A Form is how a shape is written; a Writer, drawn once, writes it in a hand and with a Pen of their own. `draw` gives
one shape at any size, `draw_images` many digits as networks see them, `page` a photograph of numbers with its truth.
"""

from numink.data.strokes.allographs import FORMS, form_named
from numink.data.strokes.drawing import Drawing, draw, draw_images
from numink.data.strokes.forms import Form
from numink.data.strokes.pages.page import Mark, Number, Page, page
from numink.data.strokes.pages.photo import Photo
from numink.data.strokes.pens import PENS, Pen, pen_named
from numink.data.strokes.writer import Writer, draw_writer

__all__ = [
    "FORMS",
    "PENS",
    "Drawing",
    "Form",
    "Mark",
    "Number",
    "Page",
    "Pen",
    "Photo",
    "Writer",
    "draw",
    "draw_images",
    "draw_writer",
    "form_named",
    "page",
    "pen_named",
]
