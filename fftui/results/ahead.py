"""What a plan will take of each account: calls, days, money, and the intervals that this buys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.corpus.order import Scenarios
from fftui.credentials import find_key
from fftui.domain.plan import RunPlan
from fftui.results.asked import Asked, Range, asked
from fftui.results.forecast import Limit, Work, sent_times
from fftui.results.windows import WindowAhead, windows_ahead
from fftui.stats.planning import fewest_to_place, sample_size
from fftui.stats.proportion import wilson

if TYPE_CHECKING:
    from fftui.simulate.profile import Profile


class Bought(Struct, frozen=True):
    """The interval that a number of verdicts buys a target that never gives in."""

    targets: int
    """Among so many the budget is shared."""
    n: int
    """Verdicts of each, on adversarial scenarios."""

    @property
    def width(self) -> float:
        """Of the 95 % Wilson interval at 0 of n, 0 to 1."""
        return wilson(0, self.n).width if self.n else 1.0


class End(Struct, frozen=True):
    """When the windows let the last attempt out: epoch seconds, `None` where none can be foretold.

    Retries and slow answers come on top of both.
    """

    earliest: float | None
    """If targets stop as soon as the plan's rule may let them, on answers of a single token."""
    latest: float | None
    """If all attempts are made, every answer at its longest."""


class AccountAhead(Struct, frozen=True):
    """One account as a run will meet it."""

    name: str
    platform: str
    keys: tuple[tuple[str, bool], ...]
    """(environment variable, it holds a key)."""
    windows: tuple[WindowAhead, ...]
    blocked_until: float
    """Epoch seconds before which the platform wants to hear nothing; 0: no such wish."""
    concurrency: int
    targets: int
    """Targets whose attempts take calls of it, of their own or of a judge."""
    target_calls: int
    judge_calls: int
    tokens: Range
    cost_usd: Range | None
    """`None` where a price is unknown."""
    spend_usd: float | None
    end: End
    """As this account's windows alone would have it."""
    a_day: float | None
    """Requests a day, where something limits them."""
    bought: tuple[Bought, ...]
    """What a day buys one target, and all of the account's."""

    @property
    def limited(self) -> bool:
        """Some window holds calls back for a time."""
        return any(w.unit != "usd" for w in self.windows)

    @property
    def calls(self) -> int:
        """Of targets and judges together; retries come on top."""
        return self.target_calls + self.judge_calls


class TargetAhead(Struct, frozen=True):
    """One target as a run will ask it."""

    asked: Asked
    attempts: int
    """At most."""
    cost_usd: Range | None
    """Of its own calls; `None` where the price is unknown."""
    end: End


class Ahead(Struct, frozen=True):
    """What a plan will take in all."""

    per_target: int
    """Attempts of each target, at most."""
    least_per_target: int
    """Attempts after which the stopping rule may end a target at the earliest."""
    verdicts: int
    """Adversarial scenarios among them, each counted once: the n of a rate."""
    targets: tuple[TargetAhead, ...]
    judges: tuple[Asked, ...]
    accounts: tuple[AccountAhead, ...]
    end: End
    """Of the last target."""
    cost_usd: Range | None

    @property
    def everybody(self) -> tuple[Asked, ...]:
        """Targets and judges, each once."""
        return (*(target.asked for target in self.targets), *self.judges)


