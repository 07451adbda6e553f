"""Single rows for the screens that go into detail: the log, flags, responses, one trace."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity
from fftui.domain.verdicts import Unusable, Verdict
from fftui.store.clusters import ALIKE
from fftui.store.reader import Reader
from fftui.store.texts import unpack


class EventRow(Struct, frozen=True):
    """One line of the log."""

    id: int
    at: float
    kind: str
    severity: str
    target: int | None
    text: str


class OutcomeRow(Struct, frozen=True):
    """The terminal outcome of one attempt, with what was said of it."""

    id: int
    target: int
    scenario: int
    repeat: int
    kind: str
    cut: bool
    signal: str
    at: float
    verdicts: tuple[tuple[int, str | None], ...]
    """(grader id, label)."""
    flags: tuple[str, ...]
    alike: int
    """Scenarios of the target that were answered with these same words, this one included."""


def events(
    reader: Reader, *, before: int | None, count: int, kinds: tuple[str, ...] = ()
) -> list[EventRow]:
    """The newest `count` lines before an id (`None`: the end), oldest first; empty: all kinds."""
    only = f" AND kind IN ({_marks(kinds)})" if kinds else ""
    rows = reader.db.execute(
        f"SELECT id, at, kind, severity, target, text FROM event WHERE id < ?{only}"
        " ORDER BY id DESC LIMIT ?",
        (before if before is not None else 2**62, *kinds, count),
    ).fetchall()
    return [EventRow(*row) for row in reversed(rows)]


def events_since(reader: Reader, after: int, limit: int) -> list[EventRow]:
    """Lines behind an id, oldest first."""
    rows = reader.db.execute(
        "SELECT id, at, kind, severity, target, text FROM event WHERE id > ? ORDER BY id LIMIT ?",
        (after, limit),
    ).fetchall()
    return [EventRow(*row) for row in rows]


def flagged_since(reader: Reader, since: int, count: int) -> dict[int, tuple[int, float]]:
    """The answers in force flagged last, behind flag `since`: by outcome (flag id, time)."""
    found: dict[int, tuple[int, float]] = {}
    for flag, at, outcome in reader.db.execute(
        "SELECT id, at, outcome FROM flag f WHERE id > ?"
        " AND NOT EXISTS (SELECT 1 FROM put_back p WHERE p.outcome = f.outcome)"
        " ORDER BY id DESC LIMIT ?",
        (since, count * 4),
    ).fetchall():
        found.setdefault(outcome, (flag, at))
    return dict(islice(found.items(), count))


def heard_since(reader: Reader, outcomes: Iterable[int], since: int) -> set[int]:
    """Those of the outcomes that a grader was heard on behind verdict `since`."""
    rows = reader.db.execute(
        "SELECT outcome FROM verdict WHERE id > ? AND outcome IN (SELECT value FROM json_each(?))",
        (since, json.dumps(list(outcomes))),
    ).fetchall()
    return {row[0] for row in rows}


def outcomes(reader: Reader, ids: list[int]) -> list[OutcomeRow]:
    """Those of the outcomes that are in force."""
    return _outcomes(reader, f"o.id IN ({_marks(ids)})", ids)


def attempts(
    reader: Reader, target: int, keys: list[tuple[int, int]]
) -> dict[tuple[int, int], OutcomeRow]:
    """The closed ones among the given (scenario, repeat) of a target."""
    if not keys:
        return {}
    low, high = min(k[0] for k in keys), max(k[0] for k in keys)
    repeats = sorted({k[1] for k in keys})
    rows = _outcomes(
        reader,
        f"o.target = ? AND o.scenario BETWEEN ? AND ? AND o.repeat IN ({_marks(repeats)})",
        [target, low, high, *repeats],
    )
    wanted = set(keys)
    return {(r.scenario, r.repeat): r for r in rows if (r.scenario, r.repeat) in wanted}


def selected(reader: Reader, target: int, only: str, start: int, count: int) -> list[OutcomeRow]:
    """Closed attempts of a target that fit a filter, in the order they were closed.

    `only`: `answered`, `blocked` or one of its two (`input_filter`, `output_filter`), `empty`,
    `failed`, `flagged`, `cut`, `alike` (in the words of others), or a label.
    """
    where, values = _filter(target, only)
    ids = reader.db.execute(
        f"SELECT o.id FROM in_force o WHERE {where} ORDER BY o.id LIMIT ? OFFSET ?",
        (*values, count, start),
    ).fetchall()
    found = [row[0] for row in ids]
    by_id = {r.id: r for r in _outcomes(reader, f"o.id IN ({_marks(found)})", found)}
    return [by_id[i] for i in found]


def selected_count(reader: Reader, target: int, only: str) -> int:
    """How many attempts `selected` would give in all."""
    where, values = _filter(target, only)
    row = reader.db.execute(
        f"SELECT count(*) FROM in_force o WHERE {where}",
        values,
    ).fetchone()
    return int(row[0])


def outcome(reader: Reader, outcome_id: int) -> OutcomeRow | None:
    """One outcome by id."""
    rows = _outcomes(reader, "o.id = ?", [outcome_id])
    return rows[0] if rows else None


def scenarios(reader: Reader, ids: list[int]) -> dict[int, tuple[str, int, bool]]:
    """(key, family id, benign) by scenario id."""
    rows = reader.db.execute(
        f"SELECT id, key, family, benign FROM scenario WHERE id IN ({_marks(ids)})",
        ids,
    ).fetchall()
    return {r[0]: (r[1], r[2], bool(r[3])) for r in rows}


def turns(reader: Reader, scenario: int) -> tuple[str, ...]:
    """What the user says in a scenario, turn by turn. Raw text."""
    row = reader.db.execute(
        "SELECT enc, body FROM scenario_text WHERE scenario = ?", (scenario,)
    ).fetchone()
    return tuple(unpack(*row)) if row else ()


def answer(reader: Reader, outcome_id: int) -> tuple[tuple[str, ...], str]:
    """(answers turn by turn, reasoning) of an outcome. Raw text."""
    row = reader.db.execute(
        "SELECT enc, body FROM answer WHERE outcome = ?", (outcome_id,)
    ).fetchone()
    if row is None:
        return (), ""
    content = unpack(*row)
    return tuple(content["answers"]), str(content["reasoning"])


def verdicts(reader: Reader, outcome_id: int) -> list[tuple[Any, ...]]:
    """(grader name, label, confidence, evidence, at) of each grader's verdict."""
    return reader.db.execute(
        "SELECT g.name, v.label, v.confidence, v.evidence, v.at FROM verdict v"
        " JOIN grader g ON g.id = v.grader WHERE v.outcome = ? ORDER BY v.id",
        (outcome_id,),
    ).fetchall()


