"""Fewer bytes for the same picture: what Textual sends of a change, cropped and thinned.

Textual re-sends a dirty region from the left edge of its widget, and every run of text with its
full colours. Over a slow link that is the larger part of a table whose counts tick. Both classes
below change what is sent, never what is drawn; without them the screens look the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate

if TYPE_CHECKING:
    from rich.console import Console
    from textual.screen import Screen

_SGR = re.compile(r"\x1b\[([\d;]*)m")
_MOVE = re.compile(r"\x1b\[[\d;]*H|\n")


def use(screen: Screen[Any]) -> None:
    """Let a screen send its changes this way."""
    screen._compositor = _Exact()


class _Exact(Compositor):
    def render_partial_update(self) -> ChopsUpdate | None:
        update = super().render_partial_update()
        if update is None:
            return None
        return _Chops(update.chops, update.spans, update.chop_ends)

    def render_full_update(self, simplify: bool = False) -> LayoutUpdate:
        update = super().render_full_update(simplify)
        return _Layout(update.strips, update.region)


class _Layout(LayoutUpdate):
    def render_segments(self, console: Console) -> str:
        return thin(super().render_segments(console))


class _Chops(ChopsUpdate):
    def render_segments(self, console: Console) -> str:
        """The dirty spans and nothing left or right of them."""
        sent: list[str] = []
        for y, start, end in self.spans:
            at = -1
            for stop, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= end or stop <= start:
                    continue
                first, last = max(x, start), min(stop, end)
                if first != at:
                    sent.append(Control.move_to(first, y).segment.text)
                sent.append(strip.crop(first - x, last - x).render(console))
                at = last
        return thin("".join(sent))


class _Look(Struct, frozen=True):
    """What the terminal's next character will look like."""

    marks: frozenset[str] = frozenset()
    fore: str = ""
    back: str = ""

    def after(self, codes: str) -> _Look:
        """This look once the codes of an SGR sequence have been taken in."""
        marks, fore, back = set(self.marks), self.fore, self.back
        parts = iter(codes.split(";"))
        for part in parts:
            if part in ("", "0"):
                marks, fore, back = set(), "", ""
            elif part in ("38", "48"):
                kind = next(parts, "5")
                rest = [next(parts, "0") for _ in range(3 if kind == "2" else 1)]
                colour = ";".join((part, kind, *rest))
                fore, back = (colour, back) if part == "38" else (fore, colour)
            elif re.fullmatch(r"3[0-79]|9[0-7]", part):
                fore = "" if part == "39" else part
            elif re.fullmatch(r"4[0-79]|10[0-7]", part):
                back = "" if part == "49" else part
            else:
                marks.add(part)
        return _Look(frozenset(marks), fore, back)

    def change_to(self, wanted: _Look) -> str:
        """The shortest sequence from this look to another."""
        if wanted == self:
            return ""
        new = sorted(wanted.marks - self.marks)
        new += [wanted.fore or "39"] if wanted.fore != self.fore else []
        new += [wanted.back or "49"] if wanted.back != self.back else []
        whole = ["0", *sorted(wanted.marks), wanted.fore, wanted.back]
        change, reset = ";".join(new), ";".join(code for code in whole if code)
        # Marks can only be taken back together.
        if self.marks - wanted.marks or len(reset) < len(change):
            change = reset
        return f"\x1b[{change}m"


def thin(sent: str) -> str:
    """The same cells with only those colour changes that make a difference."""
    parts = _SGR.split(sent)
    plain = now = wanted = _Look()
    thinned: list[str] = []
    for index, part in enumerate(parts):
        if index % 2:
            wanted = wanted.after(part)
        elif part:
            if _MOVE.sub("", part):
                thinned.append(now.change_to(wanted))
                now = wanted
            thinned.append(part)
    if now != plain:
        thinned.append("\x1b[0m")
    return "".join(thinned)
