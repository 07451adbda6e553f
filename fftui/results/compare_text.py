"""A comparison as lines of text and as plain data."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fftui.domain.labels import Tier
from fftui.results.compare import Comparison, Families, compare
from fftui.results.providers import group_lines, groups
from fftui.results.readings import to_json as readings_json
from fftui.results.readings import words
from fftui.results.sides import Side, pairs, sides
from fftui.results.verdict import differing, equivalent, span, verdict
from fftui.stats.interval import Interval
from fftui.stats.span import Span
from fftui.store.reader import Reader


class PairView(Struct, frozen=True):
    """A pair as a screen shows it; behind the pairs, each maker's models as one figure."""

    lines: tuple[str, ...]
    """The sentence first. Names in them are untrusted."""
    discordant: tuple[tuple[int, int], ...]
    """Outcome ids of both sides, of the scenarios on which one of them gave in."""
    pair: bool = True
    """False for a maker's models."""


def view(reader: Reader, by: str, same: str, tier: Tier) -> tuple[PairView, ...]:
    """The pairs of a run (see `sides.pairs`; `same` is one name, or empty for the usual one).

    Reads its verdicts whole. Raises ValueError for an unknown name.
    """
    found = list(sides(reader))
    made = [
        PairView(tuple(lines(c)), c.matched.discordant if c.matched else ())
        for c in compare(pairs(found, by, (same,) if same else ()), tier)
    ]
    together = [
        PairView((group.name, *group_lines(group)), (), pair=False) for group in groups(found, tier)
    ]
    return (*made, *together)


def lines(c: Comparison) -> list[str]:
    """What is known of the pair, the sentence first. Names in them are untrusted."""
    one, two = c.first, c.second
    found = [verdict(c)]
    other = differing(one, two)
    found.append(f"  differs besides: {'; '.join(other) if other else 'nothing that is recorded'}")
    if one.simulated or two.simulated:
        found.append("  simulated: the answers mean nothing")
    found += _matched(c)
    found += [
        f"  {side.name}, {said}" for side in (one, two) if (said := words(side.readings, c.tier))
    ]
    found += _families(c, c.families)
    if c.crude is not None:
        x, y = c.crude.first, c.crude.second
        found.append(
            f"  crude: {_share(x)} against {_share(y)}: {c.crude.difference * 100:+.1f} points"
            f" {span(c.crude.span)}, Fisher p {_p(c.crude.fisher_p)}"
        )
    else:
        found.append(f"  crude difference withheld: {c.withheld}")
    b = c.blocks
    if b.first or b.second:
        found.append(
            f"  platform blocks on {b.asked} scenarios asked of both: {b.first} against {b.second},"
            f" {b.output} of them of answers, p {_p(b.p)}"
        )
        sides_of = zip((one, two), b.graded, (b.first, b.second), b.bounds, strict=True)
        for side, (s, n), blocked, bounds in sides_of:
            if bounds is not None:
                found.append(
                    f"  {side.name}: complied {s}, did not {n - s}, blocked {blocked};"
                    f" whatever was blocked, the rate lies within {_interval(bounds)} %"
                )
    return found


def _matched(c: Comparison) -> list[str]:
    m = c.matched
    if m is None:
        return ["  matched scenarios: none"]
    last = ", as if this were the last look" if c.open else ", as at one look" if c.watched else ""
    many = c.pairs > 1
    holm = f", {_p(m.p_holm)} among {c.pairs} pairs" if many else ""
    joint = f"; for all {c.pairs} pairs at once {span(m.joint)}" if many else ""
    counts = (
        f"  matched: {m.n} scenarios; both {m.both}, only {c.first.name} {m.only_first},"
        f" only {c.second.name} {m.only_second}, neither {m.neither}"
    )
    difference = (
        f"  difference {m.difference * 100:+.1f} points {span(m.span)}; at any look"
        f" {span(m.anytime)}{joint}; exact p {_p(m.p)}{holm}{last}; e-value {_e(m.e_value)}"
        f" ({c.pairs * 20} shows a difference)"
    )
    return [counts, difference]


