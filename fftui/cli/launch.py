"""`fftui run` and `fftui demo`: start a run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fftui.cli.errors import UsageError
from fftui.engine.headless import headless
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
    if not SAFE:
        print(
            f"fftui: warning: SQLite {'.'.join(map(str, VERSION))} can damage a file that several "
            "programs write at once; on Linux `pip install pysqlite3` brings a sound one",
            file=sys.stderr,
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
            print(f"fftui: {warning}", file=sys.stderr)
        return 0
    from fftui.cli.watch import screen

    return screen(folder, options)


def _refuse(checked: Preflight, name: str | None) -> None:
    if checked.problems:
        raise UsageError("\nfftui: ".join(checked.problems))
    chosen = name or (checked.plan.name if checked.plan else "")
    if "/" in chosen or chosen.startswith(".") or not chosen:
        raise UsageError(f"--name {chosen!r}: a name is letters, digits, dot, dash, underscore")
    if (runs_dir() / chosen).exists():
        raise UsageError(
            f"a run named {chosen!r} exists under {runs_dir()}/; choose another with --name,"
            f" or go on with it: fftui resume {chosen}"
        )
