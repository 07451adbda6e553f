"""The engine as a process of its own: started, watched for a sudden death, waited for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from fftui.credentials import guard, redact_streams
from fftui.domain.plan import PlanError, RunPlan
from fftui.domain.states import RunState
from fftui.engine.engine import Engine
from fftui.engine.notify import notify
from fftui.engine.servers import ServerError
from fftui.store.folder import lock_file, log_file
from fftui.store.lock import is_held
from fftui.store.reader import Reader
from fftui.store.sqlite import StoreError

T = TypeVar("T")
_OBJECTS = 10_000
"""Made since the last look for cycles among the young."""
_START_S = 20.0
_GRADE = "--grade"
"""Of an engine that grades stored answers and asks no target."""


def spawn(folder: Path, *, grade_only: bool = False) -> None:
    """Start a detached engine for the run and wait until it works.

    With `grade_only` it grades stored answers, asks no target, and ends.

    The new process leads its own session: closing this terminal does not touch it. Raises
    StoreError with the engine's last words when it does not come up.
    """
    if folder.is_file():
        raise StoreError(f"{folder}: is a copy to look at; resume the run itself")
    if is_held(lock_file(folder)):
        raise StoreError(f"{folder}: an engine is working on this run already")
    fd = os.open(log_file(folder), os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    begin, started = os.fstat(fd).st_size, time.time()
    with os.fdopen(fd, "ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "fftui.engine", os.fspath(folder), *([_GRADE] * grade_only)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Reaped whenever it ends: a screen that started it may live longer.
    threading.Thread(target=child.wait, daemon=True).start()
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if child.poll() is not None and child.returncode != 0:
            raise StoreError(f"{folder}: the engine did not start: {_last_words(folder, begin)}")
        if _works(folder, started):
            return _refuse_failed(folder)
        if child.poll() is not None:
            return _refuse_failed(folder)  # so short a run that it is over
        time.sleep(0.02)
    raise StoreError(f"{folder}: the engine is slow to start; see {log_file(folder)}")


def _refuse_failed(folder: Path) -> None:
    with Reader(folder) as reader:
        row = reader.engine()
    if row.state is RunState.FAILED:
        raise StoreError(f"{folder.name}: the run failed: {row.reason}")


def _works(folder: Path, since: float) -> bool:
    with Reader(folder) as reader:
        row = reader.engine()
    return (row.started_at or 0.0) >= since and row.state is not RunState.STARTING


def _last_words(folder: Path, begin: int) -> str:
    with log_file(folder).open("rb") as log:
        log.seek(begin)
        lines = log.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"see {log_file(folder)}"


def drive(
    folder: Path,
    *,
    interrupt: Callable[[Engine], None] | None = None,
    grade_only: bool = False,
) -> int:
    """Run the engine in this process to its end; returns the exit code.

    SIGTERM drains, a second one ends at once; SIGHUP is ignored. `interrupt` is told of Ctrl-C.
    Raises StoreError or ServerError in one line.
    """
    guard(traceable=False)
    # Whatever ends there, a traceback of a library too, ends there without keys.
    redact_streams()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return run_loop(_drive(folder, interrupt, grade_only))


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run an engine's work to its end."""
    import gc

    import uvloop

    # Of what a call makes next to nothing is a cycle. To look for some every 700 objects takes a
    # twentieth of the engine's time; so many more hold a few megabytes at most.
    gc.set_threshold(_OBJECTS)
    return uvloop.run(work)


async def _drive(folder: Path, interrupt: Callable[[Engine], None] | None, grade_only: bool) -> int:
    def log(text: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(f"{stamp} {text}", file=sys.stderr, flush=True)

    engine = Engine(folder, os.environ, log, grade_only)
    loop = asyncio.get_running_loop()
    asked = 0

    def end(why: str) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            os._exit(130)  # safe by design: what is committed is committed
        engine.stop(why)

    loop.add_signal_handler(signal.SIGTERM, end, "ended by SIGTERM")
    if interrupt is None:
        loop.add_signal_handler(signal.SIGINT, end, "ended by SIGINT")
    else:
        told = interrupt

        def on_interrupt() -> None:
            told(engine)
            end("interrupted")

        loop.add_signal_handler(signal.SIGINT, on_interrupt)
    log(f"engine {os.getpid()} works on {folder}")
    state = await engine.run()
    log(f"run {state.value}")
    return 0


def watched(folder: Path) -> int:
    """Run the engine in a child and tell the user's command if that child dies suddenly.

    Only a parent can notice `kill -9`. Plans that want no word of a death run without one.
    """
    with Reader(folder) as reader:
        plan = RunPlan.from_json(reader.plan_json()).notify
    grade_only = _GRADE in sys.argv
    if plan is None or "death" not in plan.on:
        return drive(folder, grade_only=grade_only)
    how = ["--bare", *([_GRADE] * grade_only)]
    child = subprocess.Popen([sys.executable, "-m", "fftui.engine", os.fspath(folder), *how])  # noqa: S603
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _: child.send_signal(n))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    code = child.wait()
    if code < 0:
        words = f"the engine was ended by signal {-code}"
        print(asyncio.run(notify(plan, "death", folder, words)), file=sys.stderr)
    return code if code >= 0 else 1


def main() -> int:
    """`python -m fftui.engine FOLDER`: the detached engine. One line on failure."""
    folder = Path(sys.argv[1])
    try:
        bare = "--bare" in sys.argv
        return drive(folder, grade_only=_GRADE in sys.argv) if bare else watched(folder)
    except (StoreError, ServerError, PlanError) as error:
        print(error, file=sys.stderr)
        return 1


def logout_warning() -> str:
    """How to keep the engine alive where the system ends a user's processes at logout.

    Empty where it does not, as far as can be told.
    """
    with contextlib.suppress(OSError):
        for place in ("/etc/systemd/logind.conf", "/usr/lib/systemd/logind.conf"):
            text = Path(place).read_text(encoding="utf-8") if Path(place).exists() else ""
            for line in text.splitlines():
                key, _, value = line.strip().partition("=")
                kills = key == "KillUserProcesses" and value.strip().lower() in ("yes", "true", "1")
                if kills and not Path(f"/var/lib/systemd/linger/{os.getlogin()}").exists():
                    return (
                        "this system ends your processes when you log out; "
                        "`loginctl enable-linger` lets the engine go on"
                    )
    return ""