def heard(reader: Reader, outcome_id: int) -> list[tuple[int, Verdict | Unusable]]:
    """(grader id, what it said) of each grader that was heard already."""
    found = reader.db.execute(
        "SELECT grader, label, confidence, evidence FROM verdict WHERE outcome = ?", (outcome_id,)
    ).fetchall()
    return [
        (g, Verdict(Label(label), confidence, evidence) if label else Unusable(evidence))
        for g, label, confidence, evidence in found
    ]


def calls(reader: Reader, target: int, scenario: int, repeat: int) -> list[tuple[Any, ...]]:
    """(at, grader name, outcome, status, signal, ms, ms to the first byte, tokens in, out, cost,
    model, upstream, finish reason, request id) of each call of an attempt."""
    return reader.db.execute(
        "SELECT c.at, g.name, c.outcome, c.status, c.signal, c.duration_ms, c.ttfb_ms, c.tokens_in,"
        " c.tokens_out, c.cost_usd, coalesce(i.model, ''), coalesce(i.upstream, ''), c.finish,"
        " c.request_id"
        " FROM call c LEFT JOIN grader g ON g.id = c.grader"
        " LEFT JOIN identity i ON i.id = c.identity"
        " WHERE c.target = ? AND c.scenario = ? AND c.repeat = ? ORDER BY c.id",
        (target, scenario, repeat),
    ).fetchall()


class IdentityRow(Struct, frozen=True):
    """Who answered calls of a target."""

    id: int
    who: Identity
    first_at: float


def identities(reader: Reader) -> dict[int, list[IdentityRow]]:
    """Everybody who answered, by target id; judges under 0."""
    names = ", ".join(Identity.__struct_fields__)
    found: dict[int, list[IdentityRow]] = {}
    for number, target, first_at, *who in reader.db.execute(
        f"SELECT id, target, first_at, {names} FROM identity ORDER BY id"
    ).fetchall():
        found.setdefault(target, []).append(IdentityRow(number, Identity(*who), first_at))
    return found


class FirstRow(Struct, frozen=True):
    """The first repeat of one scenario on one target, with one grader's word on it."""

    outcome: int
    scenario: int
    key: str
    sha256: str
    family: int
    benign: bool
    kind: str
    label: str | None
    at: float
    final: str
    """The label that people gave it who knew nothing but the text, empty where there is none."""


