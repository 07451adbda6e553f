"""What one account has left, as far as this process knows: credit bought in the shared ledger.

Counted windows (the plan's, our own count) and those that the platform states stand side by side,
and a call must pass all of them: the most pessimistic wins.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from fftui.domain.outcomes import BudgetReading, Outcome
from fftui.engine.needs import Need, spent_of
from fftui.store.ledger import Ledger
from fftui.store.now import WindowNow
from fftui.store.sqlite import StoreError
from fftui.store.windows import Bought, Heard, Standing, Window, same_window

_MOST_CREDIT = 16
"""Calls bought ahead in one commit of the ledger; a killed engine leaves so many spent."""
_PERIODS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
_MINUTE_HORIZON = 90.0
_DUST = 1e-9
_RETRY_S = 1.0
"""Wait before the ledger is tried again after it could not be written."""
_SKEW_S = 2.0
"""Clocks that differ by less are taken as equal: a `Date` has whole seconds only."""


@dataclass
class Purse:
    """The windows of one account and the credit that was bought in them."""

    account: str
    """The ledger's name for it."""
    windows: tuple[Window, ...]
    """Limits that we count ourselves."""
    open_ledger: Callable[[], Ledger]
    """Called when there is something to count, at most once."""
    period_scale: float = 1.0
    free: bool = False
    """What the platform says of requests concerns models without charge only."""
    standings: tuple[Standing, ...] = ()
    blocked_until: float = 0.0
    """Epoch seconds before which some process was asked not to send; `reason` says why."""
    reason: str = ""
    refreshed: bool = False
    """A stated window has ended nearly spent: what the next one is, nobody has said yet."""
    _ledger: Ledger | None = None
    _news: dict[tuple[str, str], Heard] = field(default_factory=dict)
    _credit: dict[str, float] = field(default_factory=dict)
    _credit_at: float = 0.0
    _cleared_at: float = 0.0
    _returned: tuple[Need, float] = field(default_factory=lambda: ({}, 0.0))
    """Credit of a period that is over, and when it was bought."""
    _out: dict[str, float] = field(default_factory=dict)
    """Units of calls that are out."""
    _buying: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        if self.windows:
            self.standings = self._book().standings(self.account, self.windows, time.time())

    def covers(self, need: Need, now: float) -> bool:
        """A call that takes `need` can be paid from credit at hand."""
        if self._credit and any(self._rolled(s, now) for s in self.standings):
            # Bought in a period that is over; what longer windows lost by it they get back.
            self._returned, self._credit = (self._credit, self._credit_at), {}
            self._cleared_at = now
        units = {s.unit for s in self.standings}
        return all(self._credit.get(u, 0.0) + _DUST >= need.get(u, 0.0) for u in units)

    def opens_at(self, now: float, need: Need, keep: Need) -> float:
        """Epoch seconds before which no window has room for `need` besides `keep`.

        Infinite where nothing ever resets.
        """
        opens = self.blocked_until
        for one in self.standings:
            if one.unit == "usd" and "usd" not in need and one.source == "plan":
                return math.inf  # without a price the limit could not be kept
            wanted = need.get(one.unit, 0.0)
            have = self._credit.get(one.unit, 0.0) + one.left(now)
            # Where a window is too small to keep anything in it, nothing is kept.
            kept = min(keep.get(one.unit, 0.0), max(0.0, one.limit - wanted))
            if wanted and have + _DUST < wanted + kept:
                opens = max(opens, math.inf if one.resets_at is None else one.resets_at)
        return opens

    def why(self, now: float, need: Need, keep: Need) -> str:
        """Which limit holds such a call back, in a few words."""
        opens = self.opens_at(now, need, keep)
        if opens == self.blocked_until:
            return self.reason
        if opens == math.inf:
            return "the spending limit is reached; `fftui extend` raises it"
        for one in self.standings:
            if one.resets_at == opens and need.get(one.unit):
                left = self._credit.get(one.unit, 0.0) + one.left(now)
                rest = "kept for the judge" if left + _DUST >= need[one.unit] else "spent"
                return f"{one.kind} {rest}"
        return "no budget"

    def take(self, need: Need) -> None:
        """A call goes out."""
        for unit, n in need.items():
            self._out[unit] = self._out.get(unit, 0.0) + n
            if unit in self._credit:
                self._credit[unit] -= n

    def settle(self, need: Need, outcome: Outcome, started_at: float) -> None:
        """The call is over: what it took in the end replaces what was reserved."""
        actual = spent_of(need, outcome)
        for unit, n in need.items():
            self._out[unit] = max(0.0, self._out.get(unit, 0.0) - n)
            if unit in self._credit and (unit == "usd" or started_at >= self._cleared_at):
                self._credit[unit] += n - actual.get(unit, n)

    def set_clock(self, skew_s: float) -> None:
        """The platform's clock is so far ahead of ours: its days end by it."""
        apart = abs(skew_s - (self.windows[0].skew_s if self.windows else 0.0))
        if apart > _SKEW_S:
            self.windows = tuple(replace(w, skew_s=skew_s) for w in self.windows)

    def learn(self, readings: Sequence[BudgetReading], now: float) -> None:
        """Take up what the platform says of its limits."""
        for reading in readings:
            news = self._news_of(reading, now)
            if news is not None:
                self._news[news.kind, news.source] = news
                self._stand(news, now)

    def _news_of(self, reading: BudgetReading, now: float) -> Heard | None:
        if reading.remaining is None or (reading.resets_at is None and reading.kind != "usd"):
            return None
        what, _, period = reading.kind.partition("/")
        ahead = (reading.resets_at or now) - now
        if period == "minute" and ahead > _MINUTE_HORIZON * self.period_scale:
            # The header's name tells no period; what ends later than a minute is no minute.
            period = "day"
        kind = f"{what}/{period}" if period else what
        unit = "free" if what == "requests" and self.free else what
        limit = reading.limit if reading.limit is not None else reading.remaining
        # What is out, and what was bought ahead, the platform has not counted yet.
        ours = self._out.get(unit, 0.0) + max(0.0, self._credit.get(unit, 0.0))
        length = _PERIODS.get(period, math.inf) * self.period_scale
        used = max(0.0, limit - reading.remaining) + ours
        return Heard(kind, unit, limit, used, reading.resets_at, length, reading.source)

    def _stand(self, news: Heard, now: float) -> None:
        others, used = [], news.used
        for one in self.standings:
            if (one.kind, one.source) != (news.kind, news.source):
                others.append(one)
            elif same_window(one.resets_at, news.resets_at, now):
                used = max(used, one.used)
        own = Standing(news.kind, news.unit, news.limit, used, news.resets_at, news.source)
        self.standings = (*others, own)

    def _rolled(self, one: Standing, now: float) -> bool:
        return one.resets_at is not None and self._credit_at < one.resets_at <= now

    def block(self, until: float, reason: str) -> None:
        """Nobody sends on the account before `until`, in no process."""
        if until > self.blocked_until:
            self.blocked_until, self.reason = until, reason
            # Where it cannot be written other processes hear it from the platform themselves.
            with contextlib.suppress(StoreError):
                self._book().block(self.account, until, reason)

    # The ledger

    def _book(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self.open_ledger()
        return self._ledger

    def buy(self, need: Need, calls: int, margin: int, then: Callable[[], None]) -> None:
        """Begin to buy credit for up to `calls` calls, unless a purchase is under way.

        `margin` is how many calls may be out at once; `then` is called at the end.
        """
        if self._buying is None:
            self._buying = asyncio.ensure_future(self._buy(need, calls, margin, then))

    async def _buy(self, need: Need, calls: int, margin: int, then: Callable[[], None]) -> None:
        """Off the event loop: the ledger's commit waits for the disk."""
        try:
            now = time.time()
            before = self.standings
            carried = {
                (w.unit, w.period_s): self._out.get(w.unit, 0.0)
                for w in self.windows
                if self._credit_at and w.period(now) != w.period(self._credit_at)
            }
            news, self._news = tuple(self._news.values()), {}
            returned, self._returned = self._returned, ({}, 0.0)
            money = any(s.unit == "usd" for s in before)
            count = 1 if money else max(1, min(calls, _MOST_CREDIT))
            try:
                bought, wanted = await asyncio.to_thread(
                    self._bargain, need, count, carried, returned, news, now
                )
            except StoreError:
                # Nothing is sent that is not paid for; what was to be told is told next time.
                self._news = {(n.kind, n.source): n for n in news} | self._news
                self._returned = returned
                await asyncio.sleep(_RETRY_S)
                return
            if bought.granted:
                for unit, n in wanted.items():
                    self._credit[unit] = self._credit.get(unit, 0.0) + n
                self._credit_at = now
            self.standings = bought.standings
            for heard in self._news.values():  # said while the purchase was under way
                self._stand(heard, now)
            if bought.blocked_until > self.blocked_until:
                self.blocked_until, self.reason = bought.blocked_until, bought.reason
            self.refreshed |= any(_unknown_again(one, margin, now) for one in before)
        finally:
            self._buying = None
            then()

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

    async def close(self) -> None:
        """Return credit that was not used."""
        if self._buying is not None:
            await asyncio.gather(self._buying, return_exceptions=True)
        if self._ledger is not None:
            if self._credit:
                book = self._ledger
                # What cannot be given back stays spent until the reset.
                with contextlib.suppress(StoreError):
                    book.give_back(self.account, self.windows, self._credit, self._credit_at)
                self._credit.clear()
            self._ledger.close()
            self._ledger = None

    def shown(self, now: float) -> tuple[WindowNow, ...]:
        """The windows as screens show them."""
        return tuple(
            WindowNow(
                one.kind,
                one.limit,
                min(one.limit, max(0.0, one.left(now) + self._credit.get(one.unit, 0.0))),
                one.resets_at,
                one.source,
            )
            for one in self.standings
        )


def _unknown_again(one: Standing, margin: int, now: float) -> bool:
    """A window that the platform stated is over, and it was nearly spent.

    Platforms state the tightest of several windows only: what the next one is, a single call
    finds out.
    """
    over = one.resets_at is not None and one.resets_at <= now
    return over and one.source == "header" and one.limit - one.used < margin
