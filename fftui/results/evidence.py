"""All that a report says of runs, gathered at one moment each, and the same as plain data."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, to_builtins

from fftui.domain.labels import Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.results import details, manifest
from fftui.results.compare import Comparison, compare
from fftui.results.compare_text import to_json as pair_json
from fftui.results.feed import Feed
from fftui.results.manifest import Manifest, iso
from fftui.results.providers import Group, group_json, groups
from fftui.results.sides import Side, pairs, sides, told_apart
from fftui.results.status import to_json as run_json
from fftui.results.trend import Trend
from fftui.results.view import EventView, RunSummary
from fftui.store import manifest as kept
from fftui.store.reader import Reader
from fftui.store.sqlite import StoreError

_BINS = 48
_STEPS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 10_800.0, 86_400.0, 604_800.0)
_MOST_EVENTS = 100_000
_LIVE = ("engine", "eta", "per_minute", "elapsed_s", "path", "accounts")
"""What `fftui status` tells of the moment and no report repeats."""


class Bin(Struct, frozen=True):
    """Calls to one target in one stretch of time, by what came of them."""

    at: float
    width: float
    """Seconds."""
    calls: Mapping[OutcomeClass, int]

    @property
    def n(self) -> int:
        """All that were sent."""
        return sum(self.calls.values())

    def share(self, *kinds: OutcomeClass) -> float:
        """Share of the calls that ended so; of a stretch with any."""
        return sum(self.calls.get(kind, 0) for kind in kinds) / self.n


class Evidence(Struct, frozen=True):
    """One run."""

    run: RunSummary
    manifest: Manifest
    trends: Mapping[int, Trend]
    """By target, in the tier of the report; over settled first repeats."""
    timeline: Mapping[int, tuple[Bin, ...]]
    """By target, oldest first; stretches in which nothing was sent are missing."""
    log: tuple[EventView, ...]
    """The run's whole log, oldest first."""


class Report(Struct, frozen=True):
    """What a report is made of."""

    made_at: float
    tier: Tier
    runs: tuple[Evidence, ...]
    comparisons: tuple[Comparison, ...]
    groups: tuple[Group, ...]

    @property
    def simulated(self) -> bool:
        """Some run was made on the simulated platform: its numbers mean nothing."""
        return any(one.run.simulated for one in self.runs)


def gather(readers: Sequence[Reader], tier: Tier | None = None) -> Report:
    """Everything of the runs, as their readers have it. Reads their verdicts whole.

    `tier`: what comparisons and curves are of; `None`: what the first run's plan stops by.
    """
    summaries = [(reader, feed, _polled(feed)) for reader in readers for feed in [Feed(reader)]]
    chosen = tier or summaries[0][2].tier
    runs = tuple(_evidence(reader, feed, run, chosen) for reader, feed, run in summaries)
    found = [side for reader in readers for side in sides(reader)]
    return Report(
        time.time(), chosen, runs, tuple(compare(_pairs(found), chosen)),
        tuple(groups(found, chosen)),
    )  # fmt: skip


def _polled(feed: Feed) -> RunSummary:
    run = feed.poll("all")
    if run is None:
        raise StoreError("the run gave nothing to show")
    return run


def _pairs(found: Sequence[Side]) -> list[tuple[Side, Side]]:
    """Equal weights served elsewhere, whatever run they stand in; the same target in two runs."""
    made = pairs(found, "platform") + pairs(found, "upstream") + pairs(found, "run")
    by_ids = {(id(one), id(two)): (one, two) for one, two in made}
    return told_apart(list(by_ids.values()), found)


def _evidence(reader: Reader, feed: Feed, run: RunSummary, tier: Tier) -> Evidence:
    return Evidence(
        run=run,
        manifest=manifest.manifest(reader),
        trends={t.id: feed.trend(t.id, tier) for t in run.targets},
        timeline=_timeline(reader),
        log=details.log(reader, reader.targets(), before=None, count=_MOST_EVENTS),
    )


def _timeline(reader: Reader) -> dict[int, tuple[Bin, ...]]:
    span = kept.call_span(reader)
    if span is None:
        return {}
    width = next((s for s in _STEPS if (span[1] - span[0]) / s <= _BINS), _STEPS[-1])
    start = span[0] // width * width
    found: dict[int, dict[float, dict[OutcomeClass, int]]] = {}
    for row in kept.call_bins(reader, start, width):
        bins = found.setdefault(row.target, {})
        bins.setdefault(row.at, {})[OutcomeClass(row.kind)] = row.n
    return {
        target: tuple(Bin(at, width, calls) for at, calls in sorted(bins.items()))
        for target, bins in found.items()
    }


def to_json(report: Report) -> dict[str, Any]:
    """The report's numbers as plain data; unknown is `None`, rates are fractions of 1."""
    return {
        "format": 1,
        "made_at": iso(report.made_at),
        "simulated": report.simulated,
        "tier": report.tier.value,
        "runs": [_run_json(one) for one in report.runs],
        "comparisons": [pair_json(one) for one in report.comparisons],
        "providers": [group_json(one) for one in report.groups],
    }


def _run_json(one: Evidence) -> dict[str, Any]:
    told = {k: v for k, v in run_json(one.run).items() if k not in _LIVE}
    for target in told["targets"]:
        target.pop("eta")
    names = {t.id: t.name for t in one.run.targets}
    return {
        **told,
        "manifest": manifest.to_json(one.manifest),
        "accounts": [
            {"name": a.name, "spent_usd": a.spent_usd, "windows": to_builtins(a.windows)}
            for a in one.run.accounts
        ],
        "trends": {
            names[t.target]: [
                {"n": p.n, "rate": p.rate, "low": p.wilson.low, "high": p.wilson.high,
                 "anytime": [p.anytime.low, p.anytime.high]}
                for p in t.points
            ]
            for t in one.trends.values()
        },
        "timeline": {
            names[target]: [
                {"at": iso(b.at), "seconds": b.width,
                 "calls": {kind.value: n for kind, n in b.calls.items()}}
                for b in bins
            ]
            for target, bins in one.timeline.items()
        },
        "log": [
            {"at": iso(e.at), "kind": e.kind, "severity": e.severity, "target": e.target or None,
             "text": e.text}
            for e in one.log
        ],
    }  # fmt: skip
