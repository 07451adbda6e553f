"""`fftui pause`, `resume` and `stop`."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from pathlib import Path

from fftui.cli.errors import UsageError
from fftui.cli.show import run_folder
from fftui.store.commands import result, send
from fftui.store.folder import lock_file, log_file
from fftui.store.lock import is_held
from fftui.store.reader import Reader

_ANSWER_S = 10.0


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
    if is_held(lock_file(folder)):
        return _ask(options, "resume_target" if options.target else "resume")
    from fftui.engine.process import spawn

    spawn(folder)
    print(f"a new engine works on {folder}; its log: {log_file(folder)}", file=sys.stderr)
    return _ask(options, "resume_target") if options.target else 0


def _ask(options: argparse.Namespace, kind: str) -> int:
    folder = run_folder(options.name)
    target = _target(folder, options.target) if options.target else None
    if not is_held(lock_file(folder)):
        print(f"fftui: {folder.name}: no engine is alive; fftui resume starts one", file=sys.stderr)
        return 1
    number = send(folder, kind, target, getpass.getuser())
    end = time.monotonic() + _ANSWER_S
    while time.monotonic() < end:
        answer = result(folder, number)
        if answer is not None:
            print(answer)
            return 0
        time.sleep(0.05)
    print(f"fftui: the engine has not answered yet; see {log_file(folder)}", file=sys.stderr)
    return 1


def _target(folder: Path, name: str) -> int:
    with Reader(folder) as reader:
        targets = {t.name: i for i, t in reader.targets().items()}
    if name not in targets:
        raise UsageError(f"--target {name!r}: no such target; allowed: {', '.join(targets)}")
    return targets[name]
