"""What a person asks of a running engine, and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fftui.domain.states import TargetState
from fftui.store import commands
from tests.engine.support import (
    HEURISTIC,
    ROOT,
    Engine,
    Simulator,
    corpus,
    engine,
    finish,
    log_lines,
    look,
    make,
    one,
    profile_text,
    simulator,
    sound,
    state,
    target,
    until,
    words,
)

AT_ONCE = 1.0


def ask(folder: Path, kind: str, number: int | None = None) -> str:
    """Send a command; the engine's answer, which must come within a second."""
    command = commands.send(folder, kind, number, "tests")
    return until(lambda: commands.result(folder, command) or "", f"{kind} is answered", AT_ONCE)


def done(folder: Path, number: int | None = None) -> int:
    where = f" WHERE target = {number}" if number else ""
    return one(folder, f"SELECT count(*) FROM outcome{where}")


def grows(folder: Path, number: int | None = None) -> None:
    """More attempts are closed than are now."""
    before = done(folder, number)
    until(lambda: done(folder, number) > before, "attempts are closed")


def drained(folder: Path) -> None:
    until(lambda: look(folder).in_flight == 0, "the calls in flight are done")


@contextmanager
def running(tmp_path: Path, count: int = 400) -> Iterator[tuple[Path, Engine, Simulator]]:
    """Two targets of one account, a tenth of a second a call, more than a test waits for."""
    corpus(tmp_path, count)
    with simulator(tmp_path, profile_text(latency=0.1)) as sim:
        parts = [target(sim.url), target(sim.url, "m2"), HEURISTIC]
        folder = make(tmp_path, *parts, "[engine]\nconcurrency = 4\n")
        with engine(folder) as one_engine:
            grows(folder)
            yield folder, one_engine, sim


def test_pause_and_resume(tmp_path: Path) -> None:
    with running(tmp_path) as (folder, _, sim):
        assert ask(folder, "pause") == "paused"
        until(lambda: state(folder) == "paused", "the pause is seen", AT_ONCE + 1)
        drained(folder)
        asked, closed = sim.ledger()["totals"], done(folder)
        time.sleep(0.5)  # five calls' time, in which nothing may happen
        assert sim.ledger()["totals"] == asked
        assert done(folder) == closed
        assert ask(folder, "pause") == "was paused already"
        assert ask(folder, "resume") == "resumed"
        grows(folder)
        assert ask(folder, "resume") == "was running already"
        assert [x for x in log_lines(folder) if "by tests" in x] == [
            "run paused by tests", "run resumed by tests",
        ]  # fmt: skip
        sound(folder)


def test_one_target_is_paused_and_the_other_goes_on(tmp_path: Path) -> None:
    with running(tmp_path) as (folder, _, sim):
        assert ask(folder, "pause_target", 1) == "paused"
        until(lambda: look(folder).targets[0].in_flight == 0, "its calls are done")
        asked = sim.total("m1")["calls"]
        grows(folder, 2)
        grows(folder, 2)
        assert sim.total("m1")["calls"] == asked
        shown = look(folder).targets[0]
        assert (shown.state, shown.reason) == (TargetState.PAUSED, "by tests")
        assert ask(folder, "resume_target", 1) == "resumed"
        grows(folder, 1)
        assert ask(folder, "resume_target", 1) == "m1 @ direct is open"


def test_a_person_s_pause_of_a_target_outlives_the_engine(tmp_path: Path) -> None:
    with running(tmp_path) as (folder, one_engine, _):
        ask(folder, "pause_target", 1)
        until(lambda: look(folder).targets[0].state is TargetState.PAUSED, "it is paused")
        one_engine.kill()
        with engine(folder):
            grows(folder, 2)
            assert look(folder).targets[0].state is TargetState.PAUSED
            assert ask(folder, "resume_target", 1) == "resumed"
            grows(folder, 1)


def test_stop_drains_and_a_stopped_run_can_go_on(tmp_path: Path) -> None:
    with running(tmp_path, 60) as (folder, one_engine, sim):
        assert ask(folder, "stop") == "draining"
        assert one_engine.wait(10) == 0
        run = look(folder)
        assert (run.state.value, run.reason) == ("stopped", "stopped by tests")
        assert 0 < run.done < 120
        assert sum(t["abandoned"] for t in sim.ledger()["totals"]) == 0
        assert sum(t["answered"] for t in sim.ledger()["totals"]) == run.done
        sound(folder)
        assert finish(folder).done == 120
        assert sum(t["calls"] for t in sim.ledger()["totals"]) == 120


def test_sigterm_drains_and_sighup_is_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as (folder, one_engine, sim):
        os.kill(one_engine.process.pid, signal.SIGHUP)
        grows(folder)
        grows(folder)
        os.kill(one_engine.process.pid, signal.SIGTERM)
        assert one_engine.wait(10) == 0
        run = look(folder)
        assert (run.state.value, run.reason) == ("stopped", "ended by SIGTERM")
        assert sum(t["abandoned"] for t in sim.ledger()["totals"]) == 0
        assert sum(t["answered"] for t in sim.ledger()["totals"]) == run.done


def test_a_second_engine_is_refused_in_one_line(tmp_path: Path) -> None:
    with running(tmp_path) as (folder, _, _):
        second = subprocess.run(
            [sys.executable, "-m", "fftui.engine", str(folder)],
            capture_output=True, text=True, check=False, cwd=ROOT, timeout=20,
        )  # fmt: skip
        assert second.returncode == 1
        assert second.stdout == ""
        assert second.stderr.splitlines()[1:] == [
            f"{folder}: an engine is working on this run already"
        ]
        grows(folder)


def test_a_dead_engine_is_seen_and_resume_starts_another(tmp_path: Path) -> None:
    with running(tmp_path, 60) as (folder, one_engine, _):
        one_engine.kill()
        run = look(folder)
        assert run.state.value == "dead"
        assert "fftui resume" in run.reason
        assert not run.engine.alive
        seen = run.done
        refused = fftui("pause", folder)
        assert refused.returncode == 1
        assert "fftui resume run" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        resumed = fftui("resume", folder)
        assert resumed.returncode == 0, resumed.stderr
        try:
            until(lambda: state(folder) == "done", "the run is done")
        finally:
            with_pid = look(folder).engine.pid
            if with_pid:
                os.kill(with_pid, signal.SIGKILL)
        run = look(folder)
        assert run.done == 120 > seen
        sound(folder)


def fftui(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fftui", command, folder.name],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=30,
    )  # fmt: skip


def test_a_conversation_that_waits_for_budget_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    rows = [
        {"id": f"P-{i}", "turns": [f"[placeholder {i}]", f"[placeholder {i}, second turn]"]}
        for i in range(4)
    ]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    # Three calls an hour: the second conversation waits for its second turn.
    limits = '[platforms.limits]\nkind = "silent"\nrequests_per_day = 3\n'
    account = '[[accounts]]\nname = "a"\nconcurrency = 1\nshared = false\nrequests_per_day = 3\n'
    with simulator(tmp_path, profile_text(platform=limits)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, account)
        with engine(folder) as running:
            until(lambda: sim.total("m1")["calls"] == 3, "the budget is spent")
            until(lambda: look(folder).in_flight == 1, "one conversation is half done")
            running.process.terminate()
            assert running.wait(10) == 0, words(folder)
        sound(folder)
        # Half a conversation left no outcome, and its attempt is open again.
        assert one(folder, "SELECT count(*) FROM outcome") == 1
        assert one(folder, "SELECT count(*) FROM call") == 3
        assert look(folder).in_flight == 0
