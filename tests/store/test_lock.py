"""One engine per run, held by the system and not by a file that somebody may forget."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from fftui.store.lock import EngineLock, is_held

_HOLDER = """
import sys, time
from pathlib import Path
from fftui.store.lock import EngineLock
lock = EngineLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
time.sleep(60)
"""


def test_the_lock_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "engine.lock"
    assert not is_held(path)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, os.fspath(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert is_held(path)
        second = EngineLock(path)
        assert not second.acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=10)
    assert not is_held(path)
    assert second.acquire()
    second.release()


def test_those_who_only_look_never_keep_an_engine_out(tmp_path: Path) -> None:
    path = tmp_path / "engine.lock"
    path.touch(0o600)
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            is_held(path)

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(50):
            lock = EngineLock(path)
            assert lock.acquire()
            lock.release()
    finally:
        ended.set()
        for looker in lookers:
            looker.join()
