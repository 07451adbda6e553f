"""The screens: home and the monitor of a run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fftui.cli.errors import UsageError
from fftui.settings import runs_dir
from fftui.store.folder import find_run, run_folders
from fftui.store.sqlite import StoreError


def home(options: argparse.Namespace) -> int:
    """The home screen."""
    return screen(None, options)


def attach(options: argparse.Namespace) -> int:
    """The monitor of one run."""
    if options.name:
        try:
            folder = find_run(options.name, runs_dir())
        except StoreError as error:
            raise UsageError(str(error)) from None
        return screen(folder, options)
    found = run_folders(runs_dir())
    if not found:
        raise UsageError(f"no runs under {runs_dir()}/; `fftui demo` makes one")
    return screen(found[0], options)


def screen(folder: Path | None, options: argparse.Namespace) -> int:
    """Open the program on a run, or at home."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("this is no terminal; `fftui status` prints text")
    from fftui.tui.start import Options, run_app

    return run_app(folder, Options(options.ascii, options.theme, options.mouse))
