"""No room: the engine sends nothing it could not keep, says so, loses nothing, and goes on."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fftui.domain.states import RunState
from fftui.results.doctor import examine_run
from tests.engine.support import (
    HEURISTIC,
    corpus,
    engine,
    finish,
    look,
    make,
    one,
    profile_text,
    simulator,
    sound,
    target,
    until,
    words,
)
from tests.engine.test_trouble import cpu_seconds
from tests.tui.terminal import Terminal

PLANNED = 400
WORKERS = 8
NO_ROOM = 32 * 1024
"""Bytes that a file may have: less than the run's and the ledger's files have already."""

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="limits of another process are Linux's"
)


def room(pid: int, size: int) -> None:
    """Let the files of a process grow to so many bytes."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def test_no_room_for_a_while(tmp_path: Path) -> None:
    corpus(tmp_path, PLANNED)
    account = f'[[accounts]]\nname = "a"\nconcurrency = {WORKERS}\nrequests_per_minute = 100000\n'
    with simulator(tmp_path, profile_text(latency=0.06)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, account)
        with engine(folder) as running:
            pid = running.process.pid
            until(lambda: one(folder, "SELECT count(*) FROM outcome") > 30, "some are done")
            room(pid, NO_ROOM)
            until(lambda: look(folder).engine.trouble, "it says so")
            run = look(folder)
            assert run.state is RunState.WAITING
            assert "the disk takes no more" in run.reason
            attach = f"from fftui.cli import main; main(['attach', {str(folder)!r}])"
            terminal = Terminal.open(attach, 80, 24)
            terminal.wait(lambda text: "NOTHING IS STORED" in text)
            sent, spent = sim.total("m1")["calls"], cpu_seconds(pid)
            # Its signs of life go on, so no screen takes it for lost.
            first = look(folder).engine.heartbeat_at or 0.0
            until(lambda: (look(folder).engine.heartbeat_at or 0.0) > first + 2, "it beats on")
            assert "ENGINE LOST" not in terminal.text
            assert sim.total("m1")["calls"] <= sent + WORKERS
            assert cpu_seconds(pid) - spent < 1.0
            done = one(folder, "SELECT count(*) FROM outcome")
            assert done < PLANNED
            room(pid, resource.prlimit(pid, resource.RLIMIT_FSIZE)[1])
            assert running.wait() == 0, words(folder)
            terminal.close()
        run = look(folder)
        assert (run.state, run.done) == (RunState.DONE, PLANNED)
        assert run.engine.trouble == ""
        assert sim.total("m1")["calls"] == PLANNED
        sound(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of a few megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", str(disk)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"nothing may be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(file: Path) -> None:
    """Take all the room that is left."""
    fd = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for size in (65536, 4096, 1):
            while True:
                try:
                    os.write(fd, bytes(size))
                except OSError as error:
                    assert error.errno == errno.ENOSPC  # noqa: PT017 - it is the wanted end
                    break
    finally:
        os.close(fd)


@pytest.mark.long
def test_a_disk_that_is_full_for_a_while(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run, log and budget ledger on one real disk."""
    monkeypatch.setenv("XDG_STATE_HOME", str(small_disk / "state"))
    corpus(small_disk, PLANNED)
    account = f'[[accounts]]\nname = "a"\nconcurrency = {WORKERS}\nrequests_per_minute = 100000\n'
    with simulator(tmp_path, profile_text(latency=0.06)) as sim:
        folder = make(small_disk, target(sim.url), HEURISTIC, account)
        with engine(folder) as running:
            until(lambda: one(folder, "SELECT count(*) FROM outcome") > 30, "some are done")
            fill(small_disk / "ballast")
            until(lambda: look(folder).engine.trouble, "it says so")
            run, sent = look(folder), sim.total("m1")["calls"]
            assert run.state is RunState.WAITING
            assert "the disk takes no more" in run.reason
            first = run.engine.heartbeat_at or 0.0
            until(lambda: (look(folder).engine.heartbeat_at or 0.0) > first + 1, "it beats on")
            assert sim.total("m1")["calls"] <= sent + WORKERS
            assert look(folder).done < PLANNED
            (small_disk / "ballast").unlink()
            assert running.wait() == 0, words(folder)
        run = look(folder)
        assert (run.state, run.done, run.engine.trouble) == (RunState.DONE, PLANNED, "")
        assert sim.total("m1")["calls"] == PLANNED
        # A disk of this size never has the room that doctor wants; else it finds nothing.
        wrong = [str(f) for f in examine_run(folder) if not f.ok]
        assert ["room on the disk" in line for line in wrong] == [True]


def test_killed_while_there_is_no_room(tmp_path: Path) -> None:
    corpus(tmp_path, 120)
    account = f'[[accounts]]\nname = "a"\nconcurrency = {WORKERS}\n'
    with simulator(tmp_path, profile_text(latency=0.06)) as sim:
        folder = make(tmp_path, target(sim.url), HEURISTIC, account)
        with engine(folder) as running:
            until(lambda: one(folder, "SELECT count(*) FROM outcome") > 10, "some are done")
            room(running.process.pid, NO_ROOM)
            until(lambda: look(folder).engine.trouble, "it says so")
            seen = one(folder, "SELECT count(*) FROM outcome")
            running.kill()
        run = look(folder)
        assert (run.state, run.engine.trouble) == (RunState.DEAD, "")
        assert run.done == seen
        sound(folder)
        assert finish(folder).done == 120
        assert sim.total("m1")["calls"] <= 120 + WORKERS
