"""Reads a run for people: rollups and rows behind a watermark, never a scan of the verdicts.

No transaction and no cursor outlives a method, so that a reader never holds back the writer's WAL.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from fftui.domain.states import RunState, TargetState
from fftui.domain.targets import Target
from fftui.store import sqlite
from fftui.store.amounts import VERDICTS
from fftui.store.counts import (
    NOTHING,
    FamilyCounts,
    MinuteCount,
    TargetCounts,
    by_family,
    minutes,
    totals,
)
from fftui.store.folder import check, database
from fftui.store.now import AccountNow
from fftui.store.order import plan_order


class Header(Struct, frozen=True):
    """A run's own row; only `note` and `compress` follow later plans."""

    name: str
    uuid: str
    created_at: float
    seed: int
    repeats: int
    taxonomy: str
    simulated: bool
    note: str
    compress: bool
    imported: str
    """The tool whose log it was read from; empty for a run of ours."""

    @property
    def settings_told(self) -> bool:
        """How the targets were sampled is known: Inspect's logs say it, and our JSONL export."""
        tools = filter(None, self.imported.split(" and "))
        return all(tool.startswith(("Inspect AI", "fftui ")) for tool in tools)


class GraderRow(Struct, frozen=True):
    """A grader of the run."""

    id: int
    name: str
    kind: str
    version: str
    planned: bool
    basis: bool
    spec: dict[str, Any]
    upto: int = 0
    """To be heard on stored answers up to this outcome, planned or not: see `store.regrade`."""
    prompt_sha256: str = ""

    @property
    def asks(self) -> bool:
        """A model is asked; else it is arithmetic of ours, or of another tool or run."""
        return self.kind != "imported" and "endpoint" in self.spec

    @property
    def can_be_heard(self) -> bool:
        """It is ours to ask; of another tool's grader only what it once said is known."""
        return self.asks or self.kind == "heuristic"

    def owes(self, outcome: int) -> bool:
        """It is to be heard on the answer with this outcome's id."""
        return self.planned or outcome <= self.upto


class EngineRow(Struct, frozen=True):
    """The engine's last sign of life."""

    pid: int | None
    state: RunState
    reason: str
    started_at: float | None
    heartbeat_at: float | None
    worked_s: float


class KnownScenario(Struct, frozen=True):
    """What a scenario of the run is recognised by."""

    turns_sha256: str
    family: str
    benign: bool


class Watermarks(Struct, frozen=True):
    """The highest row id of each append-only table."""

    outcome: int
    verdict: int
    call: int
    event: int
    flag: int
    put_back: int
    plan: int
    regrade: int
    identity: int


