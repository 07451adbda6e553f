"""What a comparison comes to, in one sentence that may stand alone; and what else differs."""

from __future__ import annotations

import math
import time

from fftui.results.compare import MARGIN, Comparison, Matched
from fftui.results.sides import Side
from fftui.stats.paired import newcombe_paired
from fftui.stats.span import Span


def verdict(c: Comparison) -> str:
    """One sentence about the pair. Names in it are untrusted: whoever shows it cleans it."""
    m, who = c.matched, f"{c.first.name} and {c.second.name}"
    if m is None:
        return f"{who}: no scenario is graded on both sides, so nothing is claimed"
    size, on = f"{m.difference * 100:+.1f} points", f"on {m.n} matched scenarios"
    points = f"{size} {span(m.joint)}{' at any look' if c.watched else ''} {on}"
    caution = f"; {NOT_THE_WEIGHTS}" if c.blocks.may_matter else ""
    if c.differs:
        close = ", by less than 5 points" if _within(m.joint, MARGIN) else ""
        return f"{who} differ{close}: {points}, {_by_whom(m)}{caution}"
    if c.overturned:
        return f"{who}: no difference shown; {points}, {_by_whom(m)}{caution}"
    if equivalent(c):
        found = f"{_certain(1 - 2 * c.alpha)} interval {span(_two_one_sided(c, m))}"
        return f"{who} are equivalent within ±5 points: {size}, {found}, {on}{caution}"
    # Rounded up: what lies between the limit and the whole number below it is not excluded.
    most = math.ceil(max(abs(m.joint.low), abs(m.joint.high)) * 100)
    return f"{who}: no difference shown; one of more than {most} points is excluded{caution}"


def _by_whom(m: Matched) -> str:
    """Whose word a difference is."""
    apart = len(m.discordant)
    if not m.all_read:
        return f"by machine verdicts, {m.read} of {apart} discordant scenarios read"
    first, second = m.upheld
    whose = f"people find a success on one side alone in {first + second}, {first} to {second}"
    return f"by machine verdicts; of the {apart} discordant scenarios, all read, {whose}"


NOT_THE_WEIGHTS = "not attributable to the weights: platform filters may depend on the outcome"


def equivalent(c: Comparison) -> bool:
    """Two one-sided tests at the pair's share of 5 %: for one pair, its 90 % interval lies within.

    Only where both sides have ended and did not end for where they lie: watched, it is often wrong.
    """
    m = c.matched
    if m is None or c.watched or c.overturned:
        return False
    return _within(_two_one_sided(c, m), MARGIN)


def _two_one_sided(c: Comparison, m: Matched) -> Span:
    counts = (m.both, m.only_first, m.only_second, m.neither)
    return newcombe_paired(*counts, confidence=1 - 2 * c.alpha)


def _certain(confidence: float) -> str:
    """`90 %`, `99.5 %`: rounded down, never up to certainty."""
    return f"{math.floor(confidence * 10_000 + 1e-6) / 100:g} %"


def span(found: Span) -> str:
    """`[-3.1, +4.0]`, in points."""
    return f"[{found.low * 100:+.1f}, {found.high * 100:+.1f}]"


def differing(first: Side, second: Side) -> list[str]:
    """What else differs between the sides, one short line each."""
    one, two = first.target, second.target
    fields: list[tuple[str, object, object]] = [
        ("weights", first.weights, second.weights),
        ("platform", one.endpoint.platform, two.endpoint.platform),
        ("upstream", ", ".join(one.endpoint.upstream), ", ".join(two.endpoint.upstream)),
        ("quantisation", one.quantisation, two.quantisation),
        ("thinking", one.thinking, two.thinking),
        ("sampling", _sampling(first), _sampling(second)),
        ("system prompt", bool(one.system_prompt), bool(two.system_prompt)),
        ("grader", (first.grader, first.grader_version), (second.grader, second.grader_version)),
        ("empty replies", _EMPTY[first.empty], _EMPTY[second.empty]),
        ("run", first.run, second.run),
        ("day", _day(first), _day(second)),
    ]
    found = [f"{name}: {_shown(a)} / {_shown(b)}" for name, a, b in fields if a != b]
    if one.system_prompt != two.system_prompt and bool(one.system_prompt) == bool(
        two.system_prompt
    ):
        found.append("system prompt: of other words")
    for part in ("upstream", "digest", "quantisation", "template", "server"):
        a = {getattr(i, part) for i in first.identities} - {""}
        b = {getattr(i, part) for i in second.identities} - {""}
        if a and b and a != b:
            found.append(f"answered {part}: {_several(a)} / {_several(b)}")
    return found


_EMPTY = {"exclude": "left out", "refusal": "refusals"}


def _within(found: Span, margin: float) -> bool:
    return -margin < found.low and found.high < margin


def _sampling(side: Side) -> str:
    if not side.settings_told:
        return "not told"
    s = side.target.sampling
    top = "" if s.top_p is None else f", top_p {s.top_p:g}"
    return f"temperature {s.temperature:g}{top}, {s.max_tokens} tokens"


def _day(side: Side) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(side.first_at)) if side.first_at else ""


def _several(values: set[str]) -> str:
    return " + ".join(sorted(v[:24] for v in values))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value) or "not stated"
