"""A copy is a RUN wherever one is asked for, and nothing is started or asked in it."""

from __future__ import annotations

import json

from tests.cli.support import Desk


def test_a_copy_without_text_is_looked_at_like_the_run(desk: Desk) -> None:
    assert desk.fftui("run", str(desk.plan), "--headless").code == 0
    made = desk.fftui("snapshot", "quick", "copy.db", "--without-text")
    assert (made.code, made.out) == (0, "")
    mine, theirs = (
        json.loads(desk.fftui("status", name, "--json").out) for name in ("quick", "copy.db")
    )
    for field in ("state", "attempts", "calls", "targets"):
        assert mine[field] == theirs[field]
    assert desk.fftui("doctor", "copy.db").code == 0
    again = desk.fftui("snapshot", "quick", "copy.db")
    assert (again.code, again.err.count("\n")) == (2, 1)
    for command, code in (("pause", 2), ("stop", 2), ("resume", 1)):
        done = desk.fftui(command, "copy.db")
        assert (done.code, done.err.count("\n")) == (code, 1)
        assert "is a copy to look at" in done.err
    assert b"[placeholder" not in (desk.folder / "copy.db").read_bytes()
