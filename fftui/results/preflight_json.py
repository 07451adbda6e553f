"""`fftui preflight --json`: all numbers of a preflight. Fields are added, never renamed."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins

from fftui.results.ahead import AccountAhead, Ahead, End
from fftui.results.asked import Range
from fftui.results.preflight import Preflight


def to_json(checked: Preflight) -> dict[str, Any]:
    """The preflight as plain data; unknown is `None`."""
    plan, ahead, machine = checked.plan, checked.ahead, checked.machine
    return {
        "format": 1,
        "ok": checked.ok,
        "path": str(checked.path),
        "name": plan.name if plan else None,
        "simulated": plan.simulated if plan else None,
        "checked_at": _iso(checked.at),
        "problems": list(checked.problems),
        "warnings": list(checked.warnings),
        "attempts": _attempts(checked),
        "stop": {
            "tier": plan.stop.tier.value,
            "width": plan.stop.width,
            "below": plan.stop.below,
            "above": plan.stop.above,
            "differs_from": plan.stop.differs_from or None,
            "max_attempts": plan.stop.max_attempts,
        }
        if plan
        else None,
        "files": [
            {"file": str(one.path), "what": one.what, "bytes": one.bytes, "sha256": one.sha256}
            for one in checked.files
        ],
        "corpora": [
            {
                "file": str(one.path),
                "format": one.format,
                "scenarios": one.size,
                "benign": one.benign,
                "bytes": one.bytes,
                "sha256": one.sha256,
                "problems": to_builtins(one.problems),
            }
            for one in checked.corpora
        ],
        "targets": _targets(ahead) if ahead else [],
        "graders": [
            {
                "name": g.label,
                "kind": g.kind,
                "model": g.model or None,
                "account": e.account if e else None,
            }
            for g in (plan.graders if plan else ())
            for e in (g.endpoint(),)
        ],
        "accounts": [_account(a) for a in ahead.accounts] if ahead else [],
        "end": _end(ahead.end) if ahead else None,
        "cost_usd": _range(ahead.cost_usd) if ahead else None,
        "machine": {
            "home": str(machine.home),
            "disk_free": machine.disk_free,
            "disk_needed": machine.disk_needed,
            "sqlite": machine.sqlite,
            "sqlite_safe": machine.sqlite_safe,
            "proxies": dict(machine.proxies),
            "no_proxy": machine.no_proxy or None,
        }
        if machine
        else None,
        "sections": [{"title": s.title, "lines": list(s.lines)} for s in checked.sections],
    }


def _attempts(checked: Preflight) -> dict[str, Any] | None:
    plan, ahead = checked.plan, checked.ahead
    if plan is None or ahead is None:
        return None
    return {
        "scenarios": len(checked.scenarios),
        "benign": checked.scenarios.benign,
        "targets": len(plan.targets),
        "repeats": plan.repeats,
        "per_target": ahead.per_target,
        "least_per_target": ahead.least_per_target,
        "total": ahead.per_target * len(plan.targets),
        "judge_calls": sum(a.judge_calls for a in ahead.accounts),
        "verdicts_per_target": ahead.verdicts,
    }


def _targets(ahead: Ahead) -> list[dict[str, Any]]:
    return [
        {
            "name": target.asked.name,
            "platform": target.asked.endpoint.platform,
            "model": target.asked.endpoint.model,
            "upstream": list(target.asked.endpoint.upstream),
            "account": target.asked.endpoint.account,
            "attempts": target.attempts,
            "calls": round(target.attempts * target.asked.calls),
            "cost_usd": _range(target.cost_usd),
            "end": _end(target.end),
        }
        for target in ahead.targets
    ]


def _account(a: AccountAhead) -> dict[str, Any]:
    return {
        "name": a.name,
        "platform": a.platform,
        "keys": dict(a.keys),
        "calls": {"targets": a.target_calls, "judges": a.judge_calls, "total": a.calls},
        "tokens": _range(a.tokens),
        "concurrency": a.concurrency,
        "windows": [
            {
                "kind": w.kind,
                "counts": w.unit,
                "limit": w.limit,
                "spent": w.used,
                "resets_at": _iso(w.resets_at),
                "period_s": w.period_s if math.isfinite(w.period_s) else None,
                "source": w.source,
            }
            for w in a.windows
        ],
        "shut_until": _iso(a.blocked_until or None),
        "end": _end(a.end),
        "requests_per_day": a.a_day,
        "a_day_buys": [{"targets": b.targets, "n": b.n, "width": b.width} for b in a.bought],
        "cost_usd": _range(a.cost_usd),
        "spend_usd": a.spend_usd,
    }


def _range(one: Range | None) -> dict[str, float] | None:
    return None if one is None else to_builtins(one)


def _end(end: End) -> dict[str, str | None]:
    return {"earliest": _iso(end.earliest), "latest": _iso(end.latest)}


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
