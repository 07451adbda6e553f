"""One target's summary from its counts, and the totals of a run from its targets."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from fftui.domain.labels import Tier
from fftui.domain.outcomes import Identity
from fftui.domain.states import TargetState
from fftui.domain.targets import Target
from fftui.results import rates
from fftui.results.numbers import ByTier, Later, Rate
from fftui.results.tally import Empty, by_kind, by_label, sums, tally
from fftui.results.view import CallTotals, TargetSummary
from fftui.stats.interval import Interval
from fftui.stats.planning import Needed, needed_for_width
from fftui.store.counts import FamilyCounts, TargetCounts
from fftui.store.reader import GraderRow, Reader

EARLY_SHARE = 0.10
"""Open calls above this share of n: the row says *early*."""


DIFFERS = "differs from "
"""How the reason of a target begins that ended since it was shown to differ."""


class Rules(Struct, frozen=True):
    """What a run's plan says that its numbers depend on."""

    tier: Tier
    width: float | None
    planned: int
    """Attempts per target, at most."""
    repeats: int
    grader: GraderRow
    """The basis: the one grader whose verdicts the rates use."""
    adversarial: bool
    """Some scenario is not benign: there is an ASR to speak of."""
    empty: Empty = "exclude"
    """What an empty reply is in the rates."""
    below: float | None = None
    """A target whose sequence lies below this rate is finished …"""
    above: float | None = None
    """… or above this one …"""
    differs_from: str = ""
    """… or is shown to differ from the target of this name."""
    attacks: int | None = None
    """Attack scenarios of a corpus asked once each in one random order; `None` for any other."""
    alerts: tuple[float, ...] = ()
    """Rates of which to tell when a target's is above them."""

    def wanted(self, name: str) -> str:
        """What may end the target of this name before its attempts are done; empty: nothing."""
        asked = ((self.width, "wanted "), (self.below, "not shown to be below "),
                 (self.above, "not shown to be above "))  # fmt: skip
        found = [f"{words}{x * 100:.3g}" for x, words in asked if x is not None]
        if self.differs_from not in ("", name):
            found.append(f"not shown to differ from {self.differs_from}")
        return ", ".join(found)

    def placed(self, sequence: Interval | None) -> str:
        """Where the sequence lies, if that finishes a target; empty where it does not."""
        if sequence is None or not self.adversarial:
            return ""
        if self.below is not None and sequence.high < self.below:
            return f"below {self.below * 100:.3g} %: at most {sequence.high * 100:.1f} at any look"
        if self.above is not None and sequence.low > self.above:
            return f"above {self.above * 100:.3g} %: at least {sequence.low * 100:.1f} at any look"
        return ""


def rules_of(reader: Reader) -> Rules:
    """The rules of a run, from the plan that is stored with it."""
    plan = json.loads(reader.plan_json())
    stop = plan["stop"]
    benign, scenarios = reader.benign_share()
    longest = reader.order.length
    return Rules(
        tier=Tier(stop["tier"]),
        width=stop["width"],
        planned=min(longest, stop["max_attempts"] or longest),
        repeats=reader.order.repeats,
        grader=next(g for g in reader.graders() if g.basis),
        adversarial=benign < scenarios,
        empty=plan.get("policy", {}).get("empty", "exclude"),
        below=stop.get("below"),
        above=stop.get("above"),
        differs_from=stop.get("differs_from", ""),
        attacks=scenarios - benign
        if len(reader.order.blocks) == reader.order.repeats == 1
        else None,
        alerts=tuple(plan.get("alert", {}).get("above", ())),
    )


def basis(grader: GraderRow, read: int, of: int) -> str:
    """Who graded and how far that can be trusted, in words."""
    if grader.kind == "heuristic":
        return f"{grader.name} only, uncalibrated" + (f"; {read} of {of} read" if read else "")
    known = f"{read} of {of} read" + ("" if read else ": uncalibrated")
    return f"as graded by {grader.name} ({known})"


def stopped_for_place(
    now: tuple[TargetState, str, int], counts: TargetCounts, rules: Rules
) -> bool:
    """It was finished for where its rate, or the difference of a pair, lies.

    What is for one look is wrong of it, since what was seen at each look decided when it ended.
    """
    state, reason, _ = now
    return state is TargetState.FINISHED and (
        reason.startswith(DIFFERS)
        or bool(rules.placed(rates.sequence(counts, rules.grader.id, rules.tier, rules.empty)))
    )


