"""`fftui status`: a run as one JSON object, with the fields that DESIGN promises to scripts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Raw, to_builtins
from msgspec.json import encode

from fftui.domain.labels import Tier
from fftui.results import readings
from fftui.results.numbers import Rate
from fftui.results.view import RunSummary, TargetSummary
from fftui.stats.interval import Interval


def line_of(run: RunSummary) -> bytes:
    """The run as one line of JSON, in ASCII: nothing in it steers a terminal."""
    try:
        # One target after the other, so that what one was written from makes room for the next.
        line = encode(_object(run, [Raw(encode(_target(t))) for t in run.targets]))
    except UnicodeEncodeError:
        # A path whose bytes are no UTF-8; msgspec is seven times as fast and does not take it.
        return json.dumps(to_json(run), ensure_ascii=True).encode()
    # Outside of its strings JSON is ASCII, so what is not stands in one of them.
    return line if line.isascii() else _NOT_ASCII.sub(_escaped, line.decode()).encode()


_NOT_ASCII = re.compile("[^\x00-\x7f]")


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def to_json(run: RunSummary) -> dict[str, Any]:
    """The run as plain data; unknown is `None`, and rates are fractions of 1.

    Names of states, labels and tiers are left the `StrEnum`s that they are: they are text, and to
    ask each for its value costs more than to write it.
    """
    return _object(run, [_target(t) for t in run.targets])


def _object(run: RunSummary, targets: Sequence[object]) -> dict[str, Any]:
    return {
        "format": 1,
        "run": run.name,
        "path": str(run.path),
        "simulated": run.simulated,
        "note": run.note,
        "taxonomy": run.taxonomy,
        "state": run.state,
        "reason": run.reason or None,
        "engine": {
            "pid": run.engine.pid,
            "alive": run.engine.alive,
            "heartbeat_at": _iso(run.engine.heartbeat_at),
        },
        "attempts": {"planned": run.planned, "done": run.done, "in_flight": run.in_flight},
        "calls": {
            "sent": run.calls.sent,
            "rate_limited": run.calls.rate_limited,
            "failed": run.calls.failed,
        },
        "cost": {"usd": run.calls.cost_usd, "tokens": run.calls.tokens},
        "per_minute": round(run.per_minute, 2),
        "elapsed_s": round(run.elapsed_s, 1),
        "eta": _in(run.eta_s),
        "targets": targets,
        "accounts": [
            {
                "name": a.name,
                "waiting": list(a.waiting),
                "blocked_until": _iso(a.blocked_until),
                "reason": a.reason or None,
                "paused": a.paused or None,
                "spent_usd": a.spent_usd,
                "places": a.places,
                "windows": [{**to_builtins(w), "resets_at": _iso(w.resets_at)} for w in a.windows],
            }
            for a in run.accounts
        ],
        **_judged(run),
        "review": {
            "queued": run.review.queued,
            "leased": run.review.leased,
            "read": run.review.read,
            "conflicts": run.review.conflicts,
        },
    }


def _judged(run: RunSummary) -> dict[str, Any]:
    if not (run.qualities or run.audits):
        return {"graders": [], "audits": []}
    from fftui.results import quality  # loaded where somebody has read something

    return {
        "graders": [quality.to_json(q) for q in run.qualities],
        "audits": [quality.audit_json(a) for a in run.audits],
    }


def _target(t: TargetSummary) -> dict[str, Any]:
    needed = t.needed
    return {
        "name": t.name,
        "maker": t.maker,
        "platform": t.platform,
        "model": t.model,
        "tags": list(t.tags),
        "state": t.state,
        "reason": t.reason or None,
        "identities": t.identities,
        "answered_by": [
            {
                **to_builtins(one.who),
                "answered": one.answered,
                "asr": _asr(one.rates),
            }
            for one in t.answered_by
        ],
        "planned": t.planned,
        "done": t.done,
        "settled": t.settled,
        "in_flight": t.in_flight,
        "early": t.early,
        "ungraded": t.ungraded,
        "outcomes": t.outcomes,
        "cut": t.cut,
        "verdicts": t.verdicts,
        "who_refused": to_builtins(t.who_refused),
        "basis": t.basis,
        "asr": _asr(t.rates),
        "variants": {
            tier: [
                {
                    "name": v.name,
                    "successes": v.successes,
                    "n": v.n,
                    **_named(v.interval),
                }
                for v in t.variants[tier]
            ]
            for tier in Tier
        },
        "over_refusal": {
            "refused": t.over_refusal.refused,
            "n": t.over_refusal.n,
            **_named(t.over_refusal.interval),
        },
        "families": None
        if t.families is None
        else [
            {
                "family": cell.family,
                "benign": cell.benign,
                "verdicts": cell.verdicts,
                "asr": _asr(cell.rates),
            }
            for cell in t.families
        ],
        "read": readings.to_json(t.readings),
        "needed": None if needed is None else to_builtins(needed),
        "eta": _in(t.eta_s),
    }


def _asr(rates: Mapping[Tier, Rate]) -> dict[str, dict[str, Any]]:
    return {tier: _rate(rates[tier]) for tier in rates}


def _rate(rate: Rate) -> dict[str, Any]:
    bar, finite = rate.wilson, rate.finite
    return {
        "successes": rate.successes,
        "n": rate.n,
        "rate": rate.rate,
        "interval": rate.bar.lower() if bar else None,
        "low": bar.low if bar else None,
        "high": bar.high if bar else None,
        "width": rate.width,
        "anytime": _ends(rate.anytime),
        "bounds": _ends(rate.bounds),
        "excluded": rate.excluded,
        "finite": to_builtins(finite) if finite else None,
    }


def _ends(interval: Interval | None) -> list[float] | list[None]:
    return [interval.low, interval.high] if interval else [None, None]


def _named(interval: Interval | None) -> dict[str, float | None]:
    low, high = _ends(interval)
    return {"low": low, "high": high}


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _in(seconds: float | None) -> str | None:
    return None if seconds is None else _iso(time.time() + seconds)
