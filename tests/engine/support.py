"""Plans, a simulator to point them at, and engines as the processes that they are."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from fftui.engine.prepare import make_run
from fftui.results.doctor import examine_run
from fftui.results.feed import Feed
from fftui.results.preflight import check
from fftui.results.view import RunSummary
from fftui.store import sqlite
from fftui.store.folder import database, lock_file, log_file
from fftui.store.lock import is_held

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]

RATES = """
COMPLIANCE = 0.3
PARTIAL = 0.1
REFUSAL = 0.5
HALLUCINATION_REFUSAL = 0.05
NON_ANSWER = 0.05
"""


def until(condition: Callable[[], T], what: str, seconds: float = 20.0, every: float = 0.02) -> T:
    """Wait until something is so, and return what the condition gave."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(every)
    return found


def profile_text(
    *,
    latency: float = 0.0,
    platform: str = "",
    model: str = "",
    judge: str = "",
    rates: str = RATES,
) -> str:
    """One platform `direct`, models `m1` and `m2`, judge `j`; latency in seconds."""
    models = "".join(
        f'[[models]]\nname = "{name}"\nlatency_s = {latency}\n{model}\n'
        f"[models.families.default]\n{rates}\n"
        for name in ("m1", "m2")
    )
    return (
        f'seed = 5\n[[platforms]]\nname = "direct"\n{platform}\n{models}'
        f'[[judges]]\nname = "j"\n{judge}\n'
    )


@dataclass(frozen=True, slots=True)
class Simulator:
    """A simulator in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def ledger(self) -> dict[str, Any]:
        """What it was asked and what it sent."""
        found: dict[str, Any] = httpx.get(f"{self.url}/ledger", trust_env=False, timeout=20).json()
        return found

    def attempts(self) -> list[dict[str, Any]]:
        """Every distinct attempt that got a good answer."""
        reply = httpx.get(f"{self.url}/ledger/attempts", trust_env=False, timeout=20)
        found: list[dict[str, Any]] = reply.json()["attempts"]
        return found

    def total(self, model: str, platform: str = "direct") -> dict[str, Any]:
        """Calls to one model, by what became of them."""
        for row in self.ledger()["totals"]:
            if (row["platform"], row["model"]) == (platform, model):
                return dict(row)
        return {"calls": 0, "answered": 0, "rate_limited": 0, "abandoned": 0}


@contextlib.contextmanager
def simulator(folder: Path, profile: str, port: int = 0) -> Iterator[Simulator]:
    """A simulator with a profile of the test's own, until the block ends."""
    path = folder / "profile.toml"
    path.write_text(profile)
    with subprocess.Popen(
        [sys.executable, "-m", "fftui.simulate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps({"profile": str(path), "seed": None, "port": port}) + "\n")
        child.stdin.flush()
        try:
            yield Simulator(json.loads(child.stdout.readline())["url"], child)
        finally:
            child.kill()


def corpus(folder: Path, count: int, benign_every: int = 0) -> None:
    """`corpus.jsonl` with placeholders in two families."""
    rows = []
    for i in range(count):
        benign = bool(benign_every) and i % benign_every == 0
        family = ("persona", "direct")[i % 2]
        rows.append({"id": f"P-{i:05}", "turns": [f"[placeholder {i:05} | family: {family}]"],
                     "family": family, "benign": benign})  # fmt: skip
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def target(url: str, model: str = "m1", platform: str = "direct", account: str = "a") -> str:
    """A target of a plan, asked at a simulator that the test started."""
    return (
        f'[[targets]]\nname = "{model} @ {platform}"\nplatform = "openai-compatible"\n'
        f'base_url = "{url}/{platform}/v1"\nmodel = "{model}"\naccount = "{account}"\n'
    )


def judge(url: str, model: str = "j", account: str = "judge") -> str:
    """A judge of a plan, likewise."""
    return (
        f'[[graders]]\nkind = "judge"\nname = "judge"\nplatform = "openai-compatible"\n'
        f'base_url = "{url}/direct/v1"\nmodel = "{model}"\naccount = "{account}"\n'
    )


HEURISTIC = '[[graders]]\nkind = "heuristic"\n'


def make(folder: Path, *parts: str, name: str = "run", seed: int = 3) -> Path:
    """The folder of a run whose plan consists of the parts; top-level fields come first."""
    plan = folder / f"{name}.toml"
    head = f'version = 1\nname = "{name}"\nseed = {seed}\n'
    plan.write_text("\n".join([head, *parts, '[[corpus]]\nfile = "corpus.jsonl"\n']))
    checked = check(plan)
    assert checked.ok, checked.problems
    return make_run(checked, folder / "runs", None)


@dataclass
class Engine:
    """An engine process of one run."""

    folder: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """SIGKILL, and wait until the lock is free."""
        self.process.kill()
        self.process.wait(timeout=10)

    def wait(self, seconds: float = 60.0) -> int:
        """Its exit code; when it does not end, what it was at is told."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            run = look(self.folder)
            told = [*log_lines(self.folder)[-8:], words(self.folder)]
            late = f"no end after {seconds:.0f} s: {run}"
            raise AssertionError("\n".join([late, *told])) from None


@contextlib.contextmanager
def engine(folder: Path, *, works: bool = True) -> Iterator[Engine]:
    """`python -m fftui.engine FOLDER`; killed at the end of the block if it still lives."""
    log_file(folder).touch(0o600)
    with log_file(folder).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fftui.engine", os.fspath(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        if works:
            until(
                lambda: process.poll() is not None or state(folder) not in ("starting", "dead"),
                f"the engine works; {words(folder)}",
            )
        yield Engine(folder, process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        until(lambda: not is_held(lock_file(folder)), "the lock is free")


def words(folder: Path) -> str:
    """The end of the engine's log."""
    return log_file(folder).read_text(errors="replace")[-600:] if log_file(folder).exists() else ""


def state(folder: Path) -> str:
    """The run's state as a person sees it."""
    return look(folder).state.value


def look(folder: Path) -> RunSummary:
    """The run as committed by now."""
    feed = Feed.open(folder)
    try:
        run = feed.poll("all")
    finally:
        feed.close()
    assert run is not None
    return run


def query(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the run file, asked for behind everybody's back."""
    db = sqlite.connect(database(folder), write=False)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def one(folder: Path, sql: str, *values: object) -> int:
    """The one number that a query gives."""
    return int(query(folder, sql, *values)[0][0])


def log_lines(folder: Path) -> list[str]:
    """The run's own log."""
    return [row[0] for row in query(folder, "SELECT text FROM event ORDER BY id")]


def finish(folder: Path, seconds: float = 60.0) -> RunSummary:
    """Drive the run to its end, check the file against itself, and return what is shown of it."""
    with engine(folder) as running:
        assert running.wait(seconds) == 0, words(folder)
    sound(folder)
    return look(folder)


def sound(folder: Path) -> None:
    """`fftui doctor` finds nothing."""
    assert not [str(f) for f in examine_run(folder) if not f.ok]


def labels(rows: list[Mapping[str, Any]], **where: object) -> Counter[str]:
    """Attempts of a ledger by true label."""
    found: Counter[str] = Counter()
    for row in rows:
        if all(row[name] == value for name, value in where.items()):
            found[row["label"]] += row.get("attempts", 1)
    return +found
