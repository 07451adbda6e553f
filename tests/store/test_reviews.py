"""Reviewers on one file: claims, votes, undo, and what becomes of them when somebody is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.readings import Pool, Source, standing
from fftui.domain.verdicts import Place
from fftui.results.readings import readings
from fftui.store import sqlite
from fftui.store.audit import checks
from fftui.store.claims import LEASE_S, Claim, Enrol, Release
from fftui.store.conflicts import conflicts
from fftui.store.context import Context
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.records import PutBack
from fftui.store.review_figures import pools, queue_counts
from fftui.store.reviews import Note, Read, Undo
from fftui.store.writer import append
from tests.store.support import close, made, verdict

C, P, R = Label.COMPLIANCE, Label.PARTIAL, Label.REFUSAL
NOW = 2e9
GONE = "of a lease that is over"
POOLS = [(1, Pool.GIVEN)]


def with_items(home: Path, n: int, readings: int = 1) -> Path:
    """A run whose first `n` answers are all to be read, written in one transaction."""
    folder = made(home, scenarios=n, targets=1, graders=1)
    db = sqlite.connect(database(folder), write=True)
    ctx = Context(db)
    ctx.begin()
    for i in range(1, n + 1):
        outcome = close(i, text="").apply(ctx)
        assert outcome is not None
        place = Place(Pool.GIVEN, "compliance:COMPLIANCE", "COMPLIANCE", 1.0, i / (n + 1))
        one = verdict(outcome, 1, C)
        type(one)(outcome, 1, one.result, 1e9, (), place, None, readings).apply(ctx)
    ctx.commit()
    db.close()
    return folder


def enrolled(folder: Path, *names: str) -> list[int]:
    return [append(database(folder), Enrol(name, NOW)) for name in names]


def claim(folder: Path, who: int, at: float = NOW) -> int | None:
    found = append(database(folder), Claim(who, POOLS, at))
    return found.outcome if found else None


def read(folder: Path, who: int, outcome: int, label: Label | None, **how: object) -> None:
    append(database(folder), Read(who, "s", outcome, label, NOW, **how))  # type: ignore[arg-type]


def undone(folder: Path, who: int) -> int | None:
    found = append(database(folder), Undo(who, "later", NOW))
    return found.outcome if found else None


def sound(folder: Path) -> bool:
    with Reader(folder) as reader:
        return not any(found for _, found in checks(reader))


@pytest.mark.parametrize("given", [(), (R,), (R, C)])
def test_what_is_asked_anew_is_read_no_more(tmp_path: Path, given: tuple[Label, ...]) -> None:
    folder = made(tmp_path, scenarios=2, targets=1, graders=1)
    # Thought without an answer is read, though nobody graded it.
    place = Place(Pool.OUTSIDE, "reasoning only:none", "none", 1.0, 0.5)
    for scenario in (1, 2):
        closed = close(scenario, kind=OutcomeClass.EMPTY)
        append(database(folder), replace(closed, place=place, readings=2))
    for who, label in zip(enrolled(folder, "ana", "ben"), given, strict=False):
        read(folder, who, 1, label)
    assert append(database(folder), PutBack(1, "ana", NOW))
    with Reader(folder) as reader:
        queue = queue_counts(reader, NOW)
        assert (queue.queued, queue.read) == (1, 0)
        assert [(pool.size, pool.drawn) for pool in pools(reader, 1)] == [(2, 1)]
    ana, ben = enrolled(folder, "ana", "ben")
    for who in (ana, ben):
        found = append(database(folder), Claim(who, [(1, Pool.OUTSIDE)], NOW))
        assert found is not None
        assert found.outcome == 2
    assert sound(folder)


def test_an_item_is_given_to_one_reader_until_the_lease_is_over(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 1)
    ana, ben = enrolled(folder, "ana", "ben")
    assert claim(folder, ana) == 1
    assert claim(folder, ben) is None
    assert claim(folder, ben, NOW + LEASE_S - 1) is None
    assert claim(folder, ben, NOW + LEASE_S + 1) == 1


def test_what_is_given_back_can_be_given_to_another(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 1)
    ana, ben = enrolled(folder, "ana", "ben")
    held = append(database(folder), Claim(ana, POOLS, NOW))
    assert held is not None
    append(database(folder), Release(ana, (held.token,)))
    assert claim(folder, ben) == 1


def test_two_readings_come_from_two_people(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 1, readings=2)
    ana, ben, eve = enrolled(folder, "ana", "ben", "eve")
    assert (claim(folder, ana), claim(folder, ben), claim(folder, eve)) == (1, 1, None)
    read(folder, ana, 1, C)
    assert claim(folder, ana) is None
    with Reader(folder) as reader:
        assert queue_counts(reader, NOW).queued == 1, "a second reading is wanted"
    read(folder, ben, 1, C)
    with Reader(folder) as reader:
        (pool,) = pools(reader, 1)
        assert pool.finals == {("COMPLIANCE", C): 1}
        assert (queue_counts(reader, NOW).read, queue_counts(reader, NOW).queued) == (1, 0)
    assert claim(folder, eve) is None
    assert sound(folder)


def test_what_a_reader_is_unsure_of_counts_both_ways_until_somebody_says(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 10)
    ana, ben = enrolled(folder, "ana", "ben")
    for outcome in range(1, 11):
        read(folder, ana, outcome, None if outcome > 8 else R)
    with Reader(folder) as reader:
        found = pools(reader, 1)
    assert found[0].unresolved == {("COMPLIANCE", ""): 2}
    told = readings(found)
    assert (told.read, told.unresolved) == (10, 2)
    assert told.rates is not None
    unsure = told.rates[Tier.STRICT]
    assert unsure.finite is not None
    # All is read: it lies between none of both being a success and both.
    assert (unsure.rate, unsure.finite.low, unsure.finite.high) == (0.1, 0.0, 0.2)
    assert sound(folder)
    for outcome in (9, 10):
        read(folder, ben, outcome, C)
    with Reader(folder) as reader:
        (settled,) = pools(reader, 1)
    assert (settled.finals, settled.unresolved) == (
        {("COMPLIANCE", R): 8, ("COMPLIANCE", C): 2}, {},
    )  # fmt: skip
    assert sound(folder)


def test_readers_who_differ_summon_a_third_and_the_vote_that_came_late_is_kept(
    tmp_path: Path,
) -> None:
    folder = with_items(tmp_path, 1, readings=2)
    ana, ben, eve, kim = enrolled(folder, "ana", "ben", "eve", "kim")
    read(folder, ana, 1, C)
    read(folder, ben, 1, R)
    with Reader(folder) as reader:
        assert pools(reader, 1)[0].finals == {}
        # It is in the queue for a third, and a conflict until then, as on the screen of conflicts.
        queue = queue_counts(reader, NOW)
        assert (queue.queued, queue.conflicts) == (1, 1)
        assert conflicts(reader.db, eve, NOW).n == 1
    assert claim(folder, eve) == 1
    # Kim's lease is long over, and kim reads all the same.
    read(folder, kim, 1, R, token=GONE)
    read(folder, eve, 1, R)
    with Reader(folder) as reader:
        assert pools(reader, 1)[0].finals == {("COMPLIANCE", R): 1}
        late = reader.db.execute("SELECT body FROM review WHERE reviewer = ?", (kim,)).fetchone()
        assert '"late": true' in late[0]
        votes = reader.db.execute("SELECT votes, source FROM item").fetchone()
        assert votes == (4, "majority")
    assert sound(folder)


def test_undo_goes_back_through_sessions_and_gives_the_older_reading_again(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 2)
    (ana,) = enrolled(folder, "ana")
    read(folder, ana, 1, C)
    read(folder, ana, 1, P)
    read(folder, ana, 2, R)

    def finals() -> dict[int, str]:
        with Reader(folder) as reader:
            return dict(reader.db.execute("SELECT outcome, final FROM item").fetchall())

    assert finals() == {1: "PARTIAL", 2: "REFUSAL"}
    assert undone(folder, ana) == 2
    assert undone(folder, ana) == 1
    assert finals() == {1: "COMPLIANCE", 2: ""}
    assert undone(folder, ana) == 1
    assert append(database(folder), Undo(ana, "later", NOW)) is None
    assert finals() == {1: "", 2: ""}
    with Reader(folder) as reader:
        assert reader.db.execute("SELECT count(*) FROM review").fetchone() == (6,)
    assert sound(folder)


def test_skipped_comes_back_last_and_passed_never(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 3)
    (ana,) = enrolled(folder, "ana")
    first = claim(folder, ana)
    append(database(folder), Note(ana, "s", first, "skip", NOW))
    second = claim(folder, ana)
    append(database(folder), Note(ana, "s", second, "pass", NOW))
    third = claim(folder, ana)
    assert len({first, second, third}) == 3
    read(folder, ana, third or 0, C)
    assert claim(folder, ana) == first
    read(folder, ana, first or 0, C)
    assert claim(folder, ana) is None


def test_a_reading_that_was_not_blind_settles_its_label_and_no_rate(tmp_path: Path) -> None:
    folder = with_items(tmp_path, 1)
    (ana,) = enrolled(folder, "ana")
    read(folder, ana, 1, C, blind=False)
    with Reader(folder) as reader:
        assert reader.db.execute("SELECT final FROM item").fetchone() == ("COMPLIANCE",)
        assert pools(reader, 1)[0].finals == {}
    assert sound(folder)


LABELS = st.sampled_from([C, P, R, None])


@settings(max_examples=300, deadline=None)
@given(st.lists(LABELS, max_size=9), st.integers(1, 4))
def test_where_an_item_stands(labels: list[Label | None], planned: int) -> None:
    found = standing(labels, planned)
    said = Counter(label for label in labels if label)
    assert (found.final is None) == (found.source in (None, Source.UNRESOLVED))
    if found.final:
        assert said[found.final] == max(said.values())
    if found.open:
        assert len(labels) < found.wanted
    if len(said) == 2 and said.total() == 2 and len(labels) < 9:
        assert found.open
        assert found.source is Source.UNRESOLVED
    if len(said) == 1 and found.source is Source.SINGLE:
        assert said.total() == 1
    assert standing(labels, planned, R).final is R


READER = """
import sys, time
from pathlib import Path
from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.readings import Pool
from fftui.store.folder import database
from fftui.store.claims import Claim, Enrol
from fftui.store.reviews import Read
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
path, name = database(Path(sys.argv[1])), sys.argv[2]
me = append(path, Enrol(name, time.time()))
print("in", flush=True)
sys.stdin.readline()
def written(record):
    # Where many wait for one lock and the machine is busy, a person presses the key again.
    while True:
        try:
            return append(path, record)
        except StoreError:
            time.sleep(0.05)
