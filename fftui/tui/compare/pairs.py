"""Blocks of lines, a sentence first and below it what it rests on."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from fftui.text import clean, line
from fftui.tui.lines import Lines
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.compare_text import PairView

_LONGEST = 2000
_MOST = 120
"""Reading width."""


class PairList(Lines):
    """The pairs' lines, wrapped; the cursor stands on one of them."""

    def __init__(self) -> None:
        super().__init__()
        self._pairs: Sequence[PairView] = ()
        self._rows: list[tuple[Content, int]] = []
        self.note = "reading"

    def show(self, pairs: Sequence[PairView], note: str) -> None:
        """Other pairs, or a line that says why there are none."""
        self._pairs, self.note = pairs, note
        self._lay()

    @property
    def pair(self) -> int | None:
        """Number of the pair that the cursor is on."""
        return self._rows[self.cursor][1] if self._pairs and self._rows else None

    def on_resize(self) -> None:
        """Lines wrap at other places."""
        self._lay()
        super().on_resize()

    def row(self, index: int, width: int) -> Content:
        """One line."""
        del width
        return self._rows[index][0]

    def _lay(self) -> None:
        width = max(20, min(_MOST, self.room))
        rows: list[tuple[Content, int]] = []
        for number, pair in enumerate(self._pairs):
            for place, text in enumerate(pair.lines):
                indent = "" if place == 0 else "  "
                style = "bold" if place == 0 else MUTED
                said = str(line(text.strip(), _LONGEST))
                parts = wrap(said, width - 2, initial_indent=indent,
                             subsequent_indent=indent + "  ")  # fmt: skip
                rows += [(Content.styled(clean(part), style), number) for part in parts]
            rows.append((Content(""), number))
        if not self._pairs:
            rows = [(Content.styled(clean(part), MUTED), 0) for part in wrap(self.note, width - 2)]
        self._rows = rows
        self.set_count(len(rows))
        self.refresh()
