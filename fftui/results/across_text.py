"""The table over many runs as text, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fftui.domain.labels import Tier
from fftui.results.across import GROUP_SORTS, SORTS, Row, Together, together
from fftui.results.providers import group_json, group_lines

HEAD = ("target", "maker", "platform", "run", "n", "rate %", "95 % interval", "graded")


def ordered(rows: Sequence[Row], by: str, tier: Tier) -> list[Row]:
    """Rows by one of `SORTS`."""
    return sorted(rows, key=lambda row: SORTS[by](row, tier))


def cells(row: Row, tier: Tier) -> tuple[str, ...]:
    """One row, column by column. Names are untrusted."""
    rate = row.rate(tier)
    shown, span = "no data", ""
    if rate.rate is not None and rate.wilson is not None:
        shown = f"{rate.rate * 100:.1f}"
        span = f"[{rate.wilson.low * 100:.1f}, {rate.wilson.high * 100:.1f}]"
    names = (row.target.name, row.target.maker, row.platform, row.run)
    basis = f"simulated; {row.basis}" if row.simulated else row.basis
    return (*names, str(rate.n), shown, span, basis)


def group_texts(rows: Sequence[Row], tier: Tier) -> Iterator[list[str]]:
    """Makers on platforms, those with the most verdicts first: a name, and what is said of it."""
    for one in sorted(together(rows, tier), key=GROUP_SORTS["n"]):
        if one.group is None:
            continue
        name = f"{one.maker} on {one.platform}" + _simulated(one)
        unequal = f"unequal among them: {', '.join(one.differs)}" if one.differs else ""
        yield [name, *filter(None, (unequal, *group_lines(one.group)))]


def _simulated(one: Together) -> str:
    count = sum(row.simulated for row in one.rows)
    return f" ({'all' if count == len(one.rows) else count} simulated)" if count else ""


def row_json(row: Row, tier: Tier) -> dict[str, Any]:
    """As plain data; what is not known is null."""
    rate = row.rate(tier)
    return {
        "format": 1,
        "tier": tier.value,
        "target": row.target.name,
        "maker": row.target.maker or None,
        "platform": row.platform,
        "weights": row.weights,
        "tags": list(row.target.tags),
        "run": row.run,
        "path": str(row.path),
        "simulated": row.simulated,
        "imported": row.imported or None,
        "basis": row.basis,
        "successes": rate.successes,
        "n": rate.n,
        "rate": rate.rate,
        "low": rate.wilson.low if rate.wilson else None,
        "high": rate.wilson.high if rate.wilson else None,
    }


def together_json(one: Together, tier: Tier) -> dict[str, Any]:
    """A maker on a platform as plain data."""
    return {
        "format": 1,
        "tier": tier.value,
        "maker": one.maker or None,
        "platform": one.platform,
        "models": one.models,
        "n": one.n,
        "unequal": list(one.differs),
        "provider": group_json(one.group) if one.group else None,
    }
