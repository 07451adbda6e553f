"""What a run comes to, as its rollups have it: counts of rows, by what they have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.store.amounts import OUTCOMES, VERDICTS, packed
from fftui.store.repeats import SAID
from fftui.store.sqlite import Connection

Amounts = tuple[int, ...]
"""One number for each of `amounts.KINDS`; or of `amounts.LABELS`, and behind them the unusable."""


class Counted(Struct, frozen=True, array_like=True, gc=False):
    """What rows come to, class by class or label by label."""

    n: Amounts
    settled: Amounts
    first: Amounts
    """Settled, first repeat of each scenario only."""
    cut: Amounts
    """Of `n`: the token limit ended the answer."""


class OutcomeCounts(Counted, frozen=True, array_like=True, gc=False):
    """Outcomes of a target, or of a family of it; `identity` tells apart who answered."""

    identity: int
    benign: bool


class VerdictCounts(Counted, frozen=True, array_like=True, gc=False):
    """Verdicts of one grader on the same."""

    identity: int
    benign: bool
    grader: int


class ScenarioCount(Struct, frozen=True, array_like=True, gc=False):
    """Scenarios of a target of which a grader said the same over all repeats heard so far."""

    grader: int
    benign: bool
    said: Mapping[Label, int]
    """How often each label was given; those that count only."""
    n: int
    """Scenarios, by all their repeats."""
    settled: int
    """Scenarios, by their settled repeats alone."""


class CallCount(Struct, frozen=True, array_like=True, gc=False):
    """All calls of one target for one purpose."""

    grader: int
    """0 for the target's own calls."""
    n: int
    put_back: int
    """Of `n`: the account, not the model, said no."""
    failed: int
    """Of `n`: nothing about the model was learnt."""
    tokens: int
    cost_usd: float
    cost_unknown: int


class TargetCounts(Struct, frozen=True):
    """What is counted of one target."""

    outcomes: tuple[OutcomeCounts, ...]
    verdicts: tuple[VerdictCounts, ...]
    calls: tuple[CallCount, ...]
    settled: int
    alike: int
    """Answers whose words the target gave to several scenarios."""
    scenarios: tuple[ScenarioCount, ...] = ()
    """Empty where each is asked once."""
    sums: dict[int, object] = {}
    """What `results.tally` has added up of these rows, by grader."""


class FamilyCounts(Struct, frozen=True):
    """What is counted of one target, by the id of the attack family."""

    outcomes: tuple[tuple[int, OutcomeCounts], ...]
    verdicts: tuple[tuple[int, VerdictCounts], ...]
    scenarios: tuple[tuple[int, ScenarioCount], ...] = ()
    """Empty where each is asked once."""


class MinuteCount(Struct, frozen=True, array_like=True, gc=False):
    """What happened in one epoch minute."""

    minute: int
    closed: int
    verdicts: int
    rate_limited: int
    failed: int


NOTHING = TargetCounts((), (), (), 0, 0)
_SAID = ", ".join(f"'{label.value}', {label.value.lower()}" for label in SAID)
_OUTCOME = f"{packed(OUTCOMES)}, identity, benign"
_VERDICT = f"{packed(VERDICTS)}, identity, benign, grader"
_SCENARIO = f"grader, benign, json_object({_SAID}), n, settled"
_ROWS = {
    "total_outcome": _OUTCOME,
    "total_verdict": _VERDICT,
    "total_scenario": _SCENARIO,
    "rollup_outcome": f"family, json_array({_OUTCOME})",
    "rollup_verdict": f"family, json_array({_VERDICT})",
    "rollup_scenario": f"family, json_array({_SCENARIO})",
}
_BACK = ", ".join(f"'{kind.value}'" for kind in OutcomeClass if kind.puts_back)
_FAILED = ", ".join(f"'{kind.value}'" for kind in OutcomeClass if kind.failed)
_CALLS = (
    "(SELECT json_group_array(json_array(grader, n, back, failed, tokens, usd, unknown)) FROM"
    f" (SELECT grader, sum(n) n, sum(iif(outcome IN ({_BACK}), n, 0)) back,"
    f" sum(iif(outcome IN ({_FAILED}), n, 0)) failed, sum(tokens) tokens, sum(cost_usd) usd,"
    " sum(cost_unknown) unknown FROM rollup_call WHERE target = t.id GROUP BY grader)"
    ") AS rollup_call"
)


