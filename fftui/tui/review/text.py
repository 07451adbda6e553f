"""The lines of an item, and how far down somebody has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.tui.lines import Lines

if TYPE_CHECKING:
    from textual.content import Content

    from fftui.tui.review.page import Row


class ItemText(Lines):
    """The lines of an item; the cursor stands on one of them."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self.deepest = 0
        """Lines that have been on the screen so far, counted from the first."""

    def show(self, rows: list[Row], *, keep: bool) -> None:
        """Other lines; `keep` stays where the eye is."""
        self._rows = rows
        self.set_count(len(rows))
        if not keep:
            self.deepest = 0
            self.jump(0)
            self.scroll_to(y=0, animate=False, immediate=True)
        self.note_seen()
        self.refresh()

    def note_seen(self) -> None:
        """Remember how far down somebody could read."""
        self.deepest = max(self.deepest, self.scroll_offset.y + self.size.height)

    @property
    def seen(self) -> float:
        """Share of the lines that have been on the screen."""
        return min(1.0, self.deepest / self.count) if self.count else 1.0

    @property
    def paragraph(self) -> int:
        """Of the answer, under the cursor or next behind it; -1 without an answer."""
        here = [row.paragraph for row in self._rows[self.cursor :] if row.paragraph >= 0]
        return here[0] if here else -1

    def row(self, index: int, width: int) -> Content:
        """One line."""
        del width
        return self._rows[index].content
