"""The review screen: one bare key is a label, written and on to the next. Blind and masked."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from textual import getters, work
from textual.content import Content

from fftui.domain import acts
from fftui.domain.labels import Label
from fftui.text import clean, line
from fftui.tui.bars import Bar
from fftui.tui.bindings import bindings
from fftui.tui.dialogs import Ask
from fftui.tui.review import beside, health, stand
from fftui.tui.review.conflicts import ConflictScreen
from fftui.tui.review.page import Row, facts
from fftui.tui.review.reading import NAMES, ReadingScreen
from fftui.tui.review.sitting import Sitting
from fftui.tui.review.stage import FAILED
from fftui.tui.words import CARE, GOOD, MUTED

if TYPE_CHECKING:
    from textual.binding import BindingType

    from fftui.tui.review.desk import Item, ReviewDesk, Stand

RENEW_S = 60.0
LOOK_AGAIN_S = 3.0
_AHEAD = 2
"""Items that wait behind the one on the screen."""


class ReviewScreen(ReadingScreen):
    """Opened by `fftui review`, and with `r` from the monitor."""

    NAME = "review"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("review", own_back=True)]

    health = getters.query_one("#health", Bar)
    agree = getters.query_one("#agree", Bar)

    def __init__(self, desk: ReviewDesk) -> None:
        super().__init__(desk)
        self._ready: deque[Item] = deque()
        self._stand: Stand | None = None
        self._sitting = Sitting()
        self._filling = False

    def on_mount(self) -> None:
        """Take the first items, and look again while there are none."""
        super().on_mount()
        self._head()
        self.text.show([Row(Content.styled("taking an item …", MUTED))], keep=False)
        self._fill()
        self.set_interval(LOOK_AGAIN_S, self._look_again)
        self.set_interval(RENEW_S, self._renew)

    def on_unmount(self) -> None:
        """What is held goes back to the queue."""
        self._desk.close()

    @work(exclusive=True, group="stand")
    async def on_screen_resume(self) -> None:
        """Conflicts may have been read and decided meanwhile."""
        self._stand = await self._try(self._desk.stand()) or self._stand
        self._head()
        self._labels()

    # Items

    def _look_again(self) -> None:
        if self._shown is None and self.is_active:
            self._fill()

    @work(exclusive=True, group="renew")
    async def _renew(self) -> None:
        await self._try(self._desk.renew())
        self._head()

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
        except FAILED as error:
            self._failed("no item can be taken", error)
        finally:
            self._filling = False
        if self._shown is None and not self._ready:
            self._stand = await self._try(self._desk.stand()) or self._stand
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

    def _empty(self) -> None:
        if self._stand is not None:
            lines = stand.nothing(self._stand, self.key)
            self.text.show([Row(each) for each in lines], keep=False)
            self._labels()

    # What stands above and beside

    def _head(self) -> None:
        now, sitting = time.monotonic(), self._sitting
        wide = self.has_class("-medium")
        spent = "  ".join([line(self._desk.name, 16), *sitting.words(now, rest=wide), ""])
        seen = self._shown is not None and self._shown.item.seen
        blind = ("NOT BLIND: you were shown its labels", CARE) if seen else ("BLIND", GOOD)
        simulated = ("  simulated" if self._stand and self._stand.simulated else "", CARE)
        self.top.show(
            Content.assemble(
                ("review", "bold $text-primary"), clean(f"  {self._which()}"), blind, simulated,
            ),
            Content.assemble((clean(spent), MUTED), self._badge()),
        )  # fmt: skip
        if self._stand is not None:
            exposed = clean(self._exposure.words)
            self.health.show(stand.above(self._stand), Content.styled(exposed, MUTED))
            found = stand.agreement(self._stand)
            self.set_class(found is not None and not wide, "-agree")
            more = "  ".join(health.words(found))
            self.agree.show(Content.styled(clean(more), stand.tone(found)))

    def _which(self) -> str:
        """Number of the item in this session; of one that was read before, its own."""
        if self._shown is None:
            return ""
        if self._shown.back < 0:
            return f"item {self._sitting.read + 1}  "
        number = self._sitting.read - self._shown.back
        return f"item {number}, read before  " if number > 0 else "read in an earlier session  "

    def _right_lines(self) -> list[Content]:
        return [] if self._stand is None else stand.beside(self._stand)

    def _left_lines(self, width: int) -> list[Content]:
        found = []
        shown = self._shown
        if shown is not None and not self._blank:
            if self.has_class("-wide"):
                bare = shown.how.unmasked
                found += beside.prompt(shown.item, unmasked=bare, width=width, key=self.key)
            found += beside.structure(shown.item, width)
        return found + beside.done(reversed(self._sitting.done), width)

    # Labels

    def action_label(self, name: str) -> None:
        """A label is a reading: written, and on to the next."""
        shown = self._shown
        if not self._may_label(name) or shown is None:
            return
        body = self._body(shown)
        self._burst.taken()
        said = self._sitting.label(NAMES[name], fast=body["fast"], amends=shown.back >= 0)
        # Said before the next item is painted, so that all goes out at once.
        self._last = Content.styled(clean(f"{said} …"), MUTED)
        self._next()
        self._write(shown.item, Label(name) if name else None, body, said)

    @work(group="write")
    async def _write(
        self, item: Item, label: Label | None, body: dict[str, Any], said: str
    ) -> None:
        try:
            await self._desk.read(item, label, body)
        except FAILED as error:
            # Nothing that was read is lost: the item stands before the reader again.
            self._ready.appendleft(item)
            self._failed(f"{said}: NOT saved", error)
            return
        more = "  another reader is wanted" if label is None else ""
        haste = self._sitting.haste
        slow = f"  {haste}" if haste else ""
        self._say(f"saved: {said}{more}{slow}", GOOD if not slow else CARE)
        self._stand = await self._try(self._desk.stand()) or self._stand
        self._head()
        self._labels()
        if self._sitting.hint(time.monotonic(), tired=self._exposure.much):
            leave = self.key("app.leave")
            self.app.notify(f"a break is due: {leave} leaves, nothing is lost", timeout=8)
        self._fill()

    @work(exclusive=True, group="undo")
    async def action_undo(self) -> None:
        """Take back the last reading, of this session or an earlier one, and read it again."""
        found = await self._try(self._desk.undo())
        if found is None:
            self._say("nothing to take back")
            return
        done, item = found
        if done.kind == acts.ADJUDICATE:
            self._say(f"your decision is taken back: {self.key('review.conflicts')} shows it", CARE)
            return
        if self._shown is not None and self._shown.back < 0:
            self._ready.appendleft(self._shown.item)
        self._sitting.taken_back()
        self._put(item)
        self._say(f"taken back; {self.key('reading.redo')} gives it again", CARE)

    @work(exclusive=True, group="undo")
    async def action_redo(self) -> None:
        """Give again what was taken back last."""
        done = await self._try(self._desk.redo())
        if done is None:
            self._say("nothing that could be given again")
            return
        if done.kind != acts.ADJUDICATE:
            self._sitting.read += 1
            self._ready = deque(each for each in self._ready if not each.is_of(done))
            if self._shown is not None and self._shown.item.is_of(done):
                self._next()
                self._fill()
        self._say("given again, as it was", GOOD)

    @work(exclusive=True, group="undo")
    async def action_earlier(self, by: int) -> None:
        """One of my readings further back, or nearer; a label there amends it."""
        back = (-1 if self._shown is None else self._shown.back) + by
        if back < -1:
            self._say("this is the newest; what waits for you comes after it")
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
        self._put(item, back=back)
        name = NAMES[label.value if label else ""]
        onward = self.key("review.later")
        self._say(f"you said: {name}. A label amends it, both are kept; {onward} goes on", CARE)

    @work(exclusive=True, group="undo")
    async def action_reveal(self) -> None:
        """What the machine said of an item that I have read, where the plan allows it."""
        shown, before = self._shown, self.key("review.earlier")
        if self._stand is None or not self._stand.reveal:
            self._say("the machine's labels stay hidden: the plan has no [review] reveal")
        elif shown is None or shown.back < 0:
            self._say(f"your own label first: {before} goes back to an item that you have read")
        else:
            said = await self._try(self._desk.reveal(shown.item))
            if said is not None:
                # First what follows from it: a narrow screen leaves out the end.
                self._say(f"unblind from here. machine: {line(said, 120)}", CARE)

    # Around a reading

    def action_skip(self) -> None:
        """Back to the end of my queue; the second time with a reason."""
        shown = self._shown
        if shown is not None and shown.item.skips:
            self._skip_with_reason()
        else:
            self._aside(acts.SKIP, "skipped: it comes back last", {})

    @work(exclusive=True, group="ask")
    async def _skip_with_reason(self) -> None:
        shown = self._shown
        why = await self.app.push_screen_wait(Ask("Skipped before: why again?", "a few words"))
        if why and shown is self._shown:
            self._aside(acts.SKIP, "skipped: it comes back last", {"reason": why})

    def action_pass(self) -> None:
        """Not for me: another reader gets it."""
        self._aside(acts.PASS, "passed on: it goes to another reader", {})

    def action_language(self) -> None:
        """Not my language: another reader gets it."""
        said = "not your language: it goes to another reader"
        self._aside(acts.PASS, said, {"what": "language"})

    def _aside(self, kind: str, said: str, body: dict[str, Any]) -> None:
        shown = self._here()
        if shown is None:
            return
        if shown.back >= 0:
            self._say(f"you have read this one; {self.key('review.later')} goes on")
            return
        self._next()
        self._say(said)
        self._after_aside(shown.item, kind, body)

    @work(group="write")
    async def _after_aside(self, item: Item, kind: str, body: dict[str, Any]) -> None:
        await self._try(self._desk.note(item, kind, body))
        self._fill()

    def action_conflicts(self) -> None:
        """Items whose readers differ."""
        simulated = self._stand is not None and self._stand.simulated
        self.app.push_screen(ConflictScreen(self._desk, simulated=simulated))

    def action_facts(self) -> None:
        """What is known of the item and tells nothing of its label or where it comes from."""
        shown = self._here()
        if shown is not None:
            self._say("  ".join(facts(shown.item)))
