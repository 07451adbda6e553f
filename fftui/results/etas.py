"""When a run's targets will be done, from what its file and its accounts say now."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fftui.domain.states import TargetState
from fftui.domain.targets import FREE
from fftui.results.summary import remaining
from fftui.results.view import TargetSummary
from fftui.store.counts import TargetCounts
from fftui.store.now import AccountNow
from fftui.store.reader import Reader

if TYPE_CHECKING:  # a run that is over has nothing to foretell
    from fftui.results.forecast import Limit, Work


class _Judge(Struct, frozen=True):
    id: int
    account: str
    model: str


class Etas(Struct, frozen=True):
    """What a forecast needs of a run's plan; it changes only when the plan does."""

    judges: tuple[_Judge, ...]
    scales: Mapping[str, float]
    """`period_scale` by account."""
    known: dict[int, tuple[TargetSummary, TargetCounts, Work]] = {}
    """What a target needs, by its id, with what that follows from: most ticks change few."""

    @classmethod
    def of(cls, reader: Reader) -> Etas:
        """From the plan and the graders that are stored with a run."""
        accounts = json.loads(reader.plan_json()).get("accounts", ())
        endpoints = {g.id: g.spec["endpoint"] for g in reader.graders() if g.asks and g.planned}
        return cls(
            tuple(_Judge(i, e["account"], e["model"]) for i, e in endpoints.items()),
            {a["name"]: a.get("period_scale", 1.0) for a in accounts},
        )

    def fill(
        self,
        targets: Sequence[TargetSummary],
        counts: Mapping[int, TargetCounts],
        accounts: Sequence[AccountNow],
        per_minute: float,
        now: float,
    ) -> tuple[tuple[TargetSummary, ...], float | None]:
        """The targets with their `eta_s`, and the run's: the last target's, or `None` if unknown.

        `per_minute` is the run's pace, 0 where it has none yet.
        """
        from fftui.results.forecast import finish_times

        going = [t for t in targets if not t.state.over and t.state is not TargetState.PAUSED]
        works = [self._known(t, counts[t.id]) for t in going]
        free = {t.account for t in targets if t.model.endswith(FREE)}
        free |= {judge.account for judge in self.judges if judge.model.endswith(FREE)}
        limits = [
            one
            for account in accounts
            for one in _limits(account, self.scales.get(account.name, 1.0), account.name in free)
        ]
        pace = per_minute / 60 if per_minute > 0 else None
        ends = finish_times(works, limits, now, pace)
        etas = {
            t.id: at - now
            for t, work, at in zip(going, works, ends, strict=True)
            if at is not None and work.attempts + work.out
        }
        filled = tuple(replace(t, eta_s=etas[t.id]) if t.id in etas else t for t in targets)
        waited_for = [t.eta_s for t in filled if not t.state.over]
        known = [eta for eta in waited_for if eta is not None]
        return filled, max(known) if known and len(known) == len(waited_for) else None

    def _known(self, target: TargetSummary, counts: TargetCounts) -> Work:
        before = self.known.get(target.id)
        if before is not None and before[0] is target and before[1] is counts:
            return before[2]
        work = self._work(target, counts)
        self.known[target.id] = target, counts, work
        return work

    def _work(self, target: TargetSummary, counts: TargetCounts) -> Work:
        """What an attempt takes is the mean of those so far, one more without trouble included."""
        from fftui.results.forecast import Work

        done = target.done
        needs: dict[tuple[str, str], float] = {}
        asked = [(0, target.account, target.model)]
        asked += [(judge.id, judge.account, judge.model) for judge in self.judges]
        for grader, account, model in asked:
            rows = [row for row in counts.calls if row.grader == grader]
            requests = (sum(row.n for row in rows) + 1) / (done + 1)
            taken = {"requests": requests}
            if model.endswith(FREE):
                taken["free"] = requests
            if done:
                taken["tokens"] = sum(row.tokens for row in rows) / done
                if not any(row.cost_unknown for row in rows):
                    taken["usd"] = sum(row.cost_usd for row in rows) / done
            for unit, n in taken.items():
                needs[account, unit] = needs.get((account, unit), 0.0) + n
        left = remaining(target)
        out = min(target.in_flight, left)
        return Work(left - out, needs, out)


def _limits(account: AccountNow, scale: float, free: bool) -> list[Limit]:
    from fftui.results.forecast import Limit, period_of

    found = []
    for window in account.windows:
        if window.limit is None or window.remaining is None:
            continue
        unit = window.kind.partition("/")[0]
        if unit == "requests" and free and window.source != "plan":
            unit = "free"  # what the platform says there concerns models without charge only
        period = period_of(window.kind, scale)
        found.append(
            Limit(account.name, unit, window.limit, window.remaining, window.resets_at, period)
        )
    if account.paused or account.blocked_until is not None:
        # Shut as a whole; then as wide open as its windows are.
        opens = None if account.paused else account.blocked_until
        found.append(Limit(account.name, "requests", math.inf, 0.0, opens, math.inf))
    return found
