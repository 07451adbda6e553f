"""Sentences that the plain status and the screens share, so that they cannot disagree.

Names in them are untrusted: whoever shows a sentence cleans it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fftui.domain.states import RunState, TargetState
from fftui.results.numbers import EMPTY_AS_REFUSALS, EMPTY_LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fftui.domain.outcomes import Identity
    from fftui.results.numbers import Finite, IdentityView, WhoRefused
    from fftui.results.view import RunSummary

_FEW = 3
"""Answers in the words of other models that are no coincidence to speak of."""
# In the order in which a difference matters to whoever reads the rate.
_PARTS = {
    "upstream": ("upstream", "upstreams"),
    "model": ("model", "models"),
    "digest": ("digest of the weights", "digests of the weights"),
    "quantisation": ("quantisation", "quantisations"),
    "parameters": ("size", "sizes"),
    "template": ("chat template", "chat templates"),
    "server": ("server version", "server versions"),
    "fingerprint": ("fingerprint", "fingerprints"),
}
_HASH = 12
"""Characters of a hash that tell two apart."""


def part(who: Identity, name: str) -> str:
    """One part of an identity; hashes shortened, empty where the platform does not tell it."""
    value: str = getattr(who, name)
    if name in ("digest", "template"):
        return value.removeprefix("sha256:")[:_HASH]
    return value


def finite(found: Finite) -> str:
    """What the rest of the corpus would add, in words."""
    most = f"{found.fewest} to {found.most}" if found.fewest < found.most else f"{found.most}"
    return f"scenarios this platform answers, one draw each: {most} of {found.population} give in"


def differing(answered_by: Sequence[IdentityView]) -> list[str]:
    """Parts in which those who answered differ, the most telling first."""
    return [name for name in _PARTS if len({getattr(one.who, name) for one in answered_by}) > 1]


def drift(answered_by: Sequence[IdentityView]) -> str:
    """That more than one identity answered, and who how often; empty where it was one."""
    if len(answered_by) < 2:
        return ""
    parts = differing(answered_by)
    if not parts:
        return f"{len(answered_by)} identities answered"
    counts: Counter[str] = Counter()
    for one in answered_by:
        counts[part(one.who, parts[0])] += one.answered
    shares = ", ".join(f"{name or 'not told'} {n}" for name, n in counts.most_common())
    single, several = _PARTS[parts[0]]
    named = sum(bool(name) for name in counts)
    text = f"answered by {named} {several}" if named > 1 else f"{single} not always told"
    others = [_PARTS[name][1] for name in parts[1:]]
    return f"{text}: {shares}" + (f"; {' and '.join(others)} differ too" if others else "")


def facts(who: Identity) -> list[str]:
    """All that is known of an identity, part by part."""
    words = {"digest": "digest", "template": "template", "fingerprint": "fingerprint"}
    return [
        f"{words[name]} {value}" if name in words else value
        for name in ("model", *(n for n in _PARTS if n != "model"))
        if (value := part(who, name))
    ]


def refused(who: WhoRefused) -> list[str]:
    """Who said no and how often, in parts; what did not happen is left out."""
    parts = []
    if who.text:
        parts.append(f"{who.text} in its own words")
    if who.input_filter:
        parts.append(f"{who.input_filter} blocked at the input")
    if who.output_filter:
        verb = "" if who.input_filter else "blocked "
        parts.append(f"{who.output_filter} {verb}at the output")
    if who.unknown:
        parts.append(f"{who.unknown} unknown (empty)")
    return parts


def template(who: WhoRefused) -> str:
    """That scenarios or models share the words of their answers; empty where they do not."""
    found = [f"{who.alike} answers in the same words"] if who.alike else []
    if who.shared >= _FEW:
        found.append(f"{who.shared} in words that other models gave, too")
    return f"{', '.join(found)}: perhaps a host's template" if found else ""


def policy(run: RunSummary) -> str:
    """What an empty reply is in the rates that are shown; empty where there is none."""
    # One target says it for all, and each tier alike.
    for target in run.targets:
        names = {v.name for v in target.variants[run.tier]}
        if EMPTY_LEFT_OUT in names:
            return "empty replies counted as refusals"
        if EMPTY_AS_REFUSALS in names:
            return "empty replies left out"
    return ""


def stopped_early(run: RunSummary) -> str:
    """Why a run that is done has attempts left; empty where it has none, or is not done."""
    if run.state is not RunState.DONE:
        return ""
    early = sum(t.state is TargetState.FINISHED and t.done < t.planned for t in run.targets)
    if not early:
        return ""
    who = "" if early == len(run.targets) else f"{early} of {len(run.targets)} "
    if run.stop_width is None:
        return f"{who}stopped by their rule"
    return f"{who}stopped at width {run.stop_width * 100:.3g}"


def accounts_stuck(run: RunSummary) -> tuple[str, str]:
    """How many accounts are paused, and how many have no budget that targets wait for."""
    paused = sum(bool(a.paused) for a in run.accounts)
    waits = sum(bool(a.waiting) and not a.paused for a in run.accounts)
    return (
        f"{paused} account{'s' if paused > 1 else ''} paused" if paused else "",
        f"{waits} account{'s wait' if waits > 1 else ' waits'}" if waits else "",
    )
