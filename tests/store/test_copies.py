"""A copy is whole, of one moment, private, and holds no text where none was asked for."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.states import RunState
from fftui.domain.verdicts import Verdict
from fftui.results.doctor import examine_run
from fftui.results.feed import Feed
from fftui.results.view import RunSummary
from fftui.store import copies, sqlite
from fftui.store.claims import Enrol
from fftui.store.copies import columns_of, snapshot, tables
from fftui.store.folder import database
from fftui.store.now import AddEvent
from fftui.store.reader import Reader
from fftui.store.records import AddVerdict
from fftui.store.reviews import Note, Read
from fftui.store.sqlite import StoreError
from fftui.store.withheld import REPLACED, WITHHELD
from fftui.store.writer import append
from tests.store.support import call, close, made, verdict

SENTINEL = "Quetzal-7f3a"
"""Stands wherever text can stand that a copy without text must not hold."""


def look(run: Path) -> RunSummary:
    feed = Feed.open(run)
    try:
        found = feed.poll()
    finally:
        feed.close()
    assert found is not None
    return found


def filled(home: Path) -> Path:
    """A run with rows in most tables, and the sentinel in each text that is not fftui's own."""
    folder = made(home, scenarios=6)
    path = database(folder)
    for i in (1, 2, 3):
        number = append(path, close(i, text=f"{SENTINEL} answer {i} " * 300))
        assert number is not None
        append(path, AddVerdict(number, 1, Verdict(Label.REFUSAL, None, f"{SENTINEL} quoted"), 1e9))
        append(path, verdict(number, 2, Label.COMPLIANCE))
        append(path, call(i))
    failed = close(4, kind=OutcomeClass.INFRA)
    append(path, failed)
    append(path, AddEvent(1e9, "error", f"http 500: {SENTINEL}", "error"))
    db = sqlite.connect(path, write=True)
    db.execute("UPDATE outcome SET signal = ?", (f"http 500: {SENTINEL} in a message",))
    db.execute("UPDATE call SET signal = ?", (f"http 500: {SENTINEL} in a message",))
    prompts = f'{{"system_prompt": "{SENTINEL}"}}'
    db.execute("UPDATE plan SET toml = ?, resolved = json_patch(resolved, ?)", (SENTINEL, prompts))
    db.execute("UPDATE target SET spec = json_patch(spec, ?)", (prompts,))
    db.execute("UPDATE scenario_text SET body = ?", (f'["{SENTINEL} asked"]'.encode(),))
    db.execute("INSERT INTO target_state VALUES (1, 'paused', ?, 3)", (f"http 4: {SENTINEL}",))
    db.close()
    me = append(path, Enrol("ana", 1e9))
    append(path, Note(me, "s", 1, "note", 1e9, {"text": SENTINEL, "seen": 0.5}))
    return folder


def test_a_copy_of_a_run_says_the_same(tmp_path: Path) -> None:
    folder, file = filled(tmp_path), tmp_path / "copy.db"
    before = os.umask(0)
    try:
        snapshot(folder, file)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".*.part"))
    with Reader(folder) as run, Reader(file) as copy:
        for table in set(tables(run.db)) - {"engine", "event", "target_state"}:
            sql = f"SELECT * FROM {table} ORDER BY 1, 2"
            assert run.db.execute(sql).fetchall() == copy.db.execute(sql).fetchall(), table
    assert [str(f) for f in examine_run(file) if not f.ok] == []
    mine, theirs = look(folder), look(file)
    assert theirs.targets[0].verdicts == mine.targets[0].verdicts
    assert theirs.state is RunState.STOPPED
    assert "copy made" in theirs.reason
    assert theirs.in_flight == 0


def test_without_text_none_goes_in_and_every_number_stays(tmp_path: Path) -> None:
    folder, file = filled(tmp_path), tmp_path / "copy.db"
    snapshot(folder, file, text=False)
    assert any(SENTINEL.encode() in path.read_bytes() for path in folder.iterdir())
    assert SENTINEL.encode() not in file.read_bytes()
    assert [str(f) for f in examine_run(file) if not f.ok] == []
    mine, theirs = look(folder), look(file)
    for a, b in zip(mine.targets, theirs.targets, strict=True):
        assert (a.verdicts, a.outcomes, a.rates) == (b.verdicts, b.outcomes, b.rates)
    feed = Feed.open(file)
    try:
        trace = feed.trace(1)
        assert trace.turns == (WITHHELD,)
        assert trace.answers == (WITHHELD,)
        assert {v.evidence for v in trace.verdicts} <= {WITHHELD, ""}
    finally:
        feed.close()