class Reader:
    """One read-only connection to a run. To be used from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Raises StoreError in one line when the folder holds no readable run."""
        self.folder = folder
        path = database(folder)
        self.db = sqlite.connect(path, write=False)
        try:
            check(self.db, path)
            self.order = plan_order(self.db)
        except sqlite.Error as error:
            self.db.close()
            raise sqlite.StoreError(f"{path}: {sqlite.explain(error)}") from None
        except sqlite.StoreError:
            self.db.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    def reread(self) -> None:
        """Take up the plan order as the file has it now, after the plan was appended to."""
        self.order = plan_order(self.db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All reads inside see one moment. Keep it short: it holds the WAL."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            if self.db.in_transaction:
                self.db.execute("COMMIT")

    def data_version(self) -> int:
        """Changes when another connection has committed; costs microseconds."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    def watermarks(self) -> Watermarks:
        """The highest ids now."""
        tables = ("outcome", "verdict", "call", "event", "flag", "put_back", "plan",
                  "regrade", "identity")  # fmt: skip
        parts = ", ".join(f"(SELECT coalesce(max(id), 0) FROM {t})" for t in tables)
        return Watermarks(*self.db.execute(f"SELECT {parts}").fetchone())

    def newest_time(self) -> float:
        """The latest moment that any of the newest rows is dated, in epoch seconds."""
        newest = ", ".join(
            f"coalesce((SELECT at FROM {t} ORDER BY id DESC LIMIT 1), 0)"
            for t in ("outcome", "verdict", "call", "event")
        )
        row = self.db.execute(
            f"SELECT max({newest}, coalesce((SELECT heartbeat_at FROM engine), 0))"
        ).fetchone()
        return float(row[0])

    def header(self) -> Header:
        """The run's own row."""
        row = self.db.execute(
            "SELECT name, uuid, created_at, seed, repeats, taxonomy, simulated, note, compress,"
            " imported FROM run"
        ).fetchone()
        name, uuid, created_at, seed, repeats, taxonomy, simulated, note, compress, imported = row
        return Header(
            name, uuid, created_at, seed, repeats, taxonomy, bool(simulated), note,
            bool(compress), imported,
        )  # fmt: skip

    def plan_json(self) -> str:
        """The plan in force, with all defaults."""
        row = self.db.execute("SELECT resolved FROM plan ORDER BY id DESC LIMIT 1").fetchone()
        return str(row[0])

    def plan_toml(self) -> tuple[str, str]:
        """(path, text) of the plan in force as its author wrote it."""
        row = self.db.execute("SELECT source, toml FROM plan ORDER BY id DESC LIMIT 1").fetchone()
        return str(row[0]), str(row[1])

    def plan_id(self) -> int:
        """Id of the plan in force."""
        return int(self.db.execute("SELECT max(id) FROM plan").fetchone()[0])

    def changes(self) -> tuple[tuple[float, str], ...]:
        """(at, words) of what people changed: plan, attempts put back, graders; oldest first."""
        rows = self.db.execute(
            "SELECT at, text FROM event WHERE kind IN ('extended', 'put back', 'regraded',"
            " 'promoted') ORDER BY id"
        ).fetchall()
        return tuple((row[0], row[1]) for row in rows)

    def known_scenario(self, key: str) -> KnownScenario | None:
        """The scenario of the run with this key; `None`: there is none."""
        row = self.db.execute(
            "SELECT s.sha256, f.name, s.benign FROM scenario s JOIN family f ON f.id = s.family"
            " WHERE s.key = ?",
            (key,),
        ).fetchone()
        return None if row is None else KnownScenario(row[0], row[1], bool(row[2]))

    def prompts_sha256(self) -> str:
        """One hash of all prompts, equal where two runs ask the same. Grows with the corpus."""
        import hashlib  # brings OpenSSL: 4 ms that a look at a run does not need

        digest = hashlib.sha256()
        for row in self.db.execute("SELECT sha256 FROM scenario ORDER BY sha256").fetchall():
            digest.update(row[0].encode())
        return digest.hexdigest()

    def file_sha256(self, role: str) -> str:
        """Of the newest file with this role that a plan has named; empty where none has."""
        row = self.db.execute(
            "SELECT sha256 FROM file WHERE role = ? ORDER BY id DESC LIMIT 1", (role,)
        ).fetchone()
        return str(row[0]) if row else ""

    def targets(self) -> dict[int, Target]:
        """All targets by id, in the order they were added."""
        rows = self.db.execute("SELECT id, spec FROM target ORDER BY id").fetchall()
        return {row[0]: Target.from_dict(json.loads(row[1])) for row in rows}

    def graders(self) -> tuple[GraderRow, ...]:
        """All graders."""
        rows = self.db.execute(
            "SELECT id, name, kind, version, planned, basis, spec,"
            " (SELECT coalesce(max(upto), 0) FROM regrade r WHERE r.grader = g.id),"
            " prompt_sha256 FROM grader g ORDER BY id"
        ).fetchall()
        return tuple(
            GraderRow(r[0], r[1], r[2], r[3], bool(r[4]), bool(r[5]), json.loads(r[6]), *r[7:])
            for r in rows
        )

    def families(self) -> dict[int, str]:
        """Names of the attack families by id."""
        return dict(self.db.execute("SELECT id, name FROM family").fetchall())

    def benign_share(self) -> tuple[int, int]:
        """(benign scenarios, all scenarios) of the corpus."""
        row = self.db.execute("SELECT sum(benign), sum(size) FROM block").fetchone()
        return int(row[0]), int(row[1])

    def engine(self) -> EngineRow:
        """The engine's row."""
        row = self.db.execute(
            "SELECT pid, state, reason, started_at, heartbeat_at, worked_s FROM engine"
        ).fetchone()
        return EngineRow(row[0], RunState(row[1]), row[2], row[3], row[4], row[5])

    def target_states(self) -> dict[int, tuple[TargetState, str, int]]:
        """(state, reason, calls in flight) by target."""
        rows = self.db.execute(
            "SELECT target, state, reason, in_flight FROM target_state"
        ).fetchall()
        return {r[0]: (TargetState(r[1]), r[2], r[3]) for r in rows}

    def accounts(self) -> tuple[AccountNow, ...]:
        """The accounts as the engine last knew them."""
        rows = self.db.execute("SELECT body FROM account_state ORDER BY name").fetchall()
        return tuple(AccountNow.from_json(row[0]) for row in rows)

    def counts(self, target: int) -> TargetCounts:
        """The totals of one target. Their size depends on labels and graders, not on the run."""
        return self.counts_of((target,)).get(target, NOTHING)

    def counts_of(self, targets: Iterable[int]) -> dict[int, TargetCounts]:
        """The totals of these targets, in one query however many they are."""
        return totals(self.db, targets, repeated=self.order.repeats > 1)

    def family_counts(self, targets: Iterable[int]) -> dict[int, FamilyCounts]:
        """The same by family of attack: more rows, for those that somebody looks at."""
        return by_family(self.db, targets)

    def shared(self) -> dict[int, int]:
        """By target: answers in words that a target of other weights gave, too."""
        return dict(self.db.execute("SELECT target, n FROM rollup_shared").fetchall())

    def changed_targets(self, since: Watermarks, limit: int) -> set[int] | None:
        """Targets with rows behind the watermark; `None` when there are more than `limit` rows."""
        found: set[int] = set()
        for table, mark in (("outcome", since.outcome), ("call", since.call)):
            rows = self.db.execute(
                f"SELECT target FROM {table} WHERE id > ? ORDER BY id LIMIT ?",
                (mark, limit),
            ).fetchall()
            if len(rows) == limit:
                return None
            found.update(row[0] for row in rows)
        for table, mark in (
            ("verdict", since.verdict),
            ("put_back", since.put_back),
            # An answer that moves to those that are read first leaves nothing else behind.
            ("flag", since.flag),
        ):
            rows = self.db.execute(
                f"SELECT o.target FROM {table} v JOIN outcome o ON o.id = v.outcome"
                " WHERE v.id > ? ORDER BY v.id LIMIT ?",
                (mark, limit),
            ).fetchall()
            if len(rows) == limit:
                return None
            found.update(row[0] for row in rows)
        return found

    def minutes(self, since: int) -> tuple[MinuteCount, ...]:
        """Counts of each minute from epoch minute `since` on; minutes without any are missing."""
        return minutes(self.db, since)

    def flag_counts(self) -> tuple[dict[str, int], int]:
        """(flags by rule, answers with any flag)."""
        rules = self.db.execute("SELECT rule, sum(n) FROM rollup_flag GROUP BY rule").fetchall()
        total = self.db.execute("SELECT n FROM rollup_flagged").fetchone()
        return dict(rules), total[0] if total else 0

    def done_keys(self, target: int) -> Iterable[tuple[int, int]]:
        """(scenario, repeat) of each closed attempt of a target."""
        return self.db.execute(
            "SELECT scenario, repeat FROM in_force WHERE target = ?", (target,)
        ).fetchall()

    def ungraded(self) -> list[tuple[int, int, int, int, int]]:
        """(outcome, target, scenario, repeat, grader) of each verdict that is still owed."""
        return self.db.execute(
            "SELECT o.id, o.target, o.scenario, o.repeat, g.id FROM outcome o, grader g"
            " WHERE o.class = 'answered' AND g.planned AND NOT EXISTS"
            " (SELECT 1 FROM verdict v WHERE v.outcome = o.id AND v.grader = g.id) ORDER BY o.id"
        ).fetchall()

    def layered(self) -> list[int]:
        """Outcomes of answers on which a grader that no plan asks for is still to be heard."""
        rows = self.db.execute(
            "SELECT DISTINCT o.id FROM in_force o JOIN (SELECT grader, max(upto) AS upto"
            " FROM regrade GROUP BY 1) r ON o.id <= r.upto"
            " JOIN grader g ON g.id = r.grader AND NOT g.planned"
            " WHERE o.class = 'answered' AND NOT EXISTS"
            " (SELECT 1 FROM verdict v WHERE v.outcome = o.id AND v.grader = g.id) ORDER BY o.id"
        ).fetchall()
        return [row[0] for row in rows]

    def heard_on(self) -> dict[int, int]:
        """Answers in force on which each grader was heard, usable or not, by its id."""
        return dict(
            self.db.execute(
                f"SELECT grader, sum({' + '.join(VERDICTS.values())}) FROM total_verdict"
                " GROUP BY grader"
            ).fetchall()
        )

    def answers(self) -> int:
        """Answers in force."""
        row = self.db.execute("SELECT coalesce(sum(answered), 0) FROM total_outcome").fetchone()
        return int(row[0])
