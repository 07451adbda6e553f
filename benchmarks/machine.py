"""Runs programs and tells what they cost: CPU time with that of their children, and wall time.

CPU time is what a busy machine distorts least. What is compared is run in turn, round by round.
"""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FFTUI = (str(Path(sys.executable).with_name("fftui")),)
"""The command as it is installed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one program from start to end."""

    cpu_s: float
    """User and system time, with that of the children it waited for."""
    wall_s: float
    started_at: float
    """Epoch seconds."""
    out: str


@contextmanager
def bench_home() -> Iterator[Path]:
    """A folder of its own for runs, state and settings, in the environment until the block ends.

    fftui has its bytecode there, as pip gives it to every package that it installs.
    """
    before = dict(os.environ)
    compileall.compile_dir(ROOT / "fftui", quiet=2)
    with tempfile.TemporaryDirectory(prefix="fftui-bench-") as name:
        home = Path(name)
        os.environ.update(
            FFTUI_HOME=str(home / "runs"), XDG_STATE_HOME=str(home / "state"),
            XDG_CONFIG_HOME=str(home / "config"), PYTHONPATH=str(ROOT),
        )  # fmt: skip
        try:
            yield home
        finally:
            os.environ.clear()
            os.environ.update(before)


def cost(
    argv: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None,
    timeout_s: float = 900.0, check: bool = True,
) -> Cost:  # fmt: skip
    """Run a program to its end. Raises RuntimeError with its last words where it fails."""
    with tempfile.TemporaryFile() as out:
        started_at, begin = time.time(), time.perf_counter()
        child = subprocess.Popen(
            argv, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        used, code = _reaped(child, begin + timeout_s)
        wall = time.perf_counter() - begin
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    if check and code != 0:
        last = " ".join(said.strip().splitlines()[-2:])[-300:]
        raise RuntimeError(f"{Path(argv[0]).name} ended with {code}: {last}")
    return Cost(used, wall, started_at, said)


def _reaped(child: subprocess.Popen[bytes], until: float) -> tuple[float, int]:
    while True:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return used.ru_utime + used.ru_stime, child.returncode
        if time.perf_counter() > until:
            child.kill()
        time.sleep(0.002)


def rounds(count: int, **ways: Callable[[], Cost]) -> dict[str, list[Cost]]:
    """Each of the ways so many times, in turn."""
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(count):
        for name, way in ways.items():
            found[name].append(way())
    return found


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a living process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> float:
    """Megabytes that a living process holds for itself: its own pages, no shared ones."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) / 1024
    raise RuntimeError("no Pss in smaps_rollup")


def plan(folder: Path, url: str, scenarios: int, concurrency: int, *, extra: str = "") -> Path:
    """A plan for one target at `url`, graded by the heuristic; `extra` belongs to its account."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = (
        {"id": f"P-{i:06}", "turns": [f"[placeholder {i:06}]"], "family": "direct"}
        for i in range(scenarios)
    )
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "plan.toml"
    path.write_text(
        'version = 1\nname = "bench"\nseed = 1\n[[corpus]]\nfile = "corpus.jsonl"\n'
        '[stop]\ntier = "strict"\n[[targets]]\nname = "m"\nmaker = "m"\n'
        f'platform = "openai-compatible"\nbase_url = "{url}"\nmodel = "m"\naccount = "a"\n'
        f'[[graders]]\nkind = "heuristic"\n'
        f'[[accounts]]\nname = "a"\nconcurrency = {concurrency}\nshared = false\n{extra}'
    )
    return path


def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait until something is so. Raises RuntimeError when it never is."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"not in {seconds:.0f} s: {what}")
        time.sleep(0.05)
