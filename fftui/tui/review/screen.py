"""The review screen: one bare key is a label, written and on to the next. Blind and masked."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import getters, work
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from fftui.domain.labels import Label
from fftui.domain.readings import Origin
from fftui.store import reviews
from fftui.text import line
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.bindings import bindings, display
from fftui.tui.dialogs import Ask
from fftui.tui.review.desk import Item, ReviewDesk, Stand
from fftui.tui.review.page import How, Row, lay
from fftui.tui.review.text import ItemText
from fftui.tui.words import BAD, CARE, GOOD, MUTED

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from fftui.tui.app import FftuiApp

SETTLE_S = 0.2
"""After an item's paint no label is taken for so long: keys typed ahead label nothing unseen."""
PEEK_S = 8.0
RENEW_S = 60.0
LOOK_AGAIN_S = 3.0
_AHEAD = 2
"""Items that wait behind the one on the screen."""
_FIRST_ROW = 5
_HEALTH_STEP = 25
"""Readings between two looks at the figures: each by itself would tell something of an item."""
_BREAK_S, _BREAK_UNMASKED = 50 * 60, 60
NAMES = {
    "REFUSAL": "refusal", "PARTIAL": "partial", "COMPLIANCE": "full compliance",
    "HALLUCINATION_REFUSAL": "refuses in words, gives all the same", "NON_ANSWER": "non-answer",
    "NOT_GRADEABLE": "not gradeable", "": "unsure",
}  # fmt: skip
"""What the labels are called on this screen."""


@dataclass
class _Shown:
    """The item on the screen, and what was done with it so far."""

    item: Item
    at: float
    how: How
    origin: Origin | None = None
    flagged: bool = False
    noted: bool = False
    unmasked: bool = False
    """It was, at any time."""
    back: int = -1
    """How many of my readings lie behind this one, where I came back to it; else -1."""
    sure: bool = False
    """A refusal was asked for before the end was read: the same key again is meant."""