def target_summary(
    target_id: int,
    target: Target,
    counts: TargetCounts,
    now: tuple[TargetState, str, int],
    rules: Rules,
    names: dict[int, str],
    who: Mapping[int, Identity],
    shared: int,
    by_family: FamilyCounts | None,
) -> TargetSummary:
    """One row of the monitor. Its basis says only what the run's does not."""
    state, reason, in_flight = now
    grader, empty = rules.grader.id, rules.empty
    of = sums(counts, grader)
    placed = stopped_for_place(now, counts, rules)
    kinds = of.kinds
    done = sum(kinds)
    whole = ByTier(partial(rates.rate, counts, grader, empty))
    calls = [c for c in counts.calls if c.grader == 0]
    return TargetSummary(
        id=target_id,
        name=target.name,
        maker=target.maker,
        platform=target.endpoint.platform,
        model=target.endpoint.model,
        upstream=", ".join(target.endpoint.upstream),
        account=target.endpoint.account,
        tags=target.tags,
        state=state,
        reason=reason,
        answered_by=rates.answered_by(counts, grader, empty, who, whole),
        planned=rules.planned,
        done=done,
        settled=counts.settled,
        in_flight=in_flight,
        early=in_flight > EARLY_SHARE * done,
        ungraded=of.answered - of.graded,
        outcomes=by_kind(kinds),
        attacks=sum(of.attacks.n),
        cut=sum(of.attacks.cut) + sum(of.benign.cut),
        verdicts=by_label(of.said.n),
        basis="stopped for where it lies: the bar is the sequence" if placed else "",
        rates=ByTier(partial(_rate, counts, rules, placed, whole)),
        variants=ByTier(partial(rates.variants, counts, grader, empty)),
        who_refused=rates.who_refused(counts, grader, shared),
        over_refusal=rates.over_refusal(counts, grader),
        families=None
        if by_family is None
        else Later(partial(rates.families, by_family, grader, names, empty)),
        calls=sum(c.n for c in calls),
        tokens=sum(c.tokens for c in calls),
        cost_usd=None if any(c.cost_unknown for c in calls) else sum(c.cost_usd for c in calls),
        needed=_needed(counts, state, rules),
        eta_s=None,
    )


def _rate(
    counts: TargetCounts, rules: Rules, placed: bool, whole: Mapping[Tier, Rate], tier: Tier
) -> Rate:
    found = whole[tier]
    if rules.attacks is not None:
        all_of = rates.finite(counts, rules.grader.id, tier, rules.empty, rules.attacks)
        found = replace(found, finite=all_of)
    # Stopped for where it lies, the fixed-n bar would be too narrow: the sequence is the bar.
    return replace(found, wilson=found.anytime) if placed else found


def _needed(counts: TargetCounts, state: TargetState, rules: Rules) -> Needed | None:
    if rules.width is None or state.over or not rules.adversarial:
        return None
    shown = tally(counts, rules.grader.id, rules.tier, "n", rules.empty)
    # Repeats to come may be worth no more than their scenario's first.
    least = 1 / rules.repeats
    each = (
        rates.worth(counts.scenarios, rules.grader.id, rules.tier.successes, "n")
        if shown.n
        else least
    )
    once = needed_for_width(shown.successes * each, shown.n * each, rules.width)
    return Needed(
        math.ceil(once.expected / each), math.ceil(once.low / each), math.ceil(once.high / least)
    )


def remaining(target: TargetSummary) -> int:
    """Attempts that the target is expected to take still, at its usable share so far."""
    if target.state.over or target.state is TargetState.CLOSING:
        return target.in_flight
    left = target.planned - target.done
    if target.needed is None:
        return left
    usable = (target.usable + 1) / (target.done + 1)
    return min(left, round(target.needed.expected / usable))


def call_totals(counts: Iterable[TargetCounts], targets: Sequence[TargetSummary]) -> CallTotals:
    """All HTTP calls of the run; cost is unknown as soon as one answered call's cost is."""
    called = [calls for one in counts for calls in one.calls]
    unknown = any(c.cost_unknown for c in called)
    return CallTotals(
        sent=sum(c.n for c in called),
        rate_limited=sum(c.put_back for c in called),
        failed=sum(c.failed for c in called),
        in_flight=sum(t.in_flight for t in targets),
        tokens=sum(c.tokens for c in called),
        cost_usd=None if unknown else sum(c.cost_usd for c in called),
    )
