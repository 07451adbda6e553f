"""A disk that forgets: what was not synced when the power fails is there, or is not, by sectors.

`Disk` is a file system in memory for SQLite. It keeps what a sync has made durable apart from what
was written since, and can be told to fail at the n-th operation. A Python VFS has no shared memory,
hence the exclusive locking mode.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import apsw

from fftui.store import sqlite

SECTOR = 512


class PowerFailedError(Exception):
    """From here on no operation reaches the disk."""


@dataclass
class Stored:
    """One file: what is on the platter, and what the program sees."""

    durable: bytearray
    current: bytearray
    dirty: set[int] = field(default_factory=set)
    """Sectors written since the last sync."""

    def after_cut(self, chance: random.Random) -> bytes:
        """What is found later: each sector that was not synced is the old or the new one."""
        found = bytearray(self.durable)
        if len(self.current) < len(found) and chance.random() < 0.5:
            del found[len(self.current) :]
        for sector in sorted(self.dirty):
            start = sector * SECTOR
            piece = self.current[start : start + SECTOR]
            if piece and chance.random() < 0.5:
                if len(found) < start + len(piece):
                    found.extend(bytes(start + len(piece) - len(found)))
                found[start : start + len(piece)] = piece
        return bytes(found)


class Disk(apsw.VFS):
    """Files in memory under their names; `operations` counts down to the power cut."""

    def __init__(
        self, files: dict[str, bytes], operations: int, failing: Collection[int] = ()
    ) -> None:
        self.failing = failing
        """Numbers of operations that end with an error, and then it works again."""
        self.done = 0
        self.name = f"disk-{uuid.uuid4().hex}"
        self.files = {name: Stored(bytearray(b), bytearray(b)) for name, b in files.items()}
        self.operations = operations
        super().__init__(self.name, base="")

    def spend(self) -> None:
        """One write, truncation or sync; raises PowerFailedError when it is one too many."""
        self.operations -= 1
        if self.operations <= 0:
            raise PowerFailedError
        self.fail()

    def fail(self) -> None:
        """Raise an error where this operation is one of those that fail."""
        self.done += 1
        if self.done in self.failing:
            raise apsw.IOError

    def after_cut(self, chance: random.Random) -> dict[str, bytes]:
        """All files as the next start finds them."""
        return {name: stored.after_cut(chance) for name, stored in self.files.items()}

    def xOpen(self, name: Any, flags: list[int]) -> Open:  # type: ignore[override]  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else (name or uuid.uuid4().hex)
        flags[1] = flags[0]
        return Open(self, self.files.setdefault(path, Stored(bytearray(), bytearray())))

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.spend()
        self.files.pop(filename, None)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        return pathname in self.files

    def xFullPathname(self, filename: str) -> str:  # noqa: N802
        return filename


class Open:
    """An open file of a Disk."""

    def __init__(self, disk: Disk, stored: Stored) -> None:
        self.disk, self.stored = disk, stored

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self.stored.current[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        # The operation that is cut off has written a part of what it was to write.
        self.disk.operations -= 1
        cut = self.disk.operations <= 0
        kept = data[: len(data) // 2] if self.disk.operations == 0 else b"" if cut else data
        current = self.stored.current
        if len(current) < offset + len(kept):
            current.extend(bytes(offset + len(kept) - len(current)))
        current[offset : offset + len(kept)] = kept
        first, last = offset // SECTOR, (offset + max(1, len(kept)) - 1) // SECTOR
        self.stored.dirty.update(range(first, last + 1))
        if cut:
            raise PowerFailedError
        self.disk.fail()

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self.disk.spend()
        del self.stored.current[newsize:]

    def xSync(self, flags: int) -> None:  # noqa: N802
        try:
            self.disk.spend()
        except apsw.IOError:
            # As Linux does it: what could not be written is forgotten, and taken for clean.
            self.stored.dirty.clear()
            raise
        durable, current = self.stored.durable, self.stored.current
        if len(durable) < len(current):
            durable.extend(bytes(len(current) - len(durable)))
        del durable[len(current) :]
        for sector in self.stored.dirty:
            piece = slice(sector * SECTOR, min((sector + 1) * SECTOR, len(current)))
            durable[piece] = current[piece]
        self.stored.dirty.clear()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self.stored.current)

    def xLock(self, level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:  # noqa: N802
        pass


class Database:
    """An apsw connection with the few methods of sqlite3's that the store uses."""

    def __init__(self, disk: Disk, path: str) -> None:
        self._db = apsw.Connection(path, vfs=disk.name)
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    def execute(self, sql: str, values: Any = ()) -> Rows:
        before = self._db.total_changes()
        try:
            found = self._db.execute(sql, values).fetchall()
        except apsw.IOError:
            error = sqlite.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR"
            raise error from None
        return Rows(found, self._db.total_changes() - before)

    def executemany(self, sql: str, rows: Any) -> None:
        self._db.executemany(sql, rows)

    def close(self) -> None:
        self._db.close(True)


@dataclass
class Rows:
    """What a statement gave."""

    found: list[Any]
    rowcount: int

    def fetchone(self) -> Any:
        return self.found[0] if self.found else None

    def fetchall(self) -> list[Any]:
        return self.found
