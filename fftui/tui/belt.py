"""The last gate before the terminal: no control character leaves in what a widget painted.

Text is cleaned where it enters a widget, and `make lint` finds where it is not. This catches the
one that some day slips through, be it ours or Textual's own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

from fftui.text import cell_width, line

if TYPE_CHECKING:
    from textual.color import Color


class Belt(LineFilter):
    """Shows what would act on the terminal or hide there; every line keeps its cells."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line, safe."""
        del background
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(_shown(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(1024)
def _shown(text: str) -> str:
    width = cell_len(text)
    shown = line(text, width)
    return shown + " " * (width - cell_width(shown))
