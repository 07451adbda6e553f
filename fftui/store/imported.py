"""A run that was read from another tool's log: written whole, in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from fftui.domain.acts import ADJUDICATE, READ, REVEAL, UNDO
from fftui.domain.labels import Label
from fftui.domain.outcomes import Outcome
from fftui.domain.readings import Cause, Confidence, Decision
from fftui.domain.states import RunState, TargetState
from fftui.domain.verdicts import Flag, Place, Unusable, Verdict
from fftui.store.claims import Enrol
from fftui.store.context import Context
from fftui.store.folder import NewRun, create_run
from fftui.store.now import AddEvent, Heartbeat, TargetNow
from fftui.store.records import AddCall, AddVerdict, AttemptKey, CloseAttempt
from fftui.store.reviews import Adjudicate, Note, Read, Undo
from fftui.store.sqlite import Connection


class Act(Struct, frozen=True):
    """What a person did to an answer, as the log tells of it."""

    at: float
    author: str
    kind: str
    """One of `ACTS`."""
    label: Label | None
    """Of a reading or a decision; `None`: unsure."""
    blind: bool
    session: str
    body: Mapping[str, Any] = field(default_factory=dict)


ACTS = (READ, UNDO, REVEAL, ADJUDICATE)
"""Acts that say where an item stands. All others leave it where it is and are not imported."""
_NOTE = "as the imported log has it"


class Closed(Struct, frozen=True):
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
    acts: Sequence[Act] = ()
    """Of an answer with a place."""
    heads: tuple[str, ...] = ()


class Told(Struct, frozen=True):
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
        acts: list[tuple[float, int, int, Act]] = []
        for one in attempts:
            outcome = _close(ctx, one, run.compress)
            acts += [
                (act.at, len(acts) + place, outcome, act) for place, act in enumerate(one.acts)
            ]
        for _, _, outcome, act in sorted(acts, key=lambda row: row[:2]):
            _replay(ctx, outcome, act)
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


def _replay(ctx: Context, outcome: int, act: Act) -> None:
    who = Enrol(act.author, act.at).apply(ctx)
    if act.kind == READ:
        Read(who, act.session, outcome, act.label, act.at, blind=act.blind, body=act.body).apply(
            ctx
        )
    elif act.kind == UNDO:
        Undo(who, act.session, act.at).apply(ctx)
    elif act.kind == REVEAL:
        Note(who, act.session, outcome, REVEAL, act.at, act.body).apply(ctx)
    elif act.kind == ADJUDICATE and act.label is not None:
        if not act.blind:
            Note(who, act.session, outcome, REVEAL, act.at).apply(ctx)
        told = act.body
        decision = Decision(
            act.label,
            Confidence(told.get("confidence", Confidence.MEDIUM)),
            Cause(told.get("cause", Cause.EDGE_CASE)),
            str(told.get("note") or _NOTE),
        )
        Adjudicate(who, act.session, outcome, decision, act.at).apply(ctx)


def _close(ctx: Context, one: Closed, compress: bool) -> int:
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
    return outcome


def _end(target: int, why: str) -> TargetNow:
    """All that the log holds is there; where that is not all that others were asked, it says so."""
    return TargetNow(target, TargetState.EXHAUSTED if why else TargetState.FINISHED, why, 0)
