"""What reviewers do to an item: read, undo, redo, decide. Every act is a row, none is changed.

Which of a reader's readings counts, and where the item stands by all of them, follows from the
rows; `settle` brings it up to date in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from fftui.domain.acts import ADJUDICATE, CONTROL, PASS, READ, REVEAL, SKIP, UNDO
from fftui.domain.labels import Label
from fftui.domain.readings import Decision, Standing
from fftui.store import controls
from fftui.store.claims import Enrol, first_taken, lease
from fftui.store.context import Context
from fftui.store.sqlite import Connection
from fftui.store.standing import STANDS, labels, settle, vote

_ACTS = f"('{READ}', '{CONTROL}', '{ADJUDICATE}')"
"""What can be taken back."""


class Read(Struct, frozen=True):
    """A reading: the first of an item, or another that takes the place of the reader's own.

    Returns where the item stands. A reading whose lease was lost is kept as an extra vote and
    says so (`late` in its body). After a reveal it is not blind, and the blind one before it
    still counts. Raises KeyError for what is no item.
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
    """How it was read: dwell_ms, seen, unmasked, fast, origin, evidence, guideline."""

    def apply(self, ctx: Context) -> Standing:
        held = ctx.db.execute(
            "DELETE FROM lease WHERE outcome = ? AND reviewer = ? RETURNING token",
            (self.outcome, self.reviewer),
        ).fetchone()
        body = dict(self.body)
        if self.token and (held is None or held[0] != self.token):
            body["late"] = True
        blind = self.blind and not told(ctx.db, self.outcome, self.reviewer)
        _event(ctx.db, self, READ, self.label, body, blind)
        vote(ctx.db, self.outcome, self.reviewer)
        ctx.db.execute(
            "DELETE FROM aside WHERE outcome = ? AND reviewer = ?", (self.outcome, self.reviewer)
        )
        return settle(ctx.db, self.outcome)


class Control(Struct, frozen=True):
    """A reading that measures the reader, of an item whose label is known: it is no vote.

    Returns whether it is the label that was known.
    """

    reviewer: int
    session: str
    known: controls.Known
    label: Label | None
    at: float
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> int | None:
        """`None` for a gold item, which is no answer of the run."""
        return self.known.outcome or None

    def apply(self, ctx: Context) -> bool:
        _event(ctx.db, self, CONTROL, self.label, {**self.body, **self.known.body}, True)
        controls.done(ctx.db, self.reviewer, self.known.outcome, self.known.gold)
        return self.label is self.known.label


class Adjudicate(Struct, frozen=True):
    """The word that stands above the readings of an item. Returns where the item stands.

    It is blind where whoever decides has not had the machine's label revealed. Raises ValueError
    where it overrides every reader without a note, KeyError for what is no item.
    """

    reviewer: int
    session: str
    outcome: int
    decision: Decision
    at: float

    def apply(self, ctx: Context) -> Standing:
        said = {Label(v) if v else None for v in labels(ctx.db, self.outcome)}
        if self.decision.label not in said and not self.decision.note:
            raise ValueError("a label that no reader gave needs a note")
        blind = not revealed(ctx.db, self.outcome, self.reviewer)
        _event(ctx.db, self, ADJUDICATE, self.decision.label, self.decision.body(), blind)
        ctx.db.execute(
            "DELETE FROM lease WHERE outcome = ? AND reviewer = ?", (self.outcome, self.reviewer)
        )
        return settle(ctx.db, self.outcome)


class Seen(Struct, frozen=True):
    """Somebody was shown what the graders say of an answer, outside a review.

    What they read of it from then on is not blind. Returns whether that is new.
    """

    name: str
    outcome: int
    at: float

    def apply(self, ctx: Context) -> bool:
        if not ctx.db.execute("SELECT 1 FROM item WHERE outcome = ?", (self.outcome,)).fetchone():
            return False
        reviewer = Enrol(self.name, self.at).apply(ctx)
        if revealed(ctx.db, self.outcome, reviewer):
            return False
        Note(reviewer, "", self.outcome, REVEAL, self.at).apply(ctx)
        return True


class Note(Struct, frozen=True):
    """Something about an item that is no reading: a note, a query, a flag, an unmasking."""

    reviewer: int
    session: str
    outcome: int | None
    """`None` about no answer of the run: a gold item, named in the body, or the session."""
    kind: str
    at: float
    body: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, ctx: Context) -> int:
        event = _event(ctx.db, self, self.kind, None, self.body, self.kind != REVEAL)
        if self.kind in (SKIP, PASS):
            gold = str(self.body.get("gold", ""))
            controls.done(ctx.db, self.reviewer, self.outcome or 0, gold)
        if self.kind in (SKIP, PASS) and self.outcome is not None:
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


class Undone(Struct, frozen=True):
    """What was taken back, or given again."""

    outcome: int
    """0 for a gold item."""
    kind: str
    """`READ`, `CONTROL` or `ADJUDICATE`."""
    token: str = ""
    """Of the lease that keeps the item for the reader, where it is to be read again."""
    known: controls.Known | None = None
    """Where it measured the reader."""


