"""A free account of 20 calls a minute and 50 a day: every attempt usable, no call turned away."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from fftui.engine.prepare import make_run
from fftui.resources import shipped
from fftui.results.preflight import check
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    finish,
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

DAY_S = 4.0
MODELS = ("m1", "m2", "m3", "m4", "m5")
SENT = "SELECT count(*) FROM call WHERE grader IS NULL"
REFUSED = f"{SENT} AND outcome = 'rate_limited'"


def limits(kind: str, scale: float) -> str:
    """The simulator's side: a platform with the free tier's limits."""
    models = "".join(
        f'[[models]]\nname = "{m}"\nlatency_s = 0.03\n[models.families.default]\nREFUSAL = 1.0\n'
        for m in MODELS
    )
    return (
        f'seed = 5\nperiod_scale = {scale}\n[[platforms]]\nname = "direct"\n[platforms.limits]\n'
        f'kind = "{kind}"\nrequests_per_minute = 20\nrequests_per_day = 50\n{models}'
    )


def account(scale: float, *, concurrency: int, more: str = "shared = false") -> str:
    """The plan's side: it states no limit."""
    return (
        f'[[accounts]]\nname = "a"\nperiod_scale = {scale}\nconcurrency = {concurrency}\n{more}\n'
    )


def five(url: str) -> str:
    return "".join(target(url, model) for model in MODELS)


def counted_well(folder: Path, attempts: int) -> None:
    """Every attempt has an answer and a verdict, and nothing else is in any count."""
    sound(folder)
    assert query(folder, "SELECT class, count(*) FROM in_force GROUP BY 1") == [
        ("answered", attempts)
    ]
    assert one(folder, "SELECT count(*) FROM verdict") == attempts


def test_days_of_an_announced_budget_pass_without_a_refusal(tmp_path: Path) -> None:
    scale = DAY_S / 86400
    corpus(tmp_path, 50)
    with simulator(tmp_path, limits("announced", scale)) as sim:
        folder = make(tmp_path, five(sim.url), HEURISTIC, account(scale, concurrency=4))
        run = finish(folder, 60)
        counted_well(folder, 250)
        assert run.calls.rate_limited == 0
        assert run.calls.sent == 250
        assert sum(sim.total(m)["rate_limited"] for m in MODELS) == 0
    # Five days of 50 calls: nobody can have been quicker.
    first, last = query(folder, "SELECT min(at), max(at) FROM call")[0]
    assert last // DAY_S - first // DAY_S >= 4


