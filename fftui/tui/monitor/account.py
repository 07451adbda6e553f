"""One account as lines: what stops it, its windows, calls out, money, and the end in sight."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING

from fftui.tui.draw.bars import bar
from fftui.tui.draw.line import BLANK, Line, Piece, Tone, few, fitted, joined, left, put, right
from fftui.tui.draw.numbers import count, day_and_clock, money, span
from fftui.tui.monitor.scene import Scene, tone_of
from fftui.tui.words import TARGET

if TYPE_CHECKING:
    from fftui.results.view import TargetSummary
    from fftui.store.now import AccountNow, WindowNow


class Level(IntEnum):
    """How much of each account is told."""

    LEAST = 0
    """What stops it, and its gauges."""
    SOME = 1
    """Also calls, money and the end, on a line of their own."""
    ALL = 2
    """Also each target with its own end."""


WIDE = 50
"""Cells from which names of windows and sources are written out …"""
_WIDEST = 66
"""… and from which the reset is told in words."""
_UNITS = {"requests": "req", "tokens": "tok", "minute": "min", "day": "day", "hour": "hour"}
_LOW, _EMPTY = 0.25, 0.05
_AMOUNT = 11
_NAME = 32


def over(scene: Scene) -> bool:
    """The run has ended, so that nothing draws on its accounts."""
    return scene.summary.state.over and not scene.summary.engine.alive


def blocked(account: AccountNow, scene: Scene) -> bool:
    """The platform or an empty window keeps it shut for a while."""
    return account.blocked_until is not None and account.blocked_until > scene.now


def adapted(account: AccountNow) -> bool:
    """The platform bears fewer calls at once than the plan allows."""
    return 0 < account.places < account.concurrency


def waits(account: AccountNow, scene: Scene) -> bool:
    """Targets wait for it, or nothing may be sent on it for a while."""
    return bool(account.waiting) or blocked(account, scene)


def lines(scene: Scene, account: AccountNow, width: int, level: Level) -> list[Line]:
    """The account's lines, each at most `width` cells."""
    if over(scene):
        spent = _spent(account) if account.spent_usd != 0 else Piece("no cost", Tone.MUTED)
        name = put(account.name, Tone.STRONG, max(10, width // 2))
        parts = joined([name, spent], f" {scene.glyphs.dot} ")
        return [Line((Piece(" "), *fitted(parts, width - 1)))]
    found = [_head(scene, account, width, level)]
    if account.paused:
        found[0] = _paused(scene, account, width)
        found.append(Line((_hint(scene, width),)))
    found += [_window(scene, window, width) for window in account.windows]
    if level >= Level.SOME:
        found.append(_foot(scene, account, width, level))
    if level >= Level.ALL:
        found += [_target(scene, target, width) for target in open_targets(scene, account)]
    return found


def open_targets(scene: Scene, account: AccountNow) -> list[TargetSummary]:
    """Targets of the account that are not over."""
    return [t for t in scene.summary.targets if t.account == account.name and not t.state.over]


def _paused(scene: Scene, account: AccountNow, width: int) -> Line:
    head = f" {scene.glyphs.error} "
    name = put(account.name, Tone.BAD, max(10, width // 3))
    return Line(
        tuple(
            fitted(
                [Piece(head, Tone.BAD), name, Piece(" paused: ", Tone.BAD),
                 put(account.paused, Tone.BAD)],
                width,
            )
        )
    )  # fmt: skip


def _hint(scene: Scene, width: int) -> Piece:
    # The engine takes the pause back when it is told to resume, never by itself.
    key = "R" if scene.lost or not scene.at_rest else "p"
    start = "nothing is sent; " if width >= WIDE else ""
    return put(f"   {start}{key} resumes it once mended", Tone.WARN, width)


def _head(scene: Scene, account: AccountNow, width: int, level: Level) -> Line:
    dot = f" {scene.glyphs.dot} "
    name = put(account.name, Tone.STRONG, max(10, width // 2))
    parts = [name, *_stops(scene, account, width - name.cells - 4)]
    if not account.windows:
        parts.append(Piece("no limit known", Tone.MUTED))
    if level is Level.LEAST:
        calls = _calls(account, width)
        if sum(p.cells + 3 for p in parts) + calls.cells < width:
            parts.append(calls)
    return Line((Piece(" "), *fitted(joined(parts, dot), width - 1)))


def _stops(scene: Scene, account: AccountNow, room: int) -> list[Piece]:
    """Until when it is shut, and who waits; the reason and the names where there is room."""
    found = []
    count_said = ""
    if account.waiting:
        count_said = f"{len(account.waiting)} {'waits' if len(account.waiting) == 1 else 'wait'}"
    if blocked(account, scene) and account.blocked_until is not None:
        until = f"until {_time(scene, account.blocked_until)}"
        reason = put(f"{account.reason} {until}", Tone.WARN)
        fits = reason.cells + len(count_said) + 3 <= room
        found.append(reason if account.reason and fits else Piece(until, Tone.WARN))
        room -= found[0].cells + 3
    if count_said:
        names, space = f": {', '.join(account.waiting)}", room - len(count_said)
        # A crumb of a name tells nothing.
        shown = put(names, width=space).text if space >= min(12, len(names)) else ""
        found.append(Piece(f"{count_said}{shown}", Tone.WARN))
    return found


def _calls(account: AccountNow, width: int) -> Piece:
    if not adapted(account):
        return Piece(f"{account.in_flight} of {account.concurrency} places in use", Tone.MUTED)
    fewer = f"{account.in_flight} of {account.places} places"
    wide = f"{fewer}, adapted from {account.concurrency}"
    return Piece(wide if width >= WIDE else f"{fewer} (of {account.concurrency})", Tone.WARN)


def _time(scene: Scene, at: float) -> str:
    return day_and_clock(at, scene.summary.created_at if scene.at_rest else scene.now)


# Windows


def unit(kind: str) -> str:
    """`requests/minute` as `req/min`, and `usd` as what is left of the money."""
    if kind == "usd":
        return "$ left"
    return "/".join(_UNITS.get(part, part) for part in kind.split("/"))


def _window(scene: Scene, window: WindowNow, width: int) -> Line:
    wide = width >= WIDE
    name = left(f"   {unit(window.kind)}" if wide else f" {unit(window.kind)}", 12 if wide else 9,
                Tone.MUTED)  # fmt: skip
    source = window.source if wide else window.source.split()[0]
    reset = _reset(scene, window)
    if width >= _WIDEST and reset:
        reset = f"resets {'at' if scene.at_rest else 'in'} {reset}"
    tail = [
        left(f" {source}", 11 if wide else 7, Tone.MUTED),
        right(reset, 16 if width >= _WIDEST else 6, Tone.MUTED),
    ]
    room = width - name.cells - sum(piece.cells for piece in tail)
    size = max(3, min(24, room - _AMOUNT - 1))
    if window.limit is None or window.remaining is None:
        text = "limit unknown" if window.limit is None else f"limit {count(window.limit)}"
        return Line((name, left(text, size + 1 + _AMOUNT, Tone.MUTED), *tail))
    if window.kind == "usd" and window.limit <= 0:
        text = "nothing may be spent" if wide else "no spending"
        return Line((name, left(text, size + 1 + _AMOUNT, Tone.MUTED), *tail))
    share = window.remaining / window.limit if window.limit else 0.0
    tone = Tone.BAD if share <= _EMPTY else Tone.WARN if share <= _LOW else Tone.GOOD
    said = _dollars if window.kind == "usd" else count
    amount = f"{said(max(0.0, window.remaining))}/{said(window.limit)}"
    # A low gauge says so by a sign too, not by its colour alone.
    low = scene.glyphs.warning if share <= _LOW else " "
    done, track = bar(share, size, scene.glyphs)
    gauge = [Piece(done, tone), Piece(track, Tone.FAINT), Piece(low, tone), right(amount, _AMOUNT)]
    return Line(tuple(fitted([name, *gauge, *tail], width)))


def _dollars(usd: float) -> str:
    """Money in at most five cells; a rest of less than a cent is no zero."""
    if usd >= 100:
        return count(usd)
    if 0 < usd < 0.01:
        return "<.01"
    return f"{usd:.2f}" if usd < 10 else f"{usd:.1f}"


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


# What the windows come to


def _foot(scene: Scene, account: AccountNow, width: int, level: Level) -> Line:
    end = _end(scene, account, width) if level is Level.SOME else []
    parts = [_calls(account, width), *end[:1], _spent(account), *end[1:]]
    indent = Piece("   " if width >= WIDE else " ")
    return Line((indent, *few(parts, f" {scene.glyphs.dot} ", width - indent.cells)))


def _spent(account: AccountNow) -> Piece:
    capped = any(w.kind == "usd" and w.limit for w in account.windows)
    if account.spent_usd is None:
        # Under a cap, money that nobody can count is a matter for a person.
        return Piece("cost unknown", Tone.WARN if capped else Tone.MUTED)
    if not account.spent_usd and not capped:
        return Piece("")
    return Piece(f"{money(account.spent_usd)} spent", Tone.MUTED)


def _end(scene: Scene, account: AccountNow, width: int) -> list[Piece]:
    """When the last of its targets will be done at this rate."""
    targets = open_targets(scene, account)
    if not targets or scene.at_rest:
        return []
    known = [(t.eta_s, t.name) for t in targets if t.eta_s is not None]
    if len(known) < len(targets):
        text = f"end unknown for {len(targets) - len(known)} of {len(targets)}"
        return [Piece(text if width >= WIDE else "end unknown", Tone.MUTED)]
    seconds, name = max(known)
    done = Piece(f"done in {coarse(seconds)}")
    if width < WIDE or len(targets) == 1:
        return [done]
    return [done, put(f"last {name}", Tone.MUTED, 34)]


def _target(scene: Scene, target: TargetSummary, width: int) -> Line:
    said = TARGET[target.state]
    word = said.word if said.word != "open" else ""
    end = "end unknown" if target.eta_s is None else f"done in {coarse(target.eta_s)}"
    tail = [
        right(f"{target.done}/{target.planned}", _AMOUNT, Tone.MUTED),
        left(f"  {word}", 10, tone_of(said)),
        right("" if scene.at_rest else end, 16, Tone.MUTED if target.eta_s is None else Tone.PLAIN),
    ]
    head = [Piece("   "), Piece(said.mark(plain=scene.glyphs.plain), tone_of(said)), Piece(" ")]
    room = width - sum(p.cells for p in (*head, *tail))
    name = left(target.name, min(room, _NAME))
    return Line(tuple(fitted([*head, name, *tail], width)))


def shared(scene: Scene, free: list[AccountNow], width: int) -> list[Line]:
    """Accounts about which there is nothing to tell, on one line."""
    names = ", ".join(account.name for account in free)
    return [Line((put(f" no limit known: {names}", Tone.MUTED, width),))] if free else []


def apart(blocks: list[list[Line]], *, roomy: bool) -> list[Line]:
    """The blocks one below the other, with an empty line between them where there is room."""
    found: list[Line] = []
    for block in blocks:
        if roomy and found:
            found.append(BLANK)
        found += block
    return found
