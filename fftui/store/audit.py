"""Recomputes from the rows what the rollups say: slow and exact, for `fftui doctor`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fftui.store import judged
from fftui.store.amounts import OUTCOMES, VERDICTS, unpacked
from fftui.store.clusters import ALIKE, WEIGHTS
from fftui.store.reader import Reader
from fftui.store.recount import MINUTES
from fftui.store.repeats import SAID
from fftui.store.standing import DIFFER

_OUTCOMES = """
SELECT o.target, o.identity, s.family, s.benign, o.class, count(*), sum(o.cut)
FROM in_force o JOIN scenario s ON s.id = o.scenario GROUP BY 1, 2, 3, 4, 5
"""
_OF_OUTCOMES = unpacked(OUTCOMES, "rollup_outcome", "target, identity, family, benign")
_OUTCOME_ROLLUP = f"SELECT target, identity, family, benign, word, n, cut FROM {_OF_OUTCOMES}"
_VERDICTS = """
SELECT o.target, o.identity, s.family, s.benign, v.grader, coalesce(v.label, ''), count(*),
sum(o.cut) FROM verdict v JOIN outcome o ON o.id = v.outcome JOIN scenario s ON s.id = o.scenario
GROUP BY 1, 2, 3, 4, 5, 6
"""
_OF_VERDICTS = unpacked(VERDICTS, "rollup_verdict", "target, identity, family, benign, grader")
_VERDICT_ROLLUP = (
    f"SELECT target, identity, family, benign, grader, word, n, cut FROM {_OF_VERDICTS}"
)
_TOTALS = f"""
SELECT target, identity, benign, 0, word, sum(n), sum(settled), sum(first), sum(cut)
FROM {_OF_OUTCOMES} GROUP BY 1, 2, 3, 5 UNION ALL
SELECT target, identity, benign, grader, word, sum(n), sum(settled), sum(first), sum(cut)
FROM {_OF_VERDICTS} GROUP BY 1, 2, 3, 4, 5
"""
_TOTALS_KEPT = f"""
SELECT target, identity, benign, 0, word, n, settled, first, cut
FROM {unpacked(OUTCOMES, "total_outcome", "target, identity, benign")} UNION ALL
SELECT target, identity, benign, grader, word, n, settled, first, cut
FROM {unpacked(VERDICTS, "total_verdict", "target, identity, benign, grader")}
"""
_BENIGN = """
SELECT b.id, sum(s.benign) FROM block b JOIN scenario s
ON s.id >= b.first AND s.id < b.first + b.size GROUP BY 1
"""
_BENIGN_KEPT = "SELECT id, benign FROM block"
_CALLS = """
SELECT target, coalesce(grader, 0), outcome, count(*),
sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)), sum(cost_usd IS NULL)
FROM call GROUP BY 1, 2, 3
"""
_CALL_ROLLUP = "SELECT target, grader, outcome, n, tokens, cost_unknown FROM rollup_call"
_COSTS = """
SELECT r.target, r.grader, r.outcome, r.cost_usd, c.usd FROM rollup_call r JOIN
(SELECT target, coalesce(grader, 0) grader, outcome, sum(coalesce(cost_usd, 0.0)) usd
FROM call GROUP BY 1, 2, 3) c ON c.target = r.target AND c.grader = r.grader
AND c.outcome = r.outcome WHERE abs(r.cost_usd - c.usd) > 1e-9 * (1 + abs(c.usd))
"""
_MINUTE_ROLLUP = "SELECT minute, closed, verdicts, rate_limited, failed FROM rollup_minute"
_CLUSTERS = """
SELECT mark, target, count(*) FROM outcome WHERE mark IS NOT NULL AND repeat = 0 GROUP BY 1, 2
"""
_CLUSTER_ROLLUP = "SELECT mark, target, n FROM cluster"
_ALIKE = f"SELECT target, sum(n) FROM cluster WHERE n >= {ALIKE} GROUP BY 1"
_ALIKE_ROLLUP = "SELECT target, n FROM rollup_cluster"
_SHARED = f"""
WITH given AS (
    SELECT c.mark, c.target, c.n, {WEIGHTS} AS weights
    FROM cluster c JOIN target t ON t.id = c.target
)
SELECT a.target, sum(a.n) FROM given a
WHERE EXISTS (SELECT 1 FROM given b WHERE b.mark = a.mark AND b.weights <> a.weights) GROUP BY 1
"""
_SHARED_ROLLUP = "SELECT target, n FROM rollup_shared"
_FLAGS = "SELECT rule, stratum, count(*) FROM flag GROUP BY 1, 2"
_FLAG_ROLLUP = "SELECT rule, stratum, n FROM rollup_flag"


_POOLS = "SELECT target, pool, count(*), sum(drawn), sum(open) FROM item GROUP BY 1, 2"
_POOL_ROLLUP = "SELECT target, pool, size, drawn, open FROM rollup_pool"
_READ = """
SELECT target, pool, machine, final, source, count(*) FROM item
WHERE final <> '' AND blind AND drawn GROUP BY 1, 2, 3, 4, 5
"""
_READ_ROLLUP = "SELECT target, pool, machine, final, source, n FROM rollup_read"
_DIFFER = f"""
SELECT target, pool, machine, CASE WHEN votes > 2 THEN '' ELSE pair END, count(*) FROM item
WHERE {DIFFER} AND drawn GROUP BY 1, 2, 3, 4
"""
_DIFFER_ROLLUP = "SELECT target, pool, machine, said, n FROM rollup_differ"
_JUDGED_ROLLUP = "SELECT target, pool, grader, label, final, source, n FROM rollup_judged"
_VOTES = """
SELECT outcome, reviewer, coalesce(max(CASE WHEN blind THEN id END), max(id)) FROM review r
WHERE kind = 'read' AND NOT EXISTS (SELECT 1 FROM review u WHERE u.undoes = r.id) GROUP BY 1, 2
"""
_PAIRS = """
WITH ordered AS (
    SELECT v.outcome, v.label, row_number() OVER (PARTITION BY v.outcome ORDER BY (
        SELECT min(r.id) FROM review r WHERE r.outcome = v.outcome AND r.reviewer = v.reviewer
        AND r.kind = 'read' AND NOT EXISTS (SELECT 1 FROM review u WHERE u.undoes = r.id)
    )) AS place FROM vote v WHERE v.blind AND v.label IS NOT NULL
)
SELECT i.target, a.label || '|' || b.label, count(*) FROM ordered a
JOIN ordered b ON b.outcome = a.outcome AND b.place = 2 JOIN item i ON i.outcome = a.outcome
WHERE a.place = 1 GROUP BY 1, 2
"""
_PAIR_ROLLUP = "SELECT target, pair, n FROM rollup_pair"
_DECIDED = """
SELECT outcome, label FROM review r WHERE kind = 'adjudicate' AND id = (
    SELECT max(id) FROM review d WHERE d.outcome = r.outcome AND d.kind = 'adjudicate'
    AND NOT EXISTS (SELECT 1 FROM review u WHERE u.undoes = d.id))
