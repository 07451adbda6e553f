"""The per-user file `accounts.db`: the budget ledger shared by all runs, and where runs are.

The ledger counts in windows aligned to the epoch (a day resets at UTC midnight). A call is reserved
before it is sent and settled after; what a dead process had reserved stays spent until the reset.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fftui.store import sqlite

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (
    account TEXT NOT NULL, kind TEXT NOT NULL, period INTEGER NOT NULL, n REAL NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocked (
    account TEXT PRIMARY KEY, until REAL NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS run (path TEXT PRIMARY KEY, seen_at REAL NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """One window of an account: at most `limit` units per `period_s` seconds."""

    kind: str
    limit: float
    period_s: float

    def period(self, now: float) -> int:
        """Number of the epoch-aligned period that `now` lies in."""
        return int(now // self.period_s)

    def resets_at(self, now: float) -> float:
        """Epoch seconds at which the next period begins."""
        return (self.period(now) + 1) * self.period_s


class UserFile:
    """One connection to the per-user file, safe to use from several threads."""

    def __init__(self, state_dir: Path) -> None:
        """Makes the file, mode 0600, at first use. Raises StoreError when that fails."""
        path = state_dir / "accounts.db"
        self._lock = threading.Lock()
        try:
            state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                with contextlib.suppress(FileExistsError):
                    sqlite.create(path).close()
            self._db = sqlite.connect(path, write=True)
            self._db.executescript(_SCHEMA)
        except OSError as error:
            raise sqlite.StoreError(f"{path}: cannot be made: {error.strerror}") from None
        except sqlite.Error as error:
            raise sqlite.StoreError(f"{path}: {sqlite.explain(error)}") from None

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def reserve(
        self, account: str, limits: Mapping[str, tuple[Limit, float]], now: float
    ) -> Limit | None:
        """Take units from every window at once, or none: the window that lacks them is returned.

        `limits` gives for each kind the window and the units that one call takes of it.
        """
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for limit, units in limits.values():
                    if self._spent(account, limit, now) + units > limit.limit:
                        return limit
                for limit, units in limits.values():
                    self._add(account, limit, units, now)
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        return None

    def settle(self, account: str, limit: Limit, units: float, at: float) -> None:
        """Correct a reservation made at `at` by `units` (tokens known only after the call)."""
        with self._lock:
            if limit.period(at) == limit.period(time.time()):
                self._add(account, limit, units, at)

    def spent(self, account: str, limit: Limit, now: float) -> float:
        """Units gone in the current period, by all processes of this user."""
        with self._lock:
            return self._spent(account, limit, now)

    def block(self, account: str, until: float, reason: str) -> None:
        """Nobody sends on this account before `until` (epoch seconds)."""
        with self._lock:
            self._db.execute(
                "INSERT INTO blocked VALUES (?,?,?) ON CONFLICT DO UPDATE SET reason ="
                " CASE WHEN excluded.until > until THEN excluded.reason ELSE reason END,"
                " until = max(until, excluded.until)",
                (account, until, reason),
            )

    def blocked(self, account: str, now: float) -> tuple[float, str] | None:
        """(until, reason) while the account is blocked."""
        with self._lock:
            row = self._db.execute(
                "SELECT until, reason FROM blocked WHERE account = ? AND until > ?", (account, now)
            ).fetchone()
        return (row[0], row[1]) if row else None

    def remember(self, folder: Path) -> None:
        """Keep a run's place, so that it can be found from any folder."""
        self._db.execute(
            "INSERT INTO run VALUES (?,?) ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
            (os.fspath(folder.resolve()), time.time()),
        )

    def runs(self) -> list[Path]:
        """Folders of all remembered runs, newest first; some may be gone."""
        rows = self._db.execute("SELECT path FROM run ORDER BY seen_at DESC").fetchall()
        return [Path(row[0]) for row in rows]

    def forget(self, folder: Path) -> None:
        """Drop a run's place."""
        self._db.execute("DELETE FROM run WHERE path = ?", (os.fspath(folder),))

    def _spent(self, account: str, limit: Limit, now: float) -> float:
        row = self._db.execute(
            "SELECT n FROM spent WHERE account = ? AND kind = ? AND period = ?",
            (account, limit.kind, limit.period(now)),
        ).fetchone()
        return float(row[0]) if row else 0.0

    def _add(self, account: str, limit: Limit, units: float, now: float) -> None:
        self._db.execute(
            "INSERT INTO spent VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET"
            " n = CASE WHEN period = excluded.period THEN n + excluded.n ELSE excluded.n END,"
            " period = excluded.period",
            (account, limit.kind, limit.period(now), units),
        )
