"""One run's file behind one thread: what screens read and the commands they write.

SQLite connections belong to a thread, and a slow disk must not hold up a key press.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from fftui.settings import person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fftui.domain.labels import Tier
    from fftui.results.compare_text import PairView
    from fftui.results.looked import Looked
    from fftui.results.traces import AttemptRow, Trace
    from fftui.results.trend import Trend
    from fftui.results.view import EventView, RunSummary, SinceLeft

T = TypeVar("T")


class RunFeed(Protocol):
    """What a screen may ask of a run; `fftui.results.feed.Feed` answers."""

    def poll(self, looked: Looked = None) -> RunSummary | None: ...

    def since_left(self, who: str) -> SinceLeft | None: ...

    def seen(self, who: str, *, leaving: bool = False) -> None: ...

    def log(self, before: int | None, count: int) -> tuple[EventView, ...]: ...

    def attempt_count(self, target: int, only: str = "") -> int: ...

    def attempts(
        self, target: int, start: int, count: int, only: str = ""
    ) -> tuple[AttemptRow, ...]: ...

    def trace(self, outcome_id: int) -> Trace: ...

    def trend(self, target: int, tier: Tier) -> Trend: ...

    def comparisons(self, by: str, same: str, tier: Tier) -> tuple[PairView, ...]: ...

    def close(self) -> None: ...


def _open(path: Path) -> RunFeed:
    from fftui.results.feed import Feed

    return Feed.open(path)


def _read_first(path: Path, outcomes: Sequence[int]) -> int:
    import time

    from fftui.store.discordant import ReadFirst
    from fftui.store.folder import database
    from fftui.store.writer import append

    return append(database(path), ReadFirst(outcomes, time.time()))


def _seen(path: Path, who: str, outcome: int) -> None:
    import time

    from fftui.store.folder import database
    from fftui.store.reviews import Seen
    from fftui.store.writer import append

    # Nothing can be read, and so nothing be biased, in a file that cannot be written.
    with contextlib.suppress(OSError, RuntimeError):
        if database(path).exists():
            append(database(path), Seen(who, outcome, time.time()))


def _send(path: Path, kind: str, target: int | None, by: str) -> object:
    from fftui.store.commands import send

    return send(path, kind, target, by)


class Source:
    """Asynchronous methods over a feed that lives in a thread of its own."""

    def __init__(
        self,
        path: Path,
        opener: Callable[[Path], RunFeed] = _open,
        sender: Callable[[Path, str, int | None, str], object] = _send,
        who: str | None = None,
    ) -> None:
        self.path = path
        self.who = who or person()
        """Whose visits are remembered, and who is named in the log for commands."""
        self._opener = opener
        self._sender = sender
        self._feed: RunFeed | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fftui-source")

    async def poll(self, looked: Looked = None) -> RunSummary | None:
        """The run as committed by now; `None` when nothing changed since the last call.

        Of targets that are not `looked` at the summary has no families.
        """
        return await self._do(lambda feed: feed.poll(looked))

    async def since_left(self) -> SinceLeft | None:
        """What happened since this person last looked; `None` if nothing did."""
        return await self._do(lambda feed: feed.since_left(self.who))

    async def seen(self) -> None:
        """Note that this person has seen everything up to now."""
        await self._do(lambda feed: feed.seen(self.who))

    async def log(self, before: int | None, count: int) -> tuple[EventView, ...]:
        """Older lines of the run's log, oldest first."""
        return await self._do(lambda feed: feed.log(before, count))

    async def attempt_count(self, target_id: int, only: str = "") -> int:
        """Length of a filtered list of attempts."""
        return await self._do(lambda feed: feed.attempt_count(target_id, only))

    async def attempts(
        self, target_id: int, start: int, count: int, only: str = ""
    ) -> tuple[AttemptRow, ...]:
        """Rows `start … start+count-1` of the filtered list, in plan order."""
        return await self._do(lambda feed: feed.attempts(target_id, start, count, only))

    async def trace(self, outcome_id: int) -> Trace:
        """One attempt in full. It shows verdicts: that this person knows them is written down."""
        trace = await self._do(lambda feed: feed.trace(outcome_id))
        if trace.verdicts:
            await self._run(lambda: _seen(self.path, self.who, outcome_id))
        return trace

    async def trend(self, target: int, tier: Tier) -> Trend:
        """The curve of a target's estimate over its settled verdicts."""
        return await self._do(lambda feed: feed.trend(target, tier))

    async def comparisons(self, by: str, same: str, tier: Tier) -> tuple[PairView, ...]:
        """Pairs of targets that differ in `by`; reads every verdict of the run."""
        return await self._do(lambda feed: feed.comparisons(by, same, tier))

    async def read_first(self, outcomes: Sequence[int]) -> int:
        """Give these answers to readers before any other; how many were not so before."""
        return await self._run(lambda: _read_first(self.path, outcomes))

    async def command(self, kind: str, target: int | None = None) -> None:
        """Leave a command for the engine: pause, resume, stop, pause_target, resume_target."""
        await self._run(lambda: self._sender(self.path, kind, target, self.who))

    async def revive(self) -> str:
        """Start an engine for a run that has none; returns what went wrong, or nothing."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "fftui",
            "resume",
            str(self.path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        _, problem = await process.communicate()
        return problem.decode(errors="replace").strip() if process.returncode else ""

    def close(self) -> None:
        """Let go of the file, after whatever is being read."""
        self._thread.submit(self._shut)
        self._thread.shutdown(wait=False)

    def _shut(self) -> None:
        if self._feed is not None:
            try:
                self._feed.seen(self.who, leaving=True)
            finally:
                self._feed.close()

    async def _do(self, ask: Callable[[RunFeed], T]) -> T:
        return await self._run(lambda: ask(self._opened()))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _opened(self) -> RunFeed:
        # Opened here, not in the constructor: the connection must be made in its own thread.
        if self._feed is None:
            self._feed = self._opener(self.path)
        return self._feed