"""
_DECIDED_KEPT = "SELECT outcome, final FROM item WHERE source = 'adjudicated'"
_VOTES_KEPT = "SELECT outcome, reviewer, review FROM vote"


def checks(reader: Reader) -> Iterator[tuple[str, list[str]]]:
    """(what was checked, every difference found) for each check."""
    rows = reader.db.execute("PRAGMA integrity_check").fetchall()
    yield "SQLite finds the file intact", [r[0] for r in rows if r[0] != "ok"]
    rows = reader.db.execute("PRAGMA foreign_key_check").fetchall()
    yield "every row refers to rows that exist", [str(r) for r in rows]
    yield "costs are those of the calls", [str(r) for r in reader.db.execute(_COSTS).fetchall()]
    for name, rows_query, rollup in (
        ("outcome rollup equals GROUP BY", _OUTCOMES, _OUTCOME_ROLLUP),
        ("verdict rollup equals GROUP BY", _VERDICTS, _VERDICT_ROLLUP),
        ("totals of targets equal their families together", _TOTALS, _TOTALS_KEPT),
        ("call rollup equals GROUP BY", _CALLS, _CALL_ROLLUP),
        ("counts of each minute equal GROUP BY", MINUTES, _MINUTE_ROLLUP),
        ("benign scenarios of each block equal GROUP BY", _BENIGN, _BENIGN_KEPT),
        ("pools of graded attacks equal GROUP BY", _POOLS, _POOL_ROLLUP),
        ("final labels that people gave equal GROUP BY", _READ, _READ_ROLLUP),
        ("what readers differ on equals GROUP BY", _DIFFER, _DIFFER_ROLLUP),
        ("votes are each reader's last blind reading not taken back", _VOTES, _VOTES_KEPT),
        ("agreement of readers equals GROUP BY", _PAIRS, _PAIR_ROLLUP),
        ("decisions not taken back stand above the votes", _DECIDED, _DECIDED_KEPT),
        ("graders beside people equal GROUP BY", judged.ROWS, _JUDGED_ROLLUP),
        ("flag rollup equals GROUP BY", _FLAGS, _FLAG_ROLLUP),
        ("clusters of equal answers equal GROUP BY", _CLUSTERS, _CLUSTER_ROLLUP),
        ("answers in clusters equal GROUP BY", _ALIKE, _ALIKE_ROLLUP),
        ("answers in the words of other models equal GROUP BY", _SHARED, _SHARED_ROLLUP),
    ):
        truth = set(reader.db.execute(rows_query).fetchall())
        kept = set(reader.db.execute(rollup).fetchall())
        yield name, [f"rows {r}" for r in truth - kept] + [f"rollup {r}" for r in kept - truth]
    yield (
        "no attempt is closed twice",
        [
            str(r)
            for r in reader.db.execute(
                "SELECT target, scenario, repeat, count(*) FROM in_force GROUP BY 1, 2, 3"
                " HAVING count(*) > 1"
            ).fetchall()
        ],
    )
    yield (
        "only answers have verdicts",
        [
            str(r)
            for r in reader.db.execute(
                "SELECT v.id FROM verdict v JOIN outcome o ON o.id = v.outcome"
                " WHERE o.class <> 'answered'"
            ).fetchall()
        ],
    )
    yield (
        "only failed attempts were put back, each as often as it was asked anew",
        list(_rounds(reader)),
    )
    yield "what was said of repeated scenarios equals GROUP BY", list(_scenarios(reader))
    yield "every scenario stands in one block", list(_blocks(reader))
    yield "settled prefixes are as long as the rows allow", list(_prefixes(reader))
    yield "settled counts equal those of the prefixes", list(_settled(reader))


def _closed(reader: Reader, target: int) -> Iterator[tuple[int, int]]:
    """(place in plan order, outcome id) of each closed attempt of a target."""
    planned = {r[0] for r in reader.db.execute("SELECT id FROM grader WHERE planned").fetchall()}
    heard: dict[int, set[int]] = {}
    for outcome, grader in reader.db.execute(
        "SELECT v.outcome, v.grader FROM verdict v JOIN outcome o ON o.id = v.outcome"
        " WHERE o.target = ?", (target,)
    ).fetchall():  # fmt: skip
        heard.setdefault(outcome, set()).add(grader)
    for outcome, scenario, repeat, kind in reader.db.execute(
        "SELECT id, scenario, repeat, class FROM in_force WHERE target = ?", (target,)
    ).fetchall():
        if kind != "answered" or planned <= heard.get(outcome, set()):
            yield reader.order.ordinal(scenario, repeat), outcome


def _prefixes(reader: Reader) -> Iterator[str]:
    for target in reader.targets():
        places = {place for place, _ in _closed(reader, target)}
        truth = 0
        while truth in places:
            truth += 1
        kept = reader.counts(target).settled
        if kept != truth:
            yield f"target {target}: stored {kept}, rows say {truth}"


def _rounds(reader: Reader) -> Iterator[str]:
    """An attempt's outcomes are its rounds 0, 1, …; all but the last were put back."""
    for row in reader.db.execute(
        "SELECT o.target, o.scenario, o.repeat, count(*), max(o.round), count(p.id),"
        " sum(p.id IS NOT NULL AND o.class = 'answered')"
        " FROM outcome o LEFT JOIN put_back p ON p.outcome = o.id GROUP BY 1, 2, 3"
        " HAVING max(o.round) > 0 OR count(p.id) > 0"
    ).fetchall():
        *attempt, outcomes, last, back, answers = row
        if last != outcomes - 1 or back not in (outcomes, outcomes - 1) or answers:
            yield f"attempt {tuple(attempt)}: {outcomes} outcomes, round {last}, {back} put back"


