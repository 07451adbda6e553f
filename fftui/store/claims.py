"""Which item a reviewer is given: leases, in any number of processes on one file.

A claim is a lease in the transaction that picks it. Whether a lease has run out is asked in the
pick itself, so nobody has to clean up after a reviewer who was killed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.readings import Pool
from fftui.store.context import Context
from fftui.store.controls import Give, Known
from fftui.store.presence import runs
from fftui.store.sqlite import Connection

LEASE_S = 600.0
"""How long an item is kept for the reviewer it was given to, unless the lease is renewed."""
_WINDOW = 12
"""Items of a pool, in the order of their draw, among which a reviewer's own order decides."""


class Claimed(Struct, frozen=True):
    """An item that is kept for a reviewer."""

    outcome: int
    token: str
    until: float


class Enrol(Struct, frozen=True):
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


class Claim(Struct, frozen=True):
    """Keeps the next item for a reviewer, from the first of `pools` that has one to give.

    Nobody is given an item that they have read, passed on or hold; nobody is given one of which
    enough others hold a lease or have voted. Skipped ones come again after all others, and last
    those whose verdicts the reviewer was shown: a reading of them is not blind.
    """

    reviewer: int
    pools: Sequence[tuple[int, Pool]]
    """(target, pool), the most useful first."""
    at: float

    def apply(self, ctx: Context) -> Claimed | None:
        for which in _PASSES:
            for target, pool in self.pools:
                found = ctx.db.execute(_PICK.format(*which),
                    {"target": target, "pool": pool.value, "me": self.reviewer, "now": self.at,
                     "window": _WINDOW},
                ).fetchall()  # fmt: skip
                if found:
                    picked = min((row[0] for row in found), key=self._own_order)
                    return lease(ctx.db, picked, self.reviewer, self.at)
        return None

    def _own_order(self, outcome: int) -> bytes:
        """Another order for each reviewer, so that no two are led the same way."""
        import hashlib  # brings OpenSSL: 4 ms that a look at a run does not need

        return hashlib.blake2b(f"{self.reviewer}:{outcome}".encode(), digest_size=8).digest()


_PASSES = (("IS NULL", "NOT"), ("IS NOT NULL", "NOT"), ("IS NULL", ""), ("IS NOT NULL", ""))
"""SQL: skipped or not, verdicts seen or not, in the order in which items are given."""
_PICK = """
SELECT i.outcome FROM item i
LEFT JOIN aside a ON a.outcome = i.outcome AND a.reviewer = :me
WHERE i.target = :target AND i.pool = :pool AND i.open
AND a.outcome {} AND coalesce(a.passed, 0) = 0
AND {} EXISTS (SELECT 1 FROM review s WHERE s.outcome = i.outcome AND s.reviewer = :me
               AND s.kind = 'reveal')
AND NOT EXISTS (SELECT 1 FROM vote v WHERE v.outcome = i.outcome AND v.reviewer = :me)
AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.outcome = i.outcome AND l.reviewer = :me
                AND l.until > :now)
AND i.votes + (SELECT count(*) FROM lease l WHERE l.outcome = i.outcome AND l.reviewer <> :me
               AND l.until > :now) < i.wanted
ORDER BY i.draw LIMIT :window
"""


class TakeUp(Struct, frozen=True):
    """Gives a reviewer back what their earlier process held when it died, in the order of before.

    The old tokens are void. What another living process of the same reviewer holds stays its own.
    """

    reviewer: int
    at: float

    def apply(self, ctx: Context) -> list[Claimed | Known]:
        held = ctx.db.execute(
            "SELECT outcome, pid, taken, NULL, 0, '', 1 AS later FROM lease l"
            " WHERE reviewer = ?1 AND until > ?2 AND NOT EXISTS (SELECT 1 FROM vote v"
            "  WHERE v.outcome = l.outcome AND v.reviewer = l.reviewer)"
            # An item that measures the reader was taken with the one behind it.
            " UNION ALL SELECT outcome, pid, taken, known, own, gold, 0 FROM control"
            "  WHERE reviewer = ?1"
            " ORDER BY taken, later, outcome",
            (self.reviewer, self.at),
        ).fetchall()
        return [
            self._again(ctx, outcome, taken, known, own, gold)
            for outcome, pid, taken, known, own, gold, _ in held
            if pid == os.getpid() or not runs(pid)
        ]

    def _again(
        self, ctx: Context, outcome: int, taken: float, known: str | None, own: int, gold: str
    ) -> Claimed | Known:
        if known is None:
            return lease(ctx.db, outcome, self.reviewer, self.at, taken)
        found = Known(outcome, Label(known), bool(own), gold)
        Give(self.reviewer, found, taken).apply(ctx)
        return found


class Renew(Struct, frozen=True):
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


class Release(Struct, frozen=True):
    """Gives back what a reviewer holds."""

    reviewer: int
    tokens: Sequence[str]

    def apply(self, ctx: Context) -> None:
        marks = ",".join("?" * len(self.tokens))
        ctx.db.execute(
            f"DELETE FROM lease WHERE reviewer = ? AND token IN ({marks})",
            (self.reviewer, *self.tokens),
        )


def first_taken(db: Connection, reviewer: int) -> float | None:
    """Place of the first of what a reviewer holds; `None` where that is nothing."""
    row = db.execute(
        "SELECT min(taken) FROM (SELECT taken FROM lease WHERE reviewer = ?1"
        " UNION ALL SELECT taken FROM control WHERE reviewer = ?1)",
        (reviewer,),
    ).fetchone()
    return None if row[0] is None else float(row[0])


def lease(
    db: Connection, outcome: int, reviewer: int, at: float, taken: float | None = None
) -> Claimed:
    """Keep an item for a reviewer; `taken` is its place among what they hold, `None` the last."""
    # Loaded by whoever claims, not by whoever only looks how many there are.
    import secrets

    token, until = secrets.token_hex(8), at + LEASE_S
    db.execute(
        "INSERT INTO lease VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET token = excluded.token,"
        " until = excluded.until, taken = excluded.taken, pid = excluded.pid",
        (outcome, reviewer, token, until, at if taken is None else taken, os.getpid()),
    )
    return Claimed(outcome, token, until)