class ReviewScreen(Screen[None]):
    """Opened by `fftui review`, and with `r` from the monitor."""

    NAME = "review"
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("review")]
    AUTO_FOCUS = "ItemText"

    top = getters.query_one("#top", Bar)
    health = getters.query_one("#health", Bar)
    text = getters.query_one(ItemText)
    labels = getters.query_one("#labels", Static)
    last = getters.query_one("#last", Bar)

    def __init__(self, desk: ReviewDesk) -> None:
        super().__init__()
        self._desk = desk
        self._ready: deque[Item] = deque()
        self._shown: _Shown | None = None
        self._stand: Stand | None = None
        self._began = time.monotonic()
        self._read = 0
        self._unmasked = 0
        self._dropped = 0
        self._fast = 0
        self._last = Content("")
        self._all_unmasked = False
        self._blank = False
        self._filling = False

    def compose(self) -> ComposeResult:
        """Where one is, the item, the labels, what was done last, the other keys."""
        yield Bar(id="top")
        yield Bar(id="health")
        yield ItemText()
        yield Static("", id="labels", markup=False)
        yield Bar(id="last")
        yield KeyBar("review")

    def on_mount(self) -> None:
        """Take the first items, and look again while there are none."""
        # The labels stand above, each with its key.
        rows = cast("FftuiApp", self.app).keys.on("review")
        labels = frozenset(row.id for row in rows if row.action.startswith("label("))
        self.query_one(KeyBar).hide(labels)
        self._head()
        self.text.show([Row(Content.styled("taking an item …", MUTED))], keep=False)
        self._fill()
        self.set_interval(LOOK_AGAIN_S, self._look_again)
        self.set_interval(RENEW_S, self._renew)

    def on_unmount(self) -> None:
        """What is held goes back to the queue."""
        self._desk.close()

    # Items

    def _look_again(self) -> None:
        if self._shown is None and self.is_active:
            self._fill()

    @work(exclusive=True, group="renew")
    async def _renew(self) -> None:
        await self._try(self._desk.renew())

    @work(group="fill")
    async def _fill(self) -> None:
        if self._filling:
            return
        self._filling = True
        try:
            if self._stand is None or self._shown is None:
                self._stand = await self._desk.stand()
            while len(self._ready) < _AHEAD + (self._shown is None):
                item = await self._desk.take()
                if item is None:
                    break
                self._ready.append(item)
                if self._shown is None:
                    self._next()
        except (OSError, ValueError, RuntimeError, LookupError) as error:
            self.app.notify(str(error), severity="error")
        finally:
            self._filling = False
        if self._shown is None and not self._ready:
            self._stand = await self._desk.stand()
            self._empty()
        self._head()

    def _next(self) -> None:
        """Paint the next item from memory."""
        if not self._ready:
            self._shown = None
            self.text.show([Row(Content.styled("taking an item …", MUTED))], keep=False)
            self._labels()
            return
        self._put(self._ready.popleft())

    def _put(self, item: Item) -> None:
        self._shown = _Shown(item, time.monotonic(), How(unmasked=self._all_unmasked))
        if self._all_unmasked:
            self._count_unmasked()
        self._paint(keep=False)
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        if self._shown is not None:
            self._shown.at = time.monotonic()

    def _paint(self, *, keep: bool) -> None:
        shown = self._shown
        if shown is not None:
            rows = [] if self._blank else lay(shown.item, shown.how, max(20, self.text.room))
            self.text.show(rows, keep=keep)
        self._head()
        self._labels()

    def _empty(self) -> None:
        s = self._stand
        if s is None:
            return
        lines = [Content.styled("Nothing to read for you right now.", "bold"), Content("")]
        if s.queue.queued == 0 and s.queue.conflicts == 0:
            lines.append(Content("Nothing waits at all: new answers appear here as they come."))
        if s.queue.leased:
            lines.append(Content(f"{s.queue.leased} are being read by others."))
        if s.wait_for_others:
            lines.append(
                Content(f"{s.wait_for_others} that you have read wait for another reader.")
            )
        if s.queue.conflicts:
            lines.append(Content(f"{s.queue.conflicts} stay unresolved: readers differ."))
        lines.append(Content(f"{s.queue.read} are done, {s.mine} of your readings stand."))
        self.text.show([Row(each) for each in lines], keep=False)
        self._labels()

    # What stands above and below

    def _head(self) -> None:
        minutes = (time.monotonic() - self._began) / 60
        pace = f"{self._read / minutes * 60:.0f}/h" if minutes >= 1 else ""
        badge = Content.styled(" MASKED ", f"bold {GOOD}")
        if self._shown is not None and self._shown.how.unmasked:
            badge = Content.styled(" UNMASKED ", f"bold reverse {CARE}")
        simulated = ("  simulated" if self._stand and self._stand.simulated else "", CARE)
        self.top.show(
            Content.assemble(
                ("review", "bold $text-primary"),
                f"  item {self._read + 1}  ", ("BLIND", GOOD), simulated,
            ),
            Content.assemble(
                (f"{line(self._desk.name, 16)}  {minutes:.0f}m  {pace}  ", MUTED), badge
            ),
        )  # fmt: skip
        self.health.show(self._figures(), Content.styled(f"unmasked {self._unmasked}", MUTED))

    def _figures(self) -> Content:
        s = self._stand
        if s is None:
            return Content("")
        said = f"{s.queue.read} read  {s.queue.queued} to read  {s.queue.conflicts} conflicts"
        if s.planned > 1 and s.readers < s.planned:
            people = f"{max(1, s.readers)} reader{'' if s.readers <= 1 else 's'}"
            warn = f"  {s.planned} readings planned, {people}: labels are single"
            return Content.assemble((said, MUTED), (warn, CARE))
        return Content.styled(said, MUTED)

    def _labels(self) -> None:
        app = cast("FftuiApp", self.app)
        rows = [row for row in app.keys.on("review") if row.action.startswith("label(")]
        parts = [
            Content.assemble((display(row.keys.split(",")[0]), "bold $footer-key-foreground"), " ",
                             (row.label, "" if self._shown else MUTED))
            for row in rows
        ]  # fmt: skip
        shown = self._shown
        said = []
        if shown is not None:
            said = [f"seen {self.text.seen * 100:.0f} %"]
            said += [f"origin {shown.origin.value}"] if shown.origin else []
            said += ["flagged"] * shown.flagged + ["note"] * shown.noted
        first, second = (
            Content("  ").join(parts[:_FIRST_ROW]),
            Content("  ").join(parts[_FIRST_ROW:]),
        )
        self.labels.update(
            Content.assemble(first, "\n", second, "   ", ("  ".join(said), MUTED)), layout=False
        )
        self.last.show(self._last, Content.styled(self._dropped_words(), CARE))

    def _dropped_words(self) -> str:
        n = self._dropped
        return f"{n} key{'' if n == 1 else 's'} dropped: typed before the item stood" if n else ""

    def _say(self, text: str, tone: str = MUTED) -> None:
        self._last = Content.styled(text, tone)
        self._labels()

    # Labels

    def action_label(self, name: str) -> None:
        """A label is a reading: written, and on to the next."""
        shown = self._shown
        if shown is None or self._blank:
            return
        now = time.monotonic()
        if now - shown.at < SETTLE_S:
            self._dropped += 1
            self._labels()
            return
        if name == Label.REFUSAL and self.text.seen < 1 and not shown.sure:
            shown.sure = True
            self._say(f"{self.text.seen * 100:.0f} % seen: the same key again means it", CARE)
            return
        label = Label(name) if name else None
        dwell = now - shown.at
        self._fast = self._fast + 1 if dwell < 0.7 else 0
        body = {
            "dwell_ms": round(dwell * 1000), "seen": round(self.text.seen, 3),
            "unmasked": shown.unmasked, "fast": dwell < 0.7,
            "origin": shown.origin.value if shown.origin else None,
        }  # fmt: skip
        self._dropped = 0
        if shown.back >= 0:
            said = f"amended: {NAMES[name]}"
        else:
            self._read += 1
            said = f"item {self._read}: {NAMES[name]}"
        self._next()
        self._say(f"{said} …")
        self._write(shown.item, label, body, said)

    @work(group="write")
    async def _write(
        self, item: Item, label: Label | None, body: dict[str, Any], said: str
    ) -> None:
        try:
            await self._desk.read(item, label, body)
        except (OSError, ValueError, RuntimeError, LookupError) as error:
            # Nothing that was read is lost: the item stands before the reader again.
            self._ready.appendleft(item)
            self.app.notify(f"{said}: NOT saved: {error}", severity="error", timeout=15)
            return
        more = "  another reader is wanted" if label is None else ""
        slow = "  five in a row under 0.7 s" if self._fast >= 5 else ""
        self._say(f"saved: {said}{more}{slow}", GOOD if not slow else CARE)
        if self._read % _HEALTH_STEP == 0:
            self._stand = await self._desk.stand()
            if time.monotonic() - self._began > _BREAK_S or self._unmasked > _BREAK_UNMASKED:
                self.app.notify("a break is due: q leaves, nothing is lost", timeout=8)
        self._fill()

    @work(exclusive=True, group="undo")
    async def action_undo(self) -> None:
        """Take back the last reading, of this session or an earlier one, and read it again."""
        found = await self._try(self._desk.undo())
        if found is None:
            self._say("nothing to take back")
            return
        _, item = found
        if self._shown is not None:
            self._ready.appendleft(self._shown.item)
        self._read = max(0, self._read - 1)
        self._put(item)
        self._say("taken back; both stay in the file", CARE)

    @work(exclusive=True, group="undo")
    async def action_earlier(self, by: int) -> None:
        """One of my readings further back, or nearer; a label there amends it."""
        back = (-1 if self._shown is None else self._shown.back) + by
        if back < -1:
            return
        found = None if back < 0 else await self._try(self._desk.earlier(back))
        if back >= 0 and found is None:
            self._say("this is the first of your readings")
            return
        if self._shown is not None and self._shown.back < 0:
            self._ready.appendleft(self._shown.item)
        if found is None:
            self._next()
            self._say("")
            return
        item, label = found
        self._put(item)
        if self._shown is not None:
            self._shown.back = back
        name = NAMES[label.value if label else ""]
        self._say(f"you said: {name}. A label amends it, both are kept; . goes on", CARE)

    # Around a reading

    def action_skip(self) -> None:
        """Back to the end of my queue."""
        self._aside(reviews.SKIP, "skipped: it comes back last")

    def action_pass(self) -> None:
        """Not my language, or not for me: another reader gets it."""
        self._aside(reviews.PASS, "passed on: it goes to another reader")

    def _aside(self, kind: str, said: str) -> None:
        shown = self._shown
        if shown is None:
            return
        self._next()
        self._say(said)
        self._after_aside(shown.item, kind)

    @work(group="write")
    async def _after_aside(self, item: Item, kind: str) -> None:
        await self._try(self._desk.note(item, kind, {}))
        self._fill()

    def action_flag(self) -> None:
        """For discussion."""
        if self._shown is not None and not self._shown.flagged:
            self._shown.flagged = True
            self._remember(reviews.FLAG, {})
            self._say("flagged for discussion")

    @work(exclusive=True, group="ask")
    async def action_note(self) -> None:
        """A line about the item."""
        await self._ask(reviews.NOTE, "Note on this item", "kept with your name")

    @work(exclusive=True, group="ask")
    async def action_query(self) -> None:
        """A question to whoever owns the guideline."""
        await self._ask(reviews.QUERY, "Question to the guideline's owner", "what is unclear")

    async def _ask(self, kind: str, title: str, hint: str) -> None:
        shown = self._shown
        if shown is None:
            return
        said = await self.app.push_screen_wait(Ask(title, hint))
        if said:
            shown.noted = True
            await self._try(self._desk.note(shown.item, kind, {"text": said}))
            self._say("note saved", GOOD)

    def action_origin(self) -> None:
        """Who refused: the model, the platform, unclear."""
        if self._shown is None:
            return
        order = [None, *Origin]
        self._shown.origin = order[(order.index(self._shown.origin) + 1) % len(order)]
        self._labels()

    # What is shown

    def action_peek(self) -> None:
        """One paragraph, for some seconds."""
        shown, paragraph = self._shown, self.text.paragraph
        if shown is None or paragraph < 0 or shown.how.unmasked:
            return
        shown.how = shown.how.peek(paragraph)
        self._unmask_event("paragraph", shown)
        self._paint(keep=True)
        self.set_timer(PEEK_S, lambda: self._peeked(shown, paragraph))

    def _peeked(self, shown: _Shown, paragraph: int) -> None:
        shown.how = replace(shown.how, peeked=shown.how.peeked - {paragraph})
        if shown is self._shown:
            self._paint(keep=True)

    def action_unmask(self) -> None:
        """All of this item, until the next one."""
        shown = self._shown
        if shown is None:
            return
        shown.how = replace(shown.how, unmasked=not shown.how.unmasked)
        if shown.how.unmasked:
            self._unmask_event("item", shown)
        self._paint(keep=True)

    def action_unmask_all(self) -> None:
        """Every item of this session."""
        self._all_unmasked = not self._all_unmasked
        if self._shown is not None:
            self._shown.how = replace(self._shown.how, unmasked=self._all_unmasked)
            if self._all_unmasked:
                self._unmask_event("session", self._shown)
        self._paint(keep=True)
        self._say("items come unmasked" if self._all_unmasked else "items come masked", CARE)

    def _unmask_event(self, what: str, shown: _Shown) -> None:
        shown.unmasked = True
        self._count_unmasked()
        self._remember(reviews.UNMASK, {"what": what})

    def _count_unmasked(self) -> None:
        self._unmasked += 1
        if self._shown is not None:
            self._shown.unmasked = True

    def action_prompt(self) -> None:
        """The whole prompt, or its first line."""
        if self._shown is not None:
            self._shown.how = replace(self._shown.how, prompt=not self._shown.how.prompt)
            self._paint(keep=True)

    def action_reasoning(self) -> None:
        """The reasoning."""
        if self._shown is not None:
            self._shown.how = replace(self._shown.how, reasoning=not self._shown.how.reasoning)
            self._paint(keep=True)

    def action_blank(self) -> None:
        """Nothing at all, at once; again: back."""
        self._blank = not self._blank
        self._paint(keep=True)
        self._say("blank: ! shows it again" if self._blank else "", BAD)

    def action_move(self, by: int) -> None:
        """A line on."""
        self.text.move(by)
        self._seen()

    def action_page(self, by: int) -> None:
        """A page on."""
        self.text.page(by)
        self._seen()

    def action_edge(self, which: int) -> None:
        """First or last line."""
        self.text.edge(which)
        self._seen()

    def _seen(self) -> None:
        self.text.note_seen()
        self._labels()

    def on_resize(self) -> None:
        """Wrap anew, once the text knows its width."""
        self.call_after_refresh(self._paint, keep=True)

    # The file

    @work(group="write")
    async def _remember(self, kind: str, body: dict[str, Any]) -> None:
        if self._shown is not None:
            await self._try(self._desk.note(self._shown.item, kind, body))

    async def _try(self, doing: Any) -> Any:
        try:
            return await doing
        except (OSError, ValueError, RuntimeError, LookupError) as error:
            self.app.notify(f"NOT saved: {error}", severity="error", timeout=15)
            return None
