"""A run as records: a header, then attempts, items, acts of reviewers and lines of the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import to_builtins

from fftui import __version__
from fftui.exchange.export.labels import taxonomy
from fftui.results import manifest
from fftui.results.manifest import iso
from fftui.store import export, rows
from fftui.store.export import ActOf, AttemptOf, ItemOf
from fftui.store.reader import Reader

_FREE_TEXT = ("text", "note")
"""Fields of an act that hold what a reviewer typed."""
_LOG_PAGE = 1000


def header(reader: Reader, *, text: bool) -> dict[str, Any]:
    """What the records are of, and what their labels mean."""
    made = manifest.manifest(reader)
    return {
        "record": "header",
        "format": 1,
        "tool": f"fftui {__version__}",
        "run": made.header.name,
        "simulated": made.header.simulated,
        "with_text": text,
        "taxonomy": taxonomy(made.header.taxonomy),
        "manifest": manifest.to_json(made),
    }


def records(reader: Reader, *, text: bool) -> Iterator[dict[str, Any]]:
    """Everything behind the header; the last one says how much that was."""
    written: Counter[str] = Counter()
    for record in _records(reader, text=text):
        written[record["record"]] += 1
        yield record
    kinds = ("attempt", "item", "event", "log")
    yield {"record": "end", **{f"{kind}s": written[kind] for kind in kinds}}


def _records(reader: Reader, *, text: bool) -> Iterator[dict[str, Any]]:
    names = {number: target.name for number, target in reader.targets().items()}
    for attempt in export.attempts(reader, text=text):
        yield {"record": "attempt", **attempt_record(attempt, names, text=text)}
    for item in export.items(reader):
        yield {"record": "item", **item_record(item, names)}
    for act in export.acts(reader):
        yield {"record": "event", **act_record(act, text=text)}
    after = 0
    while lines := rows.events_since(reader, after, _LOG_PAGE):
        for line in lines:
            target = None if line.target is None else names[line.target]
            yield {
                "record": "log", "at": iso(line.at), "kind": line.kind, "severity": line.severity,
                "target": target, "text": line.text,
            }  # fmt: skip
        after = lines[-1].id


def attempt_record(a: AttemptOf, names: Mapping[int, str], *, text: bool) -> dict[str, Any]:
    """A closed attempt as plain data."""
    found: dict[str, Any] = {
        "id": a.id,
        "target": names[a.target],
        "scenario": a.scenario,
        "family": a.family,
        "benign": a.benign,
        "repeat": a.repeat,
        "round": a.round,
        "in_force": a.in_force,
        "outcome": a.outcome,
        "cut": a.cut,
        "signal": a.signal,
        "at": iso(a.at),
        "identity": to_builtins(a.identity),
        "calls": to_builtins(a.calls),
        "verdicts": [
            {"grader": v.grader, "label": v.label, "confidence": v.confidence, "at": iso(v.at),
             **({} if v.label else {"reason": v.evidence}),
             **({"evidence": v.evidence} if text and v.label else {})}
            for v in a.verdicts
        ],
        "flags": to_builtins(a.flags),
    }  # fmt: skip
    if text:
        found |= {
            "turns": list(a.turns), "answers": list(a.answers), "reasoning": a.reasoning,
        }  # fmt: skip
    return found


def item_record(i: ItemOf, names: Mapping[int, str]) -> dict[str, Any]:
    """An item as plain data; `soft` is the share of each label among its readings."""
    given = Counter(r.label for r in i.readings if r.label is not None)
    return {
        "attempt": i.attempt,
        "target": names[i.target],
        "scenario": i.scenario,
        "repeat": i.repeat,
        "pool": i.pool,
        "stratum": i.stratum,
        "machine": i.machine,
        "inclusion": i.inclusion,
        "drawn": i.drawn,
        "planned": i.planned,
        "wanted": i.wanted,
        "final": i.final,
        "source": i.source,
        "blind": "blind" if i.blind else "unblind",
        "soft": {label: n / given.total() for label, n in sorted(given.items())},
        "unsure": sum(r.label is None for r in i.readings),
        "readings": [
            {"reviewer": r.reviewer, "label": r.label, "blind": "blind" if r.blind else "unblind",
             "guideline": r.guideline or None, "at": iso(r.at)}
            for r in i.readings
        ],
    }  # fmt: skip


def act_record(a: ActOf, *, text: bool) -> dict[str, Any]:
    """What a reviewer did, as plain data; what they typed only with the texts."""
    body = {k: v for k, v in a.body.items() if text or k not in _FREE_TEXT}
    return {
        "id": a.id,
        "attempt": a.attempt,
        "scenario": a.scenario,
        "reviewer": a.reviewer,
        "session": a.session,
        "kind": a.kind,
        "label": a.label,
        "blind": "blind" if a.blind else "unblind",
        "guideline": body.pop("guideline", None),
        "undoes": a.undoes,
        "at": iso(a.at),
        "body": body,
    }
