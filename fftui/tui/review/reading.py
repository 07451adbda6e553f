"""An item before a reader: what is shown of it, masked; what is noted and pointed at. No labels."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast

from msgspec.structs import replace
from textual import getters, work
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from fftui.domain import acts
from fftui.domain.labels import Label
from fftui.domain.readings import Origin
from fftui.grading.guideline import guideline
from fftui.grading.sentences import sentences
from fftui.store.folder import database
from fftui.text import clean
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.dialogs import Ask
from fftui.tui.review.guide import GuidelineScreen, rule, section_lines
from fftui.tui.review.page import How, Row, lay
from fftui.tui.review.text import ItemText, Spot
from fftui.tui.words import BAD, CARE, GOOD, MUTED

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import TypeVar

    from textual.app import ComposeResult

    from fftui.tui.app import FftuiApp
    from fftui.tui.review.desk import Item, ReviewDesk

    T = TypeVar("T")

FAILED = (OSError, ValueError, RuntimeError, LookupError)
"""What the file may answer with."""
SETTLE_S = 0.2
"""No label is taken for so long after an item's paint, nor after another key of a label."""
PEEK_S = 8.0
MEDIUM, WIDE = 110, 150
"""Columns from which there is room for one and for two columns beside the answer."""
_FIRST_ROW = 5
NAMES = {
    "REFUSAL": "refusal", "PARTIAL": "partial", "COMPLIANCE": "full compliance",
    "HALLUCINATION_REFUSAL": "refuses in words, gives all the same", "NON_ANSWER": "non-answer",
    "NOT_GRADEABLE": "not gradeable", "BENIGN_QUERY": "harmless prompt", "": "unsure",
}  # fmt: skip
"""What the labels are called on these screens."""


@dataclass
class Shown:
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
    evidence: set[int] = field(default_factory=set)
    """Numbers of the sentences that were pointed at."""


