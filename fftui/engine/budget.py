"""One gate per account: no call is sent that its account has no budget for.

What closes a gate: a person's matter (a refused key, spent credit), the platform's wish to wait,
the windows in the account's purse, and the places for calls at once, which adapt to what the
platform bears. The gate tells to the millisecond when it opens, so nobody polls.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fftui.domain.outcomes import Outcome, OutcomeClass
from fftui.domain.parts import AccountPlan
from fftui.engine.needs import Need
from fftui.engine.purse import Purse
from fftui.platforms.rulings import Scope, scope
from fftui.store.now import AccountNow

_BACKOFF_S = (1.0, 60.0)
_OVERLOADED = frozenset({503, 529})
_NOTHING: Need = {}


class HeldError(Exception):
    """A conversation would have to wait for budget while nothing new is to go out."""


@dataclass(eq=False)
class Gate:
    """What one account may send right now."""

    plan: AccountPlan
    purse: Purse
    concurrency: int
    wake: Callable[[], None]
    """Told when the gate may have opened."""
    platform: str = ""
    in_flight: int = 0
    sent: int = 0
    """Calls by this process."""
    spent_usd: float | None = 0.0
    """What this run has spent on the account; `None` as soon as a call's cost is unknown."""
    paused: str = ""
    """Why nothing is sent until a person has mended it."""
    waiting: set[str] = field(default_factory=set)
    """Names of targets that wait for this account."""
    _strikes: int = 0
    _shrunk_at: float = 0.0
    _scout_since: float | None = 0.0
    """Since when nothing is known of the account's limits: one call goes ahead of the others."""

    def __post_init__(self) -> None:
        self.places = float(self.concurrency)

    def is_open(self, now: float, need: Need, keep: Need = _NOTHING) -> bool:
        """A call that takes `need` may be sent at once, leaving `keep` for others.

        Buys credit where that is all that lacks, and tells when it is there.
        """
        if self.purse.refreshed:
            self._scout_since, self.purse.refreshed = now, False
        places = 1 if self._scout_since is not None else int(self.places)
        return self.in_flight < places and self._has_budget(now, need, keep)

    def _has_budget(self, now: float, need: Need, keep: Need = _NOTHING) -> bool:
        if self.paused or now < self.opens_at(now, need, keep):
            return False
        if self.purse.covers(need, now):
            return True
        self.purse.buy(need, int(self.places) - self.in_flight, self.concurrency, self.wake)
        return False

    def opens_at(self, now: float, need: Need, keep: Need = _NOTHING) -> float:
        """Epoch seconds before which such a call cannot be sent; infinite where nothing resets."""
        return self.purse.opens_at(now, need, keep)

    def take(self, need: Need) -> None:
        """A call goes out. Only when `is_open`."""
        self.in_flight += 1
        self.sent += 1
        self.purse.take(need)

    async def take_more(self, need: Need, hold: Callable[[], bool]) -> None:
        """A further call of a conversation that already holds its place: wait for budget only.

        Raises HeldError instead of waiting on while `hold` says that nothing new is to go out: a
        window may be shut until tomorrow, and whoever stops a run shall not wait for that.
        """
        while not self._has_budget(now := time.time(), need):
            opens = self.opens_at(now, need)
            if hold() and (self.paused or opens > now):
                raise HeldError
            await asyncio.sleep(min(max(opens - now, 0.01), 0.25))
        self.take(need)
        self.in_flight -= 1

    def give_back(self) -> None:
        """The place of a call is free again."""
        self.in_flight -= 1
        self.wake()

    def heard(self, outcome: Outcome, need: Need, started_at: float, now: float) -> None:
        """Settle a call's reservation, and learn from the reply."""
        self.purse.settle(need, outcome, started_at)
        if outcome.clock_skew_s is not None:
            # The date may have been written at any moment between request and reply.
            ahead = outcome.clock_skew_s
            self.purse.set_clock(ahead if ahead > 0 else min(0.0, ahead + now - started_at))
        self.purse.learn(outcome.budget, now)
        cost = outcome.usage.cost_usd
        self.spent_usd = None if cost is None or self.spent_usd is None else self.spent_usd + cost
        if self._scout_since is not None and started_at >= self._scout_since:
            self._scout_since = None
        if outcome.kind is OutcomeClass.RATE_LIMITED:
            if scope(outcome) is not Scope.ACCOUNT:
                return
            if now >= self.purse.blocked_until:
                self._strikes += 1  # calls that were out together are turned away together
            self._shrink(started_at, now)
            self.purse.block(now + self._wait(outcome, now), f"rate limited: {outcome.signal}")
        elif outcome.status in _OVERLOADED:
            self._shrink(started_at, now)
        elif outcome.kind is OutcomeClass.ANSWERED:
            self._strikes = 0
            self.places = min(float(self.concurrency), self.places + 1.0 / self.places)

    def _shrink(self, started_at: float, now: float) -> None:
        if started_at >= self._shrunk_at:
            self.places = max(1.0, self.places / 2)
            self._shrunk_at = now

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

    async def close(self) -> None:
        """Return what was bought and not used."""
        await self.purse.close()

    def why(self, now: float, need: Need, keep: Need = _NOTHING) -> str:
        """Why such a call has to wait, in one line; empty when it has not."""
        if self.paused or self.opens_at(now, need, keep) <= now:
            return self.paused
        return self.purse.why(now, need, keep)

    def now(self, now: float, need: Need, keep: Need = _NOTHING) -> AccountNow:
        """The account as screens show it; `need` and `keep` are those of an attempt."""
        opens = self.opens_at(now, need, keep)
        why = self.why(now, need, keep)
        shut = now < opens < math.inf
        return AccountNow(
            name=self.plan.name,
            platform=self.platform,
            windows=self.purse.shown(now),
            in_flight=self.in_flight,
            concurrency=self.concurrency,
            waiting=tuple(sorted(self.waiting)),
            blocked_until=opens if shut else None,
            reason=why if shut else "",
            paused=why if self.paused or opens == math.inf else "",
            places=int(self.places),
            spent_usd=self.spent_usd,
        )
