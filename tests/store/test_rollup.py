"""Whatever is appended in whatever order: the rollups are GROUP BY over the rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, OutcomeClass
from fftui.domain.readings import Pool
from fftui.domain.verdicts import Flag, Place
from fftui.results.tally import by_kind, by_label
from fftui.store import sqlite
from fftui.store.amounts import OUTCOME_COLUMNS, VERDICT_COLUMNS
from fftui.store.audit import checks
from fftui.store.context import Context
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.recent import Recent
from fftui.store.records import PutBack
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
from tests.store.support import call, close, extension, made, verdict

TARGETS, SCENARIOS, REPEATS, GRADERS = 2, 3, 2, 2

closing = st.tuples(
    st.just("close"),
    st.sampled_from([1, 1, *range(1, TARGETS + 2)]),
    st.sampled_from([1, 1, *range(1, SCENARIOS + 3)]),
    st.sampled_from([0, 0, *range(REPEATS)]),
    # Few combinations, so that several attempts share a row of the rollups.
    st.sampled_from([OutcomeClass.ANSWERED] * 2 + [OutcomeClass.INFRA] * 2 + [OutcomeClass.EMPTY]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([Identity("m")] * 3 + [Identity("m", "other host")]),
    st.sampled_from([None, 7, 7, 8]),
)
grading = st.tuples(
    st.just("grade"),
    st.integers(0, TARGETS * SCENARIOS * REPEATS),
    st.integers(1, GRADERS + 1),
    st.sampled_from([None, *Label]),
    st.sets(st.sampled_from(["compliance", "clash", "audit"])),
)
calling = st.tuples(
    st.just("call"),
    st.integers(1, TARGETS),
    st.sampled_from(list(OutcomeClass)),
    st.sampled_from([None, 1]),
    st.sampled_from([None, 0, 7]),
)
returning = st.tuples(st.just("put back"), st.integers(0, 20))
extending = st.tuples(st.just("extend"), st.sampled_from(["scenarios", "targets", "graders"]))
ending = st.sampled_from([("commit",), ("commit",), ("rollback",)])


class Model:
    """The rows as plain Python, and the settled prefix by its definition."""

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats
        self.closed: dict[tuple[int, int, int], tuple[int, OutcomeClass]] = {}
        self.heard: dict[int, dict[int, Label | None]] = {}
        self.flagged: set[int] = set()
        self.blocks = [SCENARIOS]
        self.targets, self.graders, self.plans = TARGETS, GRADERS, 1

    @property
    def scenarios(self) -> int:
        return sum(self.blocks)

    def copy(self) -> Model:
        other = Model(self.repeats)
        other.closed = dict(self.closed)
        other.heard = {o: dict(said) for o, said in self.heard.items()}
        other.flagged = set(self.flagged)
        other.blocks = list(self.blocks)
        other.targets, other.graders = self.targets, self.graders
        other.plans = self.plans
        return other

    def order(self) -> Iterator[tuple[int, int]]:
        """Each block of scenarios is asked as often as all others before the next one begins."""
        first = 1
        for size in self.blocks:
            for repeat in range(self.repeats):
                yield from ((scenario, repeat) for scenario in range(first, first + size))
            first += size

    def settled(self, target: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for scenario, repeat in self.order():
            outcome, kind = self.closed.get((target, scenario, repeat), (0, None))
            graded = len(self.heard.get(outcome, {})) == self.graders
            if kind is None or (kind is OutcomeClass.ANSWERED and not graded):
                return found
            found.append((outcome, repeat))
        return found


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            closing,
            closing,
            closing,
            grading,
            grading,
            grading,
            grading,
            calling,
            returning,
            extending,
            ending,
        ),
        min_size=30,
        max_size=110,
    ),
    st.sampled_from([1, REPEATS]),
    st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12),
)
def test_rollups_equal_group_by_at_every_commit(
    actions: list[tuple],  # type: ignore[type-arg]
    repeats: int,
    turns: list[tuple[bool, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = made(Path(home), scenarios=SCENARIOS, benign=[3], targets=TARGETS, repeats=repeats)
        # Two that remember what they wrote themselves, and one that reads all of it.
        found = [
            Context(sqlite.connect(database(folder), write=True), recent)
            for recent in (Recent(), Recent(), None)
        ]
        with Reader(folder) as reader:
            _play(found, turns, reader, actions, repeats)
        for context in found:
            context.db.close()


def _play(
    contexts: list[Context],
    turns: list[tuple[bool, bool]],
    reader: Reader,
    actions: list[tuple],  # type: ignore[type-arg]
    repeats: int,
) -> None:
    kept, now = Model(repeats), Model(repeats)
    context = contexts[0]
    turn, strict = iter(turns), False
    context.begin()
    for name, *details in [*actions, ("commit",)]:
        if name == "commit":
            context.commit()
            kept = now.copy()
            _compare(reader, kept)
            switch, strict = next(turn, (False, False))
            if switch:
                contexts.append(contexts.pop(0))
                context = contexts[0]
            context.begin(strict=strict)
        elif name == "rollback":
            context.rollback()
            now = kept.copy()
            context.begin(strict=strict)
        elif name == "call":
            target, kind, grader, tokens = details
            # A call is asked of the first scenario, which is never new.
            call(1, target=target, kind=kind, grader=grader, tokens=tokens).apply(context)
        elif name == "close":
            target, scenario, repeat, kind, cut, who, mark = details
            key = (target, scenario, repeat)
            if target > now.targets or scenario > now.scenarios or repeat >= repeats:
                continue
            if strict and key in now.closed:
                continue
            record = close(scenario, target=target, repeat=repeat, kind=kind, cut=cut, identity=who)
            # Only answers have words, and only short ones a mark of them.
            number = replace(record, mark=mark if record.answers else None).apply(context)
            assert (number is None) == (key in now.closed)
            if number is not None:
                now.closed[key] = (number, kind)
        elif name == "put back":
            _put_back(context, now, *details)
        elif name == "extend":
            _extend(context, now, *details)
        else:
            pick, grader, label, rules = details
            # Strictly, nothing is graded in the transaction that closes it.
            closed = now.closed.values() if not strict else kept.closed.values()
            answered = [o for o, kind in closed if kind is OutcomeClass.ANSWERED]
            if answered and grader <= now.graders:
                outcome = answered[pick % len(answered)]
                if strict and grader in now.heard.get(outcome, {}):
                    continue
                _grade(context, now, outcome, grader, label, rules)
    context.rollback()


def _put_back(context: Context, now: Model, pick: int) -> None:
    failed = [key for key, (_, kind) in now.closed.items() if kind is not OutcomeClass.ANSWERED]
    answered = [key for key in now.closed if key not in failed]
    if answered:
        outcome, _ = now.closed[answered[pick % len(answered)]]
        assert not PutBack(outcome, "anna", 2e9).apply(context)
    if failed:
        outcome, _ = now.closed.pop(failed[pick % len(failed)])
        assert PutBack(outcome, "anna", 2e9).apply(context)
        assert not PutBack(outcome, "bert", 2e9).apply(context)


def _extend(context: Context, now: Model, what: str) -> None:
    stale = extension(now.plans + 7, scenarios=["never"])
    with pytest.raises(StoreError, match="extended the run meanwhile"):
        stale.apply(context)
    if what == "scenarios" and now.scenarios < SCENARIOS + 2:
        now.blocks.append(1)
        change = extension(now.plans, scenarios=[f"new{now.scenarios}"])
    elif what == "targets" and now.targets == TARGETS:
        now.targets += 1
        change = extension(now.plans, targets=["t9"])
    elif what == "graders" and now.graders == GRADERS:
        now.graders += 1
        change = extension(now.plans, graders=["g9"])
    else:
        return
    now.plans += 1
    change.apply(context)


def _grade(
    context: Context, now: Model, outcome: int, grader: int, label: Label | None, rules: set[str]
) -> None:
    flags = [Flag(rule, f"{rule}:x", 1.0) for rule in sorted(rules)]
    place = Place(Pool.REST, "audit:x", "x", 0.5, 0.4) if "audit" in rules else None
    new = replace(verdict(outcome, grader, label, flags), place=place).apply(context)
    said = now.heard.setdefault(outcome, {})
    assert new == (grader not in said)
    if new:
        said[grader] = label
        now.flagged |= {outcome} if flags else set()


def _compare(reader: Reader, model: Model) -> None:
    reader.reread()
    for what, differences in checks(reader):
        assert not differences, what
    for target in range(1, model.targets + 1):
        counts = reader.counts(target)
        prefix = model.settled(target)
        assert counts.settled == len(prefix)
        first = sum(len(model.heard.get(outcome, {})) for outcome, repeat in prefix if not repeat)
        assert sum(sum(row.first) for row in counts.verdicts) == first
    assert reader.flag_counts()[1] == len(model.flagged)


def test_the_second_answer_to_one_attempt_changes_nothing(tmp_path: Path) -> None:
    folder = made(tmp_path)
    context = Context(sqlite.connect(database(folder), write=True))
    context.begin()
    number = close(1).apply(context)
    context.commit()
    assert number is not None
    context.begin()
    again = close(1, kind=OutcomeClass.INFRA, text="[placeholder: another]").apply(context)
    assert verdict(number, 1, Label.REFUSAL).apply(context)
    assert not verdict(number, 1, Label.COMPLIANCE).apply(context)
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        counts = reader.counts(1)
        assert again is None
        assert [by_kind(row.n) for row in counts.outcomes] == [{OutcomeClass.ANSWERED: 1}]
        assert [by_label(row.n) for row in counts.verdicts] == [{Label.REFUSAL: 1}]
        assert all(not found for _, found in checks(reader))


def test_a_verdict_that_comes_after_its_attempt_has_settled_is_settled_too(tmp_path: Path) -> None:
    folder = made(tmp_path)
    context = Context(sqlite.connect(database(folder), write=True))
    context.db.execute("UPDATE grader SET planned = 0 WHERE id = 1")  # as a later regrade's is
    context.db.close()
    context = Context(sqlite.connect(database(folder), write=True))
    number = 0
    for record in (close(1), verdict(1, 2, Label.REFUSAL), verdict(1, 1, Label.COMPLIANCE)):
        context.begin()
        number = record.apply(context) or number
        context.commit()
    context.db.close()
    assert number == 1
    with Reader(folder) as reader:
        counts = reader.counts(1)
        assert counts.settled == 1
        assert [(sum(row.n), sum(row.settled), sum(row.first)) for row in counts.verdicts] == [
            (1, 1, 1)
        ] * 2
        assert all(not found for _, found in checks(reader))


def test_the_audit_sees_a_rollup_that_is_wrong(tmp_path: Path) -> None:
    folder = made(tmp_path, graders=1)
    context = Context(sqlite.connect(database(folder), write=True))
    context.begin()
    number = close(1).apply(context)
    assert number is not None
    verdict(number, 1, Label.REFUSAL, [Flag("audit", "audit:REFUSAL", 1.0)]).apply(context)
    call(1).apply(context)
    context.commit()
    with Reader(folder) as reader:
        for spoil in (
            *(
                f"UPDATE {table}_{of} SET {column} = {column} + 1"
                for table in ("rollup", "total")
                for of, columns in (("outcome", OUTCOME_COLUMNS), ("verdict", VERDICT_COLUMNS))
                for column in columns
            ),
            "UPDATE rollup_call SET n = n + 1",
            "UPDATE rollup_flag SET n = n + 1",
            "UPDATE prefix SET settled = settled + 1",
            "UPDATE rollup_minute SET closed = closed + 1",
            "UPDATE rollup_call SET cost_usd = cost_usd + 1",
        ):
            assert not [what for what, found in checks(reader) if found]
            table, column = spoil.split()[1], spoil.split()[3]
            context.db.execute(spoil)
            assert [what for what, found in checks(reader) if found], spoil
            context.db.execute(f"UPDATE {table} SET {column} = {column} - 1")
    context.db.close()


@pytest.mark.parametrize("at", [-0.5, -60.0, -61.5, 0.0, 59.9, 60.0])
def test_a_log_with_times_before_1970_is_counted_by_its_minutes(tmp_path: Path, at: float) -> None:
    folder = made(tmp_path)
    append(database(folder), replace(close(1), at=at))
    append(database(folder), replace(verdict(1, 1, Label.REFUSAL), at=at))
    append(database(folder), replace(call(1, kind=OutcomeClass.INFRA), at=at))
    with Reader(folder) as reader:
        assert not [name for name, found in checks(reader) if found]


def test_a_prefix_that_goes_back_over_several_repeats_forgets_them_all(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=2, targets=1, graders=1, repeats=3)
    context = Context(sqlite.connect(database(folder), write=True))
    context.begin()
    failed = close(1, kind=OutcomeClass.INFRA).apply(context)
    assert failed is not None
    said = (Label.COMPLIANCE, Label.PARTIAL, Label.REFUSAL)
    for repeat in range(3):
        for scenario in (1, 2):
            number = close(scenario, repeat=repeat).apply(context)
            if number is not None:
                verdict(number, 1, said[repeat]).apply(context)
    context.commit()
    context.begin()
    assert PutBack(failed, "anna", 1e9).apply(context)
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        assert reader.counts(1).settled == 0
        assert not [name for name, found in checks(reader) if found]


def test_repeats_graded_in_the_transaction_that_closed_them_are_counted(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=2, targets=1, graders=1, repeats=2)
    context = Context(sqlite.connect(database(folder), write=True), Recent())
    context.begin(strict=True)
    for repeat in range(2):
        for scenario in (1, 2):
            number = close(scenario, repeat=repeat).apply(context)
            assert number is not None
            verdict(number, 1, Label.REFUSAL).apply(context)
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        assert sum(row.n for row in reader.counts(1).scenarios) == 2
        assert not [name for name, found in checks(reader) if found]


def test_what_another_process_put_back_is_open_for_a_writer_that_remembers_it(
    tmp_path: Path,
) -> None:
    folder = made(tmp_path, graders=1)
    context = Context(sqlite.connect(database(folder), write=True), Recent())
    context.begin()
    failed = close(2, kind=OutcomeClass.INFRA).apply(context)
    context.commit()
    assert failed is not None
    assert append(database(folder), PutBack(failed, "anna", 1e9))
    context.begin()
    close(1, kind=OutcomeClass.INFRA).apply(context)
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        assert reader.counts(1).settled == 1
        assert all(not found for _, found in checks(reader))


def test_what_was_rolled_back_never_was(tmp_path: Path) -> None:
    folder = made(tmp_path, graders=1)
    context = Context(sqlite.connect(database(folder), write=True), Recent())
    context.begin()
    close(2, kind=OutcomeClass.INFRA).apply(context)
    context.rollback()
    context.begin()
    close(1, kind=OutcomeClass.INFRA).apply(context)
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        assert reader.counts(1).settled == 1
        assert all(not found for _, found in checks(reader))


def test_a_batch_may_flag_an_old_answer_before_a_new_attempt_that_is_read_too(
    tmp_path: Path,
) -> None:
    folder = made(tmp_path, graders=1)
    context = Context(sqlite.connect(database(folder), write=True), Recent())
    context.begin(strict=True)
    number = close(1).apply(context)
    context.commit()
    assert number is not None
    given = Place(Pool.GIVEN, "compliance:COMPLIANCE", "COMPLIANCE", 1.0, 0.5)
    outside = Place(Pool.OUTSIDE, "reasoning only:none", "none", 1.0, 0.5)
    context.begin(strict=True)
    replace(verdict(number, 1, Label.COMPLIANCE, given.flags), place=given).apply(context)
    replace(close(2, kind=OutcomeClass.EMPTY), place=outside).apply(context)
    context.commit()
    context.db.close()
    with Reader(folder) as reader:
        assert reader.flag_counts() == ({"compliance": 1, "reasoning only": 1}, 2)
        assert all(not found for _, found in checks(reader))
