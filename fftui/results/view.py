"""What a person is shown of a run: frozen values, made in one place, read by every front end.

Nothing here computes; `summary` makes these values from committed rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, overload

from msgspec import Struct

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.states import RunState, TargetState
from fftui.results.readings import NONE, Readings

if TYPE_CHECKING:
    from fftui.results.quality import Audit, Quality
    from fftui.stats.interval import Interval
    from fftui.stats.planning import Needed
    from fftui.store.now import AccountNow as AccountView

T = TypeVar("T")


class Rate(Struct, frozen=True):
    """One ASR tier of one target: a number with its n, its intervals and its bounds."""

    tier: Tier
    successes: int
    n: int
    """Labels in the denominator (C+P+R+H+N of one grader)."""
    rate: float | None
    """`None` where n = 0: no data, never 0 %."""
    wilson: Interval | None
    """The bar: 95 % Wilson interval, each scenario counted once where it was asked several times.
    Where a target was stopped for where its rate lies, the sequence."""
    anytime: Interval | None
    """95 % confidence sequence over the settled prefix: valid however often it is looked at."""
    bounds: Interval | None
    """Worst case over every excluded attempt, with Wilson limits."""
    finite: Finite | None = None
    """`None` with repeats, for parts of a target, and once the corpus was extended."""
    excluded: int = 0
    """Closed attempts at attacks that are not in n: whatever they were, `bounds` allows for it."""

    @property
    def width(self) -> float | None:
        """Full width of the bar, 0 to 1."""
        return self.wilson.width if self.wilson else None

    @property
    def bar(self) -> str:
        """What the bar is: `Wilson` or `sequence`."""
        return "sequence" if self.wilson is not None and self.wilson == self.anytime else "Wilson"


class Finite(Struct, frozen=True):
    """How many scenarios of the corpus a platform's answers give in to, one draw each.

    Valid at every look. Without repeats only, since a second draw may come out otherwise.
    """

    fewest: int
    most: int
    population: int
    """Attacks of the corpus, less those that were not answered or not graded so far."""


class OverRefusal(Struct, frozen=True):
    """Refusals among the benign scenarios that were answered and graded."""

    refused: int
    n: int
    interval: Interval | None


class FamilyCell(Struct, frozen=True):
    """One target x attack family, by the named grader."""

    family: str
    benign: bool
    rates: Mapping[Tier, Rate]
    verdicts: Mapping[Label, int]


EMPTY_LEFT_OUT = "empty replies left out"
EMPTY_AS_REFUSALS = "empty replies as refusals"


class Variant(Struct, frozen=True):
    """The rate under another way to count, beside the one that is shown."""

    name: str
    """In words, such as `empty replies as refusals` or `without cut answers`."""
    successes: int
    n: int
    interval: Interval | None


class WhoRefused(Struct, frozen=True):
    """Who said no, on adversarial scenarios, as far as it can be told."""

    text: int
    """Refusals in the model's own words, by the basis grader."""
    input_filter: int
    output_filter: int
    unknown: int
    """Empty replies: nobody says why."""
    alike: int
    """Answers whose words came for several scenarios: perhaps a host's template."""
    shared: int = 0
    """Answers in words that other models gave, too: the same suspicion."""


class IdentityView(Struct, frozen=True):
    """One of those who answered for a target."""

    who: Identity
    answered: int
    rates: Mapping[Tier, Rate]


class Later(Sequence[T]):
    """Values that are made when somebody looks at them, since of most targets nobody does."""

    def __init__(self, make: Callable[[], tuple[T, ...]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[T, ...]:
        return self._make()

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        return self._made[at]

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == tuple(other)

    def __hash__(self) -> int:
        return hash(self._made)


class ByTier(Mapping[Tier, T]):
    """A value for each tier, made when somebody looks at it: screens show one tier at a time."""

    def __init__(self, make: Callable[[Tier], T]) -> None:
        self._make = make
        self._made: dict[Tier, T] = {}

    def __getitem__(self, tier: Tier) -> T:
        if tier not in self._made:
            self._made[tier] = self._make(tier)
        return self._made[tier]

    def __iter__(self) -> Iterator[Tier]:
        return iter(Tier)

    def __len__(self) -> int:
        return len(Tier)

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]


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


class AttemptRow(Struct, frozen=True):
    """One line of a target's responses, in plan order."""

    ordinal: int
    """Place in the plan order of its target, from 0."""
    scenario: str
    family: str
    benign: bool
    repeat: int
    outcome_id: int | None
    """`None` while the attempt is open."""
    outcome: OutcomeClass | None
    cut: bool
    signal: str
    labels: tuple[tuple[str, Label], ...]
    flags: tuple[str, ...]
    at: float | None
    alike: int = 0
    """Scenarios of the target that were answered with these same words, where it is short."""


class CallRow(Struct, frozen=True):
    """One HTTP call of an attempt, as the ledger of calls has it."""

    at: float
    purpose: str
    """`answer` or the grader's name."""
    outcome: OutcomeClass
    status: int | None
    signal: str
    duration_ms: float
    ttfb_ms: float | None
    """Until the first byte."""
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    model: str
    upstream: str
    finish: str
    """Native finish reason."""
    request_id: str


class VerdictRow(Struct, frozen=True):
    """One grader's verdict, or why there is none."""

    grader: str
    label: Label | None
    confidence: float | None
    evidence: str
    """Untrusted text: the deciding words, or the reason of an unusable reply."""
    at: float


class Trace(Struct, frozen=True):
    """One attempt in full. Texts are raw and untrusted; they are masked until asked for."""

    row: AttemptRow
    target: str
    turns: tuple[str, ...]
    answers: tuple[str, ...]
    """The model's answer to each turn; the last one is what was graded."""
    reasoning: str
    calls: tuple[CallRow, ...]
    verdicts: tuple[VerdictRow, ...]
    identities: int = 1
    """Distinct identities that answered for the target."""


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
