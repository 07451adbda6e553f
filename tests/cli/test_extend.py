"""`extend` and `retry` as commands: what they print, and what they refuse in one line."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.support import MINIMAL, PROFILE, Desk, toml

MODERATED = """
[[platforms.faults]]
kind = "reply"
status = 403
body = '{"error": {"code": 403, "message": "x", "metadata": {"reasons": ["placeholder"]}}}'
from_call = 3
to_call = 4
"""
HEURISTIC: dict[str, Any] = {"graders": [{"kind": "heuristic"}]}
JUDGE: dict[str, Any] = {"kind": "judge", "name": "judge", "platform": "sim:direct", "model": "j"}


def done(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0


def status(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.fftui("status", "quick", "--json").out)
    return found


def new_plan(desk: Desk, *, prompts: int = 20, **changes: Any) -> None:
    """Another plan beside the first; the prompt file may have grown."""
    rows = [{"id": f"P-{n}", "turns": [f"[placeholder {n}]"]} for n in range(prompts)]
    (desk.folder / "prompts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (desk.folder / "more.toml").write_text(toml({**MINIMAL, **HEURISTIC, **changes}))


def test_a_done_run_is_extended_and_goes_on_with_resume(desk: Desk) -> None:
    desk.write(**HEURISTIC)
    done(desk)
    new_plan(desk, prompts=25, graders=[{"kind": "heuristic"}, JUDGE])
    said = desk.fftui("extend", "quick", "more.toml")
    assert said.code == 0
    assert said.out.splitlines() == [
        "5 scenarios (block 2)", "grader 'judge'", "rates as graded by 'judge' from now on",
    ]  # fmt: skip
    assert said.err == "fftui: quick: `fftui resume quick` goes on with it\n"
    opened = status(desk)
    assert opened["state"] == "stopped"
    assert opened["attempts"] == {"planned": 25, "done": 20, "in_flight": 0}
    assert opened["targets"][0]["ungraded"] == 20
    again = desk.fftui("extend", "quick", "more.toml")
    assert (again.code, again.out) == (0, "")
    assert "has all of this plan already; nothing was written" in again.err
    assert desk.fftui("resume", "quick").code == 0
    assert desk.fftui("wait", "quick", "--for", "done", "--timeout", "30").code == 0
    ended = status(desk)
    assert ended["attempts"]["done"] == 25
    assert ended["targets"][0]["basis"].startswith("as graded by judge")
    assert desk.fftui("doctor", "quick").code == 0


def test_scenarios_that_the_new_plan_leaves_out_stay_and_are_told(desk: Desk) -> None:
    desk.write(**HEURISTIC)
    done(desk)
    new_plan(desk, prompts=5, note="a caveat")
    said = desk.fftui("extend", "quick", "more.toml")
    assert (said.code, said.out) == (0, "note\n")
    assert "15 scenarios of the run are not in this plan; they stay in it" in said.err
    assert status(desk)["attempts"]["planned"] == 20


def test_each_refusal_is_one_line_and_nothing_is_written(desk: Desk) -> None:
    desk.write(**HEURISTIC)
    done(desk)
    before = (desk.runs / "quick" / "run.db").read_bytes()
    new_plan(desk, prompts=25, seed=2, sampling={"temperature": 0.5})
    desk.fftui("extend", "quick", "more.toml").refused(
        2, "more.toml: seed: 1 → 2", "sampling.temperature: 0 → 0.5", "a new run", lines=2
    )
    new_plan(desk, targets=[{"name": "b", "platform": "sim:direct", "model": "m"}])
    desk.fftui("extend", "quick", "more.toml").refused(2, "targets: 'a' is missing; leave it in")
    new_plan(desk, seed=-1)
    desk.fftui("extend", "quick", "more.toml").refused(2, "seed: should be greater")
    desk.fftui("extend", "quick", "absent.toml").refused(2, "absent.toml: no such file")
    desk.fftui("extend", "nobody", "more.toml").refused(2, "no run 'nobody'")
    desk.fftui("extend", "quick").refused(2, "PLAN.toml; see fftui extend --help")
    (desk.folder / "profile.toml").write_text(PROFILE.replace("{latency}", "0.1"))
    new_plan(desk, prompts=25)
    desk.fftui("extend", "quick", "more.toml").refused(2, "sim.profile: another profile")
    assert (desk.runs / "quick" / "run.db").read_bytes() == before


def test_failed_attempts_are_put_back_by_class(desk: Desk) -> None:
    desk.write(**HEURISTIC)
    profile = PROFILE.replace("{latency}", "0.0").replace("[[models]]", f"{MODERATED}[[models]]")
    (desk.folder / "profile.toml").write_text(profile)
    done(desk)
    assert status(desk)["targets"][0]["outcomes"] == {"answered": 18, "input_filter": 2}
    nothing = desk.fftui("retry", "quick", "--outcome", "infra,config")
    assert (nothing.code, nothing.out) == (0, "")
    assert "no attempt ended in infra or config; nothing was put back" in nothing.err
    said = desk.fftui("retry", str(desk.runs / "quick"), "--outcome", "input_filter,empty")
    assert (said.code, said.out) == (0, "a: 2 input_filter\n")
    assert status(desk)["attempts"] == {"planned": 20, "done": 18, "in_flight": 0}
    assert desk.fftui("resume", "quick").code == 0
    assert desk.fftui("wait", "quick", "--for", "done", "--timeout", "30").code == 0
    # The simulator begins its count of calls anew, so two others are blocked, or none.
    assert status(desk)["attempts"]["done"] == 20
    assert desk.fftui("doctor", "quick").code == 0


def test_a_retry_of_what_cannot_be_put_back_is_one_line(desk: Desk) -> None:
    desk.write(**HEURISTIC)
    done(desk)
    allowed = "allowed: empty, input_filter, output_filter, infra, config"
    for name, why in (("answered", "never asked for anew"), ("rate_limited", "by itself"),
                      ("lunch", "lunch"), ("", "names none")):  # fmt: skip
        desk.fftui("retry", "quick", "--outcome", name).refused(2, why, allowed)
    target = ("--outcome", "infra", "--target", "nobody")
    desk.fftui("retry", "quick", *target).refused(2, "no such target", "allowed: a")
    desk.fftui("retry", "quick").refused(2, "--outcome; see fftui retry --help")
