"""How long the table over all runs takes at a real terminal: to stand, and for each key in it.

python -m benchmarks.corpus_view [--targets 190] [--verdicts 132416]
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from benchmarks.big_run import make_big_run
from fftui.domain.labels import Tier
from fftui.results.across import read_all, together

WALK = (
    ("down", b"j" * 150), ("page up", b"\x15" * 7), ("page down", b"\x04" * 7), ("up", b"k" * 150),
    ("last, first", b"Gg" * 10), ("sort", b"s" * 14), ("flip", b"S" * 10), ("tier", b"t" * 9),
    ("makers, targets", b"v" * 10),
)  # fmt: skip
_QUIET_S = 0.03


def settle(terminal: int, quiet: float = _QUIET_S) -> tuple[float, int]:
    """(when the last byte came, how many came), once nothing has come for so long."""
    last, size = time.perf_counter(), 0
    while select.select([terminal], [], [], quiet)[0]:
        size += len(os.read(terminal, 1 << 16))
        last = time.perf_counter()
    return last, size


def pressed(terminal: int, key: bytes) -> tuple[float, int]:
    """(ms from the key to the last byte of what it painted, bytes)."""
    began = time.perf_counter()
    os.write(terminal, key)
    select.select([terminal], [], [], 0.5)
    last, size = settle(terminal)
    return (last - began) * 1000, size


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=132_416)
    parser.add_argument("--targets", type=int, default=190)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for name in ("FFTUI_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = f"{place}/{name}"
        home = Path(os.environ["FFTUI_HOME"])
        folder = make_big_run(home, options.verdicts, targets=options.targets)
        began = time.perf_counter()
        rows, _ = read_all([folder])
        groups = together(rows, Tier.STRICT)
        took_ms = (time.perf_counter() - began) * 1000
        print(f"{len(rows)} targets, {len(groups)} makers on platforms: read in {took_ms:.0f} ms")
        child, terminal = pty.fork()
        if not child:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-m", "fftui"])  # noqa: S606
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.kill(child, signal.SIGWINCH)
        settle(terminal, 3.0)
        began = time.perf_counter()
        os.write(terminal, b"c")
        print(f"from the key to the full table: {(settle(terminal, 3.0)[0] - began) * 1000:.0f} ms")
        for name, keys in WALK:
            found = [pressed(terminal, bytes([key])) for key in keys]
            took = sorted(ms for ms, _ in found)
            print(
                f"{name:>15}: median {statistics.median(took):5.1f} ms, slowest {took[-1]:5.1f} ms,"
                f" {statistics.median(size for _, size in found):.0f} bytes, n {len(took)}"
            )
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
