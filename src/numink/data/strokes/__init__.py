"""Handwriting from a pen model: letterforms, writers and pens. It needs no data and no network."""
