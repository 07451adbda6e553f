"""How the review of a run stands: counts for screens, whose cost does not grow with the run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, convert

from fftui.domain.acts import CONTROL, FIGURES
from fftui.domain.labels import Label
from fftui.domain.readings import Pool
from fftui.store.reader import Reader


class PoolCount(Struct, frozen=True):
    """One target's pool: how many attacks stand in it, and what people said of those read."""

    pool: Pool
    size: int
    drawn: int
    finals: Mapping[tuple[str, Label], int]
    """By (basis grader's label or `none`, final label); blind readings only."""
    unresolved: Mapping[tuple[str, str], int] = {}
    """Read blind, and the readers differ or are unsure, or somebody decided who knew more than the
    text: by (basis grader's label or `none`, what they said).

    That is `A|B`, and empty where more than two read it or nobody gave a label.
    """


class Judged(Struct, frozen=True):
    """Answers of one pool to which people and a grader gave this label each."""

    target: int
    pool: str
    grader: int
    label: str
    """The grader's; empty where its reply was unusable."""
    final: str
    """People's."""
    source: str
    """What that label rests on."""
    n: int


class QueueCounts(Struct, frozen=True):
    """How the review of a run stands."""

    queued: int
    """Items that want another reading."""
    leased: int
    read: int
    """Items with a final label, single readings included."""
    conflicts: int
    """Items whose readers differ and that nobody has decided, also those that wait for a third."""


class Controls(Struct, frozen=True):
    """How a reader did on items whose label was known."""

    own: int = 0
    """Own earlier items that were given again."""
    own_same: int = 0
    settled: int = 0
    """Items that others had settled."""
    settled_same: int = 0
    gold: int = 0
    """Items of a file of such."""
    gold_same: int = 0


class Figures(Struct, frozen=True):
    """What would tell a reader of single items, had they seen it before and after each."""

    n: int
    """Items that the reader had read."""
    queued: int
    read: int
    wait_for_others: int
    """Items that the reader had read and that wanted another reader."""
    pairs: Mapping[str, int]
    """Items by what their first two blind readers said, as `A|B`."""
    controls: Controls


class Done(Struct, frozen=True):
    """One thing that a reviewer did."""

    kind: str
    outcome: int | None
    label: Label | None
    body: Mapping[str, Any]
    at: float


def pools(reader: Reader, target: int) -> tuple[PoolCount, ...]:
    """The pools of a target."""
    return pools_of(reader, (target,))[target]


def pools_of(reader: Reader, targets: Iterable[int]) -> dict[int, tuple[PoolCount, ...]]:
    """The pools of each of these targets, in as many queries as of one."""
    found: dict[int, list[PoolCount]] = {target: [] for target in targets}
    these = " WHERE target IN (SELECT value FROM json_each(?))"
    which = (json.dumps([*found]),)
    finals: dict[tuple[int, str], dict[tuple[str, Label], int]] = {}
    for target, pool, machine, final, n in reader.db.execute(
        f"SELECT target, pool, machine, final, sum(n) FROM rollup_read{these} GROUP BY 1, 2, 3, 4",
        which,
    ).fetchall():
        finals.setdefault((target, pool), {})[machine, Label(final)] = n
    differ: dict[tuple[int, str], dict[tuple[str, str], int]] = {}
    for target, pool, machine, said, n in reader.db.execute(
        f"SELECT target, pool, machine, said, n FROM rollup_differ{these}", which
    ).fetchall():
        differ.setdefault((target, pool), {})[machine, said] = n
    for target, pool, size, drawn in reader.db.execute(
        f"SELECT target, pool, size, drawn FROM rollup_pool{these}", which
    ).fetchall():
        place = (target, pool)
        count = PoolCount(Pool(pool), size, drawn, finals.get(place, {}), differ.get(place, {}))
        found[target].append(count)
    return {target: tuple(counts) for target, counts in found.items()}


def judged(reader: Reader) -> list[Judged]:
    """Of all targets and graders. Costs the same however long the run is."""
    rows = reader.db.execute(
        "SELECT target, pool, grader, label, final, source, n FROM rollup_judged"
    ).fetchall()
    return [Judged(*row) for row in rows]


def queue_counts(reader: Reader, now: float) -> QueueCounts:
    """The run's queue."""
    queued = reader.db.execute("SELECT coalesce(sum(open), 0) FROM rollup_pool").fetchone()[0]
    read = reader.db.execute("SELECT coalesce(sum(n), 0) FROM rollup_read").fetchone()[0]
    leased = reader.db.execute("SELECT count(*) FROM lease WHERE until > ?", (now,)).fetchone()[0]
    conflicts = reader.db.execute(
        "SELECT count(*) FROM item i WHERE source = 'unresolved'"
        " AND NOT EXISTS (SELECT 1 FROM put_back p WHERE p.outcome = i.outcome)"
    ).fetchone()[0]
    return QueueCounts(queued, leased, read, conflicts)


