"""Rate limits over periods that are aligned to the epoch, as platforms' are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from fftui.simulate.profile import Limits

Headers = list[tuple[bytes, bytes]]
MINUTE_S, DAY_S = 60.0, 86400.0


class Admission(Struct, frozen=True):
    """Whether a call may pass, and what the platform says about its limits."""

    allowed: bool
    headers: Headers
    message: str = ""
    """Text of the error, where the call may not pass."""
    metadata: dict[str, str] | None = None
    """Headers repeated in the error's body, as OpenRouter does."""


class _Window:
    def __init__(self, noun: str, name: str, limit: int, period_s: float) -> None:
        self.noun, self.name, self.limit, self.period_s = noun, name, limit, period_s
        self.used = 0
        self.ends_at = 0.0

    def roll(self, now: float) -> None:
        """Begin a new period where the old one has ended."""
        if now >= self.ends_at:
            self.used = 0
            self.ends_at = (math.floor(now / self.period_s) + 1) * self.period_s

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    def full(self, tokens: int) -> bool:
        """No room for another call, which takes so many tokens. A call larger than the whole
        window passes when the window is untouched, since it could never pass otherwise."""
        if self.noun == "requests":
            return self.used >= self.limit
        return self.used > 0 and self.used + tokens > self.limit

    def take(self, tokens: int) -> None:
        """Count a call of so many tokens."""
        self.used += 1 if self.noun == "requests" else tokens


class Limiter:
    """The limits of one platform, for all of its callers together.

    A call that is turned away spends nothing.
    """

    def __init__(self, limits: Limits, period_scale: float, clock: Callable[[], float]) -> None:
        self._kind = limits.kind
        self._clock = clock
        self._scaled = period_scale < 1
        self._windows = [
            _Window(noun, name, limit, period * period_scale)
            for noun, name, limit, period in (
                ("tokens", "min", limits.tokens_per_minute, MINUTE_S),
                ("requests", "min", limits.requests_per_minute, MINUTE_S),
                ("requests", "day", limits.requests_per_day, DAY_S),
            )
            if limit is not None
        ]

    def admit(self, tokens: int = 0) -> Admission:
        """Count one call of so many tokens in, prompt and answer together, or turn it away."""
        if not self._windows:
            return Admission(True, [])
        now = self._rolled()
        full = [window for window in self._windows if window.full(tokens)]
        if full:
            return self._refusal(full[-1], now)
        for window in self._windows:
            window.take(tokens)
        if self._kind == "silent":
            return Admission(True, [])
        return Admission(True, _announcements(self._windows, now))

    def standing(self, name: str) -> tuple[int, int] | None:
        """Limit and what is left of the requests of a `min` or a `day`; None: no such limit."""
        self._rolled()
        for window in self._windows:
            if (window.noun, window.name) == ("requests", name):
                return window.limit, window.remaining
        return None

    def _rolled(self) -> float:
        now = self._clock()
        for window in self._windows:
            window.roll(now)
        return now

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
            *_announcements([window], now),
            (b"retry-after", seconds.encode()),
            (b"retry-after-ms", str(_milliseconds(wait)).encode()),
        ]
        message = (
            f"Rate limit reached for {window.noun} per {window.name}: limit {window.limit}, "
            f"used {window.used}. Please try again in {go_duration(wait)}."
        )
        return Admission(False, headers, message)


def _announcements(windows: list[_Window], now: float) -> Headers:
    """The tightest window of each kind, as OpenAI states them."""
    lines = []
    for noun in ("requests", "tokens"):
        window = min((w for w in windows if w.noun == noun), key=_left, default=None)
        if window is not None:
            stated = (window.limit, window.remaining, go_duration(window.ends_at - now))
            for name, value in zip(("limit", "remaining", "reset"), stated, strict=True):
                lines.append((f"x-ratelimit-{name}-{noun}".encode(), str(value).encode()))
    return lines


def _left(window: _Window) -> int:
    return window.remaining


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
