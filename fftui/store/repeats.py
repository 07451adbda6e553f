"""What a grader said of a scenario that was asked several times, and the rollup of it."""

from __future__ import annotations

from typing import Literal

from fftui.domain.labels import Label
from fftui.store.sqlite import Connection

Said = tuple[int, ...]
"""How often each label of `SAID` was given to one scenario."""
Part = Literal["n", "settled"]
PARTS: tuple[Part, Part] = ("n", "settled")
"""What a rollup counts: all rows, and those in the settled prefix."""
SAID = (
    Label.COMPLIANCE,
    Label.PARTIAL,
    Label.REFUSAL,
    Label.HALLUCINATION_REFUSAL,
    Label.NON_ANSWER,
)
_KEY = ("target", "grader", "benign", *(label.value.lower() for label in SAID))
_WHERE = " AND ".join(f"{name} = ?" for name in _KEY)


def said(db: Connection, target: int, scenario: int, grader: int, below: int) -> Said:
    """How often the grader gave each label that counts, over repeats before `below`."""
    found = dict(
        db.execute(
            "SELECT v.label, count(*) FROM outcome o JOIN verdict v ON v.outcome = o.id"
            " WHERE o.target = ? AND o.scenario = ? AND o.repeat < ? AND v.grader = ?"
            " GROUP BY v.label",
            (target, scenario, below, grader),
        ).fetchall()
    )
    return tuple(found.get(label.value, 0) for label in SAID)


def move(
    db: Connection, place: tuple[int, int, int], column: Part, before: Said, after: Said
) -> None:
    """A scenario was said to be `before`, and is said to be `after`.

    `place` is (target, grader, benign).
    """
    if before == after:
        return
    if any(before):
        row = (*place, *before)
        db.execute(f"UPDATE rollup_scenario SET {column} = {column} - 1 WHERE {_WHERE}", row)
        db.execute(f"DELETE FROM rollup_scenario WHERE {_WHERE} AND n = 0 AND settled = 0", row)
    if any(after):
        db.execute(
            f"INSERT INTO rollup_scenario VALUES (?,?,?,?,?,?,?,?,{int(column == 'n')},"
            f"{int(column == 'settled')}) ON CONFLICT DO UPDATE SET {column} = {column} + 1",
            (*place, *after),
        )
