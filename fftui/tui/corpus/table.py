"""The table over many runs: targets, or makers on platforms; sorted and narrowed in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fftui.domain.labels import Tier
from fftui.results.across import GROUP_SORTS, SORTS, Row, Together, fits, together
from fftui.tui.corpus.row import GROUPS, TARGETS, Column, group_row, target_row
from fftui.tui.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content


class Table(Lines):
    """Rows are made when they are painted, so the table may be as long as it likes."""

    def __init__(self, *, plain: bool) -> None:
        super().__init__()
        self._plain = plain
        self._all: tuple[Row, ...] = ()
        self.tier = Tier.STRICT
        self.grouped = False
        self.filter = ""
        self._sorts = {False: "asr", True: "macro"}
        self._turned = {False: False, True: False}
        self.shown: Sequence[Row | Together] = ()

    @property
    def columns(self) -> Sequence[Column]:
        """Of what is shown now."""
        return GROUPS if self.grouped else TARGETS

    @property
    def sort(self) -> str:
        """Name of the column that it is sorted by."""
        return self._sorts[self.grouped]

    @property
    def down(self) -> bool:
        """From the largest, or from A."""
        return not self._turned[self.grouped]

    @property
    def chosen(self) -> Row | Together | None:
        """What the cursor is on."""
        return self.shown[self.cursor] if self.cursor < len(self.shown) else None

    def show(self, rows: tuple[Row, ...]) -> None:
        """A new reading."""
        self._all = rows
        self._lay()

    def turn_to(self, **changes: Any) -> None:
        """Another tier, another view or another filter."""
        for name, value in changes.items():
            setattr(self, name, value)
        self._lay()

    def sort_next(self, by: int) -> None:
        """By the next column, or the one before."""
        names = list(GROUP_SORTS if self.grouped else SORTS)
        self._sorts[self.grouped] = names[(names.index(self.sort) + by) % len(names)]
        self._turned[self.grouped] = False
        self._lay()

    def flip(self) -> None:
        """Turn the order round."""
        self._turned[self.grouped] = not self._turned[self.grouped]
        self._lay()

    def row(self, index: int, width: int) -> Content:
        """One target, or one maker on a platform."""
        one, chosen = self.shown[index], index == self.cursor and self.has_focus
        if isinstance(one, Row):
            return target_row(one, self.tier, width, chosen=chosen, plain=self._plain)
        return group_row(one, width, chosen=chosen, plain=self._plain)

    def _lay(self) -> None:
        held = _key(self.chosen)
        rows = [row for row in self._all if fits(row, self.filter)]
        found: list[Row | Together]
        if self.grouped:
            order = GROUP_SORTS[self.sort]
            found = [*sorted(together(rows, self.tier), key=order, reverse=not self.down)]
        else:
            by = SORTS[self.sort]
            found = [*sorted(rows, key=lambda row: by(row, self.tier), reverse=not self.down)]
        self.shown = found
        self.set_count(len(found))
        places = [index for index, one in enumerate(found) if _key(one) == held]
        self.jump(places[0] if places and held else 0)
        self.refresh()


def _key(one: Row | Together | None) -> object:
    """By what a line is known again."""
    if isinstance(one, Row):
        return (one.path, one.target.name)
    return one and (one.maker, one.platform)
