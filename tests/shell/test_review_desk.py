"""A reviewer's desk over a real file: what is given, what is kept from them, what counts."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.cli import main
from fftui.corpus.gold import read
from fftui.domain.labels import Label
from fftui.domain.readings import Cause, Confidence, Decision, Pool
from fftui.domain.verdicts import Place, Verdict
from fftui.store import controls, export, review_figures
from fftui.store.audit import checks
from fftui.store.claims import Enrol, TakeUp
from fftui.store.folder import create_run, database
from fftui.store.reader import Reader
from fftui.store.records import AddVerdict
from fftui.store.reviews import Read
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
from fftui.tui.review.desk import ReviewDesk
from tests.store.support import close, new_run

C, R = Label.COMPLIANCE, Label.REFUSAL
ITEMS = 60


def made(home: Path, *, reveal: bool, kinds: Sequence[Pool] = (Pool.GIVEN,)) -> Path:
    plan = {"stop": {"tier": "strict", "width": None, "max_attempts": None},
            "review": {"reveal": reveal}}  # fmt: skip
    run = replace(new_run(scenarios=ITEMS, targets=1, graders=1), plan_json=json.dumps(plan))
    folder = create_run(home, run)
    for i in range(1, ITEMS + 1):
        outcome = append(database(folder), close(i))
        assert outcome is not None
        pool = kinds[i % len(kinds)]
        place = Place(pool, "compliance:COMPLIANCE", "COMPLIANCE", 1.0, i / (ITEMS + 1))
        record = AddVerdict(outcome, 1, Verdict(C, 0.62), 1e9, (), place)
        append(database(folder), record)
    return folder


async def test_each_reader_has_another_order_and_neighbours_are_not_of_one_kind(
    tmp_path: Path,
) -> None:
    folder = made(tmp_path, reveal=False, kinds=(Pool.GIVEN, Pool.REST))
    given: dict[str, list[int]] = {}
    for name in ("ana", "ben"):
        desk = ReviewDesk(folder, name, session="s")
        given[name] = [item.outcome for _ in range(30) if (item := await desk.take()) is not None]
        # What is held is given back, so both choose among the same.
        desk.close()
    assert len(given["ana"]) == len(given["ben"]) == 30
    assert given["ana"] != given["ben"]
    for order in given.values():
        # Even numbers stand in one stratum, odd ones in the other.
        turns = sum(a % 2 != b % 2 for a, b in pairwise(order))
        assert turns > 6


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


async def test_who_was_shown_the_readings_cannot_take_theirs_back_and_read_blind(
    tmp_path: Path,
) -> None:
    folder = made(tmp_path, reveal=False)
    for name, label in (("ana", C), ("ben", R)):
        who = append(database(folder), Enrol(name, 1e9))
        append(database(folder), Read(who, "s", 7, label, 1e9))
    desk = ReviewDesk(folder, "eve")
    got = await desk.conflict(())
    assert got is not None
    await desk.read(got[0], R, {})
    assert len(await desk.readings(got[0].outcome)) == 3
    undone = await desk.undo()
    assert undone is not None
    assert undone[1].seen
    await desk.read(undone[1], C, {})
    with Reader(folder) as reader:
        blind = "SELECT label, blind FROM review WHERE kind = 'read' ORDER BY id"
        assert reader.db.execute(blind).fetchall() == [
            ("COMPLIANCE", 1), ("REFUSAL", 1), ("REFUSAL", 1), ("COMPLIANCE", 0),
        ]  # fmt: skip
    # A decision needs the readings, and is no less blind for them.
    await desk.decide(got[0], Decision(R, Confidence.HIGH, Cause.EDGE_CASE))
    desk.close()
    with Reader(folder) as reader:
        decided = "SELECT blind FROM review WHERE kind = 'adjudicate'"
        assert reader.db.execute(decided).fetchall() == [(1,)]
        assert all(not found for _, found in checks(reader))


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
    figures = (await open_desk.stand()).figures
    assert figures is not None
    assert (figures.controls.own, figures.controls.own_same) == (again, again)


async def test_figures_move_in_steps_of_25_items_across_sessions_and_undoing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "SHARE", 0)
    folder = made(tmp_path, reveal=False)
    seen = []
    for _ in range(30):
        # Left and come back to after every second item.
        desk = ReviewDesk(folder, "ana")
        for _ in range(2):
            item = await desk.take()
            assert item is not None
            await desk.read(item, R, {})
            seen.append((await desk.stand()).figures)
            await desk.undo()
            await desk.read(item, C, {})
            stand = await desk.stand()
            assert stand.figures == seen[-1]
        desk.close()
        assert stand.mine == len(seen)
    assert [found.n if found else 0 for found in seen] == [0] * 24 + [25] * 25 + [50] * 11
    first, last = seen[24], seen[-1]
    assert first is not None
    assert last is not None
    assert (first.read, last.read) == (25, 50)


def gold_file(folder: Path, *labels: str) -> Path:
    """One gold item a label, in the two forms that a file may have."""
    rows = [{"prompt": f"[gold prompt {n}]", "answer": f"[gold answer {n}]", "label": label}
            for n, label in enumerate(labels)]  # fmt: skip
    file = folder / "gold.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    table = folder / "gold.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ["prompt", "answer", "label"])
        writer.writeheader()
        writer.writerows(rows)
    assert read(file) == read(table)
    return file


async def test_gold_items_of_a_file_measure_a_reader_and_enter_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(tmp_path, reveal=False)
    file = gold_file(tmp_path, "refusal", "PARTIAL", "COMPLIANCE")
    assert main(["review", str(folder), "--gold", str(file)]) == 0
    assert "3 gold items, 3 of them new" in capsys.readouterr().out
    monkeypatch.setattr(controls, "SHARE", 0.4)
    desk = ReviewDesk(folder, "ana", session="s")
    ordinary, gold = 0, []
    while (item := await desk.take()) is not None:
        if item.known is not None and item.known.gold:
            gold.append(item)
            assert (item.turns[0][:6], item.answer[:6]) == ("[gold ", "[gold ")
            await desk.note(item, "unmask", {"what": "item"})
        ordinary += item.known is None
        await desk.read(item, R, {})
        if len(gold) == 2 and item is gold[1]:
            # What was said of one is taken back, stands there again, and is given again as it was.
            undone = await desk.undo()
            assert undone is not None
            assert (undone[1].known, undone[1].answer) == (item.known, item.answer)
            assert undone[1].is_of(undone[0])
            assert not gold[0].is_of(undone[0])
            assert await desk.redo() is not None
        if len(gold) == 3 and item is gold[2]:
            break
    assert len({item.mark for item in gold}) == 3
    with Reader(folder) as reader:
        found = review_figures.controls(reader, 1)
    assert (found.gold, found.gold_same) == (3, 1)
    votes = "SELECT count(*), sum(label = 'REFUSAL') FROM vote"
    assert rows(desk, votes) == [(ordinary, ordinary)]
    assert rows(desk, "SELECT sum(n) FROM rollup_read") == [(ordinary,)]
    assert rows(desk, "SELECT sum(size), sum(drawn) FROM rollup_pool") == [(ITEMS, ITEMS)]
    desk.close()
    with Reader(folder) as reader:
        assert not any(found for _, found in checks(reader))
        acts = [act for act in export.acts(reader) if act.kind == "control" and act.body["gold"]]
        assert {act.body["gold"] for act in acts} == {one.sha256 for one in read(file)}
        assert len(list(export.items(reader))) == ITEMS
    # The second file calls one of them something else; the others are known already.
    again = gold_file(tmp_path, "REFUSAL", "PARTIAL", "NON_ANSWER")
    assert main(["review", str(folder), "--gold", str(again)]) == 0
    assert "3 gold items, 0 of them new, 1 with another label" in capsys.readouterr().out


async def test_a_gold_item_that_is_skipped_or_left_is_no_item_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path, reveal=False)
    append(database(folder), controls.AddGold(read(gold_file(tmp_path, "PARTIAL")), "lead", 1e9))
    monkeypatch.setattr(controls, "SHARE", 0.5)
    desk = ReviewDesk(folder, "ana", session="s")
    while (item := await desk.take()) is not None and item.known is None:
        await desk.read(item, R, {})
    assert item is not None
    # Whoever comes next in the name of a reader who was killed has it before them.
    with Reader(folder) as reader:
        me = reader.db.execute("SELECT id FROM reviewer").fetchone()[0]
    assert append(database(folder), TakeUp(me, 1e9))[0] == item.known
    await desk.note(item, "skip", {})
    assert rows(desk, "SELECT count(*) FROM aside") == [(0,)]
    while (item := await desk.take()) is not None:
        assert item.known is None or not item.known.gold
        await desk.read(item, R, {})
    desk.close()


ROW = '{{"prompt": "p", "answer": "a", "label": "{}"}}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (ROW.format("fine"), 'gold.jsonl:1: label: "FINE" is none'),
        ('{"prompt": "p", "label": "REFUSAL"}\n', "gold.jsonl:1: answer or response: is missing"),
        ('{"answer": "a", "label": "REFUSAL"}\n', "gold.jsonl:1: turns or prompt: is missing"),
        (ROW.format("REFUSAL") + ROW.format("PARTIAL"),
         "gold.jsonl:2: the same answer is REFUSAL in line 1 and PARTIAL here"),
        ('[{"prompt": "p"}]\n', "a JSON list"),
        (ROW.format("REFUSAL") + '{"prom', "torn"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_of_gold_items_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    folder = made(tmp_path, reveal=False)
    file = tmp_path / "gold.jsonl"
    file.write_text(text, "utf-8")
    assert main(["review", str(folder), "--gold", str(file)]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
    with Reader(folder) as reader:
        assert reader.db.execute("SELECT count(*) FROM gold").fetchone() == (0,)
