"""One attempt in full: what was asked, what came back, who judged it. Masked until asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from msgspec.structs import replace
from textual import getters, work
from textual.content import Content
from textual.screen import Screen

from fftui.text import line
from fftui.tui.attempts import Place
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings
from fftui.tui.lines import Lines
from fftui.tui.trace.body import LOADING, Shown, badge, body, headline
from fftui.tui.words import CARE, MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.results.traces import AttemptRow, Trace
    from fftui.tui.app import FftuiApp
    from fftui.tui.attempts import Attempts

LOOKAHEAD = 200
"""Attempts looked through for the next one that has an outcome."""


class TraceText(Lines):
    """Lines of a trace; scrolls, without a cursor."""

    def __init__(self) -> None:
        super().__init__(cursor=False)
        self._rows: list[Content] = []

    def show(self, rows: list[Content], *, keep: bool) -> None:
        """Other lines; `keep` stays where the eye is."""
        self._rows = rows
        self.set_count(len(rows))
        if not keep:
            self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()

    def row(self, index: int, width: int) -> Content:
        """One line."""
        del width
        return self._rows[index]


class TraceScreen(Screen[None]):
    """Steps through a list when it was opened from one."""

    NAME = "trace"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("trace")]
    AUTO_FOCUS = "TraceText"

    top = getters.query_one("#top", Bar)
    about = getters.query_one("#about", Bar)
    text = getters.query_one(TraceText)

    def __init__(self, source: Attempts, outcome_id: int, place: Place | None = None) -> None:
        super().__init__()
        self._source = source
        self._outcome_id = outcome_id
        self._place = place
        self._trace: Trace | None = None
        self._how = Shown()

    def compose(self) -> ComposeResult:
        """Title with the badge, what it is, the text."""
        yield Bar(id="top")
        yield Bar(id="about")
        yield TraceText()
        yield KeyBar("trace")

    def on_mount(self) -> None:
        """Read it."""
        self._how = Shown(plain=cast("FftuiApp", self.app).ascii)
        self._head()
        self.text.show([LOADING], keep=False)
        self._read(self._outcome_id, self._place)

    @work(exclusive=True, group="trace")
    async def _read(self, outcome_id: int, place: Place | None) -> None:
        try:
            trace = await self._source.trace(outcome_id)
        except (OSError, ValueError, RuntimeError, LookupError) as error:
            self.app.notify(str(error), severity="error")
            return
        self._outcome_id, self._place, self._trace = outcome_id, place, trace
        # Unmasking is asked for anew for each item: nobody should read one by accident.
        self._how = Shown(plain=self._how.plain)
        self._paint(keep=False)

    def _paint(self, *, keep: bool) -> None:
        self._head()
        if self._trace is not None:
            width = max(20, self.text.room)
            self.text.show(body(self._trace, self._how, width), keep=keep)

    def _head(self) -> None:
        trace, width = self._trace, self.size.width
        name = (
            ""
            if trace is None
            else line(trace.target, max(10, width - (66 if trace.identities > 1 else 52)))
        )
        many = ""
        if trace is not None and trace.identities > 1:
            many = f"  {trace.identities} identities"
        where = "" if trace is None else f"attempt {trace.row.ordinal + 1:,}"
        self.top.show(
            Content.assemble(("trace", "bold $text-primary"), "  ", name, (many, CARE)),
            Content.assemble((f"id {self._outcome_id}  {where}  ", MUTED), badge(self._how)),
        )
        if trace is not None:
            self.about.show(headline(trace, self._how, max(20, width - 2)))

    def on_resize(self) -> None:
        """Wrap anew, once the text knows its width."""
        self.call_after_refresh(self._paint, keep=True)

    def action_toggle_mask(self) -> None:
        """Show or hide the words."""
        self._how = replace(self._how, unmasked=not self._how.unmasked)
        self._paint(keep=True)

    def action_toggle_reasoning(self) -> None:
        """Fold or unfold."""
        if self._trace is not None and not self._trace.reasoning:
            self.app.notify("this answer came without reasoning", timeout=3)
            return
        self._how = replace(self._how, reasoning=not self._how.reasoning)
        self._paint(keep=True)

    @work(exclusive=True, group="step")
    async def action_step(self, by: int) -> None:
        """The next attempt of the list that has an outcome."""
        place = self._place
        if place is None:
            self.app.notify("open the attempt from a target's list to step through it", timeout=4)
            return
        first = place.index + 1 if by > 0 else max(0, place.index - LOOKAHEAD)
        count = LOOKAHEAD if by > 0 else place.index - first
        rows: tuple[AttemptRow, ...] = ()
        if count > 0:
            rows = await self._source.attempts(place.target_id, first, count, place.only)
        found = [(first + n, row.outcome_id) for n, row in enumerate(rows) if row.outcome_id]
        if not found:
            self.app.notify(f"this is the {'last' if by > 0 else 'first'} one", timeout=2)
            return
        index, outcome_id = found[0] if by > 0 else found[-1]
        if outcome_id is not None:
            self._read(outcome_id, replace(place, index=index))

    def action_copy_id(self) -> None:
        """The id, by OSC 52: it works over SSH."""
        self.app.copy_to_clipboard(str(self._outcome_id))
        self.app.notify(f"id {self._outcome_id} copied", timeout=2)

    def action_scroll(self, by: int) -> None:
        """A line on."""
        self.text.jump(self.text.scroll_offset.y + by)

    def action_page(self, by: int) -> None:
        """A page on."""
        self.action_scroll(by * max(1, self.text.size.height - 2))

    def action_edge(self, which: int) -> None:
        """Beginning or end."""
        self.text.jump(0 if which < 0 else self.text.count)
