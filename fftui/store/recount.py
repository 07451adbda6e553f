"""Counts everything anew from the base rows, in the place of the rollups.

Temporary tables of the rollups' names stand before them on one connection: whatever reads a rollup
there reads a GROUP BY over calls, outcomes, verdicts and readings, with no change of its own. The
file is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fftui.domain.outcomes import OutcomeClass
from fftui.domain.rules import ALIKE as SAME
from fftui.domain.rules import TEMPLATE
from fftui.store.amounts import OUTCOMES, VERDICTS, spread
from fftui.store.clusters import ALIKE, WEIGHTS
from fftui.store.reader import Reader
from fftui.store.repeats import SAID
from fftui.store.standing import DIFFER

_LABELS = ", ".join(f"sum(label = '{label.value}') {label.value.lower()}" for label in SAID)
_NAMES = ", ".join(label.value.lower() for label in SAID)
_RATED = ", ".join(f"'{label.value}'" for label in SAID)

_OUTCOMES, _VERDICTS = spread(OUTCOMES, "class"), spread(VERDICTS, "label")
_LIMITED = ", ".join(f"'{kind}'" for kind in OutcomeClass if kind.puts_back)
_FAILED = ", ".join(f"'{kind}'" for kind in OutcomeClass if kind.failed)


def _minute(at: str) -> str:
    """SQL: the epoch minute, rounded down also before 1970, where `CAST` rounds up."""
    return f"CAST({at} AS INTEGER) / 60 - (CAST({at} AS INTEGER) / 60 * 60 > {at})"


MINUTES = f"""
SELECT minute, sum(c) closed, sum(v) verdicts, sum(r) rate_limited, sum(f) failed FROM (
    SELECT {_minute("at")} minute, 1 c, 0 v, 0 r, 0 f FROM outcome
    UNION ALL SELECT {_minute("at")}, 0, 1, 0, 0 FROM verdict
    UNION ALL SELECT {_minute("(at + duration_ms / 1000)")}, 0, 0,
    outcome IN ({_LIMITED}), outcome IN ({_FAILED}) FROM call
    WHERE outcome IN ({_LIMITED}, {_FAILED})
) GROUP BY 1
"""
"""SQL: what happened in each epoch minute, as the rows have it."""

# `placed`: each outcome in force with its place in plan order and whether the prefix covers it.
_TABLES = f"""
CREATE TEMP TABLE placed AS
SELECT o.id, o.target, o.identity, o.scenario, o.repeat, o.class, o.cut, s.family, s.benign,
ordinal(o.scenario, o.repeat) place FROM in_force o JOIN scenario s ON s.id = o.scenario;

CREATE TEMP TABLE closed AS
SELECT p.target, p.place FROM placed p WHERE p.class <> 'answered' OR NOT EXISTS
(SELECT 1 FROM grader g WHERE g.planned AND NOT EXISTS
(SELECT 1 FROM verdict v WHERE v.outcome = p.id AND v.grader = g.id));
CREATE INDEX temp.closed_at ON closed (target, place);

CREATE TEMP TABLE prefix AS
SELECT t.id target, coalesce((SELECT min(c.place) + 1 FROM
(SELECT -1 place UNION ALL SELECT place FROM closed WHERE target = t.id) c
WHERE NOT EXISTS (SELECT 1 FROM closed d WHERE d.target = t.id AND d.place = c.place + 1)), 0)
settled FROM target t;

CREATE TEMP TABLE of_outcome AS
SELECT p.target, p.identity, p.family, p.benign, p.class, count(*) n,
sum(p.place < x.settled) settled, sum(p.place < x.settled AND p.repeat = 0) first, sum(p.cut) cut
FROM placed p JOIN temp.prefix x ON x.target = p.target GROUP BY 1, 2, 3, 4, 5;

CREATE TEMP TABLE of_verdict AS
SELECT p.target, p.identity, p.family, p.benign, v.grader, coalesce(v.label, '') label, count(*) n,
sum(p.place < x.settled) settled, sum(p.place < x.settled AND p.repeat = 0) first, sum(p.cut) cut
FROM placed p JOIN verdict v ON v.outcome = p.id JOIN temp.prefix x ON x.target = p.target
GROUP BY 1, 2, 3, 4, 5, 6;

