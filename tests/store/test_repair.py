"""A damaged run is never edited: what can be read stands in a copy whose books balance."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from fftui.domain.labels import Label
from fftui.domain.outcomes import OutcomeClass
from fftui.domain.readings import Pool
from fftui.domain.verdicts import Place
from fftui.results.doctor import examine_run, repaired
from fftui.store import sqlite
from fftui.store.claims import Enrol
from fftui.store.context import Context
from fftui.store.folder import database, lock_file
from fftui.store.lock import EngineLock
from fftui.store.places import add_item
from fftui.store.reader import Reader
from fftui.store.repair import repair
from fftui.store.retry import Retry
from fftui.store.reviews import Note, Read
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
from tests.store.support import call, close, made, verdict

SCENARIOS = 60
PAGE = 4096


def fill(home: Path, repeats: int) -> Path:
    """A run that is half done, checkpointed into its main file."""
    folder = made(home, scenarios=SCENARIOS, targets=2, graders=2, repeats=repeats)
    db = sqlite.connect(database(folder), write=True)
    context = Context(db)
    context.begin()
    for target in (1, 2):
        for scenario in range(1, 41):
            call(scenario, target=target).apply(context)
            kind = OutcomeClass.INFRA if scenario % 10 == 0 else OutcomeClass.ANSWERED
            text = f"[placeholder {target} {scenario}] " * 60
            number = close(scenario, target=target, kind=kind, text=text).apply(context)
            assert number is not None
            if kind is OutcomeClass.ANSWERED:
                for grader in (1, 2):
                    verdict(number, grader, Label.REFUSAL).apply(context)
    Retry(("infra",), 1, "ana", 1e9).apply(context)
    close(10, target=1, text="[placeholder again]").apply(context)
    me = Enrol("ana", 1e9).apply(context)
    Note(me, "s", 1, "note", 1e9, {"text": "[placeholder]"}).apply(context)
    context.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    return folder


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("filled"), 1)


@pytest.fixture
def folder(filled_once: Path, tmp_path: Path) -> Path:
    """A run of one's own that is half done."""
    return Path(shutil.copytree(filled_once, tmp_path / "r"))


def bad(folder: Path) -> list[str]:
    return [str(f) for f in examine_run(folder) if not f.ok]


def whole(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.iterdir())}


def rows(folder: Path) -> dict[str, set[tuple[object, ...]]]:
    with Reader(folder) as reader:
        return {
            t: set(reader.db.execute(f"SELECT * FROM {t}").fetchall())
            for t in ("call", "outcome", "answer", "verdict", "put_back", "rollup_outcome",
                      "rollup_verdict", "total_outcome", "total_verdict", "rollup_call", "prefix",
                      "rollup_minute", "cluster")
        }  # fmt: skip


def test_a_sound_run_loses_nothing_by_it(folder: Path, tmp_path: Path) -> None:
    found = repair(folder)
    assert found.folder == tmp_path / "r-repaired"
    assert (found.lost, found.damage) == ({}, {})
    assert rows(found.folder) == rows(folder)
    assert bad(found.folder) == []
    assert repair(folder).folder == tmp_path / "r-repaired-2"


@pytest.mark.parametrize(
    ("table", "column"),
    [("verdict", "label"), ("review", "label"), ("outcome", "class"), ("call", "outcome"),
     ("item", "pool")],
)  # fmt: skip
def test_half_a_word_is_no_row(folder: Path, table: str, column: str) -> None:
    db = sqlite.connect(database(folder), write=True)
    context = Context(db)
    context.begin()
    place = Place(Pool.GIVEN, "compliance:COMPLIANCE", "COMPLIANCE", 1.0, 0.5)
    add_item(context, 1, 1, place, 1)
    Read(1, "s", 1, Label.COMPLIANCE, 1e9).apply(context)
    context.commit()
    # The first letters, and then what stood nowhere: as a page that was written in part.
    torn = f"substr({column}, 1, 3) || char(0, 0, 0)"
    newest = f"(SELECT max(rowid) FROM {table})"
    db.execute(f"UPDATE {table} SET {column} = {torn} WHERE rowid = {newest}")
    db.close()
    found = repair(folder)
    assert found.damage == {table: 1}
    assert bad(found.folder) == []


def test_repeats_are_counted_anew_too(tmp_path: Path) -> None:
    folder = fill(tmp_path, 2)
    assert bad(repair(folder).folder) == []


def test_a_rollup_that_is_wrong_is_found_and_counted_anew(folder: Path, tmp_path: Path) -> None:
    truth = rows(folder)
    db = sqlite.connect(database(folder), write=True)
    db.execute("UPDATE rollup_verdict SET refusal = refusal + 7 WHERE target = 1")
    db.execute("UPDATE prefix SET settled = 3")
    db.close()
    found = bad(folder)
    assert any("verdict rollup" in f and "--repair" in f for f in found)
    assert any("settled prefixes" in f for f in found)
    before = whole(folder)
    assert rows(repair(folder).folder) == truth
    assert whole(folder) == before


