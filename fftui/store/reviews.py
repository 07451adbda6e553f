"""What reviewers do, in any number of processes on one file: claims, readings, undo.

A claim is a lease in the transaction that picks it. Whether a lease has run out is asked in the
pick itself, so nobody has to clean up after a reviewer who was killed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fftui.domain.labels import Label
from fftui.domain.readings import Pool, Standing, standing
from fftui.store.context import Context
from fftui.store.reader import Reader
from fftui.store.sqlite import Connection

LEASE_S = 600.0
"""How long an item is kept for the reviewer it was given to, unless the lease is renewed."""
_WINDOW = 12
"""Items of a pool, in the order of their draw, among which a reviewer's own order decides."""

READ, UNDO, SKIP, PASS, UNMASK, NOTE, QUERY, FLAG, SESSION = (
    "read", "undo", "skip", "pass", "unmask", "note", "query", "flag", "session",
)  # fmt: skip
"""Kinds of events."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An item that is kept for a reviewer."""

    outcome: int
    token: str
    until: float


@dataclass(frozen=True, slots=True)
class Enrol:
    """Takes a reviewer in by name; returns the row id."""

    name: str
    at: float

    def apply(self, ctx: Context) -> int:
        ctx.db.execute(
            "INSERT INTO reviewer (name, first_at) VALUES (?,?) ON CONFLICT DO NOTHING",
            (self.name, self.at),
        )
        row = ctx.db.execute("SELECT id FROM reviewer WHERE name = ?", (self.name,)).fetchone()
        return int(row[0])


@dataclass(frozen=True, slots=True)
class Claim:
    """Keeps the next item for a reviewer, from the first of `pools` that has one to give.

    Nobody is given an item that they have read, passed on or hold; nobody is given one of which
    enough others hold a lease or have voted. Skipped ones come again after all others.
    """

    reviewer: int
    pools: Sequence[tuple[int, Pool]]
    """(target, pool), the most useful first."""
    at: float

    def apply(self, ctx: Context) -> Claimed | None:
        for again in (False, True):
            for target, pool in self.pools:
                found = ctx.db.execute(_PICK.format("IS NOT NULL" if again else "IS NULL"),
                    {"target": target, "pool": pool.value, "me": self.reviewer, "now": self.at,
                     "window": _WINDOW},
                ).fetchall()  # fmt: skip
                if found:
                    return self._lease(ctx.db, min((r[0] for r in found), key=self._own_order))
        return None

    def _own_order(self, outcome: int) -> bytes:
        """Another order for each reviewer, so that no two are led the same way."""
        return hashlib.blake2b(f"{self.reviewer}:{outcome}".encode(), digest_size=8).digest()

    def _lease(self, db: Connection, outcome: int) -> Claimed:
        token, until = secrets.token_hex(8), self.at + LEASE_S
        db.execute(
            "INSERT INTO lease VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET token = excluded.token,"
            " until = excluded.until",
            (outcome, self.reviewer, token, until),
        )
        return Claimed(outcome, token, until)


_PICK = """
SELECT i.outcome FROM item i
LEFT JOIN aside a ON a.outcome = i.outcome AND a.reviewer = :me
WHERE i.target = :target AND i.pool = :pool AND i.open
AND a.outcome {} AND coalesce(a.passed, 0) = 0
AND NOT EXISTS (SELECT 1 FROM vote v WHERE v.outcome = i.outcome AND v.reviewer = :me)
AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.outcome = i.outcome AND l.reviewer = :me
                AND l.until > :now)
AND i.votes + (SELECT count(*) FROM lease l WHERE l.outcome = i.outcome AND l.reviewer <> :me
               AND l.until > :now) < i.wanted
ORDER BY i.draw LIMIT :window
"""


@dataclass(frozen=True, slots=True)
class Renew:
    """Keeps what a reviewer holds for longer; returns the outcomes that are held still."""

    reviewer: int
    tokens: Sequence[str]
    at: float

    def apply(self, ctx: Context) -> list[int]:
        marks = ",".join("?" * len(self.tokens))
        rows = ctx.db.execute(
            f"UPDATE lease SET until = ? WHERE reviewer = ? AND token IN ({marks})"
            " RETURNING outcome",
            (self.at + LEASE_S, self.reviewer, *self.tokens),
        ).fetchall()
        return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Release:
    """Gives back what a reviewer holds."""

    reviewer: int
    tokens: Sequence[str]

    def apply(self, ctx: Context) -> None:
        marks = ",".join("?" * len(self.tokens))
        ctx.db.execute(
            f"DELETE FROM lease WHERE reviewer = ? AND token IN ({marks})",
            (self.reviewer, *self.tokens),
        )


