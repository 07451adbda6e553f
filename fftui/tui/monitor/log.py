"""The run's whole log, newest line last. Older pages are fetched when the top is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from fftui.tui.draw.line import BLANK, Line, Piece, Tone, rule
from fftui.tui.monitor.activity import event_line
from fftui.tui.monitor.scene import Scene, ScenePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.view import EventView

MOST = 5_000
"""Lines kept in memory; whoever wants more reads `engine.log`."""


class LogPane(ScenePane):
    """Follows the end until somebody scrolls up; scrolling down to the end follows again."""

    class Older(Message):
        """The first line is on the screen and more may lie before it."""

        def __init__(self, before: int) -> None:
            super().__init__()
            self.before = before
            """Id of the oldest line here."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._events: list[EventView] = []
        self._back = 0
        """Lines between the end and the lowest one shown."""
        self._whole = False

    def show(self, scene: Scene) -> None:
        """Take over lines that are newer than what is here."""
        last = self._events[-1].id if self._events else -1
        fresh = [event for event in scene.summary.events if event.id > last]
        self._events = (self._events + fresh)[-MOST:]
        if self._back:
            self._back += len(fresh)
        super().show(scene)

    def put_older(self, events: Sequence[EventView]) -> None:
        """Older lines have come; none means that this is all."""
        self._whole = not events or len(self._events) + len(events) > MOST
        first = self._events[0].id if self._events else None
        older = [event for event in events if first is None or event.id < first]
        self._events = older + self._events
        self.repaint()

    def move(self, by: int) -> None:
        """Scroll; negative is towards the past."""
        room = max(1, self.size.height - 1)
        self._back = max(0, min(self._back - by, len(self._events) - room))
        if self._events and not self._whole and self._back >= len(self._events) - room:
            self.post_message(self.Older(self._events[0].id))
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """A title rule and the window."""
        if self.scene is None:
            return ()
        glyphs, room = self.scene.glyphs, height - 1
        end = len(self._events) - self._back
        shown = self._events[max(0, end - room) : end]
        where = f"{self._back} newer below" if self._back else "newest"
        title = rule(
            [Piece("log", Tone.TITLE)],
            [Piece(f"{where} {glyphs.dot} esc back", Tone.MUTED)],
            width, glyphs.rule, focused=self.active, cursor=glyphs.cursor,
        )  # fmt: skip
        lines = [event_line(event, width, glyphs) for event in shown]
        return [title, *lines, *[BLANK] * (room - len(lines))]