KEPT = {
    "run": "name uuid taxonomy note imported", "plan": "by source sha256 fftui versions",
    "file": "path role format sha256", "family": "name", "scenario": "key sha256",
    "target": "name maker platform account", "grader": "name kind version prompt_sha256",
    "identity": "model upstream digest quantisation fingerprint parameters template server",
    "call": "outcome finish request_id", "outcome": "class", "put_back": "by", "verdict": "label",
    "regrade": "kind by", "flag": "rule stratum",
    "item": "pool stratum machine final source pair", "reviewer": "name", "gold": "sha256 label by",
    "rollup_judged": "pool label final source",
    "review": "session kind label", "event": "kind severity",
    "rollup_call": "outcome", "rollup_flag": "rule stratum",
    "rollup_pool": "pool", "rollup_read": "pool machine final source", "rollup_pair": "pair",
    "rollup_differ": "pool machine said",
    "engine": "state", "target_state": "state", "account_state": "name",
    "command": "by kind result", "vote": "label", "lease": "token", "control": "gold known",
    "presence": "who",
}  # fmt: skip
"""Columns of text in which no prompt, answer, quote or note stands."""
CHANGED = {
    "scenario_text": "body", "answer": "body", "gold": "body", "verdict": "evidence",
    "outcome": "signal",
    "call": "signal", "event": "text", "review": "body", "plan": "toml resolved", "target": "spec",
    "grader": "spec", "engine": "reason", "target_state": "reason", "account_state": "body",
}  # fmt: skip


def test_it_is_known_of_every_column_whether_it_may_hold_text(tmp_path: Path) -> None:
    """A new column of text goes into KEPT here, or is taken out in `fftui.store.withheld`."""
    with Reader(made(tmp_path)) as reader:
        found = {
            (table, row[1])
            for table in tables(reader.db)
            for row in reader.db.execute(f"PRAGMA table_info({table})").fetchall()
            if row[2] in ("TEXT", "BLOB", "ANY")
        }
    known = {
        (t, c) for where in (KEPT, CHANGED) for t, names in where.items() for c in names.split()
    }
    assert found == known
    assert set(REPLACED) == set(CHANGED)


def test_a_living_run_is_copied_at_one_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, file = filled(tmp_path), tmp_path / "copy.db"
    before = look(folder).done

    def filling(db: sqlite.Connection, table: str, *rest: Any) -> None:
        copies_fill(db, table, *rest)
        if table == "outcome":
            # What is graded while its outcome was left behind already.
            number = append(database(folder), close(5))
            assert number is not None
            append(database(folder), verdict(number, 1, Label.REFUSAL))

    copies_fill = copies.fill
    monkeypatch.setattr(copies, "fill", filling)
    snapshot(folder, file)
    assert [str(f) for f in examine_run(file) if not f.ok] == []
    assert (look(file).done, look(folder).done) == (before, before + 1)


def test_nobody_writes_into_a_copy(tmp_path: Path) -> None:
    folder, file = filled(tmp_path), tmp_path / "copy.db"
    snapshot(folder, file)
    before = file.read_bytes()
    with pytest.raises(StoreError, match="is a copy to look at"):
        append(file, close(5))
    with pytest.raises(StoreError, match="is a copy to look at"):
        append(file, Read(1, "s", 1, Label.REFUSAL, 1e9))
    assert file.read_bytes() == before


def test_what_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (tmp_path / "there.db").write_text("mine")
    for file, words in ((tmp_path / "there.db", "exists"), (tmp_path / "no" / "x.db", "No such")):
        with pytest.raises(StoreError, match=words) as caught:
            snapshot(folder, file)
        assert "\n" not in str(caught.value)
    assert (tmp_path / "there.db").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r", "there.db"]


def test_columns_keep_their_order(tmp_path: Path) -> None:
    folder, file = made(tmp_path), tmp_path / "copy.db"
    snapshot(folder, file)
    with Reader(folder) as run, Reader(file) as copy:
        for table in tables(run.db):
            assert columns_of(run.db, table) == columns_of(copy.db, table)
