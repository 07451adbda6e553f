"""A line of the screen as plain data: pieces of text with a tone.

Panes are functions from a summary to lines, so what a person will read is tested without a
terminal. Text that is not ours enters through `put`, `left` or `right`, which clean it.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from rich.cells import cell_len

from fftui.text import line as shown


class Tone(StrEnum):
    """What a piece says beside its text. Nothing is said by a tone alone."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    FAINT = "faint"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ACCENT = "accent"
    TITLE = "title"
    BADGE = "badge"
    ALARM = "alarm"


class Piece(Struct, frozen=True):
    """A run of text in one tone."""

    text: str
    tone: Tone = Tone.PLAIN

    @property
    def cells(self) -> int:
        """Width on the screen."""
        return cell_len(self.text)


class Line(Struct, frozen=True):
    """One row of a pane."""

    pieces: tuple[Piece, ...] = ()
    chosen: bool = False
    """The cursor is on it."""

    @property
    def text(self) -> str:
        """What it reads, without tones."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def cells(self) -> int:
        """Width on the screen."""
        return sum(piece.cells for piece in self.pieces)


BLANK = Line()


def put(text: str, tone: Tone = Tone.PLAIN, width: int = 10_000) -> Piece:
    """Text of any origin as a piece of at most `width` cells."""
    return Piece(shown(text, width), tone)


def left(text: str, width: int, tone: Tone = Tone.PLAIN) -> Piece:
    """Text of any origin, cropped or padded to exactly `width` cells."""
    cut = shown(text, width)
    return Piece(cut + " " * (width - cell_len(cut)), tone)


def right(text: str, width: int, tone: Tone = Tone.PLAIN) -> Piece:
    """The same, flush right."""
    cut = shown(text, width)
    return Piece(" " * (width - cell_len(cut)) + cut, tone)


def line(*pieces: Piece, chosen: bool = False) -> Line:
    """A line of these pieces."""
    return Line(pieces, chosen)


def joined(parts: list[Piece], separator: str) -> list[Piece]:
    """The non-empty parts with a muted separator between them."""
    result: list[Piece] = []
    for part in parts:
        if not part.text:
            continue
        if result:
            result.append(Piece(separator, Tone.MUTED))
        result.append(part)
    return result


def few(parts: list[Piece], separator: str, width: int) -> list[Piece]:
    """The first of the parts that fit together, joined."""
    for kept in range(len(parts), 0, -1):
        result = joined(parts[:kept], separator)
        if sum(piece.cells for piece in result) <= width:
            return result
    return []


def fitted(pieces: list[Piece], width: int) -> list[Piece]:
    """As many whole pieces as fit; the first that does not is cropped, the rest left out."""
    result: list[Piece] = []
    room = width
    for piece in pieces:
        if piece.cells <= room:
            result.append(piece)
            room -= piece.cells
            continue
        if room >= 4:
            result.append(Piece(shown(piece.text, room), piece.tone))
        break
    return result


def spread(start: list[Piece], end: list[Piece], width: int) -> Line:
    """Pieces flush left and flush right; the right ones stay whole."""
    tail = sum(piece.cells for piece in end)
    if tail > width:
        return Line(tuple(fitted(end, width)))
    head = fitted(start, width - tail - (1 if end else 0))
    gap = width - tail - sum(piece.cells for piece in head)
    return Line((*head, Piece(" " * gap), *end))


def rule(
    title: list[Piece], end: list[Piece], width: int, sign: str, *, focused: bool, cursor: str
) -> Line:
    """A pane's title in a horizontal rule. The focused one has the cursor's sign before it."""
    mark = Piece(f"{sign}{cursor} " if focused else f"{sign}{sign} ", _rule_tone(focused))
    tail = [Piece(" "), *end, Piece(f" {sign}", Tone.FAINT)] if end else []
    room = width - mark.cells - 1
    tail_cells = sum(piece.cells for piece in tail)
    if tail_cells > room - 6:
        tail, tail_cells = [], 0
    head = fitted(title, room - tail_cells)
    gap = room - tail_cells - sum(piece.cells for piece in head)
    return Line((mark, *head, Piece(" "), Piece(sign * max(0, gap), Tone.FAINT), *tail))


def _rule_tone(focused: bool) -> Tone:
    return Tone.ACCENT if focused else Tone.FAINT
