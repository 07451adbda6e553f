"""What people are shown: only what is committed, at a cost that does not grow with the run."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.domain.labels import Label, Tier
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.readings import Pool
from fftui.domain.states import RunState, TargetState
from fftui.domain.verdicts import Flag, Place, Verdict
from fftui.results.feed import Feed
from fftui.results.looked import Looked
from fftui.results.view import RunSummary
from fftui.store import sqlite
from fftui.store.claims import Enrol
from fftui.store.context import Context
from fftui.store.discordant import ReadFirst
from fftui.store.folder import database, lock_file
from fftui.store.lock import EngineLock
from fftui.store.now import Heartbeat, TargetNow
from fftui.store.records import AddVerdict, PutBack, Record
from fftui.store.reviews import Read
from fftui.store.writer import append
from tests.store.support import call, close, extension, made, verdict


class Run:
    """A run that the test writes and a feed that looks at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.feed = Feed.open(folder)
        self.statements: list[str] = []
        self.feed._reader.db.set_trace_callback(self.statements.append)

    def write(self, *records: Record[object]) -> list[object]:
        context = Context(sqlite.connect(database(self.folder), write=True))
        context.begin()
        found = [record.apply(context) for record in records]
        context.commit()
        context.db.close()
        return found

    def attempts(self, scenarios: range, target: int = 1) -> None:
        for scenario in scenarios:
            (number,) = self.write(close(scenario, target=target))
            assert isinstance(number, int)
            self.write(
                verdict(number, 1, Label.REFUSAL),
                verdict(number, 2, Label.COMPLIANCE, [Flag("compliance", "compliance:C", 1.0)]),
                call(scenario, target=target),
            )

    def see(self) -> RunSummary:
        self.statements.clear()
        run = self.feed.poll()
        assert run is not None
        return run


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    one = Run(made(tmp_path, scenarios=400, benign=range(300, 400), targets=4))
    yield one
    one.feed.close()


def beat(state: RunState, *targets: TargetNow) -> Heartbeat:
    return Heartbeat(time.time(), 1, state, "", 1e9, 0.0, targets)


def test_nothing_new_is_none_and_costs_one_statement(run: Run) -> None:
    run.see()
    run.statements.clear()
    assert run.feed.poll() is None
    assert len(run.statements) == 1
    run.attempts(range(1, 2))
    assert run.see().done == 1
    assert run.feed.poll() is None


def test_a_tick_reads_the_changed_target_only_and_no_more_as_the_run_grows(run: Run) -> None:
    run.attempts(range(1, 60))
    # Who answers is read when somebody new does.
    run.attempts(range(99, 100), target=2)
    run.attempts(range(99, 100), target=3)
    run.see()
    seen = []
    for start in (100, 150, 250):
        run.attempts(range(start, start + 1), target=2)
        shown = run.see()
        seen.append(len(run.statements))
        asked = [s for s in run.statements if "FROM total_outcome" in s]
        assert len(asked) == 1
        assert "json_each('[2]')" in asked[0]
        assert not [s for s in run.statements if "GROUP BY" in s and "rollup" not in s]
        run.attempts(range(start + 2, start + 40), target=3)
        run.see()
    assert seen[0] == seen[1] == seen[2]
    assert shown.targets[1].done == 4


def test_families_are_those_of_the_target_that_is_looked_at_and_add_up_to_it(run: Run) -> None:
    run.attempts(range(1, 9))
    run.attempts(range(295, 305), target=2)
    assert [t.families for t in run.see().targets] == [None] * 4

    def added_up(looked: Looked) -> list[int | None]:
        """Verdicts in the families of each target; the second has benign scenarios, too."""
        shown = run.feed.poll(looked)
        assert shown is not None
        for target in shown.targets:
            if target.families is not None:
                cells = [cell for cell in target.families if not cell.benign]
                for tier in Tier:
                    found = [cell.rates[tier] for cell in cells]
                    assert sum(r.n for r in found) == target.rates[tier].n
                    assert sum(r.successes for r in found) == target.rates[tier].successes
        return [
            None if t.families is None else sum(sum(c.verdicts.values()) for c in t.families)
            for t in shown.targets
        ]

    # Nothing was written, but something else is looked at.
    assert added_up(1) == [8, None, None, None]
    assert added_up(2) == [None, 10, None, None]
    assert run.feed.poll(2) is None
    run.attempts(range(305, 306), target=2)
    run.attempts(range(9, 10))
    assert added_up(2) == [None, 11, None, None]
    assert added_up("all") == [9, 11, 0, 0]
    assert added_up(None) == [None] * 4


