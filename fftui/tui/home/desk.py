"""What the home screen does to runs: list, command, start. Everything slow happens off the loop.

A run is started by executing `fftui run --detach`; no engine ever lives in this process.
"""

from __future__ import annotations

import asyncio
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from fftui.resources import shipped
from fftui.settings import person, summaries_dir

if TYPE_CHECKING:
    from fftui.results.across import Row
    from fftui.results.preflight import Preflight
    from fftui.results.view import RunLine
    from fftui.tui.preflight.probes import Replies

PATIENCE_S = 60.0
"""How long a start may take: the simulator and a local model have to come up."""
MAX_WORDS = 8_000
"""Bytes of a child's talk that are looked at."""


class Started(Struct, frozen=True):
    """What came of executing fftui: the run's folder, or one line of what went wrong."""

    path: Path | None
    error: str = ""


class Sample(Struct, frozen=True):
    """A plan that can be begun from the home screen, or a summary that can be read."""

    title: str
    note: str
    plan: Path | None
    """`None` asks for a path."""


class Desk:
    """The real one. Tests give the screen another."""

    async def runs(self, mine: bool) -> tuple[RunLine, ...]:
        """Runs of this folder, or all that this person ever started here."""
        from fftui.results.runs import list_runs

        return await asyncio.to_thread(list_runs, mine)

    async def across(self, mine: bool) -> tuple[tuple[Row, ...], tuple[str, ...]]:
        """(every target of those runs, what is wrong with runs that cannot be read)."""
        from fftui.results.across import read_all
        from fftui.results.runs import listed

        return await asyncio.to_thread(lambda: read_all(listed(mine)))

    async def send(self, path: Path, kind: str) -> None:
        """Ask a run's engine to pause, resume or stop. Raises StoreError."""
        from fftui.store.commands import send

        await asyncio.to_thread(send, path, kind, None, person())

    async def delete(self, path: Path) -> None:
        """Remove a run's folder for good. Raises StoreError while its engine lives."""
        from fftui.store.folder import delete_run

        await asyncio.to_thread(delete_run, path)

    async def check(self, plan: Path) -> Preflight:
        """What a plan will do, and what is wrong with it. Sends nothing."""
        from fftui.results.preflight import check

        return await asyncio.to_thread(check, plan)

    async def probe(self, plan: Path) -> Replies:
        """One harmless request to each target and judge, and what came back."""
        from fftui.tui.preflight.probes import ask

        return await ask(plan)

    async def start(self, plan: Path, name: str) -> Started:
        """Start a run in a process of its own."""
        named = ["--name", name] if name else []
        return await self._fftui("run", str(plan), "--detach", *named)

    async def resume(self, path: Path) -> Started:
        """Start an engine for a run that has none."""
        done = await self._fftui("resume", str(path))
        return done if done.error else Started(path)

    def is_summary(self, path: Path) -> bool:
        """Whether a file is a published summary rather than a plan."""
        try:
            return tomllib.loads(path.read_text(encoding="utf-8")).get("kind") == "summary"
        except (OSError, ValueError):
            return False

    async def summary(self, path: Path) -> list[str]:
        """What follows from a published summary, in lines. Raises ValueError with what is wrong."""
        from fftui.exchange import conclusions
        from fftui.exchange.summary import load_summary

        return await asyncio.to_thread(lambda: conclusions.lines(load_summary(path)))

    def samples(self) -> tuple[Sample, ...]:
        """What ships, the demo first, and the way to a plan of one's own."""
        found = [Sample(_title(file), _note(file), file) for file in _shipped("*.toml")]
        found.sort(key=lambda sample: not sample.title.startswith("demo"))
        found += [
            Sample(f"{_title(file)} (counts)", _note(file), file)
            for file in _shipped("published/*.toml")
        ]
        found += [
            Sample(f"{_title(file)} (counts)", _note(file), file)
            for file in sorted(summaries_dir().glob("*.toml"))
        ]
        return (*found, Sample("from a plan file …", "your own TOML; fftui init writes one", None))

    async def _fftui(self, *words: str) -> Started:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fftui", *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE_S):
                out, err = await child.communicate()
        except TimeoutError:
            # The child may be half-way through creating a run; killing it here could orphan that.
            return Started(None, f"fftui {words[0]} has not come back after {PATIENCE_S:.0f} s")
        said = err[-MAX_WORDS:].decode(errors="replace").strip().splitlines()
        if child.returncode != 0:
            return Started(None, said[-1] if said else f"fftui {words[0]} failed")
        return Started(_folder(out[-MAX_WORDS:].decode(errors="replace")))


def _folder(out: str) -> Path | None:
    """The run's folder among the words of `fftui run --detach`: stdout is data."""
    for word in reversed(out.splitlines()):
        path = Path(word.strip())
        if word.strip() and (path / "run.db").is_file():
            return path
    return None


def _shipped(pattern: str) -> list[Path]:
    try:
        return sorted(shipped("sample_runs").glob(pattern))
    except FileNotFoundError:
        return []


def _title(file: Path) -> str:
    name = file.stem.replace("_", " ").replace("-", " ")
    return f"{name} (simulated)" if name == "demo" else name


def _note(file: Path) -> str:
    """The plan's first comment, which says what it is."""
    try:
        with file.open(encoding="utf-8") as lines:
            first = lines.readline(300).strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return first.lstrip("# ").strip() if first.startswith("#") else ""
