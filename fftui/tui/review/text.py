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
        self._held: float | None = None
        self.deepest = 0
        """Lines that have been on the screen so far, counted from the first."""

    def show(self, rows: list[Row], *, keep: bool) -> None:
        """Other lines; `keep` stays where the eye is."""
        self._rows = rows
        self.set_count(len(rows))
        if not keep:
            self.deepest = 0
            self._held = None
            self.jump(0)
            self.scroll_to(y=0, animate=False, immediate=True)
        self.note_seen()
        self.refresh()

    def hold(self, *, on: bool) -> None:
        """While it is laid out otherwise, what has been seen stays what it was."""
        self._held = self.seen if on else None

    def note_seen(self) -> None:
        """Remember how far down somebody could read."""
        if self._held is None:
            self.deepest = max(self.deepest, self.scroll_offset.y + self.size.height)

    @property
    def seen(self) -> float:
        """Share of the lines that have been on the screen."""
        if self._held is not None:
            return self._held
        return min(1.0, self.deepest / self.count) if self.count else 1.0

    @property
    def paragraph(self) -> int:
        """Of the answer, under the cursor or next behind it; -1 without an answer."""
        here = [row.paragraph for row in self._rows[self.cursor :] if row.paragraph >= 0]
        return here[0] if here else -1

    @property
    def sentence(self) -> int:
        """Under the cursor or next behind it; 0 without one."""
        here = [row.sentence for row in self._rows[self.cursor :] if row.sentence >= 0]
        return here[0] if here else 0

    def seek(self, by: int) -> bool:
        """The cursor on the next place to stop at, or the one before; whether there is one."""
        places = [i for i, row in enumerate(self._rows) if row.stop]
        ahead = [i for i in places if i > self.cursor] if by > 0 else [
            i for i in reversed(places) if i < self.cursor
        ]  # fmt: skip
        if ahead:
            self.jump(ahead[0])
        return bool(ahead)

    @property
    def stops(self) -> int:
        """Places to stop at."""
        return sum(row.stop for row in self._rows)

    def to_sentence(self, number: int) -> None:
        """The cursor on the first line of a sentence."""
        self.jump(next((i for i, row in enumerate(self._rows) if row.sentence == number), 0))

    def row(self, index: int, width: int) -> Content:
        """One line."""
        del width
        return self._rows[index].content
