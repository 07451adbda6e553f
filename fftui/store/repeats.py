"""What a grader said of a scenario that was asked several times, and the rollups of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

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
_COLUMNS = tuple(label.value.lower() for label in SAID)
_PLACES = {
    "rollup_scenario": ("target", "family", "grader", "benign"),
    "total_scenario": ("target", "grader", "benign"),
}


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


class Cell(NamedTuple):
    """What the scenarios that are counted together have in common."""

    target: int
    family: int
    grader: int
    benign: int


def move(db: Connection, cell: Cell, column: Part, before: Said, after: Said) -> None:
    """A scenario was said to be `before`, and is said to be `after`."""
    if before == after:
        return
    for table, names in _PLACES.items():
        at = tuple(getattr(cell, name) for name in names)
        if any(before):
            where = " AND ".join(f"{name} = ?" for name in (*names, *_COLUMNS))
            row = (*at, *before)
            db.execute(f"UPDATE {table} SET {column} = {column} - 1 WHERE {where}", row)
            db.execute(f"DELETE FROM {table} WHERE {where} AND n = 0 AND settled = 0", row)
        if any(after):
            marks = "?," * (len(at) + len(after))
            db.execute(
                f"INSERT INTO {table} VALUES ({marks}{int(column == 'n')},"
                f"{int(column == 'settled')}) ON CONFLICT DO UPDATE SET {column} = {column} + 1",
                (*at, *after),
            )
