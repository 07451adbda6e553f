"""Who looks at a run and how far they had seen it, for *since you left*."""

from __future__ import annotations

import os
import time
from pathlib import Path

from msgspec import Struct

from fftui.store import sqlite
from fftui.store.folder import database
from fftui.store.sqlite import Connection


class Seen(Struct, frozen=True):
    """What a person had seen when they left: the last row id of each kind."""

    at: float
    pid: int
    """The program in which this person looks right now; 0 when they left it properly."""
    event: int
    outcome: int
    flag: int

    @property
    def still_here(self) -> bool:
        """They look at the run right now, on another screen of this machine."""
        return self.pid not in (0, os.getpid()) and runs(self.pid)


def runs(pid: int) -> bool:
    """Whether a process of that number runs on this machine."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return True
    # One that was killed and that nobody has asked after yet has a number still.
    return stat.rpartition(")")[2].split()[:1] != ["Z"]


def last_seen(db: Connection, who: str) -> Seen | None:
    """When and up to where this person last looked, `None` at the first visit."""
    row = db.execute(
        "SELECT seen_at, pid, event, outcome, flag FROM presence WHERE who = ?", (who,)
    ).fetchone()
    return Seen(*row) if row else None


def mark_seen(folder: Path, who: str, *, leaving: bool) -> None:
    """Note that this person has seen everything up to now.

    A run that cannot be written, e.g. a read-only copy, is looked at without leaving a mark.
    """
    try:
        db = sqlite.connect(database(folder), write=True)
    except sqlite.StoreError:
        return
    try:
        db.execute(
            "INSERT INTO presence SELECT ?,?,?, (SELECT coalesce(max(id),0) FROM event),"
            " (SELECT coalesce(max(id),0) FROM outcome), (SELECT coalesce(max(id),0) FROM flag)"
            " WHERE true ON CONFLICT DO UPDATE SET pid = excluded.pid, seen_at = excluded.seen_at,"
            " event = excluded.event, outcome = excluded.outcome, flag = excluded.flag",
            (who, 0 if leaving else os.getpid(), time.time()),
        )
    except sqlite.Error:
        return
    finally:
        db.close()
