"""Items with a known label that a reader is given among the others, to measure the reader."""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.readings import Gold
from fftui.store.context import Context
from fftui.store.now import AddEvent
from fftui.store.reader import Reader
from fftui.store.sqlite import Connection
from fftui.store.texts import pack, unpack

SHARE = 0.025
"""Of what a reader is given: own earlier items; and as many gold items or, where none is left for
them, items that others have settled."""
_AGO = 20
"""Readings since, after which an own item may come again."""
_WINDOW = 50
"""Settled items, from a random place on, among which one is looked for."""


class Known(Struct, frozen=True):
    """An item with a known label."""

    outcome: int
    """0 where it is a gold item, which is no answer of the run."""
    label: Label
    own: bool
    """Known from the reader's own reading."""
    gold: str = ""
    """SHA-256 of a gold item."""

    @property
    def body(self) -> dict[str, str | bool]:
        """As it stands beside the label that the reader gave."""
        gold = {"gold": self.gold} if self.gold else {}
        return {"known": self.label.value, "own": self.own, **gold}


class AddGold(Struct, frozen=True):
    """Takes gold items in; returns (new ones, those whose label changes).

    What a reader said of one is kept with the label that was known then.
    """

    items: Sequence[Gold]
    by: str
    at: float

    def apply(self, ctx: Context) -> tuple[int, int]:
        known = dict(ctx.db.execute("SELECT sha256, label FROM gold").fetchall())
        compress = bool(ctx.db.execute("SELECT compress FROM run").fetchone()[0])
        new = [one for one in self.items if one.sha256 not in known]
        changed = [one for one in self.items if known.get(one.sha256, one.label) != one.label]
        for one in (*new, *changed):
            enc, body = pack({"turns": one.turns, "answer": one.answer}, compress=compress)
            ctx.db.execute(
                "INSERT INTO gold VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
                " label = excluded.label, by = excluded.by, at = excluded.at",
                (one.sha256, one.label.value, enc, body, self.by, self.at),
            )
        if new or changed:
            words = f"gold items: {len(new)} new, {len(changed)} with another label, by {self.by}"
            AddEvent(self.at, "gold", words).apply(ctx)
        return len(new), len(changed)


class Give(Struct, frozen=True):
    """Writes down that a reader was given an item with a known label.

    So a reader whose process was killed has that item before them again. `taken` is its place
    among what they hold.
    """

    reviewer: int
    known: Known
    taken: float

    def apply(self, ctx: Context) -> None:
        ctx.db.execute(
            "INSERT INTO control VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
            " taken = excluded.taken, pid = excluded.pid",
            (self.reviewer, self.known.outcome, self.known.gold, self.known.label.value,
             int(self.known.own), self.taken, os.getpid()),
        )  # fmt: skip


class GiveBack(Struct, frozen=True):
    """Forgets what this process gave a reader to measure them and they have not answered."""

    reviewer: int

    def apply(self, ctx: Context) -> None:
        ctx.db.execute(
            "DELETE FROM control WHERE reviewer = ? AND pid = ?", (self.reviewer, os.getpid())
        )


def done(db: Connection, reviewer: int, outcome: int, gold: str = "") -> None:
    """It was answered or put aside, and is given no longer. The caller's transaction."""
    db.execute(
        "DELETE FROM control WHERE reviewer = ? AND outcome = ? AND gold = ?",
        (reviewer, outcome, gold),
    )


def text(reader: Reader, gold: str) -> tuple[tuple[str, ...], str]:
    """(turns, answer) of a gold item. Raises KeyError for what is none."""
    row = reader.db.execute("SELECT enc, body FROM gold WHERE sha256 = ?", (gold,)).fetchone()
    if row is None:
        raise KeyError(gold)
    found = unpack(*row)
    return tuple(found["turns"]), found["answer"]


def pick(reader: Reader, reviewer: int, chance: Random) -> Known | None:
    """An item to measure the reader with, now and then; never the same one twice."""
    draw = chance.random()
    if draw < SHARE:
        return _own(reader, reviewer, chance)
    if draw < 2 * SHARE:
        return _gold(reader, reviewer, chance) or _settled(reader, reviewer, chance)
    return None


def _own(reader: Reader, reviewer: int, chance: Random) -> Known | None:
    n = reader.db.execute("SELECT count(*) FROM vote WHERE reviewer = ?", (reviewer,)).fetchone()[0]
    if n <= _AGO:
        return None
    row = reader.db.execute(
        "SELECT v.outcome, v.label, v.blind, EXISTS (SELECT 1 FROM review r WHERE"
        "  r.reviewer = v.reviewer AND r.outcome = v.outcome AND r.kind IN ('control', 'reveal'))"
        " OR EXISTS (SELECT 1 FROM control c WHERE c.reviewer = v.reviewer"
        "  AND c.outcome = v.outcome)"
        " FROM vote v WHERE v.reviewer = ? ORDER BY v.review DESC LIMIT 1 OFFSET ?",
        (reviewer, chance.randrange(_AGO, n)),
    ).fetchone()
    if row is None or row[1] is None or not row[2] or row[3]:
        return None
    return Known(row[0], Label(row[1]), own=True)


def _gold(reader: Reader, reviewer: int, chance: Random) -> Known | None:
    """One that the reader was not given before."""
    before = {
        gold
        for (gold,) in reader.db.execute(
            "SELECT json_extract(body, '$.gold') FROM review WHERE outcome IS NULL AND reviewer = ?"
            " UNION ALL SELECT gold FROM control WHERE reviewer = ?",
            (reviewer, reviewer),
        ).fetchall()
    }
    left = [
        row
        for row in reader.db.execute("SELECT sha256, label FROM gold ORDER BY sha256").fetchall()
        if row[0] not in before
    ]
    if not left:
        return None
    sha, label = chance.choice(left)
    return Known(0, Label(label), own=False, gold=sha)


def _settled(reader: Reader, reviewer: int, chance: Random) -> Known | None:
    row = reader.db.execute(
        "SELECT outcome, final FROM (SELECT outcome, final FROM item"
        "  WHERE source IN ('unanimous', 'adjudicated') AND blind AND draw >= ?1"
        "  ORDER BY draw LIMIT ?2) i"
        " WHERE NOT EXISTS (SELECT 1 FROM review r WHERE r.outcome = i.outcome"
        "  AND r.reviewer = ?3) AND NOT EXISTS (SELECT 1 FROM control c"
        "  WHERE c.outcome = i.outcome AND c.reviewer = ?3) LIMIT 1",
        (chance.random(), _WINDOW, reviewer),
    ).fetchone()
    return None if row is None else Known(row[0], Label(row[1]), own=False)