CREATE TEMP TABLE rollup_outcome AS
SELECT target, identity, family, benign, {_OUTCOMES} FROM of_outcome GROUP BY 1, 2, 3, 4;
CREATE TEMP TABLE rollup_verdict AS
SELECT target, identity, family, benign, grader, {_VERDICTS} FROM of_verdict GROUP BY 1, 2, 3, 4, 5;
CREATE TEMP TABLE total_outcome AS
SELECT target, identity, benign, {_OUTCOMES} FROM of_outcome GROUP BY 1, 2, 3;
CREATE TEMP TABLE total_verdict AS
SELECT target, identity, benign, grader, {_VERDICTS} FROM of_verdict GROUP BY 1, 2, 3, 4;

CREATE TEMP TABLE rollup_scenario AS
WITH said AS (
    SELECT p.target, p.family, p.scenario, v.grader, p.benign, v.label, p.place < x.settled inside
    FROM placed p JOIN verdict v ON v.outcome = p.id JOIN temp.prefix x ON x.target = p.target
    WHERE v.label IN ({_RATED}) AND (SELECT repeats FROM run) > 1
)
SELECT target, family, grader, benign, {_NAMES}, sum(n) n, sum(settled) settled FROM (
    SELECT target, family, grader, benign, {_LABELS}, 1 n, 0 settled FROM said
    GROUP BY target, family, scenario, grader, benign
    UNION ALL
    SELECT target, family, grader, benign, {_LABELS}, 0, 1 FROM said WHERE inside
    GROUP BY target, family, scenario, grader, benign
) GROUP BY target, family, grader, benign, {_NAMES};

CREATE TEMP TABLE total_scenario AS
SELECT target, grader, benign, {_NAMES}, sum(n) n, sum(settled) settled FROM temp.rollup_scenario
GROUP BY target, grader, benign, {_NAMES};

CREATE TEMP TABLE rollup_call AS
SELECT target, coalesce(grader, 0) grader, outcome, count(*) n,
sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)) tokens, sum(coalesce(cost_usd, 0.0)) cost_usd,
sum(cost_usd IS NULL) cost_unknown FROM call GROUP BY 1, 2, 3;

CREATE TEMP TABLE rollup_minute AS {MINUTES};
CREATE TEMP TABLE rollup_flag AS SELECT rule, stratum, count(*) n FROM flag GROUP BY 1, 2;
CREATE TEMP TABLE rollup_flagged AS SELECT 1 id, count(DISTINCT outcome) n FROM flag;

CREATE TEMP TABLE headed AS
SELECT h.mark, h.target, min(i.outcome) head FROM item i JOIN outcome h ON h.id = i.outcome
WHERE h.mark IS NOT NULL AND i.inclusion = 1
AND (i.stratum LIKE '{SAME}:%' OR i.stratum LIKE '{TEMPLATE}:%') GROUP BY 1, 2;
CREATE TEMP TABLE cluster AS
SELECT o.mark, o.target, count(*) n, h.head FROM outcome o
LEFT JOIN temp.headed h ON h.mark = o.mark AND h.target = o.target
WHERE o.mark IS NOT NULL AND o.repeat = 0 GROUP BY 1, 2;
CREATE TEMP TABLE rollup_cluster AS
SELECT target, sum(n) n FROM temp.cluster WHERE n >= {ALIKE} GROUP BY 1;
CREATE TEMP TABLE rollup_shared AS
WITH given AS (
    SELECT c.mark, c.target, c.n, {WEIGHTS} weights FROM temp.cluster c JOIN target t
    ON t.id = c.target
)
SELECT a.target, sum(a.n) n FROM given a
WHERE EXISTS (SELECT 1 FROM given b WHERE b.mark = a.mark AND b.weights <> a.weights) GROUP BY 1;

CREATE TEMP TABLE rollup_judged AS
SELECT i.target, i.pool, v.grader, coalesce(v.label, '') label, i.final, i.source, count(*) n
FROM item i JOIN verdict v ON v.outcome = i.outcome WHERE i.final <> '' AND i.blind AND i.drawn
GROUP BY 1, 2, 3, 4, 5, 6;
CREATE TEMP TABLE rollup_pair AS
SELECT target, pair, count(*) n FROM item WHERE pair <> '' GROUP BY 1, 2;
CREATE TEMP TABLE rollup_pool AS
SELECT target, pool, count(*) size, sum(drawn) drawn, sum(open) open FROM item GROUP BY 1, 2;
CREATE TEMP TABLE rollup_read AS
SELECT target, pool, machine, final, source, count(*) n FROM item
WHERE final <> '' AND blind AND drawn GROUP BY 1, 2, 3, 4, 5;
CREATE TEMP TABLE rollup_differ AS
SELECT target, pool, machine, CASE WHEN votes > 2 THEN '' ELSE pair END said, count(*) n FROM item
WHERE {DIFFER} AND drawn GROUP BY 1, 2, 3, 4;
"""


class Held(Reader):
    """A reader that stays at one moment until it is closed; for a report, not for a screen."""

    def __init__(self, folder: Path) -> None:
        """Raises StoreError in one line when the folder holds no readable run."""
        super().__init__(folder)
        self.db.execute("BEGIN")
        # The moment is that of the first read.
        self.db.execute("SELECT 1 FROM run").fetchone()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """The moment that is held anyway."""
        yield

    def close(self) -> None:
        """Let go of the moment and of the file."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        super().close()

    def recount(self) -> None:
        """From now on, what would read a rollup reads what the base rows come to.

        Reads every row of the run.
        """
        self.db.create_function("ordinal", 2, self.order.ordinal, deterministic=True)
        # Only temporary tables are written; the file stays as it is.
        self.db.execute("PRAGMA query_only=OFF")
        try:
            for statement in _TABLES.split(";"):
                if statement.strip():
                    self.db.execute(statement)
        finally:
            self.db.execute("PRAGMA query_only=ON")


