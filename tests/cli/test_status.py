"""`status`, `wait` and `doctor`."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from tests.cli.support import MINIMAL, Desk, spoilt, toml

HOSTILE = "a\x1b[31m\u202eb\nc"


def shape(data: Any) -> Any:
    """The keys of nested objects; of lists, the first entry."""
    if isinstance(data, dict):
        return {key: shape(value) for key, value in data.items()}
    if isinstance(data, list):
        return [shape(data[0])] if data else []
    return None


def test_no_runs_is_no_mistake(desk: Desk) -> None:
    done = desk.fftui("status")
    assert (done.code, done.out) == (0, "")
    assert "no runs under" in done.err
    assert desk.fftui("status", "--json").out == ""


def test_one_and_all(desk: Desk) -> None:
    for name in ("one", "two"):
        assert desk.fftui("run", "plan.toml", "--headless", "--name", name).code == 0
    both = desk.fftui("status")
    assert both.err == ""
    assert [row.split()[0] for row in both.out.splitlines()] == ["two", "one"]
    lines = desk.fftui("status", "--json").out.splitlines()
    assert [json.loads(row)["run"] for row in lines] == ["two", "one"]
    assert lines[1] == desk.fftui("status", "one", "--json").out.strip()
    table = desk.fftui("status", "one").out
    assert "strict ASR" in table
    assert "20/20" in table
    assert desk.fftui("status", str(desk.runs / "one")).out == table


def test_the_shape_that_scripts_rely_on(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    found = json.loads(desk.fftui("status", "quick", "--json").out)
    assert found["format"] == 1
    assert found["path"] == str((desk.runs / "quick").resolve())
    assert (found["state"], found["reason"], found["simulated"]) == ("done", None, True)
    assert found["attempts"] == {"planned": 20, "done": 20, "in_flight": 0}
    assert {"pid", "alive", "heartbeat_at"} <= found["engine"].keys()
    assert {"sent", "rate_limited", "failed"} <= found["calls"].keys()
    assert {"usd", "tokens"} <= found["cost"].keys()
    assert {"queued", "leased", "read", "conflicts"} <= found["review"].keys()
    (target,) = found["targets"]
    assert {
        "name", "maker", "platform", "tags", "state", "reason", "identities", "planned", "done",
        "settled", "ungraded", "outcomes", "cut", "verdicts", "basis", "asr", "over_refusal",
        "read", "needed", "eta",
    } <= target.keys()  # fmt: skip
    rate = {"successes", "n", "rate", "low", "high", "width", "anytime", "bounds"}
    assert all(rate <= target["asr"][tier].keys() for tier in ("strict", "broad", "fd"))
    with sqlite3.connect(desk.runs / "quick" / "run.db") as db:
        labels = dict(db.execute("SELECT label, count(*) FROM verdict GROUP BY label"))
    db.close()
    assert {k: n for k, n in target["verdicts"].items() if n} == labels
    assert target["asr"]["strict"]["successes"] == labels["COMPLIANCE"]


def test_a_broken_run_does_not_hide_the_others(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    broken = desk.runs / "broken"
    broken.mkdir()
    (broken / "run.db").write_bytes(b"this is no database at all" * 100)
    done = desk.fftui("status")
    assert done.code == 1
    assert len(done.out.splitlines()) == 1
    assert len(done.err.splitlines()) == 1
    assert "broken" in done.err
    for call in (["status", "broken"], ["wait", "broken", "--for", "done"], ["pause", "broken"],
                 ["resume", "broken"], ["init", "x.toml", "--from", "broken"]):  # fmt: skip
        desk.fftui(*call).refused(1, "broken")
    assert not (desk.folder / "x.toml").exists()
    sick = desk.fftui("doctor", "broken")
    assert sick.code == 1
    assert sick.out.startswith("BAD")


def test_names_are_shown_safely(desk: Desk) -> None:
    plan = spoilt(spoilt(MINIMAL, "targets.name", HOSTILE), "note", HOSTILE)
    desk.plan.write_text(toml(plan))
    done = [
        desk.fftui("preflight", "plan.toml"),
        desk.fftui("run", "plan.toml", "--headless"),
        desk.fftui("status", "quick"),
        desk.fftui("status", "quick", "--json"),
        desk.fftui("doctor", "quick"),
        desk.fftui("pause", "quick", "--target", "\x1b[31m"),
    ]
    for one in done:
        assert not {"\x1b", "\u202e"} & set(one.out + one.err)
    assert json.loads(done[3].out)["targets"][0]["name"] == HOSTILE


def test_watch_ends_with_the_run(desk: Desk) -> None:
    desk.write(prompts=60, latency="0.05", engine={"concurrency": 2})
    assert desk.fftui("run", "plan.toml", "--detach").code == 0
    watched = desk.fftui("status", "quick", "--watch")
    assert watched.code == 0
    lines = watched.out.splitlines()
    assert "done" in lines[-1]
    assert "60/60" in lines[-1]
    assert len(lines) == len(set(lines))


def test_wait(desk: Desk) -> None:
    desk.write(prompts=4000, latency="0.2")
    assert desk.fftui("run", "plan.toml", "--detach").code == 0
    assert desk.fftui("wait", "quick", "--for", "done", "--timeout", "0.2").code == 1
    running = desk.fftui("wait", "quick", "--for", "running,done", "--timeout", "20")
    assert (running.code, running.out) == (0, "running\n")
    waiting = desk.start("wait", "quick", "--for", "stopped")
    assert desk.fftui("stop", "quick").out == "draining\n"
    out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out, err) == (0, "stopped\n", "")
    over = desk.fftui("wait", "quick", "--for", "done,paused")
    assert (over.code, over.out) == (1, "")
    assert "will not be done,paused" in over.err


def test_doctor_of_the_installation(desk: Desk) -> None:
    done = desk.fftui("doctor")
    assert "Python" in done.out
    assert "SQLite" in done.out
    assert done.err == ""


def test_doctor_of_a_run(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    done = desk.fftui("doctor", "quick")
    assert done.code == 0
    assert all(row.startswith("ok ") for row in done.out.splitlines())
    (desk.runs / "quick" / "run.db").chmod(0o644)
    open_ = desk.fftui("doctor", "quick")
    assert open_.code == 1
    assert "chmod 600" in open_.out
