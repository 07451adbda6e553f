"""The only door through which untrusted text reaches a terminal or a text export.

Answers, prompts, target names, error bodies, file names and notes are written by strangers, some
of whom a safety evaluation asks to misbehave. What could steer a terminal, reorder a line or hide
in it is shown, never dropped: a reviewer must see that the model tried. The raw text stays in the
store; it is the evidence.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_MARKS, MAX_JOINED = 3, 4  # marks on one base; emoji in a sequence, which measures as one
GLYPH = "▒"


class _Door:
    """Proof that a `Shown` is made in this module."""


_DOOR: Final = _Door()


class Shown(str):
    """Text that is safe to show. Made by `clean`, `line` and `mask` only.

    Slicing or joining gives a plain `str` again, which a widget must not take.
    """

    __slots__ = ()

    def __new__(cls, text: str, door: _Door) -> Shown:
        """Not for use outside this module; raises TypeError there."""
        if door is not _DOOR:
            raise TypeError("Shown is made by fftui.text.clean, line or mask")
        return super().__new__(cls, text)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # A copy, or what crosses to another process, has lost its proof.
        return str, (str(self),)


class _Late:
    """A pattern that is compiled at its first use: all of them take longer than `fftui --help`."""

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source, self._flags = source, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    @cached_property
    def match(self) -> Callable[..., re.Match[str] | None]:
        return self._compiled.match

    @cached_property
    def search(self) -> Callable[..., re.Match[str] | None]:
        return self._compiled.search

    @cached_property
    def finditer(self) -> Callable[[str], Iterator[re.Match[str]]]:
        return self._compiled.finditer

    @cached_property
    def sub(self) -> Callable[[Callable[[re.Match[str]], str], str], str]:
        return self._compiled.sub


# Assigned, one cell wide, and of no effect on what stands next to them.
_PLAIN = (
    r"\x20-\x7e\xa1-\xac\xae-\u02ff\u0400-\u0481\u2010-\u2027\u2030-\u205e\u2190-\u21ff"
    r"\u2200-\u22ff\u2500-\u257f"
)
_NOT_PLAIN_TEXT = _Late(rf"[^\n{_PLAIN}]")
_NOT_PLAIN_LINE = _Late(rf"[^{_PLAIN}]")
_RUN = _Late(rf"[{_PLAIN}]+")

# Invisible fillers and variation selectors: good for hiding data, needed by no reviewer.
_INVISIBLE = _Late(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    r"\U000e0100-\U000e01ef]"
)
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Vowels and finals of conjoining Hangul are letters by category, but attach like marks.
_ATTACHED_LETTERS = _Late(r"[\u1161-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb]")
# Wide since Unicode 16, later than the tables of older Pythons.
_WIDE_SYMBOLS = _Late(
    r"[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376]"
)
# One cell alone, two with VS16: Unicode's emoji-variation-sequences.txt, keycap bases aside.
_WIDENED = _Late(
    r"[©®‼⁉™ℹ↔-↙↩↪⌨⏏⏭-⏯⏱⏲⏸-⏺Ⓜ▪▫▶◀◻◼☀-☄☎☑☘☝☠☢☣☦☪☮☯☸-☺♀♂♟♠♣♥♦♨♻♾⚒⚔-⚗⚙⚛⚜⚠⚧⚰⚱⛈⛏⛑⛓⛩⛰⛱⛴⛷⛸⛹"
    r"✂✈✉✌✍✏✒✔✖✝✡✳✴❄❇❣❤➡⤴⤵⬅-⬇"
    r"🅰🅱🅾🅿🌡🌤-🌬🌶🍽🎖🎗🎙-🎛🎞🎟🏋-🏎🏔-🏟🏳🏵🏷🐿👁📽🕉🕊🕯🕰🕳-🕹🖇🖊-🖍🖐🖥🖨🖱🖲🖼🗂-🗄🗑-🗓🗜-🗞🗡🗣🗨🗯🗳🗺🛋🛍-🛏🛠-🛥🛩🛰🛳]"
)
_KEYCAP = _Late("[0-9#*]\ufe0f\u20e3")
_ZWJ, _VS16 = "\u200d", "\ufe0f"
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


class _Kind:
    """What stands for a character; attached ones take no cell, pictorial ones may be joined."""

    __slots__ = ("attached", "cells", "pictorial", "shown")

    def __init__(
        self, shown: str, cells: int, *, attached: bool = False, pictorial: bool = False
    ) -> None:
        self.shown, self.cells, self.attached, self.pictorial = shown, cells, attached, pictorial


@lru_cache(maxsize=8192)
def _kind(char: str) -> _Kind:
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return _Kind("␡" if code == 0x7F else chr(0x2400 + code), 1)
    category = unicodedata.category(char)
    if category in _HIDDEN_CATEGORIES or _INVISIBLE.match(char) or char in _SKIN_TONES:
        escaped = f"⟨U+{code:04X}⟩"
        return _Kind(escaped, len(escaped))
    if category[0] == "M" or _ATTACHED_LETTERS.match(char):
        return _Kind(char, 0, attached=True)
    wide = unicodedata.east_asian_width(char) in "WF" or bool(_WIDE_SYMBOLS.match(char))
    pictorial = bool(_WIDENED.match(char)) or (wide and category == "So")
    return _Kind(char, 2 if wide else 1, pictorial=pictorial)


class _Piece:
    """What stands for `used` raw characters; a run, one cell each, may be cut anywhere."""

    __slots__ = ("cells", "run", "shown", "used")

    def __init__(self, shown: str, cells: int, used: int, *, run: bool = False) -> None:
        self.shown, self.cells, self.used, self.run = shown, cells, used, run


def _pieces(text: str, tab: int) -> Iterator[_Piece]:
    """The text as what is shown, in parts that must not be cut unless they are runs."""
    at, end, column = 0, len(text), 0
    while at < end:
        char = text[at]
        if run := _RUN.match(text, at):
            stop = run.end()
            # The last character of a run may begin a keycap, an emoji or carry marks.
            if stop < end and stop - at > 1 and text[stop] not in "\n\t\r":
                stop -= 1
            if stop - at > 1 or stop == end or text[stop] in "\n\t\r":
                yield _Piece(text[at:stop], stop - at, stop - at, run=True)
                column += stop - at
                at = stop
                continue
        if char == "\n" or text.startswith("\r\n", at):
            used = 1 if char == "\n" else 2
            yield _Piece("\n", 0, used)
            at, column = at + used, 0
            continue
        if char == "\t":
            cells = tab - column % tab
            piece = _Piece(" " * cells, cells, 1)
        elif char == "\r":
            piece = _Piece("␍", 1, 1)
        else:
            piece = _cluster(text, at)
        yield piece
        column += piece.cells
        at += piece.used


def _cluster(text: str, at: int) -> _Piece:
    start, kind = at, _kind(text[at])
    if kind.pictorial or _KEYCAP.match(text, at):
        at, cells = _emoji(text, at)
        shown = text[start:at]
    elif kind.attached:
        # A mark with nothing before it would settle on whatever the screen has there.
        shown, cells = "◌", 1
    else:
        shown, cells, at = kind.shown, kind.cells, at + 1
    if at == len(text) or not _kind(text[at]).attached:
        return _Piece(shown, cells, at - start)
    marks = at
    while marks < len(text) and _kind(text[marks]).attached:
        marks += 1
    kept = min(marks - at, MAX_MARKS)
    shown += text[at : at + kept]
    if left := marks - at - kept:
        note = f"⟨+{left} marks⟩"
        shown, cells = shown + note, cells + len(note)
    return _Piece(shown, cells, marks - start)


def _emoji(text: str, at: int) -> tuple[int, int]:
    """End and cells of the emoji sequence that begins at `at`."""
    start, joined = at, 1
    while True:
        at += 1
        if text.startswith(_VS16, at):
            at += 1
        if at < len(text) and text[at] in _SKIN_TONES:
            at += 1
        more = text.startswith(_ZWJ, at) and at + 1 < len(text) and _kind(text[at + 1]).pictorial
        if not more or joined == MAX_JOINED:
            break
        at, joined = at + 1, joined + 1
    # Rich lets any VS16 of the sequence widen its first emoji.
    return at, 2 if _VS16 in text[start:at] else _kind(text[start]).cells


def clean(text: str, *, max_chars: int = 20_000, max_line: int = 2_000, tab: int = 4) -> Shown:
    """Text of several lines, ready to be shown. Total over every `str`, lone surrogates included.

    C0 and DEL become control pictures, CR too unless an LF follows; C1, bidi and zero-width
    characters, tags, everything of category Cf, invisible fillers, private, unassigned and
    surrogate code points become `⟨U+202E⟩`. A base keeps three marks; ZWJ, VS16 and skin tones stay
    inside emoji only. A line ends after `max_line` cells, the text after `max_chars` characters,
    each with "… n more" raw ones. Tabs stand every `tab` cells. `Shown` comes back as it is.
    """
    return _lines(text, max_chars, max_line, tab, hidden=False)


def mask(text: str, *, max_chars: int = 20_000, max_line: int = 2_000, tab: int = 4) -> Shown:
    """The shape of a text without its content.

    Line breaks, list markers, code fences, punctuation and the lengths of words stay; every letter
    and digit, and whatever is not known to be punctuation, becomes `▒`. Limits as for `clean`.
    """
    return _lines(text, max_chars, max_line, tab, hidden=True)


def line(text: str, width: int) -> Shown:
    """Text as one line of at most `width` cells, cropped with `…`; line breaks become `␤`.

    Cells are counted as Rich and Textual count them. Less than one cell gives an empty line.
    """
    text = text if width > 0 else ""
    if len(text) <= width and not _NOT_PLAIN_LINE.search(text):
        return text if isinstance(text, Shown) else Shown(text, _DOOR)
    shown, cropped = _crop(text, width)
    return Shown(shown if not cropped else _crop(text, width - 1)[0] + "…", _DOOR)


def cell_width(text: Shown) -> int:
    """Terminal cells of a line that `clean`, `line` or `mask` made, as Rich counts them."""
    return sum(piece.cells for piece in _pieces(text, 1))


def _crop(text: str, width: int) -> tuple[str, bool]:
    parts: list[str] = []
    used = 0
    for piece in _pieces(text, 1):
        shown, size = ("␤", 1) if piece.shown == "\n" else (piece.shown, piece.cells)
        if used + size > width:
            if piece.run:
                parts.append(shown[: width - used])
            return "".join(parts), True
        parts.append(shown)
        used += size
    return "".join(parts), False


def _lines(text: str, max_chars: int, max_line: int, tab: int, *, hidden: bool) -> Shown:
    if isinstance(text, Shown) and not hidden:
        return text
    rest = len(text) - max_chars
    text = text[:max_chars]
    plain = not _NOT_PLAIN_TEXT.search(text)
    if plain and (len(text) <= max_line or max(map(len, text.split("\n"))) <= max_line):
        shown = _hide(text) if hidden else text
    else:
        shown = _assembled(text, max_line, tab, hidden=hidden)
    if rest > 0:
        shown += f"\n… {rest:,} more"
    return Shown(shown, _DOOR)


def _assembled(text: str, max_line: int, tab: int, *, hidden: bool) -> str:
    lines: list[str] = []
    parts: list[str] = []
    used = more = 0

    def end_line() -> None:
        done = "".join(parts)
        lines.append((_hide(done) if hidden else done) + (f"… {more:,} more" if more else ""))

    for piece in _pieces(text, tab):
        if piece.shown == "\n":
            end_line()
            parts, used, more = [], 0, 0
        elif more or used + piece.cells > max_line:
            kept = 0
            if not more and piece.run:
                kept = max_line - used
                parts.append(piece.shown[:kept])
                used = max_line
            more += piece.used - kept
        else:
            parts.append(piece.shown)
            used += piece.cells
    end_line()
    return "\n".join(lines)


_MARKER = _Late(r"^ *(?:\d{1,3}|[A-Za-z])[.)](?= )", re.MULTILINE)
_CONTENT = _Late(
    r"[^\n !-/:-@\[-`{-~\xa0-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u2010-\u2027\u2030-\u205e"
    r"\u2500-\u257f\u27e8\u27e9\u3001-\u3003\u3008-\u3011]+"
)


def _hidden(match: re.Match[str]) -> str:
    word = match[0]
    return GLYPH * (len(word) if word.isascii() else sum(_kind(char).cells for char in word))


def _hide(shown: str) -> str:
    parts: list[str] = []
    at = 0
    for marker in _MARKER.finditer(shown):
        parts += (_CONTENT.sub(_hidden, shown[at : marker.start()]), marker[0])
        at = marker.end()
    parts.append(_CONTENT.sub(_hidden, shown[at:]))
    return "".join(parts)