def test_what_is_counted_anyway_is_no_loss(folder: Path) -> None:
    truth, path = rows(folder), database(folder)
    db = sqlite.connect(path, write=True)
    db.execute("UPDATE engine SET state = 'done'")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    places = db.execute(
        "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND (name LIKE 'rollup@_%'"
        " ESCAPE '@' OR name LIKE 'total@_%' ESCAPE '@' OR name IN ('cluster', 'prefix', 'vote'))"
    ).fetchall()
    size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    with path.open("r+b") as file:
        for (page,) in places:
            file.seek((page - 1) * size)
            file.write(random.Random(page).randbytes(size))
    found = repair(folder)
    assert (found.lost, found.damage) == ({}, {})
    assert rows(found.folder) == truth
    with Reader(found.folder) as reader:
        assert reader.engine().state == "done"


def _pages(count: int) -> list[int]:
    size = 140
    return random.Random(7).sample(range(1, size), count)


@pytest.mark.parametrize("place", [*_pages(12), pytest.param(0, marks=pytest.mark.long)])
def test_a_page_of_rubbish(folder: Path, tmp_path: Path, place: int) -> None:
    truth, path = rows(folder), database(folder)
    content = path.read_bytes()
    pages = len(content) // PAGE
    for page in [place] if place else range(1, pages):
        chance = random.Random(page)
        start = min(page, pages - 1) * PAGE
        path.write_bytes(content[:start] + chance.randbytes(PAGE) + content[start + PAGE :])
        before = whole(folder)
        home = tmp_path / "r-repaired"
        try:
            made_ = repair(folder)
        except StoreError:
            assert not home.exists()
        else:
            assert bad(made_.folder) == []
            found = rows(made_.folder)
            for table in ("call", "answer", "verdict"):
                # Rows of a page of rubbish are gone; none is made up.
                assert found[table] <= truth[table]
                # The page that leads to a table's others takes the whole table with it.
                assert len(truth[table] - found[table]) <= 90 or not found[table]
            for path_ in made_.folder.iterdir():
                path_.unlink()
            made_.folder.rmdir()
        assert whole(folder) == before
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_of_a_truncated_file_the_rest_is_open_again(folder: Path, tmp_path: Path) -> None:
    path, truth = database(folder), rows(folder)
    content = path.read_bytes()
    parts = 0
    for share in (0.99, 0.97, 0.94, 0.9, 0.8):
        path.write_bytes(content[: int(len(content) * share)])
        assert bad(folder) != []
        try:
            found = repair(folder)
        except StoreError:
            continue
        assert found.damage
        assert bad(found.folder) == []
        parts += 0 < len(rows(found.folder)["answer"]) < len(truth["answer"])
        with Reader(found.folder) as reader:
            closed = set(reader.db.execute("SELECT target, scenario FROM in_force").fetchall())
        for target in (1, 2):
            for scenario in range(1, SCENARIOS + 1, 7):
                if (target, scenario) not in closed:
                    assert append(database(found.folder), close(scenario, target=target))
        assert bad(found.folder) == []
        assert any("open again" in str(f) for f in repaired(folder))
    assert parts, "some of the answers were saved at some cut"


def test_what_is_too_far_gone_is_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    path = database(folder)
    content = path.read_bytes()
    for damaged in (b"", b"x" * 8192, content[:PAGE]):
        path.write_bytes(damaged)
        assert bad(folder) != []
        with pytest.raises(StoreError) as caught:
            repair(folder)
        assert "\n" not in str(caught.value)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["r"]
        assert path.read_bytes() == damaged


def test_not_while_an_engine_lives(folder: Path, tmp_path: Path) -> None:
    lock = EngineLock(lock_file(folder))
    assert lock.acquire()
    with pytest.raises(StoreError, match="engine is alive"):
        repair(folder)
    lock.release()
    assert os.path.exists(repair(folder).folder / "run.db")


def test_a_lost_answer_takes_its_verdicts_with_it(folder: Path, tmp_path: Path) -> None:
    db = sqlite.connect(database(folder), write=True)
    db.execute("DELETE FROM answer WHERE outcome = 3")
    db.close()
    found = repair(folder)
    with Reader(found.folder) as reader:
        assert reader.db.execute("SELECT 1 FROM verdict WHERE outcome = 3").fetchone() is None
        assert reader.db.execute("SELECT 1 FROM outcome WHERE id = 3").fetchone() is None
        assert reader.counts(1).settled == 2
    assert found.lost["outcome"] == 1
    assert bad(found.folder) == []
