"""`fftui doctor` finds damage and says how to mend it; the mended copy is a run like any other."""

from __future__ import annotations

from tests.cli.support import Desk


def test_a_damaged_run_is_repaired_and_goes_on(desk: Desk) -> None:
    desk.write(prompts=300)
    assert desk.fftui("run", str(desk.plan), "--headless").code == 0
    path = desk.runs / "quick" / "run.db"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 9 // 10])
    found = desk.fftui("doctor", "quick")
    assert found.code == 1
    assert "BAD" in found.out
    assert "`fftui doctor RUN --repair`" in found.out
    assert "Traceback" not in found.out + found.err
    mended = desk.fftui("doctor", "quick", "--repair")
    assert (mended.code, mended.err) == (0, ""), mended.err
    assert "rows recovered" in mended.out
    assert "`fftui resume quick-repaired` asks it" in mended.out
    assert len(path.read_bytes()) == len(content) * 9 // 10
    assert desk.fftui("resume", "quick-repaired").code == 0
    assert desk.fftui("wait", "quick-repaired", "--for", "done", "--timeout", "60").code == 0
    assert desk.fftui("doctor", "quick-repaired").code == 0
    assert "300/300" in desk.fftui("status", "quick-repaired").out


def test_repair_needs_a_run(desk: Desk) -> None:
    done = desk.fftui("doctor", "--repair")
    assert (done.code, done.err.count("\n")) == (2, 1)
