"""The engine apart from its calls: at rest, its commits, what its file and its memory hold."""

from __future__ import annotations

import asyncio
import gc
import os
import pydoc_data.topics
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import cast

from benchmarks.big_run import make_big_run
from benchmarks.constant_server import Constant, constant_server
from benchmarks.found import GENEROUS, Found, ratio, spread
from benchmarks.machine import bench_home, cpu_of, memory_of, plan, until
from fftui.domain.labels import Label
from fftui.domain.outcomes import Identity, Outcome, OutcomeClass, Usage
from fftui.domain.verdicts import Verdict
from fftui.engine.prepare import make_run
from fftui.engine.process import run_loop
from fftui.results.preflight import check
from fftui.store import sqlite
from fftui.store.folder import database, log_file, schema
from fftui.store.reader import Reader
from fftui.store.records import AddCall, AddVerdict, AttemptKey, CloseAttempt
from fftui.store.writer import Writer

TEXT = 2500
_GROUP = 50


@contextmanager
def _engine(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log_file(folder).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "fftui.engine", str(folder)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def idle(quick: bool) -> Iterator[Found]:
    """An engine whose account has no budget left for hours."""
    seconds = 6 if quick else 60
    with bench_home() as home, constant_server() as server:
        path = plan(home / "plan", server.url, 400, 8, extra="requests_per_day = 3\n")
        folder = make_run(check(path), home / "runs", None)
        with _engine(folder) as child, Reader(folder) as reader:
            until(lambda: reader.engine().state.value == "waiting", "the engine waits")
            time.sleep(2)
            begin, used = time.perf_counter(), cpu_of(child.pid)
            time.sleep(seconds)
            share = (cpu_of(child.pid) - used) / (time.perf_counter() - begin)
    yield Found(f"engine that waits for a quota, {seconds} s", f"{share:.2%} of a core", "",
                "< 0.5 %", share < 0.005)  # fmt: skip


def texts(count: int, seed: int = 1) -> list[str]:
    """Prose of 2,500 bytes each, no two alike: Python's own manual, cut at drawn places."""
    manual = "".join(pydoc_data.topics.topics.values()).encode("ascii", "ignore").decode()
    draw = random.Random(seed)
    starts = (draw.randrange(len(manual) - TEXT) for _ in range(count))
    return [manual[start : start + TEXT] for start in starts]


def commits(quick: bool) -> Iterator[Found]:
    """Attempts with their text made durable, against the same rows by bare `executemany`."""
    count = 2_000 if quick else 10_000
    attempts = _prepared(texts(count))
    # Nobody's work in what follows: the cyclic collector has not to look through it for either.
    gc.freeze()
    walls: dict[str, list[float]] = {}
    cpus: dict[str, list[float]] = {}
    for _ in range(1 if quick else 7):
        with bench_home() as home:
            folder = _fresh(home, count)
            used = {"ours": _timed(partial(run_loop, _append(folder, attempts)))}
            rows = _rows(folder)
        for name, library, adapted, tables in _BARE:
            with tempfile.TemporaryDirectory() as place, _adapters(library, adapted):
                db = _raw(Path(place), library, tables)
                used[name] = _timed(partial(_insert, db, rows, tables))
        for name, (wall, cpu) in used.items():
            walls.setdefault(name, []).append(count / wall)
            cpus.setdefault(name, []).append(cpu / count * 1e6)
    gc.unfreeze()
    ours, bare = walls["ours"], walls["bare"]
    yield _rate("durable attempts with text, synchronous FULL, compression off", ours, bare,
                "bare executemany of the same rows in groups of 50",
                0.85 / GENEROUS if quick else 0.85)  # fmt: skip
    own, theirs = median(cpus["ours"]), median(cpus["bare"])
    yield Found("the same, CPU an attempt", f"{own:.0f} µs",
                f"bare {theirs:.0f} µs: {own / theirs:.2g} ×", "", None,
                "futures and the event loop included; for context")  # fmt: skip
    for name, *_ in _BARE[1:]:
        found = median(walls[name])
        yield Found("the same", f"{median(ours):,.0f}/s",
                    f"{name} {found:,.0f}/s: {median(ours) / found:.2g} ×", "", None,
                    "for context")  # fmt: skip


def _rate(what: str, ours: list[float], theirs: list[float], against: str, least: float) -> Found:
    found = median(ours) / median(theirs)
    note = f"{spread(ours)} against {spread(theirs)}"
    against = f"{against} {median(theirs):,.0f}/s: {found:.2g} ×"
    return Found(what, f"{median(ours):,.0f}/s", against, f"≥ {least:.2g} ×", found >= least, note)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of CPU."""
    begin, before = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin, time.process_time() - before


def _fresh(home: Path, attempts: int) -> Path:
    return make_run(check(plan(home / "plan", "http://127.0.0.1:9/v1", attempts, 8)),
                    home / "runs", None)  # fmt: skip


def _prepared(answers: list[str], *, compress: bool = False) -> list[tuple[AddCall, CloseAttempt]]:
    """What an engine has at hand when its answers have come; bare rows are made beforehand, too."""
    found, now = [], time.time()
    for scenario, text in enumerate(answers, 1):
        key = AttemptKey(1, scenario, 0)
        outcome = Outcome(OutcomeClass.ANSWERED, "stop", text, usage=Usage(50, 500), status=200,
                          identity=Identity(model="m"))  # fmt: skip
        call = AddCall(key, 0, None, now, 900.0, 300.0, outcome)
        found.append((call, CloseAttempt.of(key, outcome, (text,), at=now, compress=compress)))
    return found


async def _append(folder: Path, attempts: list[tuple[AddCall, CloseAttempt]]) -> None:
    """As the engine does it: hundreds of attempts at once, each committed before it is graded."""
    async with Writer(database(folder)) as writer:
        left = iter(attempts)

        async def place() -> None:
            for call, close in left:
                writer.post(call)
                closed = await writer.submit(close)
                assert closed is not None
                await writer.submit(AddVerdict(closed, 1, Verdict(Label.REFUSAL), close.at))

        await asyncio.gather(*(place() for _ in range(256)))


Rows = dict[str, list[tuple[object, ...]]]
_TABLES = ("call", "outcome", "answer", "verdict")
_OURS = sqlite.Connection.__module__
_BARE = (
    ("bare", _OURS, False, _TABLES),
    ("bare with the adapters of fftui's store", _OURS, True, _TABLES),
    ("bare in Python's own sqlite3", "sqlite3", False, _TABLES),
    ("bare executemany of the text's row alone", _OURS, False, ("answer",)),
)
"""Name, library, whether NULL and blobs are bound as our store has it, tables."""


def _rows(folder: Path) -> Rows:
    db = sqlite.connect(database(folder), write=False)
    found = {t: db.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall() for t in _TABLES}
    db.close()
    return found


@contextmanager
def _adapters(library: str, ours: bool) -> Iterator[None]:
    """The library as whoever imports it finds it, or as our store leaves it."""
    known = import_module(library).adapters
    kept = dict(known)
    if not ours:
        for key in kept:
            if key[0] in (bytes, type(None)):
                del known[key]
    yield
    known.update(kept)


def _raw(place: Path, library: str, tables: tuple[str, ...]) -> sqlite.Connection:
    """A file with the same tables and keys, and no more than they."""
    path = place / "raw.db"
    sqlite.create(path).close()
    db = cast("sqlite.Connection", import_module(library).connect(path, isolation_level=None))
    db.execute("PRAGMA synchronous=FULL")
    # SQLite's own measure, and that of our writer.
    db.execute("PRAGMA wal_autocheckpoint=1000")
    for statement in schema():
        words = statement.split()
        if words[:2] == ["CREATE", "TABLE"] and words[2].partition("(")[0] in tables:
            db.execute(statement)
        if words[:2] == ["CREATE", "INDEX"] and words[4] in tables:
            db.execute(statement)
    return db


def _insert(db: sqlite.Connection, rows: Rows, tables: tuple[str, ...]) -> None:
    """As ours to the end: the file is closed, and nothing is left in its -wal."""
    count = len(rows["answer"])
    marks = {t: ",".join("?" * len(rows[t][0])) for t in tables}
    for start in range(0, count, _GROUP):
        db.execute("BEGIN IMMEDIATE")
        for table in tables:
            db.executemany(
                f"INSERT INTO {table} VALUES ({marks[table]})", rows[table][start : start + _GROUP]
            )
        db.execute("COMMIT")
    db.close()


def disk(quick: bool) -> Iterator[Found]:
    """The whole file over the text in it, with compression on."""
    count = 2_000 if quick else 10_000
    answers = texts(count)
    with bench_home() as home:
        folder = _fresh(home, count)
        empty = database(folder).stat().st_size
        run_loop(_append(folder, _prepared(answers, compress=True)))
        db = sqlite.connect(database(folder), write=True)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.close()
        size = database(folder).stat().st_size - empty
    share = size / (count * TEXT)
    yield Found("disk per verdict with 2.5 KB of text, compressed", f"{size / count:,.0f} B",
                f"the text: {share:.0%}", "≤ 60 % of the text", share <= 0.6,
                "English prose; the other rows and all keys included")  # fmt: skip


def _came(server: Constant, calls: int) -> bool:
    return server.count().calls > calls


def memory(quick: bool) -> Iterator[Found]:
    """What an engine at work holds, by the size of its run."""
    sizes = (10_000, 100_000) if quick else (10_000, 1_000_000)
    held = {}
    with bench_home(), constant_server() as server:
        for size in sizes:
            runs = Path(os.environ["FFTUI_HOME"])
            folder = make_big_run(runs, size, spare=200, url=server.url, name=f"mem{size}")
            before = server.count().calls
            with _engine(folder) as child:
                at_work = before + 1_000
                until(partial(_came, server, at_work), "calls go out", 120)
                held[size] = memory_of(child.pid)
    yield ratio(f"memory of the engine, {sizes[1]:,} verdicts", held[sizes[1]], held[sizes[0]],
                1.2, "MB", f"{sizes[0]:,} verdicts")  # fmt: skip
