"""The screens: home and the monitor of a run."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap

from fftui.cli.errors import UsageError
from fftui.cli.show import run_folder
from fftui.settings import person, runs_dir
from fftui.store.folder import run_folders
from fftui.text import line

_LONGEST_NAME = 40


def home(options: argparse.Namespace) -> int:
    """The home screen."""
    return screen(None, options)


def attach(options: argparse.Namespace) -> int:
    """The monitor of one run."""
    if options.name:
        return screen(run_folder(options.name), options)
    found = run_folders(runs_dir())
    if not found:
        raise UsageError(f"no runs under {runs_dir()}/; `fftui demo` makes one")
    return screen(found[0], options)


def review(options: argparse.Namespace) -> int:
    """The review screen of one run."""
    # What a reader's sitting is told from is nothing that `attach` has to load.
    from fftui.results import session
    from fftui.store.reader import Reader
    from fftui.store.review_figures import done_since, mix, newest_event

    found = run_folders(runs_dir())
    try:
        folder = run_folder(options.name) if options.name else found[0]
    except IndexError:
        raise UsageError(f"no runs under {runs_dir()}/; `fftui demo` makes one") from None
    if options.gold:
        return _take_gold(folder, Path(options.gold))
    if folder.is_file():
        raise UsageError(f"{folder}: is a copy to look at; review the run itself")
    name = (options.reviewer or person()).strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"--as: a name of 1 to {_LONGEST_NAME} printable letters is needed")
    with Reader(folder) as reader:
        before = newest_event(reader)
    code = screen(folder, options, name)
    with Reader(folder) as reader:
        done = done_since(reader, name, before)
        for text in session.lines(done, folder.name, name, mix(reader, name)):
            print("\n".join(_wrapped(text)), file=sys.stderr)
    return code


def _wrapped(text: str) -> list[str]:
    width = get_terminal_size().columns
    return wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _take_gold(folder: Path, file: Path) -> int:
    # What only a leader of readers does is loaded when it is done.
    from fftui.corpus.gold import read
    from fftui.corpus.lines import CorpusError
    from fftui.store.controls import AddGold
    from fftui.store.folder import database
    from fftui.store.writer import append

    try:
        found = read(file)
    except CorpusError as error:
        raise UsageError(str(error)) from None
    new, changed = append(database(folder), AddGold(found, person(), time.time()))
    more = f", {changed} with another label than before" if changed else ""
    items = "1 gold item" if len(found) == 1 else f"{len(found)} gold items"
    print(line(f"{file}: {items}, {new} of them new{more}", 400))
    return 0


def screen(folder: Path | None, options: argparse.Namespace, reviewer: str = "") -> int:
    """Open the program on a run, or at home; to read it where there is a `reviewer`."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("this is no terminal; `fftui status` prints text")
    from fftui.tui.start import Options, run_app

    return run_app(folder, Options(options.ascii, options.theme, options.mouse, reviewer))
