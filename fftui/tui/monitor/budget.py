"""What each account has left, until when, and who waits for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fftui.tui.draw.bars import bar
from fftui.tui.draw.line import BLANK, Line, Piece, Tone, fitted, left, line, put, right, rule
from fftui.tui.draw.numbers import clock, count, day_and_clock, span
from fftui.tui.monitor.scene import Scene, ScenePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.store.records import AccountNow, WindowNow

_UNITS = {"requests": "req", "tokens": "tok", "minute": "min", "day": "day", "hour": "hour"}
_LOW, _EMPTY = 0.25, 0.05


class BudgetPane(ScenePane):
    """A title rule and the accounts below it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._offset = 0

    def move(self, by: int) -> None:
        """Move the window by so many rows."""
        self._offset = max(0, self._offset + by)
        self.repaint()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """Accounts that hold something up come first."""
        scene = self.scene
        if scene is None:
            return ()
        body = accounts(scene, width - 1)
        room = height - 1
        self._offset = max(0, min(self._offset, len(body) - room))
        rows = body[self._offset : self._offset + room]
        end = []
        if len(body) > room:
            end = [Piece(f"{self._offset + 1}-{self._offset + len(rows)} of {len(body)}")]
        title = rule(
            [Piece("budget", Tone.TITLE)], end, width, scene.glyphs.rule,
            focused=self.active, cursor=scene.glyphs.cursor,
        )  # fmt: skip
        return [title, *rows, *[BLANK] * (room - len(rows))]


def accounts(scene: Scene, width: int) -> list[Line]:
    """All accounts; those without a known limit share the last line."""
    run = scene.summary
    bounded = [a for a in run.accounts if a.windows or a.waiting or _blocked(a, scene)]
    free = [a for a in run.accounts if a not in bounded]
    bounded.sort(key=lambda a: (not _blocked(a, scene), not a.waiting))
    lines: list[Line] = []
    for account in bounded:
        lines += _account(scene, account, width)
    if free:
        names = ", ".join(account.name for account in free)
        lines.append(line(put(f" no limit known: {names}", Tone.MUTED, width)))
    if not run.accounts:
        lines.append(line(Piece(" no accounts", Tone.MUTED)))
    return lines


def _blocked(account: AccountNow, scene: Scene) -> bool:
    return account.blocked_until is not None and account.blocked_until > scene.now


def _account(scene: Scene, account: AccountNow, width: int) -> list[Line]:
    parts = [Piece(" "), put(account.name, Tone.STRONG, max(10, width // 2))]
    dot = Piece(f" {scene.glyphs.dot} ", Tone.MUTED)
    if _blocked(account, scene) and account.blocked_until is not None:
        why = account.reason or "blocked"
        parts += [dot, put(f"{why} until {clock(account.blocked_until)}", Tone.WARN)]
    if account.waiting:
        names = ", ".join(account.waiting)
        parts += [dot, Piece(f"{len(account.waiting)} wait", Tone.WARN), put(f": {names}")]
    else:
        parts += [dot, Piece(f"{account.in_flight} of {account.concurrency} out", Tone.MUTED)]
    lines = [Line(tuple(fitted(parts, width)))]
    lines += [_window(scene, window, width) for window in account.windows]
    return lines


def unit(kind: str) -> str:
    """`requests/minute` as `req/min`."""
    return "/".join(_UNITS.get(part, part) for part in kind.split("/"))


def _window(scene: Scene, window: WindowNow, width: int) -> Line:
    wide = width >= 50
    name = left(f"   {unit(window.kind)}" if wide else f" {unit(window.kind)}", 12 if wide else 9,
                Tone.MUTED)  # fmt: skip
    source = window.source if wide else window.source.split()[0]
    tail = [
        left(f" {source}", 11 if wide else 7, Tone.MUTED),
        right(_reset(scene, window), 6, Tone.MUTED),
    ]
    room = width - name.cells - sum(piece.cells for piece in tail)
    if window.limit is None or window.remaining is None:
        text = "limit unknown" if window.limit is None else f"limit {count(window.limit)}"
        return Line((name, left(text, room, Tone.MUTED), *tail))
    share = window.remaining / window.limit if window.limit else 0.0
    tone = Tone.BAD if share <= _EMPTY else Tone.WARN if share <= _LOW else Tone.GOOD
    amount = f"{count(max(0.0, window.remaining))}/{count(window.limit)}"
    # A low gauge says so by a sign too, not by its colour alone.
    low = scene.glyphs.warning if share <= _LOW else " "
    done, track = bar(share, max(3, min(24, room - 12)), scene.glyphs)
    gauge = [Piece(done, tone), Piece(track, Tone.FAINT), Piece(low, tone), right(amount, 11)]
    return Line(tuple(fitted([name, *gauge, *tail], width)))


def _reset(scene: Scene, window: WindowNow) -> str:
    if window.resets_at is None:
        return ""
    # A clock stands still; a countdown on a resting screen would not.
    if scene.at_rest:
        return day_and_clock(window.resets_at, scene.summary.created_at)[-5:]
    return "" if window.resets_at <= scene.now else coarse(window.resets_at - scene.now)


def coarse(seconds: float) -> str:
    """Time to go in steps that seldom change: minutes, then fives, then seconds."""
    if 10 < seconds < 120:
        return span(math.ceil(seconds / 5) * 5)
    return span(math.ceil(seconds))
