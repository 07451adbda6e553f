"""Columns of untrusted text."""

from __future__ import annotations

from fftui.text import Shown, cell_width, clean, line


def cell(text: str, width: int) -> Shown:
    """Text cleaned, cropped and filled up to so many cells."""
    shown = line(text, width)
    return clean(shown + " " * (width - cell_width(shown)))
