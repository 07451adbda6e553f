"""A target's attempts, in plan order, filtered by what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, work
from textual.content import Content
from textual.screen import Screen

from fftui.text import clean, line
from fftui.tui.attempts import ONLY, Place, said
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.responses.list import AttemptList
from fftui.tui.responses.row import head
from fftui.tui.words import MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.tui.app import FftuiApp
    from fftui.tui.attempts import Attempts

REFRESH_S = 2.0


class ResponsesScreen(Screen[None]):
    """Opens the trace of the attempt under the cursor."""

    NAME = "responses"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("responses")]
    AUTO_FOCUS = "AttemptList"

    top = getters.query_one("#top", Bar)
    names = getters.query_one("#names", Bar)
    attempts = getters.query_one(AttemptList)

    def __init__(self, source: Attempts, target_id: int, title: str = "") -> None:
        super().__init__()
        self._source = source
        self._target_id = target_id
        self._title = title or f"target {target_id}"
        self._told = ""

    def compose(self) -> ComposeResult:
        """Title with the filter, names of the columns, the list."""
        yield Bar(id="top")
        yield Bar(id="names")
        plain = cast("FftuiApp", self.app).ascii
        yield AttemptList(self._source, self._target_id, plain=plain)
        yield KeyBar("responses")

    def on_mount(self) -> None:
        """Count first; rows come when they are painted."""
        self._head()
        self._count("", fresh=True)
        self.set_interval(REFRESH_S, self._tick)

    def on_screen_resume(self) -> None:
        """What stands there may be old."""
        self._count(self.attempts.only, fresh=False)

    def _tick(self) -> None:
        if self.is_active and self.app.app_focus:
            self._count(self.attempts.only, fresh=False)

    @work(exclusive=True, group="count")
    async def _count(self, only: str, *, fresh: bool) -> None:
        try:
            count = await self._source.attempt_count(self._target_id, only)
        except (OSError, ValueError, RuntimeError) as error:
            self._tell(str(error))
            return
        self._told = ""
        if not fresh and only != self.attempts.only:
            return
        if fresh:
            self.attempts.show(only, count)
        else:
            self.attempts.renew(count)
        self._head()

    def on_attempt_list_failed(self, event: AttemptList.Failed) -> None:
        """A page could not be read."""
        self._tell(event.reason)

    def _tell(self, reason: str) -> None:
        # The same trouble comes back every other second; one toast is enough.
        if reason != self._told:
            self._told = reason
            self.app.notify(reason, severity="error")

    def _head(self) -> None:
        attempts = self.attempts
        where = f"{attempts.cursor + 1:,} of {attempts.count:,}" if attempts.count else "none"
        chip: Content = Content(where)
        if attempts.only:
            badge = Content.styled(clean(f" only {said(attempts.only)} "), "reverse $text-accent")
            chip = Content.assemble(badge, "  ", where)
        # A filtered list holds closed attempts, and they stand as they were closed.
        order = "  as they came" if attempts.only else "  plan order"
        order = order if self.size.width >= 100 or not attempts.only else ""
        self.top.show(
            Content.assemble(
                ("responses", "bold $text-primary"), "  ",
                (line(self._title, max(10, self.size.width - 44)), ""),
            ),
            Content.assemble(chip, (order, MUTED)),
        )  # fmt: skip
        self.names.show(head(max(1, self.size.width - 2)))

    def on_lines_moved(self) -> None:
        """The place in the list is part of the head."""
        self._head()

    def on_resize(self) -> None:
        """Columns have other widths."""
        self._head()

    def action_open(self) -> None:
        """The trace of the attempt."""
        attempts = self.attempts
        row = attempts.at(attempts.cursor)
        if row is None:
            return
        if row.outcome_id is None:
            self.app.notify("nothing has come back for this attempt yet", timeout=3)
            return
        place = Place(self._target_id, attempts.cursor, attempts.only)
        cast("FftuiApp", self.app).open_trace(row.outcome_id, place)

    @work(exclusive=True, group="only")
    async def action_cycle_only(self) -> None:
        """The next filter that leaves something to see."""
        at = ONLY.index(self.attempts.only)
        for only in (*ONLY[at + 1 :], ""):
            try:
                count = await self._source.attempt_count(self._target_id, only)
            except (OSError, ValueError, RuntimeError) as error:
                self._tell(str(error))
                return
            if count or not only:
                self.attempts.show(only, count)
                self._head()
                return

    def action_clear_only(self) -> None:
        """All attempts again."""
        self._count("", fresh=True)

    def action_reload(self) -> None:
        """Read again now."""
        self._count(self.attempts.only, fresh=False)

    def action_copy_id(self) -> None:
        """The attempt's id to the clipboard."""
        row = self.attempts.at(self.attempts.cursor)
        if row is not None and row.outcome_id is not None:
            self.app.copy_to_clipboard(str(row.outcome_id))
            self.app.notify(f"id {row.outcome_id} copied", timeout=2)

    def action_move(self, by: int) -> None:
        """A line on."""
        self.attempts.move(by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.attempts.page(by)

    def action_edge(self, which: int) -> None:
        """First or last attempt."""
        self.attempts.edge(which)
