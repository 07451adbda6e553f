"""A widget made of lines that sends only the cells that changed.

Textual re-sends every cell of a dirty region, so regions are kept as small as the change: a count
that ticks costs some forty bytes, not a table.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from fftui.text import line as shown
from fftui.tui.draw.line import BLANK, Line, Piece, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.style import Style

_GAP = 12
"""Cells between two changes from which two regions cost less than one: a move and a colour."""


class Pane(Widget):
    """Rows of lines. Subclasses say what they read; `repaint` is called when that may differ."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"pane--{tone.value}" for tone in Tone),
        "pane--chosen",
    }
    DEFAULT_CSS = """
    Pane {
        height: 1;
        & > .pane--plain { color: $foreground; }
        & > .pane--strong { color: $foreground; text-style: bold; }
        & > .pane--muted { color: $text-muted; }
        & > .pane--faint { color: $text-disabled; }
        & > .pane--good { color: $text-success; }
        & > .pane--warn { color: $text-warning; }
        & > .pane--bad { color: $text-error; text-style: bold; }
        & > .pane--accent { color: $text-accent; text-style: bold; }
        & > .pane--title { color: $text-primary; text-style: bold; }
        & > .pane--badge { color: $background; background: $warning; text-style: bold; }
        & > .pane--alarm { color: $background; background: $error; text-style: bold; }
        & > .pane--chosen { background: $surface; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._drawn_at = Size(0, 0)
        """For which size the lines were made; after a resize they are made while it is drawn."""
        self._styles_by_tone: dict[tuple[Tone, bool], Style] = {}

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """What the pane reads at that size; at most `height` lines are shown."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Work out the lines anew and mark the cells that differ."""
        if self.size != self._drawn_at or not self.size:
            # Textual is about to draw it anew, or it is not to be seen. Shown again at the size it
            # had, it must not read as it did then.
            self._drawn_at = Size(0, 0)
            return
        width = self.size.width
        new = self._fresh()
        dirty = [
            Region(start, y, end - start, 1)
            for y, (before, after) in enumerate(zip_longest(self._lines, new, fillvalue=BLANK))
            if before != after
            for start, end in changes(before, after, width)
        ]
        self._lines = new
        if dirty:
            self.refresh(*dirty)

    def _fresh(self) -> list[Line]:
        width, height = self.size
        new = list(self.lines(width, height))[:height]
        return [_plain(line) for line in new] if getattr(self.app, "ascii", False) else new

    def reads(self) -> list[str]:
        """The text of each row as it stands on the screen."""
        return [line.text.rstrip() for line in self._lines]

    def notify_style_update(self) -> None:
        self._styles_by_tone.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One row as Textual wants it."""
        if self.size != self._drawn_at:
            self._drawn_at = self.size
            self._lines = self._fresh()
        line = self._lines[y] if y < len(self._lines) else BLANK
        segments = [
            Segment(_checked(piece.text), self._style(piece.tone, chosen=line.chosen))
            for piece in _merged(line)
        ]
        blank = self._style(Tone.PLAIN, chosen=line.chosen)
        return Strip(segments).adjust_cell_length(self.size.width, blank)

    def _style(self, tone: Tone, *, chosen: bool) -> Style:
        key = (tone, chosen)
        if key not in self._styles_by_tone:
            style = self.get_visual_style(f"pane--{tone.value}").rich_style
            if chosen and tone not in _GROUNDS:
                ground = self.get_visual_style("pane--chosen").rich_style
                style += type(style)(bgcolor=ground.bgcolor)
            self._styles_by_tone[key] = style
        return self._styles_by_tone[key]


_GROUNDS = (Tone.BADGE, Tone.ALARM)


def _merged(line: Line) -> list[Piece]:
    """The pieces with blanks in their neighbour's tone: a blank looks the same in any, and
    each change of tone is bytes."""
    merged: list[Piece] = []
    for piece in line.pieces:
        if not piece.text:
            continue
        last = merged[-1] if merged else None
        if last is not None and (
            last.tone is piece.tone
            or (last.tone not in _GROUNDS and piece.tone not in _GROUNDS and piece.text.isspace())
        ):
            merged[-1] = Piece(last.text + piece.text, last.tone)
        else:
            merged.append(piece)
    return merged


def changes(before: Line, after: Line, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of cells that differ between two states of a row, near ones joined."""
    old, new = list(_cells(before, width)), list(_cells(after, width))
    start = end = -1
    for at, (was, now) in enumerate(zip(old, new, strict=True)):
        if was == now:
            continue
        if start >= 0 and at - end >= _GAP:
            yield start, end
            start = at
        elif start < 0:
            start = at
        end = at + 1
    if start >= 0:
        yield start, end


def _cells(line: Line, width: int) -> Iterator[tuple[str, Tone, bool]]:
    """Each cell's sign and looks; the second cell of a wide sign repeats it."""
    room = width
    for piece in line.pieces:
        if piece.text.isascii():
            signs = [(char, 1) for char in piece.text]
        else:
            signs = [(char, cell_len(char)) for char in piece.text]
        blank = piece.tone not in _GROUNDS
        for char, cells in signs:
            for _ in range(min(cells, room)):
                yield char, Tone.PLAIN if blank and char == " " else piece.tone, line.chosen
            room -= min(cells, room)
    for _ in range(room):
        yield " ", Tone.PLAIN, line.chosen


def _checked(text: str) -> str:
    # Panes clean what is not theirs; this catches the one that some day forgets.
    return text if text.isprintable() else shown(text, cell_len(text) * 8 + 80)


_STAND_INS = {"…": "~", "␤": "/"}


def _plain(line: Line) -> Line:
    """The line for terminals that show ASCII only; strangers' names have other letters too."""
    if line.text.isascii():
        return line
    pieces = tuple(
        Piece("".join(_ascii(char) for char in piece.text), piece.tone) for piece in line.pieces
    )
    return Line(pieces, line.chosen)


def _ascii(char: str) -> str:
    return char if char.isascii() else _STAND_INS.get(char, "?" * cell_len(char))
