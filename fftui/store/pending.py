"""What a transaction writes at its end: rows that nobody reads inside it, and sums for the rollups.

Hundreds of attempts share a commit and most of their rollup rows, so each is touched once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import partial

from fftui.store.amounts import OUTCOME_COLUMNS, VERDICT_COLUMNS
from fftui.store.sqlite import Connection

_AT_ONCE = 64, 8, 1
"""Rows of one INSERT: a statement a row takes a tenth longer, and Python's lock each time."""
Key = tuple[int | str, ...]

_SUMS = {
    "rollup_outcome": OUTCOME_COLUMNS,
    "rollup_verdict": VERDICT_COLUMNS,
    "total_outcome": OUTCOME_COLUMNS,
    "total_verdict": VERDICT_COLUMNS,
    "rollup_call": ("n", "tokens", "cost_usd", "cost_unknown"),
    "rollup_minute": ("closed", "verdicts", "rate_limited", "failed"),
    "rollup_pool": ("size", "drawn", "open"),
    "rollup_flag": ("n",),
    "rollup_flagged": ("n",),
}
"""The columns that are added to; those before them are the key."""
_TOTALS = {"rollup_outcome": "total_outcome", "rollup_verdict": "total_verdict"}
"""What has the same sums of all families together."""
CALLS, TOKENS, COST, COST_UNKNOWN = 0, 1, 2, 3
"""Places of the amounts of `rollup_call`."""
FLAGGED = 0
"""Of `rollup_flag` and `rollup_flagged`."""
SIZE, DRAWN, OPEN = 0, 1, 2
"""Of `rollup_pool`."""
CLOSED, VERDICTS, RATE_LIMITED, FAILED = 0, 1, 2, 3
"""Of `rollup_minute`."""


class Pending:
    """Gathered in memory, written before the commit, forgotten with a rollback."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[int, list[object]]] = {}
        """Columns of a table, and the values of its rows one after the other."""
        self._sums = {
            table: defaultdict[Key, list[float]](partial(_nothing, len(columns)))
            for table, columns in _SUMS.items()
        }

        self._moments: tuple[list[float], ...] = tuple([] for _ in _SUMS["rollup_minute"])

    def row(self, into: str, values: tuple[object, ...]) -> None:
        """Insert a row at the end. `into` is a table or its columns.

        Outcomes go first, since others may name them; the rows of a table keep their order.
        """
        found = self._rows.get(into)
        if found is None:
            found = self._rows[into] = (len(values), [])
        found[1].extend(values)

    def of(self, table: str, key: Key) -> list[float]:
        """What is added to a row of a rollup, column by column: the caller adds to it.

        The row is made where it is missing.
        """
        return self._sums[table][key]

    def moment(self, at: float, column: int) -> None:
        """Something to be counted in its minute, in that column of `rollup_minute`."""
        self._moments[column].append(at)

    def write_rows(self, db: Connection) -> None:
        """The rows, into the transaction that is open."""
        for into, (width, values) in sorted(self._rows.items(), key=_outcomes_first):
            row, done = f"({','.join('?' * width)})", 0
            for rows in _AT_ONCE:
                insert = f"INSERT INTO {into} VALUES {','.join([row] * rows)}"
                step = rows * width
                while len(values) - done >= step:
                    db.execute(insert, values[done : done + step])
                    done += step
        self._rows.clear()

    def write_sums(self, db: Connection) -> None:
        """The sums, into the transaction that is open."""
        for column, moments in enumerate(self._moments):
            for minute, n in _minutes(moments).items():
                self.of("rollup_minute", (minute,))[column] += n
            moments.clear()
        for table, total in _TOTALS.items():
            _add_up(self._sums[table], self._sums[total])
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
        for moments in self._moments:
            moments.clear()


def _outcomes_first(one: tuple[str, object]) -> bool:
    return one[0] != "outcome"


def _add_up(families: Mapping[Key, list[float]], totals: defaultdict[Key, list[float]]) -> None:
    for (target, identity, _, *rest), amounts in families.items():
        key = target, identity, *rest
        totals[key] = [a + b for a, b in zip(totals[key], amounts, strict=True)]


def _nothing(columns: int) -> list[float]:
    return [0] * columns


def _minutes(moments: list[float]) -> Mapping[int, int]:
    """How many of them each epoch minute has."""
    if moments and max(moments) // 60 == min(moments) // 60:
        return {int(moments[0] // 60): len(moments)}
    return Counter(int(at // 60) for at in moments)