def _blocks(reader: Reader) -> Iterator[str]:
    ids = [row[0] for row in reader.db.execute("SELECT id FROM scenario ORDER BY id").fetchall()]
    placed = [i for b in reader.order.blocks for i in range(b.first, b.first + b.size)]
    if ids != placed:
        yield f"{len(ids)} scenarios, {len(placed)} places in {len(reader.order.blocks)} blocks"


def _settled(reader: Reader) -> Iterator[str]:
    """`settled` and `first` of each row of the rollups, from the rows of the prefix."""
    for target in reader.targets():
        counts = reader.counts(target)
        inside = {o for place, o in _closed(reader, target) if place < counts.settled}
        outcomes: Counter[tuple[object, ...]] = Counter()
        verdicts: Counter[tuple[object, ...]] = Counter()
        for outcome, repeat, *key in reader.db.execute(
            "SELECT o.id, o.repeat, o.identity, s.family, s.benign, o.class"
            " FROM outcome o JOIN scenario s ON s.id = o.scenario WHERE o.target = ?", (target,)
        ).fetchall():  # fmt: skip
            _count(outcomes, outcome in inside, repeat, key)
        for outcome, repeat, *key in reader.db.execute(
            "SELECT o.id, o.repeat, o.identity, s.family, s.benign, v.grader,"
            " coalesce(v.label, '') FROM verdict v JOIN outcome o ON o.id = v.outcome"
            " JOIN scenario s ON s.id = o.scenario WHERE o.target = ?", (target,)
        ).fetchall():  # fmt: skip
            _count(verdicts, outcome in inside, repeat, key)
        for what, truth, rows, more in (
            ("outcomes", outcomes, _OF_OUTCOMES, ""),
            ("verdicts", verdicts, _OF_VERDICTS, ", grader"),
        ):
            kept: Counter[tuple[object, ...]] = Counter()
            for settled, first, *key in reader.db.execute(
                f"SELECT settled, first, identity, family, benign{more}, word FROM {rows}"
                " WHERE target = ?", (target,)
            ).fetchall():  # fmt: skip
                kept["settled", *key] += settled
                kept["first", *key] += first
            # Counters are equal where they differ in zeros only.
            if truth != kept:
                yield f"target {target}: {what}, stored {kept - truth} more, {truth - kept} fewer"


