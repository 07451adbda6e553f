"""Pages of a long list, fetched when somebody looks there. Memory does not grow with the list."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fftui.results.traces import AttemptRow

SIZE = 200
"""Rows of a page: a few screens, and one short read of the store."""
KEPT = 8
"""Pages held; the least recently seen one goes first."""


class Pages:
    """What is known of the list. Knows nothing of fetching."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, tuple[AttemptRow, ...]] = OrderedDict()
        self.asked: set[int] = set()
        """Pages that are on their way."""

    def __len__(self) -> int:
        return len(self._pages)

    def row(self, index: int) -> AttemptRow | None:
        """A row, or `None` while its page is not here."""
        number, offset = divmod(index, SIZE)
        page = self._pages.get(number)
        if page is None or offset >= len(page):
            return None
        self._pages.move_to_end(number)
        return page[offset]

    def missing(self, first: int, last: int) -> list[int]:
        """Pages of these rows that are neither here nor on their way."""
        wanted = range(max(0, first) // SIZE, max(0, last) // SIZE + 1)
        return [n for n in wanted if n not in self._pages and n not in self.asked]

    def put(self, number: int, rows: tuple[AttemptRow, ...]) -> bool:
        """A page has come; tells whether it differs from what was here."""
        self.asked.discard(number)
        changed = self._pages.get(number) != rows
        self._pages[number] = rows
        self._pages.move_to_end(number)
        while len(self._pages) > KEPT:
            self._pages.popitem(last=False)
        return changed

    def forget(self) -> None:
        """Another list."""
        self._pages.clear()
        self.asked.clear()
