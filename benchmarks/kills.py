"""SIGKILL at random moments: of the engine, of a screen and of a reviewer, again and again.

    python -m benchmarks.kills [KILLS]          default 200 of each

One run is carried through all of it. Before each kill is written down what its victim has told
somebody: rows that another process could read, or had been told by the one that wrote them. Prints
how many of them were lost afterwards, what stood twice, and what was asked of the platform again.
Exit code 1 where anything was lost or doubled, or the file is not sound.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from fftui.store import sqlite
from fftui.store.folder import database
from tests.engine.support import (
    HEURISTIC,
    ROOT,
    Simulator,
    corpus,
    engine,
    finish,
    judge,
    make,
    one,
    profile_text,
    query,
    simulator,
    sound,
    target,
)
from tests.tui.terminal import Terminal

WORKERS, JUDGES = 8, 4
_PER_KILL = 50
"""Attempts planned for each kill; more than an engine closes before the next one."""
_TABLES = {
    "outcome": "id, target, scenario, repeat, class",
    "answer": "outcome, body",
    "verdict": "id, outcome, grader, label",
    "call": "id, target, scenario, grader, outcome",
    "review": "id, outcome, reviewer, label",
}
REVIEWER = """
import sys, time
from pathlib import Path
from fftui.domain.labels import Label, Tier
from fftui.results.readings import next_pools
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.claims import Claim, Enrol
from fftui.store.reviews import Read
from fftui.store.writer import append
folder, name = Path(sys.argv[1]), sys.argv[2]
path = database(folder)
me = append(path, Enrol(name, time.time()))
print(0, flush=True)
with Reader(folder) as reader:
    while True:
        order = next_pools(reader, Tier.STRICT, reader.targets())
        got = append(path, Claim(me, order, time.time()))
        if got is None:
            time.sleep(0.02)
            continue
        append(path, Read(me, "s", got.outcome, Label.REFUSAL, time.time(), got.token))
        print(got.outcome, flush=True)
"""


@dataclass
class Tally:
    """What the kills did."""

    engine: int = 0
    screens: int = 0
    reviewers: int = 0
    read: int = 0
    """Readings in the file at the last kill."""
    acknowledged: int = 0
    lost: int = 0
    touched: int = 0
    """Engines that ended because a screen did."""
    problems: list[str] = field(default_factory=list)


def main(kills: int) -> int:
    """Kill so often, finish the run, tell the figures."""
    chance, tally = random.Random(kills), Tally()
    with tempfile.TemporaryDirectory(prefix="fftui-kills-") as home:
        place = Path(home)
        for name in ("STATE", "CONFIG", "DATA", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = str(place / "xdg")
        corpus(place, kills * _PER_KILL // 2)
        with simulator(place, profile_text(latency=0.08, judge="latency_s = 0.02")) as sim:
            folder = make(place, target(sim.url, "m1"), target(sim.url, "m2"), judge(sim.url),
                          HEURISTIC, f'[[accounts]]\nname = "a"\nconcurrency = {WORKERS}\n',
                          f'[[accounts]]\nname = "judge"\nconcurrency = {JUDGES}\n')  # fmt: skip
            for number in range(kills):
                _round(folder, chance, tally, number)
            run = finish(folder, 600)
            _balance(folder, sim, run.planned, tally)
    print(
        f"SIGKILL: engine {tally.engine}, screens {tally.screens}, reviewers {tally.reviewers};"
        f" {tally.read} readings;"
        f" acknowledged rows checked {tally.acknowledged}, lost {tally.lost};"
        f" engines that a dying screen touched {tally.touched}"
    )
    print("\n".join(tally.problems) or "the file is sound and every count equals the platform's")
    return 1 if tally.lost or tally.touched or tally.problems else 0


def _round(folder: Path, chance: random.Random, tally: Tally, number: int) -> None:
    reviewer = subprocess.Popen(
        [sys.executable, "-c", REVIEWER, os.fspath(folder), f"r{number % 5}"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    screen = Terminal.open(f"from fftui.cli import main; main(['attach', {str(folder)!r}])", 80, 24)
    with engine(folder) as running:
        # The moments are the point: somewhere between its start and its full work.
        screen.read(chance.uniform(0.0, 1.2))
        os.kill(screen.pid, signal.SIGKILL)
        os.waitpid(screen.pid, 0)
        with contextlib.suppress(OSError):
            os.close(screen.fd)
        tally.screens += 1
        time.sleep(chance.uniform(0.0, 0.3))
        tally.touched += running.process.poll() is not None
        reviewer.kill()
        told = reviewer.stdout.read() if reviewer.stdout else b""
        reviewer.wait()
        tally.reviewers += 1
        before = _rows(folder)
        running.kill()
        tally.engine += 1
    after = _rows(folder)
    for table, rows in before.items():
        tally.acknowledged += len(rows)
        tally.lost += len(rows - after[table])
    heard = [int(w) for w in told.split(b"\n")[:-1] if w and w != b"0"]
    tally.read = len(after["review"])
    read = {row[1] for row in after["review"]}
    tally.acknowledged += len(heard)
    tally.lost += sum(outcome not in read for outcome in heard)
    if number % 20 == 0:
        sound(folder)
        print(f"{number + 1} rounds, {tally.lost} lost", file=sys.stderr, flush=True)


def _rows(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    """What a process of its own can read of the run, in one look."""
    db = sqlite.connect(database(folder), write=False)
    try:
        return {
            table: set(db.execute(f"SELECT {columns} FROM {table}").fetchall())
            for table, columns in _TABLES.items()
        }
    finally:
        db.close()


def _balance(folder: Path, sim: Simulator, planned: int, tally: Tally) -> None:
    """Plan, file and platform agree at the end; only what was in flight was asked again."""
    answered = one(folder, "SELECT count(*) FROM outcome WHERE class = 'answered'")
    distinct = len(set(query(folder, "SELECT target, scenario, repeat FROM outcome")))
    verdicts = one(folder, "SELECT count(*) FROM verdict")
    again = sum(sim.total(m)["calls"] for m in ("m1", "m2")) - planned
    if not tally.read:
        tally.problems.append("no reviewer has read anything")
    for what, found, wanted in (
        ("answers", answered, planned),
        ("distinct attempts", distinct, planned),
        ("verdicts", verdicts, 2 * planned),
    ):
        if found != wanted:
            tally.problems.append(f"{what}: {found}, planned {wanted}")
    if again > tally.engine * WORKERS:
        tally.problems.append(f"{again} calls were sent again, more than were in flight")
    try:
        sound(folder)
    except AssertionError as error:
        tally.problems.append(f"doctor: {error}")
    print(f"{planned} attempts, {verdicts} verdicts, {again} calls sent again")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
