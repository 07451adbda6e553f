"""Rate limits over periods that are aligned to the epoch, as platforms' are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from fftui.simulate.profile import Limits

Headers = list[tuple[bytes, bytes]]
MINUTE_S, DAY_S = 60.0, 86400.0


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may pass, and what the platform says about its limits."""

    allowed: bool
    headers: Headers
    message: str = ""
    """Text of the error, where the call may not pass."""
    metadata: dict[str, str] | None = None
    """Headers repeated in the error's body, as OpenRouter does."""


class _Window:
    def __init__(self, name: str, limit: int, period_s: float) -> None:
        self.name, self.limit, self.period_s = name, limit, period_s
        self.used = 0
        self.ends_at = 0.0

    def roll(self, now: float) -> None:
        """Begin a new period where the old one has ended."""
        if now >= self.ends_at:
            self.used = 0
            self.ends_at = (math.floor(now / self.period_s) + 1) * self.period_s

    @property
    def remaining(self) -> int:
        return self.limit - self.used


class Limiter:
    """The limits of one platform, for all of its callers together.

    A call that is turned away spends nothing.
    """

    def __init__(self, limits: Limits, period_scale: float, clock: Callable[[], float]) -> None:
        self._kind = limits.kind
        self._clock = clock
        self._scaled = period_scale < 1
        self._windows = [
            _Window(name, limit, period * period_scale)
            for name, limit, period in (
                ("min", limits.requests_per_minute, MINUTE_S),
                ("day", limits.requests_per_day, DAY_S),
            )
            if limit is not None
        ]

    def admit(self) -> Admission:
        """Count one call in, or turn it away."""
        if not self._windows:
            return Admission(True, [])
        now = self._clock()
        for window in self._windows:
            window.roll(now)
        full = [window for window in self._windows if window.remaining <= 0]
        if full:
            return self._refusal(full[-1], now)
        for window in self._windows:
            window.used += 1
        if self._kind == "silent":
            return Admission(True, [])
        tightest = min(self._windows, key=lambda window: window.remaining)
        return Admission(True, _announcement(tightest, now))

    def _refusal(self, window: _Window, now: float) -> Admission:
        if self._kind == "silent":
            stated = {
                "X-RateLimit-Limit": str(window.limit),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(math.ceil(window.ends_at * 1000)),
            }
            headers = [(name.lower().encode(), value.encode()) for name, value in stated.items()]
            message = f"Rate limit exceeded: free-models-per-{window.name}."
            return Admission(False, headers, message, stated)
        wait = window.ends_at - now
        # Whole seconds would be many of the shortened periods.
        seconds = f"{wait:.3f}" if self._scaled else str(math.ceil(wait))
        headers = [
            *_announcement(window, now),
            (b"retry-after", seconds.encode()),
            (b"retry-after-ms", str(_milliseconds(wait)).encode()),
        ]
        message = (
            f"Rate limit reached for requests per {window.name}: limit {window.limit}, "
            f"used {window.used}. Please try again in {go_duration(wait)}."
        )
        return Admission(False, headers, message)


def _announcement(window: _Window, now: float) -> Headers:
    return [
        (b"x-ratelimit-limit-requests", str(window.limit).encode()),
        (b"x-ratelimit-remaining-requests", str(window.remaining).encode()),
        (b"x-ratelimit-reset-requests", go_duration(window.ends_at - now).encode()),
    ]


def go_duration(seconds: float) -> str:
    """A duration as Go prints it, to the millisecond: `12ms`, `1.2s`, `6m0s`, `1h0m0s`."""
    milliseconds = _milliseconds(seconds)
    if milliseconds < 1000:
        return f"{milliseconds}ms" if milliseconds else "0s"
    minutes, rest = divmod(milliseconds, 60_000)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if not minutes:
        return text
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"


def _milliseconds(seconds: float) -> int:
    # Rounded up, so that whoever waits has waited enough; less what epoch floats cannot hold.
    return math.ceil(max(seconds * 1000 - 1e-3, 0.0))
