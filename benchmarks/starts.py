"""Commands that answer and end: what they cost against an empty interpreter."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.big_run import make_big_run
from benchmarks.found import Found, ratio, spread
from benchmarks.machine import FFTUI, bench_home, cost, rounds


def cold(quick: bool) -> Iterator[Found]:
    """`--help` and `status`, on a small run and on a large one."""
    size = 100_000 if quick else 1_000_000
    with bench_home():
        make_big_run(Path(os.environ["FFTUI_HOME"]), 1_000, targets=5, name="small")
        for targets in (5, 50, 200):
            make_big_run(
                Path(os.environ["FFTUI_HOME"]), size, targets=targets, name=f"of-{targets}"
            )
        found = rounds(
            7 if quick else 15,
            bare=lambda: cost([sys.executable, "-c", "pass"]),
            help=lambda: cost([*FFTUI, "--help"]),
            status=lambda: cost([*FFTUI, "status", "small"]),
            few=lambda: cost([*FFTUI, "status", "of-5", "--json"]),
            some=lambda: cost([*FFTUI, "status", "of-50", "--json"]),
            many=lambda: cost([*FFTUI, "status", "of-200", "--json"]),
        )
    ms = {name: [c.cpu_s * 1000 for c in costs] for name, costs in found.items()}
    bare = median(ms["bare"])
    for what, name, most in (
        ("fftui --help", "help", 6),
        ("fftui status RUN", "status", 6),
        (f"fftui status --json, {size:,} verdicts, 5 targets", "few", 8),
        ("the same, 50 targets", "some", 8),
    ):
        yield ratio(what, median(ms[name]), bare, most, "ms CPU", "python -c pass",
                    spread(ms[name]))  # fmt: skip
    many = median(ms["many"])
    yield Found("the same, 200 targets", f"{many:.3g} ms CPU",
                f"python -c pass {bare:.3g} ms CPU: {many / bare:.2g} ×", "", None,
                "2 MB of JSON; for context")  # fmt: skip
