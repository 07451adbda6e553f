"""`fftui compare` as a command."""

from __future__ import annotations

import json

from tests.cli.support import Desk

PROFILE = """
seed = 1
[[platforms]]
name = "one"
[[platforms]]
name = "two"
[[models]]
name = "soft"
[models.families.default]
COMPLIANCE = 0.6
REFUSAL = 0.4
[[models]]
name = "hard"
[models.families.default]
REFUSAL = 1.0
[[judges]]
name = "j"
"""
TARGETS = [
    {"name": "\x1b[31ma", "platform": "sim:one", "model": "soft", "weights": "w"},
    {"name": "b", "platform": "sim:two", "model": "hard", "weights": "w"},
]
JUDGE = [{"kind": "judge", "name": "judge", "platform": "sim:one", "model": "j"}]


def ran(desk: Desk) -> None:
    desk.write(prompts=60, targets=TARGETS, graders=JUDGE)
    (desk.folder / "profile.toml").write_text(PROFILE)
    assert desk.fftui("run", "plan.toml", "--headless").code == 0


def test_a_pair_is_a_sentence_and_what_it_rests_on(desk: Desk) -> None:
    ran(desk)
    done = desk.fftui("compare", "quick")
    assert (done.code, done.err) == (0, "")
    first, *rest = done.out.splitlines()
    assert "and b differ: +" in first
    assert "on 60 matched scenarios, by machine verdicts" in first
    assert any("simulated" in line for line in rest)
    assert "\x1b" not in done.out
    (data,) = [json.loads(x) for x in desk.fftui("compare", "quick", "--json").out.splitlines()]
    assert data["differs"] is True
    assert data["matched"]["n"] == 60
    assert [side["n"] for side in data["sides"]] == [60, 60]
    twice = desk.fftui("compare", "quick", "runs/quick", "--json").out
    assert [json.loads(x)["sides"] for x in twice.splitlines()] == [data["sides"]]
    broad = json.loads(desk.fftui("compare", "quick", "--tier", "broad", "--json").out)
    assert broad["tier"] == "broad"


def test_the_same_target_of_two_runs_is_told_apart_by_its_run(desk: Desk) -> None:
    desk.write(prompts=30, targets=TARGETS[:1], graders=JUDGE)
    (desk.folder / "profile.toml").write_text(PROFILE)
    for name in ("first", "second"):
        assert desk.fftui("run", "plan.toml", "--headless", "--name", name).code == 0
    said, *_ = desk.fftui("compare", "first", "second", "--by", "run").out.splitlines()
    assert "a (first) and " in said
    assert "a (second): " in said or "a (second) " in said
    moved = desk.fftui("compare", "first", "second", "--by", "run", "--read-first")
    assert moved.code == 0


def test_a_copy_of_a_run_is_no_second_run(desk: Desk) -> None:
    ran(desk)
    desk.fftui("snapshot", "quick", "copy.db")
    told = "is a copy of the run in "
    desk.fftui("compare", "quick", "copy.db").refused(2, told)
    desk.fftui("compare", "--table", "asr", "quick", "copy.db").refused(2, told)
    desk.fftui("report", "quick", "copy.db").refused(2, told)


def test_nothing_to_compare_is_one_line(desk: Desk) -> None:
    ran(desk)
    desk.fftui("compare", "quick", "--by", "run").refused(2, "no two targets differ in run")
    desk.fftui("compare", "quick", "--same", "maker,lunch").refused(2, "--same 'lunch': allowed: ")
    desk.fftui("compare", "quick", "--by", "lunch").refused(2, "--by 'lunch': allowed: platform")
    desk.fftui("compare", "nobody").refused(2, "no run 'nobody'")
    desk.fftui("compare").refused(2, "RUN")


def test_two_models_of_a_maker_stand_as_pooled_and_macro(desk: Desk) -> None:
    targets = [
        {**row, "maker": "m", "platform": "sim:one", "weights": row["model"]} for row in TARGETS
    ]
    desk.write(prompts=60, targets=targets, graders=JUDGE)
    (desk.folder / "profile.toml").write_text(PROFILE)
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    said = desk.fftui("compare", "quick", "--by", "weights").out
    assert "m on sim:one" in said
    assert "2 models, 120 verdicts: pooled" in said
    *_, last = desk.fftui("compare", "quick", "--by", "weights", "--json").out.splitlines()
    assert json.loads(last)["provider"]["models"] == 2
