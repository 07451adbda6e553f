"""A published summary: its populations, and each contrast that is withheld."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from textual import getters, work
from textual.content import Content
from textual.screen import Screen

from fftui.results.compare_text import PairView
from fftui.text import line
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.compare.pairs import PairList
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.tui.home.desk import Desk

_LONGEST = 2000


class SummaryScreen(Screen[None]):
    """Opened from the home screen on a summary's file."""

    NAME = "summary"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("summary")]
    AUTO_FOCUS = "PairList"
    top = getters.query_one("#top", Bar)
    list = getters.query_one(PairList)

    def __init__(self, desk: Desk, path: Path) -> None:
        super().__init__()
        self._desk = desk
        self._path = path

    def compose(self) -> ComposeResult:
        """Title, populations and contrasts, keys."""
        yield Bar(id="top")
        yield PairList()
        yield KeyBar("summary")

    def on_mount(self) -> None:
        """Read at once."""
        self.top.show(
            Content.assemble(
                ("published counts", "bold $text-primary"), f"  {line(self._path.name, 40)}"
            ),
            Content.styled("imported: no answer was read here", MUTED),
        )  # fmt: skip
        self._read()

    @work(exclusive=True)
    async def _read(self) -> None:
        try:
            said = await self._desk.summary(self._path)
        except (OSError, ValueError) as error:
            self.list.show((), str(line(str(error), _LONGEST)))
            return
        blocks = [tuple(lines) for some, lines in groupby(said, bool) if some]
        self.list.show([PairView(lines, (), pair=False) for lines in blocks], "")

    def action_move(self, by: int) -> None:
        """A line on."""
        self.list.move(by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.list.page(by)

    def action_edge(self, which: int) -> None:
        """First or last line."""
        self.list.edge(which)