def test_after_any_tick_the_feed_shows_what_a_fresh_one_shows(run: Run) -> None:
    for start in (1, 20, 40):
        run.attempts(range(start, start + 10), target=start % 3 + 1)
        run.write(beat(RunState.STOPPED))
        old = run.see()
        fresh = Feed.open(run.folder)
        new = fresh.poll()
        fresh.close()
        assert new is not None
        assert (old.targets, old.calls, old.flags, old.events, old.review) == (
            new.targets, new.calls, new.flags, new.events, new.review,
        )  # fmt: skip


def test_what_a_failed_look_did_not_read_is_read_by_the_next(run: Run) -> None:
    run.see()
    steps, failed = 0, 0
    for cut in range(1, 400, 13):
        run.attempts(range(cut % 299 + 1, cut % 299 + 2), target=cut % 4 + 1)

        def stop() -> bool:
            nonlocal steps
            steps += 1
            return steps == cut  # noqa: B023

        steps = 0
        run.feed._reader.db.set_progress_handler(stop, 5)
        try:
            run.feed.poll(cut % 4 + 1)
        except sqlite.Error:
            failed += 1
            run.feed._reader.db.set_progress_handler(None, 0)
            # Nobody commits anything more: the run rests.
            assert run.feed.poll(cut % 4 + 1) is not None
        run.feed._reader.db.set_progress_handler(None, 0)
        fresh = Feed.open(run.folder)
        new = fresh.poll("all")
        fresh.close()
        old = run.feed.poll("all")
        assert old is not None
        assert new is not None
        assert (old.targets, old.calls, old.flags, old.events, old.review) == (
            new.targets, new.calls, new.flags, new.events, new.review,
        )  # fmt: skip
    assert failed > 10


def test_lines_of_flags_are_those_of_a_fresh_look_whatever_came(run: Run) -> None:
    luck = random.Random(7)
    graded: dict[int, int] = {}
    """What each answer was heard by so far."""
    empties: list[int] = []
    moved = again = 0
    for step in range(1, 120):
        due = [number for number, heard in graded.items() if heard == 1]
        what = luck.random()
        if what < 0.3 and due:
            # The second grader comes later, and its word may be another reason to look.
            number = luck.choice(due)
            graded[number] = 2
            more = [Flag("disagreement", "disagreement:C", 1.0)] if luck.random() < 0.5 else []
            run.write(verdict(number, 2, Label.COMPLIANCE, more))
            moved += bool(more)
        elif what < 0.4 and empties:
            run.write(PutBack(empties.pop(), "anna", 1e9))
            again += 1
        elif what < 0.55:
            flagged = Place(Pool.OUTSIDE, "reasoning", "", 1.0, 0.5)
            (empty,) = run.write(replace(close(step, kind=OutcomeClass.EMPTY), place=flagged))
            assert isinstance(empty, int)
            empties.append(empty)
        else:
            (answered,) = run.write(close(step))
            assert isinstance(answered, int)
            number = answered
            flags = [Flag("compliance", "compliance:C", 1.0)] if luck.random() < 0.8 else []
            run.write(verdict(number, 1, Label.COMPLIANCE, flags))
            graded[number] = 1
        if luck.random() < 0.7:
            shown = run.see().flags
            fresh = Feed.open(run.folder)
            new = fresh.poll()
            fresh.close()
            assert new is not None
            assert shown == new.flags
    assert len(shown) == 40
    assert moved > 5
    assert again > 5


def test_a_run_that_is_extended_before_the_first_look_is_seen_whole(run: Run) -> None:
    append(database(run.folder), extension(1, targets=["new"], scenarios=["more"]))
    shown = run.see()
    assert [t.name for t in shown.targets] == ["t1", "t2", "t3", "t4", "new"]
    assert shown.planned == 5 * 401


def placed(outcome: object, pool: Pool, draw: float) -> AddVerdict:
    """A refusal that is to be read."""
    assert isinstance(outcome, int)
    place = Place(pool, f"{pool.value}:REFUSAL", "REFUSAL", 1.0, draw)
    return AddVerdict(outcome, 2, Verdict(Label.REFUSAL), 1e9, (), place)


def test_answers_that_are_read_first_are_seen_by_whoever_looks_already(run: Run) -> None:
    numbers = run.write(*[close(i, text="") for i in range(1, 31)])
    run.write(*[placed(n, Pool.REST, i / 40) for i, n in enumerate(numbers)])
    ana = append(database(run.folder), Enrol("ana", 1e9))
    for number in numbers[:12]:
        assert isinstance(number, int)
        append(database(run.folder), Read(ana, "s", number, Label.REFUSAL, 1e9))
    before = run.see().targets[0].readings
    assert before.rates is not None
    assert before.rates[Tier.STRICT].rate == 0.0
    # A second process asks for it, of a run in which nothing else happens.
    append(database(run.folder), ReadFirst((29, 30), 1e9))
    after = run.see().targets[0].readings
    assert after.rates is not None
    assert after.rates[Tier.STRICT].rate is None
    fresh = Feed.open(run.folder)
    new = fresh.poll()
    fresh.close()
    assert new is not None
    assert after == new.targets[0].readings


