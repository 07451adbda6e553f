"""The whole program under a schedule of faults, and whether its books balance at the end.

    python -m benchmarks.soak [MINUTES] [SEED]      default 10, of which 8 hours are simulated

For the first part every few seconds something is killed, suspended, cut off, or finds no room; then
one engine and one screen live to the end, and their memory and file descriptors are watched. Prints
a table; exit code 1 where a check failed.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.soak.scene import HOURS, Scene, held, titles, wait
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.states import RunState
from fftui.results.doctor import examine_run
from fftui.store.folder import lock_file
from fftui.store.lock import is_held
from tests.engine.support import ROOT, one, until

_PER_MINUTE = 900
"""Attempts planned for each minute: about what this plan closes while things go wrong."""
_SHAKEN = 0.6
"""Share of the time in which faults strike."""
_NO_ROOM = 48 * 1024
_WAL_MOST = 64 * 1024 * 1024 + 8 * 1024 * 1024

_HOLDER = """
import sys, time
from pathlib import Path
from fftui.store import sqlite
db = sqlite.connect(Path(sys.argv[1]) / "run.db", write=False)
db.execute("BEGIN")
db.execute("SELECT count(*) FROM outcome").fetchall()
time.sleep(600)
"""


@dataclass
class Ledger:
    """What the soak did and found."""

    struck: Counter[str] = field(default_factory=Counter)
    rows: list[tuple[str, str, bool]] = field(default_factory=list)
    wal: int = 0
    engine: list[tuple[float, int]] = field(default_factory=list)
    screen: list[tuple[float, int]] = field(default_factory=list)
    watched: tuple[int, int] = (0, 0)

    def check(self, what: str, found: object, *, ok: bool) -> None:
        """One row of the table."""
        self.rows.append((what, str(found), ok))


def main(minutes: float, seed: int) -> int:
    """Shake, watch, finish, balance."""
    chance, ledger = random.Random(seed), Ledger()
    with tempfile.TemporaryDirectory(prefix="fftui-soak-") as home:
        scene = Scene(Path(home))
        scene.set_up(minutes, int(minutes * _PER_MINUTE))
        try:
            began = time.monotonic()
            scene.resume()
            scene.start_screen()
            scene.start_reviewer(0)
            _shake(scene, ledger, chance, began + minutes * 60 * _SHAKEN)
            _watch(scene, ledger, began + minutes * 60)
            _finish(scene, ledger)
            _balance(scene, ledger)
        finally:
            if is_held(lock_file(scene.folder)):
                scene.kill_engine()
            scene.end_screen()
            for process in (scene.reviewer, scene.holder, scene.simulator):
                scene.end(process)
        took = (time.monotonic() - began) / 60
    struck = ", ".join(f"{n} x {name}" for name, n in sorted(ledger.struck.items()))
    print(f"soak of {took:.1f} minutes, {HOURS:g} h of simulated time, seed {seed}")
    print(f"struck: {struck}")
    for what, found, ok in ledger.rows:
        print(f"{'ok ' if ok else 'BAD'} {what}: {found}")
    return 0 if all(ok for _, _, ok in ledger.rows) else 1


def _shake(scene: Scene, ledger: Ledger, chance: random.Random, end: float) -> None:
    strikes = (
        _kill_engine, _kill_engine, _kill_screen, _kill_reviewer, _kill_platform, _suspend,
        _no_room, _forgotten_reader, _second_engine, _copy, _pause,
    )  # fmt: skip
    order: list[int] = []
    while time.monotonic() < end:
        wait(scene, chance.uniform(1.0, 4.0))
        if not order:
            order = chance.sample(range(len(strikes)), len(strikes))
        strike = strikes[order.pop()]
        name = strike.__name__.lstrip("_").replace("_", " ")
        print(f"{name}; {scene.run().done} done", file=sys.stderr, flush=True)
        strike(scene, ledger, chance)
        ledger.struck[name] += 1
        ledger.wal = max(ledger.wal, scene.wal)
        if not is_held(lock_file(scene.folder)):
            scene.resume()
        _reopen(scene)


def _kill_engine(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    before = one(scene.folder, "SELECT coalesce(max(id), 0) FROM outcome")
    scene.kill_engine()
    after = one(scene.folder, "SELECT count(*) FROM outcome")
    if after < before:
        ledger.check("rows lost at a kill", before - after, ok=False)


def _kill_screen(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    scene.end_screen()
    scene.start_screen()


def _kill_reviewer(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    scene.end(scene.reviewer)
    scene.start_reviewer(chance.randrange(5))


def _kill_platform(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    scene.end(scene.simulator)
    wait(scene, chance.uniform(0.5, 3.0))
    scene.start_simulator()


def _suspend(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    scene.signal_engine(signal.SIGSTOP)
    wait(scene, chance.uniform(1.0, 9.0))  # longer than a call may take, now and then
    scene.signal_engine(signal.SIGCONT)


def _no_room(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    scene.room(_NO_ROOM)
    wait(scene, chance.uniform(1.0, 4.0))
    scene.room(None)


def _forgotten_reader(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(scene.folder)], cwd=ROOT)
    wait(scene, chance.uniform(2.0, 5.0))
    scene.end(holder)


def _second_engine(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fftui.engine", str(scene.folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "is working on this run already" not in done.stderr:
        ledger.check("a second engine", done.stderr.strip()[-200:] or "started", ok=False)


def _copy(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    file = scene.place / f"copy-{ledger.struck['copy']}.db"
    done = scene.fftui("snapshot", "soak", str(file), "--without-text")
    bad = [str(f) for f in examine_run(file) if not f.ok] if done.returncode == 0 else []
    if done.returncode or bad or b"[placeholder" in file.read_bytes():
        ledger.check("a copy of the living run", f"{done.stderr} {bad}", ok=False)
    file.unlink(missing_ok=True)


def _pause(scene: Scene, ledger: Ledger, chance: random.Random) -> None:
    scene.fftui("pause", "soak")
    wait(scene, 1.0)
    scene.resume()


def _reopen(scene: Scene) -> None:
    """What an operator does who finds targets paused by what was done to the platform."""
    if any(t.state.value == "paused" for t in scene.run().targets):
        scene.resume()


def _watch(scene: Scene, ledger: Ledger, end: float) -> None:
    """One engine and one screen, left alone."""
    scene.end_screen()
    scene.start_screen()
    wait(scene, 5.0)
    pid = scene.pid
    assert scene.screen is not None
    assert pid is not None, "no engine to watch"
    ledger.watched = (pid, scene.screen.pid)
    while time.monotonic() < end and scene.run().state is not RunState.DONE:
        wait(scene, 1.0)
        ledger.wal = max(ledger.wal, scene.wal)
        with contextlib.suppress(OSError, ProcessLookupError):
            ledger.engine.append(held(pid))
            ledger.screen.append(held(scene.screen.pid))
        _reopen(scene)


def _finish(scene: Scene, ledger: Ledger) -> None:
    """The run to its end, without faults."""
    end = time.monotonic() + 1200
    while scene.run().state is not RunState.DONE and time.monotonic() < end:
        if not is_held(lock_file(scene.folder)):
            scene.resume()
        _reopen(scene)
        wait(scene, 2.0)
    scene.end(scene.reviewer)
    with contextlib.suppress(AssertionError):
        until(lambda: not is_held(lock_file(scene.folder)), "the engine has ended", 30)
    assert scene.screen is not None
    scene.screen.read(1.0)
    shown = titles(b"sk-soak")
    ledger.check("process titles with the key", shown or "none", ok=not shown)
    scene.end_screen()


def _balance(scene: Scene, ledger: Ledger) -> None:
    run = scene.run()
    kinds: Counter[OutcomeClass] = Counter()
    for target in run.targets:
        kinds.update(target.outcomes)
    closed = one(scene.folder, "SELECT count(*) FROM in_force")
    distinct = one(scene.folder, "SELECT count(*) FROM (SELECT DISTINCT target, scenario, repeat"
                                 " FROM in_force)")  # fmt: skip
    failed = sum(n for kind, n in kinds.items() if kind is not OutcomeClass.ANSWERED)
    answered = kinds[OutcomeClass.ANSWERED]
    ledger.check("the run's end", f"{run.state}, {run.done} of {run.planned} attempts",
                 ok=run.state is RunState.DONE and run.done == run.planned)  # fmt: skip
    ledger.check("committed = planned", f"{closed} rows, {distinct} attempts, {answered} answered,"
                 f" {failed} declared failures", ok=closed == distinct == run.planned
                 and answered + failed == run.planned)  # fmt: skip
    owed = one(scene.folder, "SELECT count(*) FROM in_force o JOIN grader g ON g.planned WHERE"
               " o.class = 'answered' AND NOT EXISTS (SELECT 1 FROM verdict v WHERE"
               " v.outcome = o.id AND v.grader = g.id)")  # fmt: skip
    ledger.check("verdicts owed", owed, ok=owed == 0)
    calls, read = run.calls, one(scene.folder, "SELECT count(*) FROM review WHERE kind = 'read'")
    ledger.check("calls", f"{calls.sent} sent, {calls.rate_limited} rate limited, {calls.failed}"
                 f" failed; {read} readings", ok=calls.failed > 0 and read > 0)  # fmt: skip
    bad = [str(f) for f in examine_run(scene.folder) if not f.ok]
    ledger.check("doctor: every rollup = GROUP BY", bad or "sound", ok=not bad)
    leaks = scene.leaks()
    ledger.check("places that hold the key", leaks or "none", ok=not leaks)
    ledger.check("largest -wal", f"{ledger.wal / 1e6:.1f} MB", ok=ledger.wal < _WAL_MOST)
    for name, seen in (("engine", ledger.engine), ("screen", ledger.screen)):
        _flat(ledger, name, seen)
    for note in scene.notes[:5]:
        ledger.check("a command failed", note, ok=False)


def _flat(ledger: Ledger, name: str, seen: list[tuple[float, int]]) -> None:
    """Memory and descriptors of the last quarter against those of the second."""
    if len(seen) < 20:
        ledger.check(f"{name} watched", f"{len(seen)} looks are too few", ok=False)
        return
    quarter = len(seen) // 4
    early, late = seen[quarter : 2 * quarter], seen[-quarter:]
    memory = median(m for m, _ in late) - median(m for m, _ in early)
    files = median(f for _, f in late) - median(f for _, f in early)
    most = max(m for m, _ in seen)
    ledger.check(
        f"{name}: memory and descriptors",
        f"{median(m for m, _ in early):.0f} MB then, {memory:+.1f} MB later, at most {most:.0f} MB;"
        f" {median(f for _, f in early):.0f} descriptors, {files:+.0f}, in {len(seen)} looks",
        ok=memory < 20 and files < 12,
    )


if __name__ == "__main__":
    sys.exit(
        main(
            float(sys.argv[1]) if len(sys.argv) > 1 else 10.0,
            int(sys.argv[2]) if len(sys.argv) > 2 else 1,
        )
    )
