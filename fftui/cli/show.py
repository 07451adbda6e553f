"""`fftui status` and `wait`: plain words about runs."""

from __future__ import annotations

import argparse
import gc
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from fftui.cli.errors import UsageError, say
from fftui.domain.states import RunState
from fftui.results.feed import Feed
from fftui.results.plain import heading, table
from fftui.results.view import RunSummary
from fftui.settings import runs_dir, summaries_dir
from fftui.store.folder import find_run, run_folders
from fftui.store.reader import Reader
from fftui.store.sqlite import StoreError

_TICK_S = 0.5


def run_folder(name: str) -> Path:
    """The folder of a run. Raises UsageError when there is none."""
    if (place := summary_file(name)) is not None:
        raise UsageError(
            f"{place}: is a summary of counts: there are no answers to grade, to read or to ask"
            f" for again; `fftui compare {name}` shows it"
        )
    if name.endswith(".toml") and Path(name).is_file():
        raise UsageError(f"{name}: is a plan and no run; `fftui run {name}` starts one by it")
    try:
        return find_run(name, runs_dir())
    except StoreError as error:
        raise UsageError(str(error)) from None


def named_runs(names: Iterable[str]) -> list[Path]:
    """The folders of these runs; one that is named twice is no second run.

    Raises UsageError where one is a copy of another: what both hold would count twice.
    """
    folders = [*dict.fromkeys(map(run_folder, names))]
    known: dict[str, Path] = {}
    for folder in folders if len(folders) > 1 else ():
        with Reader(folder) as reader:
            first = known.setdefault(reader.header().uuid, folder)
        if first != folder:
            raise UsageError(
                f"{folder}: is a copy of the run in {first}, so its answers would count twice;"
                " name one of them"
            )
    return folders


def summary_file(name: str) -> Path | None:
    """The summary that goes by this name or lies at this path; `None`: there is none."""
    kept = summaries_dir() / f"{name}.toml"
    if kept.is_file() and not (runs_dir() / name).exists():
        return kept
    place = Path(name)
    if place.suffix != ".toml" or not place.is_file():
        return None
    body = place.read_bytes()
    return place if re.search(rb"""^kind\s*=\s*["']summary["']""", body, re.MULTILINE) else None


def status(options: argparse.Namespace) -> int:
    """One run in full or all runs in a line each."""
    if options.name:
        folders = [run_folder(options.name)]
    else:
        folders = [folder.resolve() for folder in run_folders(runs_dir())]
        if options.watch and len(folders) != 1:
            raise UsageError("--watch takes the name of one run")
        if not folders:
            print(f"no runs under {runs_dir()}/; `fftui demo` makes one", file=sys.stderr)
    if options.watch:
        return _watch(folders[0])
    if options.json:
        from fftui.results.status import line_of
    # What is read is shown, and then the process ends: there is nothing to collect in between.
    gc.disable()
    code = 0
    for folder in folders:
        try:
            run = _once(folder, families=options.json)
        except StoreError as error:
            say(str(error))
            code = 1
            continue
        if options.json:
            sys.stdout.buffer.write(line_of(run))
            sys.stdout.buffer.write(b"\n")
        else:
            print(table(run) if options.name else heading(run))
    return code


def _once(folder: Path, *, families: bool) -> RunSummary:
    feed = Feed.open(folder)
    try:
        run = feed.poll("all" if families else None)
    finally:
        feed.close()
    if run is None:
        raise StoreError(f"{folder}: gave nothing to show")
    return run


def _watch(folder: Path) -> int:
    feed = Feed.open(folder)
    try:
        last = ""
        while True:
            run = feed.poll()
            if run is not None and (now := heading(run)) != last:
                last = now
                print(now, flush=True)
            if run is not None and run.state.over:
                return 0
            time.sleep(_TICK_S)
    finally:
        feed.close()


def wait(options: argparse.Namespace) -> int:
    """0 when a state was reached, 1 at the timeout or when it cannot be reached any more."""
    wanted = set()
    for name in options.states.split(","):
        try:
            wanted.add(RunState(name.strip()))
        except ValueError:
            allowed = ", ".join(s.value for s in RunState)
            raise UsageError(f"--for {name!r}: no such state; allowed: {allowed}") from None
    end = time.monotonic() + options.timeout if options.timeout is not None else None
    feed = Feed.open(run_folder(options.name))
    try:
        state: RunState | None = None
        while True:
            run = feed.poll()
            state = run.state if run is not None else state
            if state in wanted:
                print(state)
                return 0
            if state is not None and state.over:
                print(f"the run is {state} and will not be {options.states}", file=sys.stderr)
                return 1
            if end is not None and time.monotonic() > end:
                print(f"timeout: the run is {state}", file=sys.stderr)
                return 1
            time.sleep(0.1)
    finally:
        feed.close()
