"""The lines of an item, and how far down somebody has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.tui.lines import Lines

if TYPE_CHECKING:
    from textual.content import Content

    from fftui.tui.review.page import Row


Spot = tuple[int, int]
"""A row, however it is wrapped: number of the line that it is of, characters before it there."""


class ItemText(Lines):
    """The lines of an item; the cursor stands on one of them."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._held: float | None = None
        self._answer: tuple[int, int] = (0, 0)
        """First line of the answer, and lines of it."""
        self._deepest = 0
        """Lines of the answer that have been on the screen, counted from its first."""

    def show(self, rows: list[Row], *, keep: bool, place: tuple[Spot, Spot] | None = None) -> None:
        """Other lines; `keep` stays where the eye is, `place` goes there: the same lines anew."""
        self._rows = rows
        self.set_count(len(rows))
        if rows and place is not None:
            self._to_place(place)
        if not keep:
            self._answer, self._deepest = (0, 0), 0
            self._held = None
            self.jump(0)
            self.scroll_to(y=0, animate=False, immediate=True)
        if rows and self._held is None:
            self._lay([i for i, row in enumerate(rows) if row.paragraph >= 0])
        self.refresh()

    def _lay(self, answer: list[int]) -> None:
        self._answer = (answer[0] if answer else 0, len(answer))
        self.note_seen()

    @property
    def place(self) -> tuple[Spot, Spot] | None:
        """The first row on the screen and the one under the cursor; `None` without rows."""
        if not self._rows:
            return None
        top = min(round(self.scroll_offset.y), len(self._rows) - 1)
        return self._spot(top), self._spot(self.cursor)

    def _spot(self, index: int) -> Spot:
        line = sum(row.start == 0 for row in self._rows[: index + 1])
        return line, self._rows[index].start

    def _index(self, spot: Spot) -> int:
        line, found = 0, 0
        for i, row in enumerate(self._rows):
            line += row.start == 0
            if line == spot[0] and row.start <= spot[1]:
                found = i
        return found

    def _to_place(self, place: tuple[Spot, Spot]) -> None:
        top, cursor = (self._index(spot) for spot in place)
        # The eye is on what stands on top: the cursor comes along where it would be out of sight.
        bottom = top + max(1, self.size.height) - 1
        self.jump(max(top, min(cursor, bottom)))
        # The scroll bar of lines that were gone stands there again only after the next layout.
        self.scroll_to(y=top, animate=False, immediate=True, force=True)
        before, count = self._answer[1], sum(row.paragraph >= 0 for row in self._rows)
        if before:
            # As many lines as before are another share of it.
            self._deepest = self._deepest * count // before

    def hold(self, *, on: bool) -> None:
        """While it is laid out otherwise, what has been seen stays what it was."""
        self._held = self.seen if on else None

    def note_seen(self) -> None:
        """Remember how far down somebody could read."""
        first, count = self._answer
        if self._held is None and self._rows:
            bottom = self.scroll_offset.y + self.size.height
            self._deepest = max(self._deepest, min(count, bottom - first))

    @property
    def seen(self) -> float:
        """Share of the answer's lines that have been on the screen; 1 where it has none.

        The prompt and the reasoning do not count: unfolded and folded again they are as many lines
        as the answer, and nothing of it was read.
        """
        if self._held is not None:
            return self._held
        count = self._answer[1]
        return min(1.0, self._deepest / count) if count else 1.0

    @property
    def line(self) -> int:
        """Of the answer, under the cursor; -1 where the cursor stands before it."""
        return self.cursor - self._answer[0] if self._answer[0] <= self.cursor else -1

    def to_line(self, line: int) -> None:
        """The cursor on a line of the answer; at the top for -1."""
        self.jump(self._answer[0] + line if line >= 0 else 0)

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
