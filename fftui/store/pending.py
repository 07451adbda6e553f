"""What a transaction writes at its end: rows that nobody reads inside it, and sums for the rollups.

Hundreds of attempts share a commit and most of their rollup rows, so each is touched once.
"""

from __future__ import annotations

from fftui.store.sqlite import Connection

Key = tuple[int | str, ...]

_SUMS = {
    "rollup_outcome": ("n", "settled", "first"),
    "rollup_verdict": ("n", "settled", "first"),
    "rollup_call": ("n", "tokens", "cost_usd", "cost_unknown"),
    "rollup_minute": ("closed", "verdicts", "rate_limited", "failed"),
    "rollup_pool": ("size", "drawn", "open"),
    "rollup_flag": ("n",),
    "rollup_flagged": ("n",),
}
"""The columns that are added to; those before them are the key."""


class Pending:
    """Gathered in memory, written before the commit, forgotten with a rollback."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        self._sums: dict[tuple[str, Key], list[float]] = {}

    def row(self, statement: str, values: tuple[object, ...]) -> None:
        """Execute an insertion at the end, in the order of such calls."""
        self._rows.setdefault(statement, []).append(values)

    def add(self, table: str, key: Key, *amounts: float) -> None:
        """Add to the row of a rollup, which is made where it is missing."""
        known = self._sums.get((table, key))
        if known is None:
            self._sums[table, key] = list(amounts)
        else:
            for i, amount in enumerate(amounts):
                known[i] += amount

    def write_rows(self, db: Connection) -> None:
        """The rows, into the transaction that is open."""
        for statement, rows in self._rows.items():
            db.executemany(statement, rows)
        self._rows.clear()

    def write_sums(self, db: Connection) -> None:
        """The sums, into the transaction that is open."""
        by_table: dict[str, list[tuple[object, ...]]] = {}
        for (table, key), amounts in self._sums.items():
            by_table.setdefault(table, []).append((*key, *amounts))
        for table, rows in by_table.items():
            columns = _SUMS[table]
            marks = ",".join("?" * len(rows[0]))
            sums = ", ".join(f"{c} = {c} + excluded.{c}" for c in columns)
            db.executemany(
                f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO UPDATE SET {sums}", rows
            )
        self._sums.clear()

    def clear(self) -> None:
        """Forget it."""
        self._rows.clear()
        self._sums.clear()
