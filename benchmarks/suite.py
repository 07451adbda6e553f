"""The benchmark suite: measures each row and prints the table.

    python -m benchmarks.suite [--quick] [--only ROW …] [--list]

All figures are ratios within one run on one machine. CPU time is compared where it can be; what is
compared is run in turn, and medians are taken. A row that misses its target says so, and so does
one that could not be measured; neither fails the command.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import calls, engines, screens, starts
from benchmarks.found import HEAD, Found, missing

ROWS: dict[str, tuple[Callable[[bool], Iterator[Found]], bool]] = {
    "calls": (calls.per_call, True),
    "first-request": (calls.first_request, True),
    "idle": (engines.idle, True),
    "commits": (engines.commits, True),
    "following": (screens.following, False),
    "opening": (screens.opening, True),
    "tick": (screens.tick, True),
    "start": (starts.cold, True),
    "bytes": (screens.sent, True),
    "busy": (screens.busy, False),
    "memory-engine": (engines.memory, False),
    "memory-screens": (screens.memory, False),
    "disk": (engines.disk, True),
}
"""By name: what measures it, and whether it belongs to the quick suite."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure fftui against its peers.")
    parser.add_argument("--quick", action="store_true", help="under two minutes, without peers")
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help="repeatable")
    parser.add_argument("--list", action="store_true", help="the names of the rows")
    options = parser.parse_args()
    if options.list:
        print("\n".join(ROWS))
        return 0
    began = time.monotonic()
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{platform.system()} {platform.release()}, Python {platform.python_version()},"
          f" {os.cpu_count()} cores, {load} at the start\n\n{HEAD}", flush=True)  # fmt: skip
    met = missed = 0
    for name, (measure, is_quick) in ROWS.items():
        if (options.only and name not in options.only) or (options.quick and not is_quick):
            continue
        try:
            for found in measure(options.quick):
                print(found.row(), flush=True)
                met += found.ok is True
                missed += found.ok is False
        except Exception as error:  # One row must not end the suite.
            print(missing(name, "", f"{type(error).__name__}: {error}"[:300]).row(), flush=True)
    print(f"\n{met} met, {missed} missed, {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
