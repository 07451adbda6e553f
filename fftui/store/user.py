"""The per-user file `accounts.db`: the place of the budget ledger, and where the runs are."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from fftui.store import sqlite
from fftui.store.sqlite import Connection

_SCHEMA = "CREATE TABLE IF NOT EXISTS run (path TEXT PRIMARY KEY, seen_at REAL NOT NULL) STRICT;"


def open_user_file(folder: Path, schema: str) -> Connection:
    """The file in `folder`, made at first use with mode 0600, with these tables in it.

    Raises StoreError in one line when that fails.
    """
    path = folder / "accounts.db"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make(path)
        db = sqlite.connect(path, write=True)
        db.executescript(schema)
    except OSError as error:
        raise sqlite.StoreError(f"{path}: cannot be made: {error.strerror}") from None
    except sqlite.Error as error:
        raise sqlite.StoreError(f"{path}: {sqlite.explain(error)}") from None
    return db


def _make(path: Path) -> None:
    """A file that is whole from its first moment: other processes may open it at any."""
    made = path.with_name(f".{path.stem}-{os.getpid()}-{time.monotonic_ns()}")
    sqlite.create(made).close()
    try:
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
    finally:
        made.unlink()


class UserFile:
    """Where the user's runs are. One connection, for one thread."""

    def __init__(self, state_dir: Path) -> None:
        """Raises StoreError when the file cannot be made."""
        self._db = open_user_file(state_dir, _SCHEMA)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

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
