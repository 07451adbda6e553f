"""The budget ledger in the per-user file: what each account has spent, over all runs together.

Two kinds of windows. *Counted* ones have a known length and are aligned to the epoch (a day resets
at UTC midnight); their limit comes from whoever asks. *Heard* ones are what a platform says of
itself: limit, what is gone, and when it begins anew. A call is bought before it is sent; what a
dead process had bought stays spent until the reset.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from fftui.store import sqlite
from fftui.store.user import open_user_file
from fftui.store.windows import Bought, Heard, Standing, Window, same_window

_SCHEMA = """
CREATE TABLE IF NOT EXISTS counted (
    account TEXT NOT NULL, unit TEXT NOT NULL, period_s REAL NOT NULL,
    period INTEGER NOT NULL, n REAL NOT NULL,
    PRIMARY KEY (account, unit, period_s)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heard (
    account TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, unit TEXT NOT NULL,
    most REAL NOT NULL, used REAL NOT NULL, resets_at REAL, period_s REAL NOT NULL,
    PRIMARY KEY (account, kind, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocked (
    account TEXT PRIMARY KEY, until REAL NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS owner (mark TEXT PRIMARY KEY, account TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS salt (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL) STRICT;
"""

_TIDY = 300
"""Purchases between two checkpoints: about a thousand pages."""
_OWNER = "SELECT account FROM owner WHERE mark IN ({}) ORDER BY account = ? DESC, account LIMIT 1"


class Ledger:
    """One connection to the ledger, safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Makes the file, mode 0600, at first use. Raises StoreError when that fails."""
        self._lock = threading.Lock()
        self._untidy = 0
        self._db = open_user_file(folder, _SCHEMA)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Nothing of it stays where it cannot be written; StoreError says why, in one line."""
        with self._lock:
            try:
                yield
            except sqlite.Error as error:
                raise sqlite.StoreError(f"the budget ledger: {sqlite.explain(error)}") from None
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            self._untidy += 1
            if sqlite.SAFE and self._untidy >= _TIDY:
                self._untidy = 0
                sqlite.tidy(self._db)

    def owner(self, keys: Sequence[str], name: str) -> str:
        """The account that these keys were first seen under; `name` where they are new.

        So two plans that call one key by two names share its budget. Of a key only a hash under a
        random salt of this file is kept.
        """
        if not keys:
            return name
        with self._writing():
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT INTO salt VALUES (1, ?) ON CONFLICT DO NOTHING",
                (secrets.token_bytes(32),),
            )
            salt = bytes(self._db.execute("SELECT body FROM salt").fetchone()[0])
            marks = _marks(salt, keys)
            known = self._db.execute(
                _OWNER.format(", ".join("?" * len(marks))), (*marks, name)
            ).fetchone()
            account = str(known[0]) if known else name
            self._db.executemany(
                "INSERT INTO owner VALUES (?,?) ON CONFLICT DO NOTHING",
                [(mark, account) for mark in marks],
            )
            self._db.execute("COMMIT")
        return account

    def known(self, keys: Sequence[str], name: str) -> str:
        """What `owner` would say; keeps nothing."""
        with self._lock:
            found = self._db.execute("SELECT body FROM salt").fetchone() if keys else None
            if found is None:
                return name
            marks = _marks(bytes(found[0]), keys)
            row = self._db.execute(_OWNER.format(", ".join("?" * len(marks))), (*marks, name))
            first = row.fetchone()
        return str(first[0]) if first else name

    def buy(
        self,
        account: str,
        windows: Sequence[Window],
        wanted: Mapping[str, float],
        carried: Mapping[tuple[str, float], float],
        returned: tuple[Mapping[str, float], float],
        heard: Sequence[Heard],
        now: float,
    ) -> Bought:
        """Take units from every window at once, or none.

        `wanted` gives units by what is counted. `carried` are units of calls that are out and were
        bought in a period that is over, by (unit, period): a platform may count them in the new
        one. `returned` are units that were bought at a time and never sent. `heard` is what
        replies have said since the last purchase. Raises StoreError where nothing can be written.
        """
        with self._writing():
            self._db.execute("BEGIN IMMEDIATE")
            self._return(account, windows, *returned)
            for one in heard:
                self._hear(account, one, now)
            for window in windows:
                extra = carried.get((window.unit, window.period_s), 0.0)
                if extra:
                    self._count(account, window, extra, now)
            standings = self._standings(account, windows, now)
            granted = all(wanted.get(s.unit, 0.0) <= s.left(now) + 1e-9 for s in standings)
            if granted:
                for window in windows:
                    self._count(account, window, wanted.get(window.unit, 0.0), now)
                for unit, n in wanted.items():
                    self._db.execute(
                        "UPDATE heard SET used = used + ? WHERE account = ? AND unit = ?",
                        (n, account, unit),
                    )
                standings = self._standings(account, windows, now)
            row = self._db.execute(
                "SELECT until, reason FROM blocked WHERE account = ? AND until > ?",
                (account, now),
            ).fetchone()
            self._db.execute("COMMIT")
        return Bought(granted, standings, row[0] if row else 0.0, row[1] if row else "")

    def give_back(
        self, account: str, windows: Sequence[Window], units: Mapping[str, float], bought_at: float
    ) -> None:
        """Return units that were bought at `bought_at` and never sent."""
        with self._writing():
            self._return(account, windows, units, bought_at)

    def _return(
        self, account: str, windows: Sequence[Window], units: Mapping[str, float], bought_at: float
    ) -> None:
        for window in windows:
            if n := units.get(window.unit, 0.0):
                self._db.execute(
                    "UPDATE counted SET n = max(0, n - ?) WHERE account = ? AND unit = ?"
                    " AND period_s = ? AND period = ?",
                    (
                        n,
                        _holder(account, window),
                        window.unit,
                        window.period_s,
                        window.period(bought_at),
                    ),
                )
        for unit, n in units.items():
            # Only where the window of the purchase is still the present one.
            self._db.execute(
                "UPDATE heard SET used = max(0, used - ?) WHERE account = ? AND unit = ?"
                " AND (resets_at IS NULL OR resets_at - period_s <= ?)",
                (n, account, unit, bought_at),
            )

    def block(self, account: str, until: float, reason: str) -> None:
        """Nobody sends on this account before `until` (epoch seconds)."""
        with self._writing():
            self._db.execute(
                "INSERT INTO blocked VALUES (?,?,?) ON CONFLICT DO UPDATE SET reason ="
                " CASE WHEN excluded.until > until THEN excluded.reason ELSE reason END,"
                " until = max(until, excluded.until)",
                (account, until, reason),
            )

    def blocked_until(self, account: str, now: float) -> float:
        """Epoch seconds before which nobody sends on this account; 0 where it is open."""
        with self._lock:
            row = self._db.execute(
                "SELECT until FROM blocked WHERE account = ? AND until > ?", (account, now)
            ).fetchone()
        return float(row[0]) if row else 0.0

    def standings(
        self, account: str, windows: Sequence[Window], now: float
    ) -> tuple[Standing, ...]:
        """Every window of the account as it stands, without buying."""
        with self._writing():
            return self._standings(account, windows, now)

    def _standings(
        self, account: str, windows: Sequence[Window], now: float
    ) -> tuple[Standing, ...]:
        found = [
            Standing(w.kind, w.unit, w.limit, self._spent(account, w, now), w.resets_at(now),
                     w.source)
            for w in windows
        ]  # fmt: skip
        for kind, unit, most, used, resets_at, period_s, source in self._db.execute(
            "SELECT kind, unit, most, used, resets_at, period_s, source FROM heard"
            " WHERE account = ?", (account,)
        ).fetchall():  # fmt: skip
            if resets_at is None or now < resets_at:
                found.append(Standing(kind, unit, most, used, resets_at, source))
            elif math.isfinite(period_s):
                # Its time is over: it begins anew, as long as the platform says nothing else.
                again = resets_at + (math.floor((now - resets_at) / period_s) + 1) * period_s
                self._db.execute(
                    "UPDATE heard SET used = 0, resets_at = ? WHERE account = ? AND kind = ?"
                    " AND source = ?",
                    (again, account, kind, source),
                )
                found.append(Standing(kind, unit, most, 0.0, again, source))
        return tuple(found)

    def _hear(self, account: str, one: Heard, now: float) -> None:
        row = self._db.execute(
            "SELECT used, resets_at FROM heard WHERE account = ? AND kind = ? AND source = ?",
            (account, one.kind, one.source),
        ).fetchone()
        used = one.used
        if row is not None and same_window(row[1], one.resets_at, now):
            used = max(used, row[0])
        self._db.execute(
            "INSERT INTO heard VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
            " unit = excluded.unit, most = excluded.most, used = excluded.used,"
            " resets_at = excluded.resets_at, period_s = excluded.period_s",
            (account, one.kind, one.source, one.unit, one.limit, used, one.resets_at,
             one.period_s),
        )  # fmt: skip

    def _spent(self, account: str, window: Window, now: float) -> float:
        row = self._db.execute(
            "SELECT n FROM counted WHERE account = ? AND unit = ? AND period_s = ? AND period = ?",
            (_holder(account, window), window.unit, window.period_s, window.period(now)),
        ).fetchone()
        return float(row[0]) if row else 0.0

    def _count(self, account: str, window: Window, units: float, now: float) -> None:
        self._db.execute(
            "INSERT INTO counted VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET"
            " n = CASE WHEN period = excluded.period THEN n + excluded.n ELSE excluded.n END,"
            " period = excluded.period",
            (_holder(account, window), window.unit, window.period_s, window.period(now), units),
        )


def _marks(salt: bytes, keys: Sequence[str]) -> list[str]:
    return [hmac.new(salt, k.encode(), hashlib.sha256).hexdigest()[:32] for k in keys]


def _holder(account: str, window: Window) -> str:
    return f"{account} of {window.scope}" if window.scope else account
