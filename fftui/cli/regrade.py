"""`fftui regrade`: stored answers are graded again, and another grader becomes the basis."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from fftui.cli.change import tell
from fftui.cli.control import answered, who
from fftui.cli.errors import UsageError, say
from fftui.cli.show import run_folder
from fftui.domain.plan import PlanError, load_graders
from fftui.engine.process import spawn
from fftui.engine.regrade import CannotError, known, of_file
from fftui.store.folder import NewGrader, database, lock_file
from fftui.store.lock import is_held
from fftui.store.reader import GraderRow, Reader
from fftui.store.regrade import Promote, Regrade
from fftui.store.sqlite import StoreError
from fftui.store.writer import append
from fftui.text import line

_WIDTH = 200


def regrade(options: argparse.Namespace) -> int:
    """List the graders of a run, have one hear what is stored, or read the rates from another."""
    folder = run_folder(options.name)
    if options.promote is not None:
        if options.grader is not None or options.file is not None:
            raise UsageError(
                "--promote: goes without --grader and --from; grade first, then promote"
            )
        return _promote(folder, options.promote)
    if options.grader is None and options.file is None:
        return _list(folder)
    return _regrade(folder, options.grader, options.file)


def _list(folder: Path) -> int:
    with Reader(folder) as reader:
        heard, answers = reader.heard_on(), reader.answers()
        for grader in reader.graders():
            print(line(_words(grader, heard.get(grader.id, 0), answers), _WIDTH))
    say(f"`fftui regrade {folder.name} --grader G` has one grade what is stored; see --help")
    return 0


def _words(grader: GraderRow, heard: int, answers: int) -> str:
    role = "the basis of the rates" if grader.basis else "planned" if grader.planned else "a layer"
    return f"{grader.name}: {grader.kind} {grader.version}, {role}, {heard} of {answers} answers"


def _regrade(folder: Path, name: str | None, file: str | None) -> int:
    try:
        with Reader(folder) as reader:
            grader: NewGrader | int
            if file is not None:
                path = Path(file)
                grader = of_file(reader, path, load_graders(path), name, os.environ)
            else:
                grader = known(reader, name or "")
            label = (
                grader.name
                if isinstance(grader, NewGrader)
                else next(g.name for g in reader.graders() if g.id == grader)
            )
    except (CannotError, PlanError) as error:
        raise UsageError(str(error)) from None
    done = append(database(folder), Regrade(grader, who(), time.time()))
    if done.command is None:
        say(f"{folder.name}: {label!r} has graded every stored answer already; nothing was written")
        return 0
    print(line(f"{done.answers} stored answers to be graded by {label!r}", _WIDTH))
    if is_held(lock_file(folder)):
        say(answered(folder, done.command) or f"{folder.name}: the engine has not answered yet")
    else:
        # Whoever asks for it wants it now, and wants no target asked.
        spawn(folder, grade_only=True)
        say(f"{folder.name}: an engine grades them; `fftui status {folder.name}` shows it")
    say(f"the rates stay as they are until `fftui regrade {folder.name} --promote {label!r}`")
    return 0


def _promote(folder: Path, name: str) -> int:
    with Reader(folder) as reader:
        graders = {g.name: g.id for g in reader.graders()}
        imported = reader.header().imported
    if name not in graders:
        raise UsageError(
            f"--promote {name!r}: the run has no such grader; allowed: {', '.join(graders)}"
        )
    try:
        done = append(database(folder), Promote(graders[name], who(), time.time()))
    except StoreError as error:
        raise UsageError(str(error).replace("RUN", folder.name, 1)) from None
    print(line(f"rates as graded by {name!r} from now on", _WIDTH))
    if done.answers:
        print(f"{done.answers} answers that came since are still to be graded by it")
    if not imported:
        tell(folder, done.command)
    return 0
