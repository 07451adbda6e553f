"""What one look at a run reads, to the row: counts are exact where times are noise."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from benchmarks.big_run import make_big_run
from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity
from fftui.results.feed import Feed
from fftui.store import sqlite
from fftui.store.amounts import LABELS
from fftui.store.counts import NOTHING
from fftui.store.folder import database
from fftui.store.order import PlanOrder
from fftui.store.writer import append
from tests.store.support import call, close, verdict

TARGETS = 200


class Counting:
    """A connection that counts the rows it hands out, by the table they are read from first."""

    def __init__(self, db: sqlite.Connection) -> None:
        self._db = db
        self.rows: Counter[str] = Counter()
        self.statements: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, sql: str, values: Sequence[object] = ()) -> _Cursor:
        self.statements.append(sql)
        table = re.search(r"FROM (\w+)", sql)
        packed = "json_group_array" in sql
        name = "packed" if packed else table[1] if table else "pragma"
        return _Cursor(self._db.execute(sql, values), self.rows, name)


class _Cursor:
    """Where rows come packed, as the rollups do, those inside are counted."""

    def __init__(self, cursor: Any, rows: Counter[str], table: str) -> None:
        self._cursor, self._rows, self._table = cursor, rows, table

    def fetchone(self) -> Any:
        row = self._cursor.fetchone()
        self._count([] if row is None else [row])
        return row

    def fetchall(self) -> Any:
        rows = self._cursor.fetchall()
        self._count(rows)
        return rows

    def _count(self, rows: Sequence[Any]) -> None:
        self._rows[self._table] += len(rows)
        if self._table == "packed":
            names = [column[0] for column in self._cursor.description]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    if name.startswith(("rollup_", "total_")):
                        self._rows[name] += len(json.loads(value))


def look(
    folder: Path, new: dict[int, int], chosen: int
) -> tuple[Counter[str], int, dict[str, int]]:
    """Rows by table and statements of the look after `new` attempts (by target), and the rollups.

    The last are the rows of those targets, and of families those of the chosen one, as the file
    holds them.
    """
    feed = Feed.open(folder)
    feed.poll(chosen)
    order: PlanOrder = feed._reader.order
    for target, count in new.items():
        settled = feed._reader.counts(target).settled
        for place in range(settled, settled + count):
            scenario, _ = order.at(place)
            same = Identity(model=f"model-{target}")
            sent = call(scenario, target=target)
            sent = replace(sent, outcome=replace(sent.outcome, identity=same))
            append(folder / "run.db", sent)
            outcome = append(folder / "run.db", close(scenario, target=target, identity=same))
            assert outcome is not None
            append(folder / "run.db", verdict(outcome, 1, Label.REFUSAL))
    counting = Counting(feed._reader.db)
    feed._reader.db = counting  # type: ignore[assignment]
    assert feed.poll(chosen) is not None
    held = {}
    db = sqlite.connect(database(folder), write=False)
    families = ("rollup_outcome", "rollup_verdict")
    for table in (*families, "total_outcome", "total_verdict", "rollup_call", "rollup_pool"):
        of = [chosen] if table in families else [*new]
        marks = ",".join("?" * len(of))
        # Calls come added up by who was asked.
        what = "DISTINCT target || '/' || grader" if table == "rollup_call" else "*"
        query = f"SELECT count({what}) FROM {table} WHERE target IN ({marks})"
        held[table] = db.execute(query, of).fetchone()[0]
    db.close()
    feed.close()
    return counting.rows, len(counting.statements), held


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("verdicts", [1_000, 40_000])
def test_a_tick_reads_what_is_new_and_the_totals_of_whom_it_concerns(
    tmp_path: Path, verdicts: int
) -> None:
    folder = make_big_run(tmp_path, verdicts, targets=TARGETS, spare=9)
    rows, _, held = look(folder, {3: 4, 7: 1}, chosen=7)
    assert rows.pop("rollup_minute") <= 2 * 60
    # Attacks and benign scenarios apart: whatever was answered and said stands in one row of each.
    assert held["total_outcome"] <= 2 * 2
    assert held["total_verdict"] <= 2 * 2
    assert +rows == Counter(
        {
            **held,
            # A row for each target that changed, with its settled prefix; one for the families
            # of the one that is looked at; the chart's minutes, which a run at rest asks twice.
            "packed": 2 + 1 + 2,
            # Behind the watermarks the five attempts and not a row more; one row of watermarks.
            # Nothing of what is new is on the list of flags, so of that nothing is read.
            "outcome": 5 + 1,
            "call": 5,
            "verdict": 5,
            # What stands of the whole run: a row for each target, whoever answered, the queue.
            "target_state": TARGETS,
            "rollup_pool": held["rollup_pool"] + 1,
            **dict.fromkeys(("pragma", "engine", "review", "lease", "rollup_read"), 1),
            "item": 1,  # what readers differ on
            "rollup_flag": 2,
            "rollup_flagged": 1,
        }
    )


def test_all_at_once_are_read_as_each_alone(tmp_path: Path) -> None:
    feed = Feed.open(make_big_run(tmp_path, 1_000, targets=TARGETS))
    reader = feed._reader
    every = reader.counts_of(reader.targets())
    assert every == {target: reader.counts(target) for target in reader.targets()}
    (one,) = [row for row in every[3].outcomes if not row.benign]
    assert reader.db.execute(
        "SELECT identity, answered, empty, answered_settled, answered_first, answered_cut"
        " FROM total_outcome WHERE target = 3 AND NOT benign"
    ).fetchone() == (
        one.identity, one.n[0], one.n[1], one.settled[0], one.first[0], one.cut[0],
    )  # fmt: skip
    refusal = LABELS.index(Label.REFUSAL)
    (said,) = [row for row in every[3].verdicts if not row.benign]
    assert reader.db.execute(
        "SELECT identity, grader, compliance, refusal, unusable, refusal_settled, refusal_first,"
        " refusal_cut FROM total_verdict WHERE target = 3 AND NOT benign"
    ).fetchone() == (
        said.identity, said.grader, said.n[0], said.n[refusal], said.n[-1], said.settled[refusal],
        said.first[refusal], said.cut[refusal],
    )  # fmt: skip
    (found,) = reader.family_counts([3]).values()
    family, row = found.outcomes[0]
    assert reader.db.execute(
        "SELECT answered, answered_settled, answered_first, answered_cut FROM rollup_outcome"
        " WHERE target = 3 AND family = ? AND benign = ?", (family, row.benign),
    ).fetchone() == (row.n[0], row.settled[0], row.first[0], row.cut[0])  # fmt: skip
    assert reader.counts(10**6) == NOTHING
    feed.close()


def test_a_tick_takes_as_many_queries_however_long_the_run_is(tmp_path: Path) -> None:
    short = make_big_run(tmp_path, 1_000, targets=TARGETS, spare=9, name="short")
    long = make_big_run(tmp_path, 40_000, targets=TARGETS, spare=9, name="long")
    assert look(short, {3: 4, 7: 1}, 7)[1] == look(long, {3: 4, 7: 1}, 7)[1]


def test_nobody_looks_at_families_nobody_reads_them(tmp_path: Path) -> None:
    folder = make_big_run(tmp_path, 1_000, targets=TARGETS, spare=9)
    rows, _, held = look(folder, {3: 4, 7: 1}, chosen=9)
    # The ninth has nothing new, and what was read of its families stands.
    assert held["rollup_outcome"] > 0
    assert (rows["rollup_outcome"], rows["rollup_verdict"]) == (0, 0)
    feed = Feed.open(folder)
    counting = Counting(feed._reader.db)
    feed._reader.db = counting  # type: ignore[assignment]
    feed.poll()
    assert (counting.rows["rollup_outcome"], counting.rows["rollup_verdict"]) == (0, 0)
    feed.close()


def test_a_look_at_a_run_that_nobody_has_touched_reads_its_version_alone(tmp_path: Path) -> None:
    feed = Feed.open(make_big_run(tmp_path, 1_000, targets=TARGETS))
    feed.poll()
    counting = Counting(feed._reader.db)
    feed._reader.db = counting  # type: ignore[assignment]
    assert feed.poll() is None
    assert counting.statements == ["PRAGMA data_version"]
    feed.close()
