"""The engine's lock: an OS file lock, so that it ends with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import NamedTuple

_RETRY_S = 0.5
_NOTE_BYTES = 256


class Note(NamedTuple):
    """What a living engine has said where nothing can be stored."""

    at: float
    """Epoch seconds; said again each second."""
    text: str


class EngineLock:
    """Held by the one engine of a run for as long as that process lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when another engine has it.

        A test of the lock holds it for an instant, hence the short second chance.
        """
        fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + _RETRY_S
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    os.close(fd)
                    return False
                time.sleep(0.01)
            else:
                self._fd = fd
                self.note("")
                return True

    def note(self, text: str) -> None:
        """Say something to those who look; nothing, to take it back.

        The file has room for it since the lock was taken, so it can be said on a full disk.
        """
        if self._fd is None:
            return
        words = f"{time.time():.3f} {text}" if text else ""
        body = words.encode("ascii", "backslashreplace")[: _NOTE_BYTES - 1]
        with contextlib.suppress(OSError):
            os.pwrite(self._fd, body.ljust(_NOTE_BYTES - 1) + b"\n", 0)

    def release(self) -> None:
        """Let go of it. The file stays: deleting it would let two engines lock two files."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def noted(path: Path) -> Note | None:
    """What the engine that holds the lock says; ask only while it is held."""
    try:
        body = path.read_bytes()[:_NOTE_BYTES]
        at, _, text = body.decode("ascii", "replace").strip().partition(" ")
        return Note(float(at), text) if text else None
    except (OSError, ValueError):
        return None


def is_held(path: Path) -> bool:
    """Whether an engine lives. Takes a shared lock for an instant, so it never starves one."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False
