"""What a report says, part by part. Every number comes from `results.evidence`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fftui import __version__
from fftui.domain.labels import Tier
from fftui.exchange.report import contrasts, made_from, numbers, people, words
from fftui.exchange.report.document import (
    Block,
    Document,
    Lines,
    Section,
    Text,
)
from fftui.results import quality, sentences
from fftui.results.evidence import Evidence, Report
from fftui.results.verdict import verdict
from fftui.results.view import RunSummary, TargetSummary

_MOST_TOLD = 24
"""Targets, or differences, that are told of at a glance."""
_SIMULATED = "Simulated: answers come from the simulated platform, and no number means anything."


def document(report: Report, extra: Sequence[Section] = ()) -> Document:
    """The report as a document; `extra` sections stand last."""
    names = [one.run.name for one in report.runs]
    several = len(names) > 1
    sections: list[Section] = [_glance(report)]
    slugs = _slugs(names)
    for one, slug in zip(report.runs, slugs, strict=True):
        prefix = f"{slug}-" if several else ""
        if several:
            sections.append(Section(f"Run {one.run.name}", (Text(_run_line(one.run)),)))
        parts = _run_sections(report, one, prefix)
        sections += [Section(s.title, s.blocks, 3 if several else 2) for s in parts if s.blocks]
    if report.comparisons:
        sections.append(Section("Comparisons", tuple(contrasts.pairs(report))))
    if report.groups:
        sections.append(Section("Makers", tuple(contrasts.makers(report))))
    sections += [Section("Limits of the data", (Lines(tuple(_limits(report))),)), *extra]
    title = names[0] if not several else f"{names[0]} and {len(names) - 1} more"
    made = f"Report of {words.when(report.made_at)}, by fftui {__version__}"
    return Document(title, made, report.simulated, tuple(s for s in sections if s.blocks))


def _slugs(names: Sequence[str]) -> list[str]:
    """File names of the runs, each once."""
    found: list[str] = []
    for name in names:
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "run"
        found.append(slug if slug not in found else f"{slug}-{len(found) + 1}")
    return found


def _glance(report: Report) -> Section:
    tier = report.tier
    blocks: list[Block] = []
    if report.simulated:
        blocks.append(Text(_SIMULATED, lead=True))
    for one in report.runs:
        run = one.run
        about = [_run_line(run), run.note, _whose(run, tier)]
        blocks += [Text(text) for text in about if text]
        told = [_target_sentence(t, tier) for t in run.targets[:_MOST_TOLD]]
        if len(run.targets) > _MOST_TOLD:
            told.append(f"{len(run.targets) - _MOST_TOLD:,} more targets stand below.")
        blocks.append(Lines(tuple(told)))
    differ = [verdict(c) for c in report.comparisons if c.differs]
    blocks += [Text(text, lead=True) for text in differ[:_MOST_TOLD]]
    return Section("At a glance", tuple(blocks))


def _run_line(run: RunSummary) -> str:
    early = sentences.stopped_early(run)
    state = f"{run.state.value}{f': {run.reason}' if run.reason else ''}"
    more = f"; {early}" if early else ""
    return (
        f"{run.name}: {words.several(len(run.targets), 'target')}, {run.done:,} of"
        f" {run.planned:,} planned attempts closed; the run is {state}{more}."
    )


def _whose(run: RunSummary, tier: Tier) -> str:
    rated = [t for t in run.targets if t.rates[tier].n]
    return f"{tier.words} is {tier.formula}, {rated[0].basis}." if rated else ""


def _target_sentence(t: TargetSummary, tier: Tier) -> str:
    rate = t.rates[tier]
    if rate.rate is None or rate.wilson is None:
        why = f": {t.reason}" if t.reason else ""
        return f"{t.name}: no data; {t.done:,} attempts closed, {t.usable:,} usable{why}."
    found = f"{words.of(rate.successes, rate.n)} = {words.percent(rate.rate)}"
    zero = "" if rate.successes else f", that is below {words.percent(rate.wilson.high)}, not zero"
    early = "; early: many calls are still out" if t.early else ""
    read = ""
    known = t.readings.rates[tier] if t.readings.rates else None
    if known is not None and known.rate is not None and known.finite is not None:
        read = (
            f"; by {t.readings.read} of {t.readings.of} answers read, corrected"
            f" {words.percent(known.rate)} {words.between(known.finite)}"
        )
    return f"{t.name}: {found} {words.between(rate.wilson)}{zero}{read}{early}."


def _run_sections(report: Report, one: Evidence, prefix: str) -> Iterator[Section]:
    run, tier = one.run, report.tier
    yield Section("Targets", tuple(numbers.targets(run, tier, prefix)))
    yield Section("What became of the attempts", tuple(numbers.attempts(run, prefix)))
    yield Section("Who refused", tuple(numbers.refused(run, prefix)))
    yield Section("Families of attacks", tuple(numbers.families(run, tier, prefix)))
    yield Section("Human readings", tuple(people.readings(run, prefix)))
    yield Section("Graders against people", tuple(people.graders(run, tier, prefix)))
    yield Section("What was left out", tuple(numbers.excluded(run, tier, prefix)))
    yield Section("Over time", tuple(numbers.over_time(one, prefix)))
    yield Section("Budget", tuple(numbers.budget(run, prefix)))
    yield Section("Log of the run", tuple(numbers.log(one, prefix)))
    yield Section("What was run", tuple(made_from.blocks(one.manifest, prefix)))
    yield Section("What cannot be repeated", (Lines(one.manifest.unrepeatable),))


def _limits(report: Report) -> Iterator[str]:
    if report.simulated:
        yield _SIMULATED
    for one in report.runs:
        run = one.run
        name = f"{run.name}: " if len(report.runs) > 1 else ""
        if not run.state.over or run.done < run.planned:
            yield f"{name}{run.done:,} of {run.planned:,} planned attempts are closed."
        early = [t.name for t in run.targets if t.early]
        if early:
            yield f"{name}early, what came back first is not typical: {', '.join(early)}."
        few = [t.name for t in run.targets if 0 < t.rates[report.tier].n < 50]
        if few:
            yield f"{name}fewer than 50 verdicts, preliminary: {', '.join(few)}."
        if "heuristic only" in run.targets[0].basis:
            yield f"{name}graded by keywords alone, which are known to over-count."
        elif not sum(t.readings.read for t in run.targets):
            yield f"{name}no answer was read by people, so the grader's errors are unknown."
        elif any(t.readings.read < t.readings.of for t in run.targets):
            yield f"{name}people read a part of the answers; the rest is extrapolated."
        for weak in (q for q in run.qualities if q.weak):
            yield f"{name}{quality.words(weak, report.tier)}."
        blocked = sum(t.blocked for t in run.targets)
        if blocked:
            yield (
                f"{name}platform filters stopped {blocked:,} attempts: whoever reads the rates"
                " cannot tell what the model would have said there."
            )
        several = [t.name for t in run.targets if t.identities > 1]
        if several:
            yield f"{name}more than one identity answered for {', '.join(several)}."
        if len(one.manifest.plans) > 1:
            yield f"{name}the plan was changed {len(one.manifest.plans) - 1} times in mid-run."
    yield (
        "A rate holds for these scenarios, these settings and these days. The same weights on"
        " another platform are another target."
    )
    yield "Intervals tell of chance alone: not of wrong labels, nor of a corpus unlike the world."
