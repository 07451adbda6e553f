"""`fftui preflight` as a process of its own, its probes against simulated platforms."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from tests.cli.support import PROFILE, Desk

ONE = {"name": "a", "platform": "sim:direct", "model": "m", "account": "acc"}
TWO = {**ONE, "name": "b"}
JUDGE = {"kind": "judge", "name": "judge", "platform": "sim:direct", "model": "j", "account": "acc"}


def ledger(desk: Desk) -> list[Path]:
    return list((desk.folder.parent / "state").rglob("accounts.db"))


def announced(a_day: int) -> str:
    """The profile with a platform that states its limit on each reply."""
    limits = f'[platforms.limits]\nkind = "announced"\nrequests_per_day = {a_day}\n'
    return PROFILE.replace("{latency}", "0.0").replace("[[models]]", f"{limits}[[models]]")


def test_the_page_says_what_the_run_takes_and_sends_nothing(desk: Desk) -> None:
    account = {"name": "acc", "requests_per_day": 50}
    desk.write(prompts=50, targets=[ONE, TWO], graders=[JUDGE], accounts=[account])
    done = desk.fftui("preflight", "plan.toml")
    assert (done.code, done.err) == (0, "")
    for said in (
        "50 scenarios (0 benign) x 2 targets x 1 repeat",
        "at most 200 calls: 100 to targets + 100 to judges",
        "50 requests/day (the plan's)",
        # 50 a day pay for 25 answers and their judge; 100 take four days, of which one is today.
        "in 3 days" if "in 3 days" in done.out else "in 2 days",
        "50 a day buys width 0.13 at 0 of 25 for one target, 0.24 at 0 of 12 for two",
        "costs nothing",
        "plan.toml: the plan",
        "profile.toml: the simulator's profile",
        "prompts.jsonl: 50 scenarios",
    ):
        assert said in done.out
    assert desk.left() == []
    assert ledger(desk) == []


def test_json_holds_the_numbers_and_all_hashes(desk: Desk) -> None:
    desk.write(prompts=50, targets=[ONE], stop={"width": 0.2}, accounts=[{"name": "acc"}])
    done = desk.fftui("preflight", "plan.toml", "--json")
    assert done.code == 0
    found = json.loads(done.out)
    assert found["attempts"]["per_target"] == 50
    # 16 refusals are an interval of 0.2 (0 to 0.194).
    assert found["attempts"]["least_per_target"] == 16
    assert found["cost_usd"] == {"least": 0.0, "most": 0.0}
    assert [len(f["sha256"]) for f in (*found["files"], *found["corpora"])] == [64, 64, 64]
    assert "probes" not in found


def test_problems_are_a_line_each_and_exit_2(desk: Desk) -> None:
    desk.write(
        targets=[ONE, {**TWO, "model": "absent"}],
        accounts=[{"name": "acc", "key_env": "NO_SUCH_KEY"}, {"name": "nobody"}],
    )
    for extra in ([], ["--json"], ["--probe", "--json"]):
        done = desk.fftui("preflight", "plan.toml", *extra)
        assert done.code == 2
        assert len(done.err.splitlines()) == 3, done.err
        for word in ("no model 'absent'", "no NO_SUCH_KEY", "nobody"):
            assert word in done.err
        if extra:
            found = json.loads(done.out)
            assert found["ok"] is False
            assert len(found["problems"]) == 3
            assert "probes" not in found
    assert "nothing was sent" in desk.fftui("preflight", "plan.toml", "--probe").err


def test_an_unreadable_plan_is_one_line(desk: Desk) -> None:
    desk.plan.write_text("version = ")
    done = desk.fftui("preflight", "plan.toml")
    done.refused(2, "plan.toml")
    assert json.loads(desk.fftui("preflight", "plan.toml", "--json").out)["ok"] is False


def test_a_probe_asks_each_target_and_judge_and_shows_who_answered(desk: Desk) -> None:
    desk.write(targets=[ONE, TWO], graders=[JUDGE], accounts=[{"name": "acc", "shared": False}])
    (desk.folder / "profile.toml").write_text(announced(50))
    done = desk.fftui("preflight", "plan.toml", "--probe")
    assert (done.code, done.err) == (0, "")
    probes = done.out.partition("\nprobe: ")[2]
    for said in ("a: ok, answered, ", "b: ok, answered, ", "judge judge: ok, ", " in + ",
                 "answered by m, ", "answered by j, ", "says 49 of 50 requests/day left",
                 "says 47 of 50 requests/day left"):  # fmt: skip
        assert said in probes
    found = json.loads(desk.fftui("preflight", "plan.toml", "--probe", "--json").out)
    assert [(p["name"], p["kind"], p["ok"], p["outcome"]) for p in found["probes"]] == [
        ("a", "target", True, "answered"), ("b", "target", True, "answered"),
        ("judge", "judge", True, "answered"),
    ]  # fmt: skip
    assert all(p["tokens_out"] and p["latency_ms"] > 0 for p in found["probes"])
    # The account is kept out of the shared ledger, by its probes too; and no run was made.
    assert ledger(desk) == []
    assert desk.left() == []


def test_a_probe_that_fails_is_exit_1_and_the_others_are_asked(desk: Desk) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        deaf = {"name": "deaf", "platform": "openai-compatible", "base_url": url, "model": "x"}
        desk.write(targets=[deaf, ONE])
        done = desk.fftui("preflight", "plan.toml", "--probe")
    assert done.code == 1
    assert "1 of 2 probes failed" in done.err
    assert "deaf: FAILED, infra, " in done.out
    assert "mend: is the address right" in done.out
    assert "a: ok, answered" in done.out


def buys(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        desk.fftui("preflight", "plan.toml", "--probe", "--json").out
    )["probes"]
    return found


def test_a_probe_is_counted_and_none_is_sent_without_budget(desk: Desk) -> None:
    desk.write(targets=[ONE, TWO], accounts=[{"name": "acc", "requests_per_day": 1}])
    first, second = buys(desk)
    assert first["ok"]
    assert (second["outcome"], second["signal"]) == (None, "requests/day spent")
    # Counted for good: the next one has nothing left, and the page says so.
    assert [one["outcome"] for one in buys(desk)] == [None, None]
    assert "1 spent already" in desk.fftui("preflight", "plan.toml").out


def test_what_the_platform_says_to_a_probe_is_kept_for_the_run(desk: Desk) -> None:
    desk.write(targets=[ONE, TWO], accounts=[{"name": "acc"}])
    (desk.folder / "profile.toml").write_text(announced(1))
    first, second = buys(desk)
    assert (first["ok"], first["budget"]) == (True, ["0 of 1 requests/day left"])
    assert second["outcome"] is None
    page = desk.fftui("preflight", "plan.toml").out
    assert "1 requests/day (as the platform last said), 1 spent already" in page
