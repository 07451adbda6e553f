"""Whether a report's numbers are those that the rows of its runs come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fftui.domain.labels import RATED, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.results.evidence import Report
from fftui.results.numbers import Rate
from fftui.results.summary import rules_of
from fftui.store.reader import Reader
from fftui.store.recount import label_counts, votes_apart

_CLOSE = 1e-9
_OTHER = ("made_at",)


@dataclass
class Differences:
    """What was compared, and where the two disagree."""

    compared: int = 0
    """Numbers."""
    different: list[str] = field(default_factory=list)
    """A line each: where, what the report says, what the rows say."""


def differences(told: Mapping[str, Any], rows: Mapping[str, Any]) -> Differences:
    """A report as plain data against the same made from the rows."""
    found = Differences()
    for path, one, two in _leaves(told, rows, ""):
        found.compared += isinstance(one, int | float) and not isinstance(one, bool)
        if not _same(one, two):
            found.different.append(f"{path}: the report says {one}, the rows say {two}")
    return found


def _leaves(one: Any, two: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        for key in dict.fromkeys([*one, *two]):
            if key not in _OTHER:
                yield from _leaves(one.get(key), two.get(key), f"{path} {key}".strip())
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for place, (a, b) in enumerate(zip(one, two, strict=True)):
            name = a.get("name", place) if isinstance(a, Mapping) else place
            yield from _leaves(a, b, f"{path} {name}")
    else:
        yield path, one, two


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, float) and isinstance(two, int | float):
        return abs(one - two) <= _CLOSE * max(1.0, abs(one))
    return bool(one == two)


def apart(reader: Reader, report: Report) -> Iterator[str]:
    """Rates that a second way to compute them gives otherwise; readings that events do not bear.

    Labels are counted from the verdicts by SQL, and Wilson limits come from scipy, not from us.
    """
    run = next(one.run for one in report.runs if one.run.path == reader.folder)
    counts, rules = label_counts(reader), rules_of(reader)
    for target in run.targets:
        said = counts.get(target.id, {})
        empty = target.who_refused.unknown if rules.empty == "refusal" else 0
        n = sum(said.get(label.value, 0) for label in RATED) + empty
        for tier in Tier:
            successes = sum(said.get(label.value, 0) for label in tier.successes)
            yield from _rate_apart(
                f"{run.name} {target.name} {tier.value}", target.rates[tier], successes, n,
                plain=rules.repeats == 1,
            )  # fmt: skip
        graded = sum(target.outcomes.get(kind, 0) for kind in (OutcomeClass.ANSWERED,))
        if sum(target.verdicts.values()) > graded:
            yield f"{run.name} {target.name}: more verdicts than answers"
    yield from (f"{run.name} {words}" for words in votes_apart(reader))


def _rate_apart(where: str, rate: Rate, successes: int, n: int, *, plain: bool) -> Iterator[str]:
    if (rate.successes, rate.n) != (successes, n):
        yield f"{where}: the report says {rate.successes}/{rate.n}, the verdicts {successes}/{n}"
        return
    if not n or not plain or rate.wilson is None or rate.bar != "Wilson":
        return
    from scipy.stats import binomtest

    low, high = binomtest(successes, n).proportion_ci(method="wilson")
    ends: Sequence[tuple[float, float]] = ((rate.wilson.low, low), (rate.wilson.high, high))
    if any(abs(ours - theirs) > _CLOSE for ours, theirs in ends):
        shown = f"[{rate.wilson.low:.6f}, {rate.wilson.high:.6f}]"
        yield f"{where}: the report says {shown}, scipy says [{low:.6f}, {high:.6f}]"
