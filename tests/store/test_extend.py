"""A run that is appended to: ids and places of what was there stay what they were."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.states import RunState, TargetState
from fftui.store import commands, sqlite
from fftui.store.audit import checks
from fftui.store.context import Context
from fftui.store.folder import database
from fftui.store.reader import Reader
from fftui.store.retry import Retry
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
from tests.store.support import close, extension, made, verdict


def closed(folder: Path, *records: object) -> None:
    """Everything in one transaction, as the engine's writer does it."""
    context = Context(sqlite.connect(database(folder), write=True))
    context.begin()
    for record in records:
        record.apply(context)  # type: ignore[attr-defined]
    context.commit()
    context.db.close()


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    db = sqlite.connect(database(folder), write=False)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def sound(folder: Path) -> None:
    with Reader(folder) as reader:
        assert [what for what, found in checks(reader) if found] == []


ALL = "SELECT id, target, scenario, repeat, class FROM outcome"


def test_new_scenarios_stand_behind_all_others_in_every_repeat(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=3, targets=1, graders=1, repeats=2)
    closed(folder, *(close(s, kind=OutcomeClass.INFRA) for s in (1, 2, 3)))
    before = rows(folder, ALL)
    append(database(folder), extension(1, scenarios=["x", "y"], targets=["late"]))
    with Reader(folder) as reader:
        order = [reader.order.at(i) for i in range(reader.order.length)]
        assert order == [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (3, 1),
                         (4, 0), (5, 0), (4, 1), (5, 1)]  # fmt: skip
        assert [t.name for t in reader.targets().values()] == ["t1", "late"]
    assert rows(folder, ALL) == before
    sound(folder)


def test_benign_scenarios_are_counted_with_their_block(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=3, benign=[2])
    append(database(folder), extension(1, scenarios=["x", "y", "z"], benign=["x", "z"]))
    with Reader(folder) as reader:
        assert reader.benign_share() == (3, 6)
    sound(folder)
    closed(folder, _Sql("UPDATE scenario SET benign = 0 WHERE key = 'z'"))
    with Reader(folder) as reader:
        (wrong,) = [what for what, found in checks(reader) if found]
    assert wrong == "benign scenarios of each block equal GROUP BY"


class _Sql(NamedTuple):
    """What no record of ours would do."""

    text: str

    def apply(self, context: Context) -> None:
        context.db.execute(self.text)


def test_a_new_grader_opens_what_it_has_not_heard(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=3, targets=1, graders=1)
    closed(folder, close(1, kind=OutcomeClass.EMPTY), close(2), verdict(2, 1, Label.REFUSAL))
    with Reader(folder) as reader:
        assert reader.counts(1).settled == 2
    append(database(folder), extension(1, graders=["judge"], basis=True))
    with Reader(folder) as reader:
        # The empty reply needs no grader; the answer waits for the new one.
        assert reader.counts(1).settled == 1
        assert [(g.name, g.basis) for g in reader.graders()] == [("g1", False), ("judge", True)]
        assert [row[0] for row in reader.ungraded()] == [2]
    closed(folder, verdict(2, 2, Label.COMPLIANCE))
    with Reader(folder) as reader:
        assert reader.counts(1).settled == 2
    sound(folder)


def test_of_two_people_who_extend_at_once_the_second_is_told(tmp_path: Path) -> None:
    folder = made(tmp_path)
    append(database(folder), extension(1, scenarios=["x"]))
    before = rows(folder, "SELECT * FROM scenario")
    with pytest.raises(StoreError, match="anna has extended the run meanwhile"):
        append(database(folder), extension(1, scenarios=["y"]))
    assert rows(folder, "SELECT * FROM scenario") == before
    assert rows(folder, "SELECT count(*) FROM plan") == [(2,)]
    sound(folder)


def test_the_change_is_dated_signed_and_told_to_the_engine(tmp_path: Path) -> None:
    folder = made(tmp_path)
    number = append(database(folder), extension(1, scenarios=["x"]))
    assert rows(folder, "SELECT at, by FROM plan WHERE id = 2") == [(2e9, "anna")]
    assert rows(folder, "SELECT at, kind, text FROM event") == [
        (2e9, "extended", "extended by anna: something")
    ]
    assert rows(folder, "SELECT id, kind, by FROM command") == [(number, "reload", "anna")]
    assert commands.result(folder, number) is None


def test_a_run_that_was_over_is_open_again(tmp_path: Path) -> None:
    folder = made(tmp_path, targets=1)
    db = sqlite.connect(database(folder), write=True)
    db.execute("UPDATE engine SET state = 'done'")
    db.execute("INSERT INTO target_state VALUES (1, 'exhausted', '', 0)")
    db.close()
    append(database(folder), extension(1, scenarios=["x"]))
    with Reader(folder) as reader:
        assert reader.engine().state is RunState.STOPPED
        assert reader.target_states()[1][0] is TargetState.OPEN


def test_a_retry_puts_back_what_is_named_and_keeps_the_first_outcome(tmp_path: Path) -> None:
    folder = made(tmp_path, scenarios=4, targets=2, graders=1)
    kinds = (OutcomeClass.INFRA, OutcomeClass.EMPTY, OutcomeClass.INFRA, OutcomeClass.ANSWERED)
    closed(folder, *(close(s, target=t, kind=k) for t in (1, 2) for s, k in enumerate(kinds, 1)))
    returned = append(database(folder), Retry(["infra"], 1, "anna", 3e9))
    assert returned.targets == {"t1": {"infra": 2}}
    with Reader(folder) as reader:
        assert reader.counts(1).settled == 0
        assert reader.counts(2).settled == 3
    # Asked again, the attempt has two outcomes in the file, of which the second is in force.
    closed(folder, close(1), close(3, kind=OutcomeClass.CONFIG))
    assert rows(folder, f"{ALL} WHERE target = 1 AND scenario = 1 ORDER BY round") == [
        (1, 1, 1, 0, "infra"), (9, 1, 1, 0, "answered"),
    ]  # fmt: skip
    everyone = append(database(folder), Retry(["infra", "config", "answered"], None, "bert", 4e9))
    assert everyone.targets == {"t1": {"config": 1}, "t2": {"infra": 2}}
    assert append(database(folder), Retry(["quota"], None, "bert", 5e9)).command is None
    sound(folder)
