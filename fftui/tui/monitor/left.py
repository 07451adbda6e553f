"""What happened while nobody watched: a box over the monitor, closed by any key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fftui.text import clean
from fftui.tui.draw.line import Line, Piece, Tone
from fftui.tui.draw.numbers import day_and_clock, plural, span
from fftui.tui.monitor.activity import event_line

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from fftui.results.view import SinceLeft
    from fftui.tui.draw.glyphs import Glyphs

_LINES = 8
_STYLES = {
    Tone.STRONG: "bold",
    Tone.MUTED: "$text-muted",
    Tone.WARN: "$text-warning",
    Tone.BAD: "bold $text-error",
    Tone.TITLE: "bold $text-primary",
}


def lines(left: SinceLeft, now: float, width: int, glyphs: Glyphs) -> list[Line]:
    """What the box reads."""
    away = f"  {day_and_clock(left.left_at, now)}, {span(now - left.left_at)} ago"
    said = [
        (left.answered, "answer", Tone.STRONG),
        (left.flagged, "flag", Tone.STRONG),
        (left.paused, "pause", Tone.WARN),
        (left.alerts, "alert", Tone.BAD),
    ]
    counts: list[Piece] = []
    for n, noun, tone in said:
        if n:
            counts.append(Piece(("  " if counts else "") + plural(n, noun), tone))
    box = [Line((Piece("since you left", Tone.TITLE), Piece(away, Tone.MUTED))), Line()]
    if counts:
        box += [Line(tuple(counts)), Line()]
    box += [event_line(event, width, glyphs, seconds=False) for event in left.lines[-_LINES:]]
    return [*box, Line(), Line((Piece("any key goes on", Tone.MUTED),))]


class SinceLeftBox(ModalScreen[None]):
    """The box."""

    DEFAULT_CSS = """
    SinceLeftBox { align: center middle; background: transparent; }
    SinceLeftBox Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 90%;
        padding: 1 2; background: $panel; border: round $primary;
    }
    SinceLeftBox Static { width: 1fr; height: auto; text-wrap: nowrap; }
    """

    def __init__(self, left: SinceLeft, now: float, glyphs: Glyphs) -> None:
        super().__init__()
        self._left = left
        self._now = now
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """All of it as one text."""
        text = lines(self._left, self._now, min(70, self.app.size.width - 8), self._glyphs)
        with Vertical():
            yield Static(Content("\n").join(content(line) for line in text), markup=False)

    def on_key(self, event: events.Key) -> None:
        """Any key closes it and does nothing else."""
        event.stop()
        event.prevent_default()
        self.dismiss()


def content(line: Line) -> Content:
    """A line for widgets that are no panes."""
    return Content.assemble(
        *((clean(piece.text), _STYLES.get(piece.tone, "")) for piece in line.pieces)
    )