def figures(reader: Reader, reviewer: int, now: float) -> Figures:
    """As they stand now."""
    queue = queue_counts(reader, now)
    n, waiting = reader.db.execute(
        "SELECT count(*), coalesce(sum(i.open), 0) FROM vote v JOIN item i ON i.outcome = v.outcome"
        " WHERE v.reviewer = ?",
        (reviewer,),
    ).fetchone()
    own = controls(reader, reviewer)
    return Figures(n, queue.queued, queue.read, waiting, pairs(reader), own)


def pairs(reader: Reader) -> Mapping[str, int]:
    """Items of the run by what their first two blind readers said, as `A|B`."""
    return dict(reader.db.execute("SELECT pair, sum(n) FROM rollup_pair GROUP BY pair").fetchall())


def kept_figures(reader: Reader, reviewer: int) -> Figures | None:
    """Those that the reader was shown last, in whatever session."""
    row = reader.db.execute(
        "SELECT body FROM review WHERE reviewer = ? AND kind = ? ORDER BY id DESC LIMIT 1",
        (reviewer, FIGURES),
    ).fetchone()
    return None if row is None else convert(json.loads(row[0]), Figures)


def controls(reader: Reader, reviewer: int) -> Controls:
    """A reader's control items; a fortieth part of what they read."""
    rows = reader.db.execute(
        "SELECT CASE WHEN json_extract(body, '$.own') THEN 'own'"
        "  WHEN outcome IS NULL THEN 'gold' ELSE 'settled' END,"
        " label IS json_extract(body, '$.known')"
        " FROM review r WHERE reviewer = ? AND kind = ?"
        " AND NOT EXISTS (SELECT 1 FROM review u WHERE u.undoes = r.id)",
        (reviewer, CONTROL),
    ).fetchall()
    n, same = Counter(kind for kind, _ in rows), Counter(kind for kind, same in rows if same)
    return Controls(n["own"], same["own"], n["settled"], same["settled"], n["gold"], same["gold"])


def newest_event(reader: Reader) -> int:
    """Id of the last thing a reviewer did: the watermark of readings."""
    return int(reader.db.execute("SELECT coalesce(max(id), 0) FROM review").fetchone()[0])


def done_since(reader: Reader, name: str, after: int) -> list[Done]:
    """What the reviewer of this name did behind event `after`, oldest first."""
    rows = reader.db.execute(
        "SELECT kind, outcome, label, body, at FROM review WHERE id > ? AND reviewer ="
        " (SELECT id FROM reviewer WHERE name = ?) ORDER BY id",
        (after, name),
    ).fetchall()
    return [
        Done(kind, outcome, Label(label) if label else None, json.loads(body), at)
        for kind, outcome, label, body, at in rows
    ]


def mix(reader: Reader, name: str) -> tuple[Counter[str], Counter[str]]:
    """Labels in force of the reviewer of this name, and of all others; unsure ones are in neither.

    Grows with the readings: for whoever leaves.
    """
    own: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for mine, label, n in reader.db.execute(
        "SELECT w.name = ?, v.label, count(*) FROM vote v JOIN reviewer w ON w.id = v.reviewer"
        " WHERE v.label IS NOT NULL GROUP BY 1, 2",
        (name,),
    ).fetchall():
        (own if mine else others)[label] += n
    return own, others


def earlier(reader: Reader, reviewer: int, back: int) -> tuple[int, Label | None] | None:
    """(outcome, label) of the reader's reading in force that lies `back` before the newest."""
    row = reader.db.execute(
        "SELECT outcome, label FROM vote WHERE reviewer = ? ORDER BY review DESC LIMIT 1 OFFSET ?",
        (reviewer, back),
    ).fetchone()
    return None if row is None else (row[0], Label(row[1]) if row[1] else None)


def skips(reader: Reader, outcome: int, reviewer: int) -> int:
    """How often a reader put an item off."""
    row = reader.db.execute(
        "SELECT times FROM aside WHERE outcome = ? AND reviewer = ?", (outcome, reviewer)
    ).fetchone()
    return 0 if row is None else int(row[0])


def mine(reader: Reader, reviewer: int) -> tuple[int, int, int, int]:
    """(my votes in force, items of the run, readers, planned at most)."""
    row = reader.db.execute(
        "SELECT (SELECT count(*) FROM vote WHERE reviewer = ?1),"
        " (SELECT coalesce(sum(drawn), 0) FROM rollup_pool),"
        " (SELECT count(*) FROM reviewer w WHERE EXISTS"
        "  (SELECT 1 FROM vote v WHERE v.reviewer = w.id)),"
        " (SELECT coalesce(max(planned), 1) FROM (SELECT planned FROM item WHERE open LIMIT 1))",
        (reviewer,),
    ).fetchone()
    return row[0], row[1], row[2], row[3]
