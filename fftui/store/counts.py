"""What a run comes to, as its rollups have it: counts of rows, by what they have in common."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass


class OutcomeCount(Struct, frozen=True, array_like=True, gc=False):
    """One rollup row of outcomes; `identity` tells apart who answered."""

    identity: int
    family: int
    benign: bool
    kind: OutcomeClass
    n: int
    settled: int
    first: int
    """Settled, first repeat of each scenario only."""
    cut: int
    """Of `n`: the token limit ended the answer."""


class VerdictCount(Struct, frozen=True, array_like=True, gc=False):
    """One rollup row of verdicts; `label` is `None` for unusable replies of a grader."""

    identity: int
    family: int
    benign: bool
    grader: int
    label: Label | None
    n: int
    settled: int
    first: int
    """Settled, first repeat of each scenario only."""
    cut: int
    """Of `n`: the token limit ended the answer."""


class ScenarioCount(Struct, frozen=True, array_like=True, gc=False):
    """Scenarios of a target of which a grader said the same over all repeats heard so far."""

    grader: int
    benign: bool
    said: Mapping[Label, int]
    """How often each label was given; those that count only."""
    n: int
    """Scenarios, by all their repeats."""
    settled: int
    """Scenarios, by their settled repeats alone."""


class CallCount(Struct, frozen=True, array_like=True, gc=False):
    """All calls of one target for one purpose."""

    grader: int
    """0 for the target's own calls."""
    n: int
    put_back: int
    """Of `n`: the account, not the model, said no."""
    failed: int
    """Of `n`: nothing about the model was learnt."""
    tokens: int
    cost_usd: float
    cost_unknown: int


class TargetCounts(Struct, frozen=True):
    """What is counted of one target."""

    outcomes: tuple[OutcomeCount, ...]
    verdicts: tuple[VerdictCount, ...]
    calls: tuple[CallCount, ...]
    settled: int
    alike: int
    """Answers whose words the target gave to several scenarios."""
    scenarios: tuple[ScenarioCount, ...] = ()
    """Empty where each is asked once."""
    sums: dict[int, object] = {}
    """What `results.rates` has added up of these rows, by grader."""


class MinuteCount(Struct, frozen=True):
    """What happened in one epoch minute."""

    minute: int
    closed: int
    verdicts: int
    rate_limited: int
    failed: int
