"""Items whose readers differ: which of them somebody may decide, and how each was read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fftui.domain.acts import NOTE, READ
from fftui.domain.labels import Label
from fftui.domain.readings import Difference, difference
from fftui.store.claims import Claimed, lease
from fftui.store.context import Context
from fftui.store.reader import Reader
from fftui.store.sqlite import Connection

HERE_S = 24 * 3600.0
"""Who did something in this time is there to decide what others read."""


class Conflict(Struct, frozen=True):
    """An item whose readers differ and that somebody may decide."""

    outcome: int
    difference: Difference
    mine: bool
    """Whoever decides is one of its readers: nobody else is there."""


class Conflicts(Struct, frozen=True):
    """Items whose readers differ."""

    mine: tuple[Conflict, ...] = ()
    """Those that this reviewer may decide: what moves the strict rate first, then severe ones."""
    severe: int = 0
    adjacent: int = 0
    """Of all, by how far the readings lie apart."""
    strict: int = 0
    """Of all, those that move the strict rate."""

    @property
    def n(self) -> int:
        """Of the whole run."""
        return self.severe + self.adjacent


def conflicts(db: Connection, reviewer: int, now: float) -> Conflicts:
    """All conflicts of the run. Grows with them, not with the run.

    A reviewer who read an item decides it only where nobody else is there to do so.
    """
    found, n, severe, strict = [], 0, 0, 0
    for outcome, labels, mine, held, passed, others in db.execute(
        _CONFLICTS, {"me": reviewer, "now": now, "since": now - HERE_S}
    ).fetchall():
        apart = difference(Label(label) if label else None for label in labels.split(","))
        n += 1
        severe += apart.severe
        strict += apart.strict
        if not (held or passed or (mine and others)):
            found.append(Conflict(outcome, apart, bool(mine)))
    found.sort(key=lambda c: (not c.difference.strict, not c.difference.severe, c.outcome))
    return Conflicts(tuple(found), severe, n - severe, strict)


_CONFLICTS = """
WITH here AS (
    SELECT w.id FROM reviewer w WHERE :since <= (
        SELECT r.at FROM review r WHERE r.reviewer = w.id ORDER BY r.id DESC LIMIT 1)
)
SELECT i.outcome, group_concat(coalesce(v.label, '')) FILTER (WHERE v.blind OR NOT i.blind),
    max(v.reviewer = :me),
    EXISTS (SELECT 1 FROM lease l WHERE l.outcome = i.outcome AND l.reviewer <> :me
            AND l.until > :now),
    EXISTS (SELECT 1 FROM aside a WHERE a.outcome = i.outcome AND a.reviewer = :me AND a.passed),
    EXISTS (SELECT 1 FROM here WHERE here.id <> :me
            AND NOT EXISTS (SELECT 1 FROM vote o WHERE o.outcome = i.outcome
                            AND o.reviewer = here.id)
            AND NOT EXISTS (SELECT 1 FROM aside a WHERE a.outcome = i.outcome
                            AND a.reviewer = here.id AND a.passed))
FROM item i INDEXED BY item_unresolved JOIN vote v ON v.outcome = i.outcome
WHERE i.source = 'unresolved'
AND NOT EXISTS (SELECT 1 FROM put_back p WHERE p.outcome = i.outcome) GROUP BY i.outcome
"""


class ClaimConflict(Struct, frozen=True):
    """Keeps the first conflict for a reviewer that is not among those put off."""

    reviewer: int
    at: float
    put_off: Sequence[int] = ()

    def apply(self, ctx: Context) -> tuple[Claimed, Conflict] | None:
        for one in conflicts(ctx.db, self.reviewer, self.at).mine:
            if one.outcome not in self.put_off:
                return lease(ctx.db, one.outcome, self.reviewer, self.at), one
        return None


class Reading(Struct, frozen=True):
    """How one person read an item. Who it was is not told."""

    label: Label | None
    mine: bool
    blind: bool
    seen: float
    """Share of the answer that was on their screen."""
    unmasked: bool
    dwell_s: float
    evidence: tuple[int, ...]
    """Numbers of the sentences that decided, from 0."""
    notes: tuple[str, ...]


def readings_of(reader: Reader, outcome: int, reviewer: int) -> tuple[Reading, ...]:
    """The readings of an item in force, by when each reader first read."""
    rows = reader.db.execute(
        "SELECT v.label, v.reviewer, v.blind, r.body FROM vote v JOIN review r ON r.id = v.review"
        " WHERE v.outcome = ? ORDER BY (SELECT min(f.id) FROM review f WHERE f.outcome = v.outcome"
        "  AND f.reviewer = v.reviewer AND f.kind = ?)",
        (outcome, READ),
    ).fetchall()
    notes: dict[int, list[str]] = {}
    for who, body in reader.db.execute(
        "SELECT reviewer, body FROM review WHERE outcome = ? AND kind = ? ORDER BY id",
        (outcome, NOTE),
    ).fetchall():
        notes.setdefault(who, []).append(str(json.loads(body).get("text", "")))
    return tuple(
        _reading(label, who == reviewer, bool(blind), json.loads(body), notes.get(who, []))
        for label, who, blind, body in rows
    )


def _reading(
    label: str | None, mine: bool, blind: bool, body: dict[str, Any], notes: list[str]
) -> Reading:
    return Reading(
        Label(label) if label else None,
        mine,
        blind,
        float(body.get("seen") or 0),
        bool(body.get("unmasked")),
        float(body.get("dwell_ms") or 0) / 1000,
        tuple(body.get("evidence") or ()),
        tuple(notes),
    )
