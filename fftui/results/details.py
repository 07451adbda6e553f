"""The log, flags, responses and traces of a run, as the detail screens show them."""

from __future__ import annotations

from collections.abc import Mapping

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.targets import Target
from fftui.results.traces import AttemptRow, CallRow, Trace, VerdictRow
from fftui.results.view import EventView, SinceLeft
from fftui.store import presence, rows
from fftui.store.amounts import ANSWERED
from fftui.store.reader import GraderRow, Reader
from fftui.store.rows import EventRow, OutcomeRow

_AWAY_LINES = 8


def log(
    reader: Reader, targets: Mapping[int, Target], *, before: int | None, count: int
) -> tuple[EventView, ...]:
    """Lines of the log before an id, oldest first."""
    return tuple(_event(e, targets) for e in rows.events(reader, before=before, count=count))


def since_left(reader: Reader, targets: Mapping[int, Target], who: str) -> SinceLeft | None:
    """What happened since `who` last looked; `None` at the first visit or if nothing did."""
    seen = presence.last_seen(reader.db, who)
    if seen is None or seen.still_here:
        return None
    marks = reader.watermarks()
    events = rows.events_since(reader, seen.event, 1000)
    if marks.outcome == seen.outcome and not events:
        return None
    return SinceLeft(
        left_at=seen.at,
        # Ids have no gaps: no row of these tables is ever deleted or rolled back alone.
        answered=marks.outcome - seen.outcome,
        flagged=marks.flag - seen.flag,
        paused=sum(e.kind == "paused" for e in events),
        alerts=sum(e.kind == "alert" or e.severity == "error" for e in events),
        lines=tuple(_event(e, targets) for e in events[-_AWAY_LINES:]),
    )


def attempt_count(reader: Reader, target: int, only: str) -> int:
    """Closed attempts of a target that fit the filter."""
    return rows.selected_count(reader, target, only)


def attempts(
    reader: Reader,
    target: int,
    start: int,
    count: int,
    only: str,
    families: Mapping[int, str],
    graders: Mapping[int, GraderRow],
) -> tuple[AttemptRow, ...]:
    """A page: all attempts in plan order, open ones too, or the closed ones that fit `only`."""
    if count <= 0:
        return ()
    closed: list[tuple[int, int, OutcomeRow | None]]
    if only:
        found = rows.selected(reader, target, only, start, count)
        closed = [(r.scenario, r.repeat, r) for r in found]
    else:
        keys = [reader.order.at(i) for i in range(start, start + count)]
        done = rows.attempts(reader, target, keys)
        closed = [(*key, done.get(key)) for key in keys]
    scenarios = rows.scenarios(reader, sorted({scenario for scenario, _, _ in closed}))
    return tuple(
        _attempt(reader, s, repeat, row, scenarios[s], families, graders)
        for s, repeat, row in closed
    )


def labels_of(row: OutcomeRow, graders: Mapping[int, GraderRow]) -> tuple[tuple[str, Label], ...]:
    """(grader, label) of everything that was said of it, the basis grader first."""
    said = [(graders[g], label) for g, label in row.verdicts if label is not None]
    said.sort(key=lambda pair: not pair[0].basis)
    return tuple((grader.name, Label(label)) for grader, label in said)


def trace(
    reader: Reader,
    outcome_id: int,
    targets: Mapping[int, Target],
    families: Mapping[int, str],
    graders: Mapping[int, GraderRow],
) -> Trace:
    """One attempt in full. Raises KeyError for an unknown id."""
    row = rows.outcome(reader, outcome_id)
    if row is None:
        raise KeyError(outcome_id)
    scenario = rows.scenarios(reader, [row.scenario])[row.scenario]
    answers, reasoning = rows.answer(reader, outcome_id)
    who = {r.identity for r in reader.counts(row.target).outcomes if r.n[ANSWERED]}
    return Trace(
        row=_attempt(reader, row.scenario, row.repeat, row, scenario, families, graders),
        target=targets[row.target].name,
        turns=rows.turns(reader, row.scenario),
        answers=answers,
        reasoning=reasoning,
        calls=tuple(
            CallRow(c[0], c[1] or "answer", OutcomeClass(c[2]), *c[3:])
            for c in rows.calls(reader, row.target, row.scenario, row.repeat)
        ),
        verdicts=tuple(
            VerdictRow(v[0], Label(v[1]) if v[1] else None, *v[2:])
            for v in rows.verdicts(reader, outcome_id)
        ),
        identities=max(1, len(who)),
    )


def _attempt(
    reader: Reader,
    scenario_id: int,
    repeat: int,
    row: OutcomeRow | None,
    scenario: tuple[str, int, bool],
    families: Mapping[int, str],
    graders: Mapping[int, GraderRow],
) -> AttemptRow:
    key, family, benign = scenario
    return AttemptRow(
        ordinal=reader.order.ordinal(scenario_id, repeat),
        scenario=key,
        family=families.get(family, ""),
        benign=benign,
        repeat=repeat,
        outcome_id=row.id if row else None,
        outcome=OutcomeClass(row.kind) if row else None,
        cut=row.cut if row else False,
        signal=row.signal if row else "",
        labels=labels_of(row, graders) if row else (),
        flags=row.flags if row else (),
        at=row.at if row else None,
        alike=row.alike if row else 0,
    )


def _event(event: EventRow, targets: Mapping[int, Target]) -> EventView:
    name = targets[event.target].name if event.target is not None else ""
    return EventView(event.id, event.at, event.kind, event.severity, name, event.text)
