"""Checks a run file against itself: every rollup equals GROUP BY over the rows."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from fftui.settings import runs_dir, state_dir
from fftui.store import audit
from fftui.store.folder import database, lock_file, run_folders
from fftui.store.lock import is_held, noted
from fftui.store.reader import Reader
from fftui.store.share import shared_with, too_open
from fftui.store.sqlite import SAFE, VERSION, Error, StoreError, explain, refuse_network
from fftui.store.writer import WAL_ALARM

MEND = "`fftui doctor RUN --repair` writes a repaired copy beside it"
_FREE = 200 * 1024 * 1024
_CLOCK_S = 60.0


class Finding(Struct, frozen=True):
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
        return [Finding(False, "the run file opens", str(error)), *_modes(folder)]
    with reader:
        findings = [Finding(True, "the run file opens")]
        try:
            with reader.snapshot():
                for name, differences in audit.checks(reader):
                    why = f"{len(differences)}, first: {differences[:1]}; {MEND}"
                    findings.append(Finding(not differences, name, why if differences else ""))
            findings += [_engine(folder, reader), *_clock(reader), *_elsewhere(folder, reader)]
        except (Error, ValueError, KeyError) as error:
            # Damage may show as an error at any place, or as values that cannot be.
            why = explain(error) if isinstance(error, Error) else f"unreadable rows ({error})"
            findings.append(Finding(False, "every row can be read", f"{why}; {MEND}"))
    return [*findings, *_room(folder), *_modes(folder)]


def _engine(folder: Path, reader: Reader) -> Finding:
    alive = is_held(lock_file(folder))
    engine = reader.engine()
    what = f"engine {'alive' if alive else 'not running'}, run {engine.state.value}"
    said = noted(lock_file(folder)) if alive else None
    if said is not None:
        return Finding(False, what, f"nothing can be stored: {said.text}; mend that, it goes on")
    dead = not alive and not engine.state.over
    return Finding(True, what, "it ended without a word; `fftui resume` goes on" if dead else "")


def _clock(reader: Reader) -> Iterator[Finding]:
    newest = reader.newest_time()
    ahead = newest - time.time()
    if ahead > _CLOCK_S:
        when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(newest))
        yield Finding(False, "times lie in the past", f"rows are dated {when}, {ahead:.0f} s from"
                      " now: this machine's clock was put back, or was wrong then; set it right"
                      " before you resume")  # fmt: skip


def _elsewhere(folder: Path, reader: Reader) -> Iterator[Finding]:
    """A run that was copied as a folder is two runs with one history."""
    uuid = reader.header().uuid
    for other in run_folders(runs_dir()):
        if other.resolve() == folder.resolve() or folder.is_file():
            continue
        try:
            with Reader(other) as theirs:
                same = theirs.header().uuid == uuid
        except StoreError:
            continue
        if same:
            yield Finding(True, "the run stands alone", f"{other.name} is the same run, copied or"
                          " repaired; go on with one of them only")  # fmt: skip


def _room(folder: Path) -> Iterator[Finding]:
    base = database(folder)
    wal = base.with_name(base.name + "-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size > WAL_ALARM:
        yield Finding(False, "the write-ahead file is bounded", f"{wal.name} has {size >> 20} MB:"
                      f" some program looks at the run in one transaction without end; find it"
                      f" with `fuser {base}` and end it")  # fmt: skip
    try:
        free = shutil.disk_usage(base.parent).free
    except OSError:
        return
    if free < _FREE:
        yield Finding(False, "there is room on the disk", f"{free >> 20} MB are free; make room"
                      " before you resume")  # fmt: skip


def repaired(folder: Path) -> list[Finding]:
    """Write a repaired copy beside a run, and tell what it holds.

    Raises StoreError in one line where none can be made.
    """
    from fftui.store.repair import repair

    done = repair(folder)
    findings = [
        Finding(True, f"a repaired copy stands in {done.folder}; the original is as it was")
    ]
    kept = ", ".join(f"{n} of {table}" for table, n in done.recovered.items())
    findings.append(Finding(True, f"rows recovered: {kept}"))
    for table, n in done.lost.items():
        findings.append(Finding(True, f"rows lost: {n} of {table}"))
    for table, n in done.damage.items():
        findings.append(Finding(True, f"could not be read: {table}, at {n} places"))
    if done.lost or done.damage:
        again = f"what was lost is open again: `fftui resume {done.folder.name}` asks it"
        findings.append(Finding(True, again))
    return findings + [f for f in examine_run(done.folder) if not f.ok]


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
