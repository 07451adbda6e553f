"""Targets that are compared: filled together, open until the pair is narrow, told when apart."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fftui.domain.labels import Tier
from fftui.domain.states import TargetState
from fftui.engine.alerts import Alerts
from fftui.engine.stopping import COMPARED
from fftui.results.compare import compare
from fftui.results.matching import Matching, planned
from fftui.results.sides import pairs, sides
from fftui.results.summary import rules_of
from fftui.results.verdict import span
from fftui.stats.anytime import paired_sequence
from fftui.store import commands
from fftui.store.reader import Reader
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    finish,
    look,
    make,
    query,
    simulator,
    until,
)
from tests.results.test_compare import C, R, made

PROFILE = """
seed = 5
[[platforms]]
name = "direct"
[[platforms]]
name = "router"
[[models]]
name = "never"
latency_s = 0.01
[models.families.default]
REFUSAL = 1.0
[[models]]
name = "often"
latency_s = 0.01
[models.families.default]
REFUSAL = 0.5
COMPLIANCE = 0.5
"""
ACCOUNTS = "".join(
    f'[[accounts]]\nname = "{name}"\nconcurrency = 4\nshared = false\n'
    for name in ("direct", "router")
)
SERVED = {"direct": "openai-compatible", "router": "openai"}
SAID = "SELECT text FROM event WHERE kind = 'alert' ORDER BY id"


def one_of(url: str, place: str, model: str) -> str:
    return (
        f'[[targets]]\nname = "x @ {place}"\nweights = "x"\nplatform = "{SERVED[place]}"\n'
        f'base_url = "{url}/{place}/v1"\nmodel = "{model}"\naccount = "{place}"\n'
    )


def test_a_side_that_never_gives_in_stays_for_its_pair(tmp_path: Path) -> None:
    corpus(tmp_path, 400)
    with simulator(tmp_path, PROFILE) as sim:
        both = one_of(sim.url, "direct", "never") + one_of(sim.url, "router", "often")
        folder = make(tmp_path, both, HEURISTIC, ACCOUNTS, "[stop]\nwidth = 0.25\n")
        run = finish(folder)
    never, often = run.targets
    assert (never.state, often.state) == (TargetState.FINISHED, TargetState.FINISHED)
    assert often.done < 400
    # By its own width it would have ended long before; the other's scenarios are its own, too.
    own = never.rates[Tier.STRICT].wilson
    assert own is not None
    assert own.width < 0.15
    assert abs(never.done - often.done) <= 16
    with Reader(folder) as reader:
        rules = rules_of(reader)
        matching = Matching(reader, rules.grader.id, rules.tier, reader.targets())
        for number in reader.targets():
            matching.take_up(number, reader.counts(number).settled)
        (pair,) = matching.pairs
        (shown,) = compare(pairs(list(sides(reader)), "platform"), Tier.STRICT)
    assert pair.span.width <= 0.25
    assert shown.matched is not None
    assert (pair.both, pair.only_first, pair.only_second, pair.neither) == (
        shown.matched.both, shown.matched.only_first,
        shown.matched.only_second, shown.matched.neither,
    )  # fmt: skip
    assert shown.differs
    ((said,),) = query(folder, SAID)
    assert said.startswith(
        "x @ direct and x @ router differ by machine verdicts of heuristic, 0 of "
    )
    # What the difference rests on is what people are given first.
    first = {o for (o,) in query(folder, "SELECT outcome FROM item WHERE pool = 'discordant'")}
    assert first == {outcome for both in shown.matched.discordant for outcome in both}
    assert "at any look" in said


def test_a_told_difference_lies_where_all_pairs_of_the_run_allow(tmp_path: Path) -> None:
    made(tmp_path, {"a": [C] * 60 + [R] * 140, "b": [C] * 10 + [R] * 190, "c": [C] * 60})
    with Reader(tmp_path / "r") as reader:
        rules = rules_of(reader)
        matching = Matching(reader, rules.grader.id, rules.tier, reader.targets())
        for number in reader.targets():
            matching.take_up(number, reader.counts(number).settled)
        said = Alerts(rules, matching).claims(1, "a", reader.counts(1))
    (told,) = [text for text in said if text.startswith("a and b differ")]
    # Three pairs, 50 discordant of 200, all one way.
    where = paired_sequence(50, 0, 200, 0.05 / 3)
    assert f"+25.0 points {span(where)} at any look" in told


def test_a_target_ends_when_it_is_shown_to_differ_and_its_bar_is_the_sequence(
    tmp_path: Path,
) -> None:
    corpus(tmp_path, 120)
    with simulator(tmp_path, PROFILE) as sim:
        both = one_of(sim.url, "direct", "never") + one_of(sim.url, "router", "often")
        folder = make(tmp_path, both, HEURISTIC, ACCOUNTS, '[stop]\ndiffers_from = "x @ direct"\n')
        run = finish(folder)
    reference, other = run.targets
    assert other.state is TargetState.FINISHED
    assert other.reason.startswith("differs from x @ direct: ")
    assert other.done < 100
    assert other.rates[Tier.STRICT].bar == "sequence"
    # What it is compared with is no claim of its own.
    assert (reference.state, reference.done) == (TargetState.FINISHED, 120)
    assert reference.reason == "all 120 attempts done"
    assert reference.rates[Tier.STRICT].bar == "Wilson"


def test_nobody_runs_ahead_of_a_partner_that_is_held_up(tmp_path: Path) -> None:
    corpus(tmp_path, 400)
    with simulator(tmp_path, PROFILE) as sim:
        both = one_of(sim.url, "direct", "never") + one_of(sim.url, "router", "never")
        folder = make(tmp_path, both, HEURISTIC, ACCOUNTS, "[stop]\nwidth = 0.15\n")
        commands.send(folder, "pause", None, "anna")
        with engine(folder) as running:
            commands.send(folder, "pause_target", 2, "anna")
            until(lambda: COMPARED in look(folder).targets[0].reason, "the first is narrow enough")
            first = look(folder).targets[0].done
            time.sleep(0.5)
            assert look(folder).targets[0].done <= first + 8
            assert look(folder).targets[0].done < 100
            commands.send(folder, "resume_target", 2, "anna")
            assert running.wait(60) == 0
        run = look(folder)
    assert [t.state for t in run.targets] == [TargetState.FINISHED] * 2
    assert abs(run.targets[0].done - run.targets[1].done) <= 16
    assert query(folder, SAID) == []


def test_pairs_are_planned_of_the_same_weights_elsewhere(tmp_path: Path) -> None:
    corpus(tmp_path, 4)
    three = "".join(one_of("http://127.0.0.1:9", place, "never") for place in ("direct", "router"))
    other = one_of("http://127.0.0.1:9", "direct", "often")
    other = other.replace('"x @ direct"', '"y @ direct"').replace('weights = "x"', 'weights = "y"')
    folder = make(tmp_path, three, other, HEURISTIC, ACCOUNTS)
    with Reader(folder) as reader:
        targets = reader.targets()
    assert planned(targets) == [(1, 2)]
    assert planned(targets, "y @ direct") == [(1, 2), (1, 3), (2, 3)]


@pytest.mark.parametrize("repeats", [1, 3])
def test_only_first_repeats_are_matched(tmp_path: Path, repeats: int) -> None:
    corpus(tmp_path, 20)
    with simulator(tmp_path, PROFILE) as sim:
        both = one_of(sim.url, "direct", "often") + one_of(sim.url, "router", "often")
        folder = make(tmp_path, f"repeats = {repeats}", both, HEURISTIC, ACCOUNTS)
        finish(folder)
    with Reader(folder) as reader:
        rules = rules_of(reader)
        matching = Matching(reader, rules.grader.id, rules.tier, reader.targets())
        for number in reader.targets():
            for settled in range(0, 20 * repeats + 1, 7):
                matching.take_up(number, settled)
            matching.take_up(number, 20 * repeats)
        (pair,) = matching.pairs
    assert pair.n == 20