class Undo(Struct, frozen=True):
    """Takes back the reviewer's last act that still stands, of whatever session.

    The item is kept for them, before all that they hold. `None` where there is nothing to take
    back. Both stay in the file.
    """

    reviewer: int
    session: str
    at: float

    def apply(self, ctx: Context) -> Undone | None:
        row = ctx.db.execute(
            f"SELECT id, outcome, kind, body FROM review r WHERE reviewer = ? AND kind IN {_ACTS}"
            f" AND {STANDS} ORDER BY id DESC LIMIT 1",
            (self.reviewer,),
        ).fetchone()
        if row is None:
            return None
        undone, outcome, kind, body = row[0], row[1], row[2], json.loads(row[3])
        ctx.db.execute(
            "INSERT INTO review (outcome, reviewer, session, kind, label, blind, body, undoes, at)"
            " VALUES (?,?,?,?,NULL,1,'{}',?,?)",
            (outcome, self.reviewer, self.session, UNDO, undone, self.at),
        )
        first = first_taken(ctx.db, self.reviewer)
        before = self.at if first is None else first - 1
        if kind == CONTROL:
            known = _known(outcome, body)
            controls.Give(self.reviewer, known, before).apply(ctx)
            return Undone(known.outcome, kind, known=known)
        if kind == ADJUDICATE:
            settle(ctx.db, outcome)
            return Undone(outcome, kind)
        vote(ctx.db, outcome, self.reviewer)
        settle(ctx.db, outcome)
        kept = lease(ctx.db, outcome, self.reviewer, self.at, before)
        return Undone(outcome, kind, kept.token)


class Redo(Struct, frozen=True):
    """Gives again what was taken back last, as it was; `None` where something new was done since.

    Returns what it was.
    """

    reviewer: int
    session: str
    at: float

    def apply(self, ctx: Context) -> Undone | None:
        row = ctx.db.execute(_REDO, {"me": self.reviewer}).fetchone()
        if row is None:
            return None
        undo, outcome, kind, label, blind, body = row
        ctx.db.execute(
            "INSERT INTO review (outcome, reviewer, session, kind, label, blind, body, at)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (outcome, self.reviewer, self.session, kind, label, blind,
             json.dumps({**json.loads(body), "redo": undo}), self.at),
        )  # fmt: skip
        ctx.db.execute(
            "DELETE FROM lease WHERE outcome = ? AND reviewer = ?", (outcome, self.reviewer)
        )
        if kind == CONTROL:
            known = _known(outcome, json.loads(body))
            controls.done(ctx.db, self.reviewer, known.outcome, known.gold)
            return Undone(known.outcome, kind, known=known)
        vote(ctx.db, outcome, self.reviewer)
        settle(ctx.db, outcome)
        return Undone(outcome, kind)


_REDO = f"""
SELECT u.id, r.outcome, r.kind, r.label, r.blind, r.body
FROM review u JOIN review r ON r.id = u.undoes
WHERE u.reviewer = :me AND u.kind = '{UNDO}' AND NOT EXISTS (
    SELECT 1 FROM review d WHERE d.reviewer = :me AND d.id > u.id AND d.kind IN {_ACTS}
    AND coalesce(json_extract(d.body, '$.redo'), u.id) = u.id
) ORDER BY u.id DESC LIMIT 1
"""
"""Newest undo that was not redone and behind which nothing new was done."""


def _known(outcome: int | None, body: Mapping[str, Any]) -> controls.Known:
    return controls.Known(outcome or 0, Label(body["known"]), body["own"], body.get("gold", ""))


def revealed(db: Connection, outcome: int, reviewer: int) -> bool:
    """The machine's label of the item was shown to this reader."""
    row = db.execute(
        f"SELECT 1 FROM review WHERE outcome = ? AND reviewer = ? AND kind = '{REVEAL}'"
        " AND coalesce(json_extract(body, '$.what'), '') <> 'readings'",
        (outcome, reviewer),
    ).fetchone()
    return row is not None


def told(db: Connection, outcome: int, reviewer: int) -> bool:
    """This reader was shown a label of the item: the machine's, or those of other readers."""
    row = db.execute(
        f"SELECT 1 FROM review WHERE outcome = ? AND reviewer = ? AND kind = '{REVEAL}'",
        (outcome, reviewer),
    ).fetchone()
    return row is not None


def _event(
    db: Connection,
    of: Read | Control | Adjudicate | Note,
    kind: str,
    label: Label | None,
    body: Mapping[str, Any],
    blind: bool,
) -> int:
    row = db.execute(
        "INSERT INTO review (outcome, reviewer, session, kind, label, blind, body, at)"
        " VALUES (?,?,?,?,?,?,?,?) RETURNING id",
        (of.outcome, of.reviewer, of.session, kind, _value(label), int(blind),
         json.dumps(dict(body)), of.at),
    ).fetchone()  # fmt: skip
    return int(row[0])


def _value(label: Label | None) -> str | None:
    return None if label is None else label.value
