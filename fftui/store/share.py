"""Who may open a run's files: its owner, or a Unix group of reviewers too."""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fftui.store.folder import database, lock_file
from fftui.store.sqlite import StoreError

# Set-group-id: what SQLite makes in there is the group's. Sticky: nobody takes away another's.
_SHARED_FOLDER, _OWN_FOLDER = 0o3770, 0o700
_SHARED_FILE, _SHARED_LOCK, _OWN_FILE = 0o660, 0o640, 0o600


def share(folder: Path, group: str) -> None:
    """Let the members of a Unix group read and review the run.

    They get the run file, with prompts and answers in it, and the sign that an engine lives. The
    engine's log and the ledger of accounts stay the owner's. Raises StoreError in one line.
    """
    if folder.is_file():
        raise StoreError(f"{folder}: is a copy, a file of its own; hand it over as it is")
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        raise StoreError(f"no group {group!r} on this system; `groups` lists yours") from None
    # The lock is made now: an engine that starts later would make it for its owner alone.
    lock = lock_file(folder)
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _OWN_FILE))
    except OSError as error:
        raise StoreError(f"{lock}: {error.strerror}") from None
    _set(lock, gid, _SHARED_LOCK)
    shared = _database_files(folder)
    for path in shared:
        _set(path, gid, _SHARED_FILE)
    for path in folder.iterdir():
        if path not in (lock, *shared) and path.is_file():
            _set(path, path.lstat().st_gid, _OWN_FILE)
    # Last: until then nobody else comes this far.
    _set(folder, gid, _SHARED_FOLDER)


def unshare(folder: Path) -> None:
    """Close the run to everybody but its owner. Raises StoreError in one line."""
    gid = os.getgid()
    if folder.is_dir():
        _set(folder, gid, _OWN_FOLDER)
    for path in (*_database_files(folder), lock_file(folder)):
        if path.exists():
            _set(path, gid, _OWN_FILE)


def shared_with(folder: Path) -> str:
    """Name of the group that the run is open to; empty for none, and for a copy."""
    found = folder.stat()
    if folder.is_file() or stat.S_IMODE(found.st_mode) & 0o2070 != 0o2070:
        return ""
    try:
        return grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        return f"group {found.st_gid}"


def too_open(folder: Path) -> Iterator[tuple[Path, str]]:
    """(file, what lets others at it and how to mend that; empty where all is well)."""
    shared = bool(shared_with(folder))
    gid = folder.stat().st_gid
    expected = {lock_file(folder): _SHARED_LOCK}
    expected |= dict.fromkeys(_database_files(folder), _SHARED_FILE)
    beside = () if folder.is_file() else (folder, *(p for p in folder.iterdir() if p.is_file()))
    for path in sorted({*beside, *_database_files(folder)}):
        found = path.lstat()
        mode = stat.S_IMODE(found.st_mode)
        meant = _SHARED_FOLDER if path.is_dir() else expected.get(path, _OWN_FILE)
        alone = _OWN_FOLDER if path.is_dir() else _OWN_FILE
        allowed = meant if shared and found.st_gid == gid else alone
        extra = mode & 0o077 & ~allowed
        mend = f"chmod {allowed:o} {path}"
        yield path, f"mode {mode:04o} lets others in; {mend}" if extra else ""


def barriers(folder: Path, group: str) -> list[Path]:
    """Folders above the run that its group cannot pass, the outermost first."""
    gid = grp.getgrnam(group).gr_gid
    found = []
    for above in reversed(folder.resolve().parents):
        status = above.stat()
        passable = status.st_mode & 0o001 or (status.st_gid == gid and status.st_mode & 0o010)
        if not passable:
            found.append(above)
    return found


def _database_files(folder: Path) -> list[Path]:
    base = database(folder)
    beside = (base.with_name(base.name + end) for end in ("-wal", "-shm"))
    return [base, *(path for path in beside if path.exists())]


def _set(path: Path, gid: int, mode: int) -> None:
    try:
        # Never through a link: a member of the group could have laid one.
        if path.is_symlink():
            raise StoreError(f"{path}: is a link; a run's own files are no links")
        os.chown(path, -1, gid, follow_symlinks=False)
        path.chmod(mode)  # after the owner: a change of that takes set-group-id away
    except PermissionError:
        name = grp.getgrgid(gid).gr_name
        raise StoreError(
            f"{path}: only its owner can share it, and only with a group of theirs; you must be a"
            f" member of {name}"
        ) from None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
