"""Several models of one maker on one platform as one figure: pooled and macro side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fftui.domain.labels import Tier
from fftui.results.sides import Side
from fftui.stats.provider import Provider, provider

_SPARSE = 10
"""Successes below which the spread between models is that of the corrections for zeros."""


class Group(Struct, frozen=True):
    """Models that are told of together."""

    name: str
    """Untrusted."""
    figure: Provider


def groups(found: Sequence[Side], tier: Tier) -> list[Group]:
    """Makers with two models or more on a platform; targets of equal weights are one model."""
    counts: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for side in found:
        if not side.target.maker:
            continue
        models = counts.setdefault((side.target.maker, side.target.endpoint.platform), {})
        (s, n), (x, m) = side.total(tier), models.get(side.weights, (0, 0))
        models[side.weights] = (s + x, n + m)
    return [
        Group(f"{maker} on {platform}", provider(known))
        for (maker, platform), models in counts.items()
        if len(known := [cell for cell in models.values() if cell[1]]) > 1
    ]


def group_lines(group: Group) -> list[str]:
    """In words: never an interval on the pool, as models differ more than chance does."""
    f, limits = group.figure, group.figure.macro_interval
    both = (
        f"{f.models} models, {f.n} verdicts: pooled {f.pooled * 100:.1f} % (a random verdict),"
        f" macro {f.macro * 100:.1f} % [{limits.low * 100:.1f}, {limits.high * 100:.1f}] (a random"
        f" model), models from {f.least * 100:.1f} to {f.most * 100:.1f} %"
    )
    if f.between is None or f.pooled * f.n < _SPARSE:
        return [both, "too few models or successes to say how much models differ"]
    far = f.between.prediction
    spread = (
        f"I² {f.between.i2 * 100:.0f} % of the spread is between models; one more model would"
        f" lie within [{far.low * 100:.1f}, {far.high * 100:.1f}] %"
    )
    return [both, spread]


def group_json(group: Group) -> dict[str, Any]:
    """As plain data; no interval stands at the pool."""
    f = group.figure
    return {
        "name": group.name,
        "models": f.models,
        "n": f.n,
        "pooled": f.pooled,
        "macro": {"rate": f.macro, "low": f.macro_interval.low, "high": f.macro_interval.high},
        "least": f.least,
        "most": f.most,
        "i2": None if f.between is None else f.between.i2,
        "prediction": None if f.between is None
        else [f.between.prediction.low, f.between.prediction.high],
    }  # fmt: skip
