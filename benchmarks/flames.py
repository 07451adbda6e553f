"""Flame graphs of the engine at 256 calls at once, and of the screens' tick, by py-spy.

    python -m benchmarks.flames [FOLDER]

Writes `flame-engine.svg` and `flame-tick.svg`; docs/performance.md says what they showed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.big_run import make_big_run
from benchmarks.constant_server import constant_server
from benchmarks.live import playing
from benchmarks.machine import FFTUI, ROOT, bench_home, plan
from benchmarks.peers import python_with
from benchmarks.terminal import program

_CALLS, _TICKS = 20_000, 60


def engine(spy: Path, into: Path) -> None:
    """Of a whole run of short answers, from the command to its end."""
    with bench_home() as home, constant_server() as server:
        path = plan(home / "plan", server.url, _CALLS, 256)
        _record(spy, into, ["--", *FFTUI, "run", str(path), "--headless"])


def tick(spy: Path, into: Path) -> None:
    """Of an attached screen, 50 targets, 500 verdicts a second."""
    with bench_home():
        runs = Path(os.environ["FFTUI_HOME"])
        folder = make_big_run(runs, 10_000, targets=50, spare=800)
        with playing(folder, 500), program([*FFTUI, "attach", str(folder)]) as app:
            app.wait(lambda sent: b"activity" in sent)
            app.read(3)
            spying = subprocess.Popen(
                [*_argv(spy, into), "-d", str(_TICKS),
                 "--pid", str(app.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            app.read(_TICKS + 3)
            spying.wait(timeout=30)


def _record(spy: Path, into: Path, rest: list[str]) -> None:
    subprocess.run([*_argv(spy, into), *rest], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def _argv(spy: Path, into: Path) -> list[str]:
    return [str(spy), "record", "--gil", "--rate", "500", "--format", "flamegraph", "--function",
            "--output", str(into)]  # fmt: skip


def main() -> int:
    """Write both."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    spy = python_with("py-spy", "py-spy") / "py-spy"
    for name, record, title in (
        ("flame-engine.svg", engine, f"the engine, {_CALLS:,} calls, 256 at once"),
        ("flame-tick.svg", tick, f"an attached screen, {_TICKS} s, 500 verdicts/s"),
    ):
        into = folder / name
        record(spy, into)
        # py-spy writes its own call there, with the folders of this machine.
        into.write_text(
            re.sub(r"py-spy [^<]*record[^<]*|/[^<]*py-spy[^<]*", title, into.read_text())
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
