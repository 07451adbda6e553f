"""How fast a run goes: what happened in each minute of its last hour."""

from __future__ import annotations

from fftui.results.view import Activity
from fftui.store.reader import Reader

_MINUTES = 60
_RECENT = 5
"""Minutes over which the pace is taken, beside the one that is not over."""


def pace(reader: Reader, begun: float, now: float, *, busy: bool) -> tuple[Activity, float]:
    """The hour before `now`, or before a resting run's last act; and attempts closed a minute.

    `begun` is when the run was made, `now` the moment of the look, both in epoch seconds.
    """
    current = int(now // 60)
    rows = {m.minute: m for m in reader.minutes(current - _MINUTES + 1)}
    if not busy and rows:
        current = max(rows)
        rows = {m.minute: m for m in reader.minutes(current - _MINUTES + 1)}
    span = range(current - _MINUTES + 1, current + 1)
    activity = Activity(
        tuple(rows[m].verdicts if m in rows else 0 for m in span),
        tuple(rows[m].rate_limited if m in rows else 0 for m in span),
        tuple(rows[m].failed if m in rows else 0 for m in span),
    )
    recent = [m for m in range(current - _RECENT, current + 1) if m in rows]
    if not recent:
        return activity, 0.0
    closed = sum(rows[m].closed for m in recent)
    seconds = (now if busy else (current + 1) * 60) - recent[0] * 60
    seconds = min(seconds, max(1.0, now - begun))
    return activity, closed / max(1.0, seconds) * 60
