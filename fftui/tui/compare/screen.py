"""Pairs of targets: the sentence of each, and below it what the sentence rests on."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, work
from textual.content import Content
from textual.screen import Screen

from fftui.domain.labels import Tier
from fftui.text import line
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.lines import Lines
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.results.compare_text import PairView
    from fftui.tui.app import FftuiApp
    from fftui.tui.source import Source

BY = ("platform", "upstream", "weights", "maker", "quantisation", "thinking")
"""What may differ between the sides of a pair; within one run, so never the run itself."""
_TIERS = tuple(Tier)
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
                rows += [(Content.styled(part, style), number) for part in parts]
            rows.append((Content(""), number))
        if not self._pairs:
            rows = [(Content.styled(part, MUTED), 0) for part in wrap(self.note, width - 2)]
        self._rows = rows
        self.set_count(len(rows))
        self.refresh()


class CompareScreen(Screen[None]):
    """Opened with `c` from the monitor."""

    NAME = "compare"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("compare")]
    AUTO_FOCUS = "PairList"
    top = getters.query_one("#top", Bar)
    list = getters.query_one(PairList)

    def __init__(self, source: Source, tier: Tier) -> None:
        super().__init__()
        self._source = source
        self._tier = tier
        self._by = BY[0]
        self._pairs: Sequence[PairView] = ()
        self._opened: dict[int, int] = {}
        """How many discordant answers of a pair were opened already."""

    def compose(self) -> ComposeResult:
        """Title, pairs, keys."""
        yield Bar(id="top")
        yield PairList()
        yield KeyBar("compare")

    def on_mount(self) -> None:
        """Read at once."""
        self._read()

    @work(exclusive=True)
    async def _read(self) -> None:
        self._head()
        try:
            self._pairs = await self._source.comparisons(self._by, self._tier)
        except (OSError, ValueError, RuntimeError) as error:
            self._pairs = ()
            self.list.show((), str(line(str(error), _LONGEST)))
            return
        self._opened.clear()
        self.list.show(
            self._pairs,
            f"No two targets differ in {self._by} and agree in the rest. y chooses what differs.",
        )
        self._head()

    def _head(self) -> None:
        number = sum(pair.pair for pair in self._pairs)
        count = f"{number} pair{'' if number == 1 else 's'}"
        self.top.show(
            Content.assemble(
                ("compare", "bold $text-primary"), f"  by {self._by}",
                (f"  {self._tier.words}", MUTED),
            ),
            Content.styled(count, MUTED),
        )  # fmt: skip

    def action_by(self) -> None:
        """Something else differs."""
        self._by = BY[(BY.index(self._by) + 1) % len(BY)]
        self._read()

    def action_tier(self) -> None:
        """Another definition of success."""
        self._tier = _TIERS[(_TIERS.index(self._tier) + 1) % len(_TIERS)]
        self._read()

    def action_reload(self) -> None:
        """Read again now."""
        self._read()

    def action_discordant(self) -> None:
        """The next answer on which one side gave in and the other did not."""
        number = self.list.pair
        apart = self._pairs[number].discordant if number is not None else ()
        ids = [one for both in apart for one in both]
        if number is None or not ids:
            self.app.notify("no answer of this pair is discordant", timeout=3)
            return
        at = self._opened.get(number, 0)
        self._opened[number] = (at + 1) % len(ids)
        cast("FftuiApp", self.app).open_trace(ids[at])

    def action_move(self, by: int) -> None:
        """A line on."""
        self.list.move(by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.list.page(by)

    def action_edge(self, which: int) -> None:
        """First or last line."""
        self.list.edge(which)
