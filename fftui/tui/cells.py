"""Columns of untrusted text."""

from __future__ import annotations

from fftui.text import cell_width, line


def cell(text: str, width: int) -> str:
    """Text cleaned, cropped and filled up to so many cells."""
    shown = line(text, width)
    return shown + " " * (width - cell_width(shown))