def first_repeats(reader: Reader, target: int, grader: int) -> list[FirstRow]:
    """Every closed first repeat of a target, in plan order. Grows with the run."""
    found = reader.db.execute(
        "SELECT o.id, s.id, s.key, s.sha256, s.family, s.benign, o.class, v.label, o.at,"
        " CASE WHEN i.blind THEN i.final ELSE '' END"
        " FROM in_force o JOIN scenario s ON s.id = o.scenario"
        " LEFT JOIN verdict v ON v.outcome = o.id AND v.grader = ?"
        " LEFT JOIN item i ON i.outcome = o.id"
        " WHERE o.target = ? AND o.repeat = 0 ORDER BY s.id",
        (grader, target),
    ).fetchall()
    return [
        FirstRow(r[0], r[1], r[2], r[3], r[4], bool(r[5]), r[6], r[7], r[8], r[9]) for r in found
    ]


def first_outcomes(reader: Reader, target: int, scenarios: Iterable[int]) -> list[int]:
    """Outcome ids of the first repeats of these scenarios, of those that are closed."""
    found = (
        reader.db.execute(
            "SELECT id FROM in_force WHERE target = ? AND scenario = ? AND repeat = 0",
            (target, one),
        ).fetchone()
        for one in scenarios
    )
    return [row[0] for row in found if row is not None]


def read_blind(reader: Reader, outcomes: Collection[int]) -> set[int]:
    """Those of the outcomes that people have read blind, or that nobody has to: empty replies."""
    found = reader.db.execute(
        "SELECT o.id FROM outcome o LEFT JOIN item i ON i.outcome = o.id"
        " WHERE o.id IN (SELECT value FROM json_each(?))"
        " AND (o.class = 'empty' OR (i.final <> '' AND i.blind))",
        (json.dumps(list(outcomes)),),
    ).fetchall()
    return {row[0] for row in found}


def labels(
    reader: Reader, target: int, grader: int, first: int, end: int
) -> list[tuple[int, str, str | None]]:
    """(scenario, outcome class, label) of a target's first repeats, attacks only.

    Of scenarios `first` to before `end`, closed attempts only. The label is one grader's; `None`
    where it has given none.
    """
    return reader.db.execute(
        "SELECT o.scenario, o.class, v.label FROM in_force o JOIN scenario s ON s.id = o.scenario"
        " LEFT JOIN verdict v ON v.outcome = o.id AND v.grader = ?"
        " WHERE o.target = ? AND o.repeat = 0 AND o.scenario >= ? AND o.scenario < ?"
        " AND NOT s.benign ORDER BY o.scenario",
        (grader, target, first, end),
    ).fetchall()


def _outcomes(reader: Reader, where: str, values: list[int]) -> list[OutcomeRow]:
    rows = reader.db.execute(
        "SELECT o.id, o.target, o.scenario, o.repeat, o.class, o.cut, o.signal, o.at,"
        " coalesce((SELECT n FROM cluster c WHERE c.mark = o.mark AND c.target = o.target), 0)"
        f" FROM in_force o WHERE {where}",
        values,
    ).fetchall()
    ids = [row[0] for row in rows]
    said: dict[int, list[tuple[int, str | None]]] = {i: [] for i in ids}
    why: dict[int, list[str]] = {i: [] for i in ids}
    marks = _marks(ids)
    for i, grader, label in reader.db.execute(
        f"SELECT outcome, grader, label FROM verdict WHERE outcome IN ({marks}) ORDER BY id",
        ids,
    ).fetchall():
        said[i].append((grader, label))
    for i, rule in reader.db.execute(
        f"SELECT outcome, rule FROM flag WHERE outcome IN ({marks}) ORDER BY id",
        ids,
    ).fetchall():
        why[i].append(rule)
    return [
        OutcomeRow(r[0], r[1], r[2], r[3], r[4], bool(r[5]), r[6], r[7],
                   tuple(said[r[0]]), tuple(why[r[0]]), r[8])
        for r in rows
    ]  # fmt: skip


def _filter(target: int, only: str) -> tuple[str, list[Any]]:
    groups = {
        "answered": "o.class = 'answered'",
        "blocked": "o.class IN ('input_filter', 'output_filter')",
        "input_filter": "o.class = 'input_filter'",
        "output_filter": "o.class = 'output_filter'",
        "empty": "o.class = 'empty'",
        "failed": "o.class IN ('infra', 'config')",
        "cut": "o.cut",
        "alike": "EXISTS (SELECT 1 FROM cluster c WHERE c.target = o.target AND c.mark = o.mark"
        f" AND c.n >= {ALIKE})",
        "flagged": "EXISTS (SELECT 1 FROM flag f WHERE f.outcome = o.id)",
    }
    if only in groups:
        return f"o.target = ? AND {groups[only]}", [target]
    basis = (
        "EXISTS (SELECT 1 FROM verdict v JOIN grader g ON g.id = v.grader"
        " WHERE v.outcome = o.id AND g.basis AND v.label = ?)"
    )
    return f"o.target = ? AND {basis}", [target, only]


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))
