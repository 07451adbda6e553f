"""One gate per account: no call is sent that its account has no budget for.

Three things close a gate, and the most pessimistic wins: concurrency, the windows of the plan
(counted in the ledger that all runs of the user share), and what the platform says of itself
(headers, a 429). The gate is told to the millisecond when it opens again, so nobody polls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fftui.domain.outcomes import BudgetReading, Outcome, OutcomeClass
from fftui.domain.parts import AccountPlan
from fftui.store.records import AccountNow, WindowNow
from fftui.store.user import Limit, UserFile

_MOST_CREDIT = 16
"""Calls reserved ahead in one commit of the ledger; a killed engine leaves so many spent."""
_BACKOFF_S = (1.0, 60.0)
_MINUTE, _DAY = 60.0, 86400.0


@dataclass(slots=True)
class _Heard:
    """A window as the platform's headers last stated it."""

    limit: float | None
    remaining: float
    resets_at: float


@dataclass
class Gate:
    """What one account may send right now."""

    plan: AccountPlan
    ledger: UserFile | None
    """`None` where the plan gives the account no window to count."""
    concurrency: int
    wake: Callable[[], None]
    """Told when the gate may have opened."""
    platform: str = ""
    in_flight: int = 0
    sent: int = 0
    """Calls by this process."""
    blocked_until: float = 0.0
    reason: str = ""
    waiting: set[str] = field(default_factory=set)
    """Names of targets that wait for this account."""
    _credit: int = 0
    _credit_at: float = 0.0
    _strikes: int = 0
    _heard: dict[str, _Heard] = field(default_factory=dict)
    _spent: dict[str, float] = field(default_factory=dict)
    _refill: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        scale = self.plan.period_scale
        self.limits: tuple[Limit, ...] = tuple(
            Limit(kind, limit, period * scale)
            for kind, limit, period in (
                ("requests/minute", self.plan.requests_per_minute, _MINUTE),
                ("requests/day", self.plan.requests_per_day, _DAY),
            )
            if limit is not None
        )

    def is_open(self, now: float) -> bool:
        """A call may be sent at once. Asks for more credit where that is all that lacks."""
        return self.in_flight < self.concurrency and self._has_budget(now)

    def _has_budget(self, now: float) -> bool:
        if now < self.opens_at(now):
            return False
        if not self.limits or self.ledger is None:
            return True
        if self._credit and any(x.period(now) != x.period(self._credit_at) for x in self.limits):
            self._credit = 0  # bought in a period that is over
        if self._credit:
            return True
        if self._refill is None:
            self._refill = asyncio.ensure_future(self._buy(1 + self.concurrency - self.in_flight))
        return False

    def opens_at(self, now: float) -> float:
        """Epoch seconds before which nothing can be sent; `now` or less when nothing forbids it."""
        opens = self.blocked_until
        for window in self._heard.values():
            if window.remaining < 1 and window.resets_at > now:
                opens = max(opens, window.resets_at)
        return opens

    def take(self) -> None:
        """A call goes out. Only when `is_open`."""
        self.in_flight += 1
        self.sent += 1
        if self.limits and self.ledger is not None:
            self._credit -= 1
        for window in self._heard.values():
            window.remaining -= 1

    async def take_more(self) -> None:
        """A further call of a conversation that already holds its place: wait for budget only."""
        while not self._has_budget(now := time.time()):
            await asyncio.sleep(min(max(self.opens_at(now) - now, 0.01), 1.0))
        self.take()
        self.in_flight -= 1

    def give_back(self) -> None:
        """The place of a call is free again."""
        self.in_flight -= 1
        self.wake()

    def heard(self, outcome: Outcome, now: float) -> None:
        """Learn from a reply: headers, and a 429's wish to wait."""
        for reading in outcome.budget:
            self._note(reading, now)
        if outcome.kind is OutcomeClass.RATE_LIMITED:
            if now >= self.blocked_until:
                self._strikes += 1  # calls that were out together are turned away together
            self._block(now + self._wait(outcome, now), f"rate limited: {outcome.signal}")
        elif outcome.kind is OutcomeClass.ANSWERED:
            self._strikes = 0

    def _wait(self, outcome: Outcome, now: float) -> float:
        """Seconds to wait after a 429: as it asks, until the reset it states, or ever longer."""
        if outcome.retry_after is not None:
            return outcome.retry_after
        spent = [r for r in outcome.budget if r.remaining is not None and r.remaining < 1]
        latest = max((r.resets_at for r in spent if r.resets_at is not None), default=now)
        if latest > now:
            return latest - now
        low, high = _BACKOFF_S
        guess: float = low * 2 ** min(max(self._strikes - 1, 0), 10)
        return min(high, guess) * self.plan.period_scale

    def _note(self, reading: BudgetReading, now: float) -> None:
        if reading.remaining is None or reading.resets_at is None:
            return
        # Calls that are out were not yet counted when this reply was written.
        left = reading.remaining - max(0, self.in_flight - 1)
        known = self._heard.get(reading.kind)
        if known is not None and now < known.resets_at:
            left = min(left, known.remaining)
        self._heard[reading.kind] = _Heard(reading.limit, left, reading.resets_at)

    def _block(self, until: float, reason: str) -> None:
        if until > self.blocked_until:
            self.blocked_until, self.reason = until, reason
            if self.ledger is not None:
                self.ledger.block(self.plan.name, until, reason)

    async def _buy(self, wanted: int) -> None:
        """Reserve calls in the ledger, off the event loop: its commit waits for the disk."""
        ledger = self.ledger
        if ledger is None:
            return
        count = max(1, min(wanted, _MOST_CREDIT))
        try:
            bought, lacking = await asyncio.to_thread(self._reserve, ledger, count)
            now = time.time()
            self._credit, self._credit_at = bought, now
            if lacking is not None and not bought:
                self._block_locally(lacking.resets_at(now), f"{lacking.kind} spent")
            other = ledger.blocked(self.plan.name, now)
            if other is not None and other[0] > self.blocked_until:
                self.blocked_until, self.reason = other
            self._count(now)
        finally:
            self._refill = None
            self.wake()

    def _reserve(self, ledger: UserFile, count: int) -> tuple[int, Limit | None]:
        now = time.time()
        while count:
            lacking = ledger.reserve(
                self.plan.name, {x.kind: (x, float(count)) for x in self.limits}, now
            )
            if lacking is None:
                return count, None
            count //= 2
        return 0, lacking

    def _block_locally(self, until: float, reason: str) -> None:
        self.blocked_until, self.reason = max(self.blocked_until, until), reason

    def _count(self, now: float) -> None:
        if self.ledger is not None:
            for limit in self.limits:
                self._spent[limit.kind] = self.ledger.spent(self.plan.name, limit, now)

    async def close(self) -> None:
        """Return credit that was not used."""
        if self._refill is not None:
            await asyncio.gather(self._refill, return_exceptions=True)
        if self.ledger is not None and self._credit:
            for limit in self.limits:
                self.ledger.settle(self.plan.name, limit, -float(self._credit), self._credit_at)
            self._credit = 0

    def now(self, now: float) -> AccountNow:
        """The account as screens show it."""
        windows = [
            WindowNow(
                x.kind, x.limit, max(0.0, x.limit - self._gone(x, now)), x.resets_at(now), "plan"
            )
            for x in self.limits
        ]
        for kind, heard in self._heard.items():
            if heard.resets_at > now:
                windows.append(
                    WindowNow(
                        kind, heard.limit, max(0.0, heard.remaining), heard.resets_at, "header"
                    )
                )
        opens = self.opens_at(now)
        shut = opens > now
        return AccountNow(
            name=self.plan.name,
            platform=self.platform,
            windows=tuple(windows),
            in_flight=self.in_flight,
            concurrency=self.concurrency,
            waiting=tuple(sorted(self.waiting)) if shut else (),
            blocked_until=opens if shut else None,
            reason=self.reason if shut else "",
        )

    def _gone(self, limit: Limit, now: float) -> float:
        if limit.period(now) != limit.period(self._credit_at):
            return 0.0
        return self._spent.get(limit.kind, 0.0) - self._credit