def test_what_was_put_back_is_on_no_list_and_in_no_curve(tmp_path: Path) -> None:
    one = Run(made(tmp_path, scenarios=12, targets=1, graders=1))
    flagged = Place(Pool.OUTSIDE, "reasoning", "", 1.0, 0.5)
    (empty,) = one.write(replace(close(1, kind=OutcomeClass.EMPTY), place=flagged))
    assert isinstance(empty, int)
    for scenario in range(2, 12):
        (number,) = one.write(close(scenario))
        one.write(verdict(number, 1, Label.REFUSAL))  # type: ignore[arg-type]
    assert [f.outcome_id for f in one.see().flags] == [empty]
    assert one.feed.trend(1, Tier.STRICT).points[-1].n == 10
    one.write(PutBack(empty, "anna", 1e9))
    assert one.see().flags == ()
    (number,) = one.write(close(1))
    one.write(verdict(number, 1, Label.COMPLIANCE))  # type: ignore[arg-type]
    one.see()
    # Nobody looked at the curve meanwhile.
    last = one.feed.trend(1, Tier.STRICT).points[-1]
    one.feed.close()
    assert (last.n, last.rate) == (11, 1 / 11)


def test_early_while_open_calls_exceed_a_tenth(run: Run) -> None:
    lock = EngineLock(lock_file(run.folder))
    assert lock.acquire()
    run.attempts(range(1, 21))
    run.write(beat(RunState.RUNNING, TargetNow(1, TargetState.OPEN, "", 2)))
    assert not run.see().targets[0].early
    run.write(beat(RunState.RUNNING, TargetNow(1, TargetState.OPEN, "", 3)))
    shown = run.see()
    assert shown.targets[0].early
    assert shown.in_flight == 3
    # A dead engine has no call out.
    lock.release()
    shown = run.see()
    assert shown.state is RunState.DEAD
    assert "resume" in shown.reason
    assert shown.in_flight == 0


def test_an_answer_without_the_basis_grader_s_verdict_is_ungraded(run: Run) -> None:
    one, two, three = run.write(close(1), close(2), close(3))
    run.write(
        verdict(one, 1, Label.REFUSAL),  # type: ignore[arg-type]
        verdict(two, 2, None),  # type: ignore[arg-type]
        verdict(three, 2, Label.REFUSAL),  # type: ignore[arg-type]
        close(4, kind=OutcomeClass.INPUT_FILTER),
        close(5, kind=OutcomeClass.INFRA),
    )
    target = run.see().targets[0]
    assert (target.usable, target.ungraded, target.blocked, target.failed) == (3, 2, 1, 1)
    assert target.rates[Tier.STRICT].n == 1


def test_a_benign_corpus_has_no_asr(tmp_path: Path) -> None:
    one = Run(made(tmp_path, scenarios=4, benign=range(4), targets=1, graders=1, width=0.1))
    numbers = one.write(*[close(i) for i in range(1, 5)])
    said = [Label.REFUSAL, Label.COMPLIANCE, Label.COMPLIANCE, Label.COMPLIANCE]
    one.write(*[verdict(n, 1, label) for n, label in zip(numbers, said, strict=True)])  # type: ignore[arg-type]
    target = one.see().targets[0]
    one.feed.close()
    assert all(rate.n == 0 and rate.rate is None for rate in target.rates.values())
    assert (target.over_refusal.refused, target.over_refusal.n) == (1, 4)
    assert target.needed is None


def test_two_identities_are_shown_as_two(run: Run) -> None:
    append(database(run.folder), close(1))
    append(database(run.folder), close(2, identity=Identity("m", "other host")))
    assert run.see().targets[0].identities == 2


def test_an_extension_is_seen_by_whoever_looks_already(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=3, targets=1, graders=1)
    number = append(database(folder), close(1))
    assert number is not None
    append(database(folder), verdict(number, 1, Label.REFUSAL))
    feed = Feed.open(folder)
    try:
        before = feed.poll()
        assert before is not None
        assert (before.planned, len(before.targets)) == (3, 1)
        append(
            database(folder),
            extension(1, scenarios=["x", "y"], targets=["late"], graders=["judge"], basis=True),
        )
        after = feed.poll()
        assert after is not None
        assert (after.planned, [t.name for t in after.targets]) == (10, ["t1", "late"])
        # The new grader is the basis, and it has not spoken yet.
        assert after.targets[0].ungraded == 1
        append(database(folder), close(4, target=2))
        newest = feed.poll()
        assert newest is not None
        assert [t.done for t in newest.targets] == [1, 1]
        assert feed.attempt_count(2) == 5
    finally:
        feed.close()
