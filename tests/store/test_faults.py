"""What the world does to a run file, and the one line in which `fftui doctor` explains each."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import pytest

from fftui.results import doctor
from fftui.results.doctor import examine_run
from fftui.store import sqlite, writer
from fftui.store.folder import create_run, database, lock_file
from fftui.store.lock import EngineLock
from fftui.store.now import AddEvent
from fftui.store.reader import Reader
from fftui.store.sqlite import StoreError
from fftui.store.writer import Writer, append
from tests.store.support import close, made, new_run

LONG = "[placeholder: steps] " * 400


def bad(folder: Path) -> str:
    """What is wrong, each in one line."""
    found = [str(f) for f in examine_run(folder) if not f.ok]
    assert all("\n" not in line for line in found)
    return "\n".join(found)


def test_a_network_file_system_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path)
    row = "36 35 98:0 / {} rw shared:1 - {} server:/export rw\n"
    for kind in ("nfs4", "cifs", "fuse.sshfs", "lustre", "9p"):
        mounts = tmp_path / "mountinfo"
        mounts.write_text(row.format("/", "ext4") + row.format(tmp_path, kind))
        monkeypatch.setattr(sqlite, "_MOUNTS", mounts)
        with pytest.raises(StoreError, match=f"network file system .{kind}"):
            Reader(folder)
        with pytest.raises(StoreError, match="network file system"):
            create_run(tmp_path, new_run(name="other"))
        assert "put runs on a local disk" in bad(folder)
        # A local disk mounted below it is one.
        mounts.write_text(row.format(tmp_path, kind) + row.format(folder, "ext4"))
        assert bad(folder) == ""


def test_a_newer_run_is_told_apart_from_a_damaged_one(tmp_path: Path) -> None:
    folder = made(tmp_path)
    db = sqlite.connect(database(folder), write=True)
    db.execute("PRAGMA user_version=99")
    db.close()
    assert "written by a newer fftui" in bad(folder)
    assert "--repair" not in bad(folder)


def test_rows_from_the_future_are_a_clock_that_was_put_back(tmp_path: Path) -> None:
    folder = made(tmp_path)
    append(database(folder), AddEvent(time.time() + 30, "x", "a little apart is nothing"))
    assert bad(folder) == ""
    append(database(folder), AddEvent(time.time() + 7200, "x", "from tomorrow"))
    assert "clock was put back" in bad(folder)


def test_a_folder_that_was_copied_is_the_same_run_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FFTUI_HOME", str(tmp_path))
    folder = made(tmp_path)
    assert not any("same run" in str(f) for f in examine_run(folder))
    shutil.copytree(folder, tmp_path / "again")
    told = [str(f) for f in examine_run(folder)]
    assert any("again is the same run" in line for line in told)


def test_a_main_file_that_was_copied_without_its_wal_is_an_older_run(tmp_path: Path) -> None:
    folder = made(tmp_path)
    with Reader(folder):  # so that nobody tidies up
        append(database(folder), close(1))
        copied = tmp_path / "copied"
        copied.mkdir(mode=0o700)
        shutil.copy(database(folder), database(copied))
    assert bad(copied) == ""
    with Reader(copied) as reader:
        assert reader.watermarks().outcome == 0


def test_what_an_engine_cannot_store_is_told(tmp_path: Path) -> None:
    folder = made(tmp_path)
    lock = EngineLock(lock_file(folder))
    assert lock.acquire()
    assert bad(folder) == ""
    lock.note("the disk takes no more")
    assert "nothing can be stored: the disk takes no more" in bad(folder)
    lock.note("")
    assert bad(folder) == ""
    lock.note("x" * 9000)
    assert len(bad(folder)) < 400
    lock.release()


async def test_a_forgotten_reader_is_reported_and_the_wal_is_small_again_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 400_000
    monkeypatch.setattr(writer, "_WAL_LIMIT", limit)
    monkeypatch.setattr(writer, "_WAL_LOOK_S", 0.0)
    monkeypatch.setattr(doctor, "WAL_ALARM", 2 * limit)
    folder = made(tmp_path, scenarios=400)
    wal = Path(f"{database(folder)}-wal")
    forgotten = sqlite.connect(database(folder), write=False)
    forgotten.execute("BEGIN")
    forgotten.execute("SELECT count(*) FROM outcome").fetchall()
    async with Writer(database(folder)) as out:
        slowest = 0.0
        for i in range(1, 201):
            began = time.monotonic()
            await out.submit(close(i, text=LONG))
            slowest = max(slowest, time.monotonic() - began)
        assert wal.stat().st_size > 2 * limit
        assert "some program looks at the run in one transaction" in bad(folder)
        assert out.wal_bytes > 2 * limit
        # The engine never waits for it.
        assert slowest < 2.0
        forgotten.execute("COMMIT")
        forgotten.close()
        for i in range(201, 401):
            await out.submit(close(i, text=LONG))
        await asyncio.sleep(0)
        assert wal.stat().st_size <= limit + 20 * len(LONG)
    assert bad(folder) == ""


async def test_readers_between_two_looks_hold_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five screens that look at each commit keep the -wal as small as none."""
    limit = 400_000
    monkeypatch.setattr(writer, "_WAL_LIMIT", limit)
    monkeypatch.setattr(writer, "_WAL_LOOK_S", 0.0)
    from fftui.results.feed import Feed

    folder = made(tmp_path, scenarios=200)
    wal, most = Path(f"{database(folder)}-wal"), 0
    feeds = [Feed.open(folder) for _ in range(5)]
    async with Writer(database(folder)) as out:
        for i in range(1, 201):
            await out.submit(close(i, text=LONG))
            feeds[i % 5].poll()
            most = max(most, wal.stat().st_size)
    for feed in feeds:
        feed.close()
    assert most <= limit + 20 * len(LONG)