@dataclass(frozen=True, slots=True)
class Read:
    """A reading: the first of an item, or another that takes the place of the reader's own.

    Returns where the item stands. A reading whose lease was lost is kept as an extra vote and
    says so (`late` in its body). Raises KeyError for what is no item.
    """

    reviewer: int
    session: str
    outcome: int
    label: Label | None
    """`None`: unsure, which summons another reader."""
    at: float
    token: str = ""
    """Of the lease; empty for an item that was picked, not given."""
    blind: bool = True
    """Nothing but the text was known."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """How it was read: dwell_ms, seen, masked, fast, origin, evidence, guideline."""

    def apply(self, ctx: Context) -> Standing:
        held = ctx.db.execute(
            "DELETE FROM lease WHERE outcome = ? AND reviewer = ? RETURNING token",
            (self.outcome, self.reviewer),
        ).fetchone()
        body = dict(self.body)
        if self.token and (held is None or held[0] != self.token):
            body["late"] = True
        event = _event(ctx.db, self, READ, self.label, body)
        ctx.db.execute(
            "INSERT INTO vote VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET"
            " review = excluded.review, label = excluded.label, blind = excluded.blind",
            (self.outcome, self.reviewer, event, _value(self.label), int(self.blind)),
        )
        ctx.db.execute(
            "DELETE FROM aside WHERE outcome = ? AND reviewer = ?", (self.outcome, self.reviewer)
        )
        return settle(ctx.db, self.outcome)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about an item that is no reading: a note, a query, a flag, an unmasking."""

    reviewer: int
    session: str
    outcome: int | None
    kind: str
    at: float
    body: Mapping[str, Any] = field(default_factory=dict)
    blind: bool = True

    def apply(self, ctx: Context) -> int:
        event = _event(ctx.db, self, self.kind, None, dict(self.body))
        if self.kind in (SKIP, PASS):
            ctx.db.execute(
                "INSERT INTO aside VALUES (?,?,1,?) ON CONFLICT DO UPDATE SET times = times + 1,"
                " passed = max(passed, excluded.passed)",
                (self.outcome, self.reviewer, int(self.kind == PASS)),
            )
            ctx.db.execute(
                "DELETE FROM lease WHERE outcome = ? AND reviewer = ?",
                (self.outcome, self.reviewer),
            )
        return event


@dataclass(frozen=True, slots=True)
class Undo:
    """Takes back the reviewer's last reading that still stands, of whatever session.

    Returns the item it was of; `None` where there is nothing to take back. Both stay in the file.
    """

    reviewer: int
    session: str
    at: float

    def apply(self, ctx: Context) -> int | None:
        row = ctx.db.execute(
            "SELECT id, outcome FROM review r WHERE reviewer = ? AND kind = 'read'"
            " AND NOT EXISTS (SELECT 1 FROM review u WHERE u.undoes = r.id)"
            " ORDER BY id DESC LIMIT 1",
            (self.reviewer,),
        ).fetchone()
        if row is None:
            return None
        undone, outcome = row
        ctx.db.execute(
            "INSERT INTO review (outcome, reviewer, session, kind, label, blind, body, undoes, at)"
            " VALUES (?,?,?,?,NULL,1,'{}',?,?)",
            (outcome, self.reviewer, self.session, UNDO, undone, self.at),
        )
        before = ctx.db.execute(
            "SELECT id, label, blind FROM review r WHERE outcome = ? AND reviewer = ?"
            " AND kind = 'read' AND NOT EXISTS (SELECT 1 FROM review u WHERE u.undoes = r.id)"
            " ORDER BY id DESC LIMIT 1",
            (outcome, self.reviewer),
        ).fetchone()
        if before is None:
            ctx.db.execute(
                "DELETE FROM vote WHERE outcome = ? AND reviewer = ?", (outcome, self.reviewer)
            )
        else:
            ctx.db.execute(
                "UPDATE vote SET review = ?, label = ?, blind = ? WHERE outcome = ?"
                " AND reviewer = ?",
                (*before, outcome, self.reviewer),
            )
        settle(ctx.db, outcome)
        return int(outcome)


def settle(db: Connection, outcome: int) -> Standing:
    """Bring an item and the rollup of readings up to its votes in force."""
    row = db.execute(
        "SELECT target, pool, machine, planned, drawn, final, source, blind FROM item"
        " WHERE outcome = ?",
        (outcome,),
    ).fetchone()
    if row is None:
        raise KeyError(outcome)
    target, pool, machine, planned, drawn, final, source, blind = row
    votes = db.execute("SELECT label, blind FROM vote WHERE outcome = ?", (outcome,)).fetchall()
    now = standing([Label(v[0]) if v[0] else None for v in votes], planned)
    all_blind = int(all(v[1] for v in votes))
    if final and blind and drawn:
        count_read(db, (target, pool, machine, final, source), -1)
    final, source = _value(now.final) or "", now.source.value if now.source else ""
    if final and all_blind and drawn:
        count_read(db, (target, pool, machine, final, source), 1)
    db.execute(
        "UPDATE item SET wanted = ?, votes = ?, open = ?, final = ?, source = ?, blind = ?"
        " WHERE outcome = ?",
        (now.wanted, len(votes), int(now.open and drawn), final, source, all_blind, outcome),
    )
    return now


