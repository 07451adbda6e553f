"""`fftui pause`, `resume` and `stop`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from fftui.cli.errors import UsageError, say
from fftui.cli.show import run_folder
from fftui.domain.states import RunState
from fftui.settings import person
from fftui.store.commands import result, send
from fftui.store.folder import lock_file, log_file
from fftui.store.lock import is_held
from fftui.store.reader import Reader
from fftui.text import line

_ANSWER_S = 10.0
_NOTHING_S = 2.0


def pause(options: argparse.Namespace) -> int:
    """Send no new calls."""
    return _ask(options, "pause_target" if options.target else "pause")


def stop(options: argparse.Namespace) -> int:
    """Drain and end."""
    if options.target:
        raise UsageError("stop: --target: one target is paused, not stopped: fftui pause --target")
    return _ask(options, "stop")


def resume(options: argparse.Namespace) -> int:
    """Go on; with a new engine, in this environment, where none is alive."""
    folder = run_folder(options.name)
    refuse_imported(folder)
    if is_held(lock_file(folder)):
        return _ask(options, "resume_target" if options.target else "resume")
    from fftui.engine.process import spawn

    was_done = _state(folder) is RunState.DONE
    spawn(folder)
    if was_done and _is_done(folder):
        say(f"{folder.name}: the run is done; nothing was left to do")
        return 0
    print(f"a new engine works on {folder}; its log: {log_file(folder)}", file=sys.stderr)
    return _ask(options, "resume_target") if options.target else 0


def _ask(options: argparse.Namespace, kind: str) -> int:
    folder = run_folder(options.name)
    if folder.is_file():
        raise UsageError(f"{folder}: is a copy to look at; ask the run itself")
    target = target_of(folder, options.target) if options.target else None
    if not is_held(lock_file(folder)):
        state = _state(folder)
        now = f"the run is {state}" if state.over else "its engine ended without a word"
        mend = "" if state is RunState.DONE else f"; `fftui resume {folder.name}` goes on"
        say(f"{folder.name}: {now}{mend}")
        return 1
    answer = answered(folder, send(folder, kind, target, who()))
    if answer is None:
        say(f"the engine has not answered yet; see {log_file(folder)}")
        return 1
    print(line(answer, 400))
    return 0


def answered(folder: Path, command: int) -> str | None:
    """What the engine said to a command; `None` when it has said nothing for a while."""
    end = time.monotonic() + _ANSWER_S
    while time.monotonic() < end:
        answer = result(folder, command)
        if answer is not None:
            return answer
        if not is_held(lock_file(folder)):
            return None
        time.sleep(0.05)
    return None


def _is_done(folder: Path) -> bool:
    """An engine that finds nothing to do says so at once; one that works on holds its lock."""
    end = time.monotonic() + _NOTHING_S
    while is_held(lock_file(folder)) and time.monotonic() < end:
        time.sleep(0.02)
    return _state(folder) is RunState.DONE


def _state(folder: Path) -> RunState:
    with Reader(folder) as reader:
        return reader.engine().state


def refuse_imported(folder: Path) -> None:
    """Raise UsageError for a run that another tool has asked."""
    with Reader(folder) as reader:
        tool = reader.header().imported
    if tool:
        raise UsageError(
            f"{folder.name}: was imported from {tool}: nothing of it is asked again; what is there"
            " can be graded again, read and compared"
        )


def who() -> str:
    """The person who gives the command."""
    try:
        return person()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"


def target_of(folder: Path, name: str) -> int:
    """Id of the target with that name. Raises UsageError when there is none."""
    with Reader(folder) as reader:
        targets = {t.name: i for i, t in reader.targets().items()}
    if name not in targets:
        raise UsageError(f"--target {name!r}: no such target; allowed: {', '.join(targets)}")
    return targets[name]
