"""A real pseudo-terminal round a program: what it sent, and what a person would see."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


OPEN: list[Terminal] = []
"""Those that no test has closed yet; each test closes its own in the end, see `conftest`."""


@dataclass(eq=False)
class Terminal:
    """A program in a pty of a given size."""

    pid: int
    fd: int
    screen: pyte.Screen
    stream: pyte.ByteStream
    sent: bytearray = field(default_factory=bytearray)
    """Every byte the program wrote."""

    @classmethod
    def open(cls, code: str, width: int, height: int, **env: str) -> Terminal:
        """Run Python code in a terminal of that size."""
        pid, fd = pty.fork()
        if pid == 0:
            os.closerange(
                3, 256
            )  # another terminal's end, held here, would keep it from hanging up
            os.chdir(ROOT)
            os.environ.update(
                {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8",
                 "PYTHONPATH": str(ROOT), "TEXTUAL_ANIMATIONS": "none",
                 "COLUMNS": str(width), "LINES": str(height), **env}
            )  # fmt: skip
            os.execv(sys.executable, [sys.executable, "-c", code])  # noqa: S606
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        screen = pyte.Screen(width, height)
        made = cls(pid, fd, screen, pyte.ByteStream(screen))
        OPEN.append(made)
        return made

    def read(self, seconds: float) -> int:
        """Take what comes for that long; returns how many bytes it was."""
        end, before = time.monotonic() + seconds, len(self.sent)
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            self.sent += data
            self.stream.feed(data)
            if b"\x1b[?2026$p" in data:
                os.write(self.fd, b"\x1b[?2026;2$y")
        return len(self.sent) - before

    def settle(self, quiet: float = 2.0, within: float = 30.0) -> None:
        """Read until nothing has come for a while: start-up and toasts are over."""
        end = time.monotonic() + within
        while self.read(quiet):
            if time.monotonic() > end:
                raise AssertionError(f"never quiet; last came {bytes(self.sent[-200:])!r}")

    def wait(self, seen: Callable[[str], bool], seconds: float = 30) -> str:
        """Read until the screen fits; fails with what is on it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.1)
            if seen(self.text):
                return self.text
        raise AssertionError(f"the screen never fitted:\n{self.text}")

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.screen.display)

    def hang_up(self) -> None:
        """What a closed window or a dropped connection does."""
        os.close(self.fd)
        self.fd = -1

    def close(self) -> None:
        """End the program, where it has not ended by itself; more than once is no harm."""
        if self not in OPEN:
            return
        OPEN.remove(self)
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.close(self.fd)
