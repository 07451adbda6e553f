"""`--ascii` as a promise: whatever a screen paints, only ASCII leaves for the terminal.

Widgets choose readable ASCII signs themselves; this is the last gate, for borders, scroll bars and
the words of strangers. Every sign keeps its cells, so no column moves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

_SIGNS = {
    "…": "~", "─": "-", "━": "-", "│": "|", "┃": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+",
    "┌": "+", "┐": "+", "└": "+", "┘": "+", "▒": "#", "█": "#", "▐": "|", "▌": "|", "▏": "|",
    "▕": "|", "▎": "|", "▊": "|", "▁": "_", "▂": "_", "▃": "_", "▄": "_", "▅": "=", "▆": "=",
    "▇": "=", "▔": "-", "▀": "-", "·": ".", "•": "*", "↑": "^", "↓": "v", "←": "<", "→": ">",
    "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "␛": "?", "⟨": "<", "⟩": ">",
    "\xa0": " ",
}  # fmt: skip


class Ascii(LineFilter):
    """Replaces each character outside ASCII by one inside, or by `?`."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        del background
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(_plain(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(4096)
def _plain(text: str) -> str:
    plain = "".join(
        char if char.isascii() else _SIGNS.get(char, "?" * cell_len(char)) for char in text
    )
    # Joined emoji take fewer cells than their parts.
    width = cell_len(text)
    return plain[:width] + " " * (width - len(plain))
