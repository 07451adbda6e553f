"""`pause`, `resume`, `stop`, with an engine and without."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

from tests.cli.support import Desk


def status(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.fftui("status", "quick", "--json").out)
    return found


def wait(desk: Desk, states: str) -> None:
    done = desk.fftui("wait", "quick", "--for", states, "--timeout", "30")
    assert done.code == 0, done.err


def test_a_running_engine_obeys(desk: Desk) -> None:
    desk.write(prompts=4000, latency="0.2", targets=[
        {"name": name, "platform": "sim:direct", "model": "m"} for name in ("a", "b")
    ])  # fmt: skip
    started = desk.fftui("run", "plan.toml", "--detach")
    assert started.code == 0
    assert started.out == f"{desk.runs / 'quick'}\n"
    assert "engine.log" in started.err
    paused = desk.fftui("pause", "quick", "--target", "a")
    assert (paused.code, paused.out) == (0, "paused\n")
    desk.fftui("pause", "quick", "--target", "c").refused(2, "no such target", "allowed: a, b")
    assert desk.fftui("pause", "quick").out == "paused\n"
    assert desk.fftui("pause", "quick").out == "was paused already\n"
    wait(desk, "paused")
    assert desk.fftui("resume", "quick").out == "resumed\n"
    assert desk.fftui("resume", "quick", "--target", "a").out == "resumed\n"
    desk.fftui("stop", "quick", "--target", "a").refused(2, "pause --target")
    assert desk.fftui("stop", "quick").out == "draining\n"
    wait(desk, "stopped")


def test_without_an_engine(desk: Desk) -> None:
    desk.write(prompts=300, latency="0.05")
    assert desk.fftui("run", "plan.toml", "--detach").code == 0
    wait(desk, "running")
    os.kill(status(desk)["engine"]["pid"], signal.SIGKILL)
    wait(desk, "dead")
    for name in ("pause", "stop"):
        desk.fftui(name, "quick").refused(1, "ended without a word", "fftui resume quick")
    before = status(desk)["attempts"]["done"]
    again = desk.fftui("resume", "quick")
    assert (again.code, again.out) == (0, "")
    wait(desk, "done")
    assert before <= status(desk)["attempts"]["done"] == 300
    desk.fftui("pause", "quick").refused(1, "the run is done")
    over = desk.fftui("resume", "quick")
    assert over.code == 0
    assert "nothing was left to do" in over.err
    assert desk.fftui("doctor", "quick").code == 0


def test_resume_needs_the_key_in_its_own_environment(desk: Desk) -> None:
    desk.write(
        prompts=4000,
        latency="0.2",
        accounts=[{"name": "sim:direct", "key_env": "FFTUI_TEST_KEY", "shared": False}],
    )
    keyed = Desk(desk.folder, {"FFTUI_TEST_KEY": "test-key-0123456789"})
    desk.fftui("run", "plan.toml", "--detach").refused(2, "no FFTUI_TEST_KEY; export it first")
    assert keyed.fftui("run", "plan.toml", "--detach").code == 0
    assert desk.fftui("stop", "quick").code == 0
    wait(desk, "stopped")
    desk.fftui("resume", "quick").refused(1, "no FFTUI_TEST_KEY")
    assert keyed.fftui("resume", "quick").code == 0
    wait(desk, "running")
    for path in (desk.runs / "quick").iterdir():
        assert b"test-key-0123456789" not in path.read_bytes()
