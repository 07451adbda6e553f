"""`fftui extend` and `fftui retry`: what a run is to do is appended to."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fftui.cli.control import answered, refuse_imported, target_of, who
from fftui.cli.errors import UsageError, say
from fftui.cli.launch import local_problems
from fftui.cli.show import run_folder
from fftui.domain.outcomes import OutcomeClass
from fftui.engine.extend import propose
from fftui.results.preflight import check
from fftui.store.folder import database, lock_file
from fftui.store.lock import is_held
from fftui.store.reader import Reader
from fftui.store.retry import Retry, words
from fftui.store.writer import append
from fftui.text import line

_WIDTH = 2000
_CLOSED = [k for k in OutcomeClass if k is not OutcomeClass.ANSWERED and not k.puts_back]


def extend(options: argparse.Namespace) -> int:
    """Compare the plan with the run's own, and append what is new."""
    folder = run_folder(options.name)
    refuse_imported(folder)
    checked = check(Path(options.plan))
    problems = (*checked.problems, *local_problems(checked))
    if problems:
        raise UsageError("\n".join(problems))
    with Reader(folder) as reader:
        proposal = propose(reader, checked)
    if proposal.refused:
        raise UsageError("\n".join(proposal.refused))
    for remark in proposal.remarks:
        say(remark)
    if proposal.extension is None:
        say(f"{folder.name}: the run has all of this plan already; nothing was written")
        return 0
    command = append(database(folder), proposal.extension)
    for word in proposal.words:
        print(line(word, _WIDTH))
    tell(folder, command)
    return 0


def retry(options: argparse.Namespace) -> int:
    """Put attempts back whose outcomes were failures or blocks."""
    folder = run_folder(options.name)
    refuse_imported(folder)
    classes = [name.strip() for name in options.outcome.split(",") if name.strip()]
    for name in classes:
        if name not in _CLOSED:
            raise UsageError(f"--outcome {name!r}: {_why_not(name)}allowed: {', '.join(_CLOSED)}")
    if not classes:
        raise UsageError(f"--outcome: names none; allowed: {', '.join(_CLOSED)}")
    target = target_of(folder, options.target) if options.target else None
    returned = append(database(folder), Retry(classes, target, who(), time.time()))
    if returned.command is None:
        say(f"{folder.name}: no attempt ended in {' or '.join(classes)}; nothing was put back")
        return 0
    for word in words(returned.targets):
        print(line(word, _WIDTH))
    tell(folder, returned.command)
    return 0


def _why_not(name: str) -> str:
    if name == OutcomeClass.ANSWERED:
        return "an answer is never asked for anew; "
    if name in [k for k in OutcomeClass if k.puts_back]:
        return "is put back by itself; "
    return ""


def tell(folder: Path, command: int) -> None:
    """Whether the run goes on with it by itself."""
    answer = answered(folder, command) if is_held(lock_file(folder)) else None
    say(answer or f"{folder.name}: `fftui resume {folder.name}` goes on with it")