def _families(c: Comparison, f: Families) -> list[str]:
    found = []
    if f.difference is not None and f.cmh_p is not None:
        uneven = "" if f.uneven_p is None or f.uneven_p >= 0.1 else "; not the same in all families"
        found.append(
            f"  within families: {f.difference.value * 100:+.1f} points {span(f.difference.span)},"
            f" p {_p(f.cmh_p)}{uneven}"
        )
    if f.standardised is not None:
        (p, i), (q, j) = f.standardised
        found.append(
            f"  on one mix of families: {p * 100:.1f} % {_interval(i)} against {q * 100:.1f} %"
            f" {_interval(j)}"
        )
    for side, names in ((c.first, f.only_first), (c.second, f.only_second)):
        if names:
            found.append(f"  families only of {side.name}: {', '.join(names)}")
    return found


def to_json(c: Comparison) -> dict[str, Any]:
    """The comparison as plain data; what is not known is null."""
    m, f, b = c.matched, c.families, c.blocks
    return {
        "format": 1,
        "tier": c.tier.value,
        "verdict": verdict(c),
        "differs": c.differs,
        "overturned": c.overturned,
        "equivalent": equivalent(c),
        "open": c.open,
        "watched": c.watched,
        "attributable": not b.may_matter,
        "pairs": c.pairs,
        "sides": [_side(c.first, c), _side(c.second, c)],
        "differs_besides": differing(c.first, c.second),
        "matched": None if m is None else {
            "n": m.n, "both": m.both, "only_first": m.only_first, "only_second": m.only_second,
            "neither": m.neither, "difference": m.difference, **_limits(m.span),
            "anytime": [m.anytime.low, m.anytime.high], "joint": [m.joint.low, m.joint.high],
            "p": m.p, "p_holm": m.p_holm, "e_value": m.e_value,
            "discordant": [list(pair) for pair in m.discordant],
            "read": m.read,
            "upheld": {"only_first": m.upheld[0], "only_second": m.upheld[1],
                       "e_value": m.upheld_e_value},
        },
        "families": {
            "cmh_p": f.cmh_p,
            "difference": None if f.difference is None else {
                "value": f.difference.value, **_limits(f.difference.span),
            },
            "uneven_p": f.uneven_p,
            "standardised": None if f.standardised is None else [
                {"rate": rate, **_limits(interval)} for rate, interval in f.standardised
            ],
            "only_first": list(f.only_first),
            "only_second": list(f.only_second),
            "mix_distance": f.mix_distance,
        },
        "crude": None if c.crude is None else {
            "difference": c.crude.difference, **_limits(c.crude.span), "p": c.crude.fisher_p,
        },
        "withheld": c.withheld or None,
        "blocks": {"asked": b.asked, "first": b.first, "second": b.second, "output": b.output,
                   "p": b.p, "graded": [list(cell) for cell in b.graded],
                   "bounds": [None if found is None else _limits(found) for found in b.bounds]},
    }  # fmt: skip


def _side(side: Side, c: Comparison) -> dict[str, Any]:
    successes, n = side.total(c.tier)
    return {
        "run": side.run,
        "target": side.name,
        "weights": side.weights,
        "maker": side.target.maker,
        "platform": side.target.endpoint.platform,
        "simulated": side.simulated,
        "over": side.over,
        "grader": side.grader,
        "successes": successes,
        "n": n,
        "blocked": side.blocked,
        "read": readings_json(side.readings),
        "families": [
            {"family": name, "successes": s, "n": k}
            for name, (s, k) in sorted(side.families(c.tier).items())
        ],
    }


def _limits(found: Span | Interval) -> dict[str, float]:
    return {"low": found.low, "high": found.high}


def _share(counts: tuple[int, int]) -> str:
    return f"{counts[0]}/{counts[1]}"


def _interval(found: Interval) -> str:
    return f"[{found.low * 100:.1f}, {found.high * 100:.1f}]"


def _p(p: float) -> str:
    return "below 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.3f}"


def _e(e: float) -> str:
    return f"{e:.3g}" if e < 1e6 else "above 1,000,000"
