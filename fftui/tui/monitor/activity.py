"""The pulse of the last hour, and the newest lines of the run's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fftui.tui.draw.bars import columns, scale
from fftui.tui.draw.line import BLANK, Line, Piece, Tone, fitted, joined, line, put, rule
from fftui.tui.draw.numbers import clock, count, money
from fftui.tui.monitor.scene import Scene, ScenePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.results.view import EventView
    from fftui.tui.draw.glyphs import Glyphs

_CHART_FROM = 9
"""Rows from which the pane has a chart of its own instead of one in its title."""
_CHART_ROWS = 3


class ActivityPane(ScenePane):
    """A title rule with counts, a chart where there is room, and the log."""

    def lines(self, width: int, height: int) -> Sequence[Line]:
        """The newest log line is the last one."""
        scene = self.scene
        if scene is None:
            return ()
        run, glyphs = scene.summary, scene.glyphs
        tall = height >= _CHART_FROM
        title = [Piece("activity", Tone.TITLE)]
        minutes = run.activity.verdicts
        if not tall:
            shown = minutes[-min(60, max(12, width - 62)) :]
            bars = columns(shown, scale(shown), glyphs)[0]
            title += [Piece(" "), Piece(bars, Tone.TITLE)]
        top = rule(
            title, counts(scene, wide=width >= 100), width, glyphs.rule,
            focused=self.active, cursor=glyphs.cursor,
        )  # fmt: skip
        lines = [top]
        if tall:
            lines += chart(scene, width)
        room = height - len(lines)
        events = run.events[-room:] if room else ()
        lines += [event_line(event, width, glyphs) for event in events]
        return lines + [BLANK] * (height - len(lines))


def counts(scene: Scene, *, wide: bool) -> list[Piece]:
    """Calls out, calls that were turned away, calls that failed."""
    run = scene.summary
    calls = run.calls
    parts = [
        Piece(f"{run.in_flight} in flight", Tone.PLAIN if run.in_flight else Tone.MUTED),
        Piece(f"429: {count(calls.rate_limited)}", _alarm(calls.rate_limited, Tone.WARN)),
        Piece(f"failed {count(calls.failed)}", _alarm(calls.failed, Tone.BAD)),
    ]
    if wide:
        parts.append(Piece(f"{count(calls.sent)} calls", Tone.MUTED))
        parts.append(Piece(f"{count(calls.tokens)} tokens", Tone.MUTED))
        parts.append(Piece(money(calls.cost_usd), Tone.MUTED))
    return joined(parts, f" {scene.glyphs.dot} ")


def _alarm(n: int, tone: Tone) -> Tone:
    return tone if n else Tone.MUTED


def chart(scene: Scene, width: int) -> list[Line]:
    """Verdicts a minute over the last hour, with a scale; below it minutes with trouble."""
    activity, glyphs = scene.summary.activity, scene.glyphs
    minutes = activity.verdicts[-60:]
    top = scale(minutes)
    doubled = 2 if width >= 130 else 1
    rows = columns([n for n in minutes for _ in range(doubled)], top, glyphs, _CHART_ROWS)
    labels = [f"{count(top):>5}/min", "verdicts", f"{0:>5}"]
    last = minutes[-1] if minutes else 0
    over = scene.summary.state.over
    roomy = width >= 10 + doubled * len(minutes) + 32
    # A minute that is not over yet says less than the pace in the header.
    when = ("in its last minute" if over else "in this minute") if roomy else "last" * over or "now"
    notes = [f" {last} {when}", "", f" {len(minutes)} min"]
    lines = [
        line(Piece(f"{label:>9} ", Tone.MUTED), Piece(row, Tone.TITLE), Piece(note, Tone.MUTED))
        for label, row, note in zip(labels, rows, notes, strict=True)
    ]
    trouble = [
        glyphs.error if failed else glyphs.warning if limited else " "
        for failed, limited in zip(activity.failed[-60:], activity.rate_limited[-60:], strict=False)
    ]
    if any(sign.strip() for sign in trouble):
        signs = "".join(sign for sign in trouble for sign in (sign, " ")[:doubled])
        legend = f" {glyphs.warning} 429  {glyphs.error} failed"
        room = width - 10 - len(signs)
        lines.append(
            line(
                Piece(" " * 10),
                Piece(signs, Tone.WARN),
                Piece(legend if room > len(legend) else "", Tone.MUTED),
            )
        )
    return lines


_SIGNS = {"warning": Tone.WARN, "error": Tone.BAD}


def event_line(event: EventView, width: int, glyphs: Glyphs, *, seconds: bool = True) -> Line:
    """One line of the log; its severity is a sign as well as a colour."""
    sign = {"warning": glyphs.warning, "error": glyphs.error}.get(event.severity, " ")
    tone = _SIGNS.get(event.severity, Tone.PLAIN)
    target = f"{event.target}: " if event.target and event.target not in event.text else ""
    pieces = [
        Piece(f" {clock(event.at, seconds=seconds)} ", Tone.MUTED),
        Piece(f"{sign} ", tone),
        put(f"{target}{event.text}", tone),
    ]
    return Line(tuple(fitted(pieces, width - 1)))
