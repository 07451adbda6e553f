"""Whatever stands in the command table, the engine answers it and works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from fftui.store import commands, sqlite
from fftui.store.folder import database
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    look,
    make,
    one,
    profile_text,
    query,
    simulator,
    target,
    until,
)
from tests.text.payloads import payloads

TARGETS = (None, 1, 0, -1, 99, 2**62)


@pytest.mark.long
def test_rubbish_in_the_command_table_is_answered_and_changes_nothing(tmp_path: Path) -> None:
    corpus(tmp_path, 400)
    kinds = [
        "",
        "finish_target",
        "PAUSE",
        "pause ",
        "'; DROP TABLE outcome; --",
        "\0",
        "x" * 10_000,
    ]
    kinds += [text.encode("utf-8", "replace").decode() for text in payloads()[::40]]
    with simulator(tmp_path, profile_text(latency=0.2)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC)
        with engine(folder) as running:
            # As another program may write it: no foreign keys, any kind, any time.
            db = sqlite.connect(database(folder), write=True)
            db.execute("PRAGMA foreign_keys=0")
            for number, kind in enumerate(kinds):
                at = (9e18, 1e300, 2e9)[number % 3]
                row = (at, kind, kind, TARGETS[number % len(TARGETS)])
                db.execute("INSERT INTO command (at, by, kind, target) VALUES (?,?,?,?)", row)
            for number in TARGETS[2:]:
                row = (9e18, "x", "pause_target", number)
                db.execute("INSERT INTO command (at, by, kind, target) VALUES (?,?,?,?)", row)
            db.close()
            open_ = "SELECT count(*) FROM command WHERE done_at IS NULL"
            until(lambda: one(folder, open_) == 0, "all are answered")
            said = {row[0] for row in query(folder, "SELECT result FROM command")}
            assert all(s == "no such target" or s.startswith("this engine knows no") for s in said)
            assert look(folder).state.value == "running"
            # What is meant still works.
            command = commands.send(folder, "pause", None, "tests")
            until(lambda: commands.result(folder, command) == "paused", "the pause is answered")
            assert running.process.poll() is None
