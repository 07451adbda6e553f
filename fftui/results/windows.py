"""The windows of an account that are known before anything is sent, and what is gone of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.credentials import find_key
from fftui.domain.endpoints import SIM
from fftui.domain.parts import AccountPlan
from fftui.domain.targets import FREE, Endpoint
from fftui.results.forecast import PERIODS, Limit, period_of
from fftui.store.ledger import Ledger
from fftui.store.windows import Standing, Window

if TYPE_CHECKING:
    from fftui.simulate.profile import Profile

OPENROUTER_FREE = 20.0
"""Requests a minute to all of an account's `:free` models; OpenRouter's replies do not say so."""
OPENROUTER_FREE_DAY = 50.0
"""Requests a day to them, until the account has ever bought ten credits …"""
OPENROUTER_BOUGHT_DAY = 1000.0
"""… and from then on."""
_LEDGER = "accounts.db"


class WindowAhead(Struct, frozen=True):
    """One limit that a run will meet."""

    kind: str
    """`requests/minute`, `requests/day`, `tokens/minute`, `tokens/day` or `usd`, credit."""
    unit: str
    limit: float
    used: float
    """Spent already in the period that is running, by all runs together."""
    resets_at: float | None
    period_s: float
    source: str
    """Who says so, in words."""

    @property
    def left(self) -> float:
        """What nobody has spent."""
        return max(0.0, self.limit - self.used)

    def as_limit(self, account: str) -> Limit:
        """For the forecast."""
        return Limit(account, self.unit, self.limit, self.left, self.resets_at, self.period_s)


def counted(limits: AccountPlan, endpoints: Sequence[Endpoint], run: str) -> tuple[Window, ...]:
    """What is counted for an account: the plan's limits, and those no reply tells of.

    `run` is the id of the run that a spending limit belongs to.
    """
    made = [
        Window(kind, unit, limit, period_of(kind, limits.period_scale), "plan")
        for kind, unit, limit in (
            ("requests/minute", "requests", limits.requests_per_minute),
            ("requests/day", "requests", limits.requests_per_day),
            ("tokens/minute", "tokens", limits.tokens_per_minute),
        )
        if limit is not None
    ]
    if _free_models(endpoints):
        minute = PERIODS["minute"] * limits.period_scale
        made.append(Window("requests/minute", "free", OPENROUTER_FREE, minute, "own count"))
    if limits.spend_usd is not None:
        made.append(Window("usd", "usd", limits.spend_usd, math.inf, "plan", scope=run))
    return tuple(made)


def windows_ahead(
    limits: AccountPlan,
    endpoints: Sequence[Endpoint],
    profile: Profile | None,
    environ: Mapping[str, str],
    state: Path,
    now: float,
) -> tuple[tuple[WindowAhead, ...], float]:
    """(the account's windows, epoch seconds before which it is shut, 0 where it is open).

    Read from the plan, from what platforms say nowhere, from the simulator's `profile`, and from
    the ledger in the folder `state`, which is not made where it is missing. Of money there is what
    the platform says of the account's credit; a spending limit is the run's own.
    """
    own = [w for w in counted(limits, endpoints, "") if w.unit != "usd"]
    standings = [Standing(w.kind, w.unit, w.limit, 0.0, w.resets_at(now), w.source) for w in own]
    until = 0.0
    if limits.shared and (state / _LEDGER).is_file():
        book = Ledger(state)
        try:
            account = book.known(_keys(limits, environ), limits.name)
            standings = list(book.standings(account, own, now))
            until = book.blocked_until(account, now)
        finally:
            book.close()
    found = [
        WindowAhead(s.kind, s.unit, s.limit, s.used, s.resets_at,
                    period_of(s.kind, limits.period_scale), _WORDS.get(s.source, s.source))
        for s in standings
    ]  # fmt: skip
    if _free_models(endpoints) and not any(w.kind == "requests/day" for w in found):
        day = period_of("requests/day", limits.period_scale)
        found.append(
            WindowAhead("requests/day", "free", OPENROUTER_FREE_DAY, 0.0, _next(day, now), day,
                        "OpenRouter's own, until ten credits were ever bought")
        )  # fmt: skip
    return (*found, *_simulated(endpoints, profile, now)), until


_WORDS = {
    "plan": "the plan's",
    "own count": "OpenRouter's own for models without charge",
    "header": "as the platform last said",
    "api": "as the platform's key endpoint last said",
}


def _free_models(endpoints: Sequence[Endpoint]) -> bool:
    return any(e.platform == "openrouter" and e.model.endswith(FREE) for e in endpoints)


def _simulated(
    endpoints: Sequence[Endpoint], profile: Profile | None, now: float
) -> list[WindowAhead]:
    """What the simulated platforms will allow: it stands in their profile."""
    if profile is None:
        return []
    places = {
        e.platform.partition(":")[2] or "direct"
        for e in endpoints
        if e.platform.partition(":")[0] == SIM and not e.base_url
    }
    found = []
    for platform in profile.platforms:
        if platform.name not in places:
            continue
        for kind, limit in (
            ("requests/minute", platform.limits.requests_per_minute),
            ("requests/day", platform.limits.requests_per_day),
        ):
            if limit is not None:
                period = period_of(kind, profile.period_scale)
                source = f"the simulated platform {platform.name}"
                found.append(
                    WindowAhead(kind, "requests", limit, 0.0, _next(period, now), period, source)
                )
    return found


def _next(period: float, now: float) -> float:
    return (now // period + 1) * period


def _keys(limits: AccountPlan, environ: Mapping[str, str]) -> list[str]:
    found = []
    for name in limits.key_env:
        try:
            key = find_key(name, environ)
        except ValueError:
            continue
        if key is not None:
            found.append(key.reveal())
    return found
