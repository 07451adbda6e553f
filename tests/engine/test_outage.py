"""An endpoint that turns into something else for a while, and accounts that are refused."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from fftui.domain.states import TargetState
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
    target,
    until,
    words,
)

OUTAGE = """
[[platforms.faults]]
kind = "html_200"
from_call = 21
to_call = 30
[[platforms.faults]]
kind = "http_503"
from_call = 31
to_call = 32
"""
FOUR = '[[accounts]]\nname = "a"\nconcurrency = 4\nshared = false\n'


def test_a_page_in_place_of_answers_pauses_the_target_which_recovers_by_itself(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 60)
    with simulator(tmp_path, profile_text(latency=0.02, platform=OUTAGE)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, FOUR)
        with engine(folder) as running:
            until(lambda: look(folder).targets[0].state is TargetState.PAUSED, "it is paused")
            shown = look(folder).targets[0]
            # Which of the calls that were out together ended last is chance.
            assert re.search(r"(html in place of json|http 503).*; tried again at", shown.reason)
            assert running.wait(60) == 0, words(folder)
        sound(folder)
        run = look(folder)
        counts = sim.total("m1")
    (row,) = run.targets
    # Nothing of the outage became data: each attempt was sent again and has its one answer.
    assert query(folder, "SELECT class, count(*) FROM in_force GROUP BY 1") == [("answered", 60)]
    assert counts["answered"] == 60
    assert run.calls.failed == counts["faults"]["html_200"] + counts["faults"]["http_503"] == 12
    assert run.calls.sent == 72
    assert sum(row.verdicts.values()) == 60
    lines = log_lines(folder)
    # Either rule may be met first: late answers from before the outage come among its pages.
    why = re.compile(r"\d+ calls in a row gave nothing usable|\d+ of the last 20 calls usable")
    assert any(why.search(line) for line in lines)
    assert any("answers again" in line for line in lines)


def test_a_short_outage_ends_no_attempt_even_where_one_failure_would(tmp_path: Path) -> None:
    corpus(tmp_path, 40)
    fault = '[[platforms.faults]]\nkind = "http_500"\nfrom_call = 9\nto_call = 16\n'
    with simulator(tmp_path, profile_text(latency=0.02, platform=fault)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, FOUR, "[engine]\ntries = 1\n")
        run = finish(folder)
    assert run.calls.failed == 8
    assert query(folder, "SELECT class, count(*) FROM outcome GROUP BY 1") == [("answered", 40)]


def test_a_person_need_not_wait_for_the_next_trial(tmp_path: Path) -> None:
    corpus(tmp_path, 30)
    fault = '[[platforms.faults]]\nkind = "http_500"\nfrom_call = 6\nto_call = 18\n'
    with simulator(tmp_path, profile_text(platform=fault)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, FOUR)
        with engine(folder) as running:
            while running.process.poll() is None:
                if look(folder).targets[0].state is TargetState.PAUSED:
                    commands.send(folder, "resume", None, "anna")
                time.sleep(0.1)
        assert running.process.returncode == 0, words(folder)
        sound(folder)
        assert one(folder, "SELECT count(*) FROM in_force WHERE class = 'answered'") == 30


def test_one_poisonous_prompt_is_an_outcome_and_pauses_nothing(tmp_path: Path) -> None:
    corpus(tmp_path, 40)
    fault = '[[platforms.faults]]\nkind = "http_500"\nprobability = 0.1\n'
    with simulator(tmp_path, profile_text(platform=fault)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, FOUR)
        run = finish(folder)
    assert run.targets[0].usable >= 39
    assert not any("paused" in line for line in log_lines(folder))


def test_a_refused_key_pauses_the_account_and_resume_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-placeholder-0000000000")
    corpus(tmp_path, 12)
    fault = '[[platforms.faults]]\nkind = "reply"\nstatus = 401\nfrom_call = 5\nto_call = 5\n'
    with simulator(tmp_path, profile_text(latency=0.05, platform=fault)) as sim:
        both = target(sim.url) + target(sim.url, "m2")
        key = FOUR.replace("concurrency = 4", 'concurrency = 1\nkey_env = "SOME_KEY"')
        folder = make(tmp_path, both, HEURISTIC, key)
        with engine(folder) as running:
            until(lambda: look(folder).state.value == "paused", "the run is paused")
            run = look(folder)
            assert "http 401" in run.reason
            assert all(t.state is TargetState.PAUSED for t in run.targets)
            (paused,) = [a for a in run.accounts if a.name == "a"]
            assert "http 401" in paused.paused
            sent = sim.total("m1")["calls"] + sim.total("m2")["calls"]
            assert sent == 5
            commands.send(folder, "resume", None, "anna")
            assert running.wait(30) == 0, words(folder)
        sound(folder)
        answered = query(folder, "SELECT class, count(*) FROM in_force GROUP BY 1")
        assert answered == [("answered", 24)]


def test_a_judge_that_cannot_be_asked_is_told_once_and_asked_until_it_speaks(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 20)
    # Twenty answers come first, then the judge fails a dozen times.
    fault = '[[platforms.faults]]\nkind = "http_500"\nmodel = "j"\nto_call = 12\n'
    with simulator(tmp_path, profile_text(platform=fault)) as sim:
        folder = make(tmp_path, target(sim.url), judge(sim.url), FOUR, "[engine]\ntries = 1\n")
        run = finish(folder)
    said = [line for line in log_lines(folder) if "cannot be asked" in line]
    assert said == ["judge cannot be asked: http 500 server_error: Internal server error"]
    assert run.targets[0].ungraded == 0
    assert sum(run.targets[0].verdicts.values()) == 20
