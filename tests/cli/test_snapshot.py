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
    for command, code in (("pause", 2), ("stop", 2), ("resume", 1), ("review", 2)):
        done = desk.fftui(command, "copy.db")
        assert (done.code, done.err.count("\n")) == (code, 1)
        assert "is a copy to look at" in done.err
    assert b"[placeholder" not in (desk.folder / "copy.db").read_bytes()


def test_report_and_comparison_of_a_copy_without_text_are_the_runs(desk: Desk) -> None:
    two = [
        {"name": name, "maker": name, "weights": name, "platform": "sim:direct", "model": "m"}
        for name in ("a", "b")
    ]
    desk.write(targets=two)
    assert desk.fftui("run", str(desk.plan), "--headless").code == 0
    assert desk.fftui("snapshot", "quick", "copy.db", "--without-text").code == 0
    # Each number is counted anew from the rows of the copy.
    checked = desk.fftui("report", "copy.db", "-o", "copy.html", "--check")
    assert checked.code == 0, checked.err
    count, _, verdict = checked.err.splitlines()[-1].partition(" numbers recomputed ")
    assert (int(count) > 100, verdict) == (True, "from the rows: all agree")
    assert "[placeholder" not in (desk.folder / "copy.html").read_text()
    mine, theirs = (
        desk.fftui("compare", name, "--by", "maker", "--json") for name in ("quick", "copy.db")
    )
    assert mine.code == 0, mine.err
    assert mine.out
    assert theirs == mine
