"""Checks a run file against itself: every rollup equals GROUP BY over the rows."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fftui.settings import runs_dir, state_dir
from fftui.store import audit
from fftui.store.folder import lock_file
from fftui.store.lock import is_held
from fftui.store.reader import Reader
from fftui.store.share import shared_with, too_open
from fftui.store.sqlite import SAFE, VERSION, StoreError, refuse_network


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    what: str
    why: str = ""
    """What is wrong and how to mend it; empty when all is well."""

    def __str__(self) -> str:
        return f"{'ok ' if self.ok else 'BAD'} {self.what}{': ' + self.why if self.why else ''}"


def examine_run(folder: Path) -> list[Finding]:
    """All checks of one run. Reads only."""
    try:
        reader = Reader(folder)
    except StoreError as error:
        return [Finding(False, "the run file opens", str(error))]
    with reader:
        findings = [Finding(True, "the run file opens")]
        with reader.snapshot():
            for name, differences in audit.checks(reader):
                why = "" if not differences else f"{len(differences)}, first: {differences[0]}"
                findings.append(Finding(not differences, name, why))
        alive = is_held(lock_file(folder))
        engine = reader.engine()
        dead = not alive and not engine.state.over
        findings.append(
            Finding(True, f"engine {'alive' if alive else 'not running'}, run {engine.state.value}",
                    "it ended without a word; `fftui resume` goes on" if dead else "")
        )  # fmt: skip
    findings += _modes(folder)
    return findings


def examine_installation() -> list[Finding]:
    """What fftui needs of this machine."""
    version = ".".join(map(str, VERSION))
    findings = [
        Finding(True, f"Python {platform.python_version()} on {platform.system()}"),
        Finding(
            SAFE,
            f"SQLite {version}",
            "" if SAFE else "can damage a file with several writers; install pysqlite3 (3.51.3 on)",
        ),
    ]
    for name, place in (("runs", runs_dir()), ("state", state_dir())):
        try:
            refuse_network(place)
            findings.append(Finding(True, f"{name} folder {place}"))
        except StoreError as error:
            findings.append(Finding(False, f"{name} folder {place}", str(error)))
    return findings


def _modes(folder: Path) -> Iterator[Finding]:
    found = list(too_open(folder))
    group = shared_with(folder)
    whose = f"open to the group {group} as it was shared" if group else "private"
    if not any(why for _, why in found):
        yield Finding(True, f"the run's files are {whose}")
    for path, why in found:
        if why:
            yield Finding(False, f"{path.name} is {whose}", why)
