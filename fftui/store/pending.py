"""What a transaction writes at its end: rows that nobody reads inside it, and sums for the rollups.

Hundreds of attempts share a commit and most of their rollup rows, so each is touched once.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import chain

from fftui.store.sqlite import Connection

_AT_ONCE = 64
"""Rows of one INSERT: a statement a row takes a tenth longer, and Python's lock each time."""
Key = tuple[int | str, ...]

_SUMS = {
    "rollup_outcome": ("n", "settled", "first", "cut"),
    "rollup_verdict": ("n", "settled", "first", "cut"),
    "rollup_call": ("n", "tokens", "cost_usd", "cost_unknown"),
    "rollup_minute": ("closed", "verdicts", "rate_limited", "failed"),
    "rollup_pool": ("size", "drawn", "open"),
    "rollup_flag": ("n",),
    "rollup_flagged": ("n",),
}
"""The columns that are added to; those before them are the key."""
N, SETTLED, FIRST, CUT = 0, 1, 2, 3
"""Places of the amounts of `rollup_outcome` and `rollup_verdict`."""
TOKENS, COST, COST_UNKNOWN = 1, 2, 3
"""Of `rollup_call`, behind `N`."""
SIZE, DRAWN, OPEN = 0, 1, 2
"""Of `rollup_pool`."""


class Pending:
    """Gathered in memory, written before the commit, forgotten with a rollback."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        self._sums = {
            table: defaultdict[Key, list[float]](partial(_nothing, len(columns)))
            for table, columns in _SUMS.items()
        }

    def row(self, into: str, values: tuple[object, ...]) -> None:
        """Insert a row at the end. `into` is a table or its columns.

        Outcomes go first, since others may name them; the rows of a table keep their order.
        """
        rows = self._rows.get(into)
        if rows is None:
            rows = self._rows[into] = []
        rows.append(values)

    def of(self, table: str, key: Key) -> list[float]:
        """What is added to a row of a rollup, column by column: the caller adds to it.

        The row is made where it is missing.
        """
        return self._sums[table][key]

    def write_rows(self, db: Connection) -> None:
        """The rows, into the transaction that is open."""
        for into, rows in sorted(self._rows.items(), key=lambda one: one[0] != "outcome"):
            marks = f"({','.join('?' * len(rows[0]))})"
            insert = f"INSERT INTO {into} VALUES {marks}"
            done = 0
            if len(rows) >= _AT_ONCE:
                many = insert + f",{marks}" * (_AT_ONCE - 1)
                while len(rows) - done >= _AT_ONCE:
                    part = rows[done : done + _AT_ONCE]
                    db.execute(many, tuple(chain.from_iterable(part)))
                    done += _AT_ONCE
            db.executemany(insert, rows[done:])
        self._rows.clear()

    def write_sums(self, db: Connection) -> None:
        """The sums, into the transaction that is open."""
        for table, sums in self._sums.items():
            if not sums:
                continue
            rows = [(*key, *amounts) for key, amounts in sums.items()]
            marks = ",".join("?" * len(rows[0]))
            into = ", ".join(f"{c} = {c} + excluded.{c}" for c in _SUMS[table])
            db.executemany(
                f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO UPDATE SET {into}", rows
            )
            sums.clear()

    def clear(self) -> None:
        """Forget it."""
        self._rows.clear()
        for sums in self._sums.values():
            sums.clear()


def _nothing(columns: int) -> list[float]:
    return [0] * columns
