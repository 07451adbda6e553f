"""`fftui regrade`: stored answers are graded again, and the rates read from another grader."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from fftui.grading.heuristic import HEURISTIC_VERSION
from tests.cli.support import Desk

GARAK = next((Path(__file__).parents[1] / "exchange" / "recorded").glob("garak*.jsonl"))
HEURISTIC: dict[str, Any] = {"graders": [{"kind": "heuristic"}]}
SECOND = """
[[graders]]
kind = "judge"
name = "second"
platform = "sim:direct"
model = "j"
account = "second"
[[accounts]]
name = "second"
requests_per_minute = 6000
shared = false
"""


def status(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.fftui("status", "quick", "--json").out)
    return found


def rows(desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{desk.runs / 'quick' / 'run.db'}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def done(desk: Desk) -> None:
    desk.write(**HEURISTIC)
    assert desk.fftui("run", "plan.toml", "--headless").code == 0


def wait(desk: Desk, state: str = "done") -> None:
    assert desk.fftui("wait", "quick", "--for", state, "--timeout", "30").code == 0


def test_a_second_judge_hears_what_is_stored_and_is_promoted_when_a_person_says_so(
    desk: Desk,
) -> None:
    done(desk)
    (desk.folder / "second.toml").write_text(SECOND)
    before, calls = status(desk), rows(desk, "SELECT count(*) FROM call WHERE grader IS NULL")
    kept = "SELECT * FROM verdict WHERE grader = 1 ORDER BY id"
    strata = "SELECT outcome, pool, stratum, machine, inclusion, draw FROM item ORDER BY outcome"
    verdicts, items = rows(desk, kept), rows(desk, strata)

    said = desk.fftui("regrade", "quick", "--from", "second.toml")
    assert (said.code, said.out) == (0, "20 stored answers to be graded by 'second'\n")
    assert "--promote 'second'" in said.err
    wait(desk)
    # A layer of its own: nothing of the run's numbers has moved, and no target was asked.
    layered = status(desk)
    assert layered["targets"] == before["targets"]
    assert rows(desk, "SELECT count(*) FROM call WHERE grader IS NULL") == calls
    assert rows(desk, "SELECT count(*) FROM call WHERE grader = 2") == [(20,)]
    assert rows(desk, "SELECT planned, basis FROM grader") == [(1, 1), (0, 0)]
    assert desk.fftui("doctor", "quick").code == 0
    listed = desk.fftui("regrade", "quick").out.splitlines()
    assert listed == [
        f"heuristic: heuristic {HEURISTIC_VERSION}, the basis of the rates, 20 of 20 answers",
        "second: judge label-v1, a layer, 20 of 20 answers",
    ]
    again = desk.fftui("regrade", "quick", "--grader", "second")
    assert (again.code, again.out) == (0, "")
    assert "has graded every stored answer already; nothing was written" in again.err

    promoted = desk.fftui("regrade", "quick", "--promote", "second")
    assert (promoted.code, promoted.out) == (0, "rates as graded by 'second' from now on\n")
    opened = status(desk)
    assert opened["targets"][0]["basis"].startswith("as graded by second")
    truth = dict(rows(desk, "SELECT label, count(*) FROM verdict WHERE grader = 2 GROUP BY 1"))
    assert opened["targets"][0]["verdicts"] == truth != before["targets"][0]["verdicts"]
    assert "as graded by second" in desk.fftui("status", "quick").out
    assert desk.fftui("doctor", "quick").code == 0
    assert desk.fftui("resume", "quick").code == 0
    wait(desk)
    assert rows(desk, "SELECT count(*) FROM call WHERE grader IS NULL") == calls
    # The first grader's rows and the strata stand as they were.
    assert rows(desk, kept) == verdicts
    assert rows(desk, strata) == items
    log = [text for (text,) in rows(desk, "SELECT text FROM event WHERE kind = 'promoted'")]
    assert len(log) == 1
    assert log[0].startswith("rates as graded by 'second' from now on, before by 'heuristic'")


def test_a_new_version_of_the_keyword_grader_is_another_grader(desk: Desk) -> None:
    done(desk)
    db = sqlite3.connect(desk.runs / "quick" / "run.db")
    with db:  # as if an older fftui had graded it
        db.execute("UPDATE grader SET version = '0.9'")
    db.close()
    # What it would say under the old name is no longer what it said: it is not asked.
    stale = desk.fftui("resume", "quick")
    assert stale.code == 1
    assert "is version 0.9" in stale.err
    assert "fftui regrade RUN --grader heuristic" in stale.err
    assert desk.fftui("regrade", "quick", "--grader", "heuristic").code == 0
    wait(desk)
    name = f"heuristic {HEURISTIC_VERSION}"
    assert rows(desk, "SELECT name, version, planned, basis FROM grader") == [
        ("heuristic", "0.9", 0, 1), (name, HEURISTIC_VERSION, 1, 0),
    ]  # fmt: skip
    assert status(desk)["targets"][0]["basis"].startswith("heuristic only")
    assert desk.fftui("regrade", "quick", "--promote", name).code == 0
    assert status(desk)["targets"][0]["basis"].startswith(f"{name} only, uncalibrated")
    assert desk.fftui("doctor", "quick").code == 0


def test_what_another_tool_asked_is_graded_here_and_never_asked_again(desk: Desk) -> None:
    assert desk.fftui("import", str(GARAK), "--name", "quick").code == 0
    first, second = rows(desk, "SELECT name FROM grader ORDER BY id")
    theirs = desk.fftui("regrade", "quick", "--grader", first[0])
    theirs.refused(2, "another tool's", "allowed: heuristic")
    assert desk.fftui("regrade", "quick", "--grader", "heuristic").code == 0
    wait(desk)
    assert status(desk)["targets"][0]["basis"].startswith(f"as graded by {first[0]}")
    for name, basis in (("heuristic", "heuristic only"), (second[0], f"as graded by {second[0]}")):
        said = desk.fftui("regrade", "quick", "--promote", name)
        assert (said.code, said.err) == (0, "")
        told = status(desk)
        assert told["state"] == "done"
        assert told["targets"][0]["basis"].startswith(basis)
    assert desk.fftui("doctor", "quick").code == 0


def test_what_cannot_be_done_is_one_line_and_nothing_is_written(desk: Desk) -> None:
    done(desk)
    before = (desk.runs / "quick" / "run.db").read_bytes()
    fftui = desk.fftui
    fftui("regrade", "quick", "--grader", "nobody").refused(2, "'nobody'", "allowed: heuristic")
    fftui("regrade", "quick", "--promote", "heuristic").refused(2, "read from 'heuristic' already")
    fftui("regrade", "quick", "--promote", "nobody").refused(2, "allowed: heuristic")
    fftui("regrade", "quick", "--promote", "x", "--grader", "y").refused(2, "--promote")
    fftui("regrade", "quick", "--from", "none.toml").refused(2, "none.toml: no such file")
    (desk.folder / "f.toml").write_text('[[graders]]\nkind = "judge"\n')
    fftui("regrade", "quick", "--from", "f.toml").refused(2, "f.toml: graders[1]", "model")
    wrong = SECOND.replace('"j"', '"nobody"')
    (desk.folder / "f.toml").write_text(wrong)
    fftui("regrade", "quick", "--from", "f.toml").refused(2, "graders[1].model", "'nobody'")
    (desk.folder / "f.toml").write_text(SECOND.replace('"second"', '"heuristic"', 1))
    fftui("regrade", "quick", "--from", "f.toml").refused(2, "named 'heuristic'", "name = …")
    keyed = SECOND.replace("shared = false", 'shared = false\nkey_env = "FFTUI_TEST_NO_KEY"')
    (desk.folder / "f.toml").write_text(keyed)
    fftui("regrade", "quick", "--from", "f.toml").refused(2, "accounts[1].key_env", "export it")
    assert (desk.runs / "quick" / "run.db").read_bytes() == before
