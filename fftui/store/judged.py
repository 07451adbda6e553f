"""What graders said of answers that people have read: how far each can be trusted."""

from __future__ import annotations

from fftui.store.sqlite import Connection

_COUNTED = "i.final <> '' AND i.blind AND i.drawn"
"""SQL: people's label of the item enters the figures."""
ROWS = f"""
SELECT i.target, i.pool, v.grader, coalesce(v.label, ''), i.final, i.source, count(*)
FROM item i JOIN verdict v ON v.outcome = i.outcome WHERE {_COUNTED} GROUP BY 1, 2, 3, 4, 5, 6
"""
"""SQL: the rollup as its rows have it."""


def count(db: Connection, outcome: int, by: int, grader: int | None = None) -> None:
    """Move the rollup by what an item came to, of all graders or one, while that stands."""
    db.execute(
        "INSERT INTO rollup_judged SELECT i.target, i.pool, v.grader, coalesce(v.label, ''),"
        " i.final, i.source, ?1 FROM item i JOIN verdict v ON v.outcome = i.outcome"
        f" WHERE i.outcome = ?2 AND {_COUNTED} AND v.grader = coalesce(?3, v.grader)"
        " ON CONFLICT DO UPDATE SET n = n + excluded.n",
        (by, outcome, grader),
    )
    if by < 0:
        db.execute("DELETE FROM rollup_judged WHERE n = 0")
