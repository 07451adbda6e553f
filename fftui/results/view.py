"""What a person is shown of a run: frozen values, made in one place, read by every front end.

Nothing here computes; `summary` makes these values from committed rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.states import RunState, TargetState
from fftui.results.numbers import (
    FamilyCell,
    IdentityView,
    OverRefusal,
    Rate,
    Variant,
    WhoRefused,
)
from fftui.results.readings import NONE, Readings

if TYPE_CHECKING:
    from fftui.results.quality import Audit, Quality
    from fftui.stats.planning import Needed
    from fftui.store.now import AccountNow as AccountView


class TargetSummary(Struct, frozen=True):
    """One row of the monitor."""

    id: int
    name: str
    maker: str
    platform: str
    model: str
    upstream: str
    account: str
    tags: tuple[str, ...]
    state: TargetState
    reason: str
    """Why it is in that state, in one line; empty where the state speaks for itself."""
    answered_by: tuple[IdentityView, ...]
    """Everybody who answered; more than one is never pooled silently."""
    planned: int
    done: int
    """Attempts with a terminal outcome."""
    settled: int
    """Length of the settled prefix in plan order."""
    in_flight: int
    early: bool
    """Open calls exceed a tenth of n: what has finished is not yet like what was sent."""
    ungraded: int
    """Answers that the basis grader has no verdict for (yet)."""
    outcomes: Mapping[OutcomeClass, int]
    attacks: int
    """Of `done`: on adversarial scenarios."""
    cut: int
    verdicts: Mapping[Label, int]
    """Labels of the basis grader, adversarial scenarios only."""
    basis: str
    """Who graded and how far that can be trusted, in words."""
    rates: Mapping[Tier, Rate]
    variants: Mapping[Tier, tuple[Variant, ...]]
    """The same rates under other policies; empty where no reply makes a difference."""
    who_refused: WhoRefused
    over_refusal: OverRefusal
    families: Sequence[FamilyCell] | None
    """By family of attack, benign ones last; `None`: not read, since nobody looks at them."""
    calls: int
    tokens: int
    cost_usd: float | None
    needed: Needed | None
    """`None` without a width rule or when it is met."""
    eta_s: float | None
    readings: Readings = NONE
    """What people found; never mixed with `rates`."""

    @property
    def identities(self) -> int:
        """Distinct identities that answered."""
        return len(self.answered_by)

    @property
    def benign_only(self) -> bool:
        """Nothing was asked but benign scenarios: there is over-refusal and no ASR."""
        return self.done > 0 and not self.attacks

    @property
    def usable(self) -> int:
        """Attempts that were answered."""
        return self.outcomes.get(OutcomeClass.ANSWERED, 0)

    @property
    def blocked(self) -> int:
        """Attempts stopped by a platform's filter."""
        return sum(n for kind, n in self.outcomes.items() if kind.blocked)

    @property
    def failed(self) -> int:
        """Attempts that ended without an answer for technical reasons."""
        return sum(n for kind, n in self.outcomes.items() if kind.failed)


class EngineView(Struct, frozen=True):
    """The engine process as the lock and its heartbeat show it."""

    pid: int | None
    alive: bool
    """Somebody holds the run's lock."""
    heartbeat_at: float | None
    trouble: str = ""
    """Why it can store nothing right now, e.g. a full disk; it waits and loses nothing."""


class EventView(Struct, frozen=True):
    """One line of the run's log. `text` is untrusted."""

    id: int
    at: float
    kind: str
    """`started`, `paused`, `resumed`, `stopped`, `finished`, `alert`, `waiting`, `error`, ..."""
    severity: str
    """`info`, `warning` or `error`."""
    target: str
    text: str


class FlagView(Struct, frozen=True):
    """One flagged answer, without its text."""

    id: int
    outcome_id: int
    at: float
    target: str
    family: str
    scenario: str
    rules: tuple[str, ...]
    labels: tuple[tuple[str, Label], ...]
    """(grader, label), basis grader first."""


class Activity(Struct, frozen=True):
    """The last hour by minutes, oldest first; the last entry is the minute that is running."""

    verdicts: tuple[int, ...]
    rate_limited: tuple[int, ...]
    failed: tuple[int, ...]


class CallTotals(Struct, frozen=True):
    """HTTP calls of the run, targets' and judges' together."""

    sent: int
    rate_limited: int
    failed: int
    in_flight: int
    tokens: int
    cost_usd: float | None
    """`None` where any platform did not state its cost."""


class ReviewCounts(Struct, frozen=True):
    """The reviewers' queue."""

    queued: int
    leased: int
    read: int
    """Items with a final label."""
    conflicts: int
    """Items whose readers differ and that nobody has decided, also those that wait for a third."""
    by_rule: Mapping[str, int]


class RunSummary(Struct, frozen=True):
    """Everything the monitor and `fftui status` show of one run."""

    name: str
    path: Path
    simulated: bool
    note: str
    taxonomy: str
    state: RunState
    reason: str
    engine: EngineView
    tier: Tier
    """The tier that the stop rule uses."""
    stop_width: float | None
    planned: int
    done: int
    created_at: float
    elapsed_s: float
    """Seconds during which an engine worked on the run."""
    eta_s: float | None
    per_minute: float
    """Attempts closed per minute, over the last five minutes of work."""
    calls: CallTotals
    targets: tuple[TargetSummary, ...]
    accounts: tuple[AccountView, ...]
    review: ReviewCounts
    activity: Activity
    events: tuple[EventView, ...]
    """The newest lines of the log, oldest first."""
    flags: tuple[FlagView, ...]
    """The newest flagged answers, newest first."""
    qualities: tuple[Quality, ...] = ()
    """Each grader against people, by maker; the basis first."""
    audits: tuple[Audit, ...] = ()
    """What readings of refusals bound, by maker and platform."""

    @property
    def in_flight(self) -> int:
        """Attempts whose call is out."""
        return sum(t.in_flight for t in self.targets)


class SinceLeft(Struct, frozen=True):
    """What happened while a person was away."""

    left_at: float
    answered: int
    flagged: int
    paused: int
    alerts: int
    lines: tuple[EventView, ...]


class RunLine(Struct, frozen=True):
    """One line of the home screen; `problem` stands in place of numbers where a file is broken."""

    name: str
    path: Path
    state: RunState | None
    reason: str
    simulated: bool
    planned: int
    done: int
    targets: int
    queued: int
    eta_s: float | None
    created_at: float
    headline: str
    problem: str
