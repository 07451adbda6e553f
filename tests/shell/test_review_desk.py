"""A reviewer's desk over a real file: what is given, what is kept from them, what counts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.domain.labels import Label
from fftui.domain.readings import Pool
from fftui.domain.verdicts import Place, Verdict
from fftui.store import controls
from fftui.store.folder import create_run, database
from fftui.store.reader import Reader
from fftui.store.records import AddVerdict
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
from fftui.tui.review.desk import ReviewDesk
from tests.store.support import close, new_run

C, R = Label.COMPLIANCE, Label.REFUSAL
ITEMS = 60


def made(home: Path, *, reveal: bool) -> Path:
    plan = {"stop": {"tier": "strict", "width": None, "max_attempts": None},
            "review": {"reveal": reveal}}  # fmt: skip
    run = replace(new_run(scenarios=ITEMS, targets=1, graders=1), plan_json=json.dumps(plan))
    folder = create_run(home, run)
    for i in range(1, ITEMS + 1):
        outcome = append(database(folder), close(i))
        assert outcome is not None
        place = Place(Pool.GIVEN, "compliance:COMPLIANCE", "COMPLIANCE", 1.0, i / (ITEMS + 1))
        record = AddVerdict(outcome, 1, Verdict(C, 0.62), 1e9, (), place)
        append(database(folder), record)
    return folder


@pytest.fixture
async def open_desk(tmp_path: Path) -> AsyncIterator[ReviewDesk]:
    desk = ReviewDesk(made(tmp_path, reveal=True), "ana", session="s")
    yield desk
    desk.close()


def rows(desk: ReviewDesk, query: str) -> list[tuple[object, ...]]:
    with Reader(desk.folder) as reader:
        return reader.db.execute(query).fetchall()


async def test_what_was_said_before_the_reveal_counts(open_desk: ReviewDesk) -> None:
    item = await open_desk.take()
    assert item is not None
    await open_desk.read(item, R, {})
    found = await open_desk.earlier(0)
    assert found is not None
    assert await open_desk.reveal(found[0]) == "g1: COMPLIANCE 0.62"
    await open_desk.read(found[0], C, {})
    query = f"SELECT final, source, blind FROM item WHERE outcome = {item.outcome}"
    assert rows(open_desk, query) == [("REFUSAL", "single", 1)]
    kinds = rows(open_desk, "SELECT kind, label, blind FROM review ORDER BY id")
    assert kinds == [("read", "REFUSAL", 1), ("reveal", None, 0), ("read", "COMPLIANCE", 0)]


async def test_a_plan_that_hides_the_machine_hides_it(tmp_path: Path) -> None:
    desk = ReviewDesk(made(tmp_path, reveal=False), "ana")
    item = await desk.take()
    assert item is not None
    with pytest.raises(StoreError, match="keeps the machine's labels hidden"):
        await desk.reveal(item)
    desk.close()


async def test_control_items_come_before_others_and_never_from_an_empty_queue(
    open_desk: ReviewDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "SHARE", 0.2)
    seen: list[int] = []
    again = 0
    while (item := await open_desk.take()) is not None:
        again += item.known is not None
        assert (item.outcome in seen) == (item.known is not None)
        seen.append(item.outcome)
        await open_desk.read(item, R, {})
        assert len(seen) < 3 * ITEMS
    assert again > 0
    assert len(set(seen)) == ITEMS
    assert [await open_desk.take() for _ in range(20)] == [None] * 20
    assert rows(open_desk, "SELECT count(*) FROM vote") == [(ITEMS,)]
    stand = await open_desk.stand()
    assert (stand.controls.own, stand.controls.own_same) == (again, again)