def label_counts(reader: Reader) -> dict[int, dict[str, int]]:
    """By target: how often the basis grader gave each label to an attack, from the rows alone."""
    found: dict[int, dict[str, int]] = {}
    for target, label, n in reader.db.execute(
        "SELECT o.target, v.label, count(*) FROM in_force o JOIN scenario s ON s.id = o.scenario"
        " JOIN verdict v ON v.outcome = o.id AND v.grader = ?"
        " WHERE NOT s.benign AND v.label IS NOT NULL GROUP BY 1, 2",
        (next(g.id for g in reader.graders() if g.basis),),
    ).fetchall():
        found.setdefault(target, {})[label] = n
    return found


def votes_apart(reader: Reader) -> list[str]:
    """Readings in force and final labels that are not what the reviewers' events come to."""
    votes: dict[int, dict[int, str | None]] = {}
    blind: dict[int, dict[int, str | None]] = {}
    for outcome, reviewer, label, knew_nothing in reader.db.execute(
        "SELECT outcome, reviewer, label, blind FROM review r WHERE kind = 'read' AND NOT EXISTS"
        # A reader's last blind reading counts; one that knew more only where there is no other.
        " (SELECT 1 FROM review u WHERE u.undoes = r.id) ORDER BY blind, id"
    ).fetchall():
        votes.setdefault(outcome, {})[reviewer] = label
        if knew_nothing:
            blind.setdefault(outcome, {})[reviewer] = label
    kept: dict[int, dict[int, str | None]] = {}
    for outcome, reviewer, label in reader.db.execute(
        "SELECT outcome, reviewer, label FROM vote"
    ).fetchall():
        kept.setdefault(outcome, {})[reviewer] = label
    found = [
        f"answer {outcome}: readings in force are {kept.get(outcome, {})}, the events say"
        f" {votes.get(outcome, {})}"
        for outcome in sorted({*votes, *kept})
        if votes.get(outcome, {}) != kept.get(outcome, {})
    ]
    decisions: list[tuple[int, str]] = reader.db.execute(
        "SELECT outcome, label FROM review r WHERE kind = 'adjudicate' AND NOT EXISTS"
        " (SELECT 1 FROM review u WHERE u.undoes = r.id) ORDER BY id"
    ).fetchall()
    decided = dict(decisions)
    for outcome, final, source, n in reader.db.execute(
        "SELECT outcome, final, source, votes FROM item"
    ).fetchall():
        # And so among readers: the label comes from who knew more only where nobody knew less.
        counted = blind.get(outcome) or votes.get(outcome, {})
        said = [label for label in counted.values() if label is not None]
        should = _final(said, decided.get(outcome))
        if n != len(blind.get(outcome, {})):
            found.append(
                f"answer {outcome}: {n} blind readings are counted, the events have"
                f" {len(blind.get(outcome, {}))}"
            )
        elif (final, source) != should:
            found.append(
                f"answer {outcome}: final label {final or 'none'} ({source}), the events say"
                f" {should[0] or 'none'} ({should[1]}) of {said}"
            )
    return found


def _final(said: Sequence[str], decided: str | None) -> tuple[str, str]:
    """(label, source) by the rule in words: a decision, else agreement, else most of three."""
    if decided is not None:
        return decided, "adjudicated"
    if len(set(said)) == 1:
        return said[0], "single" if len(said) == 1 else "unanimous"
    most = max(set(said), key=said.count) if said else ""
    if len(said) > 2 and said.count(most) * 2 > len(said):
        return most, "majority"
    return "", "unresolved" if said else ""
