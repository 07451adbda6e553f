"""A run's folder: made whole or not at all, private, and refused where it is not ours."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from fftui.store import sqlite
from fftui.store.folder import (
    SCHEMA_VERSION,
    create_run,
    database,
    delete_run,
    find_run,
    lock_file,
    run_folders,
)
from fftui.store.lock import EngineLock
from fftui.store.reader import Reader
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
from tests.store.support import close, made, new_run


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """A fresh folder of a user who is not root: root writes everywhere."""
    root = os.getuid() == 0
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as other:
        made(Path(other))  # imports what is imported late: it may lie where only root can read
        if root:
            os.chown(place, 65534, 65534)
            os.setresuid(65534, 65534, 0)
        try:
            yield Path(place)
        finally:
            if root:
                os.setresuid(0, 0, 0)


def one_line(caught: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_used_name_is_refused_and_nothing_is_left_behind(tmp_path: Path) -> None:
    folder = made(tmp_path)
    before = database(folder).read_bytes()
    with pytest.raises(StoreError) as caught:
        made(tmp_path)
    assert "exists" in one_line(caught)
    assert os.listdir(tmp_path) == ["r"]
    assert database(folder).read_bytes() == before


def test_a_failure_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    twice = next(iter(new_run().scenarios))
    spoilt = replace(new_run(name="spoilt"), scenarios=[twice, twice])
    with pytest.raises(StoreError) as caught:
        create_run(tmp_path, spoilt)
    assert "cannot be made" in one_line(caught)
    assert os.listdir(tmp_path) == []


def test_a_read_only_folder_is_refused() -> None:
    with ordinary_user() as home:
        home.chmod(0o500)
        with pytest.raises(StoreError) as caught:
            made(home)
        assert "Permission denied" in one_line(caught)
        assert os.listdir(home) == []


def test_a_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StoreError) as caught:
        made(tmp_path / "home")
    one_line(caught)
    assert os.listdir(tmp_path) == ["home"]


def test_all_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = made(tmp_path)
        with Reader(folder):
            append(database(folder), close(1))
            lock = EngineLock(lock_file(folder))
            assert lock.acquire()
            lock.release()
            names = {"run.db", "run.db-wal", "run.db-shm", "engine.lock"}
            modes = {n: stat.S_IMODE((folder / n).stat().st_mode) for n in names}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(names, 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(("apart", "words"), [(1, "newer fftui"), (-1, "preview of fftui")])
def test_another_schema_is_refused(tmp_path: Path, apart: int, words: str) -> None:
    folder = made(tmp_path)
    db = sqlite.connect(database(folder), write=True)
    db.execute(f"PRAGMA user_version={SCHEMA_VERSION + apart}")
    db.close()
    with pytest.raises(StoreError) as caught:
        Reader(folder)
    assert words in one_line(caught)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with pytest.raises(StoreError, match="no such file"):
        Reader(folder)
    database(folder).write_bytes(b"certainly not a database, whatever its name may say" * 40)
    with pytest.raises(StoreError) as caught:
        Reader(folder)
    assert "is not a run file" in one_line(caught)
    database(folder).unlink()
    sqlite.create(database(folder)).close()
    with pytest.raises(StoreError, match="is not a run of fftui"):
        Reader(folder)


def test_a_read_only_copy_can_be_read_and_not_written() -> None:
    with ordinary_user() as home:
        folder = made(home)
        append(database(folder), close(1))
        folder.chmod(0o500)
        database(folder).chmod(0o400)
        try:
            with Reader(folder) as reader:
                assert sum(sum(row.n) for row in reader.counts(1).outcomes) == 1
            with pytest.raises(StoreError) as caught:
                append(database(folder), close(2))
            one_line(caught)
        finally:
            folder.chmod(0o700)


def test_runs_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert find_run("r", tmp_path) == folder
    assert find_run(str(folder), tmp_path / "elsewhere") == folder
    assert find_run(str(database(folder)), tmp_path / "elsewhere") == folder
    assert run_folders(tmp_path) == [folder]
    assert run_folders(tmp_path / "none") == []
    with pytest.raises(StoreError, match="no run 'x'"):
        find_run("x", tmp_path)


def test_a_run_whose_engine_lives_is_not_deleted(tmp_path: Path) -> None:
    folder = made(tmp_path)
    lock = EngineLock(lock_file(folder))
    assert lock.acquire()
    with pytest.raises(StoreError, match="alive"):
        delete_run(folder)
    lock.release()
    delete_run(folder)
    assert run_folders(tmp_path) == []
    with pytest.raises(StoreError, match="not a run folder"):
        delete_run(tmp_path)
