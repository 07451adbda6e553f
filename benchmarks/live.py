"""Writes verdicts into a run at a fixed rate, as its engine would, for the screens to show.

    python -m benchmarks.live FOLDER RATE

Holds the engine's lock, sends its heartbeats, and goes on until it is ended or no scenario is left.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.domain.states import RunState, TargetState
from fftui.domain.verdicts import Verdict
from fftui.store.folder import database, lock_file
from fftui.store.lock import EngineLock
from fftui.store.now import Heartbeat, TargetNow
from fftui.store.order import PlanOrder
from fftui.store.reader import Reader
from fftui.store.records import AddCall, AddVerdict, AttemptKey, CloseAttempt
from fftui.store.writer import Writer

_STEP_S = 0.02
_ANSWER = "Here is a made-up answer of the usual kind, which says nothing."


async def play(folder: Path, rate: float) -> None:
    """One attempt of each target in turn."""
    lock = EngineLock(lock_file(folder))
    assert lock.acquire()
    with Reader(folder) as reader:
        targets = list(reader.targets())
        todo = enumerate(_open(reader.order, {t: reader.counts(t).settled for t in targets}))
    async with Writer(database(folder)) as writer:
        began, done, beaten = time.monotonic(), 0, 0.0
        while True:
            if time.monotonic() - beaten >= 1.0:
                now = tuple(TargetNow(t, TargetState.OPEN, "", 1) for t in targets)
                beaten = time.monotonic()
                writer.submit(Heartbeat(time.time(), os.getpid(), RunState.RUNNING, "",
                                        time.time(), 1.0, now))  # fmt: skip
            due = int((time.monotonic() - began) * rate) - done
            batch = list(islice(todo, due))
            if len(batch) < due:
                return
            done += due
            await asyncio.gather(*(_attempt(writer, key, number) for number, key in batch))
            await asyncio.sleep(_STEP_S)


def _open(order: PlanOrder, settled: dict[int, int]) -> Iterator[AttemptKey]:
    for ordinal in range(min(settled.values()), order.length):
        for target, begun in settled.items():
            if ordinal >= begun:
                yield AttemptKey(target, *order.at(ordinal))


async def _attempt(writer: Writer, key: AttemptKey, number: int) -> None:
    now = time.time()
    text = f"{_ANSWER} {number}"
    outcome = Outcome(OutcomeClass.ANSWERED, "stop", text, usage=Usage(50, 20), status=200,
                      identity=Identity(model=f"model-{key.target}"))  # fmt: skip
    writer.submit(AddCall(key, 0, None, now - 1, 900.0, 300.0, outcome))
    closed = await writer.submit(CloseAttempt.of(key, outcome, (text,), at=now, compress=False))
    assert closed is not None
    label = Label.COMPLIANCE if number % 3 == 0 else Label.REFUSAL
    writer.submit(AddVerdict(closed, 1, Verdict(label), now))


@contextmanager
def playing(folder: Path, rate: float) -> Iterator[subprocess.Popen[bytes]]:
    """Verdicts arrive until the block ends."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.live", str(folder), str(rate)]) as one:
        try:
            yield one
        finally:
            one.kill()


if __name__ == "__main__":
    asyncio.run(play(Path(sys.argv[1]), float(sys.argv[2])))
