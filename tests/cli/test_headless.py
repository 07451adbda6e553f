"""`run --headless`, `demo --headless` and `sim`: in the foreground, for logs and scripts."""

from __future__ import annotations

import json
import stat
import urllib.request

from tests.cli.support import Desk, interrupt, lines_until


def test_progress_is_talk_and_the_summary_is_data(desk: Desk) -> None:
    desk.write(prompts=120, latency="0.1", engine={"concurrency": 4})
    done = desk.fftui("run", "plan.toml", "--headless")
    assert done.code == 0
    assert done.out.splitlines()[0].startswith("quick  ✔ done  120/120")
    assert "in flight" in done.err
    assert "run done" in done.err
    assert "Traceback" not in done.err


def test_ctrl_c_drains(desk: Desk) -> None:
    desk.write(prompts=4000, latency="0.2")
    process = desk.start("run", "plan.toml", "--headless")
    lines_until(process, "/4000")
    done = interrupt(process)
    assert done.code == 130
    assert "draining; once more ends at once" in done.err
    assert "stopped" in done.out.splitlines()[0]
    found = json.loads(desk.fftui("status", "quick", "--json").out)
    assert (found["state"], found["attempts"]["in_flight"]) == ("stopped", 0)
    # Drained: what was sent is stored, so nothing is asked twice after it.
    assert found["calls"]["sent"] == found["attempts"]["done"] == found["targets"][0]["settled"]
    assert desk.fftui("doctor", "quick").code == 0


def test_files_are_private(desk: Desk) -> None:
    assert desk.fftui("run", "plan.toml", "--headless").code == 0
    assert stat.S_IMODE((desk.runs / "quick").stat().st_mode) == 0o700
    for path in (desk.runs / "quick").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_demos_take_free_names(desk: Desk) -> None:
    for name in ("demo", "demo-2"):
        process = desk.start("demo", "--headless")
        lines_until(process, "in flight")
        assert interrupt(process).code == 130
        assert name in desk.left()


def test_the_simulator_in_the_foreground(desk: Desk) -> None:
    process = desk.start("sim", "--profile", "profile.toml")
    (first,) = lines_until(process, "simulated platforms", "stdout")
    (second,) = lines_until(process, "ledger", "stdout")
    assert "/direct" in first
    with urllib.request.urlopen(second.split()[1], timeout=10) as reply:  # noqa: S310
        assert reply.status == 200
    port = second.split(":")[3].split("/")[0]
    desk.fftui("sim", "--port", port).refused(2, f"--port {port}", "in use")
    done = interrupt(process)
    assert (done.code, done.err) == (130, "")
