"""A program in a pty of 120x40: what it sends, when, and what stands on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyte

SIZE = (120, 40)


@dataclass
class Program:
    """It runs until the block that started it ends."""

    pid: int
    fd: int
    started_at: float
    """By `time.perf_counter`."""
    sent: bytearray = field(default_factory=bytearray)
    """Everything it wrote."""
    screen: pyte.Screen | None = None
    """Kept where somebody looks at it: reading a terminal's language costs more than the bytes."""
    _stream: pyte.ByteStream | None = None

    def look(self) -> None:
        """Keep the screen from here on, from all that was sent so far."""
        self.screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self.screen)
        self._stream.feed(bytes(self.sent))

    def read(self, seconds: float) -> int:
        """Take what comes for that long, or until it ends; how many bytes it was."""
        end, before = time.perf_counter() + seconds, len(self.sent)
        while (left := end - time.perf_counter()) > 0 and self.take(left):
            pass
        return len(self.sent) - before

    def take(self, seconds: float) -> bytes:
        """What comes next, waiting so long at most; empty where nothing came."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        self.sent += data
        if self._stream is not None:
            self._stream.feed(data)
        if b"\x1b[?2026$p" in data:
            os.write(self.fd, b"\x1b[?2026;2$y")
        return data

    def wait(self, seen: Callable[[bytes], bool], seconds: float = 60.0) -> float:
        """Seconds from the start until what was sent fits. Raises RuntimeError if it never does."""
        end = time.perf_counter() + seconds
        while not seen(bytes(self.sent)):
            if time.perf_counter() > end:
                raise RuntimeError(f"the screen never came; last {bytes(self.sent[-200:])!r}")
            self.take(0.05)
        return time.perf_counter() - self.started_at

    def settle(self, quiet: float = 2.0, within: float = 30.0) -> None:
        """Read until nothing has come for a while."""
        end = time.perf_counter() + within
        while self.read(quiet) and time.perf_counter() < end:
            pass

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())


@contextmanager
def program(argv: Sequence[str], **env: str) -> Iterator[Program]:
    """Run it in the pty, with colours and without animations."""
    started = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(
            {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
             "COLUMNS": str(SIZE[0]), "LINES": str(SIZE[1]), **env}
        )  # fmt: skip
        os.execvp(argv[0], list(argv))  # noqa: S606 - the programs of the suite
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    try:
        yield Program(pid, fd, started)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)
