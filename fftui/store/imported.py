"""A run that was read from another tool's log: written whole, in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fftui.domain.labels import Label
from fftui.domain.outcomes import Outcome
from fftui.domain.states import RunState, TargetState
from fftui.domain.verdicts import Flag, Place, Unusable, Verdict
from fftui.store.claims import Enrol
from fftui.store.context import Context
from fftui.store.folder import NewRun, create_run
from fftui.store.records import (
    AddCall,
    AddEvent,
    AddVerdict,
    AttemptKey,
    CloseAttempt,
    Heartbeat,
    TargetNow,
)
from fftui.store.reviews import Read
from fftui.store.sqlite import Connection


@dataclass(frozen=True, slots=True)
class PersonRead:
    """What a person said of an answer in the other tool.

    It settles that answer's label and no more: nobody knows how the answer was chosen, nor what
    its reader knew of it, so it enters no corrected rate.
    """

    reviewer: str
    label: Label | None
    """`None`: unsure."""
    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    """One attempt as its log tells of it. Places count from 0 in the lists of the run."""

    target: int
    scenario: int
    repeat: int
    outcome: Outcome
    answers: tuple[str, ...]
    at: float
    duration_ms: float
    verdicts: Mapping[int, Verdict | Unusable]
    """By place of the grader; that of the basis comes last, with what follows from it."""
    flags: tuple[Flag, ...] = ()
    place: Place | None = None
    canned: Place | None = None
    readings: int = 1
    heads: tuple[str, ...] = ()
    read: tuple[PersonRead, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in the log of an imported run, and how it ended."""

    reason: str
    words: Sequence[str]
    """One line of the run's log each."""
    first_at: float
    last_at: float
    ends: Mapping[str, str] = field(default_factory=dict)
    """Why a target ended, by its name, where there is something to say."""


def import_run(home: Path, run: NewRun, attempts: Iterable[Closed], told: Told) -> Path:
    """Make the run's folder with everything in it, and return it.

    An attempt counts as closed when the basis grader was heard on it; other graders are layers.
    Raises StoreError in one line when the name is used or the place cannot be written.
    """

    def fill(db: Connection) -> None:
        db.execute("UPDATE grader SET planned = basis")
        ctx = Context(db)
        ctx.begin()
        # Ids are row numbers, so they follow the places.
        for one in attempts:
            _close(ctx, one, run.compress)
        for word in told.words:
            AddEvent(run.created_at, "imported", word).apply(ctx)
        targets = tuple(
            _end(number, told.ends.get(target.name, ""))
            for number, target in enumerate(run.targets, 1)
        )
        worked = max(0.0, told.last_at - told.first_at)
        Heartbeat(told.last_at, None, RunState.DONE, told.reason, told.first_at, worked,
                  targets).apply(ctx)  # fmt: skip
        ctx.commit()

    return create_run(home, run, fill)


def _close(ctx: Context, one: Closed, compress: bool) -> None:
    key = AttemptKey(one.target + 1, one.scenario + 1, one.repeat)
    AddCall(key, 0, None, one.at - one.duration_ms / 1000, one.duration_ms, None,
            one.outcome).apply(ctx)  # fmt: skip
    outcome = CloseAttempt.of(key, one.outcome, one.answers, at=one.at, compress=compress).apply(
        ctx
    )
    if outcome is None:
        raise ValueError(f"attempt {key} stands in the log twice")
    rest = list(one.verdicts.items())
    for place, (grader, said) in enumerate(rest, 1):
        last = place == len(rest)
        AddVerdict(
            outcome,
            grader + 1,
            said,
            one.at,
            one.flags if last else (),
            one.place if last else None,
            one.canned if last else None,
            one.readings,
            one.heads,
        ).apply(ctx)
    if one.place is None:
        return
    for said_by in one.read:
        reviewer = Enrol(said_by.reviewer, said_by.at).apply(ctx)
        Read(
            reviewer, "imported", outcome, said_by.label, said_by.at, blind=False
        ).apply(ctx)  # fmt: skip


def _end(target: int, why: str) -> TargetNow:
    """All that the log holds is there; where that is not all that others were asked, it says so."""
    return TargetNow(target, TargetState.EXHAUSTED if why else TargetState.FINISHED, why, 0)