def test_a_silent_budget_turns_one_call_away_per_window_at_most(tmp_path: Path) -> None:
    scale = DAY_S / 86400
    corpus(tmp_path, 40)
    with simulator(tmp_path, limits("silent", scale)) as sim:
        folder = make(tmp_path, five(sim.url), HEURISTIC, account(scale, concurrency=1))
        finish(folder, 60)
        counted_well(folder, 200)
        days: dict[int, int] = {}
        for (at,) in query(folder, f"SELECT at FROM ({REFUSED.replace('count(*)', 'at')})"):
            days[int(at // DAY_S)] = days.get(int(at // DAY_S), 0) + 1
        assert sum(days.values()) >= 1, "nobody can know a silent limit before it is met"
        assert max(days.values()) == 1
        # What the refusal told is remembered: later days are counted, not tried out.
        assert sum(days.values()) <= 2


def test_a_minutes_limit_is_kept_by_many_calls_at_once(tmp_path: Path) -> None:
    scale = 2.0 / 60
    corpus(tmp_path, 10)
    with simulator(tmp_path, limits("announced", scale)) as sim:
        folder = make(tmp_path, five(sim.url), HEURISTIC, account(scale, concurrency=32))
        run = finish(folder, 60)
        counted_well(folder, 50)
        assert run.calls.rate_limited == 0


def test_two_runs_on_one_key_share_its_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", os.fspath(tmp_path / "state"))
    monkeypatch.setenv("FREE_KEY", "sk-placeholder-0123456789")
    scale = DAY_S / 86400
    corpus(tmp_path, 12)
    more = 'key_env = "FREE_KEY"\nrequests_per_day = 50\n'
    with simulator(tmp_path, limits("silent", scale)) as sim:
        # The two plans do not even agree on the account's name.
        mine = five(sim.url)
        theirs = mine.replace('account = "a"', 'account = "b"')
        here = account(scale, concurrency=4, more=more)
        one_run = make(tmp_path, mine, HEURISTIC, here, name="one")
        other = make(
            tmp_path, theirs, HEURISTIC, here.replace('name = "a"', 'name = "b"'), name="other"
        )
        with engine(one_run) as first, engine(other) as second:
            assert first.wait(60) == 0, words(one_run)
            assert second.wait(60) == 0, words(other)
        for folder in (one_run, other):
            counted_well(folder, 60)
            assert one(folder, REFUSED) == 0
        assert sum(sim.total(m)["rate_limited"] for m in MODELS) == 0
        days: dict[int, int] = {}
        for folder in (one_run, other):
            for (at,) in query(folder, "SELECT at FROM call"):
                days[int(at // DAY_S)] = days.get(int(at // DAY_S), 0) + 1
        assert max(days.values()) <= 50
        assert sum(days.values()) == 120


def test_a_judge_on_the_same_account_is_never_starved(tmp_path: Path) -> None:
    scale = DAY_S / 86400
    corpus(tmp_path, 40)
    body = profile_text(
        latency=0.02,
        platform='[platforms.limits]\nkind = "announced"\nrequests_per_day = 30\n',
    )
    judge = (
        '[[graders]]\nkind = "judge"\nname = "judge"\nplatform = "openai-compatible"\n'
        'base_url = "{url}/direct/v1"\nmodel = "j"\naccount = "a"\n'
    )
    with simulator(tmp_path, f"period_scale = {scale}\n" + body) as sim:
        folder = make(
            tmp_path, target(sim.url), judge.format(url=sim.url), account(scale, concurrency=4)
        )
        with engine(folder) as running:
            # At the end of each day what was answered has been judged, too.
            day = int(time.time() // DAY_S)
            until(lambda: int(time.time() // DAY_S) > day, "the day is over", 2 * DAY_S)
            assert running.wait(60) == 0, words(folder)
        sound(folder)
        assert one(folder, "SELECT count(*) FROM call WHERE outcome = 'rate_limited'") == 0
        assert one(folder, "SELECT count(*) FROM verdict") == 40
        late = query(
            folder,
            "SELECT o.at, v.at FROM verdict v JOIN outcome o ON o.id = v.outcome",
        )
        same_day = sum(int(a // DAY_S) == int(v // DAY_S) for a, v in late)
        assert same_day >= 38  # one pair may stand astride midnight at each of its two turns


@pytest.mark.long
def test_the_sample_ends_with_every_attempt_usable_and_no_call_turned_away(tmp_path: Path) -> None:
    checked = check(shipped("sample_runs") / "advbench_baseline_free.toml")
    folder = make_run(checked, tmp_path, None)
    run = finish(folder, 400)
    assert query(folder, "SELECT class, count(*) FROM in_force GROUP BY 1") == [("answered", 250)]
    assert [(t.usable, t.failed, t.ungraded) for t in run.targets] == [(50, 0, 0)] * 5
    assert [sum(t.verdicts.values()) for t in run.targets] == [50] * 5
    assert run.calls.rate_limited == 0


def test_the_sample_states_the_limits_of_its_platform() -> None:
    checked = check(shipped("sample_runs") / "advbench_baseline_free.toml")
    assert checked.ok, checked.problems
    assert checked.plan is not None
    assert checked.plan.simulated
    assert len(checked.plan.targets) == 5
    assert len(checked.scenarios) == 50
    assert {t.account for t in checked.plan.targets} == {"free-tier"}
