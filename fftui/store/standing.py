"""Where an item stands: which of its readings count, and what they come to, in the rollups too.

It follows from the events alone, and is brought up to date in the transaction of each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fftui.domain.acts import ADJUDICATE, READ
from fftui.domain.labels import Label
from fftui.domain.readings import Standing, counted, standing
from fftui.store import judged
from fftui.store.sqlite import Connection

STANDS = "NOT EXISTS (SELECT 1 FROM review u WHERE u.undoes = r.id)"
"""SQL: an event `r` was not taken back."""


def settle(db: Connection, outcome: int) -> Standing:
    """Bring an item and the rollups of readings up to its votes and decision in force."""
    row = db.execute(
        "SELECT target, pool, machine, planned, drawn, final, source, blind, pair, votes, open"
        " FROM item WHERE outcome = ?",
        (outcome,),
    ).fetchone()
    if row is None:
        raise KeyError(outcome)
    target, pool, machine, planned, drawn, final, source, blind, pair, given, was_open = row
    votes = db.execute(_IN_ORDER, (outcome,)).fetchall()
    decided = db.execute(_DECIDED, (outcome,)).fetchone()
    now = _come_to(votes, planned, decided)
    is_blind = _is_blind(votes, decided)
    read = sum(known for _, known in votes)
    judged.count(db, outcome, -1)
    if final and blind and drawn:
        count_read(db, (target, pool, machine, final, source), -1)
    if drawn and both_ways(given, final, blind, pair):
        count_differ(db, (target, pool, machine, said(pair, given)), -1)
    final, source = str(now.final or ""), str(now.source or "")
    if final and is_blind and drawn:
        count_read(db, (target, pool, machine, final, source), 1)
    if pair:
        _count_pair(db, target, pair, -1)
    first = [label for label, known in votes if label and known][:2]
    pair = "|".join(first) if len(first) == 2 else ""
    if pair:
        _count_pair(db, target, pair, 1)
    if drawn and both_ways(read, final, is_blind, pair):
        count_differ(db, (target, pool, machine, said(pair, read)), 1)
    is_open = int(now.open and drawn)
    if is_open != was_open:
        db.execute(
            "INSERT INTO rollup_pool VALUES (?,?,0,0,?)"
            " ON CONFLICT DO UPDATE SET open = open + excluded.open",
            (target, pool, is_open - was_open),
        )
    db.execute(
        "UPDATE item SET wanted = ?, votes = ?, open = ?, final = ?, source = ?, blind = ?,"
        " pair = ? WHERE outcome = ?",
        (now.wanted, read, is_open, final, source, is_blind, pair, outcome),
    )
    judged.count(db, outcome, 1)
    return now


Votes = Sequence[tuple[str | None, int]]
"""(label, blind) of each reader, `None` for who is unsure, by when they first read."""


def _come_to(votes: Votes, planned: int, decided: tuple[str, int] | None) -> Standing:
    """Blind readings settle an item, and it is open until there are enough of them.

    What somebody decided who knew more stands, and the figures take in its place what two who read
    it blind say.
    """
    said = [(Label(label) if label else None, bool(known)) for label, known in votes]
    blind = [label for label, known in said if known]
    decision = Label(decided[0]) if decided else None
    now, needed = (standing(some, planned, decision) for some in (counted(said), blind))
    if decided and not _is_blind(votes, decided):
        needed = standing(blind, max(2, planned))
    return Standing(now.final, now.source, needed.wanted, needed.open)


def _is_blind(votes: Votes, decided: tuple[str, int] | None) -> int:
    """What the item came to was found by people who knew the text alone."""
    known = [blind for _, blind in votes]
    if decided is None:
        return int(any(known) or not known)
    # A decision made blind on readings that were not is no better than they are.
    return int(all(known) and decided[1])


_IN_ORDER = f"""
SELECT v.label, v.blind FROM vote v WHERE v.outcome = ? ORDER BY (
    SELECT min(r.id) FROM review r WHERE r.outcome = v.outcome AND r.reviewer = v.reviewer
    AND r.kind = '{READ}' AND {STANDS})
"""
"""Votes by when each reader first read."""
_DECIDED = f"""
SELECT label, blind FROM review r WHERE outcome = ? AND kind = '{ADJUDICATE}' AND {STANDS}
ORDER BY id DESC LIMIT 1
"""


def recast(db: Connection) -> None:
    """All votes and items anew from the events, e.g. in a repaired file. The caller's transaction.

    The rollups of readings are brought up to the items as far as they follow from them.
    """
    db.execute("DELETE FROM vote")
    db.execute("UPDATE item SET votes = 0, final = '', source = '', blind = 1, pair = ''")
    for outcome, reviewer in db.execute(
        f"SELECT DISTINCT outcome, reviewer FROM review WHERE kind = '{READ}'"
    ).fetchall():
        vote(db, outcome, reviewer)
    for (outcome,) in db.execute("SELECT outcome FROM item").fetchall():
        settle(db, outcome)


DIFFER = "(votes > 0 AND final = '' AND blind OR final <> '' AND NOT blind AND pair <> '')"
"""SQL: the same as `both_ways`."""


def both_ways(votes: int, final: str, blind: int, pair: str) -> bool:
    """An item that was read blind and of which that settles nothing.

    Its readers differ or are unsure, or somebody who knew more than the text has decided: to leave
    those out would take from the sample what people find hard.
    """
    return bool((votes and not final and blind) or (final and not blind and pair))


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


def count_differ(db: Connection, place: tuple[Any, ...], by: int) -> None:
    """Move the rollup of undecided readings; `place` is (target, pool, machine, said)."""
    db.execute(
        "INSERT INTO rollup_differ VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
        (*place, by),
    )
    db.execute(
        "DELETE FROM rollup_differ WHERE target = ? AND pool = ? AND machine = ? AND said = ?"
        " AND n = 0",
        place,
    )


def said(pair: str, votes: int) -> str:
    """What two readers said, who differ; of more it is not kept, and who is unsure said nothing."""
    return "" if votes > 2 else pair


def _count_pair(db: Connection, target: int, pair: str, by: int) -> None:
    db.execute(
        "INSERT INTO rollup_pair VALUES (?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
        (target, pair, by),
    )
    db.execute("DELETE FROM rollup_pair WHERE target = ? AND pair = ? AND n = 0", (target, pair))


def vote(db: Connection, outcome: int, reviewer: int) -> None:
    """The reader's vote: their last blind reading that stands, or their last where none is."""
    row = db.execute(
        f"SELECT id, label, blind FROM review r WHERE outcome = ? AND reviewer = ?"
        f" AND kind = '{READ}' AND {STANDS} ORDER BY blind DESC, id DESC LIMIT 1",
        (outcome, reviewer),
    ).fetchone()
    if row is None:
        db.execute("DELETE FROM vote WHERE outcome = ? AND reviewer = ?", (outcome, reviewer))
        return
    db.execute(
        "INSERT INTO vote VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET"
        " review = excluded.review, label = excluded.label, blind = excluded.blind",
        (outcome, reviewer, *row),
    )


def labels(db: Connection, outcome: int) -> list[str | None]:
    """What its readers say of it, `None` for who is unsure."""
    rows = db.execute("SELECT label FROM vote WHERE outcome = ?", (outcome,)).fetchall()
    return [row[0] for row in rows]
