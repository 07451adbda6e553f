"""What every append needs to know of its run, read once and kept."""

from __future__ import annotations

from typing import Literal

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity
from fftui.store.order import Block, PlanOrder
from fftui.store.pending import FIRST, SETTLED, Pending
from fftui.store.recent import Known, Recent
from fftui.store.sqlite import Connection, IntegrityError


def plan_order(db: Connection) -> PlanOrder:
    """The run's plan order, from its blocks."""
    repeats = db.execute("SELECT repeats FROM run").fetchone()[0]
    rows = db.execute("SELECT first, size FROM block ORDER BY id").fetchall()
    return PlanOrder(tuple(Block(first, size) for first, size in rows), repeats)


Said = tuple[int, ...]
"""How often each label of `SAID` was given to one scenario."""
Part = Literal["n", "settled"]
PARTS: tuple[Part, Part] = ("n", "settled")
"""What a rollup counts: all rows, and those in the settled prefix."""
SAID = (
    Label.COMPLIANCE,
    Label.PARTIAL,
    Label.REFUSAL,
    Label.HALLUCINATION_REFUSAL,
    Label.NON_ANSWER,
)
CLOSED, VERDICTS, RATE_LIMITED, FAILED = 0, 1, 2, 3
"""What is counted by minutes."""
_NEIGHBOURS, _MOST_SCENARIOS = 256, 65_536
"""Scenarios that are looked up at once, and that are kept at hand."""
ALIKE = 3
"""Scenarios answered with the same words from which a cluster is told of."""


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
        self.reread()
        self._scenarios: dict[int, tuple[int, int]] = {}
        self._identities: dict[tuple[int, int, Identity], int] = {}
        self._settled: dict[int, int] = {}
        self._weights_of: dict[int, str] = {}
        self._data_version = -1
        self._next_outcome = 0

    def begin(self, *, strict: bool = False) -> None:
        """Start a transaction that holds the write lock from its first moment.

        A `strict` one takes every row for new and writes them all at its end, which costs half. A
        row that is there already is then an error of the whole transaction: its records have to be
        appended once more, one by one and not strictly.
        """
        self.db.execute("BEGIN IMMEDIATE")
        self.strict = strict
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
        self._planned = frozenset(
            row[0] for row in self.db.execute("SELECT id FROM grader WHERE planned").fetchall()
        )
        weights = self.db.execute(f"SELECT count(DISTINCT {WEIGHTS}) FROM target t").fetchone()[0]
        self._one_model = weights <= 1

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
        self._weights_of.clear()
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
            found = self._scenarios[scenario]
        return found

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
        sums = self.pending.of("rollup_outcome", (target, identity, family, benign, known.kind))
        sums[SETTLED] += sign
        sums[FIRST] += first
        for grader, label in known.heard.items():
            key = (target, identity, family, benign, grader, label)
            sums = self.pending.of("rollup_verdict", key)
            sums[SETTLED] += sign
            sums[FIRST] += first
            if self.order.repeats > 1:
                before = self.said(target, known.scenario, grader, known.repeat)
                after = self.said(target, known.scenario, grader, known.repeat + 1)
                moved = (before, after) if sign > 0 else (after, before)
                self.move(target, known.scenario, grader, "settled", *moved)
        if self.recent is not None:
            self.recent.drop(known)

    def said(self, target: int, scenario: int, grader: int, below: int) -> Said:
        """How often the grader gave each label that counts, over repeats before `below`."""
        found = dict(
            self.db.execute(
                "SELECT v.label, count(*) FROM outcome o JOIN verdict v ON v.outcome = o.id"
                " WHERE o.target = ? AND o.scenario = ? AND o.repeat < ? AND v.grader = ?"
                " GROUP BY v.label",
                (target, scenario, below, grader),
            ).fetchall()
        )
        return tuple(found.get(label.value, 0) for label in SAID)

    def settled_repeats(self, target: int, scenario: int) -> int:
        """Repeats of a scenario that lie in the target's settled prefix: always the first ones."""
        settled = self.settled(target)
        return sum(
            self.order.ordinal(scenario, repeat) < settled for repeat in range(self.order.repeats)
        )

    def move(
        self,
        target: int,
        scenario: int,
        grader: int,
        column: Part,
        before: Said,
        after: Said,
    ) -> None:
        """A scenario was said to be `before`, and is said to be `after`."""
        if before == after:
            return
        place = (target, grader, self.scenario(scenario)[1])
        where = " AND ".join(f"{name} = ?" for name in ("target", "grader", "benign", *_SAID))
        if any(before):
            row = (*place, *before)
            self.db.execute(
                f"UPDATE rollup_scenario SET {column} = {column} - 1 WHERE {where}", row
            )
            self.db.execute(
                f"DELETE FROM rollup_scenario WHERE {where} AND n = 0 AND settled = 0", row
            )
        if any(after):
            self.db.execute(
                f"INSERT INTO rollup_scenario VALUES (?,?,?,?,?,?,?,?,{int(column == 'n')},"
                f"{int(column == 'settled')}) ON CONFLICT DO UPDATE SET {column} = {column} + 1",
                (*place, *after),
            )

    def alike(self, target: int, mark: int) -> None:
        """Count one more scenario of the target that was answered with these words."""
        row = self.db.execute(
            "INSERT INTO cluster (mark, target, n) VALUES (?,?,1)"
            " ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n",
            (mark, target),
        ).fetchone()
        if row[0] >= ALIKE:
            self.db.execute(
                "INSERT INTO rollup_cluster VALUES (?,?)"
                " ON CONFLICT DO UPDATE SET n = n + excluded.n",
                (target, ALIKE if row[0] == ALIKE else 1),
            )
        if not self._one_model:
            self._share(target, mark, row[0])

    def is_canned(self, target: int, mark: int) -> bool:
        """The target has given these words to several scenarios by now."""
        row = self.db.execute(
            "SELECT n FROM cluster WHERE mark = ? AND target = ?", (mark, target)
        ).fetchone()
        return row is not None and row[0] >= ALIKE

    def is_shared(self, mark: int) -> bool:
        """A target of other weights has given these words, too."""
        row = self.db.execute(
            f"SELECT count(DISTINCT {WEIGHTS}) FROM cluster c JOIN target t ON t.id = c.target"
            " WHERE c.mark = ?",
            (mark,),
        ).fetchone()
        return int(row[0]) > 1

    def heads(self, outcome: int, target: int, mark: int) -> bool:
        """The outcome is, from now on, the one of its cluster that is read for all of it."""
        row = self.db.execute(
            "UPDATE cluster SET head = ? WHERE head IS NULL AND mark = ? AND target = ?"
            " RETURNING 1",
            (outcome, mark, target),
        ).fetchone()
        return row is not None

    def _share(self, target: int, mark: int, n: int) -> None:
        """Count answers in words that came from other weights, too; `n` is this target's."""
        givers = [
            (giver, count, self._weights(giver))
            for giver, count in self.db.execute(
                "SELECT target, n FROM cluster WHERE mark = ?", (mark,)
            ).fetchall()
        ]
        own = next(weights for giver, _, weights in givers if giver == target)
        others = [giver for giver in givers if giver[2] != own]
        if not others:
            return
        self._add_shared(target, 1)
        if n > 1:
            return
        for giver, count, weights in others:
            # Those that shared their words with somebody before are counted already.
            if all(w == weights or g == target for g, _, w in givers):
                self._add_shared(giver, count)

    def _weights(self, target: int) -> str:
        found = self._weights_of.get(target)
        if found is None:
            row = self.db.execute(
                f"SELECT {WEIGHTS} FROM target t WHERE t.id = ?", (target,)
            ).fetchone()
            found = self._weights_of[target] = row[0]
        return found

    def _add_shared(self, target: int, n: int) -> None:
        self.db.execute(
            "INSERT INTO rollup_shared VALUES (?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            (target, n),
        )


WEIGHTS = "coalesce(nullif(t.spec ->> '$.weights', ''), t.spec ->> '$.endpoint.model')"
"""SQL: what is equal where two targets are the same model."""
_WHO = Identity.__struct_fields__
_SAID = tuple(label.value.lower() for label in SAID)
