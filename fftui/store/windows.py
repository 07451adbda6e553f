"""Limits over a period, as the ledger counts them and as platforms tell of them."""

from __future__ import annotations

import math

from msgspec import Struct


class Window(Struct, frozen=True):
    """A limit that we count ourselves: at most `limit` units per period."""

    kind: str
    """As people read it: `requests/minute`, `tokens/minute`, `requests/day`, `usd`."""
    unit: str
    """What is counted: `requests`, `free` (requests to models without charge), `tokens`, `usd`."""
    limit: float
    period_s: float
    """Length in seconds; infinite where nothing ever resets."""
    source: str
    """`plan` or `own count`."""
    scope: str = ""
    """What shares it beside the account: the run's id for a run's own spending limit."""
    skew_s: float = 0.0
    """How far the platform's clock, by which its days end, is ahead of ours."""

    def period(self, now: float) -> int:
        """Number of the epoch-aligned period that `now` (by our clock) lies in."""
        return int((now + self.skew_s) // self.period_s) if math.isfinite(self.period_s) else 0

    def resets_at(self, now: float) -> float | None:
        """Epoch seconds by our clock at which the next period begins; `None`: never."""
        if not math.isfinite(self.period_s):
            return None
        return (self.period(now) + 1) * self.period_s - self.skew_s


class Heard(Struct, frozen=True):
    """A limit as a platform states it."""

    kind: str
    unit: str
    limit: float
    used: float
    resets_at: float | None
    period_s: float
    """How long the next one is taken to be; infinite where it does not come back by itself."""
    source: str
    """`header` or `api`."""


class Standing(Struct, frozen=True):
    """A window at one moment, whoever stated it."""

    kind: str
    unit: str
    limit: float
    used: float
    resets_at: float | None
    source: str

    def left(self, now: float) -> float:
        """Units that nobody has bought; all of them when the window has begun anew.

        Below 0 where credit was bought before the platform told of this window.
        """
        if self.resets_at is not None and now >= self.resets_at:
            return self.limit
        return self.limit - self.used


class Bought(Struct, frozen=True):
    """What `Ledger.buy` gave: everything that was wanted, or nothing."""

    granted: bool
    standings: tuple[Standing, ...]
    """Every window of the account, after the purchase."""
    blocked_until: float
    reason: str


def same_window(before: float | None, after: float | None, now: float) -> bool:
    """Two words about one and the same window: the first one's time is not over.

    Where a reset moves on with every reply the window is a bucket that refills, and the newest
    word is the true one.
    """
    if before is None or after is None:
        return before is after
    return now < before and abs(after - before) <= max(0.05, 0.1 * (before - now))
