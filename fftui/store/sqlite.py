"""Which SQLite is used, how it is opened, and what is asserted of it.

SQLite before 3.51.3 (3.50.7, 3.44.6) can corrupt a WAL database that two connections write at the
same moment (sqlite.org/wal.html#walresetbug), so the fixed library of the `pysqlite3` wheel is
taken where there is one, and Python's own otherwise. One process loads and uses one library only.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING


def is_fixed(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug."""
    if version >= (3, 51, 3):
        return version != (3, 52, 0)  # withdrawn by its authors
    return (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)


if TYPE_CHECKING:
    import sqlite3
else:
    try:
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:
        import sqlite3
    else:
        if not is_fixed(sqlite3.sqlite_version_info):
            import sqlite3


def _itself(value: bytes | None) -> bytes | None:
    return value


# Otherwise each NULL and each blob that is bound is asked for methods that it has not: a
# microsecond each, and a stored attempt has five.
sqlite3.register_adapter(bytes, _itself)
sqlite3.register_adapter(type(None), _itself)

VERSION: tuple[int, int, int] = sqlite3.sqlite_version_info
SAFE = is_fixed(VERSION)
"""Several processes may write. Otherwise only the engine checkpoints, and start-up says so."""

BUSY_MS = 5000
_MOUNTS = Path("/proc/self/mountinfo")

Connection = sqlite3.Connection
Error = sqlite3.Error
OperationalError = sqlite3.OperationalError
IntegrityError = sqlite3.IntegrityError
DatabaseError = sqlite3.DatabaseError


class StoreError(RuntimeError):
    """A run file that cannot be used. `str()` is one finished line for the person."""


def connect(path: Path, *, write: bool) -> Connection:
    """Open an existing file in autocommit mode, with every pragma set and read back.

    Raises StoreError in one line when the file is missing, foreign, or on a network file system.
    """
    if not path.is_file():
        raise StoreError(f"{path}: no such file")
    refuse_network(path.parent)
    # A reader of a WAL file needs -shm, which mode=ro cannot create; query_only keeps it honest.
    mode = "rw" if write or (os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)) else "ro"
    try:
        db = _open(path, f"mode={mode}")
        try:
            _prepare(db, write=write)
        except OperationalError:
            db.close()
            # A finished run on a read-only medium: no -wal, no -shm, and nobody can write.
            if mode == "rw" or path.with_name(path.name + "-wal").exists():
                raise
            db = _open(path, "mode=ro&immutable=1")
            _prepare(db, write=False)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {explain(error)}") from None
    return db


def _open(path: Path, query: str) -> Connection:
    return sqlite3.connect(
        f"file:{_quoted(path.resolve())}?{query}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )


def _quoted(path: Path) -> str:
    """The path inside a URI, as sqlite.org/uri.html says; to load urllib takes far longer."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def create(path: Path) -> Connection:
    """Make an empty file of mode 0600 (its -wal and -shm inherit it) and open it for writing."""
    refuse_network(path.parent)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    # Answers of a thousand bytes leave a seventh of a page of 4 KB unused, and half of that here.
    db.execute("PRAGMA page_size=8192")
    db.execute("PRAGMA journal_mode=WAL")
    _prepare(db, write=True)
    return db


def scratch(path: Path, *, keep: bool = False) -> Connection:
    """Open a file that nobody else has and that is thrown away if it does not get finished.

    `keep`: it is one with a content, which stays in the journal mode that it has.
    """
    db = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    if keep:
        return db
    db.execute("PRAGMA journal_mode=OFF")
    db.execute("PRAGMA synchronous=OFF")
    return db


def _prepare(db: Connection, *, write: bool) -> None:
    db.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    if write:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA fullfsync=1")
        db.execute("PRAGMA foreign_keys=1")
        db.execute("PRAGMA journal_size_limit=67108864")
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        # A checkpoint that fails inside a COMMIT looks like a commit that failed: see `tidy`.
        db.execute("PRAGMA wal_autocheckpoint=0")
    else:
        db.execute("PRAGMA query_only=1")
        # The file is opened at the first read only: whether it can be is to be known here.
        db.execute("PRAGMA schema_version").fetchone()
        wanted = {"query_only": 1}
    for name, value in {**wanted, "busy_timeout": BUSY_MS}.items():
        found = db.execute(f"PRAGMA {name}").fetchone()[0]
        if name == "journal_mode" and found == "delete":
            raise sqlite3.OperationalError("is a copy to look at; it takes no rows of its own")
        if found != value:
            raise sqlite3.OperationalError(f"PRAGMA {name} is {found!r}, not {value!r}")


def tidy(db: Connection) -> None:
    """Move what the -wal holds into the file, as far as no reader needs it there; waits for nobody.

    To be called outside of any transaction, now and then. Within a COMMIT, where SQLite would do it
    by itself, an error of it is told as one of the commit, though that is durable: the rows would
    be written again. Where the library is not safe for several processes only the engine calls it.
    """
    with contextlib.suppress(sqlite3.Error):
        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def pages(db: Connection) -> int:
    """Length of the file in pages, those in the -wal included; 0 where it cannot be read now."""
    try:
        return int(db.execute("PRAGMA page_count").fetchone()[0])
    except sqlite3.Error:
        return 0


def refuse_network(folder: Path) -> None:
    """Raise StoreError when the folder lies on a file system without shared memory for WAL."""
    kind = _filesystem(folder)
    if kind:
        raise StoreError(
            f"{folder}: lies on a network file system ({kind}), where SQLite can lose data; "
            "put runs on a local disk, e.g. with FFTUI_HOME=/local/path"
        )


def _filesystem(folder: Path) -> str:
    """Name of the network file system that holds the folder; empty on local ones or unknown."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    where = str(folder.resolve())
    best, kind = "", ""
    for row in mounts.splitlines():
        left, _, right = row.partition(" - ")
        point = left.split(" ")[4].encode().decode("unicode_escape")
        inside = where == point or where.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split(" ")[0]
    network = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "9p", "afs", "ceph", "glusterfs")
    return kind if kind in network or kind.startswith("fuse.sshfs") else ""


def explain(error: Exception) -> str:
    """An SQLite error in the words of a person who has to mend it."""
    text = str(error)
    name = getattr(error, "sqlite_errorname", "") or ""
    if "NOTADB" in name or "not a database" in text:
        return "is not a run file, or its beginning is damaged"
    if "CORRUPT" in name or "malformed" in text:
        return "is damaged; keep it as it is: `fftui doctor RUN --repair` writes a repaired copy"
    if is_full(error):
        return "the disk takes no more: it is full, or a limit or fault stops it"
    if "READONLY" in name or "readonly" in text:
        return "cannot be written; check who owns the file and its folder"
    return text


def is_full(error: Exception) -> bool:
    """Disk full, quota or file-size limit: the batch may be tried again when there is room.

    pysqlite3 reports no extended code, so a limit arrives as a plain I/O error.
    """
    name = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    return name in ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_IOERR_WRITE") or "disk is full" in text


def is_busy(error: Exception) -> bool:
    """Another process held the lock for the whole busy timeout."""
    return isinstance(error, Error) and ("locked" in str(error) or "busy" in str(error))
