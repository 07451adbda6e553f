"""A repaired copy of a damaged run: what is readable, in a new file, with its rollups counted anew.

The damaged file is left as it is. What was lost stands open in the copy, so an engine asks it
again; nothing is made up: an answer whose text is gone is no answer.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.readings import Pool
from fftui.store import sqlite
from fftui.store.copies import columns_of, sync, tables
from fftui.store.folder import database, lock_file, set_up
from fftui.store.lock import is_held
from fftui.store.recount import Held
from fftui.store.salvage import Salvage
from fftui.store.sqlite import Connection, StoreError
from fftui.store.standing import recast
from fftui.store.texts import unpack

_LABELS = frozenset([None, *map(str, Label)])
_CLASSES = frozenset(map(str, OutcomeClass))
_WORDS = {
    "verdict": ("label", _LABELS),
    "review": ("label", _LABELS),
    "outcome": ("class", _CLASSES),
    "call": ("outcome", _CLASSES),
    "item": ("pool", frozenset(map(str, Pool))),
}
"""A column of the table, and what may stand in it."""
_COUNTED = ("cluster", "prefix", "vote")
"""Beside the rollups and their totals, what follows from other rows."""
_DROPPED = ("lease", "control", "presence")
_TEXTS = ("answer", "scenario_text", "gold")
_APPENDED = ("call", "outcome", "answer", "verdict", "flag", "review", "event")
"""Tables of which it is told how much was recovered."""


class Repaired(Struct, frozen=True):
    """What came of a repair."""

    folder: Path
    recovered: dict[str, int]
    """Rows by table."""
    lost: dict[str, int]
    """Rows that are known to be missing, by table: gaps in the ids, and what hung on them."""
    damage: dict[str, int]
    """Places that could not be read, by table."""


def repair(run: Path) -> Repaired:
    """Write a repaired copy beside the run, under the first free `NAME-repaired`.

    Raises StoreError in one line while the engine lives, and where too little is left; then
    nothing is left behind.
    """
    if is_held(lock_file(run)):
        raise StoreError(f"{run}: its engine is alive; stop the run first")
    folder = _free(run)
    place = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        made = place / "new"
        made.mkdir(mode=0o700)
        salvage = Salvage.open(database(run), place)
        try:
            with contextlib.closing(sqlite.create(database(made))) as db:
                found = _recover(db, salvage)
                _mend(db, run)
                kept = {t: _count(db, t) for t in _APPENDED}
                _recount(db, made)
                lost = {t: _highest(db, salvage, t) - kept[t] for t in _APPENDED if t != "answer"}
                _close(db, run, complete=not salvage.damage and kept == found)
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            salvage.db.close()
        sync(database(made))
        made.rename(folder)
        sync(folder.parent)
        return Repaired(folder, kept, {t: n for t, n in lost.items() if n > 0}, salvage.damage)
    except (OSError, sqlite.Error) as error:
        why = sqlite.explain(error) if isinstance(error, sqlite.Error) else error.strerror
        raise StoreError(f"{folder}: the copy cannot be made: {why or error}") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _free(run: Path) -> Path:
    number, name = 1, f"{run.stem if run.is_file() else run.name}-repaired"
    while (folder := run.parent / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return folder


def _recover(db: Connection, salvage: Salvage) -> dict[str, int]:
    """Copy the rows of every table that is not counted from others; returns how many."""
    set_up(db)
    db.execute("PRAGMA foreign_keys=0")
    db.execute("BEGIN IMMEDIATE")
    found = {}
    for table in tables(db):
        if table.startswith(("rollup_", "total_")) or table in (*_COUNTED, *_DROPPED):
            continue
        known = columns_of(db, table)
        columns, rows = salvage.rows(table)
        kept = [name for name in columns if name in known]
        insert = (
            f"INSERT INTO {table} ({', '.join(kept)}) VALUES ({','.join('?' * len(kept))})"
            " ON CONFLICT DO NOTHING"
        )
        places = [columns.index(name) for name in kept]
        for row in rows:
            values = dict(zip(columns, row, strict=True))
            if not _whole(table, values):
                salvage.damage[table] = salvage.damage.get(table, 0) + 1
                continue
            try:
                db.execute(insert, [row[i] for i in places])
            except sqlite.Error:  # a damaged row of a type that the table does not take
                salvage.damage[table] = salvage.damage.get(table, 0) + 1
        found[table] = _count(db, table)
    db.execute("COMMIT")
    return {t: found[t] for t in _APPENDED}


def _whole(table: str, values: Mapping[str, Any]) -> bool:
    """A torn page may leave half a text, or half a word, in a row that can be read."""
    if table in _WORDS:
        column, words = _WORDS[table]
        return values[column] in words
    if table not in _TEXTS:
        return True
    try:
        unpack(values["enc"], values["body"])
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _mend(db: Connection, run: Path) -> None:
    """Take out what refers to lost rows. Raises StoreError where the plan itself is lost."""
    _refuse_lacking(db, run)
    db.execute("BEGIN IMMEDIATE")
    # Of a lost answer nothing that was said of it can be checked any more.
    db.execute(
        "DELETE FROM outcome WHERE class = 'answered'"
        " AND NOT EXISTS (SELECT 1 FROM answer a WHERE a.outcome = outcome.id)"
    )
    # An attempt that was put back and asked anew counts by its last round only when all are there.
    db.execute(
        "DELETE FROM outcome WHERE (target, scenario, repeat) IN (SELECT target, scenario, repeat"
        " FROM outcome o LEFT JOIN put_back p ON p.outcome = o.id GROUP BY 1, 2, 3 HAVING"
        " max(o.round) <> count(*) - 1 OR count(p.id) < count(*) - 1)"
    )
    while orphans := db.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, *_ in orphans:
            if rowid is not None:
                db.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
        db.execute("DELETE FROM aside WHERE outcome NOT IN (SELECT id FROM outcome)")
    db.execute("COMMIT")
    _refuse_lacking(db, run)  # what a lost row took with it is gone now, too


def _refuse_lacking(db: Connection, run: Path) -> None:
    lacking = list(_lacking(db))
    if lacking:
        raise StoreError(
            f"{run}: {'; '.join(lacking)}: too little is left to go on with. Start the run anew"
            " from its plan; the damaged file is as it was"
        )


def _lacking(db: Connection) -> Iterator[str]:
    """What a run cannot do without, and is not there."""
    for table, words in (("run", "the run's own row"), ("plan", "its plan"), ("block", "its order"),
                         ("target", "its targets"), ("grader", "its graders")):  # fmt: skip
        if not _count(db, table) or _gaps(db, table):
            yield f"{words} cannot be read"
    planned = db.execute("SELECT coalesce(sum(size), 0) FROM block").fetchone()[0]
    for table in ("scenario", "scenario_text"):
        if (found := _count(db, table)) != planned:
            yield f"{found} of {planned} rows of {table} can be read"


def _count(db: Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _gaps(db: Connection, table: str) -> int:
    row = db.execute(f"SELECT coalesce(max(id), 0) - count(*) FROM {table}").fetchone()
    return int(row[0])


def _highest(db: Connection, salvage: Salvage, table: str) -> int:
    """How many rows there have been: ids are handed out without gaps, and none is deleted."""
    highest = 0
    for source in (db, salvage.db):
        with contextlib.suppress(sqlite.Error):
            row = source.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
            highest = max(highest, int(row[0]))
    return highest


def _recount(db: Connection, folder: Path) -> None:
    """Votes, items and rollups, from the rows alone."""
    db.execute("BEGIN IMMEDIATE")
    recast(db)
    db.execute("COMMIT")
    with Held(folder) as held:
        held.recount()
        counted = {}
        for table in tables(db):
            known = columns_of(db, table)
            try:
                rows = held.db.execute(f"SELECT {', '.join(known)} FROM temp.{table}").fetchall()
            except sqlite.Error:
                continue  # not counted from others
            counted[table] = known, rows
    db.execute("BEGIN IMMEDIATE")
    for table, (known, rows) in counted.items():
        db.execute(f"DELETE FROM {table}")
        db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(known))})", rows)
    db.execute("COMMIT")


def _close(db: Connection, run: Path, *, complete: bool) -> None:
    """Say in the copy what it is; where something was lost, targets are open again."""
    now = time.time()
    db.execute("BEGIN IMMEDIATE")
    row = db.execute("SELECT state FROM engine").fetchone()
    if not complete or row is None or row[0] not in ("done", "stopped", "failed"):
        db.execute("DELETE FROM target_state")
        db.execute(
            "INSERT INTO engine VALUES (1, NULL, 'stopped', ?, NULL, NULL, 0) ON CONFLICT DO UPDATE"
            " SET pid = NULL, state = excluded.state, reason = excluded.reason",
            ("a repaired copy; `fftui resume` asks again what was lost",),
        )
    db.execute("DELETE FROM command WHERE done_at IS NULL")
    words = f"repaired from {run.name}"
    db.execute(
        "INSERT INTO event (at, kind, severity, text) VALUES (?, 'repaired', 'warning', ?)",
        (now, words),
    )
    db.execute("COMMIT")