def _scenarios(reader: Reader) -> Iterator[str]:
    if reader.order.repeats == 1:
        return
    families = reader.family_counts(reader.targets())
    for target in reader.targets():
        counts = reader.counts(target)
        said: dict[tuple[str, int, int, int, bool], Counter[str]] = {}
        for family, scenario, repeat, grader, benign, label in reader.db.execute(
            "SELECT s.family, o.scenario, o.repeat, v.grader, s.benign, v.label FROM in_force o"
            " JOIN verdict v ON v.outcome = o.id JOIN scenario s ON s.id = o.scenario"
            " WHERE o.target = ? AND v.label IS NOT NULL", (target,)
        ).fetchall():  # fmt: skip
            if label not in SAID:
                continue
            key = family, scenario, grader, bool(benign)
            said.setdefault(("n", *key), Counter())[label] += 1
            if reader.order.ordinal(scenario, repeat) < counts.settled:
                said.setdefault(("settled", *key), Counter())[label] += 1
        truth: Counter[tuple[object, ...]] = Counter()
        for (column, family, _, grader, benign), labels in said.items():
            what = (column, grader, benign, *(labels[label] for label in SAID))
            truth["all", *what] += 1
            truth[family, *what] += 1
        kept: Counter[tuple[object, ...]] = Counter()
        rows = [("all", row) for row in counts.scenarios]
        for where, row in (*rows, *families[target].scenarios):
            what = (row.grader, row.benign, *(row.said[label] for label in SAID))
            kept[where, "n", *what] += row.n
            kept[where, "settled", *what] += row.settled
        if truth != kept:
            yield f"target {target}: stored {kept - truth} more, {truth - kept} fewer"


def _count(
    into: Counter[tuple[object, ...]], settled: bool, repeat: int, key: list[object]
) -> None:
    into["settled", *key] += int(settled)
    into["first", *key] += int(settled and repeat == 0)
