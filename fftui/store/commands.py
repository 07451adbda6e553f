"""What people ask of a running engine: keys and commands write rows, the engine reads them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from fftui.store import sqlite
from fftui.store.folder import database
from fftui.store.sqlite import Connection, StoreError

Kind = Literal["pause", "resume", "stop", "pause_target", "resume_target", "reload"]
KINDS: tuple[str, ...] = get_args(Kind)


class Command(Struct, frozen=True):
    """One row of the command table."""

    id: int
    kind: str
    by: str
    target: int | None
    at: float


def send(folder: Path, kind: str, target: int | None, by: str) -> int:
    """Ask the engine of the run in `folder` for something; returns the command's id.

    Raises StoreError when the run cannot be written, ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown command {kind!r}; allowed: {', '.join(KINDS)}")
    db = sqlite.connect(database(folder), write=True)
    try:
        return insert(db, kind, target, by)
    except sqlite.Error as error:
        raise StoreError(f"{folder}: {sqlite.explain(error)}") from None
    finally:
        db.close()


def insert(db: Connection, kind: str, target: int | None, by: str) -> int:
    """The row of a command, in the caller's transaction; returns its id."""
    row = db.execute(
        "INSERT INTO command (at, by, kind, target) VALUES (?,?,?,?) RETURNING id",
        (time.time(), by, kind, target),
    ).fetchone()
    return int(row[0])


def pending(db: Connection) -> list[Command]:
    """Commands that no engine has answered yet, oldest first."""
    rows = db.execute(
        "SELECT id, kind, by, target, at FROM command WHERE done_at IS NULL ORDER BY id"
    ).fetchall()
    return [Command(*row) for row in rows]


def result(folder: Path, command: int) -> str | None:
    """The engine's answer to a command, `None` while there is none."""
    db = sqlite.connect(database(folder), write=False)
    try:
        row = db.execute("SELECT result FROM command WHERE id = ?", (command,)).fetchone()
        return None if row is None else row[0]
    finally:
        db.close()
