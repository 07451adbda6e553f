"""The list of a target's attempts: a million rows scroll, the loop never waits for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.message import Message

from fftui.tui.lines import Lines
from fftui.tui.responses.pages import SIZE, Pages
from fftui.tui.responses.row import attempt_row

if TYPE_CHECKING:
    from textual.content import Content

    from fftui.results.traces import AttemptRow
    from fftui.tui.attempts import Attempts


class AttemptList(Lines):
    """Rows come by pages from the source's thread; until then a line says that it is coming."""

    class Failed(Message):
        """A page could not be read."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(self, source: Attempts, target_id: int, *, plain: bool) -> None:
        super().__init__()
        self._source = source
        self._target_id = target_id
        self._plain = plain
        self._pages = Pages()
        self.only = ""
        """The filter; see `attempts.ONLY`."""

    @property
    def held(self) -> int:
        """Rows in memory, at most."""
        return len(self._pages) * SIZE

    def at(self, index: int) -> AttemptRow | None:
        """A row, if it is here."""
        return self._pages.row(index)

    def show(self, only: str, count: int) -> None:
        """Another filter: another list, from its beginning."""
        self.only = only
        self._pages.forget()
        self.cursor = 0
        self.scroll_to(y=0, animate=False, immediate=True)
        self.set_count(count)
        self.refresh()

    def renew(self, count: int) -> None:
        """Read again what is on the screen; rows that stayed the same are not repainted."""
        self.set_count(count)
        if self.count:
            top = self.scroll_offset.y
            last = min(self.count, top + self.size.height) - 1
            for number in range(top // SIZE, max(top, last) // SIZE + 1):
                if number not in self._pages.asked:
                    self._fetch(number)

    def row(self, index: int, width: int) -> Content:
        """One attempt; asks for its page where that is missing."""
        row = self._pages.row(index)
        if row is None:
            for number in self._pages.missing(index, index):
                # Painting must not wait, nor start work of its own in the middle of a frame.
                self.call_later(self._fetch, number)
                self._pages.asked.add(number)
        chosen = index == self.cursor
        return attempt_row(row, index, width, chosen=chosen, plain=self._plain)

    def _fetch(self, number: int) -> None:
        # Somebody who holds page-down passes pages that nobody will look at any more.
        top, height = self.scroll_offset.y, self.size.height
        if number * SIZE > top + height or (number + 1) * SIZE < top:
            self._pages.asked.discard(number)
            return
        self._pages.asked.add(number)
        self._read(number, self.only)

    @work(group="pages")
    async def _read(self, number: int, only: str) -> None:
        try:
            rows = await self._source.attempts(self._target_id, number * SIZE, SIZE, only)
        except (OSError, ValueError, RuntimeError) as error:
            self._pages.asked.discard(number)
            self.post_message(self.Failed(str(error)))
            return
        if only != self.only:
            return
        before = {index: self._pages.row(index) for index in self._seen(number)}
        self._pages.put(number, rows)
        for index, row in before.items():
            if row is None or self._pages.row(index) != row:
                self.refresh_row(index)

    def _seen(self, number: int) -> range:
        """Rows of a page that are on the screen."""
        top = self.scroll_offset.y
        first = max(top, number * SIZE)
        return range(first, max(first, min(top + self.size.height, (number + 1) * SIZE)))