def _packed(*tables: str) -> str:
    """SQL: the rows that target `t` has in each of these rollups, as one JSON a rollup.

    SQLite writes it and msgspec reads it in a third of the time that it takes to make objects
    of each column and then a record of them.
    """
    return ", ".join(
        f"(SELECT json_group_array(json_array({_ROWS[table]})) FROM {table} WHERE target = t.id)"
        f" AS {table}"
        for table in tables
    )


_THESE = "FROM target t WHERE t.id IN (SELECT value FROM json_each(?))"
_TOTALS = (
    "SELECT t.id, coalesce((SELECT settled FROM prefix WHERE target = t.id), 0),"
    " coalesce((SELECT n FROM rollup_cluster WHERE target = t.id), 0),"
    f" {_CALLS}, {_packed('total_outcome', 'total_verdict')}"
)
_ONCE = f"{_TOTALS} {_THESE}"
_REPEATED = f"{_TOTALS}, {_packed('total_scenario')} {_THESE}"
_FAMILIES = (
    f"SELECT t.id, {_packed('rollup_outcome', 'rollup_verdict', 'rollup_scenario')} {_THESE}"
)
# Not strict: to SQLite a boolean is 0 or 1.
_outcomes = msgspec.json.Decoder(tuple[OutcomeCounts, ...], strict=False)
_verdicts = msgspec.json.Decoder(tuple[VerdictCounts, ...], strict=False)
_calls = msgspec.json.Decoder(tuple[CallCount, ...])
_scenarios = msgspec.json.Decoder(tuple[ScenarioCount, ...], strict=False)
_minutes = msgspec.json.Decoder(tuple[MinuteCount, ...])
_family_outcomes = msgspec.json.Decoder(tuple[tuple[int, OutcomeCounts], ...], strict=False)
_family_verdicts = msgspec.json.Decoder(tuple[tuple[int, VerdictCounts], ...], strict=False)
_family_scenarios = msgspec.json.Decoder(tuple[tuple[int, ScenarioCount], ...], strict=False)


def totals(db: Connection, targets: Iterable[int], *, repeated: bool) -> dict[int, TargetCounts]:
    """What is counted of these targets, all families together, in one query.

    Of scenarios something is kept only where they are asked several times: `repeated`.
    """
    query = _REPEATED if repeated else _ONCE
    rows = db.execute(query, (json.dumps(list(targets)),)).fetchall()
    return {
        target: TargetCounts(
            _outcomes.decode(outcomes), _verdicts.decode(verdicts), _calls.decode(calls),
            settled, alike, _scenarios.decode(*scenarios) if scenarios else (),
        )
        for target, settled, alike, calls, outcomes, verdicts, *scenarios in rows
    }  # fmt: skip


def by_family(db: Connection, targets: Iterable[int]) -> dict[int, FamilyCounts]:
    """The same by family of attack, in one query."""
    rows = db.execute(_FAMILIES, (json.dumps(list(targets)),)).fetchall()
    return {
        target: FamilyCounts(
            _family_outcomes.decode(outcomes), _family_verdicts.decode(verdicts),
            _family_scenarios.decode(scenarios),
        )
        for target, outcomes, verdicts, scenarios in rows
    }  # fmt: skip


def minutes(db: Connection, since: int) -> tuple[MinuteCount, ...]:
    """Counts of each minute from epoch minute `since` on; minutes without any are missing."""
    row = db.execute(
        "SELECT json_group_array(json_array(minute, closed, verdicts, rate_limited, failed))"
        " AS rollup_minute FROM rollup_minute WHERE minute >= ?", (since,)
    ).fetchone()  # fmt: skip
    return _minutes.decode(row[0])
