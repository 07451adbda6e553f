"""Rules that look beyond one answer, on whole runs: clusters, empty replies, a plan's rates."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from fftui.domain.labels import Label, Tier
from fftui.results.readings import next_pools, readings
from fftui.store.claims import Enrol
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.retry import Retry
from fftui.store.review_figures import pools
from fftui.store.reviews import Read
from fftui.store.writer import append
from fftui.tui.review.desk import ReviewDesk
from tests.engine.support import (
    HEURISTIC,
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

ALL_REFUSE = "REFUSAL = 1.0"
CANNED = '[platforms.canned]\ntext = "I cannot help with this placeholder."\nprobability = 1.0\n'
BIG = "[review]\naudit = 20\n"


def strata(folder: Path, target: int) -> dict[str, tuple[int, int]]:
    """(answers, drawn) by stratum."""
    rows = query(
        folder,
        "SELECT stratum, count(*), sum(drawn) FROM item WHERE target = ? GROUP BY 1",
        target,
    )
    return {name: (n, drawn) for name, n, drawn in rows}


def test_a_template_is_read_once_for_each_target_and_then_a_sample(tmp_path: Path) -> None:
    corpus(tmp_path, 200)
    with simulator(tmp_path, profile_text(platform=CANNED, rates=ALL_REFUSE)) as sim:
        folder = make(
            tmp_path, target(sim.url), target(sim.url, "m2"), HEURISTIC, judge(sim.url), BIG
        )
        finish(folder)
    # One of each cluster whatever the draw; which of the two came first is left to the calls.
    read = "SELECT stratum FROM item WHERE pool = 'doubt' AND drawn AND target = ?"
    heads = [[s for (s,) in query(folder, read, t)] for t in (1, 2)]
    assert [len(found) for found in heads] == [1, 1]
    assert {"template:REFUSAL"} <= {*heads[0], *heads[1]} <= {"template:REFUSAL", "alike:REFUSAL"}
    for t in (1, 2):
        found = dict(
            query(folder, "SELECT pool, count(*) FROM item WHERE target = ? GROUP BY 1", t)
        )
        # All but the first few, and the one that is read for them, are sampled.
        assert found["alike"] > 150
        assert sum(found.values()) == 200
    share = "SELECT DISTINCT inclusion FROM item WHERE pool = 'alike'"
    assert query(folder, share) == [(0.05,)]


@pytest.mark.parametrize(("planned", "small"), [(60, True), (61, False)])
def test_up_to_60_planned_attacks_of_a_target_are_all_read(
    tmp_path: Path, planned: int, small: bool
) -> None:
    corpus(tmp_path, planned)
    with simulator(tmp_path, profile_text(rates=ALL_REFUSE)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, "[review]\naudit = 0\ndouble = 0.4\n")
        finish(folder)
    read = one(folder, "SELECT count(*) FROM item WHERE drawn AND stratum LIKE 'small:%'")
    assert read == (planned if small else 0)
    twice = one(folder, "SELECT count(*) FROM item WHERE planned = 2")
    assert 10 < twice < 40


def test_items_come_while_the_run_goes_on(tmp_path: Path) -> None:
    corpus(tmp_path, 60)
    with simulator(tmp_path, profile_text(latency=0.2)) as sim:
        few = "[engine]\nconcurrency = 1\n"
        folder = make(tmp_path, target(sim.url), HEURISTIC, few)
        with engine(folder):
            until(lambda: one(folder, "SELECT count(*) FROM item WHERE open") > 2, "items come")
            assert state(folder) == "running"
            desk = ReviewDesk(folder, "ana")
            try:
                item = asyncio.run(desk.take())
                assert item is not None
                asyncio.run(desk.read(item, Label.REFUSAL, {}))
            finally:
                desk.close()
            assert one(folder, "SELECT count(*) FROM item WHERE final = 'REFUSAL'") == 1
            assert one(folder, "SELECT count(*) FROM outcome") < 60


def test_rules_of_a_plan_are_turned_off_and_thinned(tmp_path: Path) -> None:
    corpus(tmp_path, 200)
    some = "[review]\naudit = 0\nrules = { compliance = 0.5, small = 0.0, alike = 0.0 }\n"
    with simulator(tmp_path, profile_text()) as sim:
        folder = make(tmp_path, target(sim.url), judge(sim.url), some)
        finish(folder)
    gave = one(folder, "SELECT count(*) FROM item WHERE machine IN ('COMPLIANCE', 'PARTIAL')")
    flagged = one(folder, "SELECT count(*) FROM flag WHERE rule = 'compliance'")
    assert 0.3 < flagged / gave < 0.7
    rest = one(folder, "SELECT count(*) FROM item WHERE pool = 'rest' AND machine = 'COMPLIANCE'")
    assert rest > 0
    assert one(folder, "SELECT count(*) FROM item WHERE drawn AND pool = 'rest'") == 0


def test_reasoning_without_an_answer_is_read_and_enters_no_rate(tmp_path: Path) -> None:
    corpus(tmp_path, 80)
    reply = {
        "choices": [{"message": {"role": "assistant", "content": "", "reasoning": "[placeholder]"},
                     "finish_reason": "stop"}],
        "model": "m1", "usage": {"prompt_tokens": 3, "completion_tokens": 9},
    }  # fmt: skip
    fault = f"[[platforms.faults]]\nkind = \"reply\"\nto_call = 6\nbody = '{json.dumps(reply)}'\n"
    tries = "[engine]\ntries = 1\nusable_share = 0.0\n"
    with simulator(tmp_path, profile_text(platform=fault)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, tries)
        run = finish(folder)
        empty = one(folder, "SELECT count(*) FROM in_force WHERE class = 'empty'")
        assert empty > 0
        assert strata(folder, 1)["reasoning:none"] == (empty, empty)
        assert run.targets[0].rates[run.tier].n == 80 - empty
        with Reader(folder) as reader:
            assert readings(pools(reader, 1)).of == 80 - empty
            order = [pool.value for _, pool in next_pools(reader, Tier.STRICT, [1])]
        assert order[-1] == "outside"
        # A reading settles the item's own label and moves no rate.
        outcome = one(folder, "SELECT min(outcome) FROM item WHERE pool = 'outside'")
        who = append(database(folder), Enrol("ana", 1e9))
        append(database(folder), Read(who, "s", outcome, Label.COMPLIANCE, 1e9))
        sound(folder)
        with Reader(folder) as reader:
            assert readings(pools(reader, 1)).read == 0
        assert query(folder, "SELECT final FROM item WHERE outcome = ?", outcome) == [
            ("COMPLIANCE",)
        ]
        # Asked anew it is read no more; what was read stays.
        append(database(folder), Retry(["empty"], None, "tests", 1e9))
        sound(folder)
        assert one(folder, "SELECT count(*) FROM item WHERE pool = 'outside' AND open") == 0
        finish(folder)
    assert one(folder, "SELECT count(*) FROM in_force WHERE class = 'answered'") == 80
    assert one(folder, "SELECT count(*) FROM review WHERE kind = 'read'") == 1
