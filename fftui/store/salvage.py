"""Reads what can be read of a damaged database, table by table; never of the original file."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fftui.store import sqlite
from fftui.store.copies import columns_of
from fftui.store.sqlite import Connection, StoreError

_LAST = 2**62
_MAGIC = b"SQLite format 3\x00"


@dataclass
class Salvage:
    """A private copy of a damaged file, opened, and what could not be read of it."""

    db: Connection
    damage: dict[str, int] = field(default_factory=dict)
    """Places at which a table could not be read, by table."""

    @classmethod
    def open(cls, database: Path, place: Path) -> Salvage:
        """Copy the file with its WAL into `place` and open the copy.

        What a truncated file lacks is filled up with nothing. Raises StoreError when not even the
        list of tables is readable.
        """
        copy = place / "damaged.db"
        for end in ("", "-wal"):
            source = database.with_name(database.name + end)
            if source.exists():
                shutil.copyfile(source, copy.with_name(copy.name + end))
        _fill_up(copy)
        db = sqlite.scratch(copy, keep=True)
        try:
            db.execute("PRAGMA writable_schema=ON")
            db.execute("SELECT name FROM sqlite_schema").fetchall()
        except sqlite.Error as error:
            db.close()
            raise StoreError(
                f"{database}: nothing of it can be read ({sqlite.explain(error)}); start the run"
                " anew from its plan, or put back a copy of yours"
            ) from None
        return cls(db)

    def rows(self, table: str) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """A table's columns and every row of it that is readable, in the order of their ids."""
        try:
            columns = columns_of(self.db, table)
        except sqlite.Error:
            columns = []
        if not columns:
            self._note(table)
            return [], iter(())
        keyed = self.db.execute(
            "SELECT 1 FROM pragma_table_list WHERE name = ? AND wr", (table,)
        ).fetchone()
        names = ", ".join(columns)
        return columns, self._plain(table, names) if keyed else self._rows(table, names)

    def _plain(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a table without ids, up to the first damage."""
        try:
            yield from self.db.execute(f"SELECT {columns} FROM {table}")
        except sqlite.Error:
            self._note(table)

    def _rows(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        after = -1
        while True:
            try:
                found = self.db.execute(
                    f"SELECT rowid, {columns} FROM {table} WHERE rowid > ? ORDER BY rowid", (after,)
                )
                for row in found:
                    if row[0] <= after:
                        raise sqlite.DatabaseError("ids go backwards")
                    after = row[0]
                    yield row[1:]
                return
            except sqlite.Error:
                self._note(table)
                beyond = self._beyond(table, after)
                if beyond is None:
                    return
                after = beyond

    def _beyond(self, table: str, after: int) -> int | None:
        """The smallest id behind which the table is readable again; `None`: nowhere."""
        bad, step = after, 1
        while not self._readable(table, after + step):
            bad, step = after + step, step * 2
            if step > _LAST:
                return None
        good = after + step
        while good - bad > 1:
            middle = (good + bad) // 2
            if self._readable(table, middle):
                good = middle
            else:
                bad = middle
        return good

    def _readable(self, table: str, after: int) -> bool:
        try:
            self.db.execute(
                f"SELECT * FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT 1", (after,)
            ).fetchone()
        except sqlite.Error:
            return False
        return True

    def _note(self, table: str) -> None:
        self.damage[table] = self.damage.get(table, 0) + 1


def _fill_up(path: Path) -> None:
    """A file that is shorter than its header says gets empty pages in place of the lost ones."""
    with path.open("r+b") as file:
        header = file.read(100)
        if len(header) < 100 or not header.startswith(_MAGIC):
            return
        size = struct.unpack(">H", header[16:18])[0]
        pages = struct.unpack(">I", header[28:32])[0]
        wanted = (65536 if size == 1 else size) * pages
        if os.fstat(file.fileno()).st_size < wanted:
            file.truncate(wanted)
