"""Budgets that run out, servers that die, judges that are away, plans that name no model."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from fftui.domain.states import RunState, TargetState
from fftui.engine import dispatch
from fftui.engine.engine import Engine
from fftui.store import commands
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    finish,
    judge,
    log_lines,
    look,
    make,
    one,
    profile_text,
    query,
    simulator,
    sound,
    state,
    target,
    until,
)

JUDGED = "SELECT count(*) FROM verdict v JOIN grader g ON g.id = v.grader WHERE g.kind = 'judge'"


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="CPU time is read from /proc")
def test_waiting_for_a_budget_costs_nothing_and_no_call_is_turned_away(tmp_path: Path) -> None:
    period, limit = 4.0, 5
    scale = period / 60
    corpus(tmp_path, 3 * limit)
    limits = f'[platforms.limits]\nkind = "silent"\nrequests_per_minute = {limit}\n'
    with simulator(tmp_path, f"period_scale = {scale}\n" + profile_text(platform=limits)) as sim:
        folder = make(
            tmp_path,
            target(sim.url),
            HEURISTIC,
            f'[[accounts]]\nname = "a"\nrequests_per_minute = {limit}\nperiod_scale = {scale}\n'
            "shared = false\n",
        )
        # The first calls are to fall into the middle of a period, not astride its end.
        until(lambda: 0.2 < time.time() % period < 1.0, "a period begins", 2 * period)
        with engine(folder) as running:
            until(lambda: state(folder) == "waiting", "the budget is spent")
            assert one(folder, "SELECT count(*) FROM outcome") == limit
            shown = look(folder)
            assert shown.targets[0].state is TargetState.WAITING
            assert shown.targets[0].reason == "requests/minute spent"
            assert shown.accounts[0].waiting == (shown.targets[0].name,)
            # The second wait is whole: it begins right after the second period's calls.
            until(lambda: one(folder, "SELECT count(*) FROM outcome") == 2 * limit, "goes on")
            until(lambda: time.time() % period > 0.5, "all is settled")
            begin, used = time.time(), cpu_seconds(running.process.pid)
            until(lambda: time.time() % period > period - 0.5, "the wait ends", every=0.1)
            used, seconds = cpu_seconds(running.process.pid) - used, time.time() - begin
            assert one(folder, "SELECT count(*) FROM outcome") == 2 * limit
            assert seconds > 2
            assert used < 0.03 * seconds
            assert running.wait() == 0
        assert look(folder).done == 3 * limit
        assert sim.total("m1")["rate_limited"] == 0
        assert look(folder).calls.rate_limited == 0


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in found.split()]


@pytest.mark.skipif(
    not Path(f"/proc/self/task/{os.getpid()}/children").exists(),
    reason="children are found in /proc",
)
def test_a_child_server_that_dies_pauses_its_targets_until_it_is_resumed(tmp_path: Path) -> None:
    corpus(tmp_path, 60)
    (tmp_path / "profile.toml").write_text(profile_text(latency=0.1))
    own = '[[targets]]\nname = "mine"\nplatform = "sim:direct"\nmodel = "m1"\naccount = "sim"\n'
    folder = make(
        tmp_path, own, HEURISTIC, '[sim]\nprofile = "profile.toml"\n[engine]\nconcurrency = 3\n'
    )
    with engine(folder) as running:
        until(lambda: look(folder).done > 3, "the run goes on")
        (server,) = children(running.process.pid)
        os.kill(server, signal.SIGKILL)
        until(lambda: look(folder).targets[0].state is TargetState.PAUSED, "it is noticed")
        assert look(folder).targets[0].reason == "sim ended with code -9; resume starts it again"
        until(lambda: state(folder) == "paused", "the run says so")
        closed = look(folder).done
        assert closed < 60
        number = commands.send(folder, "resume", None, "tests")
        assert until(lambda: commands.result(folder, number), "it is resumed") == "resumed"
        assert running.wait() == 0
        assert not Path(f"/proc/{server}").exists()
    run = look(folder)
    assert (run.state.value, run.done) == ("done", 60)
    # The calls that died with the server consumed no attempt.
    assert run.targets[0].usable == 60
    sound(folder)


@pytest.mark.skipif(
    not Path(f"/proc/self/task/{os.getpid()}/children").exists(),
    reason="children are found in /proc",
)
def test_a_child_server_does_not_outlive_a_killed_engine(tmp_path: Path) -> None:
    corpus(tmp_path, 60)
    (tmp_path / "profile.toml").write_text(profile_text(latency=0.1))
    own = '[[targets]]\nname = "mine"\nplatform = "sim:direct"\nmodel = "m1"\naccount = "sim"\n'
    folder = make(tmp_path, own, HEURISTIC, '[sim]\nprofile = "profile.toml"\n')
    with engine(folder) as running:
        (server,) = children(running.process.pid)
        running.kill()
        until(lambda: not alive(server), "the child ends by itself")
    assert finish(folder).targets[0].usable == 60


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_while_the_judge_is_away_verdicts_are_owed_and_none_is_made_up(tmp_path: Path) -> None:
    corpus(tmp_path, 12)
    judges = tmp_path / "judges"
    judges.mkdir()
    with simulator(tmp_path, profile_text()) as sim:
        with simulator(judges, profile_text(judge="latency_s = 30")) as first:
            port = urlsplit(first.url).port or 0
            folder = make(tmp_path, target(sim.url), judge(first.url), HEURISTIC)
            with engine(folder) as running:
                until(lambda: look(folder).done == 12, "all is answered")
                until(lambda: first.total("j")["calls"] > 0, "the judge is asked")
                running.kill()
        with engine(folder) as running:
            until(lambda: one(folder, _FAILED) > 12, "the judge was asked in vain")
            assert running.process.poll() is None
            run = look(folder)
            assert one(folder, JUDGED) == 0
            assert (run.targets[0].usable, run.targets[0].ungraded) == (12, 12)
            assert run.targets[0].rates[run.tier].rate is None
            assert run.targets[0].settled == 0
            # Its own heuristic has spoken meanwhile.
            assert one(folder, "SELECT count(*) FROM verdict") == 12
            with simulator(judges, profile_text(), port):
                assert running.wait() == 0
        assert sim.total("m1")["calls"] == 12
    run = look(folder)
    assert one(folder, f"{JUDGED} AND v.label IS NOT NULL") == 12
    assert (run.targets[0].ungraded, run.targets[0].settled) == (0, 12)
    sound(folder)


_FAILED = "SELECT count(*) FROM call WHERE grader IS NOT NULL AND outcome = 'infra'"


def test_an_unknown_model_pauses_its_target_and_costs_no_attempt(tmp_path: Path) -> None:
    corpus(tmp_path, 10)
    with simulator(tmp_path, profile_text()) as sim:
        folder = make(tmp_path, target(sim.url, "no-such"), target(sim.url), HEURISTIC)
        with engine(folder):
            until(lambda: look(folder).targets[1].done == 10, "the other goes on")
            until(lambda: state(folder) == "paused", "the run waits for a person")
            wrong, right = look(folder).targets
            assert (wrong.state, wrong.done) == (TargetState.PAUSED, 0)
            assert "404" in wrong.reason
            assert "\n" not in wrong.reason
            assert right.state is TargetState.FINISHED
            assert [line for line in log_lines(folder) if "404" in line]
            assert look(folder).reason == "every open target is paused"


def test_an_unknown_judge_invents_nothing(tmp_path: Path) -> None:
    corpus(tmp_path, 5)
    with simulator(tmp_path, profile_text()) as sim:
        folder = make(tmp_path, target(sim.url), judge(sim.url, "no-such"), HEURISTIC)
        with engine(folder):
            asked = "SELECT count(*) FROM call WHERE grader IS NOT NULL"
            until(lambda: one(folder, asked) >= 5, "the judge was asked")
            until(lambda: look(folder).done == 5, "all is answered")
            until(lambda: one(folder, asked) >= 10, "it is asked again")
            assert one(folder, JUDGED) == 0
            assert look(folder).targets[0].ungraded == 5


def notifying(tmp_path: Path) -> tuple[str, Path]:
    """A plan part whose command writes down what it is told, and the file it writes to."""
    told = tmp_path / "told"
    script = tmp_path / "tell.sh"
    script.write_text(f'echo "$FFTUI_EVENT|$FFTUI_RUN|$FFTUI_REASON" >> {shlex.quote(str(told))}\n')
    return f'[notify]\ncommand = ["/bin/sh", "{script}"]\n', told


async def test_a_wake_up_on_the_very_tick_it_was_set_for_is_no_sleep_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a fine clock that is one run in some thousands; on one of tenths it is nearly each.
    coarse = SimpleNamespace(time=lambda: int(time.time() * 10) / 10)
    monkeypatch.setattr(dispatch, "time", coarse)
    corpus(tmp_path, 8)
    with simulator(tmp_path, profile_text(latency=0.03)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC)
        async with asyncio.timeout(15):
            assert await Engine(folder, dict(os.environ), print).run() is RunState.DONE
    sound(folder)


def test_the_user_s_command_hears_of_the_finish(tmp_path: Path) -> None:
    corpus(tmp_path, 5)
    part, told = notifying(tmp_path)
    with simulator(tmp_path, profile_text()) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, part)
        assert finish(folder).done == 5
    assert told.read_text() == f"finish|{folder}|\n"


def test_the_user_s_command_hears_of_a_pause_and_of_a_sudden_death(tmp_path: Path) -> None:
    corpus(tmp_path, 100)
    part, told = notifying(tmp_path)
    with simulator(tmp_path, profile_text(latency=0.1)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, part, "[engine]\nconcurrency = 2\n")
        with engine(folder) as running:
            number = commands.send(folder, "pause", None, "tests")
            until(lambda: commands.result(folder, number), "it is paused")
            pid = look(folder).engine.pid
            assert pid is not None
            assert pid != running.process.pid
            os.kill(pid, signal.SIGKILL)
            assert running.wait() == 1
            assert state(folder) == "dead"
    assert told.read_text().splitlines() == [
        f"pause|{folder}|paused by tests",
        f"death|{folder}|the engine was ended by signal 9",
    ]


def test_a_command_of_the_user_s_that_fails_is_told_in_the_log(tmp_path: Path) -> None:
    corpus(tmp_path, 3)
    with simulator(tmp_path, profile_text()) as sim:
        folder = make(
            tmp_path, target(sim.url), HEURISTIC, '[notify]\ncommand = ["/no/such/program"]\n'
        )
        assert finish(folder).done == 3
    assert [row[0] for row in query(folder, "SELECT text FROM event WHERE severity = 'warning'")]
