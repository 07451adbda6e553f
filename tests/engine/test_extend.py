"""A run is changed while it is at work, after it was killed, and after it was done."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from fftui.domain.states import RunState, TargetState
from fftui.engine.extend import Proposal, propose
from fftui.results.preflight import check
from fftui.store import commands
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.retry import Retry
from fftui.store.writer import append
from tests.engine.support import (
    HEURISTIC,
    Simulator,
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
ANSWERED = "SELECT count(*) FROM in_force WHERE class = 'answered'"
TWICE = "SELECT count(*) FROM (SELECT 1 FROM outcome GROUP BY target, scenario, repeat, round"


def proposed(folder: Path, *parts: str) -> Proposal:
    """What the plan made of these parts would change in the run."""
    plan = folder.parents[1] / "new.toml"
    head = 'version = 1\nname = "run"\nseed = 3\n'
    plan.write_text("\n".join([head, *parts, '[[corpus]]\nfile = "corpus.jsonl"\n']))
    checked = check(plan)
    assert checked.ok, checked.problems
    with Reader(folder) as reader:
        return propose(reader, checked)


def extend(folder: Path, *parts: str) -> tuple[str, ...]:
    """Append to the run what the plan made of these parts has more; the changes in words."""
    proposal = proposed(folder, *parts)
    assert proposal.refused == ()
    assert proposal.extension is not None
    append(database(folder), proposal.extension)
    return proposal.words


def asked_once(folder: Path, sim: Simulator, attempts: int, *models: str) -> None:
    """The simulator gave each attempt one answer, and the file has it."""
    sound(folder)
    assert one(folder, ANSWERED) == attempts
    assert one(folder, f"{TWICE} HAVING count(*) > 1)") == 0
    ledger = sim.attempts()
    assert len(ledger) == attempts
    assert sum(sim.total(m)["answered"] for m in models) == attempts
    assert {row["times"] for row in ledger} == {1}


def test_a_running_engine_takes_an_extension_up_without_an_attempt_lost_or_twice(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 80)
    with simulator(tmp_path, profile_text(latency=0.03)) as sim:
        first = target(sim.url)
        folder = make(tmp_path, first, HEURISTIC, ACCOUNT)
        with engine(folder) as running:
            until(lambda: one(folder, ANSWERED) > 10, "it is under way")
            corpus(tmp_path, 110)
            told = extend(folder, first + target(sim.url, "m2"), HEURISTIC, ACCOUNT)
            assert told == ("30 scenarios (block 2)", "target 'm2 @ direct'")
            # Attempts that were planned are planned still, in their old places.
            until(lambda: look(folder).planned == 220, "both targets have all scenarios")
            assert running.wait(60) == 0, words(folder)
        asked_once(folder, sim, 220, "m1", "m2")
        run = look(folder)
    assert run.state is RunState.DONE
    assert [t.done for t in run.targets] == [110, 110]
    lines = log_lines(folder)
    assert any("extended by" in line and "30 scenarios (block 2)" in line for line in lines)
    assert sum("has taken up what was changed" in line for line in lines) == 1
    order = query(folder, "SELECT id FROM scenario WHERE key < 'P-00080' ORDER BY id")
    assert [row[0] for row in order] == list(range(1, 81))


def test_killed_right_after_an_extension_nothing_of_it_is_lost(tmp_path: Path) -> None:
    corpus(tmp_path, 60)
    with simulator(tmp_path, profile_text(latency=0.03)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, ACCOUNT)
        for size in (70, 80, 90):
            with engine(folder) as running:
                before = one(folder, ANSWERED)
                until(lambda: one(folder, ANSWERED) > before, "it is under way")  # noqa: B023
                corpus(tmp_path, size)
                extend(folder, target(sim.url), HEURISTIC, ACCOUNT)
                running.kill()
            sound(folder)
        run = finish(folder)
        assert (run.planned, run.done) == (90, 90)
        assert one(folder, ANSWERED) == 90
        # What was in flight at a kill was asked again: four places, three kills.
        repeats = sum(row["times"] - 1 for row in sim.attempts())
        assert repeats <= 12
    assert one(folder, "SELECT count(*) FROM plan") == 4


def test_a_finished_run_is_opened_by_more_scenarios_and_a_judge(tmp_path: Path) -> None:
    corpus(tmp_path, 20)
    with simulator(tmp_path, profile_text()) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, ACCOUNT)
        before = finish(folder)
        assert before.targets[0].basis.startswith("heuristic only")
        rows = query(folder, "SELECT id, target, scenario, repeat FROM outcome ORDER BY id")
        extend(folder, target(sim.url), HEURISTIC, judge(sim.url), ACCOUNT)
        # Before any engine has seen it, the rate is that of the new basis: it has no verdict yet.
        opened = look(folder)
        assert opened.targets[0].rates[opened.tier].n == 0
        assert opened.targets[0].ungraded == 20
        calls = sim.total("m1")["calls"]
        after = finish(folder)
        assert sim.total("m1")["calls"] == calls
        assert sim.total("j")["answered"] == 20
    assert after.state is RunState.DONE
    assert after.targets[0].basis.startswith("as graded by judge")
    assert after.targets[0].rates[after.tier].n == 20
    # The verdicts of the first grader stand as they were.
    assert one(folder, "SELECT count(*) FROM verdict") == 40
    assert query(folder, "SELECT id, target, scenario, repeat FROM outcome ORDER BY id") == rows


def test_more_budget_is_taken_up_by_a_running_engine(tmp_path: Path) -> None:
    corpus(tmp_path, 12)
    tight = ACCOUNT + "requests_per_day = 5\n"
    with simulator(tmp_path, profile_text()) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, tight)
        with engine(folder) as running:
            until(lambda: look(folder).targets[0].state is TargetState.WAITING, "it waits")
            assert one(folder, ANSWERED) == 5
            told = extend(folder, target(sim.url), HEURISTIC, ACCOUNT + "requests_per_day = 50\n")
            assert told == ("account 'a' requests_per_day 5 → 50",)
            assert running.wait(30) == 0, words(folder)
        asked_once(folder, sim, 12, "m1")


def test_a_paused_run_stays_paused_when_it_is_extended(tmp_path: Path) -> None:
    corpus(tmp_path, 60)
    with simulator(tmp_path, profile_text(latency=0.05)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, ACCOUNT)
        with engine(folder):
            until(lambda: one(folder, ANSWERED) > 2, "it is under way")
            _command(folder, "pause")
            until(lambda: look(folder).state is RunState.PAUSED, "it is paused")
            until(lambda: look(folder).in_flight == 0, "the calls in flight are done")
            corpus(tmp_path, 70)
            extend(folder, target(sim.url), HEURISTIC, ACCOUNT)
            until(lambda: look(folder).planned == 70, "the screens know")
            until(lambda: any("taken up" in x for x in log_lines(folder)), "the engine knows")
            until(lambda: look(folder).state is RunState.PAUSED, "it is paused still")
            sent = sim.total("m1")["calls"]
            _command(folder, "resume")
            until(lambda: sim.total("m1")["calls"] > sent, "it goes on")


def _command(folder: Path, kind: str) -> None:
    number = commands.send(folder, kind, None, "anna")
    until(lambda: commands.result(folder, number), f"{kind} is answered")


MODERATED = """
[[platforms.faults]]
kind = "reply"
status = 403
body = '{"error": {"code": 403, "message": "x", "metadata": {"reasons": ["placeholder"]}}}'
from_call = 3
to_call = 5
"""


def test_blocked_attempts_put_back_are_asked_again_and_both_outcomes_are_kept(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 20)
    with simulator(tmp_path, profile_text(platform=MODERATED)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, ACCOUNT)
        before = finish(folder)
        assert (before.targets[0].usable, before.targets[0].blocked) == (17, 3)
        n = before.targets[0].rates[before.tier].n
        returned = append(database(folder), Retry(["input_filter"], None, "anna", time.time()))
        assert returned.targets == {"m1 @ direct": {"input_filter": 3}}
        opened = look(folder)
        assert (opened.state, opened.done) == (RunState.STOPPED, 17)
        assert opened.targets[0].blocked == 0
        after = finish(folder)
        asked_once(folder, sim, 20, "m1")
    assert (after.targets[0].usable, after.targets[0].blocked) == (20, 0)
    assert after.targets[0].rates[after.tier].n == n + 3
    kept = query(folder, "SELECT class, round, count(*) FROM outcome GROUP BY 1, 2 ORDER BY 1, 2")
    assert kept == [("answered", 0, 17), ("answered", 1, 3), ("input_filter", 0, 3)]


def test_a_retry_reaches_a_running_engine(tmp_path: Path) -> None:
    corpus(tmp_path, 60)
    with simulator(tmp_path, profile_text(latency=0.05, platform=MODERATED)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, ACCOUNT)
        with engine(folder) as running:
            until(lambda: look(folder).targets[0].blocked == 3, "three are blocked")
            append(database(folder), Retry(["input_filter"], 1, "anna", time.time()))
            assert running.wait(60) == 0, words(folder)
        asked_once(folder, sim, 60, "m1")


def test_what_would_change_the_meaning_of_answers_is_refused_with_the_way_out(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 5)
    url = "http://127.0.0.1:9"
    folder = make(tmp_path, target(url), HEURISTIC, ACCOUNT)
    old = target(url)
    cases = {
        "sampling.temperature: 0 → 0.7": (old, HEURISTIC, "[sampling]\ntemperature = 0.7\n"),
        "targets[1].system_prompt: differs": (old + 'system_prompt = "x"\n', HEURISTIC),
        "targets[1].model: m1 → m2": (old.replace('"m1"', '"m2"'), HEURISTIC),
        "targets[1].thinking: none → on": (old + 'thinking = "on"\n', HEURISTIC),
        "targets: 'm1 @ direct' is missing": (target(url, "m2"), HEURISTIC),
        "graders: 'heuristic' is missing": (old, judge(url)),
    }
    for says, parts in cases.items():
        proposal = proposed(folder, *parts)
        assert proposal.extension is None
        assert any(says in line for line in proposal.refused), proposal.refused
        assert all("new run" in x or "another name" in x or "leave it" in x
                   for x in proposal.refused)  # fmt: skip
    (tmp_path / "corpus.jsonl").write_text('{"id": "P-00001", "turns": ["[placeholder other]"]}\n')
    changed = proposed(folder, old, HEURISTIC, ACCOUNT)
    assert "stands in the run with other words" in changed.refused[0]
    with contextlib.closing(Reader(folder)) as reader:
        assert reader.plan_id() == 1


def test_the_same_plan_once_more_changes_nothing(tmp_path: Path) -> None:
    corpus(tmp_path, 5)
    folder = make(tmp_path, target("http://127.0.0.1:9"), HEURISTIC, ACCOUNT)
    again = proposed(folder, target("http://127.0.0.1:9"), HEURISTIC, ACCOUNT)
    assert (again.extension, again.refused, again.words) == (None, (), ())
