"""The terminals of a run come and go in every bad way; the engine does not notice.

One story through real pseudo-terminals: two people watch, one pauses, one hangs up, one stalls,
one screen is killed, and whoever comes back finds everything there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fftui.results.doctor import examine_run
from fftui.store.reader import Reader
from tests.tui.terminal import Terminal

FFTUI = [sys.executable, "-m", "fftui"]
CORPUS = Path(__file__).parents[2] / "sample_runs" / "corpora" / "placeholders.jsonl"

PROFILE = """
seed = 7
[[platforms]]
name = "direct"
[[models]]
name = "steady"
latency_s = 0.2
jitter = 0
tokens = 40
[models.families.default]
COMPLIANCE = 0.3
REFUSAL = 0.7
"""

PLAN = f"""
version = 1
name = "drill"
seed = 1
repeats = 40
[[corpus]]
file = {str(CORPUS)!r}
[[targets]]
name = "steady @ direct"
platform = "sim:direct"
model = "steady"
[[graders]]
kind = "heuristic"
[engine]
concurrency = 8
[sim]
profile = "profile.toml"
"""

STALL_S = 30.0
"""Longer than the three seconds after which a stalled link freezes a screen's own event loop."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A detached run of some minutes."""
    monkeypatch.setenv("FFTUI_HOME", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "profile.toml").write_text(PROFILE)
    (tmp_path / "plan.toml").write_text(PLAN)
    done = subprocess.run(
        [*FFTUI, "run", "plan.toml", "--detach"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    yield folder
    subprocess.run([*FFTUI, "stop", str(folder)], capture_output=True, check=False)
    subprocess.run(
        [*FFTUI, "wait", str(folder), "--for", "stopped,done", "--timeout", "20"],
        capture_output=True,
        check=True,
    )


def attach(folder: Path, *, was_away: bool = False) -> Terminal:
    """A screen on the run; whoever was away is told first, and closes that with a key."""
    code = f"import sys; from fftui.cli import main; sys.exit(main(['attach', {str(folder)!r}]))"
    terminal = Terminal.open(code, 100, 30)
    if was_away:
        terminal.wait(lambda text: "since you left" in text)
        terminal.press("x")
    terminal.wait(
        lambda text: "drill" in text and "engine" in text and "since you left" not in text
    )
    return terminal


def running(text: str) -> bool:
    return "running" in text.splitlines()[0].lower()


def paused(text: str) -> bool:
    return "paused" in text.splitlines()[0].lower()


def ended(pid: int, within: float) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return True
        time.sleep(0.05)
    return False


def done_times(folder: Path) -> list[float]:
    with Reader(folder) as reader:
        return [r[0] for r in reader.db.execute("SELECT at FROM outcome ORDER BY at").fetchall()]


def widest_gap(times: list[float], since: float, until: float) -> float:
    inside = [since, *(t for t in times if since <= t <= until), until]
    return max(b - a for a, b in pairwise(inside))


def status(folder: Path) -> dict[str, object]:
    done = subprocess.run(
        [*FFTUI, "status", str(folder), "--json"], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_terminals_come_and_go_and_the_engine_works_on(run: Path) -> None:
    one, two = attach(run), attach(run)
    one.wait(running)
    two.wait(running)

    one.press("p")
    asked = time.monotonic()
    two.wait(paused, seconds=10)
    shown_after = time.monotonic() - asked
    # 0.2 s until the engine looks, 0.7 s until the other screen does, 0.1 s until this test does.
    assert shown_after < 1.5, f"the other screen showed the pause after {shown_after:.1f} s"
    one.wait(paused)
    one.press("p")
    two.wait(running, seconds=10)

    begin = time.time()
    one.hang_up()
    assert ended(one.pid, within=10.0), "the screen outlived its terminal"

    stalled_until = time.monotonic() + STALL_S
    while time.monotonic() < stalled_until:  # nobody reads `two`: its pty fills up
        assert status(run)["state"] == "running"
        time.sleep(0.5)
    os.kill(two.pid, signal.SIGKILL)
    os.waitpid(two.pid, 0)
    os.close(two.fd)
    end = time.time()

    gap = widest_gap(done_times(run), begin, end)
    assert gap < 3.0, f"no answer for {gap:.1f} s while terminals came and went"

    back = attach(run, was_away=True)
    numbers = status(run)["attempts"]
    assert isinstance(numbers, dict)
    assert int(numbers["done"]) > 0
    back.press("p")
    back.wait(paused, seconds=10)
    back.wait(lambda text: f"{status(run)['attempts']['done']}/" in text, seconds=10)  # type: ignore[index]
    back.settle()
    sent = back.read(4.0)
    assert sent == 0, f"{sent} bytes while the run was paused and its engine alive"
    back.close()
    assert [str(f) for f in examine_run(run) if not f.ok] == []
