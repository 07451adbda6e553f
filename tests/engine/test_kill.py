"""SIGKILL at any moment: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.engine.support import (
    HEURISTIC,
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
    state,
    target,
    until,
)

WORKERS, JUDGES = 8, 4
PER_KILL = 80
"""Attempts planned for each kill, more than an engine does between two of them."""


def acknowledged(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    """Every row that a reader can see."""
    return {
        "outcome": set(query(folder, "SELECT id, target, scenario, repeat, class FROM outcome")),
        "answer": set(query(folder, "SELECT outcome, body FROM answer")),
        "verdict": set(query(folder, "SELECT id, outcome, grader, label FROM verdict")),
        "call": set(query(folder, "SELECT id, target, scenario, grader, outcome FROM call")),
        "flag": set(query(folder, "SELECT id, outcome, rule FROM flag")),
    }


@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=pytest.mark.long)])
def test_killed_again_and_again(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    planned = kills * PER_KILL
    corpus(tmp_path, planned // 2)
    with simulator(tmp_path, profile_text(latency=0.08, judge="latency_s = 0.02")) as sim:
        folder = make(
            tmp_path,
            target(sim.url, "m1"),
            target(sim.url, "m2"),
            judge(sim.url),
            HEURISTIC,
            f'[[accounts]]\nname = "a"\nconcurrency = {WORKERS}\n',
            f'[[accounts]]\nname = "judge"\nconcurrency = {JUDGES}\n',
        )
        for _ in range(kills):
            with engine(folder) as running:
                time.sleep(chance.uniform(0.0, 0.7))  # the moment is the point
                assert running.process.poll() is None
                seen = acknowledged(folder)
                running.kill()
            now = acknowledged(folder)
            assert all(seen[table] <= now[table] for table in seen)
            assert state(folder) == "dead"
            sound(folder)
        assert one(folder, "SELECT count(*) FROM outcome") < planned
        run = finish(folder, 300)
        assert run.done == run.planned == planned
        _nothing_twice(folder, planned)
        _few_repeated(sim, planned, kills)


def _nothing_twice(folder: Path, planned: int) -> None:
    assert one(folder, "SELECT count(*) FROM outcome WHERE class = 'answered'") == planned
    distinct = "SELECT count(*) FROM (SELECT DISTINCT target, scenario, repeat FROM outcome)"
    assert one(folder, distinct) == planned
    assert one(folder, "SELECT count(*) FROM verdict") == 2 * planned
    assert one(folder, "SELECT count(*) FROM answer") == planned


def _few_repeated(sim: Simulator, planned: int, kills: int) -> None:
    # A call holds its place at the gate until its answer is committed.
    for models, places in ((("m1", "m2"), WORKERS), (("j",), JUDGES)):
        totals = [sim.total(model) for model in models]
        cut_off = sum(t["abandoned"] for t in totals)
        answered_again = sum(t["answered"] for t in totals) - planned
        assert answered_again >= 0
        assert cut_off + answered_again <= kills * places
        assert sum(t["calls"] for t in totals) == planned + cut_off + answered_again
    answered = sim.attempts()
    assert len(answered) == planned
    assert max(a["times"] for a in answered) <= kills + 1


def test_what_was_answered_and_not_graded_is_graded_after_the_resume(tmp_path: Path) -> None:
    corpus(tmp_path, 6)
    with simulator(tmp_path, profile_text(judge="latency_s = 0.8")) as sim:
        folder = make(tmp_path, target(sim.url), judge(sim.url), HEURISTIC)
        with engine(folder) as running:
            until(lambda: one(folder, "SELECT count(*) FROM answer") == 6, "all is answered")
            running.kill()
        judged = (
            "SELECT count(*) FROM verdict v JOIN grader g ON g.id = v.grader WHERE g.kind = 'judge'"
        )
        assert one(folder, judged) < 6
        run = finish(folder)
        assert one(folder, judged) == 6
        assert run.targets[0].ungraded == 0
        assert run.targets[0].settled == 6
        assert sim.total("m1")["calls"] == 6
