"""Copies of a run for others to look at: whole, of one moment, and written to by nobody.

The rows are read in one transaction beside a living engine and written to a file of its own, in
SQLite's rollback mode: one file without -wal and -shm, which no writer of fftui accepts.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fftui.store import sqlite
from fftui.store.folder import lock_file, set_up
from fftui.store.lock import is_held
from fftui.store.reader import Reader
from fftui.store.sqlite import Connection, StoreError
from fftui.store.withheld import REPLACED

Row = tuple[Any, ...]


def snapshot(run: Path, file: Path, *, text: bool = True) -> None:
    """Copy a run, alive or not, to a new file of mode 0600; without `text`, none of it goes in.

    The file appears whole or not at all. Raises StoreError in one line.
    """
    if file.exists():
        raise StoreError(f"{file}: exists already; choose another name")
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        with Reader(run) as reader, _new(part) as db:
            set_up(db)
            db.execute("BEGIN")
            with reader.snapshot():
                for table in tables(db):
                    columns, rows = _rows(reader.db, table)
                    change = None if text else REPLACED.get(table)
                    if change is not None:
                        rows = (change(dict(zip(columns, row, strict=True))) for row in rows)
                    fill(db, table, columns, rows)
                alive = is_held(lock_file(run))
            _close(db, alive=alive, text=text)
            db.execute("COMMIT")
        settle(part, file)
    except (OSError, sqlite.Error) as error:
        why = sqlite.explain(error) if isinstance(error, sqlite.Error) else error.strerror
        raise StoreError(f"{file}: the copy cannot be made: {why or error}") from None
    finally:
        part.unlink(missing_ok=True)


def tables(db: Connection) -> list[str]:
    """Names of all tables, in the order in which they were made."""
    rows = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    return [row[0] for row in rows.fetchall()]


def columns_of(db: Connection, table: str) -> list[str]:
    """Names of a table's columns, in their order."""
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})").fetchall()]


def fill(db: Connection, table: str, columns: list[str], rows: Iterable[Row]) -> None:
    """Insert rows as they are. The caller owns the transaction."""
    marks = ",".join("?" * len(columns))
    db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def settle(part: Path, file: Path) -> None:
    """Make a finished file durable and give it its name."""
    sync(part)
    part.rename(file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _rows(db: Connection, table: str) -> tuple[list[str], Iterable[Row]]:
    columns = columns_of(db, table)
    # Read to the end before the transaction is left: no cursor outlives it.
    return columns, db.execute(f"SELECT {', '.join(columns)} FROM {table}")


@contextlib.contextmanager
def _new(path: Path) -> Iterator[Connection]:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR))
    db = sqlite.scratch(path)
    try:
        yield db
    finally:
        db.close()


def _close(db: Connection, *, alive: bool, text: bool) -> None:
    """What was state of the original, and is none of a copy."""
    now = time.time()
    state = db.execute("SELECT state FROM engine").fetchone()[0]
    for table in ("lease", "control", "presence"):
        db.execute(f"DELETE FROM {table}")
    db.execute("DELETE FROM command WHERE done_at IS NULL")
    db.execute("UPDATE target_state SET in_flight = 0")
    if state not in ("done", "stopped", "failed"):
        when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
        was = state if alive else "left by an engine that ended without a word"
        db.execute(
            "UPDATE engine SET state = 'stopped', pid = NULL, reason = ?",
            (f"a copy made at {when}, while the run was {was}",),
        )
    words = "copied" if text else "copied without the text of prompts, answers, quotes and notes"
    db.execute(
        "INSERT INTO event (at, kind, severity, text) VALUES (?, 'copied', 'info', ?)", (now, words)
    )
