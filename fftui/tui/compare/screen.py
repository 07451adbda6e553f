"""Pairs of targets: the sentence of each, and below it what the sentence rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, work
from textual.content import Content
from textual.screen import Screen

from fftui.domain.labels import Tier
from fftui.results.compare_text import PairView
from fftui.results.sides import usual
from fftui.text import clean, line
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.compare.pairs import PairList
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.tui.app import FftuiApp
    from fftui.tui.source import Source

BY = ("platform", "upstream", "weights", "maker", "quantisation", "thinking")
"""What may differ between the sides of a pair; within one run, so never the run itself."""
_TIERS = tuple(Tier)
_LONGEST = 2000
_PATIENCE_S = 0.3
"""After which a reading is announced; sooner than that it would only flicker."""


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
        self._same = ""
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
        self._pairs = ()
        self._head()
        # Of many targets there are very many pairs; what stood there answers another question.
        patience = self.set_timer(_PATIENCE_S, self._reading)
        try:
            found = await self._source.comparisons(self._by, self._same, self._tier)
        except (OSError, ValueError, RuntimeError) as error:
            self._pairs = ()
            self.list.show((), str(line(str(error), _LONGEST)))
            return
        finally:
            patience.stop()
        self._opened.clear()
        # Makers on platforms may stand there all the same, and are no answer to what was asked.
        none = PairView((self._none(),), (), pair=False)
        self._pairs = found if any(pair.pair for pair in found) else (none, *found)
        self.list.show(self._pairs, "")
        self._head()

    def _reading(self) -> None:
        self.list.show((), f"reading pairs by {self._by}; esc goes back")

    def _none(self) -> str:
        keys = cast("FftuiApp", self.app).keys
        return (
            f"No two targets differ in {self._by} and agree in {self._agree}."
            f" {keys.key('compare.by')} chooses what differs, {keys.key('compare.same')} what is"
            " equal."
        )

    def _head(self) -> None:
        number = sum(pair.pair for pair in self._pairs)
        count = f"{number} pair{'' if number == 1 else 's'}" if self._pairs else ""
        self.top.show(
            Content.assemble(
                ("compare", "bold $text-primary"), clean(f"  by {self._by}, equal {self._agree}"),
                (f"  {self._tier.words}", MUTED),
            ),
            Content.styled(count, MUTED),
        )  # fmt: skip

    @property
    def _agree(self) -> str:
        return self._same or usual(self._by)

    def action_by(self) -> None:
        """Something else differs, and what suits that is equal."""
        self._by = BY[(BY.index(self._by) + 1) % len(BY)]
        self._same = ""
        self._read()

    def action_same(self) -> None:
        """Something else must be equal."""
        choices = [name for name in (*BY, "any") if name != self._by]
        self._same = choices[(choices.index(self._agree) + 1) % len(choices)]
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

    @work(exclusive=True, group="first")
    async def action_read_first(self) -> None:
        """What the pair's difference rests on is read before any other answer."""
        number = self.list.pair
        apart = self._pairs[number].discordant if number is not None else ()
        try:
            moved = await self._source.read_first([one for both in apart for one in both])
        except (OSError, ValueError, RuntimeError) as error:
            self.app.notify(str(line(str(error), _LONGEST)), severity="error", markup=False)
            return
        said = f"{moved} answers are read first now" if moved else "nothing more to read first"
        self.app.notify(said, timeout=4)

    def action_move(self, by: int) -> None:
        """A line on."""
        self.list.move(by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.list.page(by)

    def action_edge(self, which: int) -> None:
        """First or last line."""
        self.list.edge(which)
