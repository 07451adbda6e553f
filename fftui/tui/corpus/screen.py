"""All runs together: targets side by side, and makers on platforms, pooled and macro."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, work
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from fftui.domain.labels import Tier
from fftui.results.across import Row
from fftui.text import clean, line
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.corpus.row import KEYWORDS, group_detail, head, target_detail
from fftui.tui.corpus.table import Table
from fftui.tui.dialogs import Ask
from fftui.tui.draw.numbers import plural
from fftui.tui.words import CARE, MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.tui.app import FftuiApp
    from fftui.tui.home.desk import Desk
    from fftui.tui.lines import Lines

_TIERS = tuple(Tier)


class CorpusScreen(Screen[None]):
    """Opened with `c` from the home screen, over the runs that are listed there."""

    NAME = "corpus"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("corpus")]
    AUTO_FOCUS = "Table"
    top = getters.query_one("#top", Bar)
    columns = getters.query_one("#head", Static)
    table = getters.query_one(Table)
    detail = getters.query_one("#detail", Static)

    def __init__(self, desk: Desk, *, mine: bool) -> None:
        super().__init__()
        self._desk = desk
        self._mine = mine
        self._read = False
        self._runs = 0
        self._simulated = 0
        self._total = 0

    def compose(self) -> ComposeResult:
        """Title, column names, table, the chosen line at length, keys."""
        yield Bar(id="top")
        yield Static("", id="head", markup=False)
        yield Table(plain=self._plain)
        yield Static("", id="detail", markup=False)
        yield KeyBar("corpus")

    @property
    def _plain(self) -> bool:
        return cast("FftuiApp", self.app).ascii

    def on_mount(self) -> None:
        """Read at once; again when asked."""
        self._show()
        self.action_reload()

    @work(exclusive=True)
    async def action_reload(self) -> None:
        """Read all runs again."""
        try:
            rows, problems = await self._desk.across(self._mine)
        except (OSError, ValueError, RuntimeError) as error:
            rows, problems = (), (str(error),)
        self._read = True
        self._runs = len({row.path for row in rows})
        self._simulated = len({row.path for row in rows if row.simulated})
        self._total = len(rows)
        self.table.show(rows)
        for problem in problems[:3]:
            self.app.notify(str(line(problem, 300)), severity="warning")
        self._show()

    def _show(self) -> None:
        table = self.table
        what = "makers × platforms" if table.grouped else "targets"
        if self._plain:
            what = what.replace("×", "x")
        narrowed = f"  /{line(table.filter, 30)}" if table.filter else ""
        starred = any(isinstance(row, Row) and row.keywords for row in table.shown)
        note = f"  {KEYWORDS} heuristic only" if starred else ""
        told = plural(len(table.shown), "group" if table.grouped else "target")
        if table.filter and not table.grouped:
            told = f"{len(table.shown)} of {plural(self._total, 'target')}"
        all_made_up = 0 < self._simulated == self._runs
        runs = plural(self._runs, "simulated run" if all_made_up else "run")
        simulated = f", {self._simulated} simulated" if self._simulated and not all_made_up else ""
        self.top.show(
            Content.assemble(
                ("all runs", "bold $text-primary"), clean(f"  {what}"),
                (f"  {table.tier.words}", MUTED),
                (narrowed, "$text-accent"), (note, CARE),
            ),
            Content.assemble(
                (told if self._read else "reading", MUTED),
                (f", {runs}" if self._read else "", CARE if all_made_up else MUTED),
                (simulated, CARE),
            ),
        )  # fmt: skip
        width = max(20, table.room or self.size.width - 3)
        self.columns.update(
            head(table.columns, width, table.sort, down=table.down, plain=self._plain), layout=False
        )
        self._details()

    def _details(self) -> None:
        chosen, width = self.table.chosen, max(20, self.size.width - 4)
        if chosen is None:
            said = Content.styled(clean(self._nothing()), MUTED)
        elif isinstance(chosen, Row):
            said = target_detail(chosen, self.table.tier, width, plain=self._plain)
        else:
            said = group_detail(chosen, width, plain=self._plain)
        if repr(said) != repr(self.detail.content):
            self.detail.update(said, layout=False)

    def _nothing(self) -> str:
        if not self._read:
            return "reading the runs"
        if self.table.filter:
            return "no target fits the filter; / changes it, an empty one shows all"
        return "no run here has a target; a on the home screen lists runs from other folders"

    def on_lines_moved(self, event: Lines.Moved) -> None:
        """The lines under the table follow the cursor."""
        del event
        self._details()

    def on_resize(self) -> None:
        """Other widths have room for other names."""
        self.call_after_refresh(self._show)

    def action_view(self) -> None:
        """Targets, or makers on platforms."""
        self.table.turn_to(grouped=not self.table.grouped)
        self._show()

    def action_tier(self) -> None:
        """Another definition of success."""
        tier = _TIERS[(_TIERS.index(self.table.tier) + 1) % len(_TIERS)]
        self.table.turn_to(tier=tier)
        self._show()

    def action_sort(self) -> None:
        """By the next column."""
        self.table.sort_next(1)
        self._show()

    def action_flip(self) -> None:
        """The other way round."""
        self.table.flip()
        self._show()

    @work
    async def action_filter(self) -> None:
        """Ask which targets to show; an empty answer shows all."""
        asked = await self.app.push_screen_wait(
            Ask("Only targets with these words; !x: without x", self.table.filter)
        )
        self.table.turn_to(filter=asked or "")
        self._show()

    def action_open(self) -> None:
        """The run of the chosen target; of a maker, its targets."""
        chosen = self.table.chosen
        if isinstance(chosen, Row):
            cast("FftuiApp", self.app).open_run(chosen.path)
        elif chosen is not None:
            words = f"{chosen.maker} {chosen.platform}".strip()
            self.table.turn_to(grouped=False, filter=words)
            self._show()

    def action_move(self, by: int) -> None:
        """A line on."""
        self.table.move(by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.table.page(by)

    def action_edge(self, which: int) -> None:
        """First or last line."""
        self.table.edge(which)
