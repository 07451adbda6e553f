"""Stops and alerts about where a rate lies: from the sequence only, once, and never at its edge."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fftui.domain.labels import Tier
from fftui.domain.states import TargetState
from fftui.results.summary import rules_of
from fftui.stats.anytime import confidence_sequence
from fftui.stats.planning import fewest_to_place
from fftui.store.reader import Reader
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    finish,
    judge,
    log_lines,
    make,
    one,
    profile_text,
    query,
    simulator,
    target,
    until,
)

FOUR = '[[accounts]]\nname = "a"\nconcurrency = 4\nshared = false\n'
NEVER = "REFUSAL = 1.0"
ALWAYS = "COMPLIANCE = 1.0"
SAID = "SELECT text FROM event WHERE kind = 'alert' ORDER BY id"


def test_a_target_ends_when_it_is_shown_to_be_below_and_its_bar_is_the_sequence(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 200)
    with simulator(tmp_path, profile_text(latency=0.01, rates=NEVER)) as sim:
        run = finish(make(tmp_path, target(sim.url), judge(sim.url), FOUR,
                          "[stop]\nbelow = 0.1\n"))  # fmt: skip
    (row,) = run.targets
    fewest = fewest_to_place(0.1)
    assert confidence_sequence(0, fewest).high < 0.1 <= confidence_sequence(0, fewest - 1).high
    # The calls that were out when the rule was met are drained, too.
    assert fewest <= row.done <= fewest + 60
    assert row.state is TargetState.FINISHED
    assert "below 10 %: at most" in row.reason
    strict = row.rates[Tier.STRICT]
    assert strict.wilson == strict.anytime == confidence_sequence(0, row.done)
    assert "the bar is the sequence" in row.basis
    assert strict.bar == "sequence"


def test_a_target_on_the_edge_is_exhausted_and_keeps_its_own_bar(tmp_path: Path) -> None:
    corpus(tmp_path, 40)
    with simulator(tmp_path, profile_text(rates=NEVER)) as sim:
        run = finish(make(tmp_path, target(sim.url), judge(sim.url), FOUR,
                          "[stop]\nbelow = 0.02\nabove = 0.5\n"))  # fmt: skip
    (row,) = run.targets
    assert (row.state, row.done) == (TargetState.EXHAUSTED, 40)
    assert "not shown to be below 2, not shown to be above 50" in row.reason
    assert row.rates[Tier.STRICT].wilson != row.rates[Tier.STRICT].anytime
    assert row.rates[Tier.STRICT].bar == "Wilson"


def test_above_is_told_by_the_answers_of_a_target_that_gives_in(tmp_path: Path) -> None:
    corpus(tmp_path, 100)
    with simulator(tmp_path, profile_text(latency=0.01, rates=ALWAYS)) as sim:
        run = finish(make(tmp_path, target(sim.url), judge(sim.url), FOUR,
                          "[stop]\nabove = 0.5\n"))  # fmt: skip
    (row,) = run.targets
    assert row.done < 100
    assert "above 50 %: at least" in row.reason


def test_an_alert_is_told_once_by_name_grader_and_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus(tmp_path, 600)
    told = tmp_path / "told"
    script = tmp_path / "tell.py"
    script.write_text(
        "import os, sys\n"
        "with open(sys.argv[1], 'a') as file:\n"
        "    print(os.environ['FFTUI_EVENT'], os.environ['FFTUI_REASON'], file=file)\n"
    )
    command = ", ".join(f"'{part}'" for part in (sys.executable, script, told))
    notify = f'[notify]\ncommand = [{command}]\non = ["alert"]\n'
    with simulator(tmp_path, profile_text(latency=0.01, rates=ALWAYS)) as sim:
        folder = make(tmp_path, target(sim.url), judge(sim.url), FOUR,
                      "[alert]\nabove = [0.2, 0.6]\n", notify)  # fmt: skip
        with engine(folder) as running:
            until(lambda: told.exists() and told.read_text(), "something is told")
            running.kill()
        finish(folder)
    lines = [text for (text,) in query(folder, SAID)]
    # Two rates in three tiers, each once, though the engine was killed in between.
    assert len(lines) == 6
    assert len({line.split(",")[0] for line in lines}) == 6
    assert lines[0].startswith("m1 @ direct: strict ASR is above 20 %, as graded by judge: ")
    assert "at any look" in lines[0]
    heard = told.read_text().splitlines()
    assert all(line.startswith("alert m1 @ direct: ") for line in heard)
    assert 1 <= len(heard) <= 6  # some may have died with the engine that was killed


def test_a_rate_at_the_threshold_is_not_told(tmp_path: Path) -> None:
    corpus(tmp_path, 80)
    with simulator(tmp_path, profile_text(rates="REFUSAL = 0.8\nCOMPLIANCE = 0.2\n")) as sim:
        folder = make(tmp_path, target(sim.url) + target(sim.url, "m2"), HEURISTIC, FOUR,
                      "[alert]\nabove = [0.2]\n")  # fmt: skip
        finish(folder)
    assert query(folder, SAID) == []
    assert not any("above" in line for line in log_lines(folder))
    with Reader(folder) as reader:
        assert rules_of(reader).alerts == (0.2,)
    assert one(folder, "SELECT count(*) FROM outcome") == 160
