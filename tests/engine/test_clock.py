"""The machine's clock jumps while an engine works: an hour on, and back."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from fftui.domain.states import RunState
from tests.engine.support import (
    HEURISTIC,
    ROOT,
    corpus,
    engine,
    look,
    make,
    one,
    profile_text,
    simulator,
    sound,
    target,
    until,
    words,
)

PLANNED = 300
SHIM = """
import os, time
real, file = time.time, os.environ["CLOCK_OF_THE_TEST"]
def jumped():
    with open(file) as offset:
        return real() + float(offset.read() or 0)
time.time = jumped
"""


def test_nothing_is_lost_doubled_or_held_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus(tmp_path, PLANNED)
    clock, shim = tmp_path / "clock", tmp_path / "shim"
    shim.mkdir()
    (shim / "sitecustomize.py").write_text(SHIM)
    clock.write_text("0")
    account = f'[[accounts]]\nname = "a"\nconcurrency = 4\nrequests_per_day = {PLANNED}\n'
    with simulator(tmp_path, profile_text(latency=0.05)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, account)
        monkeypatch.setenv("CLOCK_OF_THE_TEST", str(clock))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(shim), str(ROOT)]))
        with engine(folder) as running:
            for done, offset in ((40, "3600"), (120, "-3600"), (200, "0")):
                until(partial(_more_than, folder, done), f"{done} answers")
                _set(clock, offset)
            assert running.wait() == 0, words(folder)
        run = look(folder)
        assert (run.state, run.done) == (RunState.DONE, PLANNED)
        # The day's budget is as large as the plan: nothing of it was counted twice or forgotten.
        assert sim.total("m1")["calls"] == PLANNED
    assert one(folder, "SELECT max(at) - min(at) > 3600 FROM outcome")
    sound(folder)


def _more_than(folder: Path, done: int) -> bool:
    return one(folder, "SELECT count(*) FROM outcome") > done


def _set(clock: Path, offset: str) -> None:
    new = clock.with_suffix(".new")
    new.write_text(offset)
    new.rename(clock)
