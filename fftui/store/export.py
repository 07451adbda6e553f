"""Every attempt, every item and every act of a reviewer, row by row, for exports.

Rows come in the order of their ids and in pages, so that what is held does not grow with the run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from fftui.domain.outcomes import Identity
from fftui.domain.readings import Source
from fftui.store.propagated import propagated
from fftui.store.reader import Reader
from fftui.store.texts import unpack

_PAGE = 500
_WHO = Identity.__struct_fields__


class VerdictOf(Struct, frozen=True):
    """A grader's word on an attempt."""

    grader: str
    label: str | None
    """`None`: its reply was unusable."""
    confidence: float | None
    at: float
    evidence: str
    """Words of the answer that decided, or of the grader's reply. Untrusted."""


class FlagOf(Struct, frozen=True):
    """Why an attempt should be read."""

    rule: str
    stratum: str
    inclusion: float


class CallsOf(Struct, frozen=True):
    """What the calls of an attempt came to, to its target alone."""

    n: int
    status: int | None
    """Of the last one; `None` where no reply came."""
    finish: str
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    duration_ms: float | None


class AttemptOf(Struct, frozen=True):
    """One closed attempt."""

    id: int
    target: int
    scenario: str
    family: str
    benign: bool
    repeat: int
    round: int
    in_force: bool
    """It was not put back."""
    outcome: str
    cut: bool
    signal: str
    at: float
    identity: Identity
    turns: tuple[str, ...]
    """What was asked; empty without text."""
    answers: tuple[str, ...]
    reasoning: str
    verdicts: tuple[VerdictOf, ...]
    flags: tuple[FlagOf, ...]
    calls: CallsOf


class ReadingOf(Struct, frozen=True):
    """A reading in force."""

    reviewer: str
    label: str | None
    """`None`: unsure."""
    blind: bool
    guideline: str
    at: float


class ItemOf(Struct, frozen=True):
    """An attack among those that people may read."""

    attempt: int
    target: int
    scenario: str
    repeat: int
    pool: str
    stratum: str
    machine: str
    """The basis grader's label when it was placed."""
    inclusion: float
    drawn: bool
    planned: int
    wanted: int
    final: str | None
    source: str | None
    blind: bool
    readings: tuple[ReadingOf, ...]


class ActOf(Struct, frozen=True):
    """One thing that a reviewer did."""

    id: int
    attempt: int | None
    scenario: str | None
    reviewer: str
    session: str
    kind: str
    label: str | None
    blind: bool
    body: Mapping[str, Any]
    undoes: int | None
    at: float


def attempts(reader: Reader, *, text: bool, target: int | None = None) -> Iterator[AttemptOf]:
    """Every closed attempt, those that were put back, too. Texts only where they are asked for."""
    after, only = 0, "" if target is None else " AND o.target = :target"
    who = ", ".join(f"i.{name}" for name in _WHO)
    while True:
        page = reader.db.execute(
            "SELECT o.id, o.target, s.id, s.key, f.name, s.benign, o.repeat, o.round,"
            " o.id NOT IN (SELECT outcome FROM put_back), o.class, o.cut, o.signal, o.at,"
            f" {who} FROM outcome o JOIN scenario s ON s.id = o.scenario"
            " JOIN family f ON f.id = s.family JOIN identity i ON i.id = o.identity"
            f" WHERE o.id > :after{only} ORDER BY o.id LIMIT {_PAGE}",
            {"after": after, "target": target},
        ).fetchall()
        if not page:
            return
        span = (page[0][0], page[-1][0])
        verdicts, flags = _verdicts(reader, span), _flags(reader, span)
        for row in page:
            number, of, scenario = row[:3]
            asked, answers, reasoning = _texts(reader, number, scenario) if text else ((), (), "")
            yield AttemptOf(
                number, of, row[3], row[4], bool(row[5]), row[6], row[7], bool(row[8]), row[9],
                bool(row[10]), row[11], row[12], Identity(*row[13:]), asked, answers, reasoning,
                tuple(verdicts.get(number, ())), tuple(flags.get(number, ())),
                _calls(reader, of, scenario, row[6]),
            )  # fmt: skip
        after = span[1]


def sizes(reader: Reader) -> tuple[int, int, int]:
    """How many attempts, items and acts the functions of this module give."""
    row = reader.db.execute(
        "SELECT (SELECT count(*) FROM outcome), (SELECT count(*) FROM item),"
        " (SELECT count(*) FROM review)"
    ).fetchone()
    return row[0], row[1], row[2]


def items(reader: Reader) -> Iterator[ItemOf]:
    """Every graded attack, read or not, with the label that its cluster was found to have."""
    after, told = 0, dict(propagated(reader))
    while True:
        page = reader.db.execute(
            "SELECT i.outcome, i.target, s.key, o.repeat, i.pool, i.stratum, i.machine,"
            " i.inclusion, i.drawn, i.planned, i.wanted, i.final, i.source, i.blind"
            " FROM item i JOIN outcome o ON o.id = i.outcome JOIN scenario s ON s.id = o.scenario"
            f" WHERE i.outcome > ? ORDER BY i.outcome LIMIT {_PAGE}",
            (after,),
        ).fetchall()
        if not page:
            return
        said = _readings(reader, (page[0][0], page[-1][0]))
        for r in page:
            final, source = r[11] or None, r[12] or None
            if r[0] in told:
                final, source = told[r[0]].value, Source.PROPAGATED.value
            yield ItemOf(
                r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], bool(r[8]), r[9], r[10],
                final, source, bool(r[13]), tuple(said.get(r[0], ())),
            )  # fmt: skip
        after = page[-1][0]