def count_read(db: Connection, place: tuple[Any, ...], by: int) -> None:
    """Move the rollup of readings; `place` is (target, pool, machine, final, source)."""
    db.execute(
        "INSERT INTO rollup_read VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
        (*place, by),
    )
    db.execute(
        "DELETE FROM rollup_read WHERE target = ? AND pool = ? AND machine = ? AND final = ?"
        " AND source = ? AND n = 0",
        place,
    )


def _event(
    db: Connection, of: Read | Note, kind: str, label: Label | None, body: Mapping[str, Any]
) -> int:
    row = db.execute(
        "INSERT INTO review (outcome, reviewer, session, kind, label, blind, body, at)"
        " VALUES (?,?,?,?,?,?,?,?) RETURNING id",
        (of.outcome, of.reviewer, of.session, kind, _value(label), int(of.blind),
         json.dumps(body), of.at),
    ).fetchone()  # fmt: skip
    return int(row[0])


def _value(label: Label | None) -> str | None:
    return None if label is None else label.value


# Reading


@dataclass(frozen=True, slots=True)
class PoolCount:
    """One target's pool: how many attacks stand in it, and what people said of those read."""

    pool: Pool
    size: int
    drawn: int
    finals: Mapping[tuple[str, Label], int]
    """By (basis grader's label or `none`, final label); blind readings only."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How the review of a run stands."""

    queued: int
    """Items that want another reading."""
    leased: int
    read: int
    """Items with a final label."""
    conflicts: int
    """Items whose readers differ and whom nobody else will read."""


def pools(reader: Reader, target: int) -> tuple[PoolCount, ...]:
    """The pools of a target. Costs the same however long the run is."""
    finals: dict[str, dict[tuple[str, Label], int]] = {}
    for pool, machine, final, n in reader.db.execute(
        "SELECT pool, machine, final, sum(n) FROM rollup_read WHERE target = ? GROUP BY 1, 2, 3",
        (target,),
    ).fetchall():
        finals.setdefault(pool, {})[machine, Label(final)] = n
    rows = reader.db.execute(
        "SELECT pool, size, drawn FROM rollup_pool WHERE target = ?", (target,)
    ).fetchall()
    return tuple(PoolCount(Pool(p), size, drawn, finals.get(p, {})) for p, size, drawn in rows)


def queue_counts(reader: Reader, now: float) -> QueueCounts:
    """The run's queue."""
    drawn = reader.db.execute("SELECT coalesce(sum(drawn), 0) FROM rollup_pool").fetchone()[0]
    read = reader.db.execute("SELECT coalesce(sum(n), 0) FROM rollup_read").fetchone()[0]
    leased = reader.db.execute("SELECT count(*) FROM lease WHERE until > ?", (now,)).fetchone()[0]
    conflicts = reader.db.execute(
        "SELECT count(*) FROM item WHERE source = 'unresolved' AND NOT open"
    ).fetchone()[0]
    return QueueCounts(max(0, drawn - read - conflicts), leased, read, conflicts)


def newest_event(reader: Reader) -> int:
    """Id of the last thing a reviewer did: the watermark of readings."""
    return int(reader.db.execute("SELECT coalesce(max(id), 0) FROM review").fetchone()[0])


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that a reviewer did."""

    kind: str
    outcome: int | None
    label: Label | None
    body: Mapping[str, Any]
    at: float


def done_since(reader: Reader, name: str, after: int) -> list[Done]:
    """What the reviewer of this name did behind event `after`, oldest first."""
    rows = reader.db.execute(
        "SELECT kind, outcome, label, body, at FROM review WHERE id > ? AND reviewer ="
        " (SELECT id FROM reviewer WHERE name = ?) ORDER BY id",
        (after, name),
    ).fetchall()
    return [
        Done(kind, outcome, Label(label) if label else None, json.loads(body), at)
        for kind, outcome, label, body, at in rows
    ]


def earlier(reader: Reader, reviewer: int, back: int) -> tuple[int, Label | None] | None:
    """(outcome, label) of the reader's reading in force that lies `back` before the newest."""
    row = reader.db.execute(
        "SELECT outcome, label FROM vote WHERE reviewer = ? ORDER BY review DESC LIMIT 1 OFFSET ?",
        (reviewer, back),
    ).fetchone()
    return None if row is None else (row[0], Label(row[1]) if row[1] else None)


def mine(reader: Reader, reviewer: int) -> tuple[int, int, int, int]:
    """(my votes in force, of these on items that want another reader, readers, planned at most)."""
    row = reader.db.execute(
        "SELECT (SELECT count(*) FROM vote WHERE reviewer = ?1),"
        " (SELECT count(*) FROM vote v JOIN item i ON i.outcome = v.outcome"
        "  WHERE v.reviewer = ?1 AND i.open),"
        " (SELECT count(DISTINCT reviewer) FROM vote),"
        " (SELECT coalesce(max(planned), 1) FROM (SELECT planned FROM item WHERE open LIMIT 1))",
        (reviewer,),
    ).fetchone()
    return row[0], row[1], row[2], row[3]
