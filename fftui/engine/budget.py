"""One gate per account: no call is sent that its account has no budget for.

What closes a gate, the most pessimistic first to count: a person's matter (a refused key, spent
credit), the platform's wish to wait, its windows as the ledger of all runs has them (the plan's,
our own count, what headers and the key endpoint say), and the places for calls at once, which adapt
to what the platform bears. The gate tells to the millisecond when it opens, so nobody polls.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fftui.domain.outcomes import BudgetReading, Outcome, OutcomeClass
from fftui.domain.parts import AccountPlan
from fftui.engine.needs import Need, spent_of
from fftui.platforms.rulings import Scope, scope
from fftui.store.ledger import Bought, Heard, Ledger, Standing, Window, same_window
from fftui.store.records import AccountNow, WindowNow

_MOST_CREDIT = 16
"""Calls bought ahead in one commit of the ledger; a killed engine leaves so many spent."""
_BACKOFF_S = (1.0, 60.0)
_PERIODS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
_OVERLOADED = frozenset({503, 529})
_NOTHING: Need = {}
_DUST = 1e-9


@dataclass(eq=False)
class Gate:
    """What one account may send right now."""

    plan: AccountPlan
    account: str
    """The ledger's name for it."""
    windows: tuple[Window, ...]
    """Limits that we count ourselves."""
    open_ledger: Callable[[], Ledger]
    """Called when there is something to count, at most once."""
    concurrency: int
    wake: Callable[[], None]
    """Told when the gate may have opened."""
    platform: str = ""
    free: bool = False
    """What the platform says of requests concerns models without charge only."""
    in_flight: int = 0
    sent: int = 0
    """Calls by this process."""
    spent_usd: float | None = 0.0
    """What this run has spent on the account; `None` as soon as a call's cost is unknown."""
    paused: str = ""
    """Why nothing is sent until a person has mended it."""
    blocked_until: float = 0.0
    reason: str = ""
    waiting: set[str] = field(default_factory=set)
    """Names of targets that wait for this account."""
    _ledger: Ledger | None = None
    _standings: tuple[Standing, ...] = ()
    _news: dict[tuple[str, str], Heard] = field(default_factory=dict)
    _credit: dict[str, float] = field(default_factory=dict)
    _credit_at: float = 0.0
    _cleared_at: float = 0.0
    _returned: tuple[Need, float] = field(default_factory=lambda: ({}, 0.0))
    """Credit of a period that is over, and when it was bought."""
    _out: dict[str, float] = field(default_factory=dict)
    """Units of calls that are out."""
    _strikes: int = 0
    _shrunk_at: float = 0.0
    _scout_since: float | None = 0.0
    """Since when nothing is known of the account's limits: one call goes ahead of the others."""
    _refill: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.places = float(self.concurrency)
        if self.windows:
            self._look(time.time())

    # Asking

    def is_open(self, now: float, need: Need, keep: Need = _NOTHING) -> bool:
        """A call that takes `need` may be sent at once, leaving `keep` for others.

        Buys credit where that is all that lacks, and tells when it is there.
        """
        places = 1 if self._scout_since is not None else int(self.places)
        return self.in_flight < places and self._has_budget(now, need, keep)

    def _has_budget(self, now: float, need: Need, keep: Need = _NOTHING) -> bool:
        if self.paused or now < self.opens_at(now, need, keep):
            return False
        if self._credit and any(self._rolled(s, now) for s in self._standings):
            # Bought in a period that is over; what longer windows lost by it they get back.
            self._returned, self._credit = (self._credit, self._credit_at), {}
            self._cleared_at = now
        units = {s.unit for s in self._standings}
        if all(self._credit.get(u, 0.0) + _DUST >= need.get(u, 0.0) for u in units):
            return True
        if self._refill is None:
            self._refill = asyncio.ensure_future(self._buy(need))
        return False

    def opens_at(self, now: float, need: Need, keep: Need = _NOTHING) -> float:
        """Epoch seconds before which such a call cannot be sent; infinite where nothing resets."""
        opens = self.blocked_until
        for one in self._standings:
            if one.unit == "usd" and "usd" not in need and one.source == "plan":
                return math.inf  # without a price the limit could not be kept
            wanted = need.get(one.unit, 0.0)
            have = self._credit.get(one.unit, 0.0) + one.left(now)
            # Where a window is too small to keep anything in it, nothing is kept.
            kept = min(keep.get(one.unit, 0.0), max(0.0, one.limit - wanted))
            if wanted and have + _DUST < wanted + kept:
                opens = max(opens, math.inf if one.resets_at is None else one.resets_at)
        return opens

    def _rolled(self, one: Standing, now: float) -> bool:
        return one.resets_at is not None and self._credit_at < one.resets_at <= now

    # Sending

    def take(self, need: Need) -> None:
        """A call goes out. Only when `is_open`."""
        self.in_flight += 1
        self.sent += 1
        for unit, n in need.items():
            self._out[unit] = self._out.get(unit, 0.0) + n
            if unit in self._credit:
                self._credit[unit] -= n

    async def take_more(self, need: Need) -> None:
        """A further call of a conversation that already holds its place: wait for budget only."""
        while not self._has_budget(now := time.time(), need):
            opens = self.opens_at(now, need)
            await asyncio.sleep(min(max(opens - now, 0.01), 1.0))
        self.take(need)
        self.in_flight -= 1

    def give_back(self) -> None:
        """The place of a call is free again."""
        self.in_flight -= 1
        self.wake()

    # Hearing

    def heard(self, outcome: Outcome, need: Need, started_at: float, now: float) -> None:
        """Settle a call's reservation, and learn from the reply."""
        self._settle(need, outcome, started_at)
        self.learn(outcome.budget, now)
        if self._scout_since is not None and started_at >= self._scout_since:
            self._scout_since = None
        if outcome.kind is OutcomeClass.RATE_LIMITED:
            if scope(outcome) is not Scope.ACCOUNT:
                return
            if now >= self.blocked_until:
                self._strikes += 1  # calls that were out together are turned away together
            self._shrink(started_at, now)
            self._block(now + self._wait(outcome, now), f"rate limited: {outcome.signal}")
        elif outcome.status in _OVERLOADED:
            self._shrink(started_at, now)
        elif outcome.kind is OutcomeClass.ANSWERED:
            self._strikes = 0
            self.places = min(float(self.concurrency), self.places + 1.0 / self.places)

    def learn(self, readings: Sequence[BudgetReading], now: float) -> None:
        """Take up what the platform says of its limits."""
        for reading in readings:
            news = self._news_of(reading)
            if news is not None:
                self._news[news.kind, news.source] = news
                self._stand(news, now)

    def _news_of(self, reading: BudgetReading) -> Heard | None:
        if reading.remaining is None or (reading.resets_at is None and reading.kind != "usd"):
            return None
        what, _, period = reading.kind.partition("/")
        unit = "free" if what == "requests" and self.free else what
        limit = reading.limit if reading.limit is not None else reading.remaining
        # What is out, and what was bought ahead, the platform has not counted yet.
        ours = self._out.get(unit, 0.0) + max(0.0, self._credit.get(unit, 0.0))
        length = _PERIODS.get(period, math.inf) * self.plan.period_scale
        used = max(0.0, limit - reading.remaining) + ours
        return Heard(reading.kind, unit, limit, used, reading.resets_at, length, reading.source)

    def _stand(self, news: Heard, now: float) -> None:
        others, used = [], news.used
        for one in self._standings:
            if (one.kind, one.source) != (news.kind, news.source):
                others.append(one)
            elif same_window(one.resets_at, news.resets_at, now):
                used = max(used, one.used)
        own = Standing(news.kind, news.unit, news.limit, used, news.resets_at, news.source)
        self._standings = (*others, own)

    def _settle(self, need: Need, outcome: Outcome, started_at: float) -> None:
        actual = spent_of(need, outcome)
        for unit, n in need.items():
            self._out[unit] = max(0.0, self._out.get(unit, 0.0) - n)
            if unit in self._credit and (unit == "usd" or started_at >= self._cleared_at):
                self._credit[unit] += n - actual.get(unit, n)
        cost = outcome.usage.cost_usd
        self.spent_usd = None if cost is None or self.spent_usd is None else self.spent_usd + cost

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

    def _block(self, until: float, reason: str) -> None:
        if until > self.blocked_until:
            self.blocked_until, self.reason = until, reason
            self._book().block(self.account, until, reason)

    # The ledger

    def _book(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self.open_ledger()
        return self._ledger

    def _look(self, now: float) -> None:
        self._standings = self._book().standings(self.account, self.windows, now)

    async def _buy(self, need: Need) -> None:
        """Buy calls in the ledger, off the event loop: its commit waits for the disk."""
        try:
            now = time.time()
            before = self._standings
            carried = {
                (w.unit, w.period_s): self._out.get(w.unit, 0.0)
                for w in self.windows
                if self._credit_at and w.period(now) != w.period(self._credit_at)
            }
            news, self._news = tuple(self._news.values()), {}
            returned, self._returned = self._returned, ({}, 0.0)
            money = any(s.unit == "usd" for s in before)
            count = 1 if money else max(1, min(int(self.places) - self.in_flight, _MOST_CREDIT))
            bought, wanted = await asyncio.to_thread(
                self._bargain, need, count, carried, returned, news, now
            )
            if bought.granted:
                for unit, n in wanted.items():
                    self._credit[unit] = self._credit.get(unit, 0.0) + n
                self._credit_at = now
            self._standings = bought.standings
            for heard in self._news.values():  # said while the purchase was under way
                self._stand(heard, now)
            if bought.blocked_until > self.blocked_until:
                self.blocked_until, self.reason = bought.blocked_until, bought.reason
            if any(self._unknown_again(one, now) for one in before):
                self._scout_since = now
        finally:
            self._refill = None
            self.wake()

    def _bargain(
        self,
        need: Need,
        count: int,
        carried: Mapping[tuple[str, float], float],
        returned: tuple[Need, float],
        news: Sequence[Heard],
        now: float,
    ) -> tuple[Bought, Need]:
        book, held = self._book(), dict(self._credit)
        while True:
            wanted = {u: max(0.0, n * count - held.get(u, 0.0)) for u, n in need.items()}
            bought = book.buy(self.account, self.windows, wanted, carried, returned, news, now)
            if bought.granted or count == 1:
                return bought, wanted
            count, carried, returned, news = count // 2, {}, ({}, 0.0), ()

    def _unknown_again(self, one: Standing, now: float) -> bool:
        """A window that the platform stated is over, and it was nearly spent.

        Platforms state the tightest of several windows only: what the next one is, a single call
        finds out.
        """
        over = one.resets_at is not None and one.resets_at <= now
        return over and one.source == "header" and one.limit - one.used < self.concurrency

    async def close(self) -> None:
        """Return credit that was not used."""
        if self._refill is not None:
            await asyncio.gather(self._refill, return_exceptions=True)
        if self._ledger is not None:
            if self._credit:
                book = self._ledger
                book.give_back(self.account, self.windows, self._credit, self._credit_at)
                self._credit.clear()
            self._ledger.close()
            self._ledger = None

    # Showing

    def now(self, now: float, need: Need, keep: Need = _NOTHING) -> AccountNow:
        """The account as screens show it; `need` and `keep` are those of an attempt."""
        opens = self.opens_at(now, need, keep)
        shut = now < opens < math.inf
        return AccountNow(
            name=self.plan.name,
            platform=self.platform,
            windows=tuple(self._window(one, now) for one in self._standings),
            in_flight=self.in_flight,
            concurrency=self.concurrency,
            waiting=tuple(sorted(self.waiting)),
            blocked_until=opens if shut else None,
            reason=self.why(now, need, keep) if shut else "",
            paused=self.paused or (self.why(now, need, keep) if opens == math.inf else ""),
            places=int(self.places),
            spent_usd=self.spent_usd,
        )

    def why(self, now: float, need: Need, keep: Need = _NOTHING) -> str:
        """Why such a call has to wait, in one line; empty when it has not."""
        if self.paused:
            return self.paused
        opens = self.opens_at(now, need, keep)
        if opens <= now:
            return ""
        if opens == self.blocked_until:
            return self.reason
        if opens == math.inf:
            return "the spending limit is reached; `fftui extend` raises it"
        for one in self._standings:
            if one.resets_at == opens and need.get(one.unit):
                left = self._credit.get(one.unit, 0.0) + one.left(now)
                rest = "kept for the judge" if left + _DUST >= need[one.unit] else "spent"
                return f"{one.kind} {rest}"
        return "no budget"

    def _window(self, one: Standing, now: float) -> WindowNow:
        left = min(one.limit, one.left(now) + max(0.0, self._credit.get(one.unit, 0.0)))
        return WindowNow(one.kind, one.limit, left, one.resets_at, one.source)