def acts(reader: Reader) -> Iterator[ActOf]:
    """Everything that reviewers did, in order."""
    after = 0
    while True:
        page = reader.db.execute(
            "SELECT r.id, r.outcome, s.key, w.name, r.session, r.kind, r.label, r.blind, r.body,"
            " r.undoes, r.at FROM review r JOIN reviewer w ON w.id = r.reviewer"
            " LEFT JOIN outcome o ON o.id = r.outcome LEFT JOIN scenario s ON s.id = o.scenario"
            f" WHERE r.id > ? ORDER BY r.id LIMIT {_PAGE}",
            (after,),
        ).fetchall()
        if not page:
            return
        yield from map(_act, page)
        after = page[-1][0]


def acts_on(reader: Reader, attempt: int) -> list[ActOf]:
    """What reviewers said of one attempt: readings, undoings and decisions, in order."""
    rows = reader.db.execute(
        "SELECT r.id, r.outcome, NULL, w.name, r.session, r.kind, r.label, r.blind, r.body,"
        " r.undoes, r.at FROM review r JOIN reviewer w ON w.id = r.reviewer"
        " WHERE r.outcome = ? AND r.kind IN ('read', 'undo', 'adjudicate') ORDER BY r.id",
        (attempt,),
    ).fetchall()
    return [_act(row) for row in rows]


def final(reader: Reader, attempt: int) -> tuple[str, str]:
    """(final label, source) of an attempt; both empty where nobody has read it."""
    row = reader.db.execute(
        "SELECT final, source FROM item WHERE outcome = ?", (attempt,)
    ).fetchone()
    return ("", "") if row is None else (row[0], row[1])


def closed_count(reader: Reader, target: int) -> int:
    """Closed attempts of a target that are in force."""
    row = reader.db.execute("SELECT count(*) FROM in_force WHERE target = ?", (target,)).fetchone()
    return int(row[0])


def _act(r: Sequence[Any]) -> ActOf:
    return ActOf(
        r[0], r[1], r[2], r[3], r[4], r[5], r[6], bool(r[7]), json.loads(r[8]), r[9], r[10]
    )


def _verdicts(reader: Reader, span: tuple[int, int]) -> dict[int, list[VerdictOf]]:
    found: dict[int, list[VerdictOf]] = {}
    for outcome, *rest in reader.db.execute(
        "SELECT v.outcome, g.name, v.label, v.confidence, v.at, v.evidence FROM verdict v"
        " JOIN grader g ON g.id = v.grader WHERE v.outcome BETWEEN ? AND ?"
        " ORDER BY v.outcome, v.id",
        span,
    ).fetchall():
        found.setdefault(outcome, []).append(VerdictOf(*rest))
    return found


def _flags(reader: Reader, span: tuple[int, int]) -> dict[int, list[FlagOf]]:
    found: dict[int, list[FlagOf]] = {}
    for outcome, *rest in reader.db.execute(
        "SELECT outcome, rule, stratum, inclusion FROM flag WHERE outcome BETWEEN ? AND ?"
        " ORDER BY outcome, id",
        span,
    ).fetchall():
        found.setdefault(outcome, []).append(FlagOf(*rest))
    return found


def _readings(reader: Reader, span: tuple[int, int]) -> dict[int, list[ReadingOf]]:
    found: dict[int, list[ReadingOf]] = {}
    for outcome, name, label, blind, body, at in reader.db.execute(
        "SELECT v.outcome, w.name, v.label, v.blind, r.body, r.at FROM vote v"
        " JOIN reviewer w ON w.id = v.reviewer JOIN review r ON r.id = v.review"
        " WHERE v.outcome BETWEEN ? AND ? ORDER BY v.outcome, v.review",
        span,
    ).fetchall():
        guideline = str(json.loads(body).get("guideline", ""))
        found.setdefault(outcome, []).append(ReadingOf(name, label, bool(blind), guideline, at))
    return found


def _texts(
    reader: Reader, outcome: int, scenario: int
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    asked = reader.db.execute(
        "SELECT enc, body FROM scenario_text WHERE scenario = ?", (scenario,)
    ).fetchone()
    said = reader.db.execute(
        "SELECT enc, body FROM answer WHERE outcome = ?", (outcome,)
    ).fetchone()
    turns = tuple(unpack(*asked)) if asked else ()
    if said is None:
        return turns, (), ""
    content = unpack(*said)
    return turns, tuple(content["answers"]), str(content["reasoning"])


def _calls(reader: Reader, target: int, scenario: int, repeat: int) -> CallsOf:
    rows = reader.db.execute(
        "SELECT status, finish, tokens_in, tokens_out, cost_usd, duration_ms FROM call"
        " WHERE target = ? AND scenario = ? AND repeat = ? AND grader IS NULL ORDER BY id",
        (target, scenario, repeat),
    ).fetchall()
    if not rows:
        return CallsOf(0, None, "", None, None, None, None)
    sums = [
        None if any(row[place] is None for row in rows) else sum(row[place] for row in rows)
        for place in (2, 3, 4, 5)
    ]
    return CallsOf(len(rows), rows[-1][0], rows[-1][1], *sums)
