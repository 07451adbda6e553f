"""Checks a run file against itself: every rollup equals GROUP BY over the rows."""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fftui.settings import runs_dir, state_dir
from fftui.store import audit
from fftui.store.folder import database, lock_file
from fftui.store.lock import is_held
from fftui.store.reader import Reader
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
    base = database(folder)
    for path in (base, *(base.with_name(base.name + end) for end in ("-wal", "-shm"))):
        if path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
            open_ = bool(mode & 0o077)
            why = f"mode {mode:04o} lets others in; chmod 600 {os.fspath(path)}" if open_ else ""
            yield Finding(not open_, f"{path.name} is private", why)
