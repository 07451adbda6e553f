"""`fftui run` and `fftui demo`: start a run."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
from pathlib import Path

from fftui.cli.errors import UsageError, say
from fftui.domain.endpoints import LOCAL
from fftui.domain.plan import RUN_NAME, RUN_NAME_LONGEST
from fftui.engine.headless import headless
from fftui.engine.local_model import RUNTIME, LocalModelError, weights
from fftui.engine.prepare import make_run
from fftui.engine.process import logout_warning, spawn
from fftui.resources import shipped
from fftui.results.preflight import Preflight, check
from fftui.settings import runs_dir
from fftui.store.folder import log_file
from fftui.store.sqlite import SAFE, VERSION


def demo(options: argparse.Namespace) -> int:
    """The sample run under the first free name."""
    name, number = "demo", 1
    while (runs_dir() / name).exists():
        number += 1
        name = f"demo-{number}"
    return _start(shipped("sample_runs") / "demo.toml", name, options, detach=False)


def run(options: argparse.Namespace) -> int:
    """A plan of the person's own."""
    return _start(Path(options.plan), options.name, options, detach=options.detach)


def _start(path: Path, name: str | None, options: argparse.Namespace, *, detach: bool) -> int:
    checked = check(path)
    _refuse(checked, name)
    _can_be_made()
    if not SAFE:
        say(
            f"warning: SQLite {'.'.join(map(str, VERSION))} can damage a file that several "
            "programs write at once; on Linux `pip install pysqlite3` brings a sound one"
        )
    if not detach and not options.headless and not sys.stdout.isatty():
        raise UsageError("this is no terminal; use --headless or --detach")
    folder = make_run(checked, runs_dir(), name)
    if options.headless:
        return headless(folder)
    spawn(folder)
    if detach:
        print(folder)
        print(
            f"the engine works on its own; its log: {log_file(folder)}\n"
            f"watch it: fftui attach {folder.name}",
            file=sys.stderr,
        )
        if warning := logout_warning():
            say(warning)
        return 0
    from fftui.cli.watch import screen

    return screen(folder, options)


def _refuse(checked: Preflight, name: str | None) -> None:
    problems = (*checked.problems, *local_problems(checked))
    if problems:
        raise UsageError("\n".join(problems))
    chosen = name if name is not None else (checked.plan.name if checked.plan else "")
    if not re.fullmatch(RUN_NAME, chosen) or len(chosen) > RUN_NAME_LONGEST:
        raise UsageError(
            f"--name {chosen!r}: a name is letters, digits, dot, dash and underscore, begins with"
            f" a letter or digit, and has at most {RUN_NAME_LONGEST} characters"
        )
    if (runs_dir() / chosen).exists():
        raise UsageError(
            f"a run named {chosen!r} exists under {runs_dir()}/; choose another with --name,"
            f" or go on with it: fftui resume {chosen}"
        )


def local_problems(checked: Preflight) -> tuple[str, ...]:
    """Why a plan's targets on this machine's own model cannot run, as lines like the others.

    Asked here since the model belongs to the engine, which the plan's checks stand below.
    """
    targets = checked.plan.targets if checked.plan else ()
    number = next((i for i, t in enumerate(targets, 1) if t.platform == LOCAL), None)
    if number is None:
        return ()
    why = ""
    try:
        weights()
    except LocalModelError as error:
        why = str(error)
    if not why and importlib.util.find_spec(RUNTIME) is None:
        why = f"{RUNTIME} is not installed; run `fftui local install`"
    return (f"{checked.path}: targets[{number}].platform: {why}",) if why else ()


def _can_be_made() -> None:
    home = runs_dir().absolute()
    mend = "set FFTUI_HOME to a folder for runs"
    while not home.exists():
        home = home.parent
    if not home.is_dir():
        raise UsageError(f"{home}: is no folder; {mend}")
    if not os.access(home, os.W_OK | os.X_OK):
        raise UsageError(f"{home}: cannot be written; {mend}")
