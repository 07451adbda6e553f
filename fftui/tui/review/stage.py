"""An item on the screen and what stands around it: how it is painted. No key does a thing here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import getters, work
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from fftui.grading.guideline import guideline
from fftui.store.folder import database
from fftui.text import clean
from fftui.tui.bars import Bar, KeyBar
from fftui.tui.review.burst import Burst
from fftui.tui.review.exposure import Exposure
from fftui.tui.review.guide import rule, section_lines
from fftui.tui.review.page import Row, lay
from fftui.tui.review.text import ItemText, Spot
from fftui.tui.words import CARE, GOOD, MUTED

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import TypeVar

    from textual.app import ComposeResult

    from fftui.tui.app import FftuiApp
    from fftui.tui.review.desk import Item, ReviewDesk
    from fftui.tui.review.shown import Shown

    T = TypeVar("T")

FAILED = (OSError, ValueError, RuntimeError, LookupError)
"""What the file may answer with."""
PEEK_S = 8.0
"""So long a paragraph is shown."""
MEDIUM, WIDE = 110, 150
"""Columns from which there is room for one and for two columns beside the answer."""
_FIRST_ROW = 5


class Stage(Screen[None]):
    """A screen with one item, or none, in its middle."""

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
        self._exposure = Exposure()
        self._burst = Burst()
        self._last = Content("")
        self._blank = False
        self._place: tuple[Spot, Spot] | None = None
        """Where the eye was before the lines went or are wrapped anew."""

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

    def on_resize(self) -> None:
        """Other columns; wrap anew once the text knows its width."""
        width = self.app.size.width
        self._place = self._place or self.text.place
        self.set_class(width >= MEDIUM, "-medium")
        self.set_class(width >= WIDE, "-wide")
        self.call_after_refresh(self._paint, keep=True)

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

    # The item

    def key(self, name: str) -> str:
        """What a row of the table is pressed with, as this person has it."""
        return cast("FftuiApp", self.app).keys.key(name)

    def _put(self, item: Item, *, back: int = -1) -> None:
        self._place = None
        self._shown = self._exposure.come(item, back)
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
        return lay(shown.item, shown.laid, max(20, self.text.room), self.key)

    # Around it

    def _say(self, text: str, tone: str = MUTED) -> None:
        self._last = Content.styled(clean(text), tone)
        self._labels()

    def _labels(self) -> None:
        parts = self._label_parts()
        first, second = parts[:_FIRST_ROW], parts[_FIRST_ROW:]
        states = Content.styled(clean("  ".join(self._states())), MUTED)
        said = Content.assemble(
            Content("  ").join(first), "\n", Content("  ").join(second), "   ", states
        )
        self.labels.update(said, layout=False)
        self.last.show(self._last, Content.styled(clean(self._burst.words), CARE))
        shown = self._shown
        has_text = shown is not None and not self._blank
        more = self.key("reading.guideline")
        self.guide.show(rule(shown.item.section, more) if shown and has_text else Content(""))
        if self.has_class("-medium"):
            self._columns(parts)

    def _columns(self, parts: list[Content]) -> None:
        nl = Content("\n")
        states = [Content.styled(clean(one), MUTED) for one in self._states()]
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

    def _states(self) -> list[str]:
        return [] if self._shown is None else self._shown.states(self._percent())

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