class ReadingScreen(Screen[None]):
    """What the screen of the queue and that of conflicts share."""

    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = "ItemText"
    NAME: ClassVar[str]

    top = getters.query_one("#top", Bar)
    text = getters.query_one(ItemText)
    left = getters.query_one("#left", Static)
    right = getters.query_one("#right", Static)
    below = getters.query_one("#below", Static)
    labels = getters.query_one("#labels", Static)
    guide = getters.query_one("#guide", Bar)
    last = getters.query_one("#last", Bar)

    def __init__(self, desk: ReviewDesk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: Shown | None = None
        self._unmasked = 0
        self._dropped = 0
        self._typed = 0.0
        """When a key of a label came last, taken or not."""
        self._last = Content("")
        self._all_unmasked = False
        self._blank = False
        self._place: tuple[Spot, Spot] | None = None
        """Where the eye was before the lines went or are wrapped anew."""
        self._picking = False

    def compose(self) -> ComposeResult:
        """Where one is, the item between two columns, the labels, what was done last, the keys."""
        yield Bar(id="top")
        yield Bar(id="health")
        yield Bar(id="agree")
        with Horizontal(id="middle"):
            yield Static("", id="left", markup=False)
            yield ItemText()
            yield Static("", id="right", markup=False)
        yield Static("", id="below", markup=False)
        yield Static("", id="labels", markup=False)
        yield Bar(id="guide")
        yield Bar(id="last")
        yield KeyBar(self.NAME)

    def on_mount(self) -> None:
        """The labels stand above the other keys, each with its own."""
        rows = cast("FftuiApp", self.app).keys.on(self.NAME)
        labels = frozenset(row.id for row in rows if row.action.startswith("label("))
        self.query_one(KeyBar).hide(labels)

    # What a screen says itself

    def _head(self) -> None:
        """The lines on top."""
        raise NotImplementedError

    def _left_lines(self, width: int) -> list[Content]:
        """The column on the left of a wide terminal, below the guideline."""
        del width
        return []

    def _right_lines(self) -> list[Content]:
        """The column on the right, below the labels."""
        return []

    # Painting

    def key(self, name: str) -> str:
        """What a row of the table is pressed with, as this person has it."""
        return cast("FftuiApp", self.app).keys.key(name)

    def _put(self, item: Item, *, back: int = -1) -> None:
        self._leave_picking()
        self._place = None
        # Until it is painted it stands nowhere, and no key can mean it.
        self._shown = Shown(item, math.inf, How(unmasked=self._all_unmasked), back=back)
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
            rows = [] if self._blank else self._rows(shown)
            self.text.show(rows, keep=keep, place=self._place)
            self._place = None if rows else self._place
        self._head()
        self._labels()

    def _rows(self, shown: Shown) -> list[Row]:
        how = self._how(shown)
        return lay(shown.item, how, max(20, self.text.room), self.key)

    def _how(self, shown: Shown) -> How:
        if not self._picking:
            return shown.how
        return replace(shown.how, marks=dict.fromkeys(shown.evidence, "*"))

    def _say(self, text: str, tone: str = MUTED) -> None:
        self._last = Content.styled(clean(text), tone)
        self._labels()

    def _labels(self) -> None:
        parts = self._label_parts()
        first, second = parts[:_FIRST_ROW], parts[_FIRST_ROW:]
        states = Content.styled(clean("  ".join(self._said())), MUTED)
        said = Content.assemble(
            Content("  ").join(first), "\n", Content("  ").join(second), "   ", states
        )
        self.labels.update(said, layout=False)
        self.last.show(self._last, Content.styled(clean(self._dropped_words()), CARE))
        shown = self._shown
        has_text = shown is not None and not self._blank
        more = self.key("reading.guideline")
        self.guide.show(rule(shown.item.section, more) if shown and has_text else Content(""))
        if self.has_class("-medium"):
            self._columns(parts)

    def _columns(self, parts: list[Content]) -> None:
        nl = Content("\n")
        states = [Content.styled(clean(one), MUTED) for one in self._said()]
        right = [*parts, Content(""), *states, Content(""), *self._right_lines()]
        self.right.update(nl.join(right), layout=False)
        shown = self._shown
        width = max(20, self.left.content_size.width or 36)
        if self.has_class("-wide") and shown is not None and not self._blank:
            section = guideline().sections[shown.item.section]
            lines = [*section_lines(section, width), *self._left_lines(width)]
            self.left.update(nl.join(lines), layout=False)
        else:
            self.left.update(nl.join(self._left_lines(width)), layout=False)

    def _label_parts(self) -> list[Content]:
        tone = "" if self._shown else MUTED
        return [
            Content.assemble((row.first, "bold $footer-key-foreground"), " ", (row.label, tone))
            for row in cast("FftuiApp", self.app).keys.on(self.NAME)
            if row.action.startswith("label(")
        ]

    def _said(self) -> list[str]:
        shown = self._shown
        if shown is None:
            return []
        said = [f"seen {self._percent()} %"]
        said += [f"origin {shown.origin.value}"] if shown.origin else []
        said += ["flagged"] * shown.flagged + ["note"] * shown.noted
        if shown.evidence:
            # Last: of a long list the end is cut off, and nothing else with it.
            said.append("evidence " + " ".join(f"s{n + 1}" for n in sorted(shown.evidence)))
        return said

    def _percent(self) -> int:
        # Rounded down: 100 is all of it.
        return int(self.text.seen * 100)

    def _badge(self) -> Content:
        """Whether anything of the item stands there to be read."""
        how = None if self._shown is None else self._shown.how
        if how is not None and how.unmasked:
            return Content.styled(" UNMASKED ", f"bold reverse {CARE}")
        if how is not None and how.peeked:
            return Content.styled(f" PEEK {PEEK_S:.0f} s ", f"bold reverse {CARE}")
        return Content.styled(" MASKED ", f"bold {GOOD}")

    def _dropped_words(self) -> str:
        n = self._dropped
        return f"{n} key{'' if n == 1 else 's'} dropped: typed ahead of what is shown" if n else ""

    def on_resize(self) -> None:
        """Other columns; wrap anew once the text knows its width."""
        width = self.app.size.width
        self._place = self._place or self.text.place
        self.set_class(width >= MEDIUM, "-medium")
        self.set_class(width >= WIDE, "-wide")
        self.call_after_refresh(self._paint, keep=True)

    # A label

    def _may_label(self, name: str) -> bool:
        """Whether a key typed now can mean this item, and the item was read as far as it takes."""
        shown = self._shown
        if shown is None or self._blank:
            return False
        now, before = time.monotonic(), self._typed
        self._typed = now
        # One label a burst: a key that is held down, or was typed ahead of a line that stalled, may
        # come later than the item and was meant for none that was seen.
        if now - shown.at < SETTLE_S or now - before < SETTLE_S:
            self._dropped += 1
            self._labels()
            return False
        if name == Label.REFUSAL and self.text.seen < 1 and not shown.sure:
            shown.sure = True
            self._say(f"{self._percent()} % seen: the same key again means it", CARE)
            return False
        return True

    def _body(self, shown: Shown) -> dict[str, Any]:
        """How the item was read."""
        dwell = time.monotonic() - shown.at
        return {
            "dwell_ms": round(dwell * 1000), "seen": round(self.text.seen, 3),
            "unmasked": shown.unmasked, "fast": dwell < 0.7,
            "origin": shown.origin.value if shown.origin else None,
            "evidence": sorted(shown.evidence),
        }  # fmt: skip

    # Evidence

    def action_evidence(self) -> None:
        """Point at the sentences that decide; again: back to the text."""
        shown = self._shown
        if shown is None or self._blank:
            return
        if self._picking:
            self.step_back()
            return
        if not sentences(shown.item.answer):
            self._say("no sentence to point at")
            return
        self.text.hold(on=True)
        self._picking = True
        self._paint(keep=True)
        self._point(0)
        choose, leave = self.key("reading.choose"), self.key("app.back")
        self._say(f"evidence: {choose} marks the sentence, {leave} leaves")

    def _point(self, number: int) -> None:
        shown = self._shown
        if shown is not None:
            most = len(sentences(shown.item.answer)) - 1
            shown.how = replace(shown.how, at=max(0, min(number, most)))
            self._paint(keep=True)
            self.text.to_sentence(shown.how.at)

    def action_choose(self) -> None:
        """Mark the sentence that is pointed at, or take the mark away."""
        shown = self._shown
        if shown is not None and self._picking:
            shown.evidence ^= {shown.how.at}
            self._point(shown.how.at)

    def _leave_picking(self) -> None:
        if self._picking:
            self._picking = False
            self.text.hold(on=False)
            if self._shown is not None:
                self._shown.how = replace(self._shown.how, at=-1)

    def step_back(self) -> bool:
        """Out of what is a step of its own; whether there was one."""
        if self._picking:
            self._leave_picking()
            self._paint(keep=True)
            self._say("")
            return True
        if self._shown is not None and self._shown.how.found:
            self._shown.how = replace(self._shown.how, found="")
            self._paint(keep=True)
            self._say("")
            return True
        return False

    async def action_back(self) -> None:
        """Out of the evidence, then out of a search, then to the screen before."""
        if not self.step_back():
            await self.app.run_action("app.back")

    # Around a reading

    def action_flag(self) -> None:
        """For discussion."""
        if self._shown is not None and not self._shown.flagged:
            self._shown.flagged = True
            self._remember(self._shown.item, acts.FLAG, {})
            self._say("flagged for discussion")

    @work(exclusive=True, group="ask")
    async def action_note(self) -> None:
        """A line about the item."""
        await self._ask(acts.NOTE, "Note on this item", "kept with your name")

    @work(exclusive=True, group="ask")
    async def action_query(self) -> None:
        """A question to whoever owns the guideline."""
        await self._ask(acts.QUERY, "Question to the guideline's owner", "what is unclear")

    async def _ask(self, kind: str, title: str, hint: str) -> None:
        shown = self._shown
        if shown is None:
            return
        said = await self.app.push_screen_wait(Ask(title, hint))
        if said:
            shown.noted = True
            await self._try(self._desk.note(shown.item, kind, {"text": said}))
            self._say("note saved" if kind == acts.NOTE else "question saved")

    def action_origin(self) -> None:
        """Who refused: the model, the platform, unclear."""
        if self._shown is None:
            return
        order = [None, *Origin]
        self._shown.origin = order[(order.index(self._shown.origin) + 1) % len(order)]
        self._labels()

    def action_guideline(self) -> None:
        """The guideline, at the section that fits the answer."""
        shown = self._shown
        self.app.push_screen(GuidelineScreen(0 if shown is None else shown.item.section))

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

    def _peeked(self, shown: Shown, paragraph: int) -> None:
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

    def _unmask_event(self, what: str, shown: Shown) -> None:
        shown.unmasked = True
        self._count_unmasked()
        self._remember(shown.item, acts.UNMASK, {"what": what})

    def _count_unmasked(self) -> None:
        self._unmasked += 1
        if self._shown is not None:
            self._shown.unmasked = True

    def action_prompt(self) -> None:
        """The whole prompt, or the goal alone."""
        if self._shown is not None:
            opened = not self._shown.how.prompt
            self._fold(replace(self._shown.how, prompt=opened), opened=opened)

    def action_reasoning(self) -> None:
        """The reasoning."""
        if self._shown is not None:
            opened = not self._shown.how.reasoning
            self._fold(replace(self._shown.how, reasoning=opened), opened=opened)

    def _fold(self, how: How, *, opened: bool) -> None:
        """What was opened from its beginning; after folding, the line of the answer as before."""
        line = self.text.line
        if self._shown is not None:
            self._shown.how = how
        self.text.edge(-1)
        self._paint(keep=True)
        if not opened:
            self.text.to_line(line)

    @work(exclusive=True, group="ask")
    async def action_search(self) -> None:
        """Lines with a text; masked ones stay masked."""
        shown = self._shown
        if shown is None:
            return
        said = await self.app.push_screen_wait(Ask("Search in this item", "part of a line"))
        if shown is not self._shown:
            return
        shown.how = replace(shown.how, found=said or "")
        self._paint(keep=True)
        n = self.text.stops
        if said and not n:
            self._say("nothing found")
        elif said:
            ahead, behind = self.key("reading.next"), self.key("reading.before")
            self._say(f"{n} line{'' if n == 1 else 's'} found: {ahead} {behind} go through them")
            self.text.edge(-1)
            self.action_seek(1)

    def action_seek(self, by: int) -> None:
        """The next line that was found; without a search, the next that its wording marks."""
        if not self.text.seek(by):
            self._say("none further on" if by > 0 else "none before")
        self._seen()

    def action_blank(self) -> None:
        """Nothing at all, at once; again: back."""
        self._blank = not self._blank
        if self._blank:
            self._place = self.text.place
            self.left.update("", layout=False)
        self._paint(keep=True)
        self._say(f"blank: {self.key('reading.blank')} shows it again" if self._blank else "", BAD)

    def action_move(self, by: int) -> None:
        """A line on; a sentence on, where sentences are pointed at."""
        if self._picking and self._shown is not None:
            self._point(self._shown.how.at + by)
            return
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

    # The file

    @work(group="write")
    async def _remember(self, item: Item, kind: str, body: dict[str, Any]) -> None:
        await self._try(self._desk.note(item, kind, body))

    async def _try(self, doing: Awaitable[T]) -> T | None:
        try:
            return await doing
        except FAILED as error:
            self._failed("NOT saved", error)
            return None

    def _failed(self, what: str, error: Exception) -> None:
        """Tell of what could not be done, and not of which run: its name may tell of the model."""
        why = str(error)
        for told in (str(database(self._desk.folder)), self._desk.folder.name):
            why = why.replace(told, "the run file")
        self.app.notify(f"{what}: {why}", severity="error", timeout=15)
