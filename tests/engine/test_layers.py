"""Stored answers are graded again while a run is at work, through kills and tight budgets."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fftui.domain.graders import GraderPlan
from fftui.domain.states import RunState
from fftui.engine.prepare import new_grader
from fftui.results.feed import Feed
from fftui.store.folder import database, log_file
from fftui.store.regrade import Promote, Regrade
from fftui.store.writer import append
from tests.engine.support import (
    HEURISTIC,
    ROOT,
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
    target,
    until,
    words,
)

ACCOUNT = '[[accounts]]\nname = "a"\nconcurrency = 4\nshared = false\n'
SECOND = '[[judges]]\nname = "j2"\nlatency_s = 0.02\n'
LAYER = "SELECT count(*) FROM verdict WHERE grader = 3"


def layer(folder: Path, url: str, **limits: object) -> int:
    """Has a second judge, on an account of its own, hear what is stored; how much that is."""
    plan = GraderPlan(
        kind="judge", name="second", platform="openai-compatible", base_url=f"{url}/direct/v1",
        model="j2", account="second",
    )  # fmt: skip
    grader = new_grader(plan, basis=False)
    grader.spec["account_plan"] = {"name": "second", "shared": False, **limits}
    return append(database(folder), Regrade(grader, "tests", time.time())).answers


def grade_only(folder: Path) -> subprocess.Popen[bytes]:
    with log_file(folder).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "fftui.engine", os.fspath(folder), "--grade"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT,
        )  # fmt: skip


def test_a_layer_beside_a_run_at_work_takes_nothing_from_it(tmp_path: Path) -> None:
    corpus(tmp_path, 80)
    with simulator(tmp_path, profile_text(latency=0.03) + SECOND) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url), ACCOUNT)
        with engine(folder) as running:
            until(lambda: one(folder, "SELECT count(*) FROM verdict") > 30, "it is under way")
            stored = layer(folder, sim.url)
            assert 0 < stored < 80
            assert running.wait(60) == 0, words(folder)
        sound(folder)
        run = look(folder)
        assert run.state is RunState.DONE
        # What was stored when it was asked for, and not what came after.
        assert one(folder, LAYER) == sim.total("j2")["answered"] == stored
        assert sim.total("m1")["answered"] == sim.total("j")["answered"] == 80
        assert run.targets[0].basis.startswith("as graded by judge")
        assert (run.targets[0].ungraded, run.targets[0].settled) == (0, 80)
        # Promoted, the rest is owed, and its answers are open until they are graded.
        assert append(database(folder), Promote(3, "tests", time.time())).answers == 80 - stored
        sound(folder)
        opened = look(folder)
        assert opened.targets[0].basis.startswith("as graded by second")
        assert opened.targets[0].ungraded == 80 - stored
        assert opened.targets[0].settled < 80
        after = finish(folder)
        assert sim.total("m1")["answered"] == 80
    assert after.state is RunState.DONE
    assert (after.targets[0].ungraded, after.targets[0].settled) == (0, 80)


@pytest.mark.long
def test_killed_in_the_middle_of_a_layer_nothing_is_lost_or_said_twice(tmp_path: Path) -> None:
    corpus(tmp_path, 60)
    with simulator(tmp_path, profile_text() + SECOND) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url), ACCOUNT)
        finish(folder)
        calls = sim.total("m1")["calls"]
        assert layer(folder, sim.url, concurrency=2) == 60
        for least in (5, 20):
            process = grade_only(folder)
            until(lambda: one(folder, LAYER) >= least, "it is under way")  # noqa: B023
            process.kill()
            process.wait(timeout=10)
            sound(folder)
        assert grade_only(folder).wait(timeout=60) == 0, words(folder)
        sound(folder)
        assert one(folder, LAYER) == 60
        # At most what was in flight at each kill was asked again.
        assert sim.total("j2")["answered"] <= 60 + 2 * 2
        assert sim.total("m1")["calls"] == calls
    assert look(folder).state is RunState.DONE


@pytest.mark.long
def test_a_layer_keeps_to_the_budget_of_its_account(tmp_path: Path) -> None:
    scale, limit = 1.2 / 60, 4
    corpus(tmp_path, 10)
    with simulator(tmp_path, f"period_scale = {scale}\n" + profile_text() + SECOND) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url), ACCOUNT)
        finish(folder)
        layer(folder, sim.url, requests_per_minute=limit, period_scale=scale)
        assert grade_only(folder).wait(timeout=60) == 0, words(folder)
    at = sorted(row[0] for row in query(folder, "SELECT at FROM call WHERE grader = 3"))
    assert len(at) == 10
    windows = [int(t // 1.2) for t in at]
    assert max(windows.count(w) for w in windows) <= limit


def test_who_watches_sees_the_promotion_and_whose_the_rates_are(tmp_path: Path) -> None:
    corpus(tmp_path, 30)
    wrong = "sensitivity = 0.5\nspecificity = 0.5\n"
    with simulator(tmp_path, profile_text(judge=wrong) + SECOND) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, judge(sim.url), ACCOUNT)
        finish(folder)
        feed = Feed.open(folder)
        try:
            first = feed.poll()
            assert first is not None
            layer(folder, sim.url)
            assert grade_only(folder).wait(timeout=60) == 0, words(folder)
            layered = feed.poll()
            assert layered is not None
            assert layered.targets[0].rates == first.targets[0].rates
            assert layered.targets[0].basis == first.targets[0].basis
            append(database(folder), Promote(3, "ana", time.time()))
            promoted = feed.poll()
        finally:
            feed.close()
    assert promoted is not None
    assert promoted.targets[0].basis.startswith("as graded by second (")
    assert promoted.targets[0].verdicts != first.targets[0].verdicts
    assert promoted.targets[0].rates[promoted.tier].n == 30
    assert any(
        "rates as graded by 'second' from now on, before by 'judge'; promoted by ana" in line
        for line in log_lines(folder)
    )
