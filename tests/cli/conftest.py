"""Each test has its own folder, runs and state."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fftui.store.folder import lock_file, run_folders
from fftui.store.lock import is_held
from tests.cli.support import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A folder with a sound plan; engines left alive there are asked to end."""
    env = {
        "HOME": str(tmp_path / "home"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "FFTUI_HOME": str(tmp_path / "desk" / "runs"),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = Desk(folder)
    made.write()
    yield made
    with contextlib.suppress(OSError):
        for run in run_folders(made.runs):
            if is_held(lock_file(run)):
                made.fftui("stop", run.name)
                made.fftui("wait", run.name, "--for", "stopped,done,failed,dead", timeout=60)


@pytest.fixture(autouse=True, scope="session")
def _an_interrupt_interrupts() -> None:
    """A shell's background jobs ignore SIGINT, and so would every command that a test starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
