"""What every append needs to know of its run, read once and kept."""

from __future__ import annotations

from fftui.domain.outcomes import Identity
from fftui.store.amounts import FIRST, OUTCOME_AT, SETTLED, VERDICT_AT
from fftui.store.clusters import Clusters
from fftui.store.order import plan_order
from fftui.store.pending import Pending
from fftui.store.recent import Known, Recent
from fftui.store.repeats import Cell, move, said
from fftui.store.sqlite import Connection, IntegrityError

_NEIGHBOURS, _MOST_SCENARIOS = 256, 65_536
"""Scenarios that are looked up at once, and that are kept at hand."""


class Context:
    """One connection that appends, with its dictionaries.

    `begin`, appends, `commit`; or `rollback`, which also forgets what was cached.
    With `recent` it appends many records in a row and remembers those of the last moments.
    """

    def __init__(self, db: Connection, recent: Recent | None = None) -> None:
        self.db = db
        self.recent = recent
        self.strict = False
        """Rows that are there already are errors: `begin` says why."""
        self.touched: set[int] = set()
        """Targets whose settled prefix may have moved in this transaction."""
        self.pending = Pending()
        self.any_put_back = True
        """Some outcome was put back, perhaps: rounds have to be counted."""
        self.clusters = Clusters(db)
        self.reread()
        self._scenarios: dict[int, tuple[int, int]] = {}
        self._identities: dict[tuple[int, int, Identity], int] = {}
        self._settled: dict[int, int] = {}
        self._data_version = -1
        self._next_outcome = 0

    def begin(self, *, strict: bool = False) -> None:
        """Start a transaction that holds the write lock from its first moment.

        A `strict` one takes every row for new and writes them all at its end, which costs half;
        what calls, outcomes and verdicts name is looked up here and not by SQLite. A row that is
        there already is then an error of the whole transaction: its records have to be appended
        once more, one by one and not strictly.
        """
        if strict is not self.strict:
            # Every statement is prepared anew after this.
            self.db.execute(f"PRAGMA foreign_keys={int(not strict)}")
            self.strict = strict
        self.db.execute("BEGIN IMMEDIATE")
        self._next_outcome = 0
        version = self.db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            # Another process has written: it may have moved a prefix or put an outcome back.
            self._data_version = version
            self.any_put_back = bool(
                self.db.execute("SELECT EXISTS (SELECT 1 FROM put_back)").fetchone()[0]
            )
            self._settled.clear()
            if self.recent is not None:
                self.recent.clear()
        elif self.recent is not None:
            self.recent.trim()
        if self._newest() != self._read_at:
            self.reread()

    def reread(self) -> None:
        """Take up the plan order and the planned graders as the file has them now."""
        self._read_at = self._newest()
        self.order = plan_order(self.db)
        graders = self.db.execute("SELECT id, planned FROM grader").fetchall()
        self._graders = frozenset(number for number, _ in graders)
        self._planned = frozenset(number for number, planned in graders if planned)
        self._targets = frozenset(
            row[0] for row in self.db.execute("SELECT id FROM target").fetchall()
        )
        self.clusters.reread()

    def _newest(self) -> tuple[int, int]:
        row = self.db.execute(
            "SELECT (SELECT coalesce(max(id), 0) FROM plan),"
            " (SELECT coalesce(max(id), 0) FROM regrade)"
        ).fetchone()
        return row[0], row[1]

    def commit(self) -> None:
        """Move the settled prefixes and make everything durable."""
        self.pending.write_rows(self.db)
        for target in self.touched:
            self._advance(target)
        self.touched.clear()
        self.pending.write_sums(self.db)
        self.db.execute("COMMIT")

    def flush(self) -> None:
        """For a record that takes something back: the file, and it alone, has all there is."""
        self.pending.write_rows(self.db)
        self.pending.write_sums(self.db)
        if self.recent is not None:
            self.recent.clear()

    def rollback(self) -> None:
        """Forget the transaction, also where SQLite has rolled it back by itself."""
        self.touched.clear()
        self.pending.clear()
        self._identities.clear()
        self._scenarios.clear()
        self._settled.clear()
        if self.recent is not None:
            self.recent.clear()
        # What was read of the plan inside it may be gone too.
        self._read_at = (-1, -1)
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def insert(self, into: str, row: tuple[object, ...]) -> bool:
        """Insert a row at once, where it is not there yet. Says whether it was new."""
        marks = ",".join("?" * len(row))
        statement = f"INSERT INTO {into} VALUES ({marks}) ON CONFLICT DO NOTHING"
        return self.db.execute(statement, row).rowcount > 0

    def round(self, target: int, scenario: int, repeat: int) -> int:
        """How often an outcome of the attempt was put back."""
        if not self.any_put_back:
            return 0
        row = self.db.execute(
            "SELECT count(*) FROM put_back p JOIN outcome o ON o.id = p.outcome"
            " WHERE o.target = ? AND o.scenario = ? AND o.repeat = ?",
            (target, scenario, repeat),
        ).fetchone()
        return int(row[0])

    def new_outcome(self) -> int:
        """Row id for an outcome that is about to be inserted."""
        if not self._next_outcome:
            row = self.db.execute("SELECT coalesce(max(id), 0) FROM outcome").fetchone()
            self._next_outcome = row[0]
        self._next_outcome += 1
        return self._next_outcome

    def scenario(self, scenario: int) -> tuple[int, int]:
        """(family id, benign) of a scenario."""
        found = self._scenarios.get(scenario)
        if found is None:
            # Its neighbours come next where many are appended: the plan order is that of the ids.
            many = 1 if self.recent is None else _NEIGHBOURS
            rows = self.db.execute(
                "SELECT id, family, benign FROM scenario WHERE id >= ? ORDER BY id LIMIT ?",
                (scenario, many),
            ).fetchall()
            if len(self._scenarios) > _MOST_SCENARIOS:
                self._scenarios.clear()
            self._scenarios |= {row[0]: row[1:] for row in rows}
            found = self._scenarios.get(scenario)
            if found is None:
                raise IntegrityError(f"FOREIGN KEY constraint failed: no scenario {scenario}")
        return found

    def check_target(self, target: int) -> None:
        """Raises IntegrityError where the run has no such target."""
        if target not in self._targets:
            raise IntegrityError(f"FOREIGN KEY constraint failed: no target {target}")

    def check_grader(self, grader: int) -> None:
        """Raises IntegrityError where the run has no such grader."""
        if grader not in self._graders:
            raise IntegrityError(f"FOREIGN KEY constraint failed: no grader {grader}")

    def identity(self, target: int, who: Identity, at: float, grader: int = 0) -> int:
        """Row id of who answered, made when it is new; a judge's is kept under target 0."""
        owner = 0 if grader else target
        found = self._identities.get((owner, grader, who))
        if found is not None:
            return found
        values = (owner, grader, *(getattr(who, name) for name in _WHO))
        self.db.execute(
            f"INSERT INTO identity (target, grader, {', '.join(_WHO)}, first_at)"
            f" VALUES ({', '.join('?' * (len(values) + 1))}) ON CONFLICT DO NOTHING",
            (*values, at),
        )
        same = " AND ".join(f"{name} = ?" for name in ("target", "grader", *_WHO))
        row = self.db.execute(f"SELECT id FROM identity WHERE {same}", values).fetchone()
        self._identities[owner, grader, who] = row[0]
        return int(row[0])

    def settled(self, target: int) -> int:
        """Length of the target's settled prefix."""
        found = self._settled.get(target)
        if found is None:
            row = self.db.execute(
                "SELECT settled FROM prefix WHERE target = ?", (target,)
            ).fetchone()
            found = self._settled[target] = row[0] if row else 0
        return found

    def _advance(self, target: int) -> None:
        start = settled = self.settled(target)
        end = self.order.length
        while settled < end and (known := self._closed(target, settled)) is not None:
            self._settle(known, 1)
            settled += 1
        if settled != start:
            self.db.execute(
                "INSERT INTO prefix VALUES (?,?) ON CONFLICT DO UPDATE"
                " SET settled = excluded.settled",
                (target, settled),
            )
            self._settled[target] = settled

    def retreat(self, target: int, ordinal: int) -> None:
        """Take the attempt at this place, and all behind it, out of the settled prefix.

        Called before an outcome is put back, while it is still in force.
        """
        settled = self.settled(target)
        # The last first: what was said of a scenario is undone repeat by repeat, as it came about.
        for place in range(settled - 1, ordinal - 1, -1):
            if (known := self._closed(target, place)) is not None:
                self._settle(known, -1)
        if ordinal < settled:
            self.db.execute("UPDATE prefix SET settled = ? WHERE target = ?", (ordinal, target))
            self._settled[target] = ordinal
        self.touched.add(target)

    def known(self, outcome: int) -> Known:
        """An outcome without what was heard of it. Raises IntegrityError where there is none."""
        row = self.db.execute(
            "SELECT target, scenario, repeat, identity, class, cut, mark FROM outcome WHERE id = ?",
            (outcome,),
        ).fetchone()
        if row is None:
            raise IntegrityError(f"FOREIGN KEY constraint failed: no outcome {outcome}")
        target, scenario, repeat, identity, kind, cut, mark = row
        ordinal = self.order.ordinal(scenario, repeat)
        return Known(outcome, target, ordinal, scenario, repeat, identity, *self.scenario(scenario),
                     kind, cut, mark)  # fmt: skip

    def _at(self, target: int, ordinal: int) -> Known | None:
        """The outcome in force at a place, with what was heard of it."""
        if self.recent is not None and (known := self.recent.at(target, ordinal)) is not None:
            return known
        scenario, repeat = self.order.at(ordinal)
        row = self.db.execute(
            "SELECT id, identity, class, cut FROM in_force WHERE target = ? AND scenario = ?"
            " AND repeat = ?",
            (target, scenario, repeat),
        ).fetchone()
        if row is None:
            return None
        outcome, identity, kind, cut = row
        verdicts = self.db.execute(
            "SELECT grader, coalesce(label, '') FROM verdict WHERE outcome = ?", (outcome,)
        ).fetchall()
        return Known(outcome, target, ordinal, scenario, repeat, identity, *self.scenario(scenario),
                     kind, cut, None, dict(verdicts))  # fmt: skip

    def _closed(self, target: int, ordinal: int) -> Known | None:
        """The outcome in force at a place, if all planned graders were heard of it."""
        known = self._at(target, ordinal)
        if known is None or (known.kind == "answered" and not self._planned <= known.heard.keys()):
            return None
        return known

    def _settle(self, known: Known, sign: int) -> None:
        """Count it among what is settled, or no more."""
        target, identity, family, benign = known.target, known.identity, known.family, known.benign
        first = 0 if known.repeat else sign
        sums = self.pending.of("rollup_outcome", (target, identity, family, benign))
        at = OUTCOME_AT[known.kind]
        sums[at + SETTLED] += sign
        sums[at + FIRST] += first
        for grader, label in known.heard.items():
            sums = self.pending.of("rollup_verdict", (target, identity, family, benign, grader))
            at = VERDICT_AT[label]
            sums[at + SETTLED] += sign
            sums[at + FIRST] += first
            if self.order.repeats > 1:
                before, after = (
                    said(self.db, target, known.scenario, grader, known.repeat + more)
                    for more in (0, 1)
                )
                moved = (before, after) if sign > 0 else (after, before)
                move(self.db, Cell(target, family, grader, benign), "settled", *moved)
        if self.recent is not None:
            self.recent.drop(known)

    def settled_repeats(self, target: int, scenario: int) -> int:
        """Repeats of a scenario that lie in the target's settled prefix: always the first ones."""
        settled = self.settled(target)
        return sum(
            self.order.ordinal(scenario, repeat) < settled for repeat in range(self.order.repeats)
        )


_WHO = Identity.__struct_fields__