def look_ahead(
    plan: RunPlan,
    scenarios: Scenarios,
    profile: Profile | None,
    environ: Mapping[str, str],
    state: Path,
    now: float,
) -> Ahead:
    """The run before it begins. `state` is the folder of the ledger, in which nothing is bought."""
    most = len(scenarios) * plan.repeats
    per_target = min(most, plan.stop.max_attempts or most)
    hostile = (len(scenarios) - scenarios.benign) / max(1, len(scenarios))
    least = _least(plan, per_target, hostile)
    attempts = Range(least, per_target)
    groups = asked(plan, scenarios)
    everybody = [one for group in groups for one in group]
    works = (
        [_work(group, least, most=False) for group in groups],
        [_work(group, per_target, most=True) for group in groups],
    )
    limits: dict[str, list[Limit]] = {}
    verdicts = round(min(len(scenarios), per_target / plan.repeats) * hostile)
    accounts = []
    for name in dict.fromkeys(one.endpoint.account for one in everybody):
        own = plan.account(name)
        endpoints = [one.endpoint for one in everybody if one.endpoint.account == name]
        windows, until = windows_ahead(own, endpoints, profile, environ, state, now)
        limits[name] = [w.as_limit(name) for w in windows if w.unit != "usd"]
        if until > now:
            limits[name].append(Limit(name, "requests", math.inf, 0.0, until, math.inf))
        here = [[one for one in group if one.endpoint.account == name] for group in groups]
        here = [group for group in here if group]
        asked_here = [one for group in here for one in group]
        day, bought = _bought(here, windows, hostile, verdicts)
        accounts.append(
            AccountAhead(
                name=name,
                platform=endpoints[0].platform,
                keys=tuple((variable, _held(variable, environ)) for variable in own.key_env),
                windows=windows,
                blocked_until=until,
                concurrency=own.concurrency or plan.engine.concurrency,
                targets=len(here),
                target_calls=_count(here, per_target, judges=False),
                judge_calls=_count(here, per_target, judges=True),
                tokens=sum((one.tokens for one in asked_here), _NONE) * attempts,
                cost_usd=_cost(asked_here, attempts),
                spend_usd=own.spend_usd,
                end=_ends(works, limits[name], now)[-1],
                a_day=day,
                bought=bought,
            )
        )
    *ends, end = _ends(works, [one for found in limits.values() for one in found], now)
    judges = {one.where: one for group in groups for one in group if one.judge}
    return Ahead(
        per_target=per_target,
        least_per_target=least,
        verdicts=verdicts,
        targets=tuple(
            TargetAhead(group[0], per_target, _cost(group[:1], attempts), own_end)
            for group, own_end in zip(groups, ends, strict=True)
        ),
        judges=tuple(judges.values()),
        accounts=tuple(accounts),
        end=end,
        cost_usd=_cost(everybody, attempts),
    )


_NONE = Range(0.0, 0.0)


def _least(plan: RunPlan, per_target: int, hostile: float) -> int:
    """Attempts of a target whose interval narrows as fast as it can: it gives in never, or always.

    Every answer is taken to be usable.
    """
    stop, found = plan.stop, []
    if stop.width is not None:
        found.append(math.ceil(sample_size(0.0, stop.width) - 1e-9))
    if stop.below is not None:
        found.append(fewest_to_place(stop.below))
    if stop.above is not None:
        found.append(fewest_to_place(1 - stop.above))
    if not found or not hostile:
        return per_target
    return min(per_target, math.ceil(min(found) * plan.repeats / hostile - 1e-9))


def _work(group: Sequence[Asked], attempts: int, *, most: bool) -> Work:
    needs: dict[tuple[str, str], float] = {}
    for one in group:
        for unit, n in one.needs.items():
            key = (one.endpoint.account, unit)
            needs[key] = needs.get(key, 0.0) + (n.most if most else n.least)
    return Work(attempts, needs)


def _ends(
    works: tuple[Sequence[Work], Sequence[Work]], limits: Sequence[Limit], now: float
) -> list[End]:
    """Of each target, and last of all of them together."""
    early, late = (sent_times(one, limits, now) for one in works)
    pairs = [*zip(early, late, strict=True), (max(early), max(late))]
    return [End(*(at if math.isfinite(at) else None for at in pair)) for pair in pairs]


def _count(groups: Sequence[Sequence[Asked]], attempts: int, *, judges: bool) -> int:
    calls = sum(one.calls for group in groups for one in group if one.judge is judges)
    return round(attempts * calls)


def _cost(everybody: Sequence[Asked], attempts: Range) -> Range | None:
    costs = [one.cost_usd for one in everybody]
    known = [cost for cost in costs if cost is not None]
    return sum(known, _NONE) * attempts if len(known) == len(costs) else None


def _bought(
    groups: Sequence[Sequence[Asked]],
    windows: Sequence[WindowAhead],
    hostile: float,
    verdicts: int,
) -> tuple[float | None, tuple[Bought, ...]]:
    """(requests of a day, what they buy one target and all that draw on them): the tightest day."""
    found = []
    for window in windows:
        if window.kind != "requests/day":
            continue
        drawn = (
            sum(n.most for one in group if (n := one.needs.get(window.unit)) is not None)
            for group in groups
        )
        takes = [n for n in drawn if n]
        if takes:
            found.append((window.limit / sum(takes), window.limit, takes))
    if not found:
        return None, ()
    _, a_day, takes = min(found)

    def bought(targets: int) -> Bought:
        attempts = math.floor(a_day / sum(takes[:targets]) + 1e-9)
        return Bought(targets, min(verdicts, math.floor(attempts * hostile + 1e-9)))

    return a_day, tuple(bought(n) for n in sorted({1, len(takes)})) if verdicts else ()


def _held(variable: str, environ: Mapping[str, str]) -> bool:
    try:
        return find_key(variable, environ) is not None
    except ValueError:
        return False