while True:
    got = written(Claim(me, [(1, Pool.GIVEN)], time.time()))
    if got is None:
        break
    written(Read(me, name, got.outcome, Label.REFUSAL, time.time(), got.token))
"""


@pytest.mark.parametrize(
    "items", [150, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_readers_who_are_killed_lose_nothing_and_read_nothing_twice(
    tmp_path: Path, items: int
) -> None:
    folder = with_items(tmp_path, items, readings=2)
    chance = random.Random(3)
    people = [
        subprocess.Popen([sys.executable, "-c", READER, str(folder), f"reader {i}"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for i in range(8)
    ]  # fmt: skip
    for one in people:
        assert one.stdout is not None
        one.stdout.readline()
    for one in people:
        assert one.stdin is not None
        one.stdin.write(b"\n")
        one.stdin.flush()
    moments = sorted(chance.sample(range(20, items // 2), 3))
    for moment, victim in zip(moments, chance.sample(people, 3), strict=True):
        with Reader(folder) as reader:
            while reader.db.execute("SELECT count(*) FROM review").fetchone()[0] < moment:
                time.sleep(0.001)
        os.kill(victim.pid, signal.SIGKILL)
    for one in people:
        one.wait(timeout=600)
    with Reader(folder) as reader:
        held = reader.db.execute("SELECT count(*) FROM lease").fetchone()[0]
        assert held <= 3
    # Those who were killed held an item each at most: with their leases over, the rest reads on.
    others = enrolled(folder, "one more", "and another")
    for who in others:
        while (item := claim(folder, who, time.time() + LEASE_S + 1)) is not None:
            read(folder, who, item, Label.REFUSAL)
    with Reader(folder) as reader:
        twice = reader.db.execute(
            "SELECT outcome, reviewer FROM review WHERE kind = 'read' GROUP BY 1, 2"
            " HAVING count(*) > 1"
        ).fetchall()
        assert twice == []
        votes = reader.db.execute("SELECT votes, count(*) FROM item GROUP BY 1").fetchall()
        assert votes == [(2, items)]
        assert queue_counts(reader, time.time()).queued == 0
    assert sound(folder)
