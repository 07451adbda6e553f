"""The sample run on a real small model, end to end, in its own process."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from fftui.engine.local_model import LocalModelError, weights
from fftui.resources import shipped
from tests.cli.support import Desk, children, lines_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds children in /proc"),
]
_GONE_S = 15.0


@pytest.fixture
def plan() -> str:
    """The shipped plan, where its model is installed."""
    pytest.importorskip("xllamacpp")
    try:
        weights()
    except LocalModelError as error:
        pytest.skip(str(error))
    return str(shipped("sample_runs") / "local_smollm2.toml")


def servers(engine: int) -> list[int]:
    """The engine's children that serve the model."""
    found = []
    for pid in children(engine):
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"fftui.engine.local_server" in arguments:
            found.append(pid)
    return found


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie, which only waits for its parent, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def assert_gone(pids: list[int]) -> None:
    end = time.monotonic() + _GONE_S
    while any(map(alive, pids)):
        assert time.monotonic() < end, f"still alive: {[p for p in pids if alive(p)]}"
        time.sleep(0.05)


def test_sixty_answers_over_refusal_and_no_asr(desk: Desk, plan: str) -> None:
    process = desk.start("run", plan, "--headless")
    lines_until(process, "in flight")
    (server,) = servers(process.pid)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert "60/60" in out
    assert "over-refusal" in out
    assert "ASR" not in out
    assert "figures mean nothing" in out
    assert_gone([server])
    run = json.loads(desk.fftui("status", "local-smollm2", "--json").out)
    (target,) = run["targets"]
    assert (run["state"], run["simulated"]) == ("done", False)
    assert target["outcomes"]["answered"] == target["over_refusal"]["n"] == 60
    # None of them is a verdict on an attack.
    assert target["verdicts"] == {}
    assert sum(n for cell in target["families"] for n in cell["verdicts"].values()) == 60
    assert target["ungraded"] == 0
    assert {rate["n"] for rate in target["asr"].values()} == {0}
    assert {rate["rate"] for rate in target["asr"].values()} == {None}
    assert desk.fftui("doctor", "local-smollm2").code == 0


def test_a_killed_engine_leaves_no_server(desk: Desk, plan: str) -> None:
    assert desk.fftui("run", plan, "--detach", timeout=120).code == 0
    engine = json.loads(desk.fftui("status", "local-smollm2", "--json").out)["engine"]["pid"]
    found = servers(engine)
    assert len(found) == 1
    os.kill(engine, signal.SIGKILL)
    assert_gone([engine, *found])
    dead = desk.fftui("wait", "local-smollm2", "--for", "dead", "--timeout", "10")
    assert dead.out == "dead\n"
    assert desk.fftui("resume", "local-smollm2", timeout=120).code == 0
    assert desk.fftui("stop", "local-smollm2").out == "draining\n"
    assert desk.fftui("wait", "local-smollm2", "--for", "stopped,done", timeout=120).code == 0
    assert desk.fftui("doctor", "local-smollm2").code == 0
